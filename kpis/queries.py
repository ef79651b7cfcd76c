"""Runs the queries of a plan and keeps their rows, before members have numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from kpis.directory import WORD_DIMENSIONS
from kpis.engine import FactEngine, rows_where, text_column
from kpis.facts import Fact
from kpis.measures import grouped, grouped_by_each, sampled
from kpis.plan import Grouping, Sampling

if TYPE_CHECKING:
    import pyarrow as pa

WORDS: Final = frozenset({*WORD_DIMENSIONS, "campaign"})
"""Dimensions whose members are, at least in part, the words that the rows have."""


@dataclass(slots=True)
class Results:
    """Rows of groupings by (fact, axis, dimension), of samplings by (fact, measure), and the words seen in them."""

    sums: dict[tuple[str, str, str], pa.Table] = field(default_factory=dict)
    values: dict[tuple[str, str], pa.Table] = field(default_factory=dict)
    seen: dict[str, set[str]] = field(default_factory=dict)

    def note(self, dimension: str, table: pa.Table, column: str) -> None:
        """Note the words of a column, if it names members of a dimension that has no table."""
        if dimension in WORDS:
            self.seen.setdefault(dimension, set()).update(text_column(table, column).words)


def run(
    engine: FactEngine,
    groupings: Iterable[Grouping],
    samplings: Iterable[Sampling],
    affected: Callable[[Fact], str] = lambda _: "",
) -> Results:
    """Run these queries; ``affected`` may name, for a fact, a table with the ids of the only rows that count."""
    results = Results()
    for grouping in groupings:
        for dimension, table in _sums(engine, grouping, affected(grouping.fact)).items():
            results.sums[grouping.fact.name, grouping.axis, dimension] = table
            results.note(dimension, table, "c0")
    for sampling in samplings:
        fact, measure = sampling.fact, sampling.measure
        columns = tuple(fact.dimensions[dimension] for dimension in sampling.named)
        table = engine.fact_rows(fact, sampled(measure, fact.name, columns, affected(fact)))
        results.values[fact.name, measure.name] = table
        for place, dimension in enumerate(sampling.named):
            results.note(dimension, table, f"c{place}")
    return results


def _sums(engine: FactEngine, grouping: Grouping, affected: str) -> dict[str, pa.Table]:
    """Return the rows of a grouping by dimension, all computed in one pass over the fact."""
    fact, totals = grouping.fact, tuple(grouping.totals.values())
    columns = tuple(fact.dimensions[name] if name else "" for name in grouping.dimensions)
    if len(columns) == 1:
        query = grouped(fact.name, grouping.axis, tuple(filter(None, columns)), totals, affected)
        return dict.fromkeys(grouping.dimensions, engine.fact_rows(fact, query))
    rows = engine.fact_rows(fact, grouped_by_each(fact.name, grouping.axis, columns, totals, affected))
    return {dimension: rows_where(rows, "place", place) for place, dimension in enumerate(grouping.dimensions)}
