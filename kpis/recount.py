"""Recounts a KPI from single rows, in plain Python: the check that the records behind a number add up to it.

Shares the facts and the meaning of words with the cube, but no array, no running sum and no rounding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

from sqlglot import exp

from kpis.additivity import is_sum_over_rows
from kpis.build import target_rows
from kpis.definitions import COMPANY, Catalogue, Condition, Measure
from kpis.evidence import DIFFERENT, Evidence, Scope
from kpis.facts import FACTS
from kpis.formula import (
    Comparator,
    Formula,
    Name,
    Operation,
    condition_names,
    evaluate,
    names,
    parse,
    parse_condition,
)
from kpis.measures import condition_tree
from kpis.members import Member
from kpis.memberships import GROUPS
from kpis.periods import Calendar, Period, business_days, date_of, elapsed
from kpis.reached import first_known_day, months_between
from kpis.shifts import shifted_period
from kpis.tables_of import columns_of
from kpis.target_shares import TargetShare, TargetShares

_DATED: Final = frozenset({"flow", "distinct", "quantile"})
_TOLERANCE: Final = 1e-9
Rows = Sequence[float] | Sequence[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one member meets the condition of a count of members; ``holds`` is None where that cannot be told.

    ``amount`` is what the member adds if it does; ``note`` says what decides.
    """

    member: Member
    holds: bool | None
    note: str
    amount: float = 1.0


