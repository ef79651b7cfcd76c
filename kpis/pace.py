"""Pace: which part of a running period's value is to be expected by today, and how attainment stands against it.

What adds up over time comes in over the period. Where the slice has two whole years behind it with enough records in
them, the part that the same days of these two years had of their whole periods is expected; else the part of the
business days that have passed. What does not add up (a rate, a stock) is expected whole from the first day on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kpis.additivity import adds_up_over_time
from kpis.blocks import Numbers
from kpis.definitions import Kpi
from kpis.evaluate import Evaluation
from kpis.facts import FACTS
from kpis.periods import Period, comparable, year_ago
from kpis.plan import row_measures
from kpis.results import Column
from kpis.timeline import Timeline

AHEAD, ON_TRACK, AT_RISK, BEHIND = 2, 1, 0, -1
_AHEAD_FROM, _ON_TRACK_FROM, _AT_RISK_FROM = 1.05, 0.95, 0.8
"""From which pace on one is ahead, on track, or at risk: attainment over the expected part of the period's value."""
_FEW_RECORDS: Final = 20
"""Fewer records in two years' periods do not show a season."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """The expected part of each cell's value, from 0 to 1, and where it comes from; of neither, it is all."""

    share: Numbers
    by_season: NDArray[np.bool_]
    by_days: NDArray[np.bool_]


def expectation(evaluation: Evaluation, kpi: Kpi) -> Expectation:
    """Return which part of the period's value is to be expected by today, cell by cell."""
    count = len(evaluation)
    none = np.zeros(count, dtype=bool)
    timeline = evaluation.timeline
    is_running = ((timeline.first <= timeline.today) & (timeline.today < timeline.last))[evaluation.places]
    if not is_running.any() or not adds_up_over_time(evaluation.world.catalogue, kpi.id):
        return Expectation(np.ones(count), none, none)
    share = np.where(is_running, timeline.elapsed_share()[evaluation.places], 1.0)
    season, is_known = _season(evaluation, kpi)
    by_season = is_running & is_known
    return Expectation(np.where(by_season, season, share), by_season, is_running & ~is_known)


def status(attainment: Column, expected: Numbers, kpi: Kpi) -> Column:
    """Return 2 ahead, 1 on track, 0 at risk, -1 behind: attainment against what is expected by today.

    On days when nothing is expected yet, anything is ahead, and nothing is on track.
    """
    over, under = (expected, attainment.values) if kpi.better == "lower" else (attainment.values, expected)
    with np.errstate(divide="ignore", invalid="ignore"):
        pace = np.where((over == 0) & (under == 0), 1.0, over / under)
    found = (pace >= _AHEAD_FROM).astype(np.float64) + (pace >= _ON_TRACK_FROM) + (pace >= _AT_RISK_FROM) - 1
    return Column(np.where(np.isnan(attainment.values), np.nan, found), attainment.codes)


def _season(evaluation: Evaluation, kpi: Kpi) -> tuple[Numbers, NDArray[np.bool_]]:
    """Return the part that the same days had of the two years before together, and where that says something."""
    calendar = evaluation.timeline.calendar

    def one_year(period: Period) -> Period:
        return year_ago(period, calendar)

    def two_years(period: Period) -> Period:
        return one_year(one_year(period))

    parts, wholes, records = np.zeros(len(evaluation)), np.zeros(len(evaluation)), np.zeros(len(evaluation))
    is_known = _is_covered(evaluation, kpi, two_years)
    for before in (one_year, two_years):
        whole, part = (_elsewhere(evaluation, before, is_cut=is_cut) for is_cut in (False, True))
        value, value_by_then = whole.value(kpi.id).values, part.value(kpi.id).values
        is_known &= (value > 0) & (value_by_then >= 0) & (value_by_then <= value)
        wholes, parts = wholes + value, parts + value_by_then
        records = records + whole.value(kpi.count).values
    is_known &= records >= _FEW_RECORDS
    return np.divide(parts, wholes, out=np.ones(len(evaluation)), where=is_known), is_known


def _elsewhere(evaluation: Evaluation, before: Callable[[Period], Period], *, is_cut: bool) -> Evaluation:
    """Return the same cells in earlier periods, whole or cut to as many days as have passed of theirs."""
    timeline = evaluation.timeline
    others = [before(period) for period in timeline.periods]
    if is_cut:
        pairs = zip(timeline.periods, others, strict=True)
        others = [comparable(period, other, timeline.today, timeline.calendar) for period, other in pairs]
    return Evaluation(
        evaluation.world,
        evaluation.dimension,
        evaluation.members,
        Timeline(others, timeline.calendar, timeline.today),
        evaluation.places,
    )


def _is_covered(evaluation: Evaluation, kpi: Kpi, before: Callable[[Period], Period]) -> NDArray[np.bool_]:
    """Tell of each cell whether the data had begun before the earliest of its periods."""
    world = evaluation.world
    tables = {FACTS[measure.fact].table for measure in row_measures(world.catalogue, kpi)}
    spans = [world.numbers.span(table) for table in sorted(tables)]
    starts = [span.first for span in spans if span is not None and span.rows]
    firsts = np.array([before(period).first for period in evaluation.timeline.periods], dtype=np.int64)
    return (firsts >= max(starts, default=evaluation.timeline.today + 1))[evaluation.places]
