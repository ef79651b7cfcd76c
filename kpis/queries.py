"""Runs the queries of a plan and keeps their rows, before members have numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlglot import exp

from kpis.directory import WORD_DIMENSIONS
from kpis.engine import FactEngine, text_column
from kpis.measures import grouped, listed
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
    narrowed: Callable[[str, exp.Select], exp.Select] = lambda _, query: query,
) -> Results:
    """Run these queries; ``narrowed`` may narrow the query over a fact, which it is told the table of."""
    results = Results()
    for grouping in groupings:
        fact = grouping.fact
        for dimension in grouping.dimensions:
            columns = [fact.dimensions[dimension]] if dimension else []
            query = grouped(fact, grouping.axis, columns, grouping.totals.values())
            table = engine.fact_rows(fact, narrowed(fact.table, query))
            results.sums[fact.name, grouping.axis, dimension] = table
            results.note(dimension, table, "c0")
    for sampling in samplings:
        fact = sampling.fact
        columns = [fact.dimensions[dimension] for dimension in sampling.named]
        table = engine.fact_rows(fact, narrowed(fact.table, listed(fact, columns, sampling.measure)))
        results.values[fact.name, sampling.measure.name] = table
        for place, dimension in enumerate(sampling.named):
            results.note(dimension, table, f"c{place}")
    return results
