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
    sample = evaluation.world.numbers.quantile(measure.name, evaluation.dimension)
    if sample is None:
        return evaluation.not_split(measure)
    than = evaluation.formula(parse(measure.than))
    is_unknown = np.isnan(than.values)
    until = evaluation.timeline.until[evaluation.places]
    last = np.minimum(np.ceil(until - np.where(is_unknown, 0, than.values)) - 1, until).astype(np.int64)
    start, end = bounds(sample.keys, evaluation.members, np.full_like(last, FIRST_DAY), last)
    return Column(np.where(is_unknown, np.nan, sample.counts_above(start, end, until)), than.codes)


def survivors(evaluation: Evaluation, measure: Measure) -> Column:
    """Return how many different values are in stock both before the period and at its end."""
    sample = evaluation.world.numbers.stays(measure.name, evaluation.dimension)
    if sample is None:
        return evaluation.not_split(measure)
    timeline, places = evaluation.timeline, evaluation.places
    start, end = evaluation.between(sample.keys, np.full(len(timeline), FIRST_DAY), timeline.until, "until")
    return Column(sample.survivors(timeline.first[places], timeline.until[places], start, end))
