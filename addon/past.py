"""States of the past that no snapshot was kept of, made from the history of deals when somebody asks for one.

Each is a folder like a snapshot's, ``<data>/as_of/<day>-<snapshot it is made from>``. A few are kept.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from addon.clock import instant_text, utc_now
from addon.errors import AddonError, StoreError
from addon.own_catalogue import Texts, catalogue_of, digest_of, keep_texts
from addon.snapshot import Manifest, Snapshot, TableState, read_manifest, write_manifest
from addon.store import Store
from kpis.periods import day_number

_MOST_KEPT: Final = 12
_MANIFEST: Final = "manifest.json"
_DRAFT: Final = ".draft-"
_DRAFT_AGE_SECONDS: Final = 3_600
"""What is older was left by a process that died."""


class Past:
    """Makes and keeps the states of days before the first snapshot of one organisation."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._folder = store.data_folder / "as_of"

    def base(self) -> Snapshot | None:
        """Return the snapshot that knows the past best: the oldest with a history of deals, None if there is none.

        The nearer it is to that past, the fewer deals have been deleted and the fewer owners have changed since.
        """
        for snapshot_id in self._store.ids():
            snapshot = self._store.open(snapshot_id)
            if snapshot.manifest.tables.keys() >= {"opportunity", "opportunity_event"}:
                return snapshot
        return None

    def at(self, day: date, base: Snapshot, own: Texts) -> Snapshot:
        """Return the state at the end of a day, answered by an organisation's own definitions.

        Raises `AddonError` if there were no deals yet, or the disk refuses.
        """
        folder = self._folder / "-".join(filter(None, (f"{day:%Y%m%d}", base.id, digest_of(own))))
        try:
            if not folder.is_dir():
                self._make(day, base, own, folder)
            os.utime(folder)
            return Snapshot(folder, read_manifest(folder / _MANIFEST))
        except OSError as error:
            raise StoreError(f"The state of {day} cannot be kept in {self._folder}: {error.strerror}.") from error

    def _make(self, day: date, base: Snapshot, own: Texts, folder: Path) -> None:
        """Make the state out of sight, and put it into its place; who comes second leaves the first one's there."""
        from kpis.past import write_past, write_past_cube  # loads a database engine, which few answers need

        self._folder.mkdir(exist_ok=True)
        self._thin()
        draft = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=self._folder))
        try:
            (draft / "facts").mkdir()
            counts = write_past(base.folder / "facts", day_number(day), draft / "facts")
            if not counts["opportunity"]:
                raise no_past(day, "and there were no deals yet")
            company, number = base.manifest.company, day_number(day)
            facts, cube = draft / "facts", draft / "cube"
            write_past_cube(facts, catalogue_of(own), company.calendar, number, cube, company.membership)
            keep_texts(own, draft)
            write_manifest(draft / _MANIFEST, _manifest(folder.name, day, base.manifest, counts, digest_of(own)))
            draft.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _thin(self) -> None:
        """Remove the states that were asked for longest ago, and what dead processes left."""
        entries = sorted(self._folder.iterdir(), key=lambda entry: entry.stat().st_mtime, reverse=True)
        states = [entry for entry in entries if not entry.name.startswith(_DRAFT)]
        oldest = utc_now().timestamp() - _DRAFT_AGE_SECONDS
        drafts = [one for one in entries if one.name.startswith(_DRAFT) and one.stat().st_mtime < oldest]
        for entry in (*states[_MOST_KEPT - 1 :], *drafts):
            shutil.rmtree(entry, ignore_errors=True)


def end_of(day: date, time_zone: str) -> datetime:
    """Return the last second of a day in a zone."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(time_zone)) - timedelta(seconds=1)


def _manifest(name: str, day: date, base: Manifest, counts: dict[str, int], catalogue: str) -> Manifest:
    reason = (
        f"no snapshot is kept of {day}, so deals have the stage, amount, probability and close date that their "
        f"history says; all else is of the snapshot of {base.created:%Y-%m-%d}, without what came later, and what "
        "was deleted before it is missing."
    )
    tables = {
        table: TableState(counts.get(table, 0), "", state.sources, (reason, *state.problems))
        for table, state in base.tables.items()
    }
    return replace(
        base,
        id=name,
        created_at=instant_text(end_of(day, base.company.time_zone)),
        today=day.isoformat(),
        tables=tables,
        cursors={},
        problems=(reason, *base.problems),
        catalogue=catalogue,
    )


def no_past(day: date, why: str) -> AddonError:
    """Return the error that nothing is known of a day."""
    return AddonError(f"No snapshot is kept from {day} or before, {why}.")
