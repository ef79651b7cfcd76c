"""The directory: who and what is in one snapshot's data, numbered; turns the words in rows into those numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import numpy as np
from sqlglot import exp

from kpis.blocks import Integers
from kpis.engine import FactEngine, Words
from kpis.facts import FACTS
from kpis.histories import HistoryRow, history_rows, memberships_of
from kpis.members import UNSPECIFIED, Member, Members, members_of_words, unspecified
from kpis.memberships import GROUPS, Memberships, When
from kpis.words import fold

WORD_DIMENSIONS: Final = ("market", "source", "kind", "channel", "stage")
"""Dimensions whose members are no more than the words in the rows."""

_REFERENCES: Final = (
    ("opportunity", "owner", "rep"), ("lead", "owner", "rep"), ("activity", "owner", "rep"),
    ("opportunity_line", "product", "product"), ("account", "owner", "rep"), ("rep_history", "rep", "rep"),
)  # fmt: skip


class Directory:
    """The members of every dimension, and to which team and region each rep belongs on which days."""

    def __init__(self, dimensions: Mapping[str, Members], groups: Memberships) -> None:
        self.dimensions = dimensions
        self.groups = groups
        self.unknown: dict[str, set[str]] = {}

    def codes(self, dimension: str, column: Words, *, notes: bool = False) -> Integers:
        """Return the member of each row; what is nobody's is Unspecified, and so is an unknown word.

        ``notes``: remember the unknown words.
        """
        known = [self._code(dimension, word, notes=notes) for word in column.words]
        return np.array([*known, UNSPECIFIED], dtype=np.int64)[column.codes]

    def note_strangers(self, engine: FactEngine) -> None:
        """Remember the words in the large tables that should be a rep or product and are none."""
        for table, column, dimension in _REFERENCES:
            known = exp.select("id").from_(dimension)
            query = exp.select(exp.alias_(exp.column(column), "word")).distinct().from_(table)
            is_stranger = exp.Not(this=exp.In(this=exp.column(column), query=exp.Subquery(this=known)))
            for word in engine.rows(query.where(is_stranger).sql(dialect="duckdb"))["word"].to_pylist():
                self._code(dimension, str(word), notes=True)

    def _code(self, dimension: str, word: str, *, notes: bool) -> int:
        if not word.strip():
            return UNSPECIFIED
        found = self.dimensions[dimension].called(word)
        if len(found) == 1:
            return found[0].code
        if notes:
            self.unknown.setdefault(dimension, set()).add(word)
        return UNSPECIFIED


def directory_of(engine: FactEngine, seen: Mapping[str, Iterable[str]], when: When) -> Directory:
    """Number all members: those of the tables rep, product and campaign, and the ``seen`` words of the others.

    ``when`` says whether reps belong to the groups that they have now, or to those that they had then.
    """
    reps = _rep_rows(engine)
    selling = _selling(engine) if "rep" in engine.facts else []
    rep_members = _members("rep", [(row[0], row[1], (row[2],)) for row in reps], frozenset(selling))
    history = history_rows(engine, rep_members) if when == "then" else []
    dimensions = {
        "rep": rep_members,
        **{name: _groups(name, reps, history, rep_members) for name in GROUPS},
        "product": _members("product", _named(engine, "product")),
        **{dimension: members_of_words(dimension, seen.get(dimension, ())) for dimension in WORD_DIMENSIONS},
        "campaign": _campaigns(engine, seen.get("campaign", ())),
    }
    now = {name: _group_codes(reps, place, rep_members, dimensions[name]) for name, place in _GROUP_PLACES.items()}
    return Directory(dimensions, memberships_of(now, history, dimensions))


@lru_cache(maxsize=1 << 17)  # the samples of one cube have the same accounts, again and again
def stable_number(text: str) -> int:
    """Return a 64-bit number for a text, the same in every snapshot; two texts never meet in practice."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little", signed=True)


_GROUP_PLACES: Final = {"team": 3, "region": 4}
_Row = tuple[str, str, str, str, str]


def _rep_rows(engine: FactEngine) -> list[_Row]:
    table = engine.rows("SELECT id, name, email, team, region FROM rep ORDER BY id")
    columns = [
        [value or "" for value in table[name].to_pylist()] for name in ("id", "name", "email", "team", "region")
    ]
    return list(zip(*columns, strict=True))


def _selling(engine: FactEngine) -> list[str]:
    rows = engine.fact_rows(FACTS["rep"], exp.select("id").from_(FACTS["rep"].view))
    return [str(value) for value in rows["id"].to_pylist()]


def _named(engine: FactEngine, table: str) -> list[tuple[str, str, tuple[str, ...]]]:
    rows = engine.rows(exp.select("id", "name").from_(table).sql(dialect="duckdb"))
    return [
        (key, name or key, ()) for key, name in zip(rows["id"].to_pylist(), rows["name"].to_pylist(), strict=True)
    ]


def _members(
    dimension: str, rows: Iterable[tuple[str, str, tuple[str, ...]]], listed: frozenset[str] | None = None
) -> Members:
    ordered = sorted(rows, key=lambda row: (fold(row[1]), row[1], row[0]))
    numbered = [
        Member(code, name, key, tuple(filter(None, aliases)), listed is None or key in listed)
        for code, (key, name, aliases) in enumerate(ordered, start=1)
    ]
    return Members(dimension, [unspecified(), *numbered])


def _campaigns(engine: FactEngine, seen: Iterable[str]) -> Members:
    """Return the campaigns of the table, and those that rows name without there being one."""
    known = _members("campaign", _named(engine, "campaign"))
    strangers = sorted({word.strip() for word in seen if word.strip() and len(known.called(word)) != 1})
    return _members("campaign", [*_named(engine, "campaign"), *((word, word, ()) for word in strangers)])


def _groups(dimension: str, reps: list[_Row], history: Iterable[HistoryRow], members: Members) -> Members:
    """Return all groups that reps are in, or were; lists show those of reps that sell."""
    place, sells = _GROUP_PLACES[dimension], {member.id: member.is_listed for member in members.all}
    words = [(row[place].strip(), sells[row[0]]) for row in reps]
    words += [(row.groups[dimension], members.all[row.rep].is_listed) for row in history if dimension in row.groups]
    return members_of_words(dimension, [word for word, _ in words], {word for word, is_listed in words if is_listed})


def _group_codes(reps: list[_Row], place: int, members: Members, groups: Members) -> Integers:
    code_of = {group.id: group.code for group in groups.all}
    group_of = {row[0]: code_of.get(row[place].strip(), UNSPECIFIED) for row in reps}
    return np.array([group_of.get(member.id, UNSPECIFIED) for member in members.all], dtype=np.int64)
