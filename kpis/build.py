"""Builds the cube of a snapshot: runs the compiled queries once and turns their rows into blocks and samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from kpis.blocks import ROWS, Block, Integers, block_of, days_of, order_of, rolled_up
from kpis.cube import CubeData, Span, write_cube
from kpis.definitions import COMPANY, Catalogue
from kpis.directory import WORD_DIMENSIONS, Directory, directory_of, stable_number
from kpis.engine import FactEngine, Words, integer_column, number_column, text_column
from kpis.measures import grouped, listed
from kpis.plan import Grouping, Plan, Sampling, plan_of
from kpis.samples import distinct_sample, quantile_sample
from kpis.targets import TargetRow, target_blocks

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from kpis.periods import Calendar

_WORDS: Final = (*WORD_DIMENSIONS, "campaign")
_MOST_NAMED: Final = 10


@dataclass(slots=True)
class _Results:
    """The rows of all queries, before members have numbers."""

    sums: dict[tuple[str, str, str], pa.Table] = field(default_factory=dict)
    values: dict[tuple[str, str], pa.Table] = field(default_factory=dict)
    seen: dict[str, set[str]] = field(default_factory=dict)


def build_cube(  # noqa: PLR0917 each is one thing that a cube depends on
    connection: duckdb.DuckDBPyConnection,
    tables: frozenset[str],
    catalogue: Catalogue,
    calendar: Calendar,
    today: int,
    folder: Path,
) -> None:
    """Compute the cube of the canonical tables in this connection and write it into the folder.

    ``tables`` are those that some source covered, even without a row; what needs another is answered as not synced.
    The same rows in any order give the same bytes. Raises `KpiError`.
    """
    write_cube(cube_data(connection, tables, catalogue, calendar, today), folder)


def cube_data(
    connection: duckdb.DuckDBPyConnection,
    tables: frozenset[str],
    catalogue: Catalogue,
    calendar: Calendar,
    today: int,
) -> CubeData:
    """Compute the cube of the canonical tables in this connection.

    1. run every query of the plan; 2. number the members; 3. make blocks and samples; 4. add those of teams, regions
    and the company up; 5. lay the targets out by day.
    """
    engine = FactEngine(connection, tables, today)
    plan = plan_of(catalogue)
    results = _run(engine, plan)
    directory = directory_of(engine, results.seen)
    data = CubeData(today, tables, directory.dimensions, directory.groups)
    for grouping in _present(engine, plan):
        _add_blocks(data, directory, grouping, results)
    for (fact, name), sampling in plan.samplings.items():
        if fact in engine.facts:
            _add_samples(data, directory, sampling, results.values[fact, name])
    _add_spans(data, engine)
    data.targets, problems = target_blocks(
        target_rows(engine), catalogue, directory.dimensions, directory.groups, calendar
    )
    data.problems = [*_unknown_words(directory), *problems]
    return data


def _present(engine: FactEngine, plan: Plan) -> Iterator[Grouping]:
    return (grouping for grouping in plan.groupings.values() if grouping.fact.name in engine.facts)


def _run(engine: FactEngine, plan: Plan) -> _Results:
    results = _Results()
    for grouping in _present(engine, plan):
        fact = grouping.fact
        for dimension in grouping.dimensions:
            columns = [fact.dimensions[dimension]] if dimension else []
            table = engine.fact_rows(fact, grouped(fact, grouping.axis, columns, grouping.totals.values()))
            results.sums[fact.name, grouping.axis, dimension] = table
            _note_words(results.seen, dimension, table, "c0")
    for (fact_name, name), sampling in plan.samplings.items():
        if fact_name in engine.facts:
            dimensions = [dimension for dimension in sampling.dimensions if dimension]
            columns = [sampling.fact.dimensions[dimension] for dimension in dimensions]
            table = engine.fact_rows(sampling.fact, listed(sampling.fact, columns, sampling.measure))
            results.values[fact_name, name] = table
            for place, dimension in enumerate(dimensions):
                _note_words(results.seen, dimension, table, f"c{place}")
    return results


def _note_words(seen: dict[str, set[str]], dimension: str, table: pa.Table, column: str) -> None:
    if dimension in _WORDS:
        seen.setdefault(dimension, set()).update(text_column(table, column).words)


def _add_blocks(data: CubeData, directory: Directory, grouping: Grouping, results: _Results) -> None:
    fact, axis = grouping.fact, grouping.axis
    name = f"{fact.table}.{axis}"
    for dimension in grouping.dimensions:
        table = results.sums[fact.name, axis, dimension]
        column = text_column(table, "c0") if dimension else None
        block = sums_block(table, _codes(directory, dimension, column, table), tuple(grouping.totals))
        data.blocks[f"{name}.{dimension or COMPANY}"] = block
        if dimension == "rep":
            data.blocks |= {f"{name}.{group}": part for group, part in group_blocks(block, directory.groups).items()}


def group_blocks(reps: Block, groups: Mapping[str, Integers]) -> dict[str, Block]:
    """Return the blocks of teams, regions and the company, added up from the reps'."""
    blocks = {name: rolled_up(reps, codes) for name, codes in groups.items()}
    regions = blocks["region"]
    everyone = np.zeros(int(groups["region"].max(initial=0)) + 1, dtype=np.int64)
    return {**blocks, COMPANY: rolled_up(regions, everyone)}


