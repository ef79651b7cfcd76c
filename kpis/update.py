"""Updates a cube by what changed: takes the affected rows' old part away and adds their new part.

The large facts (deals, leads, activities) change by such deltas; all other facts, the members, the targets, and sums
of teams and regions that have other reps now, are made anew. The result is the cube that a full build makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from kpis.blocks import Block, Integers, combined, members_of, negated, recoded, rolled_up
from kpis.build import (
    add_blocks,
    add_samples,
    block_name,
    build_cube,
    complete,
    group_blocks,
    grouped_block,
    samples_of,
)
from kpis.changes import DELTA_TABLES, Changes
from kpis.cube import Cube, CubeData, write_cube
from kpis.definitions import COMPANY, Catalogue
from kpis.directory import Directory, directory_of
from kpis.engine import FactEngine
from kpis.errors import KpiError
from kpis.facts import Fact
from kpis.members import Members
from kpis.plan import Grouping, Plan, Sampling, fingerprint, plan_of
from kpis.queries import WORDS, Results, run
from kpis.samples import (
    DistinctSample,
    QuantileSample,
    changed_distinct,
    changed_quantiles,
    recoded_distinct,
    recoded_quantiles,
)

if TYPE_CHECKING:
    import duckdb

    from kpis.periods import Calendar

_GROUPS: Final = ("team", "region", COMPANY)

Sample = QuantileSample | DistinctSample


def update_cube(  # noqa: PLR0917 each is one thing that a cube depends on
    connection: duckdb.DuckDBPyConnection,
    tables: frozenset[str],
    catalogue: Catalogue,
    calendar: Calendar,
    today: int,
    folder: Path,
    previous: Path,
    *,
    largest_share: float = 0.3,
) -> bool:
    """Write into ``folder`` the cube of the canonical tables, made from the ``previous`` one by what changed.

    The connection has the tables under their names, and each in the schemas ``new`` (the same), ``old`` (the rows
    that the previous cube was made of) and ``changed`` (the ids of rows that came, changed or went). Returns False
    where it was built in full: the previous cube was made of other tables or definitions, or of a large fact more
    than ``largest_share`` of the rows are affected, from where on a full build is no slower. Raises `KpiError`.
    """
    old = _opened(previous)
    made_of = fingerprint(catalogue, calendar)
    if old and old.tables == tables and old.fingerprint == made_of:
        changes = Changes(connection, tables, old.today, today)
        if not _is_too_much(changes, old, largest_share):
            engine = FactEngine(connection, tables, today)
            update = _Update(old, changes, engine, plan_of(catalogue).over(engine.facts), today)
            data = update.data(made_of)
            complete(data, engine, update.directory, catalogue, calendar)
            write_cube(data, folder)
            return True
    build_cube(connection, tables, catalogue, calendar, today, folder)
    return False


def _opened(previous: Path) -> Cube | None:
    """Return the previous cube; None if it is damaged or of another version: a full build needs nothing of it."""
    try:
        return Cube.open(previous)
    except KpiError:
        return None


def _is_too_much(changes: Changes, old: Cube, largest_share: float) -> bool:
    """Tell whether many rows are affected, or a campaign changed: rows may name campaigns by their names."""
    if changes.has_changed("campaign"):
        return True
    spans = [(table, old.span(table)) for table in DELTA_TABLES]
    return any(span and changes.count(table) > largest_share * max(span.rows, 1) for table, span in spans)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The affected rows of the large facts as they were, or as they are, and who is who in them."""

    results: Results
    directory: Directory


