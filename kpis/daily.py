"""How much sums vary from day to day, and what that leaves of a quotient: its interval by the spread of its days.

What comes in on a business day is taken as drawn anew each day; what else is in the quotient (a cost, a headcount) is
given. The interval is one of factors, so that what cannot be negative is not: twice as much is as likely as half.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from kpis.blocks import Integers, Numbers, days_of
from kpis.estimates import Daily
from kpis.evaluate import Evaluation
from kpis.facts import FACTS
from kpis.intervals import student_quantile
from kpis.periods import BusinessDays
from kpis.samples import different_ranges, laid_out, ranges_in_parts
from kpis.terms import Term
from kpis.totals import total_of

FEWEST_DAYS: Final = 2


@dataclass(frozen=True, slots=True)
class DailyEnds:
    """Both ends of each cell's interval, nan where there is none; and how many business days it has seen."""

    low: Numbers
    high: Numbers
    days: Numbers


@dataclass(frozen=True, slots=True)
class _Came:
    """What came in by member and day on both sides, in the order of its keys."""

    keys: Integers
    top: Numbers
    bottom: Numbers


def daily_ends(evaluation: Evaluation, daily: Daily) -> DailyEnds | None:
    """Return the interval of each cell; None where the numbers at hand do not have the days."""
    came = _came_in(evaluation, daily)
    if came is None:
        return None
    days = evaluation.timeline.business_days()[evaluation.places]
    top, bottom = (evaluation.formula(side).values for side in (daily.left, daily.right))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        if daily.top and daily.bottom:
            factor = _factor_of_quotient(evaluation, came, top / bottom, top, days)
            low, high = top / bottom / factor, top / bottom * factor
        else:
            own = came.top if daily.top else came.bottom
            whole, factor = _factor_of_sum(evaluation, came.keys, own, days)
            # The given part of a side stays as it is; the rest of it is as much less, or more.
            more = [whole * (one - 1) for one in (1 / factor, factor)]
            ends = [(top + one) / bottom if daily.top else top / (bottom + one) for one in more]
            low, high = np.minimum(*ends), np.maximum(*ends)
    has_both = np.isfinite(low) & np.isfinite(high)
    return DailyEnds(np.where(has_both, low, np.nan), np.where(has_both, high, np.nan), days)


def _factor_of_sum(evaluation: Evaluation, keys: Integers, values: Numbers, days: Numbers) -> tuple[Numbers, Numbers]:
    """Return the sum of each cell, and how many times more or less it may be; nan of one that is not above zero."""
    is_business = BusinessDays(evaluation.timeline.calendar).between(days_of(keys), days_of(keys)) > 0
    whole, squares, inside = _totals(evaluation, keys, np.stack([values, values**2, values * is_business]))
    mean = whole / days
    return whole, _factor(squares - 2 * mean * inside + mean**2 * days, np.where(whole > 0, whole, np.nan), days)


def _factor_of_quotient(
    evaluation: Evaluation, came: _Came, quotient: Numbers, top: Numbers, days: Numbers
) -> Numbers:
    """Return how many times more or less a quotient of two sums by day may be."""
    products = np.stack([came.top**2, came.top * came.bottom, came.bottom**2])
    tops, crossed, bottoms = _totals(evaluation, came.keys, products)
    spread = tops - 2 * quotient * crossed + quotient**2 * bottoms
    return _factor(spread, np.where((top > 0) & (quotient > 0), top, np.nan), days)


def _factor(spread: Numbers, whole: Numbers, days: Numbers) -> Numbers:
    freedom = np.maximum(days - 1, 1)
    error = np.sqrt(np.maximum(spread, 0.0) * days / freedom) / whole
    reach = student_quantile(freedom.astype(np.int64)) * error
    return np.where(days >= FEWEST_DAYS, np.exp(reach), np.nan)


def _totals(evaluation: Evaluation, keys: Integers, values: Numbers) -> Numbers:
    """Return the sum of each row of values over the entries of each cell's period: added up, not subtracted."""
    timeline = evaluation.timeline
    ranges, inverse = different_ranges(*evaluation.between(keys, timeline.first, timeline.last, "period"))
    found = np.zeros((len(values), len(ranges)))
    for part in ranges_in_parts(ranges):
        places, owner = laid_out(ranges[part])
        for row, own in enumerate(values):
            found[row, part] = np.bincount(owner, weights=own[places], minlength=len(ranges[part]))
    return found[:, inverse]


def _came_in(evaluation: Evaluation, daily: Daily) -> _Came | None:
    found = [
        (side, _entries(evaluation, term)) for side, terms in ((0, daily.top), (1, daily.bottom)) for term in terms
    ]
    listed = [(side, entries) for side, entries in found if entries is not None]
    if len(listed) < len(found):
        return None
    keys, place = np.unique(np.concatenate([keys for _, (keys, _) in listed]), return_inverse=True)
    sums, begin = np.zeros((2, len(keys))), 0
    for side, (own, values) in listed:
        end = begin + len(own)
        sums[side] += np.bincount(place.reshape(-1)[begin:end], weights=values, minlength=len(keys))
        begin = end
    return _Came(keys, *sums)


def _entries(evaluation: Evaluation, term: Term) -> tuple[Integers, Numbers] | None:
    """Return what a term has by member and day; None where that is not known by this dimension."""
    measure = term.measure
    block = evaluation.world.numbers.block(FACTS[measure.fact].table, measure.axis, evaluation.dimension)
    key = total_of(measure).key
    if block is None or key not in block.totals:
        return None
    row = block.totals.index(key)
    return block.keys, np.diff(block.cumulated[row]) * (term.factor / block.units[row])
