"""Context: what travels with a value beside it: parts, sample size, interval, and what a reader should know of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from kpis import sentences
from kpis.blocks import Integers, Numbers
from kpis.cells import Group
from kpis.certainty import interval_by
from kpis.estimates import Chances, Estimate, estimate_of
from kpis.evaluate import Evaluation
from kpis.floors import Floors
from kpis.pace import expectation
from kpis.plan import row_measures
from kpis.ranks import ranges
from kpis.results import plain
from kpis.said import Sentence, joined, said
from kpis.shows import parts_of

_OF_VALUE: Final = frozenset({"value", "low", "high"})
_NOTHING: Final = Sentence()
_NUMERATOR, _DENOMINATOR, _COUNT, _LOW, _HIGH = range(5)


@dataclass(frozen=True, slots=True)
class Context:
    """What travels with the value of one cell. ``remark`` is for people, ``method`` where this comes from."""

    numerator: float | None = None
    denominator: float | None = None
    n: int | None = None
    low: float | None = None
    high: float | None = None
    method: str = ""
    is_small: bool = False
    remark: Sentence = _NOTHING


NO_CONTEXT: Final = Context()


def contexts(groups: Iterable[tuple[Group, Evaluation]], values: Numbers, floors: Floors) -> list[Context]:
    """Return the context of each cell; of one whose words mean nothing there is none.

    What rests on fewer records than its floor is a small sample.
    """
    found = [NO_CONTEXT] * len(values)
    for group, evaluation in groups:
        parts = _Parts(group, evaluation, values[group.inside], floors)
        for place, cell in enumerate(group.inside.tolist()):
            found[cell] = parts.context(place)
    return found


class _Parts:
    """The contexts of one group's cells."""

    def __init__(self, group: Group, evaluation: Evaluation, values: Numbers, floors: Floors) -> None:
        self._kpi, self._floors = group.kpi, floors
        self._has_value = np.isfinite(values)
        columns = np.full((5, len(evaluation)), np.nan)
        if parts := parts_of(evaluation, group.kpi):
            columns[_NUMERATOR], columns[_DENOMINATOR] = (part.values for part in parts)
        columns[_COUNT] = evaluation.value(group.kpi.count).values
        self._methods, self._remarks = [""] * len(evaluation), [Sentence()] * len(evaluation)
        self._is_small = np.zeros(len(evaluation), dtype=bool)
        estimate = estimate_of(evaluation.world.catalogue, group.kpi)
        if not self._has_value.any():
            pass
        elif group.show in _OF_VALUE and estimate is not None:
            self._add_interval(columns, evaluation, estimate)
        elif group.show == "rank" and estimate is not None:
            self._add_ranges(evaluation, estimate)
        elif group.show in {"status", "expected"}:
            self._add_expectation(evaluation)
        self._columns = [plain(column) for column in columns]

    def context(self, place: int) -> Context:
        """Return the context of one cell."""
        numerator, denominator, count, low, high = (column[place] for column in self._columns)
        return Context(
            numerator,
            denominator,
            None if count is None else round(count),
            low,
            high,
            self._methods[place],
            bool(self._is_small[place]),
            self._remarks[place],
        )

    def _add_interval(self, columns: Numbers, evaluation: Evaluation, estimate: Estimate) -> None:
        interval = interval_by(evaluation, self._kpi, estimate)
        columns[_LOW], columns[_HIGH] = interval.low.values, interval.high.values
        self._methods = [estimate.method] * len(evaluation)
        self._is_small = self._has_value & (columns[_COUNT] < self._floors.of(estimate))
        if isinstance(estimate, Chances) and estimate.is_rest:
            self._remarks = [said("by_weighted_pipeline")] * len(evaluation)
        self._add_maturity(columns[_DENOMINATOR], evaluation)
        for place in np.flatnonzero(self._is_small).tolist():
            self._say(place, said("small_sample", count=round(columns[_COUNT][place])))

    def _add_maturity(self, known: Numbers, evaluation: Evaluation) -> None:
        """Say of numbers by cohort how many of its deals have an outcome, unless all have."""
        catalogue = evaluation.world.catalogue
        cohort = catalogue.measures.get(self._kpi.cohort)
        if cohort is None or {one.axis for one in row_measures(catalogue, self._kpi)} != {cohort.axis}:
            return
        counts = evaluation.value(cohort.name).values
        for place in np.flatnonzero(self._has_value & (known < counts)).tolist():
            share = known[place] / counts[place]
            self._say(place, sentences.outcomes_known(share, cohort.words))

    def _say(self, place: int, sentence: Sentence) -> None:
        self._remarks[place] = joined((self._remarks[place], sentence))

    def _add_ranges(self, evaluation: Evaluation, estimate: Estimate) -> None:
        for place, (best, worst) in enumerate(_pairs(*ranges(evaluation, self._kpi, estimate))):
            if worst > best and self._has_value[place]:
                self._methods[place] = estimate.method
                self._remarks[place] = said("rank_range", best=best, worst=worst)

    def _add_expectation(self, evaluation: Evaluation) -> None:
        expected = expectation(evaluation, self._kpi)
        for place, share in enumerate(expected.share.tolist()):
            if self._has_value[place] and (expected.by_season[place] or expected.by_days[place]):
                self._methods[place] = "seasonality" if expected.by_season[place] else "business days"
                self._remarks[place] = sentences.expected_by_now(share, self._methods[place])


def _pairs(first: Integers, second: Integers) -> Iterable[tuple[int, int]]:
    return zip(first.tolist(), second.tolist(), strict=True)