class Recount:
    """Computes names of the catalogue from rows. ``is_forward``: days to come count too."""

    def __init__(self, evidence: Evidence, catalogue: Catalogue, calendar: Calendar, *, is_forward: bool) -> None:
        self.evidence = evidence
        self.catalogue = catalogue
        self.calendar = calendar
        self._is_forward = is_forward
        self._targets: TargetShares | None = None
        self._known: dict[tuple[str, Scope], float | None] = {}
        self._verdicts: dict[tuple[str, Scope], list[Verdict]] = {}
        self._families: dict[str, frozenset[int]] = {}
        self._by_member: dict[tuple[str, str, Period], Mapping[int, Rows]] = {}

    def value(self, name: str, scope: Scope) -> float | None:
        """Return the value of a KPI or measure, None where it has none."""
        key = (name, scope)
        if key not in self._known:
            kpi = self.catalogue.kpis.get(name)
            self._known[key] = (
                self.formula(parse(kpi.formula), scope)
                if kpi
                else self._measure(self.catalogue.measures[name], scope)
            )
        return self._known[key]

    def formula(self, formula: Formula, scope: Scope) -> float | None:
        """Return the value of a formula, None where a part has none or a divisor is zero."""
        if isinstance(formula, Operation) and self._lies_ahead(scope):
            sides = {"left": formula.left, "right": formula.right}
            values = {name: self.formula(side, scope) for name, side in sides.items()}
            if is_sum_over_rows(self.catalogue, formula) and any(value is not None for value in values.values()):
                values = {name: self._or_zero(side, scope) for name, side in sides.items()}
            return evaluate(Operation(formula.operator, Name("left"), Name("right")), values)
        return evaluate(formula, {name: self.value(name, scope) for name in names(formula)})

    def _or_zero(self, formula: Formula, scope: Scope) -> float | None:
        """Return the value of one side of a sum that has rows dated ahead: zero of a side without any."""
        value = self.formula(formula, scope)
        if value is not None:
            return value
        return Recount(self.evidence, self.catalogue, self.calendar, is_forward=True).formula(formula, scope)

    def shifted(self, scope: Scope, shift: str) -> Scope:
        """Return the scope in the period that its own is compared with."""
        period = shifted_period(scope.period, shift, self.calendar, self.evidence.today)
        return Scope(scope.dimensions, scope.members, period)

    def target_shares(self, kpi: str, scope: Scope) -> list[TargetShare]:
        """Return the target rows behind the target for a KPI; none for two crossed slices."""
        if len(scope.dimensions) > 1 or not self._has_targets():
            return []
        if self._targets is None:
            cube = self.evidence.cube
            rows = target_rows(self.evidence.engine)
            self._targets = TargetShares(rows, self.catalogue, cube.dimensions, self.evidence.groups, self.calendar)
        member = next(iter(scope.members[0])) if scope.members else 0
        return self._targets.shares(kpi, scope.dimension, member, scope.period)

    def verdicts(self, measure: Measure, scope: Scope) -> list[Verdict]:
        """Return what a count of members says of each listed member in the scope, with the values that decide."""
        key = (measure.name, scope)
        if key not in self._verdicts:
            members = self._members_within(measure.over, scope)
            if measure.over not in GROUPS:
                self._families[measure.over] = frozenset(member.code for member in members)
            self._verdicts[key] = (
                self._first_months(measure, members, scope.period)
                if measure.kind == "reached"
                else [self._verdict(measure, member, scope.period) for member in members]
            )
        return self._verdicts[key]

    def concrete(self, measure: Measure, scope: Scope) -> Measure | None:
        """Return a measure whose rows depend on other numbers as one that does not; None if it has no value."""
        if measure.kind != "older":
            return measure
        than = self.formula(parse(measure.than), scope)
        if than is None:
            return None
        day = min(scope.period.last, self.evidence.today) - than
        return replace(measure, kind="stock", where=(*measure.where, Condition(f"{measure.axis}_day", "<", day)))

    def can_be(self, measure: Measure, scope: Scope) -> bool:
        """Tell whether a measure can have rows: its table was read and had any by then; a stock's day has come."""
        fact, cube = FACTS[measure.fact], self.evidence.cube
        span = cube.span(fact.table) if not fact.missing(cube.tables, columns_of(measure)) else None
        if span is None or not span.rows or self.evidence.fact(measure, scope.dimensions) is None:
            return False
        return scope.period.last >= span.first and (measure.kind in _DATED or not self._lies_ahead(scope))

    def _measure(self, measure: Measure, scope: Scope) -> float | None:
        match measure.kind:
            case "shift":
                return self.value(measure.of, self.shifted(scope, measure.shift))
            case "derived":
                return self.formula(parse(measure.formula), scope)
            case "target":
                shares = self.target_shares(measure.of, scope)
                return math.fsum(share.value for share in shares) if shares else None
            case "calendar":
                return float(self._days(measure, scope.period))
            case "whole":
                return self.value(measure.of, Scope((), (), scope.period))
            case "members":
                return self._members(measure, scope)
            case "reached":
                return self._members(measure, scope) if self.can_be(measure, scope) else None
            case _:
                concrete = self.concrete(measure, scope)
                return self._of_rows(concrete, scope) if concrete else None

    def _of_rows(self, measure: Measure, scope: Scope) -> float | None:
        if not self.can_be(measure, scope):
            return None
        value = self._aggregate(measure, self._rows(measure, scope))
        # Rows that are dated ahead count, but that there are none says nothing about a period to come.
        return None if value == 0 and self._lies_ahead(scope) else value

    def _aggregate(self, measure: Measure, rows: Rows) -> float | None:
        if measure.kind in DIFFERENT:
            return float(len(set(rows)))
        values = cast("Sequence[float]", rows)
        return _quantile(values, measure.quantile) if measure.kind == "quantile" else math.fsum(values)

    def _lies_ahead(self, scope: Scope) -> bool:
        """Tell whether a period has not begun for a KPI that does not look at days to come."""
        return scope.period.first > self.evidence.today and not self._is_forward

    def _rows(self, measure: Measure, scope: Scope) -> Rows:
        """Return the values of the rows; those of members who are all asked in turn are read in one go."""
        codes = scope.members[0] if len(scope.members) == 1 else frozenset[int]()
        family = self._families.get(scope.dimension, frozenset())
        if len(codes) != 1 or not codes <= family:
            return cast("Rows", self.evidence.values(measure, scope)["value"].to_pylist())
        key = (measure.name, scope.dimension, scope.period)
        if key not in self._by_member:
            self._by_member[key] = self._read_family(measure, Scope(scope.dimensions, (family,), scope.period))
        return self._by_member[key].get(next(iter(codes)), [])

    def _read_family(self, measure: Measure, scope: Scope) -> Mapping[int, Rows]:
        table = self.evidence.values(measure, scope, by_member=True)
        codes = self.evidence.codes(scope.dimension, table, "member")
        parts: dict[int, list[float]] = {}
        for code, value in zip(codes.tolist(), table["value"].to_pylist(), strict=True):
            parts.setdefault(code, []).append(value)
        return parts

    def _days(self, measure: Measure, period: Period) -> int:
        so_far = elapsed(period, self.evidence.today)
        if measure.name == "business_days":
            return business_days(so_far.first, so_far.last, self.calendar)
        return so_far.days

    def _members(self, measure: Measure, scope: Scope) -> float | None:
        verdicts = self.verdicts(measure, scope)
        if verdicts and all(verdict.holds is None for verdict in verdicts):
            return None
        return math.fsum(verdict.amount for verdict in verdicts if verdict.holds)

    def _members_within(self, over: str, scope: Scope) -> list[Member]:
        listed = self.evidence.cube.members(over).listed
        if scope.dimension == COMPANY:
            return list(listed)
        codes = scope.members[0]
        if scope.dimension != over:
            codes = self.evidence.members_within(scope.dimension, codes, min(scope.period.last, self.evidence.today))
        return [member for member in listed if member.code in codes]

    def _verdict(self, measure: Measure, member: Member, period: Period) -> Verdict:
        scope = Scope((measure.over,), (frozenset({member.code}),), period)
        values = {name: self.value(name, scope) for name in condition_names(measure.condition)}
        truths = [
            _compared(evaluate(one.left, values), one.operator, evaluate(one.right, values))
            for one in parse_condition(measure.condition)
        ]
        note = "; ".join(f"{name} = {plain(value)}" for name, value in values.items())
        return Verdict(member, None if None in truths else all(truths), note)

    def _first_months(self, measure: Measure, members: Sequence[Member], period: Period) -> list[Verdict]:
        """Return what a measure of kind ``reached`` says of each member that is known from its beginning on."""
        known_from = first_known_day(self.evidence.cube, self.catalogue, measure)
        begins = self._beginnings(measure)
        return [
            self._first_month(measure, member, begins[member.code], period)
            for member in members
            if begins.get(member.code, known_from - 1) >= known_from
        ]

    def _beginnings(self, measure: Measure) -> Mapping[int, int]:
        """Return the first day on which a row says that a member begins, by the member's code."""
        fact = FACTS[measure.fact]
        named = {"member": fact.dimensions[measure.over], "day": f"{measure.axis}_day"}
        columns = [exp.alias_(exp.column(column), name) for name, column in named.items()]
        query = exp.select(*columns).from_(fact.view).where(*map(condition_tree, measure.where))
        table = self.evidence.engine.fact_rows(fact, query)
        codes = self.evidence.codes(measure.over, table, "member").tolist()
        begins: dict[int, int] = {}
        for code, day in zip(codes, table["day"].to_pylist(), strict=True):
            if day is not None:
                begins[code] = min(day, begins.get(code, day))
        return begins

    def _first_month(self, measure: Measure, member: Member, begin: int, period: Period) -> Verdict:
        until = min(period.last, self.evidence.today)
        months = months_between(begin, until) if begin <= until else []
        truths = [self._verdict(measure, member, month).holds for month in months]
        first = next((month.first for month, truth in zip(months, truths, strict=True) if truth), None)
        is_told = any(truth is not None for truth in truths)
        note = f"{date_of(begin)} → {'…' if first is None else date_of(first)}"
        if measure.counts == "waiting":
            is_asked = bool(truths) and truths[-1] is not None
            return Verdict(member, (is_asked and first is None) if is_told else None, note)
        holds = first is not None and period.first <= first <= period.last
        amount = 1.0 if measure.counts == "members" or first is None else float(max(first - begin, 0))
        return Verdict(member, holds if is_told else None, note, amount)

    def _has_targets(self) -> bool:
        return "target" in self.evidence.cube.tables


def plain(value: float | None) -> str:
    """Return a number as it is written in notes."""
    return "no value" if value is None else f"{value:.12g}"


def _quantile(values: Sequence[float], quantile: float) -> float | None:
    """Return the exact quantile, between two values by linear interpolation."""
    if not values:
        return None
    ordered = sorted(values)
    place = (len(ordered) - 1) * quantile
    lower = math.floor(place)
    upper = min(lower + 1, len(ordered) - 1)
    return ordered[lower] + (ordered[upper] - ordered[lower]) * (place - lower)


def _compared(left: float | None, operator: Comparator, right: float | None) -> bool | None:
    """Compare as `kpis.evaluate` does: what differs by a billionth is equal."""
    if left is None or right is None:
        return None
    difference, slack = left - right, _TOLERANCE * max(abs(left), abs(right))
    match operator:
        case "=":
            return abs(difference) <= slack
        case "!=":
            return abs(difference) > slack
        case ">":
            return difference > slack
        case ">=":
            return difference >= -slack
        case "<":
            return difference < -slack
        case "<=":
            return difference <= slack
