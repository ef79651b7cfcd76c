"""What a source has delivered and no snapshot has yet, kept on disk: a run that is killed need not start over.

Rows leave memory for parquet files as they come, so memory does not grow with them. From time to time a checkpoint of
the source is kept together with all the rows before it: the file ``KEPT`` names both, and is replaced at once. The
next run of the same source, from the same cursor and with the same settings, goes on from there.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import pyarrow as pa

from addon.clock import instant_of, instant_text
from addon.files import replace_file, sync_path
from kpis.tables import TABLES

_FILE: Final = "KEPT"
_ROWS_A_FILE: Final = 20_000
_SECONDS_BETWEEN: Final = 5.0
_LONGEST: Final = timedelta(hours=24)
"""What is older is not gone on from: what was erased in the meantime would come back."""

Replaced = Mapping[str, Mapping[str, int]]
"""Table -> prefix of ids -> number of the batch up to which rows do not count as having come."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What ``KEPT`` says: whose rows these are, since when, up to where they go, and the files they are in."""

    key: str
    begun_at: str
    batch_count: int = 0
    cursor: Mapping[str, str] = field(default_factory=dict)
    covered: Sequence[str] = ()
    replaced: Replaced = field(default_factory=dict)
    files: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Unfinished:
    """The rows of one source in one run, and in a stopped one before it. Without a folder all stays in memory."""

    def __init__(
        self,
        folder: Path | None = None,
        key: str = "",
        now: datetime | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take up what was kept under the same key less than a day ago; throw away anything else in the folder."""
        self._folder = folder
        self._clock = clock
        self._kept = Kept(key, instant_text(now) if now else "")
        earlier = _read(folder) if folder else None
        if earlier is not None and now is not None and _is_of_use(earlier, key, now):
            self._kept = earlier
        self._files = {table: list(names) for table, names in self._kept.files.items()}
        self._rows: dict[str, list[pa.Table]] = {}
        self._kept_at = clock()
        self._batch_count = self._kept.batch_count
        self._sweep()

    @property
    def batch_count(self) -> int:
        """Return how many batches have come."""
        return self._batch_count

    @property
    def cursor(self) -> Mapping[str, str]:
        """Return the checkpoints that were kept: where the source goes on."""
        return self._kept.cursor

    @property
    def covered(self) -> Sequence[str]:
        """Return the tables that the source had looked at."""
        return self._kept.covered

    @property
    def replaced(self) -> Replaced:
        """Return which ids were said to be all there are."""
        return self._kept.replaced

    @property
    def files(self) -> Mapping[str, Sequence[Path]]:
        """Return the files that rows have gone to, by table."""
        folder = self._folder
        return {} if folder is None else {table: [folder / n for n in names] for table, names in self._files.items()}

    @property
    def has_more(self) -> bool:
        """Return whether rows have come that are not kept yet."""
        return self._batch_count > self._kept.batch_count

    def in_memory(self) -> Mapping[str, pa.Table]:
        """Return the rows that are in no file, by table."""
        return {table: pa.concat_tables(parts) for table, parts in self._rows.items() if parts}

    def add(self, table: str, rows: pa.Table, batch_number: int, *, is_gone: bool) -> None:
        """Take rows of one batch; ``is_gone`` says that they are only the ids of rows that are gone."""
        self._batch_count = batch_number
        count = len(rows)
        marked = rows.append_column("_batch", pa.repeat(pa.scalar(batch_number, pa.int64()), count))
        marked = marked.append_column("_gone", pa.repeat(pa.scalar(is_gone), count))
        parts = self._rows.setdefault(table, [])
        parts.append(marked)
        if self._folder is not None and sum(map(len, parts)) >= _ROWS_A_FILE:
            self._write(table)

    def keep(
        self, cursor: Mapping[str, str], covered: AbstractSet[str], replaced: Replaced, *, at_once: bool = False
    ) -> None:
        """Keep the checkpoints together with all rows so far, if enough rows or time have passed since the last."""
        if self._folder is None:
            return
        has_new_files = self._files != {table: list(names) for table, names in self._kept.files.items()}
        if not (at_once or has_new_files or self._clock() - self._kept_at >= _SECONDS_BETWEEN):
            return
        for table in list(self._rows):
            self._write(table)
        kept = Kept(
            self._kept.key,
            self._kept.begun_at,
            self._batch_count,
            dict(cursor),
            sorted(covered),
            {table: dict(prefixes) for table, prefixes in replaced.items()},
            {table: list(names) for table, names in self._files.items()},
        )
        _write(self._folder, kept, before=self._kept)
        self._kept = kept
        self._kept_at = self._clock()

    def discard(self) -> None:
        """Forget it all: the rows are in a snapshot now."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _write(self, table: str) -> None:
        """Move the rows of a table from memory to a file of their own."""
        from pyarrow import parquet

        assert self._folder is not None  # noqa: S101 - only asked for where there is one
        parts = self._rows.pop(table, [])
        if not parts:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{table}-{self._batch_count:09d}.parquet"
        parquet.write_table(pa.concat_tables(parts), self._folder / name, compression="snappy")
        self._files.setdefault(table, []).append(name)

    def _sweep(self) -> None:
        """Remove files that no kept checkpoint names: those of another run, and those written when it was killed."""
        if self._folder is None or not self._folder.is_dir():
            return
        named = {name for names in self._kept.files.values() for name in names}
        for path in self._folder.iterdir():
            if path.name not in named and not (named and path.name == _FILE):
                path.unlink()


def key_of(*facts: object) -> str:
    """Return a text that is the same for the same facts and tables: rows kept under another key are of no use."""
    tables = [(table.name, [(column.name, column.type) for column in table.columns]) for table in TABLES.values()]
    return hashlib.sha256(repr((facts, tables)).encode()).hexdigest()[:16]


def _is_of_use(kept: Kept, key: str, now: datetime) -> bool:
    return kept.key == key and timedelta(0) <= now - instant_of(kept.begun_at) <= _LONGEST


def _read(folder: Path) -> Kept | None:
    """Return what is kept in the folder; None where nothing is, or not by this version."""
    try:
        kept = Kept(**json.loads((folder / _FILE).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    names = [name for names in kept.files.values() for name in names]
    return kept if all((folder / name).is_file() for name in names) else None


def _write(folder: Path, kept: Kept, before: Kept) -> None:
    known = {name for names in before.files.values() for name in names}
    folder.mkdir(parents=True, exist_ok=True)
    for names in kept.files.values():
        for name in names:
            if name not in known:
                sync_path(folder / name)
    sync_path(folder)
    facts = {name: getattr(kept, name) for name in Kept.__slots__}
    replace_file(folder / _FILE, json.dumps(facts, sort_keys=True))
