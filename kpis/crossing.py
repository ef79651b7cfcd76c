"""Crossings: numbers by two dimensions at once, computed from a snapshot's parquet by DuckDB when asked for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from kpis.blocks import Block, Integers
from kpis.build import numbers_of, stays_of, sums_block, value_column
from kpis.cube import Cube, Span
from kpis.definitions import COMPANY, Catalogue
from kpis.directory import Directory
from kpis.engine import FactEngine, integer_column, number_column, opened, text_column
from kpis.facts import FACTS, Fact
from kpis.holders import Holders, holders_of
from kpis.measures import grouped, sampled
from kpis.members import Members
from kpis.memberships import GROUPS, Membership
from kpis.plan import Plan, plan_of
from kpis.samples import DistinctSample, QuantileSample, distinct_sample, quantile_sample
from kpis.stays import StaySample
from kpis.totals import fact_of

if TYPE_CHECKING:
    import pyarrow as pa

    from kpis.evaluate import Numbered

Computed = TypeVar("Computed", Block, QuantileSample, DistinctSample, StaySample)

_MOST_KEPT: Final = 64
"""Blocks kept in memory: a scorecard crossed with a team asks for about ten."""


class SnapshotCrossing:
    """Crosses dimensions over the parquet files ``<table>.parquet`` of one folder. Safe for threads."""

    def __init__(self, facts_folder: Path) -> None:
        self._folder = facts_folder
        self._lock = threading.Lock()
        self._engine: FactEngine | None = None
        self._plan: tuple[Catalogue, Plan] | None = None
        self._kept: OrderedDict[tuple[str, ...], Block | QuantileSample | DistinctSample | StaySample] = OrderedDict()

    def numbers(self, cube: Cube, catalogue: Catalogue, dimensions: tuple[str, str]) -> CrossedNumbers:
        """Return the numbers of all pairs of members of two dimensions; nothing is computed yet."""
        return CrossedNumbers(self, cube, catalogue, dimensions)

    def plan(self, catalogue: Catalogue) -> Plan:
        """Return the plan of a catalogue; it is kept, for the same one is asked for again and again."""
        if self._plan is None or self._plan[0] is not catalogue:
            self._plan = catalogue, plan_of(catalogue)
        return self._plan[1]

    def kept(self, key: tuple[str, ...], today: int, compute: Callable[[FactEngine], Computed]) -> Computed:
        """Return what was computed under this key, or compute it now."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = compute(self._opened(today))
                while len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]  # type: ignore[return-value]  # what a key holds is what its function computes

    def _opened(self, today: int) -> FactEngine:
        if self._engine is None:
            self._engine = opened(self._folder, today)
        return self._engine


