"""A second computation of every KPI, as plainly as can be: rows in lists, one loop for each number.

It shares the catalogue's definitions and the arithmetic of formulas with the engine; rows, days, members, sums,
stocks, medians, targets and states are all worked out anew here, without SQL and without arrays.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import cast

from kpis.definitions import Condition, Measure
from kpis.formula import Formula, Name, Operation, evaluate, names, parse, parse_condition
from kpis.periods import Period, business_days, comparable, elapsed, month_of, prior, year_ago
from tests.support.plain_facts import Fields
from tests.support.plain_rows import Slice
from tests.support.plain_targets import Targets

_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_NEEDS: Mapping[str, Sequence[Sequence[str]]] = {
    "stage_entry": (("opportunity_event",), ("stage",), ("opportunity",)),
    "customer": (("opportunity", "subscription"),), "profit": (("opportunity",),),
    "credit": (("opportunity",),),
    "relationship": (("account", "lead"), ("activity",)), "waiting": (("opportunity",), ("activity",)),
}  # fmt: skip
_COLUMN_NEEDS: Mapping[str, str] = {
    "has_call_before_close": "activity", "has_email_before_close": "activity", "second_day": "opportunity_line",
    "campaign_sales": "opportunity", "baseline_sales": "opportunity",
}  # fmt: skip


class Plain(Targets):
    """One organisation, looked at by the loops below."""

    def kpi(self, kpi_id: str, chosen: Slice, period: Period) -> float | None:
        return self.value(kpi_id, chosen, period, is_forward=self.catalogue.kpis[kpi_id].is_forward)

    def value(self, name: str, chosen: Slice, period: Period, *, is_forward: bool) -> float | None:
        if name in self.catalogue.kpis:
            return self.formula(self.catalogue.kpis[name].formula, chosen, period, is_forward=is_forward)
        measure = self.catalogue.measures[name]
        match measure.kind:
            case "derived":
                return self.formula(measure.formula, chosen, period, is_forward=is_forward)
            case "shift":
                return self.value(measure.of, chosen, self.shifted(period, measure.shift), is_forward=is_forward)
            case "whole":
                return self.value(measure.of, {}, period, is_forward=is_forward)
            case "calendar":
                return float(business_days(period.first, elapsed(period, self.today).last, self.calendar))
            case "target":
                return self.target(measure.of, chosen, period)
            case "members":
                return self.members(measure, chosen, period, is_forward=is_forward)
            case "reached":
                return self.reached(measure, chosen, period)
        return self.measured(measure, chosen, period, is_forward=is_forward)

    def shifted(self, period: Period, shift: str) -> Period:
        if shift in {"prior", "year_ago"}:
            other = {"prior": prior, "year_ago": year_ago}[shift](period, self.calendar)
            return comparable(period, other, self.today, self.calendar)
        if shift == "start":
            return Period(period.first - 1, period.first - 1, "day", "")
        if shift == "rest":
            return Period(max(period.first, min(self.today, period.last + 1)), period.last, "range", "")
        is_ahead = period.first > self.today
        return period if is_ahead else Period(-100_000, min(period.last, self.today), "range", "")

    def formula(self, text: str, chosen: Slice, period: Period, *, is_forward: bool) -> float | None:
        return self.of_tree(parse(text), chosen, period, is_forward=is_forward)

    def of_tree(self, tree: Formula, chosen: Slice, period: Period, *, is_forward: bool) -> float | None:
        if not isinstance(tree, Operation):
            values = {name: self.value(name, chosen, period, is_forward=is_forward) for name in names(tree)}
            return evaluate(tree, values)
        sides = [self.of_tree(side, chosen, period, is_forward=is_forward) for side in (tree.left, tree.right)]
        if tree.operator in {"+", "-"} and sides.count(None) == 1 and self.flows(tree):
            # Rows that are dated ahead count, so a part without any adds nothing.
            place = sides.index(None)
            sides[place] = self.of_tree((tree.left, tree.right)[place], chosen, period, is_forward=True)
        return evaluate(Operation(tree.operator, Name("a"), Name("b")), dict(zip("ab", sides, strict=True)))

    def flows(self, tree: Formula) -> bool:
        if isinstance(tree, Operation) and tree.operator in {"*", "/"}:
            return False
        for name in names(tree):
            measure = self.catalogue.measures.get(name)
            below = measure.formula if measure else self.catalogue.kpis[name].formula
            if measure and measure.kind != "flow" and not (below and self.flows(parse(below))):
                return False
            if not measure and not self.flows(parse(below)):
                return False
        return True

    def measured(self, measure: Measure, chosen: Slice, period: Period, *, is_forward: bool) -> float | None:
        if not self.is_there(measure):
            return None
        days = [row.get(f"{axis}_day") for row in self.facts[measure.fact] for axis in self.axes(measure.fact)]
        dated = [cast("int", day) for day in days if day is not None]
        if not dated or period.last < min(dated):
            return None
        is_ahead = period.first > self.today and not is_forward
        begins, ends = f"{measure.axis}_day", f"{measure.end_axis}_day"
        until = min(period.last, self.today)
        moment = begins if not measure.end_axis else period.first - 1 if measure.kind == "survivors" else until
        rows = [row for row in self.inside(measure.fact, chosen, moment) if all(meets(row, c) for c in measure.where)]
        if is_ahead and measure.kind in {"stock", "overlap", "age", "older", "survivors"}:
            return None
        if measure.kind in {"age", "older", "survivors"}:
            return self.of_stock(measure, rows, chosen, period)
        if measure.kind in {"stock", "overlap"}:
            out = until if measure.kind == "stock" else period.first - 1
            here = [row for row in rows if _by(row, begins, until)]
            gone = [row for row in rows if _by(row, ends, out)]
            return _total(here, measure.value) - _total(gone, measure.value)
        rows = [row for row in rows if row.get(begins) is not None]
        rows = [row for row in rows if period.first <= cast("int", row[begins]) <= period.last]
        if measure.kind == "flow":
            return _total(rows, measure.value) or (None if is_ahead else 0.0)
        values = [row[measure.value] for row in rows if row.get(measure.value) is not None]
        if measure.kind == "distinct":
            return len(set(values)) or (None if is_ahead else 0.0)
        return float(median(cast("list[float]", values))) if values else None

    def of_stock(self, measure: Measure, rows: Sequence[Fields], chosen: Slice, period: Period) -> float | None:
        begins, ends = f"{measure.axis}_day", f"{measure.end_axis}_day"

        def there(day: int) -> list[Fields]:
            return [row for row in rows if _by(row, begins, day) and not _by(row, ends, day)]

        until = min(period.last, self.today)
        if measure.kind == "age":
            return float(sum(until - cast("int", row[measure.value]) for row in there(until)))
        if measure.kind == "survivors":
            before, after = ({row[measure.value] for row in there(day)} for day in (period.first - 1, until))
            return float(len(before & after))
        than = self.formula(measure.than, chosen, period, is_forward=False)
        objects = [row for row in there(until) if row[measure.value] != 0]
        return None if than is None else float(sum(until - cast("int", row[begins]) > than for row in objects))

    def is_there(self, measure: Measure) -> bool:
        table = "opportunity" if measure.fact == "opportunity_product" else measure.fact
        columns = {measure.value, f"{measure.axis}_day", *(one.column for one in measure.where)}
        own = [(_COLUMN_NEEDS[column],) for column in columns if column in _COLUMN_NEEDS]
        return all(any(one in self.tables for one in need) for need in (*_NEEDS.get(table, ((table,),)), *own))

    def reached(self, measure: Measure, chosen: Slice, period: Period) -> float | None:
        """Ask each seller's months one by one, from the hire on; who came before the data is nobody's business."""
        if "rep" not in self.tables or not self.facts["rep"] or period.first > self.today:
            return None
        days = [row[f"{axis}_day"] for row in self.facts["rep"] for axis in ("hired", "left")]
        if period.last < min(cast("int", day) for day in days if day is not None):
            return None
        told, total = [], 0.0
        for rep in self.inside("rep", chosen, min(period.last, self.today)):
            begin = cast("int", rep["hired_day"])
            if not rep["has_hire_date"] or begin < self.first_deal_day():
                continue
            truths = self.months(measure.condition, str(rep["id"]), begin, min(period.last, self.today))
            first = next((month for month, truth in truths if truth), None)
            is_told = any(truth is not None for _, truth in truths)
            told.append(is_told)
            if measure.counts == "waiting":
                total += is_told and truths[-1][1] is not None and first is None
            elif first is not None and period.first <= first <= period.last:
                total += 1 if measure.counts == "members" else max(first - begin, 0)
        return None if told and not any(told) else total

    def months(self, condition: str, rep: str, begin: int, until: int) -> list[tuple[int, bool | None]]:
        """Return the first day of each month that has a day from ``begin`` on, and whether the condition holds."""
        found = []
        day = month_of(begin).first
        while begin <= until and day <= until:
            month = month_of(day)
            found.append((month.first, self.holds(condition, {"rep": rep}, month, is_forward=False)))
            day = month.last + 1
        return found

    def first_deal_day(self) -> int:
        days = [row[f"{axis}_day"] for row in self.facts["opportunity"] for axis in ("created", "close", "exit")]
        return min((cast("int", day) for day in days if day is not None), default=-(10**7))

    def axes(self, fact: str) -> list[str]:
        """Return the axes that some measure uses: those are what the engine knows the first day from."""
        every = [m for m in self.catalogue.measures.values() if m.fact == fact]
        used = [m for m in every if m.kind not in {"quantile", "distinct", "older", "survivors"}] or every
        return [axis for m in used for axis in (m.axis, m.end_axis) if axis]

    def members(self, measure: Measure, chosen: Slice, period: Period, *, is_forward: bool) -> float | None:
        until = min(period.last, self.today)
        everyone = (
            [str(rep["id"]) for rep in self.sellers()] if measure.over == "rep" else sorted(map(str, self.products))
        )
        if measure.over == "rep":
            everyone = [
                key for key in everyone
                if all(self.member({"owner": key}, name, until) == wanted for name, wanted in chosen.items())
            ]  # fmt: skip
        elif measure.over in chosen:
            everyone = [key for key in everyone if key == chosen[measure.over]]
        truths = [
            self.holds(measure.condition, {measure.over: key}, period, is_forward=is_forward) for key in everyone
        ]
        known = [truth for truth in truths if truth is not None]
        return None if truths and not known else float(sum(known))

    def holds(self, condition: str, chosen: Slice, period: Period, *, is_forward: bool) -> bool | None:
        truth = True
        for comparison in parse_condition(condition):
            sides = [
                evaluate(side, {n: self.value(n, chosen, period, is_forward=is_forward) for n in names(side)})
                for side in (comparison.left, comparison.right)
            ]
            if sides[0] is None or sides[1] is None:
                return None
            left, right = sides[0], sides[1]
            if abs(left - right) <= 1e-9 * max(abs(left), abs(right)):
                left = right
            truth = truth and _COMPARED[comparison.operator](left, right)
        return truth


def _by(row: Fields, column: str, day: int) -> bool:
    return row.get(column) is not None and cast("int", row[column]) <= day


def _total(rows: Sequence[Fields], column: str) -> float:
    return float(sum(cast("float", row[column]) for row in rows if row.get(column) is not None))


def meets(row: Fields, condition: Condition) -> bool:
    value = row.get(condition.column)
    if condition.operator == "is null":
        return value is None
    if condition.operator == "is not null" or value is None:
        return value is not None and condition.operator == "is not null"
    if condition.operator == "in":
        return value in cast("tuple[str, ...]", condition.operand)
    return _COMPARED[condition.operator](cast("float", value), cast("float", condition.operand))
