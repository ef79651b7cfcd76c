"""Updates a cube by what changed: takes the affected rows' old part away and adds their new part.

The large facts (deals, leads, activities, waits, relationships) change by such deltas; all other facts, the members,
the targets, and sums of teams and regions that have other reps now, are made anew. The result is the cube that a full
build makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kpis import sample_changes
from kpis.blocks import (
    Block,
    Integers,
    combined,
    is_unchanged,
    members_of,
    negated,
    recoded,
    rows_by_entry,
)
from kpis.build import (
    Targets,
    add_blocks,
    add_samples,
    block_name,
    build_cube,
    complete,
    group_blocks,
    grouped_block,
    samples_of,
    targets_of,
)
from kpis.changes import DELTA_TABLES, Changes
from kpis.cube import Cube, CubeData, write_cube
from kpis.definitions import COMPANY, Catalogue
from kpis.directory import Directory, directory_of
from kpis.engine import FactEngine
from kpis.errors import KpiError
from kpis.facts import Fact
from kpis.members import Members
from kpis.memberships import Memberships, When, are_same, rolled_up, together
from kpis.plan import Grouping, Plan, Sampling, fingerprint, plan_of
from kpis.queries import WORDS, Results, run
from kpis.sample_changes import Sample, rows_of

if TYPE_CHECKING:
    import duckdb

    from kpis.periods import Calendar

KeysAndRows = tuple[Integers, Integers]


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
    when: When = "now",
) -> bool:
    """Write into ``folder`` the cube of the canonical tables, made from the ``previous`` one by what changed.

    The connection has the tables under their names, and each in the schemas ``new`` (the same), ``old`` (the rows
    that the previous cube was made of) and ``changed`` (the ids of rows that came, changed or went); ``when`` is as
    in `kpis.build.build_cube`. Returns False where it was built in full: the previous cube was made of other tables
    or definitions, or of a large fact more than ``largest_share`` of the rows are affected, from where on a full
    build is no slower. Raises `KpiError`.
    """
    old = _opened(previous)
    made_of = fingerprint(catalogue, calendar, when)
    if old and old.tables == tables and old.fingerprint == made_of:
        changes = Changes(connection, tables, old.today, today)
        if not _is_too_much(changes, old, largest_share):
            engine = FactEngine(connection, tables, today)
            update = _Update(old, changes, engine, plan_of(catalogue).over(engine.facts), today)
            data = update.data(made_of)
            complete(
                data, engine, update.directory, update.targets() or targets_of(engine, data, catalogue, calendar)
            )
            write_cube(data, folder)
            return True
    build_cube(connection, tables, catalogue, calendar, today, folder, when=when)
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
    """One update in progress: 1. compute the affected rows' part before and now; 2. number the members anew; 3. take
    the old part away and add the new one."""

    def __init__(self, old: Cube, changes: Changes, engine: FactEngine, plan: Plan, today: int) -> None:
        large = [name for name in engine.facts if engine.facts[name].is_large]
        self._today = today
        self._changes = changes
        self._plan = plan.over(large)
        self._other_plan = plan.over([name for name in engine.facts if name not in large])
        self._old = old.data()
        self._gone = _Rows(self._affected("old", old.today), Directory(old.dimensions, self._old.groups))
        came = self._affected("new", today)
        self._others = run(engine, self._other_plan.groupings.values(), self._other_plan.samplings.values())
        self.directory = directory_of(engine, self._seen(came), self._old.when)
        self._came = _Rows(came, self.directory)
        self._codes = {COMPANY: np.zeros(1, dtype=np.int64)}
        for name, members in self.directory.dimensions.items():
            self._codes[name] = _new_codes(self._old.dimensions[name], members)
        self._has_same_groups = self._groups_are_same()

    def data(self, made_of: str) -> CubeData:
        """Return the updated cube, but for what `kpis.build.complete` adds."""
        directory = self.directory
        data = CubeData(
            self._today, self._old.tables, directory.dimensions, directory.groups, self._old.when, made_of
        )
        for grouping in self._plan.groupings.values():
            for dimension in grouping.dimensions:
                self._add_blocks(data, grouping, dimension)
        for sampling in self._plan.samplings.values():
            self._add_samples(data, sampling)
        for grouping in self._other_plan.groupings.values():
            add_blocks(data, directory, grouping, self._others)
        for sampling in self._other_plan.samplings.values():
            add_samples(data, directory, sampling, self._others)
        return data

    def targets(self) -> Targets | None:
        """Return the old targets if they still hold: the same rows for the same members."""
        is_same = all(
            is_unchanged(self._codes[name]) and len(members) == len(self._old.dimensions[name])
            for name, members in self.directory.dimensions.items()
        )
        if not is_same or not self._has_same_groups or self._changes.has_changed("target"):
            return None
        return self._old.targets, self._old.target_problems

    def _affected(self, side: str, today: int) -> Results:
        engine = self._changes.engine(side, today)
        return run(engine, self._plan.groupings.values(), self._plan.samplings.values(), _affected_rows)

    def _seen(self, came: Results) -> dict[str, set[str]]:
        """Return the words of dimensions without a table that some row still has, or has now."""
        seen = {name: set(came.seen.get(name, ())) | self._others.seen.get(name, set()) for name in WORDS}
        for dimension, kept in self._counts_left():
            members = self._old.dimensions[dimension].all
            seen[dimension].update(members[code].id for code in np.flatnonzero(kept > 0).tolist())
        return seen

    def _counts_left(self) -> Iterator[tuple[str, Integers]]:
        """Yield, for each block and sample of such a dimension, how many rows of each old member are left in it."""
        directory, results = self._gone.directory, self._gone.results
        for grouping in self._plan.groupings.values():
            for dimension in WORDS.intersection(grouping.dimensions):
                old = self._old.blocks[block_name(grouping, dimension)]
                gone = grouped_block(directory, grouping, dimension, results)
                yield dimension, self._rows_left(dimension, rows_by_entry(old), rows_by_entry(gone))
        for sampling in self._plan.samplings.values():
            for dimension, sample in samples_of(directory, sampling, results).items():
                if dimension in WORDS:
                    old_sample = self._old_sample(f"{sampling.measure.name}.{dimension}")
                    yield dimension, self._rows_left(dimension, rows_of(old_sample), rows_of(sample))

    def _rows_left(self, dimension: str, old: KeysAndRows, gone: KeysAndRows) -> Integers:
        size = len(self._old.dimensions[dimension])
        before, away = (np.bincount(members_of(keys), weights=rows, minlength=size) for keys, rows in (old, gone))
        return (before - away).astype(np.int64)

    def _old_sample(self, name: str) -> Sample:
        old = self._old
        return next(kind[name] for kind in (old.quantiles, old.distincts, old.stays) if name in kind)

    def _add_blocks(self, data: CubeData, grouping: Grouping, dimension: str) -> None:
        gone = grouped_block(self._gone.directory, grouping, dimension, self._gone.results)
        came = grouped_block(self.directory, grouping, dimension, self._came.results)
        block = self._changed_block(grouping, dimension or COMPANY, gone, came)
        data.blocks[block_name(grouping, dimension)] = block
        if dimension != "rep":
            return
        if self._has_same_groups:
            before, now = _groups(self._gone.directory), _groups(self.directory)
            parts = {}
            for group, codes in now.items():
                own = rolled_up(gone, before[group]), rolled_up(came, codes)
                parts[group] = self._changed_block(grouping, group, *own, units=block.units)
        else:
            parts = group_blocks(block, self.directory.groups)
        data.blocks |= {block_name(grouping, group): part for group, part in parts.items()}

    def _changed_block(
        self, grouping: Grouping, dimension: str, gone: Block, came: Block, units: tuple[float, ...] = ()
    ) -> Block:
        old, codes = self._old.blocks[block_name(grouping, dimension)], self._codes[dimension]
        if is_unchanged(codes):
            return combined(old, negated(gone), came, units=units)
        return combined(recoded(combined(old, negated(gone)), codes), came, units=units)

    def _add_samples(self, data: CubeData, sampling: Sampling) -> None:
        gone = samples_of(self._gone.directory, sampling, self._gone.results)
        name = sampling.measure.name
        for dimension, came in samples_of(self.directory, sampling, self._came.results).items():
            if dimension in _groups(self.directory) and "rep" in gone and not self._has_same_groups:
                reps = self._changed_sample(f"{name}.rep", "rep", gone["rep"], self._came_reps(sampling))
                sample = sample_changes.rolled_up(reps, _groups(self.directory)[dimension])
            else:
                sample = self._changed_sample(f"{name}.{dimension}", dimension, gone[dimension], came)
            sample_changes.keep(data, f"{name}.{dimension}", sample)

    def _came_reps(self, sampling: Sampling) -> Sample:
        return samples_of(self.directory, sampling, self._came.results)["rep"]

    def _changed_sample(self, name: str, dimension: str, gone: Sample, came: Sample) -> Sample:
        old, codes = self._old_sample(name), self._codes[dimension]
        if is_unchanged(codes) and sample_changes.cancelled(gone, came):
            return old
        return sample_changes.changed(sample_changes.recoded(old, codes), sample_changes.recoded(gone, codes), came)

    def _groups_are_same(self) -> bool:
        """Tell whether every rep that was there, and is, belongs to the same teams and regions."""
        reps, before = self._codes["rep"], self._old.groups
        return all(
            are_same(before[name], now, reps, self._codes[name]) for name, now in self.directory.groups.items()
        )


def _affected_rows(fact: Fact) -> str:
    return f"affected_{fact.table}"


def _new_codes(old: Members, new: Members) -> Integers:
    """Return the new code of each old member; -1 of one that is gone, and has no entry any more."""
    code_of = {member.id: member.code for member in new.all}
    return np.array([code_of.get(member.id, -1) for member in old.all], dtype=np.int64)


def _groups(directory: Directory) -> Memberships:
    return {**directory.groups, COMPANY: together(len(directory.dimensions["rep"]))}
