"""Ranks: the place of a member among others, and between which places it may lie where values are estimates.

A member is surely better than another one if its whole interval is. Its best place is one behind all that are surely
better than it, its worst before all that are surely worse. A value without an interval, of a KPI that has them, may
lie anywhere. Of what is no estimate (a sum of all there is) each place is one, and ties share the better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kpis.blocks import Integers, Numbers
from kpis.certainty import Interval, interval_by
from kpis.definitions import COMPANY, Kpi
from kpis.errors import QuestionError
from kpis.estimates import Estimate
from kpis.evaluate import Evaluation
from kpis.questions import Answer
from kpis.results import Column
from kpis.said import said

_TIE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Rank:
    """The best and the worst place that a member may have, from 1."""

    best: int
    worst: int

    @property
    def is_sure(self) -> bool:
        """Tell whether there is one place only."""
        return self.best == self.worst

    def __str__(self) -> str:
        return f"{self.best}" if self.is_sure else f"{self.best}–{self.worst}"


def ranks_of(answers: Sequence[Answer], kpi: Kpi) -> list[Rank | None]:
    """Return the rank of each answer among them all; None without a value, and of a KPI that has no better side."""
    values = np.array([np.nan if answer.value is None else answer.value for answer in answers], dtype=np.float64)
    known = np.flatnonzero(~np.isnan(values))
    ranks: list[Rank | None] = [None] * len(answers)
    if kpi.better == "neutral" or not len(known):
        return ranks
    if any(answer.method for answer in answers):
        ends = [_ends_of(answers[place], kpi) for place in known.tolist()]
        low, high = np.array(ends, dtype=np.float64).T
        best, worst = ranges_among(low, high, low, high)
    else:
        sign = _sign(kpi)
        best = worst = places_among(values[known] * sign, values[known] * sign).astype(np.int64)
    for place, first, last in zip(known.tolist(), best.tolist(), worst.tolist(), strict=True):
        ranks[place] = Rank(first, last)
    return ranks


def places(evaluation: Evaluation, kpi: Kpi) -> Column:
    """Return the place of each member among the listed ones of its dimension; ties share the better place.

    Raises `QuestionError` where there is no order.
    """
    field = _Field(evaluation, kpi)
    own, everyone, sign = evaluation.value(kpi.id), field.everyone.value(kpi.id).values, _sign(kpi)
    found = np.full(len(evaluation), np.nan)
    for cells, others in field.periods():
        found[cells] = places_among(own.values[cells] * sign, everyone[others] * sign)
    return Column(np.where(np.isnan(own.values), np.nan, found), own.codes)


def ranges(evaluation: Evaluation, kpi: Kpi, estimate: Estimate) -> tuple[Integers, Integers]:
    """Return the best and the worst place of each member among the listed ones; 0 of one without a value."""
    field = _Field(evaluation, kpi)
    own_low, own_high = _better_up(interval_by(evaluation, kpi, estimate), evaluation.value(kpi.id), kpi)
    low, high = _better_up(interval_by(field.everyone, kpi, estimate), field.everyone.value(kpi.id), kpi)
    best, worst = (np.zeros(len(evaluation), dtype=np.int64) for _ in range(2))
    for cells, others in field.periods():
        has_value = ~np.isnan(low[others])
        best[cells], worst[cells] = ranges_among(
            own_low[cells], own_high[cells], low[others][has_value], high[others][has_value]
        )
    worst += ~field.is_listed(evaluation.members)  # who is not among the others has a place beside them
    has_value = ~np.isnan(own_low)
    return np.where(has_value, best, 0), np.where(has_value, worst, 0)


def places_among(values: Numbers, others: Numbers) -> Numbers:
    """Return 1 + how many of the others are smaller, by more than rounding."""
    ordered = np.sort(others[~np.isnan(others)])
    better = np.searchsorted(ordered, values - np.abs(values) * _TIE, side="left")
    return np.asarray(better + 1, dtype=np.float64)


def ranges_among(low: Numbers, high: Numbers, lows: Numbers, highs: Numbers) -> tuple[Integers, Integers]:
    """Return for each interval 1 + how many lie wholly above it, and how many do not lie wholly below it."""
    best = 1 + len(lows) - np.searchsorted(np.sort(lows), high, side="right")
    worst = len(highs) - np.searchsorted(np.sort(highs), low, side="left")
    return best.astype(np.int64), worst.astype(np.int64)


class _Field:
    """All listed members of an evaluation's dimension, in each of its periods."""

    def __init__(self, evaluation: Evaluation, kpi: Kpi) -> None:
        if kpi.better == "neutral":
            raise QuestionError(said("no_rank", title=kpi.titles))
        if evaluation.dimension == COMPANY or "&" in evaluation.dimension:
            raise QuestionError(said("no_rank_here"))
        members = evaluation.world.numbers.members(evaluation.dimension).listed
        self._places = evaluation.places
        self._listed = np.array([member.code for member in members], dtype=np.int64)
        self._periods = np.unique(evaluation.places)
        self.everyone = evaluation.over(
            evaluation.dimension,
            np.tile(self._listed, len(self._periods)),
            np.repeat(self._periods, len(self._listed)),
        )

    def periods(self) -> list[tuple[NDArray[np.bool_], slice]]:
        """Return for each period its cells, and where in ``everyone`` its members are."""
        count = len(self._listed)
        return [
            (self._places == period, slice(row * count, (row + 1) * count))
            for row, period in enumerate(self._periods)
        ]

    def is_listed(self, members: Integers) -> NDArray[np.bool_]:
        """Tell of each member whether it is one of them."""
        return np.isin(members, self._listed)


def _sign(kpi: Kpi) -> float:
    return -1.0 if kpi.better == "higher" else 1.0


def _ends_of(answer: Answer, kpi: Kpi) -> tuple[float, float]:
    """Return the ends of an answer's interval, turned so that more is better; without one it may lie anywhere."""
    if answer.low is None or answer.high is None:
        return -np.inf, np.inf
    return (answer.low, answer.high) if kpi.better == "higher" else (-answer.high, -answer.low)


def _better_up(interval: Interval, value: Column, kpi: Kpi) -> tuple[Numbers, Numbers]:
    """Return the same for whole columns; nan where there is no value."""
    low, high = interval.low.values, interval.high.values
    is_open = np.isnan(low) | np.isnan(high)
    if kpi.better != "higher":
        low, high = -high, -low
    has_value = ~np.isnan(value.values)
    low, high = np.where(is_open, -np.inf, low), np.where(is_open, np.inf, high)
    return np.where(has_value, low, np.nan), np.where(has_value, high, np.nan)
