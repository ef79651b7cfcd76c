"""Reading canonical tables out of the tabs that people keep in spreadsheets."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

from connectors.sheets_additions import additions
from connectors.sheets_client import SheetsClient
from connectors.sheets_headers import Grid, match_tab
from connectors.sheets_links import PREFIX, Record, TabRecords, identify, link
from connectors.sheets_locale import Locale, Raw, locale_of, zone_of
from connectors.sheets_mapping import TabMapping, is_title, mappings_of
from connectors.sheets_merged import fill_merged
from connectors.sheets_rows import column_letters, read_rows
from connectors.sheets_state import SpreadsheetState, Tab
from connectors.sheets_words import Vocabulary, load_vocabulary
from connectors.source import Batch, Change, Checkpoint, Covered, Cursor, Problem

SOURCE_NAME: Final = "sheets"
_TABLES_CURSOR: Final = "tables"  # which tables tabs held the last time: what vanished must vanish from the store
_CONTENT_CURSOR: Final = "content"  # the digest of all cells
_PROBLEMS_CURSOR: Final = "problems"  # what was told about them
_ADDRESS: Final = "https://docs.google.com/spreadsheets/d"
_READER_VERSION: Final = 4  # to be raised whenever the same cells are read differently than before
_VERSIONS_CURSOR: Final = "versions"  # of the files, and how they were read
_PLACES_CURSOR: Final = "places"  # tab, as ids name it -> its address
_CURSORS: Final = (_TABLES_CURSOR, _CONTENT_CURSOR, _PROBLEMS_CURSOR, _PLACES_CURSOR)
_MOST_ROWS, _MOST_COLUMNS = 200_000, 256  # of one tab


class SheetsSource:
    """Reads all tabs of some spreadsheets but our own: two calls a spreadsheet, however many tabs it has.

    ``mappings`` says by tab title what headers alone do not tell; a tab with several holds several tables.
    ``makes_members`` is for organisations without a CRM: reps, accounts, products and campaigns that rows name become
    rows, where no tab holds them. With ``skips_unchanged`` Drive is asked for the version of each file first, and
    nothing is read where none changed; what cells take from elsewhere (``NOW``, ``IMPORTRANGE``) is then seen when a
    file changes, and by a full sync.
    """

    def __init__(
        self,
        client: SheetsClient,
        spreadsheet_ids: Sequence[str],
        *,
        mappings: Mapping[str, TabMapping | Sequence[TabMapping]] | None = None,
        makes_members: bool = False,
        skips_unchanged: bool = False,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        self._skips_unchanged = skips_unchanged
        self._client = client
        self._spreadsheet_ids = tuple(spreadsheet_ids)
        self._mappings = {title: _as_tuple(each) for title, each in (mappings or {}).items()}
        self._makes_members = makes_members
        self._vocabulary = vocabulary or load_vocabulary()

    @property
    def name(self) -> str:
        """Return ``sheets``."""
        return SOURCE_NAME

    @property
    def call_count(self) -> int:
        """Return how many calls were made so far."""
        return self._client.call_count

    def changes(self, cursor: Cursor) -> Iterator[Change]:
        """Yield all rows of all tabs, each table as a whole: what is in no tab any more is gone.

        Where every cell is as it was the last time, only the problems are told again. Nothing is yielded before all
        spreadsheets were read. Raises SourceError if one of them cannot be.
        """
        # Asked before anything is read: an edit in between is then read again the next time.
        versions = self._versions() if self._skips_unchanged else ""
        if versions and cursor.get(_VERSIONS_CURSOR) == versions:
            yield from _as_before(cursor)
        else:
            yield from self._read_all(cursor)
        yield Checkpoint(_VERSIONS_CURSOR, versions)  # the last: it stands for all that came before

    def _read_all(self, cursor: Cursor) -> Iterator[Change]:
        spreadsheets = [self._fetch(spreadsheet_id) for spreadsheet_id in self._spreadsheet_ids]
        digest = self._digest(spreadsheets)
        if cursor.get(_CONTENT_CURSOR) == digest:
            yield from _as_before(cursor)
            return
        found = [tab for sheet in spreadsheets for tab in _label(sheet, spreadsheets)]
        problems = list(self._unmapped(found))
        records: list[Record] = []
        added: list[Record] = []
        tables: set[str] = set()
        for tab, mapping in self._with_mappings(found):
            kept, told = self._read(tab, mapping)
            (added if mapping.joins else records).extend(kept.records)
            tables.update(kept.tables)
            problems.extend(_located(problem, tab) for problem in told)
        linked = link(records, makes_members=self._makes_members)
        tables.update(record.table for record in linked)
        yield from _all([*linked, *added], tables, cursor)
        yield from problems
        yield Checkpoint(_CONTENT_CURSOR, digest)
        yield Checkpoint(_PROBLEMS_CURSOR, _problems_text(problems))
        yield Checkpoint(_PLACES_CURSOR, json.dumps({tab.label: tab.address for tab in found}, ensure_ascii=False))

    def _digest(self, spreadsheets: Sequence[_Fetched]) -> str:
        """Return the same text for the same cells, read in the same way."""
        what = [
            (sheet.id, sheet.state.title, sheet.state.locale, sheet.state.time_zone, tab.title, grid)
            for sheet in spreadsheets
            for tab, grid in zip(sheet.tabs, sheet.grids, strict=True)
        ]
        return _digest_of((self._how, what))

    @property
    def _how(self) -> tuple[object, ...]:
        mappings = repr(sorted(self._mappings.items()))
        return _READER_VERSION, self._vocabulary.digest, self._makes_members, mappings

    def _versions(self) -> str:
        """Return the same text as long as no file changed and all would be read in the same way: a call for each."""
        versions = [(each, self._client.version(each)) for each in self._spreadsheet_ids]
        return _digest_of((self._how, versions))

    def _fetch(self, spreadsheet_id: str) -> _Fetched:
        """Read a spreadsheet: one call for what tabs there are, one for their cells."""
        state = self._client.state(spreadsheet_id)
        tabs = [tab for tab in state.tabs if tab.is_grid and not tab.is_ours and tab.row_count and tab.column_count]
        values = self._client.values(spreadsheet_id, [_range(tab) for tab in tabs]) if tabs else []
        grids = [[[_raw(cell) for cell in row] for row in rows] for rows in values]
        for tab, grid in zip(tabs, grids, strict=True):
            fill_merged(grid, tab.merges)
        return _Fetched(spreadsheet_id, state, tabs, grids)

    def _unmapped(self, found: Sequence[_LabelledTab]) -> Iterator[Problem]:
        titles = {tab.title for tab in found}
        for title in self._mappings:
            if not any(is_title(each, title) for each in titles):
                yield Problem(
                    title, "The settings speak of this tab, but there is none.", "Mend its name under google.tabs."
                )

    def _with_mappings(self, found: Sequence[_LabelledTab]) -> Iterator[tuple[_LabelledTab, TabMapping]]:
        for tab in found:
            for mapping in mappings_of(tab.title, self._mappings):
                yield tab, mapping

    def _read(self, tab: _LabelledTab, mapping: TabMapping) -> tuple[_Kept, list[Problem]]:
        match = match_tab(tab.label, tab.grid, self._vocabulary, mapping)
        if match is None:
            return _Kept([], ()), []
        if isinstance(match, Problem):
            return _Kept([], match.tables), [match]
        table = match.words.table.name
        rows = read_rows(tab.label, tab.grid, match, tab.locale, self._vocabulary)
        tab_rows = TabRecords(tab.label, match.words, rows.rows, mapping.repeats)
        records, doubles = additions(tab_rows, mapping) if mapping.joins else identify(tab_rows)
        return _Kept(records, (table,)), [*_limits(tab, table), *rows.problems, *doubles]


def _digest_of(what: object) -> str:
    return hashlib.sha256(repr(what).encode("utf-8", "backslashreplace")).hexdigest()


def _as_tuple(mappings: TabMapping | Sequence[TabMapping]) -> tuple[TabMapping, ...]:
    return (mappings,) if isinstance(mappings, TabMapping) else tuple(mappings)


@dataclass(frozen=True, slots=True)
class _Fetched:
    id: str
    state: SpreadsheetState
    tabs: Sequence[Tab]
    grids: Sequence[Grid]


@dataclass(frozen=True, slots=True)
class _LabelledTab:
    """A tab with its cells. ``label`` is its title, with its spreadsheet's where there are several.

    ``address`` shows the tab in a browser.
    """

    label: str
    title: str
    spreadsheet_id: str
    address: str
    grid: Grid
    locale: Locale
    is_zone_known: bool
    row_count: int
    column_count: int


@dataclass(frozen=True, slots=True)
class _Kept:
    records: list[Record]
    tables: Sequence[str]


def _all(records: Sequence[Record], tables: set[str], cursor: Cursor) -> Iterator[Change]:
    """Yield each table as a whole; one that no tab holds any more loses its rows, which is told once."""
    before = set(cursor.get(_TABLES_CURSOR, "").split())
    for table in sorted(tables | before):
        yield _batch(table, [record for record in records if record.table == table])
    for table in sorted(before - tables):
        yield Problem(SOURCE_NAME, f"No tab holds {table} any more; its rows were taken out.", "", (table,))
    yield Covered(tuple(sorted(tables)))
    yield Checkpoint(_TABLES_CURSOR, " ".join(sorted(tables)))


def _as_before(cursor: Cursor) -> Iterator[Change]:
    """Yield what there is to say where no cell changed: the problems that are still there."""
    yield Covered(tuple(cursor.get(_TABLES_CURSOR, "").split()))
    for told in json.loads(cursor.get(_PROBLEMS_CURSOR, "[]")):
        yield Problem(**{**told, "tables": tuple(told["tables"])})
    yield from (Checkpoint(name, cursor[name]) for name in _CURSORS if name in cursor)


def _problems_text(problems: Sequence[Problem]) -> str:
    return json.dumps([asdict(each) for each in problems], ensure_ascii=False)


def _located(problem: Problem, tab: _LabelledTab) -> Problem:
    """Return the problem with its spreadsheet and the address of its cell, row or tab."""
    cell = problem.place.removeprefix(tab.label).removeprefix("!")
    shown = f"{cell}:{cell}" if cell.isdigit() else cell
    link = f"{tab.address}&range={shown}" if shown else tab.address
    return replace(problem, document=tab.spreadsheet_id, link=link)


def _label(fetched: _Fetched, all_fetched: Sequence[_Fetched]) -> Iterator[_LabelledTab]:
    locale = locale_of(fetched.state.locale, fetched.state.time_zone)
    is_zone_known = zone_of(fetched.state.time_zone) is not None
    name = _name_among(fetched, all_fetched)
    for tab, grid in zip(fetched.tabs, fetched.grids, strict=True):
        label = f"{name}/{tab.title}" if name else tab.title
        yield _LabelledTab(
            label,
            tab.title,
            fetched.id,
            f"{_ADDRESS}/{fetched.id}/edit#gid={tab.sheet_id}",
            grid,
            locale,
            is_zone_known,
            tab.row_count,
            tab.column_count,
        )


def _name_among(fetched: _Fetched, all_fetched: Sequence[_Fetched]) -> str:
    """Return nothing if there is one spreadsheet; else its title, with a part of its id where titles are the same."""
    if len(all_fetched) == 1:
        return ""
    title = fetched.state.title
    is_shared = sum(other.state.title == title for other in all_fetched) > 1
    return f"{title} {fetched.id[:8]}" if is_shared or not title else title


def _limits(tab: _LabelledTab, table: str) -> list[Problem]:
    """Say what of a very large tab was not looked at, if there may be something, and if its times are in doubt."""
    problems = []
    if not tab.is_zone_known:
        remedy = "Choose the zone of a city in its settings."
        problems.append(
            Problem(tab.label, "The spreadsheet's time zone is not known; UTC was taken.", remedy, (table,))
        )
    if tab.row_count > _MOST_ROWS and len(tab.grid) == _MOST_ROWS:
        problems.append(
            Problem(
                tab.label, f"Only its first {_MOST_ROWS:,} rows were read.", "Split it into several tabs.", (table,)
            )
        )
    if tab.column_count > _MOST_COLUMNS and max(map(len, tab.grid), default=0) == _MOST_COLUMNS:
        problems.append(
            Problem(
                tab.label,
                f"Only its first {_MOST_COLUMNS} columns were read.",
                "Remove what is not needed.",
                (table,),
            )
        )
    return problems


def _range(tab: Tab) -> str:
    """Return the tab's cells in A1 notation; with cells, since a title alone (Q1) may be read as a cell."""
    title = tab.title.replace("'", "''")
    last_column = column_letters(min(tab.column_count, _MOST_COLUMNS) - 1)
    return f"'{title}'!A1:{last_column}{min(tab.row_count, _MOST_ROWS)}"


def _raw(cell: object) -> Raw:
    """Return a cell as one of the types that readers know; half a character (a lone surrogate) becomes a mark."""
    if isinstance(cell, str) and not cell.isascii():
        return cell.encode("utf-8", "replace").decode("utf-8")
    return cell if isinstance(cell, str | int | float | bool) else None


def _batch(table: str, records: Sequence[Record]) -> Batch:
    names = sorted({name for record in records for name in record.values})
    columns: dict[str, list[object]] = {"id": [record.id for record in records]}
    columns |= {name: [record.values.get(name) for record in records] for name in names}
    return Batch(table, columns, replaces=PREFIX)