class CrossedNumbers:
    """The numbers of one pair of dimensions, under the name ``left&right``. No targets are set for pairs."""

    def __init__(
        self, crossing: SnapshotCrossing, cube: Cube, catalogue: Catalogue, dimensions: tuple[str, str]
    ) -> None:
        self._crossing = crossing
        self._cube = cube
        self._catalogue = catalogue
        self._dimensions = dimensions
        self._directory = Directory(cube.dimensions, {name: cube.groups_of_reps(name) for name in GROUPS})
        self.tables = cube.tables

    def span(self, fact: str) -> Span | None:
        """Return the days and rows of a fact."""
        return self._cube.span(fact)

    def members(self, dimension: str) -> Members:
        """Return the members of one dimension."""
        return self._cube.members(dimension)

    def groups_of_reps(self, dimension: str) -> Membership:
        """Return in which team or region each rep is on which days."""
        return self._cube.groups_of_reps(dimension)

    def holders(self, dimension: str) -> Holders | None:
        """Return the reps, or pairs with a rep, behind pairs with teams and regions, if any rep ever moved."""
        if dimension == COMPANY:
            return None
        return holders_of(self._cube.sizes, self._directory.groups, self._dimensions, self._of_holders)

    def _of_holders(self, dimensions: tuple[str, ...]) -> Numbered:
        if len(dimensions) == 1:
            return self._cube
        left, right = dimensions
        return self._crossing.numbers(self._cube, self._catalogue, (left, right))

    def targets(self, kpi: str, dimension: str) -> Block | None:  # noqa: ARG002 targets are not set for pairs
        """Return None: no target is set for a pair."""
        return None

    def block(self, fact: str, axis: str, dimension: str) -> Block | None:
        """Return sums by pair of members and day; None if the fact cannot be split so."""
        if dimension == COMPANY:
            return self._cube.block(fact, axis, dimension)
        chosen = self._fact(FACTS[fact])
        grouping = self._crossing.plan(self._catalogue).groupings.get((chosen.name, axis)) if chosen else None
        if chosen is None or grouping is None:
            return None

        def compute(engine: FactEngine) -> Block:
            query = grouped(chosen.name, axis, self._columns(chosen), tuple(grouping.totals.values()))
            rows = engine.fact_rows(chosen, query)
            return sums_block(rows, self._codes(rows), tuple(grouping.totals))

        return self._crossing.kept(("block", fact, axis, dimension), self._cube.today, compute)

    def quantile(self, measure: str, dimension: str) -> QuantileSample | None:
        """Return single values by pair and day; None if the fact cannot be split so."""
        if dimension == COMPANY:
            return self._cube.quantile(measure, dimension)
        column = value_column(self._catalogue.measures[measure])

        def compute(rows: pa.Table) -> QuantileSample:
            return quantile_sample(self._codes(rows), integer_column(rows, "day"), number_column(rows, column))

        return self._sample(measure, dimension, compute)

    def distinct(self, measure: str, dimension: str) -> DistinctSample | None:
        """Return different values by pair and day; None if the fact cannot be split so."""
        if dimension == COMPANY:
            return self._cube.distinct(measure, dimension)

        def compute(rows: pa.Table) -> DistinctSample:
            days, values = integer_column(rows, "day"), numbers_of(text_column(rows, "value"))
            return distinct_sample(self._codes(rows), days, values, np.ones_like(days))

        return self._sample(measure, dimension, compute)

    def stays(self, measure: str, dimension: str) -> StaySample | None:
        """Return stays by pair and first day; None if the fact cannot be split so."""
        if dimension == COMPANY:
            return self._cube.stays(measure, dimension)

        def compute(rows: pa.Table) -> StaySample:
            return stays_of(rows, self._codes(rows))

        return self._sample(measure, dimension, compute)

    def _sample(self, name: str, dimension: str, compute: Callable[[pa.Table], Computed]) -> Computed | None:
        measure = self._catalogue.measures[name]
        chosen = self._fact(fact_of(measure))
        if chosen is None:
            return None
        query = sampled(measure, chosen.name, self._columns(chosen))
        return self._crossing.kept(
            ("sample", name, dimension), self._cube.today, lambda engine: compute(engine.fact_rows(chosen, query))
        )

    def _fact(self, fact: Fact) -> Fact | None:
        """Return the fact, or its twin by product, if its rows belong to members of both dimensions."""
        by_product = "product" in self._dimensions and fact.split_by_product
        chosen = FACTS[fact.split_by_product] if by_product else fact
        is_split = not chosen.missing(self._cube.tables) and chosen.splits.issuperset(self._dimensions)
        return chosen if is_split else None

    def _columns(self, fact: Fact) -> tuple[str, ...]:
        return tuple(fact.dimensions["rep" if name in GROUPS else name] for name in self._dimensions)

    def _codes(self, rows: pa.Table) -> Integers:
        """Return the code of each row's pair, on the row's day."""
        left, right = (self._one(rows, place, name) for place, name in enumerate(self._dimensions))
        return left * len(self._cube.members(self._dimensions[1])) + right

    def _one(self, rows: pa.Table, place: int, dimension: str) -> Integers:
        column = text_column(rows, f"c{place}")
        if dimension in GROUPS:
            reps = self._directory.codes("rep", column)
            return self._directory.groups[dimension].of(reps, integer_column(rows, "day"))
        return self._directory.codes(dimension, column)
