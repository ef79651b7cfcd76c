"""Read a formula as a cell holds it: ``=KPI("win_rate", "Ann Lee", "this quarter")``. Nothing else of a sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from addon.errors import RequestError

_MOST_LENGTH: Final = 2_000
_HINT: Final = 'Write a formula such as =KPI("win_rate", "", "this quarter").'
_CALL: Final = re.compile(r"\s*=?\s*([A-Za-z_]+)\s*\((.*)\)\s*", re.DOTALL)
_TOKEN: Final = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([{},;])|([^\s",;{}]+))')
_REVISION: Final = "KPI_REVISION"


@dataclass(frozen=True, slots=True)
class Call:
    """A function by its name in capitals, and its arguments, each a list of texts: one cell, or a range."""

    name: str
    arguments: tuple[tuple[str, ...], ...]

    def text(self, place: int) -> str:
        """Return an argument that is one cell; an empty text where it was left out. Raises `RequestError`."""
        cells = self.arguments[place] if place < len(self.arguments) else ("",)
        if len(cells) != 1:
            raise RequestError(f"Argument {place + 1} of {self.name} must be one text, not {len(cells)}.")
        return cells[0]

    def texts(self, place: int) -> tuple[str, ...]:
        """Return an argument that may be a range."""
        return self.arguments[place] if place < len(self.arguments) else ("",)


def read_formula(text: str) -> Call:
    """Return the call that a formula is. Raises `RequestError` that says what to write.

    Arguments are texts, numbers, or ranges in braces; they are separated by ``,`` or ``;`` as in any locale.
    """
    found = _CALL.fullmatch(text[:_MOST_LENGTH])
    if found is None:
        raise RequestError(_HINT)
    arguments = list(_arguments(found.group(2)))
    if arguments and arguments[-1] == (_REVISION,):
        arguments.pop()
    return Call(found.group(1).upper(), tuple(arguments))


def _arguments(text: str) -> Iterator[tuple[str, ...]]:
    cells: list[str] = []
    is_range = False
    for word, mark in _tokens(text):
        if not mark:
            cells.append(word)
        elif mark == "{":
            is_range = True
        elif mark == "}":
            is_range = False
        elif not is_range:
            yield tuple(cells) or ("",)
            cells = []
    if text.strip():
        yield tuple(cells) or ("",)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Return the words and marks of the arguments: (word, "") or ("", mark)."""
    position = 0
    end = len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None:
            raise RequestError(f"The formula cannot be read from {text[position:][:20]!r} on. {_HINT}")
        quoted, mark, bare = found.groups()
        yield ("", mark) if mark else (bare if quoted is None else quoted.replace('""', '"'), "")
        position = found.end()
