"""The write line: sources -> merge -> facts -> cube -> snapshot. The one place that connects connectors and KPIs."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

import duckdb

from addon.calendars import with_calendar
from addon.clock import instant_text
from addon.errors import AddonError, StoreError
from addon.merge import Merge, Merged, Received
from addon.own_catalogue import Definitions, definitions_of, keep_texts
from addon.runs import Outcome
from addon.settings import Organisation
from addon.snapshot import Company, Manifest, Snapshot, TableState
from addon.store import Cursors, Draft, Store
from addon.unfinished import Unfinished, key_of
from connectors.errors import SourceError
from connectors.source import Batch, Change, Expected, Source
from kpis.build import build_cube
from kpis.cube import Cube
from kpis.errors import KpiError
from kpis.periods import day_number
from kpis.plan import fingerprint
from kpis.update import update_cube


class Progress(Protocol):
    """Is told how reading goes, by whoever watches; it can be long."""

    def expect(self, source: str, name: str, row_count: int) -> None:
        """About so many rows of ``name`` (an object, a tab) are still to come from this source."""

    def receive(self, source: str, row_count: int) -> None:
        """So many more rows have come."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading the sources: what each said, and which failed."""

    received: dict[str, Received] = field(default_factory=dict)
    errors: dict[str, SourceError] = field(default_factory=dict)

    @property
    def row_count(self) -> int:
        """Return how many rows came, changed or not."""
        return sum(one.row_count for one in self.received.values())

    @property
    def problems(self) -> tuple[str, ...]:
        """Return everything that was left out, in sentences."""
        said = [str(problem) for one in self.received.values() for problem in one.problems]
        return tuple(dict.fromkeys([*said, *(str(error) for error in self.errors.values())]))

    def incomplete_tables(self, previous: Snapshot | None) -> set[str]:
        """Return the tables that not all was read of."""
        said = {table for one in self.received.values() for problem in one.problems for table in problem.tables}
        before = previous.manifest.tables if previous else {}
        return said | {name for name, table in before.items() if set(table.sources) & set(self.errors)}

    def sources_of(self, table: str) -> set[str]:
        """Return the sources that looked at this table."""
        return {name for name, one in self.received.items() if table in one.covered}

    def problems_of(self, table: str, sources: set[str]) -> tuple[str, ...]:
        """Return why this table may be incomplete: rows left out, or one of its sources failed."""
        said = [str(p) for one in self.received.values() for p in one.problems if table in p.tables]
        said += [str(error) for name, error in self.errors.items() if name in sources]
        return tuple(dict.fromkeys(said))


def sync(
    organisation: Organisation, sources: Sequence[Source], *, full: bool = False, progress: Progress | None = None
) -> Outcome:
    """Read what changed and publish a snapshot of it; return how it went.

    1. Read every source from its cursor. A source that fails is left out, its tables stay as they were.
    2. Merge the rows. Nothing changed: remember that we looked, publish nothing.
    3. Write facts and cube into a draft, publish it together with the cursors.

    ``full`` reads everything anew, and what no source has any more is gone. Raises `AddonError` when there is nothing
    to read or the disk fails.
    """
    if not sources:
        raise AddonError(
            "There is nothing to read: set salesforce.instance_url, or google.service_account_file with "
            "google.spreadsheets, and run `scorecell check`."
        )
    store = Store(organisation.data_folder)
    with store.writer():
        try:
            return _sync(organisation, store, sources, None if full else store.cursors(), progress)
        except (OSError, duckdb.IOException) as error:
            raise _disk_error(organisation.data_folder, error) from error


def _sync(
    organisation: Organisation,
    store: Store,
    sources: Sequence[Source],
    cursors: Cursors | None,
    progress: Progress | None,
) -> Outcome:
    now = organisation.settings.clock.now()
    calls_before = sum(source.call_count for source in sources)
    previous = store.current()
    definitions = definitions_of(organisation.settings, previous)
    merge = Merge(previous, store.data_folder)
    try:
        unfinished = {source.name: _unfinished(organisation, store, source, cursors) for source in sources}
        reading = _read(merge, sources, cursors or {}, unfinished, progress)
        if cursors is None:
            merge.replace_all(but=reading.incomplete_tables(previous))
        company = _with_settings(merge.company(), organisation)
        today = organisation.settings.clock.today(company.time_zone)
        merged = merge.finish(company.time_zone, today)
        company = with_calendar(company, merge, organisation.settings, today)
        publication = _Publication(
            organisation, merge, reading, company, previous, merged, cursors or {}, definitions, now
        )
        if publication.is_needed:
            publication.run(store)
    finally:
        merge.close()
    store.mark_checked(reading.received, publication.cursors, now)
    for name in reading.received:
        unfinished[name].discard()
    if publication.is_needed:
        store.thin(organisation.settings.integer("schedule", "keep_snapshots"), now)
    return Outcome(
        state="failed" if reading.errors else "done" if publication.is_needed else "unchanged",
        row_count=reading.row_count,
        changed_count=publication.changed_count,
        call_count=sum(source.call_count for source in sources) - calls_before,
        snapshot=store.current_id(),
        problems=publication.problems,
        error=" ".join(str(error) for error in reading.errors.values()),
        told={name: (*received.problems, *merge.problems) for name, received in reading.received.items()},
    )


def _unfinished(organisation: Organisation, store: Store, source: Source, cursors: Cursors | None) -> Unfinished:
    """Return what a stopped run of this source has left, if it began where this one does and was told the same."""
    begin = None if cursors is None else sorted(cursors.get(source.name, {}).items())
    key = key_of(source.name, begin, organisation.settings.without_secrets("org", "salesforce", "google"))
    return store.unfinished(source.name, key, organisation.settings.clock.now())


