"""Histories: in which teams and regions each rep was, read from the table ``rep_history``.

From the day of a row on, a rep is in its team and region until the rep's next row; before the first, in the first
row's. Where a row leaves one of the two open it says nothing of it; an empty word says that there is none. Rows that
a source delivers replace, for their rep, those that were kept at each refresh (see `KEPT`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np

from kpis.blocks import Integers, keys_of
from kpis.engine import FactEngine
from kpis.members import UNSPECIFIED, Members
from kpis.memberships import GROUPS, Membership, Memberships, fixed

KEPT: Final = "kept:"
"""The ids of rows that no source delivered, but refreshes kept, begin with this."""


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """From a day on, a rep (by code) is in these groups, by dimension; what is not said stays as it was."""

    rep: int
    day: int
    groups: Mapping[str, str]


def history_rows(engine: FactEngine, reps: Members) -> list[HistoryRow]:
    """Return the rows of known reps in the order of rep and day, one for each day: of several the last id's."""
    table = engine.rows(
        "SELECT id, rep, started_on_day, team, region FROM rep_history WHERE started_on_day IS NOT NULL ORDER BY id"
    )
    by_day: dict[tuple[int, bool, int], dict[str, str]] = {}
    for key, word, day, *words in zip(*(column.to_pylist() for column in table.columns), strict=True):
        found = reps.called(word)
        if len(found) == 1 and found[0].code != UNSPECIFIED:
            said = {name: text.strip() for name, text in zip(GROUPS, words, strict=True) if text is not None}
            by_day.setdefault((found[0].code, key.startswith(KEPT), day), {}).update(said)
    delivered = {rep for rep, is_kept, _ in by_day if not is_kept}
    return [
        HistoryRow(rep, day, groups)
        for (rep, is_kept, day), groups in sorted(by_day.items())
        if not (is_kept and rep in delivered)
    ]


def memberships_of(
    now: Mapping[str, Integers], rows: Sequence[HistoryRow], dimensions: Mapping[str, Members]
) -> Memberships:
    """Return where each rep is on which days: as the rows say, and who has none as it is now."""
    return {name: _membership(codes, name, rows, dimensions[name]) for name, codes in now.items()}


def _membership(now: Integers, dimension: str, rows: Iterable[HistoryRow], members: Members) -> Membership:
    code_of = {member.id: member.code for member in members.all}
    first, moves = now.copy(), list[tuple[int, int, int]]()
    said = (row for row in rows if dimension in row.groups)
    for rep, own in groupby(said, key=lambda row: row.rep):
        steps = [(row.day, code_of.get(row.groups[dimension], UNSPECIFIED)) for row in own]
        first[rep] = group = steps[0][1]
        for day, following in steps[1:]:
            if following != group:
                moves.append((rep, day, following))
                group = following
    if not moves:
        return fixed(first)
    reps, days, groups = np.array(moves, dtype=np.int64).T
    return Membership(first, keys_of(reps, days), groups.copy())
