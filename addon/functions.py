"""The custom functions' side of HTTP: read the bodies the contract gives, and write answers ready for cells.

Pure: bytes and values in, values out. A body that is not of its form raises `RequestError` with one sentence; a question
that cannot be understood is a state in its cell, and the others are answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import orjson

from addon.errors import RequestError
from kpis.questions import Answer

MOST_QUESTIONS: Final = 10_000
MOST_BODY_BYTES: Final = 2_000_000
_MOST_WORD_LENGTH: Final = 300
_FORM: Final = (
    'The body must be {"questions": [[kpi, who, period, show], ...]} or '
    '{"kpi": [...], "who": [...], "period": [...], "show": [...], "cells": [[0, 0, 0, 0], ...]}'
)

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]


@dataclass(frozen=True, slots=True)
class Cells:
    """Many questions at once: the distinct words of each part, and per cell the index of its word in each."""

    kpis: Sequence[str]
    whos: Sequence[str]
    periods: Sequence[str]
    shows: Sequence[str]
    cells: Sequence[Sequence[int]]


class Answers(Protocol):
    """What answers cells: numbers or None per cell, and the answers that are not ok by the cell's index."""

    def values(
        self,
        kpis: Sequence[str],
        whos: Sequence[str],
        periods: Sequence[str],
        shows: Sequence[str],
        cells: Sequence[Sequence[int]],
    ) -> tuple[list[float | None], Mapping[int, Answer]]:
        """Answer every cell."""


def read_json(body: bytes) -> Mapping[str, Json]:
    """Return the body's JSON object. Raises `RequestError`."""
    if len(body) > MOST_BODY_BYTES:
        raise RequestError(f"The body is larger than {MOST_BODY_BYTES:,} bytes; ask in several requests.")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestError(f"The body is not JSON: {error}.") from None
    if not isinstance(document, dict):
        raise RequestError(f"{_FORM}, not a {type(document).__name__}.")
    return document


def read_cells(document: Mapping[str, Json]) -> Cells:
    """Return the questions of either form. Raises `RequestError` naming what is wrong."""
    return _from_rows(document["questions"]) if "questions" in document else _from_columns(document)


def _from_rows(questions: Json) -> Cells:
    if not isinstance(questions, list):
        raise RequestError(f"{_FORM}; questions is not a list.")
    _check_count(len(questions))
    words: tuple[dict[str, int], ...] = ({}, {}, {}, {})
    kpis, whos, periods, shows = words
    cells: list[tuple[int, int, int, int]] = []
    # One pass without a call per word: this loop is most of the time that a request of rows costs.
    try:
        for row in questions:
            count = len(row)
            kpi, who, period = row if count == 3 else (*row, "", "", "")[:3]
            show = row[3] if count > 3 else ""
            cells.append(
                (
                    kpis.setdefault(kpi, len(kpis)),
                    whos.setdefault(who, len(whos)),
                    periods.setdefault(period, len(periods)),
                    shows.setdefault(show, len(shows)),
                )
            )
    except TypeError:
        raise RequestError(f"{_FORM}; question {len(cells) + 1} is not a list of texts.") from None
    for name, part in zip(("kpi", "who", "period", "show"), words, strict=True):
        _check_words(name, list(part))
    if any(not isinstance(row, list) or not 1 <= len(row) <= 4 for row in questions):
        raise RequestError(f"{_FORM}; each question has one to four texts.")
    return Cells(list(kpis), list(whos), list(periods), list(shows), cells)


def _from_columns(document: Mapping[str, Json]) -> Cells:
    unknown = set(document) - {"kpi", "who", "period", "show", "cells"}
    if "kpi" not in document or unknown:
        said = f"; {sorted(unknown)[0]!r} is not a part of it" if unknown else ""
        raise RequestError(f"{_FORM}{said}.")
    parts = [_words(document, name, default) for name, default in _COLUMN_DEFAULTS.items()]
    given = document.get("cells")
    if given is None:
        sizes = [len(part) for part in parts]
        _check_count(sizes[0] * sizes[1] * sizes[2] * sizes[3])
        return Cells(*parts, _product(sizes))
    if not isinstance(given, list):
        raise RequestError(f"{_FORM}; cells is not a list.")
    _check_count(len(given))
    limits = tuple(len(part) for part in parts)
    for index, cell in enumerate(given):
        if not _is_cell(cell, limits):
            raise RequestError(f"{_FORM}; cell {index} does not hold four indexes into kpi, who, period and show.")
    return Cells(*parts, given)


_COLUMN_DEFAULTS: Final = {"kpi": None, "who": "", "period": "", "show": "value"}


def _words(document: Mapping[str, Json], name: str, default: str | None) -> list[str]:
    given = document.get(name)
    if given is None and default is not None:
        return [default]
    if not isinstance(given, list) or not given:
        raise RequestError(f"{_FORM}; {name} is not a list with at least one text.")
    _check_words(name, given)
    return given


def _check_words(name: str, words: Sequence[object]) -> None:
    for word in words:
        if not isinstance(word, str):
            raise RequestError(f"Each {name} must be a text, not {_shown(word)}. Put quotes around it.")
        if len(word) > _MOST_WORD_LENGTH:
            raise RequestError(f"A {name} has more than {_MOST_WORD_LENGTH} characters.")


def _shown(value: object) -> str:
    return str(orjson.dumps(value).decode())[:40]


def _check_count(count: int) -> None:
    if count > MOST_QUESTIONS:
        raise RequestError(
            f"{count:,} questions are more than the {MOST_QUESTIONS:,} that one request may ask; ask in several."
        )


def _is_cell(cell: object, limits: tuple[int, ...]) -> bool:
    return (
        isinstance(cell, list)
        and len(cell) == len(limits)
        and all(type(code) is int and 0 <= code < limit for code, limit in zip(cell, limits, strict=True))
    )


def _product(sizes: Sequence[int]) -> list[tuple[int, int, int, int]]:
    kpis, whos, periods, shows = (range(size) for size in sizes)
    return [(k, w, p, s) for k in kpis for w in whos for p in periods for s in shows]


def states_of(not_ok: Mapping[int, Answer]) -> dict[str, dict[str, str]]:
    """Return the states object of an answer: only the cells that are not ok."""
    return {str(index): {"state": answer.state, "message": answer.message} for index, answer in not_ok.items()}
