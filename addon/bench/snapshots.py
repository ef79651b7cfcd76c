"""The world as a published snapshot of an organisation of its own, in a folder of its own."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time
from pathlib import Path

from addon.bench.world import LAST_DATE, Size
from addon.clock import Clock, instant_text
from addon.settings import Organisation, Settings
from addon.snapshot import Company, Manifest, Snapshot, TableState
from addon.store import Store

SOURCE = "bench"


def organisation(data_folder: Path) -> Organisation:
    """Return the organisation whose data is the world, on the world's last day."""
    return Organisation(SOURCE, Settings({}, data_folder, Clock(LAST_DATE)))


def publish_world(data_folder: Path, size: Size) -> Snapshot:
    """Write the world and its cube as the next snapshot.

    The cube holds what the bench's own KPIs need, besides those of the catalogue.
    """
    from addon.bench.children import run_child
    from addon.bench.facts import write_facts

    store = Store(data_folder)
    with store.writer():
        now = datetime.combine(LAST_DATE, time(12), UTC)
        draft = store.draft(now)
        rows = write_facts(size, draft.folder / "facts")
        run_child("build", str(draft.folder / "facts"), str(draft.folder / "cube"))
        tables = {name: table_state(draft.fact_file(name), count) for name, count in rows.items()}
        manifest = Manifest(
            draft.id, instant_text(now), LAST_DATE.isoformat(), Company(), tables, {SOURCE: {"all": "0"}}
        )
        return store.publish(draft, manifest)


def table_state(file: Path, rows: int) -> TableState:
    """Return what a manifest says of a table's file."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return TableState(rows, digest, (SOURCE,))


def megabytes_of(folder: Path) -> float:
    """Return how much disk the files of a folder take."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
