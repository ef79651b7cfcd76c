"""A snapshot: facts and cube of one refresh, a folder that never changes once it is published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from addon.clock import instant_of
from kpis.calendars import Calendar
from kpis.fiscal import USUAL_YEAR_END, ListedYears
from kpis.memberships import When

SCHEMA: Final = 1
"""Version of the manifest's form; a reader refuses any other."""


@dataclass(frozen=True, slots=True)
class TableState:
    """What a snapshot knows of one table: rows, a digest of them, who delivered it, and what was left out."""

    rows: int
    sha256: str
    sources: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Company:
    """What the organisation itself says: the calendar, the money, and where its records can be opened.

    ``holidays`` are day numbers in order; ``membership`` says how teams and regions are taken (`kpis.memberships`).
    Of the ways to lay out fiscal years, see `kpis.calendars.Calendar`.
    """

    name: str = ""
    time_zone: str = "UTC"
    currency: str = ""
    fiscal_year_start_month: int = 1
    fiscal_year_named_by_start: bool = False
    record_url: str = ""
    week_start: str = "monday"
    fiscal_weeks: str = ""
    fiscal_year_end: str = USUAL_YEAR_END
    fiscal_periods: ListedYears | None = None
    holidays: tuple[int, ...] = ()
    membership: When = "now"

    @property
    def calendar(self) -> Calendar:
        """Return the calendar that the organisation's periods follow."""
        return Calendar(
            time_zone=self.time_zone,
            fiscal_year_start_month=self.fiscal_year_start_month,
            fiscal_year_named_by_start=self.fiscal_year_named_by_start,
            holidays=frozenset(self.holidays),
            week_start=self.week_start,
            fiscal_weeks=self.fiscal_weeks,
            fiscal_year_end=self.fiscal_year_end,
            fiscal_periods=self.fiscal_periods,
        )


@dataclass(frozen=True, slots=True)
class Manifest:
    """The description of a snapshot, kept in it as ``manifest.json``.

    ``cursors``: source -> name -> value. ``catalogue`` is the digest of the organisation's own definitions that it
    was made with, empty without any.
    """

    id: str
    created_at: str
    today: str
    company: Company
    tables: Mapping[str, TableState]
    cursors: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    catalogue: str = ""
    schema: int = SCHEMA

    @property
    def created(self) -> datetime:
        """Return when the snapshot was made."""
        return instant_of(self.created_at)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One published snapshot on disk."""

    folder: Path
    manifest: Manifest

    @property
    def id(self) -> str:
        """Return its id; ids grow with time."""
        return self.manifest.id

    @property
    def cube_folder(self) -> Path:
        """Return the folder of the arrays that answer questions."""
        return self.folder / "cube"

    def fact_file(self, table: str) -> Path:
        """Return the parquet file of a table, whether or not it exists."""
        return self.folder / "facts" / f"{table}.parquet"

    def raw_file(self, table: str) -> Path:
        """Return the parquet file of a joined table's rows as they came; no other table has one."""
        return self.folder / "facts" / "raw" / f"{table}.parquet"


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write the manifest as JSON with sorted keys."""
    document = {
        "schema": manifest.schema,
        "id": manifest.id,
        "created_at": manifest.created_at,
        "today": manifest.today,
        "company": asdict(manifest.company),
        "cursors": {source: dict(names) for source, names in manifest.cursors.items()},
        "problems": list(manifest.problems),
        "catalogue": manifest.catalogue,
        "tables": {
            name: {"rows": t.rows, "sha256": t.sha256, "sources": list(t.sources), "problems": list(t.problems)}
            for name, t in manifest.tables.items()
        },
    }
    path.write_text(json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False), encoding="utf-8")


def read_manifest(path: Path) -> Manifest:
    """Read a manifest. Raises OSError, or ValueError where it is not one of this schema."""
    document = json.loads(path.read_text(encoding="utf-8"))
    if document.get("schema") != SCHEMA:
        raise ValueError(f"{path} has schema {document.get('schema')!r}; this version reads {SCHEMA}")
    tables = {
        name: TableState(t["rows"], t["sha256"], tuple(t["sources"]), tuple(t["problems"]))
        for name, t in document["tables"].items()
    }
    return Manifest(
        id=document["id"],
        created_at=document["created_at"],
        today=document["today"],
        company=_company(document["company"]),
        tables=tables,
        cursors=document["cursors"],
        problems=tuple(document["problems"]),
        catalogue=document.get("catalogue", ""),
    )


def _company(said: Mapping[str, Any]) -> Company:
    """Return the company of a manifest's JSON, whose lists are tuples here."""
    listed = said.get("fiscal_periods")
    names = ("years", "quarters", "months")
    periods = ListedYears(listed["first_name"], *(tuple(listed[name]) for name in names)) if listed else None
    return Company(**{**said, "fiscal_periods": periods, "holidays": tuple(said.get("holidays", ()))})