def sums_block(table: pa.Table, members: Integers, totals: tuple[str, ...]) -> Block:
    """Make the block of a grouped query's rows (see `kpis.measures.grouped`), whose members have these codes."""
    sums = [number_column(table, ROWS), *(number_column(table, f"t{place}") for place in range(len(totals)))]
    return block_of(members, integer_column(table, "day"), (ROWS, *totals), np.stack(sums))


def _codes(directory: Directory, dimension: str, column: Words | None, table: pa.Table) -> Integers:
    if column is None:
        return np.zeros(table.num_rows, dtype=np.int64)
    return directory.codes(dimension, column)


def _groups(directory: Directory) -> dict[str, Integers]:
    everyone = np.zeros(len(directory.dimensions["rep"]), dtype=np.int64)
    return {**directory.groups, COMPANY: everyone}


def _add_samples(data: CubeData, directory: Directory, sampling: Sampling, table: pa.Table) -> None:
    """Make the samples of one measure by each dimension; the rows are put into the order of values once for all."""
    name, days = sampling.measure.name, integer_column(table, "day")
    members = _sample_members(directory, sampling, table)
    if sampling.measure.kind == "quantile":
        values = number_column(table, "value")
        order = np.argsort(values, kind="stable")
        for dimension, codes in members.items():
            data.quantiles[f"{name}.{dimension}"] = quantile_sample(codes[order], days[order], values[order])
        return
    kinds = numbers_of(text_column(table, "value"))
    order = order_of(kinds, order_of(days))
    for dimension, codes in members.items():
        data.distincts[f"{name}.{dimension}"] = distinct_sample(
            codes[order], days[order], kinds[order], np.ones_like(days)
        )


def _sample_members(directory: Directory, sampling: Sampling, table: pa.Table) -> dict[str, Integers]:
    """Return the member of each row, by dimension; teams, regions and the company with the reps."""
    dimensions = [dimension for dimension in sampling.dimensions if dimension]
    members = {
        dimension: directory.codes(dimension, text_column(table, f"c{place}"))
        for place, dimension in enumerate(dimensions)
    }
    if "" in sampling.dimensions:
        members[COMPANY] = np.zeros(table.num_rows, dtype=np.int64)
    if "rep" in members:
        members |= {group: codes[members["rep"]] for group, codes in _groups(directory).items()}
    return members


def numbers_of(column: Words) -> Integers:
    """Return a number for each row's word: equal words have equal numbers, in every snapshot."""
    return np.array([stable_number(word) for word in column.words], dtype=np.int64)[column.codes]


def _add_spans(data: CubeData, engine: FactEngine) -> None:
    """Note from when to when each fact has days, over all its axes."""
    for fact in engine.facts.values():
        blocks = [data.blocks.get(f"{fact.table}.{axis}.{COMPANY}") for axis in fact.axes]
        days = np.concatenate([days_of(block.keys) for block in blocks if block] or [np.zeros(0, dtype=np.int64)])
        rows = max((int(block.cumulated[0, -1]) for block in blocks if block), default=0)
        first, last = (int(days.min()), int(days.max())) if len(days) else (1, 0)
        data.spans[fact.table] = Span(first, last, rows)


def target_rows(engine: FactEngine) -> list[TargetRow]:
    """Return the rows of the table ``target`` that have days and a value."""
    table = engine.rows(
        "SELECT id, kpi, dimension, COALESCE(member, '') AS member, period_start_day, period_end_day, value "
        "FROM target WHERE period_start_day IS NOT NULL AND period_end_day IS NOT NULL AND value IS NOT NULL"
    )
    return [TargetRow(*row) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)]


def _unknown_words(directory: Directory) -> list[str]:
    return [_unknown_sentence(dimension, words) for dimension, words in sorted(directory.unknown.items())]


def _unknown_sentence(dimension: str, words: Mapping[str, object] | set[str]) -> str:
    named = sorted(words)[:_MOST_NAMED]
    more = f" and {len(words) - len(named)} more" if len(words) > len(named) else ""
    return f"There is no {dimension} {', '.join(named)}{more}: what belongs to them counts as Unspecified."
