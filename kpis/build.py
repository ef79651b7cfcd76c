"""Builds the cube of a snapshot: runs the compiled queries once and turns their rows into blocks and samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from kpis.blocks import ROWS, Block, Integers, block_of, days_of, order_of
from kpis.cube import CubeData, Span, write_cube
from kpis.definitions import COMPANY, Catalogue, Measure
from kpis.directory import Directory, directory_of, stable_number
from kpis.engine import FactEngine, Words, integer_column, number_column, text_column
from kpis.measures import TOO_LARGE, too_large
from kpis.memberships import Memberships, When, rolled_up, together
from kpis.plan import Grouping, Sampling, fingerprint, plan_of
from kpis.queries import Results, run
from kpis.sample_changes import Sample, keep
from kpis.samples import distinct_sample, quantile_sample
from kpis.stays import StaySample, stay_sample
from kpis.tables import TABLES
from kpis.targets import TargetRow, target_blocks

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from kpis.periods import Calendar

_MOST_NAMED: Final = 10

Targets = tuple[dict[str, Block], list[str]]
"""Target blocks by ``kpi.dimension``, and a sentence for each row that cannot be used."""


def build_cube(  # noqa: PLR0917 each is one thing that a cube depends on
    connection: duckdb.DuckDBPyConnection,
    tables: frozenset[str],
    catalogue: Catalogue,
    calendar: Calendar,
    today: int,
    folder: Path,
    *,
    when: When = "now",
) -> None:
    """Compute the cube of the canonical tables in this connection and write it into the folder.

    ``tables`` are those that some source covered, even without a row; what needs another is answered as not synced.
    ``when`` says whether teams and regions are taken as they are now, or as they were then. The same rows in any
    order give the same bytes. Raises `KpiError`.
    """
    write_cube(cube_data(connection, tables, catalogue, calendar, today, when), folder)


def cube_data(  # noqa: PLR0917 each is one thing that a cube depends on
    connection: duckdb.DuckDBPyConnection,
    tables: frozenset[str],
    catalogue: Catalogue,
    calendar: Calendar,
    today: int,
    when: When = "now",
) -> CubeData:
    """Compute the cube of the canonical tables in this connection.

    1. run every query of the plan; 2. number the members; 3. make blocks and samples; 4. add those of teams, regions
    and the company up; 5. lay the targets out by day.
    """
    engine = FactEngine(connection, tables, today)
    plan = plan_of(catalogue).over(engine.facts)
    results = run(engine, plan.groupings.values(), plan.samplings.values())
    directory = directory_of(engine, results.seen, when)
    made_of = fingerprint(catalogue, calendar, when)
    data = CubeData(today, tables, directory.dimensions, directory.groups, when, made_of)
    for grouping in plan.groupings.values():
        add_blocks(data, directory, grouping, results)
    for sampling in plan.samplings.values():
        add_samples(data, directory, sampling, results)
    complete(data, engine, directory, targets_of(engine, data, catalogue, calendar))
    return data


def complete(data: CubeData, engine: FactEngine, directory: Directory, targets: Targets) -> None:
    """Add what is known when all blocks are there: the facts' days, the targets, the problems."""
    _add_spans(data, engine)
    data.targets, data.target_problems = targets
    data.problems = [*_unknown_words(directory, engine), *_too_large(engine, data.tables)]


def targets_of(engine: FactEngine, data: CubeData, catalogue: Catalogue, calendar: Calendar) -> Targets:
    """Return the targets by KPI, member and day, and what is wrong with their rows."""
    return target_blocks(target_rows(engine), catalogue, data.dimensions, data.groups, calendar)


def add_blocks(data: CubeData, directory: Directory, grouping: Grouping, results: Results) -> None:
    """Add the blocks of one fact and axis, for all dimensions."""
    for dimension in grouping.dimensions:
        block = grouped_block(directory, grouping, dimension, results)
        data.blocks[block_name(grouping, dimension)] = block
        if dimension == "rep":
            parts = group_blocks(block, directory.groups)
            data.blocks |= {block_name(grouping, group): part for group, part in parts.items()}


def block_name(grouping: Grouping, dimension: str) -> str:
    """Return the name under which a cube keeps a block."""
    return f"{grouping.fact.table}.{grouping.axis}.{dimension or COMPANY}"


def grouped_block(directory: Directory, grouping: Grouping, dimension: str, results: Results) -> Block:
    """Return the block of one fact, axis and dimension; no dimension is the company."""
    table = results.sums[grouping.fact.name, grouping.axis, dimension]
    if dimension:
        codes = directory.codes(dimension, text_column(table, "c0"), notes=not grouping.fact.is_large)
    else:
        codes = np.zeros(table.num_rows, dtype=np.int64)
    return sums_block(table, codes, tuple(grouping.totals))


