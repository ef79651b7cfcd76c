"""What an organisation's settings say about tabs of its own, where headers alone do not tell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from connectors.errors import SourceError

_KEYS: Final = ("table", "columns", "constants", "factors", "repeats", "joins", "wins")
_JOINS: Final = ("id", "name", "email")
_MOST_TABLES: Final = 10  # that one tab may hold


@dataclass(frozen=True, slots=True)
class TabMapping:
    """What an organisation says about a tab of its own, over what its headers tell.

    ``table`` is a canonical table, or ``ignore``; empty leaves it to the headers. ``columns`` is header -> column,
    ``constants`` column -> the word that every row has, ``factors`` column -> what its numbers are multiplied with.
    With ``repeats``, several rows may tell of the same thing, as the lines of an order do of the order: the first of
    them counts. With ``joins`` (id, name or email) its rows are no records of their own: they add their columns to
    those of another source that have the same key, and fill what is empty there; with ``wins`` their values count.
    """

    table: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)
    repeats: bool = False
    joins: str = ""
    wins: bool = False


def tab_mappings(entries: Mapping[str, object]) -> dict[str, tuple[TabMapping, ...]]:
    """Read the setting ``google.tabs``: tab title -> table, or -> table, columns, constants and factors.

    A star in a title stands for any characters, so that several tabs of one shape need one entry.

    A tab that holds several tables, such as orders and their lines, has a list of these. Raises SourceError that
    names the entry.
    """
    return {title: _mappings(title, entry) for title, entry in entries.items()}


def mappings_of(title: str, mappings: Mapping[str, Sequence[TabMapping]]) -> Sequence[TabMapping]:
    """Return what the settings say of a tab: under its title, else under the first pattern that it fits."""
    name = title if title in mappings else next((name for name in mappings if is_title(title, name)), "")
    return mappings.get(name, (TabMapping(),))


def is_title(title: str, name: str) -> bool:
    """Whether a name of the settings means this tab; a star stands for any characters: ``Costs *``."""
    return re.fullmatch(".*".join(map(re.escape, name.split("*"))), title, re.DOTALL) is not None


def _mappings(title: str, entry: object) -> tuple[TabMapping, ...]:
    if not isinstance(entry, Sequence) or isinstance(entry, str):
        return (_mapping(title, entry),)
    found = tuple(_mapping(title, each) for each in entry[: _MOST_TABLES + 1])
    if not 0 < len(found) <= _MOST_TABLES or any(not each.table for each in found):
        raise SourceError(f'google.tabs."{title}": a list has from 1 to {_MOST_TABLES} entries, each with a table.')
    return found


def _mapping(title: str, entry: object) -> TabMapping:
    if isinstance(entry, str):
        return TabMapping(table=entry)
    if not isinstance(entry, Mapping) or not set(_KEYS).issuperset(entry):
        raise SourceError(f'google.tabs."{title}" must be a table\'s name, or have some of {", ".join(_KEYS)}.')
    repeats, wins, joins = entry.get("repeats", False), entry.get("wins", False), entry.get("joins", "")
    if not isinstance(repeats, bool) or not isinstance(wins, bool):
        raise SourceError(f'google.tabs."{title}": repeats and wins are true or false.')
    if joins not in {"", *_JOINS} or (joins and not entry.get("table")):
        raise SourceError(f'google.tabs."{title}": joins is one of {", ".join(_JOINS)}, beside a table.')
    try:
        return TabMapping(
            table=str(entry.get("table", "")),
            columns={str(header): str(column) for header, column in entry.get("columns", {}).items()},
            constants={str(column): str(word) for column, word in entry.get("constants", {}).items()},
            factors={str(column): float(factor) for column, factor in entry.get("factors", {}).items()},
            repeats=repeats,
            joins=str(joins),
            wins=wins,
        )
    except (AttributeError, TypeError, ValueError):
        raise SourceError(
            f'google.tabs."{title}": columns, constants and factors are tables of names, words and numbers.'
        ) from None
