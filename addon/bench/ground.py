"""The ground that benchmarks stand on: one world on disk, and how measurements are repeated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import TypeVar

from addon.bench.children import Told
from addon.bench.reference import write_database
from addon.bench.snapshots import organisation, publish_world
from addon.bench.world import Size
from addon.errors import AddonError
from addon.settings import Organisation
from addon.snapshot import Snapshot
from addon.store import Store

Result = TypeVar("Result")


@dataclass
class Ground:
    """A world of one size in a folder. It is made when it is first needed, and used again if the folder is kept."""

    folder: Path
    size: Size
    rounds: int = 3
    tell: Callable[[str], None] = field(default=lambda _line: None, repr=False)

    @property
    def organisation(self) -> Organisation:
        """The organisation whose snapshot the world is."""
        return organisation(self.folder / "data")

    @cached_property
    def snapshot(self) -> Snapshot:
        """The world as the current snapshot. Raises `AddonError` if the folder holds a world of another size."""
        current = Store(self.folder / "data").current()
        if current is None:
            self.tell(f"writing {self.size.opportunities:,} opportunities and {self.size.activities:,} activities")
            return publish_world(self.folder / "data", self.size)
        tables = current.manifest.tables
        found = Size(tables["opportunity"].rows, tables["activity"].rows)
        if found != self.size:
            raise AddonError(
                f"{self.folder} holds a world of {found.opportunities:,} opportunities and {found.activities:,} "
                "activities. Ask for the same size, or give another folder."
            )
        return current

    @cached_property
    def database(self) -> Path:
        """A DuckDB file with the same rows."""
        path = self.folder / "reference.duckdb"
        if not path.exists():
            write_database(self.snapshot.folder / "facts", path)
        return path

    def interleaved(self, *jobs: Callable[[], Result], turns: int = 1) -> list[list[Result]]:
        """Run the jobs in turn, so that a busy moment meets all; return the results of each.

        Each round has so many turns.
        """
        results: list[list[Result]] = [[] for _ in jobs]
        for number in range(self.rounds):
            self.tell(f"round {number + 1} of {self.rounds}")
            for _ in range(turns):
                for job, found in zip(jobs, results, strict=True):
                    found.append(job())
        return results


def median_of(told: Sequence[Told], name: str) -> float:
    """Return the median of one number over the rounds."""
    return median(one[name] for one in told)
