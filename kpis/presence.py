"""What is asked of who is there: for how long, since more than so many days, since before the period.

These are the measures of the kinds ``age``, ``older`` and ``survivors``; see `kpis.definitions`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from kpis.blocks import FIRST_DAY, bounds
from kpis.definitions import Measure
from kpis.facts import FACTS
from kpis.formula import parse
from kpis.results import Column

if TYPE_CHECKING:
    from kpis.evaluate import Evaluation


def age(evaluation: Evaluation, measure: Measure) -> Column:
    """Return the days from each row's day in ``value`` to the end of the period, added up over the rows in stock."""
    days = evaluation.stock(measure)
    count = evaluation.stock(replace(measure, value=FACTS[measure.fact].values[0]))
    until = evaluation.timeline.until[evaluation.places]
    return Column(until * count.values - days.values, days.codes)


def older(evaluation: Evaluation, measure: Measure) -> Column:
    """Return how many rows in stock at the end of the period entered more than so many days before it."""
    held = evaluation.holding("until")
    sample = held.evaluation.world.numbers.quantile(measure.name, held.evaluation.dimension)
    if sample is None:
        return evaluation.not_split(measure)
    than = evaluation.formula(parse(measure.than))
    is_unknown = np.isnan(than.values)
    until = evaluation.timeline.until[evaluation.places]
    last = np.minimum(np.ceil(until - np.where(is_unknown, 0, than.values)) - 1, until).astype(np.int64)
    last, until = held.spread(last), held.spread(until)
    start, end = bounds(sample.keys, held.evaluation.members, np.full_like(last, FIRST_DAY), last)
    counts = held.added(sample.counts_above(start, end, until))
    return Column(np.where(is_unknown, np.nan, counts), than.codes)


def survivors(evaluation: Evaluation, measure: Measure) -> Column:
    """Return how many different values are in stock both before the period and at its end.

    They are the ones of who held them before the period: of a team, its customers of then.
    """
    held = evaluation.holding("before")
    cells, timeline = held.evaluation, evaluation.timeline
    sample = cells.world.numbers.stays(measure.name, cells.dimension)
    if sample is None:
        return evaluation.not_split(measure)
    start, end = cells.between(sample.keys, np.full(len(timeline), FIRST_DAY), timeline.until, "until")
    first, until = timeline.first[cells.places], timeline.until[cells.places]
    return Column(held.added(sample.survivors(first, until, start, end)))
