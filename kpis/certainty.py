"""Certainty: the interval about each value of a KPI, or why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kpis.blocks import Numbers
from kpis.daily import FEWEST_DAYS, daily_ends
from kpis.definitions import COMPANY, Kpi
from kpis.errors import QuestionError
from kpis.estimates import Age, Between, Chances, Daily, Estimate, Mean, Quantile, Rest, Share, estimate_of
from kpis.evaluate import Evaluation
from kpis.facts import FACTS
from kpis.intervals import Z, quantile_ranks, quotient_spread, student, wilson
from kpis.memberships import GROUPS, Membership, together
from kpis.results import Column
from kpis.said import Sentence, said
from kpis.terms import Term, product_of
from kpis.totals import total_of


@dataclass(frozen=True, slots=True)
class Interval:
    """Both ends at 95 %, cell by cell; a cell without them has its reason in both columns."""

    low: Column
    high: Column


def interval_of(evaluation: Evaluation, kpi: Kpi) -> Interval:
    """Return the interval of each value. Raises `QuestionError` for a KPI that is no estimate from single rows."""
    estimate = estimate_of(evaluation.world.catalogue, kpi)
    if estimate is None:
        raise QuestionError(no_interval(kpi))
    return interval_by(evaluation, kpi, estimate)


def no_interval(kpi: Kpi) -> Sentence:
    """Return why a KPI has no interval."""
    return said(f"no_interval_{kpi.no_interval}" if kpi.no_interval else "no_interval", title=kpi.titles)


def interval_by(evaluation: Evaluation, kpi: Kpi, estimate: Estimate) -> Interval:
    """Return the interval of each value of a KPI that is this kind of estimate."""
    match estimate:
        case Share():
            return _of_share(evaluation, kpi, estimate)
        case Mean():
            return _of_mean(evaluation, kpi, estimate)
        case Between():
            return _between_reps(evaluation, kpi, estimate)
        case Daily():
            return _by_days(evaluation, kpi, estimate)
        case Age():
            return _of_age(evaluation, kpi, estimate)
        case Quantile():
            return _of_quantile(evaluation, kpi, estimate)
        case Chances():
            return _of_chances(evaluation, kpi, estimate)
        case Rest(whole, of, inner):
            taken = interval_by(evaluation, of, inner)
            low, high = (Column(whole - column.values, column.codes) for column in (taken.high, taken.low))
            return Interval(low, high)


def _of_share(evaluation: Evaluation, kpi: Kpi, share: Share) -> Interval:
    hits, trials = evaluation.formula(share.hits), evaluation.formula(share.trials)
    low, high = wilson(hits.values, trials.values)
    interval = _beside(evaluation.value(kpi.id), low, high)
    is_impossible = (hits.values > trials.values) | (hits.values < 0)
    return _without(evaluation, interval, is_impossible, said("part_above_whole"))


def _of_mean(evaluation: Evaluation, kpi: Kpi, mean: Mean) -> Interval:
    value, rows = evaluation.value(kpi.id), evaluation.value(kpi.count).values
    tops, products, bottoms = (
        _summed_products(evaluation, mean, left, right)
        for left, right in ((mean.top, mean.top), (mean.top, mean.bottom), (mean.bottom, mean.bottom))
    )
    divisor = sum(term.factor * evaluation.value(term.measure.name).values for term in mean.bottom)
    spread = quotient_spread(value.values, tops, products, bottoms)
    interval = _beside(value, *student(value.values, np.asarray(divisor, dtype=np.float64), spread, rows))
    interval = _without(evaluation, interval, rows < 2, said("one_value"))
    return _without(evaluation, interval, np.isnan(spread), said("no_squares"))


def _summed_products(evaluation: Evaluation, mean: Mean, left: Sequence[Term], right: Sequence[Term]) -> Numbers:
    """Return the sum over rows of left times right; nan where the numbers at hand do not have it."""
    total = np.zeros(len(evaluation))
    for one in left:
        for other in right:
            product = product_of(one.measure, other.measure)
            if product is not None:
                found = evaluation.summed(FACTS[mean.fact], mean.axis, product)
                total = total + one.factor * other.factor * (np.nan if found is None else found)
    return total


def _between_reps(evaluation: Evaluation, kpi: Kpi, between: Between) -> Interval:
    """Return the interval by how much the reps of each slice differ; for one rep there is none."""
    value, divisor = evaluation.value(kpi.id), evaluation.formula(between.bottom).values
    groups = _groups_of_reps(evaluation)
    if groups is None:
        everywhere = np.ones(len(evaluation), dtype=bool)
        return _without(evaluation, Interval(value, value), everywhere, said("no_squares"))
    periods, group_count = len(evaluation.timeline), evaluation.member_count
    reps = np.arange(len(groups.first))
    each = evaluation.over("rep", np.tile(reps, periods), np.repeat(np.arange(periods), len(reps)))
    top, bottom = (np.nan_to_num(each.formula(side).values) for side in (between.top, between.bottom))
    slot = each.places * group_count + groups.of(each.members, each.timeline.until[each.places])
    cell = evaluation.places * group_count + (evaluation.members if evaluation.dimension != COMPANY else 0)
    weights = (top * top, top * bottom, bottom * bottom, (top != 0) | (bottom != 0))
    tops, products, bottoms, counts = (
        np.bincount(slot, weights=one, minlength=periods * group_count)[cell] for one in weights
    )
    spread = quotient_spread(value.values, tops, products, bottoms)
    interval = _beside(value, *student(value.values, divisor, spread, counts))
    return _without(evaluation, interval, counts < 2, said("one_value"))


def _groups_of_reps(evaluation: Evaluation) -> Membership | None:
    """Return in which of the evaluation's members each rep is; None where reps are not parts of them.

    A rep that moves counts where it is at the end of the period.
    """
    numbers = evaluation.world.numbers
    if evaluation.dimension == COMPANY:
        return together(len(numbers.members("rep")))
    return numbers.groups_of_reps(evaluation.dimension) if evaluation.dimension in GROUPS else None


def _by_days(evaluation: Evaluation, kpi: Kpi, daily: Daily) -> Interval:
    value, ends = evaluation.value(kpi.id), daily_ends(evaluation, daily)
    if ends is None:
        return _without(evaluation, Interval(value, value), np.ones(len(evaluation), dtype=bool), said("no_squares"))
    interval = _beside(value, ends.low, ends.high)
    interval = _without(evaluation, interval, ends.days < FEWEST_DAYS, said("one_day"))
    return _without(evaluation, interval, np.isnan(ends.low), said("nothing_came_in"))


def _of_age(evaluation: Evaluation, kpi: Kpi, age: Age) -> Interval:
    """Return the interval of a mean age by the spread of the days from which it counts."""
    value, rows = evaluation.value(kpi.id), evaluation.value(kpi.count).values
    days, squares = (evaluation.held(age.measure, total) for total in (total_of(age.measure), age.squares))
    if days is None or squares is None:
        return _without(evaluation, Interval(value, value), np.ones(len(evaluation), dtype=bool), said("no_squares"))
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.maximum(squares - days**2 / rows, 0.0)
    interval = _beside(value, *student(value.values, rows, spread, rows))
    return _without(evaluation, interval, rows < 2, said("one_value"))


def _of_quantile(evaluation: Evaluation, kpi: Kpi, quantile: Quantile) -> Interval:
    value, found = evaluation.value(kpi.id), evaluation.ordered(quantile.measure)
    if found is None:
        return Interval(value, value)
    sample, start, end = found
    counts, places = np.unique(end - start, return_inverse=True)
    known = [quantile_ranks(count, quantile.measure.quantile) or (0, 0) for count in counts.tolist()]
    ranks = np.array(known, dtype=np.int64).reshape(-1, 2)[places.reshape(-1)]
    interval = _beside(value, *(sample.at_ranks(start, end, ranks[:, side]) for side in (0, 1)))
    return _without(evaluation, interval, np.isnan(interval.low.values), said("few_values"))


def _of_chances(evaluation: Evaluation, kpi: Kpi, chances: Chances) -> Interval:
    """Return the interval by the variance of deals that come in or not: never less than none, nor more than all."""
    value = evaluation.value(kpi.id)
    there = evaluation.shifted("rest") if chances.is_rest else evaluation
    fact, axis = FACTS[chances.measure.fact], chances.measure.axis
    totals = (there.summed(fact, axis, total) for total in (*chances.squares, chances.whole))
    likely, squares, whole = (np.nan if total is None else total for total in totals)
    reach = Z * np.sqrt(np.maximum(likely - squares, 0.0))
    none = value.values - np.nan_to_num(there.value(chances.measure.name).values)
    # Deals of less than nothing may put the value itself beyond both.
    bounds = np.stack([none, none + whole, value.values])
    ends = bounds.min(axis=0), bounds.max(axis=0)
    interval = _beside(value, *(np.clip(value.values + side * reach, *ends) for side in (-1, 1)))
    return _without(evaluation, interval, np.isnan(reach), said("no_squares"))


def _beside(value: Column, low: Numbers, high: Numbers) -> Interval:
    """Return an interval where there is a value; where there is none, the value's reason says why."""
    is_blank = np.isnan(value.values)
    low, high = (np.where(is_blank, np.nan, side) for side in (low, high))
    return Interval(Column(low, value.codes), Column(high, value.codes))


def _without(evaluation: Evaluation, interval: Interval, mask: NDArray[np.bool_], sentence: Sentence) -> Interval:
    """Return the interval without these cells, for this reason; a cell that has a reason keeps it."""
    if not mask.any():
        return interval
    code = evaluation.world.reasons.code("no_data", sentence)
    return Interval(interval.low.where(mask, code), interval.high.where(mask, code))
