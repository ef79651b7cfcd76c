"""Evaluates KPIs for whole columns of (member, period) at once: formulas over arrays, states instead of zeros."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from kpis import counted, presence, sentences, targeted
from kpis.additivity import is_sum_over_rows
from kpis.arithmetic import combined, compared, with_zero
from kpis.blocks import FIRST_DAY, Block, Integers, Numbers, bounds
from kpis.cube import Span
from kpis.definitions import COMPANY, Catalogue, Measure
from kpis.facts import FACTS, Fact
from kpis.formula import Formula, Name, Negative, Number, Operation, parse, parse_condition
from kpis.holders import Held, Holders, held
from kpis.members import Members
from kpis.memberships import Membership
from kpis.reached import FirstMonths, first_months
from kpis.results import Codes, Column, Reasons, constant, merged_codes, missing
from kpis.said import said
from kpis.samples import DistinctSample, QuantileSample
from kpis.stays import StaySample
from kpis.tables_of import columns_of
from kpis.timeline import Timeline
from kpis.totals import Total, total_of

_DATED: Final = frozenset({"flow", "distinct", "quantile"})


Moment = Literal["until", "before"]
"""The last day of a period so far, or the day before the period."""


class Numbered(Protocol):
    """Where sums, samples and targets come from: the cube, or a crossing that was computed for one question."""

    @property
    def tables(self) -> frozenset[str]:
        """The tables that were read."""

    def span(self, fact: str) -> Span | None:
        """Return the days and rows of a fact."""

    def block(self, fact: str, axis: str, dimension: str) -> Block | None:
        """Return sums by member and day."""

    def targets(self, kpi: str, dimension: str) -> Block | None:
        """Return targets by member and day."""

    def quantile(self, measure: str, dimension: str) -> QuantileSample | None:
        """Return single values by member and day."""

    def distinct(self, measure: str, dimension: str) -> DistinctSample | None:
        """Return different values by member and day."""

    def stays(self, measure: str, dimension: str) -> StaySample | None:
        """Return stays by member and first day."""

    def members(self, dimension: str) -> Members:
        """Return the members of a dimension."""

    def groups_of_reps(self, dimension: str) -> Membership:
        """Return in which team or region each rep is on which days."""

    def holders(self, dimension: str) -> Holders | None:
        """Return the reps behind teams and regions, if any of them ever moved."""


@dataclass(frozen=True, slots=True)
class World:
    """What all evaluations of one request share. ``is_forward``: days to come count too."""

    numbers: Numbered
    catalogue: Catalogue
    reasons: Reasons
    is_forward: bool = False


class Evaluation:
    """The cells of one dimension: each has a member and the place of its period in the timeline."""

    def __init__(self, world: World, dimension: str, members: Integers, timeline: Timeline, places: Integers) -> None:
        self.world = world
        self.dimension = dimension
        self.members = members
        self.timeline = timeline
        self.places = places
        self._columns: dict[str, Column] = {}
        self._bounds: dict[tuple[int, str], tuple[Integers, Integers, Integers]] = {}
        self._shifted: dict[str, Evaluation] = {}
        self._first_months: dict[tuple[object, ...], FirstMonths] = {}
        self._holding: dict[Moment, Held] = {}

    def __len__(self) -> int:
        return len(self.members)

    @property
    def member_count(self) -> int:
        """How many members the dimension has; the company is one."""
        return 1 if self.dimension == COMPANY else len(self.world.numbers.members(self.dimension))

    def value(self, name: str) -> Column:
        """Return the values of a KPI or measure."""
        if name not in self._columns:
            kpi = self.world.catalogue.kpis.get(name)
            self._columns[name] = (
                self.formula(parse(kpi.formula)) if kpi else self._measure(self.world.catalogue.measures[name])
            )
        return self._columns[name]

    def formula(self, formula: Formula) -> Column:
        """Return the values of a formula."""
        match formula:
            case Number(number):
                return constant(number, len(self))
            case Name(name):
                return self.value(name)
            case Negative(operand):
                column = self.formula(operand)
                return Column(-column.values, column.codes)
            case Operation("/", left, right):
                return self.quotient(
                    self.formula(left), self.formula(right), sentences.zero_divisor(right, self.world.catalogue)
                )
            case Operation("+" | "-" as operator, left, right) if self._adds_rows_ahead(left, right):
                return combined(operator, *self._parts_of_sum(self.formula(left), self.formula(right)))
            case Operation(operator, left, right):
                return combined(operator, self.formula(left), self.formula(right))

    def _adds_rows_ahead(self, *sides: Formula) -> bool:
        """Tell whether a sum may have rows that are dated ahead in some of its parts only."""
        is_ahead = not (self.world.is_forward or self.timeline.has_begun.all())
        return is_ahead and all(is_sum_over_rows(self.world.catalogue, side) for side in sides)

    def _parts_of_sum(self, left: Column, right: Column) -> tuple[Column, Column]:
        """Return both sides of a sum, with nothing for zero where only one has rows in a period to come."""
        code = self.world.reasons.code("no_data", said("not_begun"))
        return with_zero(left, right, code), with_zero(right, left, code)

    def quotient(self, left: Column, right: Column, sentence: str) -> Column:
        """Return left over right; where the right side is zero there is no value, and the sentence says so."""
        is_zero = right.values == 0
        values = np.divide(left.values, right.values, out=np.full(len(self), np.nan), where=~is_zero)
        column = Column(values, merged_codes(left, right))
        if not is_zero.any():
            return column
        # A divisor that is zero explains more than the remark that came with the dividend.
        code = self.world.reasons.code("zero_denominator", sentence)
        codes = np.zeros(len(self), dtype=np.int16) if column.codes is None else column.codes
        return Column(values, np.where(is_zero & ~np.isnan(left.values), np.int16(code), codes))

    def shifted(self, shift: str) -> Evaluation:
        """Return the same cells in the periods that theirs are compared with."""
        if shift not in self._shifted:
            self._shifted[shift] = Evaluation(
                self.world, self.dimension, self.members, self.timeline.shifted(shift), self.places
            )
        return self._shifted[shift]

    def compared(self, shift: str) -> Evaluation:
        """Return the same cells in the prior period or a year ago, under the whole targets of then."""
        timeline = self.timeline.compared(shift)
        return Evaluation(self.world, self.dimension, self.members, timeline, self.places)

    def target(self, kpi: str) -> Column:
        """Return the targets set for a KPI."""
        return targeted.target(self, kpi)

    def summed(self, fact: Fact, axis: str, total: Total) -> Numbers | None:
        """Return a total of each cell's period; None where the numbers at hand do not have it."""
        block = self.world.numbers.block(fact.table, axis, self.dimension)
        if block is None or total.key not in block.totals:
            return None
        return block.sums(total.key, *self.between(block.keys, self.timeline.first, self.timeline.last, "period"))

    def held(self, measure: Measure, total: Total) -> Numbers | None:
        """Return a total over what is in stock at the end of each period; None where it is not at hand."""
        by_holder = self.holding("until")
        found = by_holder.evaluation._held(measure, total)
        return None if found is None else by_holder.added(found)

    def _held(self, measure: Measure, total: Total) -> Numbers | None:
        start, sides = np.full(len(self.timeline), FIRST_DAY, dtype=np.int64), []
        for axis in (measure.axis, measure.end_axis):
            block = self.world.numbers.block(FACTS[measure.fact].table, axis, self.dimension)
            if block is None or total.key not in block.totals:
                return None
            sides.append(block.sums(total.key, *self.between(block.keys, start, self.timeline.until, "until")))
        entered, left = sides
        return np.asarray(entered - left, dtype=np.float64)

    def ordered(self, measure: Measure) -> tuple[QuantileSample, Integers, Integers] | None:
        """Return the single values of a measure, and where those of each cell begin and end; None if not at hand."""
        sample = self.world.numbers.quantile(measure.name, self.dimension)
        if sample is None:
            return None
        return sample, *self.between(sample.keys, self.timeline.first, self.timeline.last, "period")

    def over(self, dimension: str, members: Integers, places: Integers) -> Evaluation:
        """Return an evaluation of other cells over the same timeline."""
        return Evaluation(self.world, dimension, members, self.timeline, places)

    def within(self, numbers: Numbered, dimension: str, members: Integers, places: Integers) -> Evaluation:
        """Return an evaluation of cells of other numbers over the same timeline."""
        return Evaluation(replace(self.world, numbers=numbers), dimension, members, self.timeline, places)

    def holding(self, moment: Moment) -> Held:
        """Return the cells by who holds them at a moment of their period."""
        if moment not in self._holding:
            days = self.timeline.until if moment == "until" else self.timeline.first - 1
            self._holding[moment] = held(self, days)
        return self._holding[moment]

    def at(self, dimension: str, timeline: Timeline, members: Integers, places: Integers) -> Evaluation:
        """Return an evaluation of other cells over another timeline."""
        return Evaluation(self.world, dimension, members, timeline, places)

    def _measure(self, measure: Measure) -> Column:
        kinds: dict[str, Callable[[Measure], Column]] = {
            "flow": self._flow,
            "stock": self.stock,
            "overlap": self.overlap,
            "age": lambda of: presence.age(self, of),
            "older": lambda of: presence.older(self, of),
            "survivors": lambda of: presence.survivors(self, of),
            "quantile": self._quantile,
            "distinct": self._distinct,
            "members": lambda of: counted.members(self, of),
            "reached": lambda of: counted.reached(self, of),
            "shift": lambda of: self.shifted(of.shift).value(of.of),
            "whole": lambda of: self.over(COMPANY, np.zeros_like(self.members), self.places).value(of.of),
            "target": lambda of: self.target(of.of),
            "calendar": self._calendar,
            "derived": lambda of: self.formula(parse(of.formula)),
        }
        column = kinds[measure.kind](measure)
        return self._guarded(measure, column) if measure.fact else column

    def _flow(self, measure: Measure) -> Column:
        return self._summed(measure, measure.axis, self.timeline.first, self.timeline.last, "period")

    def stock(self, measure: Measure) -> Column:
        """Return sums over the rows that have come by the end of the period and have not left."""
        return self._of_holders(measure, Evaluation._stock)

    def overlap(self, measure: Measure) -> Column:
        """Return sums over the rows that have come by the end of the period and had not left before it."""
        return self._of_holders(measure, Evaluation._overlap)

    def _of_holders(self, measure: Measure, compute: Callable[[Evaluation, Measure], Column]) -> Column:
        """Return what a computation gives for who holds the cells at the end of their period, added up."""
        by_holder = self.holding("until")
        column = compute(by_holder.evaluation, measure)
        if by_holder.places is None:
            return column
        if np.isnan(column.values).any():
            return self.not_split(measure)
        return Column(by_holder.added(column.values))

    def _stock(self, measure: Measure) -> Column:
        start = np.full(len(self.timeline), FIRST_DAY, dtype=np.int64)
        entered = self._summed(measure, measure.axis, start, self.timeline.until, "until")
        left = self._summed(measure, measure.end_axis, start, self.timeline.until, "until")
        return Column(entered.values - left.values, entered.codes)

    def _overlap(self, measure: Measure) -> Column:
        start = np.full(len(self.timeline), FIRST_DAY, dtype=np.int64)
        entered = self._summed(measure, measure.axis, start, self.timeline.until, "until")
        left = self._summed(measure, measure.end_axis, start, self.timeline.first - 1, "before")
        return Column(entered.values - left.values, entered.codes)

    def _summed(self, measure: Measure, axis: str, first: Integers, last: Integers, span: str) -> Column:
        """Return sums from ``first`` to ``last`` (by place of the period); ``span`` names them, so that blocks are
        searched once for all their totals."""
        block = self.world.numbers.block(FACTS[measure.fact].table, axis, self.dimension)
        total = total_of(measure).key
        if block is None or total not in block.totals:
            return self.not_split(measure)
        start, end = self.between(block.keys, first, last, span)
        return Column(block.sums(total, start, end))

    def _quantile(self, measure: Measure) -> Column:
        sample = self.world.numbers.quantile(measure.name, self.dimension)
        if sample is None:
            return self.not_split(measure)
        start, end = self.between(sample.keys, self.timeline.first, self.timeline.last, "period")
        column = Column(sample.quantiles(measure.quantile, start, end))
        code = self.world.reasons.code("no_data", said("nothing_counts", words=measure.words))
        return column.where(np.isnan(column.values), code)

    def _distinct(self, measure: Measure) -> Column:
        sample = self.world.numbers.distinct(measure.name, self.dimension)
        if sample is None:
            return self.not_split(measure)
        start, end = self.between(sample.keys, self.timeline.first, self.timeline.last, "period")
        return Column(sample.counts(self.timeline.first[self.places], start, end))

    def between(self, keys: Integers, first: Integers, last: Integers, span: str) -> tuple[Integers, Integers]:
        """Return where the days of each cell's member from ``first`` to ``last`` (by place) begin and end in keys.

        ``span`` names the two, so that the same keys are searched once.
        """
        found = self._bounds.get((id(keys), span))
        if found is None:
            # The keys are kept beside their bounds, so that no other array can get their id while these are known.
            found = (keys, *bounds(keys, self.members, first[self.places], last[self.places]))
            self._bounds[id(keys), span] = found
        return found[1], found[2]

    def not_split(self, measure: Measure) -> Column:
        """Return no values, because the measure is not known by this dimension."""
        if FACTS[measure.fact].missing(self.world.numbers.tables):
            return constant(np.nan, len(self))
        sentence = sentences.not_split(measure.words, self.dimension)
        return missing(self.world.reasons.code("no_data", sentence), len(self))

    def _guarded(self, measure: Measure, column: Column) -> Column:
        """Take values away where there can be none: table not read, no rows, period before the first or to come."""
        table, reasons = FACTS[measure.fact].table, self.world.reasons
        if absent := FACTS[measure.fact].missing(self.world.numbers.tables, columns_of(measure)):
            return missing(reasons.code("not_synced", sentences.not_synced(absent)), len(self))
        span = self.world.numbers.span(table)
        if span is None or not span.rows:
            return missing(reasons.code("no_data", sentences.no_rows(table)), len(self))
        is_early = self.timeline.last < span.first
        if is_early.any():
            code = reasons.code("no_data", sentences.too_early(table, span.first))
            column = column.where(is_early[self.places], code)
        to_come = ~self.timeline.has_begun
        if to_come.any() and not self.world.is_forward:
            # Rows that are dated ahead count on their day, so that the months still make the year.
            is_blank = column.values == 0 if measure.kind in _DATED else np.ones(len(self), dtype=bool)
            code = reasons.code("no_data", said("not_begun"))
            column = column.where(to_come[self.places] & is_blank, code)
        return column

    def _calendar(self, measure: Measure) -> Column:
        days = self.timeline.business_days() if measure.name == "business_days" else self.timeline.days()
        return Column(days[self.places])

    def first_months(self, measure: Measure) -> FirstMonths:
        """Return when each member first met the condition of a measure of kind ``reached``; looked for once."""
        key = (measure.over, measure.fact, measure.axis, measure.where, measure.condition)
        if key not in self._first_months:
            self._first_months[key] = first_months(self, measure, self.timeline.today)
        return self._first_months[key]

    def holds(self, condition: str) -> tuple[NDArray[np.int8], Codes]:
        """Return for each cell whether the condition holds (1), not (0), or cannot be told (-1), and why."""
        truth = np.ones(len(self), dtype=np.int8)
        codes = np.zeros(len(self), dtype=np.int16)
        for comparison in parse_condition(condition):
            left, right = self.formula(comparison.left), self.formula(comparison.right)
            unknown = np.isnan(left.values) | np.isnan(right.values)
            truth = np.where(unknown, np.minimum(truth, -1), np.minimum(truth, compared(comparison, left, right)))
            merged = merged_codes(left, right)
            codes = codes if merged is None else np.where(codes == 0, merged, codes)
        return truth.astype(np.int8), codes
