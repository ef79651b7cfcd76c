"""The targets of the second computation: each day of each row, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from kpis.definitions import Catalogue
from kpis.memberships import When
from kpis.periods import Calendar, Period, business_days
from tests.support.canonical import Row
from tests.support.plain_facts import day_of
from tests.support.plain_rows import Rows, Slice
from tests.support.random_org import Org

ADDS_UP = {"revenue", "product_revenue", "calls_made", "activities_done"}
Share = tuple[float, float, float]
TARGET_KPIS = {"quota": "revenue", "Revenue": "revenue"}


@dataclass
class Goal:
    """A target row that can be used."""

    id: str
    kpi: str
    dimension: str
    member: str
    first: int
    last: int
    value: float


class Targets(Rows):
    """One organisation with its target rows."""

    def __init__(self, org: Org, catalogue: Catalogue, calendar: Calendar, when: When = "now") -> None:
        super().__init__(org, catalogue, calendar, when)
        self.goals = [goal for row in self.rows("target") if (goal := self.goal(row))]

    def goal(self, row: Row) -> Goal | None:
        kpi = TARGET_KPIS.get(str(row["kpi"]), str(row["kpi"]))
        dimension = {"Région": "region"}.get(str(row["dimension"]), str(row["dimension"]))
        member = {"emea": "EMEA"}.get(str(row.get("member") or ""), str(row.get("member") or ""))
        if dimension != "company" and member not in self.known(dimension):
            return None
        first, last = cast("int", day_of(row["period_start"])), cast("int", day_of(row["period_end"]))
        return Goal(str(row["id"]), kpi, dimension, member, first, last, cast("float", row["value"]))

    def known(self, dimension: str) -> set[str]:
        if dimension == "rep":
            return set(self.reps)
        if dimension == "product":
            return {str(key) for key in self.products}
        if dimension in {"team", "region"}:
            steps = [step for rep in self.reps for step in self.steps(rep, dimension) if self.when == "then"]
            return {*(str(rep.get(dimension) or "") for rep in self.reps.values()), *(step[2] for step in steps)} - {
                ""
            }
        facts = (row for rows in self.facts.values() for row in rows)
        return {str(row.get(dimension) or "") for row in facts} - {""}

    def target(self, kpi: str, chosen: Slice, period: Period) -> float | None:
        if "target" not in self.tables or len(chosen) > 1:
            return None
        dimension, member = next(iter(chosen.items()), ("company", ""))
        shares = [self.share(kpi, dimension, member, day) for day in range(period.first, period.last + 1)]
        covered = [share for share in shares if share is not None]
        if not covered:
            return None
        total = sum(value for value, _, _ in covered)
        if kpi in ADDS_UP:
            return total
        weight = sum(weight for _, weight, _ in covered)
        return total / weight if weight else sum(level for _, _, level in covered) / len(covered)

    def share(self, kpi: str, dimension: str, member: str, day: int) -> Share | None:
        """Return what a day has of a target, its weight, and what its row says; None on a day without a target."""
        own = self.own_share(kpi, dimension, member, day)
        if own is not None or kpi not in ADDS_UP:
            return own
        if dimension in {"team", "region"}:
            reps = [key for key in self.reps if self.group(key, dimension, day) == member]
            return _added(self.own_share(kpi, "rep", key, day) for key in reps)
        if dimension != "company":
            return None
        for below in ("rep", "team", "region", "product", "market"):
            added = _added(self.own_share(kpi, below, key, day) for key in sorted(self.known(below)))
            if added is not None:
                return added
        return None

    def own_share(self, kpi: str, dimension: str, member: str, day: int) -> Share | None:
        rows = [
            goal for goal in self.goals
            if (goal.kpi, goal.dimension, goal.member) == (kpi, dimension, member) and goal.first <= day <= goal.last
        ]  # fmt: skip
        if not rows:
            return None
        row = sorted(rows, key=lambda goal: (goal.last - goal.first, -goal.first))
        best = [g for g in row if (g.last - g.first, g.first) == (row[0].last - row[0].first, row[0].first)]
        goal = max(best, key=lambda g: g.id)
        whole = business_days(goal.first, goal.last, self.calendar)
        weight = business_days(day, day, self.calendar) if whole else 1
        if kpi not in ADDS_UP:
            return goal.value * weight, float(weight), goal.value
        return goal.value * weight / (whole or goal.last - goal.first + 1), float(weight), goal.value


def _added(shares: object) -> Share | None:
    known = [share for share in cast("Sequence[Share | None]", shares) if share is not None]
    return (sum(value for value, _, _ in known), 1.0, 0.0) if known else None