def _read(
    merge: Merge,
    sources: Sequence[Source],
    cursors: Cursors,
    unfinished: Mapping[str, Unfinished],
    progress: Progress | None,
) -> Reading:
    reading = Reading()
    for source in sources:
        kept = unfinished[source.name]
        changes = source.changes({**cursors.get(source.name, {}), **kept.cursor})
        try:
            reading.received[source.name] = merge.receive(_told(changes, source.name, progress), kept)
        except SourceError as error:
            reading.errors[source.name] = error
    if not reading.received:
        raise AddonError(" ".join(str(error) for error in reading.errors.values()))
    return reading


def _told(changes: Iterator[Change], name: str, progress: Progress | None) -> Iterator[Change]:
    """Pass the changes on, telling the progress before each is merged."""
    for change in changes:
        if progress is not None and isinstance(change, Expected):
            progress.expect(name, change.name, change.row_count)
        elif progress is not None and isinstance(change, Batch):
            progress.receive(name, change.row_count)
        yield change


def _with_settings(company: Company, organisation: Organisation) -> Company:
    """Return the company with what the settings say put over what the source says."""
    settings = organisation.settings
    return replace(
        company,
        time_zone=settings.text("org", "time_zone") or company.time_zone,
        currency=settings.text("org", "currency") or company.currency,
        fiscal_year_start_month=settings.integer("org", "fiscal_year_start_month") or company.fiscal_year_start_month,
        membership="then" if settings.text("org", "membership") == "then" else "now",
    )


@dataclass(frozen=True, slots=True)
class _Publication:
    """The snapshot that a merge leads to, if it differs from the previous one."""

    organisation: Organisation
    merge: Merge
    reading: Reading
    company: Company
    previous: Snapshot | None
    merged: Sequence[Merged]
    cursors_before: Cursors
    definitions: Definitions
    now: datetime

    @property
    def changed_count(self) -> int:
        return sum(one.changed_count for one in self.merged)

    @property
    def is_needed(self) -> bool:
        """Whether a row differs, or what a snapshot says besides rows, or the definitions its cube was made by."""
        if self.previous is None or self.changed_count or not self._is_cube_current(self.previous):
            return True
        before = self.previous.manifest
        now = self.problems, self.company, {one.table for one in self.merged}, self.definitions.digest
        return now != (before.problems, before.company, set(before.tables), before.catalogue)

    @property
    def problems(self) -> tuple[str, ...]:
        """What was left out of the data, and what is wrong with the own definitions."""
        return (*self.reading.problems, *map(str, self.merge.problems), *self.definitions.problems)

    def _is_cube_current(self, previous: Snapshot) -> bool:
        """Whether this version of the product reads the previous cube and would make the same one."""
        try:
            cube = Cube.open(previous.cube_folder)
        except KpiError:
            return False
        return cube.fingerprint == fingerprint(
            self.definitions.catalogue, self.company.calendar, self.company.membership
        )

    def run(self, store: Store) -> Snapshot:
        draft = store.draft(self.now)
        tables = {one.table: self._table(one, draft) for one in self.merged}
        today = self.organisation.settings.clock.today(self.company.time_zone)
        self._build(draft.folder / "cube", frozenset(tables), day_number(today))
        keep_texts(self.definitions.texts, draft.folder)
        manifest = Manifest(
            id=draft.id,
            created_at=instant_text(self.now),
            today=today.isoformat(),
            company=self.company,
            tables=tables,
            cursors=self.cursors,
            problems=self.problems,
            catalogue=self.definitions.digest,
        )
        return store.publish(draft, manifest)

    def _build(self, folder: Path, tables: frozenset[str], today: int) -> None:
        """Write the cube: by what changed since the previous snapshot, or in full if there is none."""
        connection, catalogue = self.merge.connection, self.definitions.catalogue
        calendar, when = self.company.calendar, self.company.membership
        if self.previous is None:
            build_cube(connection, tables, catalogue, calendar, today, folder, when=when)
        else:
            update_cube(connection, tables, catalogue, calendar, today, folder, self.previous.cube_folder, when=when)

    def _table(self, one: Merged, draft: Draft) -> TableState:
        """Write a table's file, or take over the previous one when nothing in it changed."""
        before = self.previous.manifest.tables.get(one.table) if self.previous else None
        sources = self.reading.sources_of(one.table) | set(before.sources if before else ())
        problems = self.reading.problems_of(one.table, sources)
        if self.previous is not None and before is not None and not one.changed_count:
            draft.keep([self.previous.fact_file(one.table)])
            draft.keep_raw(self.previous.raw_file(one.table))
            return TableState(before.rows, before.sha256, tuple(sorted(sources)), problems)
        digest = self.merge.write(one.table, draft.fact_file(one.table))
        self.merge.write_raw(one.table, draft.raw_file(one.table))
        return TableState(self.merge.row_count(one.table), digest, tuple(sorted(sources)), problems)

    @property
    def cursors(self) -> dict[str, dict[str, str]]:
        """Return where each source goes on after this read."""
        cursors = {name: dict(cursor) for name, cursor in self.cursors_before.items()}
        for name, received in self.reading.received.items():
            cursors[name] = {**cursors.get(name, {}), **received.cursor}
        return cursors


def _disk_error(folder: Path, error: OSError | duckdb.IOException) -> StoreError:
    """Return the error of a disk that cannot be written, in words; the published snapshot is untouched."""
    is_full = (isinstance(error, OSError) and error.errno == errno.ENOSPC) or "No space left" in str(error)
    what = "The disk is full" if is_full else f"The data folder {folder} cannot be written ({error})"
    return StoreError(f"{what}; the last published numbers stay as they are. Free some space and run it again.")
