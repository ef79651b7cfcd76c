"""The words by which tabs are understood: `sheets_headers.toml`, checked and ready to look up."""

from __future__ import annotations

import functools
import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from connectors.sheets_locale import fold
from kpis.tables import TABLES, Table

_FILE: Final = Path(__file__).with_name("sheets_headers.toml")
_GLOBAL_LISTS: Final = ("totals", "won", "lost", "vague", "ignored_tabs")

Alternatives = tuple[tuple[str, ...], ...]
"""Columns that are all needed; of each inner tuple one is enough."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a header stands for. Of two headers for one column in a tab, the lower ``rank`` is taken."""

    column: str
    rank: int
    implied: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TableWords:
    """How a canonical table appears in tabs; see the head of `sheets_headers.toml`. Look up by folded text."""

    table: Table
    tabs: tuple[str, ...]
    needs: Alternatives
    signature: Alternatives
    key: tuple[str, ...]
    members: tuple[str, ...]
    percents: frozenset[str]
    headers: Mapping[str, Header]
    words: Mapping[str, Mapping[str, str]]
    implied_by_tab: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All tables' words, and those that every table shares. Of equal ``digest`` are equal words."""

    digest: str
    tables: Mapping[str, TableWords]
    totals: frozenset[str]
    won: frozenset[str]
    lost: frozenset[str]
    vague: frozenset[str]
    ignored_tabs: frozenset[str]


@functools.cache
def load_vocabulary() -> Vocabulary:
    """Return the vocabulary of the package. Raises ValueError if the file says what no table has."""
    content = _FILE.read_bytes()
    raw = tomllib.loads(content.decode("utf-8"))
    shared = raw.pop("shared")
    lists = {name: frozenset(fold(word) for word in raw.pop(name)) for name in _GLOBAL_LISTS}
    unknown = set(raw) - set(TABLES)
    if unknown:
        raise ValueError(f"{_FILE.name} speaks of tables that do not exist: {', '.join(sorted(unknown))}.")
    tables = {name: _table_words(TABLES[name], entry, shared) for name, entry in raw.items()}
    return Vocabulary(hashlib.sha256(content).hexdigest(), tables, **lists)


def _table_words(table: Table, entry: Mapping[str, object], shared: Mapping[str, list[str]]) -> TableWords:
    members = tuple(_texts(entry.get("members", [])))
    own = _table(entry.get("columns", {}))
    _check_columns(table, (*own, *_texts(entry.get("key", [])), *_texts(entry.get("percents", []))), members)
    words = {
        column: {fold(word): ours for ours, words in _table(choices).items() for word in (ours, *_texts(words))}
        for column, choices in _table(entry.get("words", {})).items()
    }
    implied_by_tab = {fold(tab): _constants(entry) for tab, entry in _table(entry.get("implied_by_tab", {})).items()}
    return TableWords(
        table=table,
        tabs=tuple(fold(name) for name in _texts(entry.get("tabs", []))),
        needs=_alternatives(entry.get("needs", [c.name for c in table.columns if c.required and c.name != "id"])),
        signature=_alternatives(entry.get("signature", [])),
        key=tuple(_texts(entry.get("key", []))),
        members=members,
        percents=frozenset(_texts(entry.get("percents", []))),
        headers=_headers(table, members, own, _table(entry.get("implied", {})), shared),
        words=words,
        implied_by_tab=implied_by_tab,
    )


def _headers(
    table: Table,
    members: tuple[str, ...],
    own: Mapping[str, object],
    implied: Mapping[str, object],
    shared: Mapping[str, list[str]],
) -> dict[str, Header]:
    """Collect the headers of a table: canonical names first, then its own words, then the shared ones."""
    found: dict[str, Header] = {}
    columns = (*table.column_names, *members)
    for name in columns:
        found.setdefault(fold(name), Header(name, 0, {}))
    for header, entry in implied.items():
        constants = _constants(entry)
        found.setdefault(fold(header), Header(constants.pop("is"), 1, constants))
    for column, words in own.items():
        own_name = [] if "." in column else [column]
        _add(found, column, [*own_name, *_texts(words)], first_rank=1)
    for column in columns:
        _add(found, column, shared.get(column, []), first_rank=100)
    return found


def _add(found: dict[str, Header], column: str, words: Iterable[str], first_rank: int) -> None:
    for rank, word in enumerate(words, start=first_rank):
        found.setdefault(fold(word), Header(column, rank, {}))


def _check_columns(table: Table, names: Iterable[str], members: tuple[str, ...]) -> None:
    known = {*table.column_names, *members, "period", "month", "quarter", "year"}
    unknown = [name for name in names if "." not in name and name not in known]
    if unknown:
        raise ValueError(f"{_FILE.name}, [{table.name}]: there is no column {', '.join(unknown)}.")


def _alternatives(value: object) -> Alternatives:
    return tuple(tuple(choice.split("|")) for choice in _texts(value))


def _constants(value: object) -> dict[str, str]:
    return {str(name): str(word) for name, word in _table(value).items()}


def _table(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{_FILE.name}: a table is wanted where {value!r} stands.")
    return value


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise TypeError(f"{_FILE.name}: a list of texts is wanted where {value!r} stands.")
    return value
