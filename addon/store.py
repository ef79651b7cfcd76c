"""The store: published snapshots behind one atomic pointer. One writer, any number of readers, no locks for them.

``<data>/CURRENT`` holds the id of the current snapshot. A reader reads it once and keeps that folder for its whole
request; folders never change and are only removed when no reader can still be using them.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from addon.clock import instant_of, instant_text
from addon.errors import StoreError
from addon.files import replace_file, sync_path
from addon.snapshot import Manifest, Snapshot, read_manifest, write_manifest
from addon.unfinished import Unfinished

_GRACE: Final = timedelta(minutes=10)
"""A snapshot younger than the longest request is never removed, whatever the thinning says."""


Cursors = Mapping[str, Mapping[str, str]]
"""Source -> name -> where it goes on."""


class Store:
    """The snapshots of one organisation's data folder."""

    def __init__(self, data_folder: Path) -> None:
        self.data_folder = data_folder
        self._snapshots = data_folder / "snapshots"
        self._pointer = data_folder / "CURRENT"
        self._checked = data_folder / "CHECKED"

    def current(self) -> Snapshot | None:
        """Return the current snapshot, or None before the first. Raises `StoreError` if it cannot be read."""
        try:
            snapshot_id = self._pointer.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        return self.open(snapshot_id)

    def current_id(self) -> str:
        """Return the current snapshot's id, or an empty text before the first."""
        try:
            return self._pointer.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""

    def open(self, snapshot_id: str) -> Snapshot:
        """Return a snapshot by id. Raises `StoreError` if it is not there or not whole."""
        folder = self._snapshots / snapshot_id
        try:
            return Snapshot(folder, read_manifest(folder / "manifest.json"))
        except (OSError, ValueError, KeyError) as error:
            raise StoreError(f"Snapshot {snapshot_id} in {self.data_folder} cannot be read: {error}") from error

    def ids(self) -> list[str]:
        """Return the ids of all published snapshots, oldest first."""
        if not self._snapshots.is_dir():
            return []
        return sorted(entry.name for entry in self._snapshots.iterdir() if not entry.name.startswith("."))

    def as_of(self, moment: datetime) -> Snapshot | None:
        """Return the last snapshot made at or before the moment, or None."""
        for snapshot_id in reversed(self.ids()):
            if _created(snapshot_id) <= moment:
                return self.open(snapshot_id)
        return None

    def checked(self) -> dict[str, datetime]:
        """Return, for each source, when it was last read whole: the current snapshot holds what it said then."""
        marks = self._marks().get("sources", {})
        return {source: instant_of(text) for source, text in marks.items()}

    def cursors(self) -> Cursors:
        """Return where each source goes on: from the last read of the current snapshot, or from the snapshot itself.

        A read that found nothing new moves the cursors on without a snapshot of its own.
        """
        marks, current = self._marks(), self.current()
        if current is None:
            return {}
        return marks["cursors"] if marks.get("snapshot") == current.id else current.manifest.cursors

    def mark_checked(self, sources: Iterable[str], cursors: Cursors, moment: datetime) -> None:
        """Remember that these sources were read whole at this moment, and where they go on."""
        marks = self.checked() | dict.fromkeys(sources, moment)
        document = {
            "snapshot": self.current_id(),
            "sources": {source: instant_text(mark) for source, mark in sorted(marks.items())},
            "cursors": cursors,
        }
        replace_file(self._checked, json.dumps(document, sort_keys=True))

    def _marks(self) -> dict[str, Any]:
        try:
            document = json.loads(self._checked.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return document if isinstance(document, dict) else {}

    @contextmanager
    def writer(self) -> Iterator[None]:
        """Hold the right to write for as long as the block runs. Raises `StoreError` if another process has it."""
        try:
            self.data_folder.mkdir(parents=True, exist_ok=True)
            lock = (self.data_folder / "WRITER.lock").open("w")
        except OSError as error:
            raise StoreError(f"The data folder {self.data_folder} cannot be written: {error.strerror}.") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise StoreError(
                    f"Another process is refreshing {self.data_folder} right now; try again when it is done."
                ) from None
            yield

    def unfinished(self, source: str, key: str, now: datetime) -> Unfinished:
        """Return what a source delivered in a run that was stopped, if it can be gone on with, and room for more."""
        return Unfinished(self.data_folder / "unfinished" / source, key, now)

    def draft(self, moment: datetime) -> Draft:
        """Start the next snapshot: an empty folder out of readers' sight. Call it as the writer."""
        self._snapshots.mkdir(parents=True, exist_ok=True)
        for left_over in self._snapshots.glob(".draft-*"):
            shutil.rmtree(left_over)
        published = self.ids()
        number = int(published[-1].partition("-")[0]) + 1 if published else 1
        snapshot_id = f"{number:08d}-{moment:%Y%m%dT%H%M%SZ}"
        folder = self._snapshots / f".draft-{snapshot_id}"
        (folder / "facts").mkdir(parents=True)
        return Draft(snapshot_id, folder)

    def publish(self, draft: Draft, manifest: Manifest) -> Snapshot:
        """Make the draft the current snapshot. When this returns, it is on disk; before, the old one is current."""
        write_manifest(draft.folder / "manifest.json", manifest)
        for path in sorted(draft.folder.rglob("*")):
            sync_path(path)
        sync_path(draft.folder)
        target = self._snapshots / draft.id
        draft.folder.rename(target)
        sync_path(self._snapshots)
        replace_file(self._pointer, draft.id)
        return Snapshot(target, manifest)

    def thin(self, keep: int, now: datetime) -> list[str]:
        """Remove snapshots by age and return their ids: all of an hour, then one an hour, a day, a month are kept.

        The newest ``keep``, the current one, and any younger than the longest request always stay.
        """
        ids = self.ids()
        protected = {self.current_id(), *ids[len(ids) - keep :]}
        kept: set[tuple[str, str]] = set()
        removed = []
        for snapshot_id in reversed(ids):
            slot = _slot(_created(snapshot_id), now)
            if snapshot_id in protected or now - _created(snapshot_id) < _GRACE or slot not in kept:
                kept.add(slot)
                continue
            shutil.rmtree(self._snapshots / snapshot_id)
            removed.append(snapshot_id)
        return removed


@dataclass(frozen=True, slots=True)
class Draft:
    """A snapshot that is still being written."""

    id: str
    folder: Path

    def fact_file(self, table: str) -> Path:
        """Return where a table's parquet file goes."""
        return self.folder / "facts" / f"{table}.parquet"

    def raw_file(self, table: str) -> Path:
        """Return where the rows of a joined table go as they came."""
        return self.folder / "facts" / "raw" / f"{table}.parquet"

    def keep_raw(self, file: Path) -> None:
        """Take over the rows of a joined table that did not change, if the previous snapshot has any."""
        if file.exists():
            (self.folder / "facts" / "raw").mkdir(exist_ok=True)
            os.link(file, self.folder / "facts" / "raw" / file.name)

    def keep(self, files: Sequence[Path]) -> None:
        """Take over fact files of the previous snapshot that did not change; costs no space."""
        for file in files:
            os.link(file, self.folder / "facts" / file.name)


def _slot(created: datetime, now: datetime) -> tuple[str, str]:
    """Return the thinning slot of a snapshot: the newest of each slot is kept."""
    age = now - created
    if age < timedelta(hours=1):
        return "each", created.isoformat()
    if age < timedelta(days=1):
        return "hour", f"{created:%Y-%m-%dT%H}"
    if age < timedelta(days=60):
        return "day", f"{created:%Y-%m-%d}"
    return "month", f"{created:%Y-%m}"


def _created(snapshot_id: str) -> datetime:
    stamp = snapshot_id.partition("-")[2]
    return instant_of(f"{stamp[:4]}-{stamp[4:6]}-{stamp[6:8]}T{stamp[9:11]}:{stamp[11:13]}:{stamp[13:15]}Z")