class _Update:
    """One update in progress: 1. take away what the affected rows gave; 2. number the members anew; 3. add what the
    affected rows give now."""

    def __init__(self, old: Cube, changes: Changes, engine: FactEngine, plan: Plan, today: int) -> None:
        large = [name for name in engine.facts if engine.facts[name].is_large]
        self._today = today
        self._plan = plan.over(large)
        self._other_plan = plan.over([name for name in engine.facts if name not in large])
        self._old = old.data()
        self._gone = _Rows(self._affected(changes, "old", old.today), Directory(old.dimensions, self._old.groups))
        self._left_blocks = {name: self._left_block(grouping, dim) for name, grouping, dim in self._base_blocks()}
        self._left_samples = self._samples_left()
        came = self._affected(changes, "new", today)
        self._others = run(engine, self._other_plan.groupings.values(), self._other_plan.samplings.values())
        self.directory = directory_of(engine, self._seen(came))
        self._came = _Rows(came, self.directory)
        self._codes = {
            name: _new_codes(self._old.dimensions[name], members)
            for name, members in self.directory.dimensions.items()
        } | {COMPANY: np.zeros(1, dtype=np.int64)}

    def data(self, made_of: str) -> CubeData:
        """Return the updated cube, but for what `kpis.build.complete` adds."""
        directory = self.directory
        data = CubeData(self._today, self._old.tables, directory.dimensions, directory.groups, made_of)
        for name, grouping, dimension in self._base_blocks():
            self._add_block(data, name, grouping, dimension)
        for sampling in self._plan.samplings.values():
            self._add_samples(data, sampling)
        for grouping in self._other_plan.groupings.values():
            add_blocks(data, directory, grouping, self._others)
        for sampling in self._other_plan.samplings.values():
            add_samples(data, directory, sampling, self._others)
        return data

    def _affected(self, changes: Changes, side: str, today: int) -> Results:
        engine = changes.engine(side, today)
        return run(engine, self._plan.groupings.values(), self._plan.samplings.values(), _affected_rows)

    def _base_blocks(self) -> list[tuple[str, Grouping, str]]:
        """Return the blocks that are grouped from rows; those of teams, regions and the company follow from reps'."""
        return [
            (block_name(grouping, dimension), grouping, dimension)
            for grouping in self._plan.groupings.values()
            for dimension in grouping.dimensions
        ]

    def _left_block(self, grouping: Grouping, dimension: str) -> Block:
        gone = grouped_block(self._gone.directory, grouping, dimension, self._gone.results)
        return combined(self._old.blocks[block_name(grouping, dimension)], negated(gone))

    def _samples_left(self) -> dict[str, Sample]:
        left: dict[str, Sample] = {}
        for sampling in self._plan.samplings.values():
            for dimension, gone in samples_of(self._gone.directory, sampling, self._gone.results).items():
                name = f"{sampling.measure.name}.{dimension}"
                left[name] = _without(self._old_sample(name), gone)
        return left

    def _old_sample(self, name: str) -> Sample:
        found = self._old.quantiles.get(name)
        return self._old.distincts[name] if found is None else found

    def _seen(self, came: Results) -> dict[str, set[str]]:
        """Return the words of dimensions without a table that some row still has, or has now."""
        seen = {name: set(came.seen.get(name, ())) | self._others.seen.get(name, set()) for name in WORDS}
        left = [(name, block.keys) for name, block in self._left_blocks.items()]
        left += [(name, sample.keys) for name, sample in self._left_samples.items()]
        for name, keys in left:
            dimension = name.rpartition(".")[2]
            if dimension in WORDS:
                members = self._old.dimensions[dimension].all
                seen[dimension].update(members[code].id for code in np.unique(members_of(keys)).tolist())
        return seen

    def _add_block(self, data: CubeData, name: str, grouping: Grouping, dimension: str) -> None:
        came = grouped_block(self.directory, grouping, dimension, self._came.results)
        block = combined(recoded(self._left_blocks[name], self._codes[dimension or COMPANY]), came)
        data.blocks[name] = block
        if dimension != "rep":
            return
        if not self._has_same_groups():
            parts = group_blocks(block, self.directory.groups)
        else:
            gone = grouped_block(self._gone.directory, grouping, dimension, self._gone.results)
            parts = {group: self._group_block(group, grouping, gone, came) for group in _GROUPS}
        data.blocks |= {block_name(grouping, group): part for group, part in parts.items()}

    def _group_block(self, group: str, grouping: Grouping, gone: Block, came: Block) -> Block:
        old_groups, groups = (_groups(rows.directory)[group] for rows in (self._gone, self._came))
        old = self._old.blocks[block_name(grouping, group)]
        left = combined(old, negated(rolled_up(gone, old_groups)))
        return combined(recoded(left, self._codes[group]), rolled_up(came, groups))

    def _add_samples(self, data: CubeData, sampling: Sampling) -> None:
        for dimension, came in samples_of(self.directory, sampling, self._came.results).items():
            name = f"{sampling.measure.name}.{dimension}"
            left = _recoded(self._left_samples[name], self._codes[dimension])
            if dimension in _GROUPS and "rep" in sampling.dimensions and not self._has_same_groups():
                reps = _recoded(self._left_samples[f"{sampling.measure.name}.rep"], self._codes["rep"])
                left = _recoded(reps, _groups(self.directory)[dimension])
            _keep(data, name, _with(left, came))

    def _has_same_groups(self) -> bool:
        """Tell whether every rep that was there, and is, belongs to the same team and region."""
        codes = self._codes["rep"]
        stay = codes >= 0
        return all(
            np.array_equal(
                self._codes[group][self._old.groups[group][stay]], self.directory.groups[group][codes[stay]]
            )
            for group in self.directory.groups
        )


def _affected_rows(fact: Fact) -> str:
    return f"affected_{fact.table}"


def _new_codes(old: Members, new: Members) -> Integers:
    """Return the new code of each old member; -1 of one that is gone, and has no entry any more."""
    code_of = {member.id: member.code for member in new.all}
    return np.array([code_of.get(member.id, -1) for member in old.all], dtype=np.int64)


def _groups(directory: Directory) -> Mapping[str, Integers]:
    everyone = np.zeros(len(directory.dimensions["rep"]), dtype=np.int64)
    return {**directory.groups, COMPANY: everyone}


def _without(old: Sample, gone: Sample) -> Sample:
    if isinstance(old, QuantileSample) and isinstance(gone, QuantileSample):
        return changed_quantiles(old, gone, plus=False)
    assert isinstance(old, DistinctSample)  # noqa: S101 a name is of one kind of sample only
    assert isinstance(gone, DistinctSample)  # noqa: S101
    return changed_distinct(old, gone, plus=False)


def _with(left: Sample, came: Sample) -> Sample:
    if isinstance(left, QuantileSample) and isinstance(came, QuantileSample):
        return changed_quantiles(left, came, plus=True)
    assert isinstance(left, DistinctSample)  # noqa: S101 a name is of one kind of sample only
    assert isinstance(came, DistinctSample)  # noqa: S101
    return changed_distinct(left, came, plus=True)


def _recoded(sample: Sample, codes: Integers) -> Sample:
    if isinstance(sample, QuantileSample):
        return recoded_quantiles(sample, codes)
    return recoded_distinct(sample, codes)


def _keep(data: CubeData, name: str, sample: Sample) -> None:
    if isinstance(sample, QuantileSample):
        data.quantiles[name] = sample
    else:
        data.distincts[name] = sample