def group_blocks(reps: Block, groups: Memberships) -> dict[str, Block]:
    """Return the blocks of teams, regions and the company, added up from the reps'."""
    blocks = {name: rolled_up(reps, membership) for name, membership in groups.items()}
    return {**blocks, COMPANY: rolled_up(blocks["region"], together(groups["region"].group_count))}


def sums_block(table: pa.Table, members: Integers, totals: tuple[str, ...]) -> Block:
    """Make the block of a grouped query's rows (see `kpis.measures.grouped`), whose members have these codes."""
    sums = [number_column(table, ROWS), *(number_column(table, f"t{place}") for place in range(len(totals)))]
    return block_of(members, integer_column(table, "day"), (ROWS, *totals), np.stack(sums))


def add_samples(data: CubeData, directory: Directory, sampling: Sampling, results: Results) -> None:
    """Add the samples of one measure, for all dimensions."""
    for dimension, sample in samples_of(directory, sampling, results).items():
        keep(data, f"{sampling.measure.name}.{dimension}", sample)


def samples_of(directory: Directory, sampling: Sampling, results: Results) -> Mapping[str, Sample]:
    """Return the samples of one measure by dimension; the rows are put into the order of values once for all."""
    table = results.values[sampling.fact.name, sampling.measure.name]
    days = integer_column(table, "day")
    members = sample_members(directory, sampling, table, days)
    if sampling.measure.kind == "survivors":
        return {name: stays_of(table, codes) for name, codes in members.items()}
    if sampling.measure.kind in {"quantile", "older"}:
        values = number_column(table, value_column(sampling.measure))
        order = np.argsort(values, kind="stable")
        days, values = days[order], values[order]
        return {name: quantile_sample(codes[order], days, values) for name, codes in members.items()}
    kinds = numbers_of(text_column(table, "value"))
    order = order_of(kinds, order_of(days))
    days, kinds, ones = days[order], kinds[order], np.ones_like(days)
    return {name: distinct_sample(codes[order], days, kinds, ones) for name, codes in members.items()}


def value_column(measure: Measure) -> str:
    """Return the column of the sampled rows that holds a measure's single values: of a stay, its last day."""
    return "ended" if measure.kind == "older" else "value"


def stays_of(table: pa.Table, members: Integers) -> StaySample:
    """Return the stays of these rows (see `kpis.measures.stays`), whose members have these codes."""
    whose = numbers_of(text_column(table, "value"))
    return stay_sample(members, integer_column(table, "day"), whose, integer_column(table, "ended"))


def sample_members(directory: Directory, sampling: Sampling, table: pa.Table, days: Integers) -> dict[str, Integers]:
    """Return the member of each row on its day, by dimension; teams, regions and the company with the reps."""
    members = {
        dimension: directory.codes(dimension, text_column(table, f"c{place}"), notes=not sampling.fact.is_large)
        for place, dimension in enumerate(sampling.named)
    }
    everyone = np.zeros(table.num_rows, dtype=np.int64)
    if "" in sampling.dimensions:
        members[COMPANY] = everyone
    if "rep" in members:
        groups = {group: reps.of(members["rep"], days) for group, reps in directory.groups.items()}
        members |= {**groups, COMPANY: everyone}
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


def _unknown_words(directory: Directory, engine: FactEngine) -> list[str]:
    directory.note_strangers(engine)
    return [_unknown_sentence(dimension, words) for dimension, words in sorted(directory.unknown.items())]


def _too_large(engine: FactEngine, tables: Iterable[str]) -> list[str]:
    """Return a sentence for each number that sums leave out, of the first few of each table."""
    found = []
    for name in sorted(tables):
        query = too_large(TABLES[name])
        rows = engine.rows(query).to_pylist() if query else []
        listed = sorted((str(row["id"]), str(row["column"])) for row in rows)
        found += [
            f"The {column} of {name} {key} is {TOO_LARGE:g} or more, too large to be added up: it is left out."
            for key, column in listed[:_MOST_NAMED]
        ]
        more = len(listed) - _MOST_NAMED
        found += [f"{more} more numbers of {name} are left out as too large."] if more > 0 else []
    return found


def _unknown_sentence(dimension: str, words: Iterable[str]) -> str:
    listed = sorted(words)
    more = f" and {len(listed) - _MOST_NAMED} more" if len(listed) > _MOST_NAMED else ""
    named = ", ".join(listed[:_MOST_NAMED])
    return f"There is no {dimension} {named}{more}: what belongs to them counts as Unspecified."
