"""Which rows of the table ``target`` a target is made of, and how much each gives.

Follows the rules of `kpis.targets` row by row instead of by arrays, and does not round.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kpis.additivity import adds_up_over_time
from kpis.definitions import COMPANY, DIMENSIONS, Catalogue
from kpis.members import Members
from kpis.memberships import Memberships
from kpis.periods import Calendar, Period, business_days
from kpis.targets import Goal, TargetRow, understood


@dataclass(frozen=True, slots=True)
class TargetShare:
    """What one row gives to a target: ``value``, of ``of_value`` for its days ``first`` to ``last``.

    ``is_whole``: all its days count. Otherwise it is prorated by business days.
    """

    id: str
    dimension: str
    member: int
    first: int
    last: int
    of_value: float
    value: float
    is_whole: bool


@dataclass(frozen=True, slots=True)
class _Set:
    """A row that is understood."""

    id: str
    dimension: str
    goal: Goal


class TargetShares:
    """The target rows of one snapshot, by KPI, dimension and member."""

    def __init__(
        self,
        rows: Iterable[TargetRow],
        catalogue: Catalogue,
        dimensions: Mapping[str, Members],
        groups: Memberships,
        calendar: Calendar,
    ) -> None:
        self._catalogue = catalogue
        self._groups = groups
        self._calendar = calendar
        self._sets: dict[tuple[str, str, int], list[_Set]] = {}
        for row in sorted(rows, key=lambda row: row.id):
            found = understood(row, catalogue, dimensions)
            if not isinstance(found, str):
                kpi, dimension, goal = found
                self._sets.setdefault((kpi, dimension, goal.member), []).append(_Set(row.id, dimension, goal))

    def shares(self, kpi: str, dimension: str, member: int, period: Period) -> list[TargetShare]:
        """Return what each row gives to the target of a member, or of the company, in a period; none if none is set.

        What does not add up over time is the mean of its business days, of all days if none of them is one, and a row
        gives its part of that mean.
        """
        spread = adds_up_over_time(self._catalogue, kpi)
        days = (
            self._days(kpi, dimension, member, period) if spread else self._own_days(kpi, dimension, member, period)
        )
        if spread:
            return [self._share(one, on, self._amount(one.goal, on)) for one, on in days]
        weights = [sum(self._count(one.goal, day, day) for day in on) for one, on in days]
        if not any(weights):
            weights = [len(on) for _, on in days]
        whole = math.fsum(weights)
        return [
            self._share(one, on, one.goal.value * weight / whole)
            for (one, on), weight in zip(days, weights, strict=True)
        ]

    def _days(self, kpi: str, dimension: str, member: int, period: Period) -> list[tuple[_Set, list[int]]]:
        """Return the rows that count with the days on which they do: the member's own, else those below it."""
        found = self._own_days(kpi, dimension, member, period)
        for below in self._below(kpi, dimension):
            covered = {day for _, days in found for day in days}
            for other_dimension, other in below:
                own = self._own_days(kpi, other_dimension, other, period)
                kept = [
                    (one, [day for day in self._inside(dimension, member, other, days) if day not in covered])
                    for one, days in own
                ]
                found += [(one, days) for one, days in kept if days]
        return found

    def _below(self, kpi: str, dimension: str) -> list[list[tuple[str, int]]]:
        """Return the members whose targets complete this one's, those of the first dimension first."""
        if dimension in self._groups:
            return [[(name, code) for of, name, code in self._sets if of == kpi and name == "rep"]]
        if dimension != COMPANY:
            return []
        return [[(name, code) for of, name, code in self._sets if of == kpi and name == one] for one in DIMENSIONS]

    def _inside(self, dimension: str, member: int, below: int, days: list[int]) -> list[int]:
        """Return the days on which a member below belongs to this one: a rep that moves takes its target along."""
        if dimension not in self._groups:
            return days
        groups = self._groups[dimension].of(np.full(len(days), below), np.array(days, dtype=np.int64))
        return [day for day, group in zip(days, groups.tolist(), strict=True) if group == member]

    def _own_days(self, kpi: str, dimension: str, member: int, period: Period) -> list[tuple[_Set, list[int]]]:
        """Return the member's own rows with the days on which they count: of several, the one with the fewest days,
        then the one that begins last, then the last id."""
        rows = self._sets.get((kpi, dimension, member), [])
        weakest_first = sorted(rows, key=lambda one: (one.goal.first - one.goal.last, one.goal.first, one.id))
        winner: dict[int, _Set] = {}
        for one in weakest_first:
            first, last = max(one.goal.first, period.first), min(one.goal.last, period.last)
            winner.update(dict.fromkeys(range(first, last + 1), one))
        days: dict[str, tuple[_Set, list[int]]] = {}
        for day, one in sorted(winner.items()):
            days.setdefault(one.id, (one, []))[1].append(day)
        return list(days.values())

    def _amount(self, goal: Goal, days: Sequence[int]) -> float:
        """Return how much of a row's value falls on these days, evenly by business days."""
        on_days = sum(self._count(goal, day, day) for day in days)
        return goal.value * (on_days / self._count(goal, goal.first, goal.last))

    def _count(self, goal: Goal, first: int, last: int) -> int:
        """Return the business days from one day of a row to another; its days, if it has no business day at all."""
        has_business = business_days(goal.first, goal.last, self._calendar) > 0
        return business_days(first, last, self._calendar) if has_business else max(last - first + 1, 0)

    def _share(self, one: _Set, days: Sequence[int], value: float) -> TargetShare:
        goal = one.goal
        is_whole = len(days) == goal.last - goal.first + 1
        return TargetShare(one.id, one.dimension, goal.member, goal.first, goal.last, goal.value, value, is_whole)
