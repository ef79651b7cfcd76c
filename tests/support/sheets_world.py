"""A spreadsheet in the Google stand-in, our client on it over HTTP, and the person at the screen."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from connectors.http import Pace
from connectors.sandbox.google import TOKEN_PATH, GoogleService, GoogleSettings, Spreadsheet, User
from connectors.sandbox.server import Server
from connectors.sheets import GoogleAccess, SheetsClient, SheetsSource, SpreadsheetWriter, TabMapping
from connectors.source import Batch, Change, Problem


@dataclass
class World:
    """One spreadsheet called Sales, shared with our service account."""

    service: GoogleService
    server: Server
    book: Spreadsheet
    user: User
    key_file: Path
    waits: list[float]

    def client(self) -> SheetsClient:
        access = GoogleAccess(self.key_file, self.server.url)
        return SheetsClient(access, pace=Pace(sleep=self.waits.append, chance=lambda: 1.0))

    def writer(self) -> SpreadsheetWriter:
        ids = itertools.count(700)
        return SpreadsheetWriter(self.client(), new_id=lambda: next(ids), sleep=self.waits.append)

    def source(self, *, makes_members: bool = False, **mappings: TabMapping) -> SheetsSource:
        return SheetsSource(self.client(), [self.book.id], mappings=mappings, makes_members=makes_members)

    def tab(self, title: str, *rows: Sequence[str]) -> None:
        """Let the user make a tab and type these rows."""
        self.user.add_tab(title)
        quoted = title.replace("'", "''")
        self.user.set_rows(f"'{quoted}'!A1", rows)

    def calls(self) -> list[str]:
        """Return what was asked of the Sheets API, without the token calls."""
        return [f"{call.method} {call.path.rpartition('/')[2]}" for call in self.server.journal if "v4" in call.path]


@contextmanager
def sheets_world(folder: Path, *, locale: str = "en_US", settings: GoogleSettings | None = None) -> Iterator[World]:
    """Run the stand-in with an empty spreadsheet (one empty tab)."""
    book = Spreadsheet.new("Sales", locale=locale, time_zone="Europe/Paris")
    service = GoogleService([book], settings or GoogleSettings())
    with Server([service.handle]) as server:
        key_file = folder / "service_account.json"
        key_file.write_text(json.dumps(service.service_account_info(server.url + TOKEN_PATH)), encoding="utf-8")
        yield World(service, server, book, User(book), key_file, [])


def rows_of(changes: Sequence[Change], table: str) -> list[dict[str, object]]:
    """Return a table's rows as dictionaries, without the columns that are blank."""
    batches = [change for change in changes if isinstance(change, Batch) and change.table == table]
    return [row for batch in batches for row in _rows(batch.columns)]


def problems_of(changes: Sequence[Change]) -> list[str]:
    return [str(change) for change in changes if isinstance(change, Problem)]


def _rows(columns: Mapping[str, Sequence[object]]) -> list[dict[str, object]]:
    return [
        {name: value for name, value in zip(columns, values, strict=True) if value is not None}
        for values in zip(*columns.values(), strict=True)
    ]
