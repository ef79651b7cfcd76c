"""Reading canonical tables out of the tabs that people keep in spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.errors import SourceError
from connectors.sheets_client import SheetsClient
from connectors.sheets_headers import Grid, TabMapping, match_tab
from connectors.sheets_links import PREFIX, Record, TabRecords, identify, link
from connectors.sheets_locale import Locale, Raw, locale_of
from connectors.sheets_rows import column_letters, read_rows
from connectors.sheets_state import SpreadsheetState, Tab
from connectors.sheets_words import Vocabulary, load_vocabulary
from connectors.source import Batch, Change, Checkpoint, Covered, Cursor, Problem

SOURCE_NAME: Final = "sheets"
_TABLES_CURSOR: Final = "tables"  # which tables tabs held the last time: what vanished must vanish from the store
_MOST_ROWS, _MOST_COLUMNS = 200_000, 256  # of one tab


class SheetsSource:
    """Reads all tabs of some spreadsheets but our own: two calls a spreadsheet, however many tabs it has.

    ``mappings`` says by tab title what headers alone do not tell. ``makes_members`` is for organisations without a
    CRM: reps, accounts, products and campaigns that rows name become rows, where no tab holds them.
    """

    def __init__(
        self,
        client: SheetsClient,
        spreadsheet_ids: Sequence[str],
        *,
        mappings: Mapping[str, TabMapping] | None = None,
        makes_members: bool = False,
        vocabulary: Vocabulary | None = None,
    ) -> None:
        self._client = client
        self._spreadsheet_ids = tuple(spreadsheet_ids)
        self._mappings = mappings or {}
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

        Nothing is yielded before all spreadsheets were read. Raises SourceError if one of them cannot be.
        """
        spreadsheets = [self._fetch(spreadsheet_id) for spreadsheet_id in self._spreadsheet_ids]
        found = [tab for sheet in spreadsheets for tab in _label(sheet, spreadsheets)]
        yield from self._unmapped(found)
        records: list[Record] = []
        tables: set[str] = set()
        for tab in found:
            kept, problems = self._read(tab)
            records.extend(kept.records)
            tables.update(kept.tables)
            yield from problems
        yield from self._yielded(records, tables, cursor)

    def _yielded(self, records: Sequence[Record], tables: set[str], cursor: Cursor) -> Iterator[Change]:
        linked = link(records, makes_members=self._makes_members)
        now = tables | {record.table for record in linked}
        before = set(cursor.get(_TABLES_CURSOR, "").split())
        for table in sorted(now | before):
            yield _batch(table, [record for record in linked if record.table == table])
        for table in sorted(before - now):
            yield Problem(SOURCE_NAME, f"No tab holds {table} any more; its rows were taken out.", "", (table,))
        yield Covered(tuple(sorted(now)))
        yield Checkpoint(_TABLES_CURSOR, " ".join(sorted(now)))

    def _fetch(self, spreadsheet_id: str) -> _Fetched:
        """Read a spreadsheet: one call for what tabs there are, one for their cells."""
        state = self._client.state(spreadsheet_id)
        tabs = [tab for tab in state.tabs if tab.is_grid and not tab.is_ours and tab.row_count and tab.column_count]
        values = self._client.values(spreadsheet_id, [_range(tab) for tab in tabs]) if tabs else []
        grids = [[[_raw(cell) for cell in row] for row in rows] for rows in values]
        return _Fetched(spreadsheet_id, state, tabs, grids)

    def _unmapped(self, found: Sequence[_LabelledTab]) -> Iterator[Problem]:
        titles = {tab.title for tab in found}
        for title in self._mappings:
            if title not in titles:
                yield Problem(
                    title, "The settings speak of this tab, but there is none.", "Mend its name under google.tabs."
                )

    def _read(self, tab: _LabelledTab) -> tuple[_Kept, list[Problem]]:
        problems = _limits(tab)
        mapping = self._mappings.get(tab.title, TabMapping())
        match = match_tab(tab.label, tab.grid, self._vocabulary, mapping)
        if match is None:
            return _Kept([], ()), []
        if isinstance(match, Problem):
            return _Kept([], match.tables), [match]
        if tab.locale is None:
            remedy = "Choose the zone of a city in its settings."
            problems.append(Problem(tab.label, "The spreadsheet's time zone is not known; UTC was taken.", remedy))
        rows = read_rows(tab.label, tab.grid, match, tab.locale or Locale(), self._vocabulary)
        records, doubles = identify(TabRecords(tab.label, match.words, rows.rows))
        return _Kept(records, (match.words.table.name,)), [*problems, *rows.problems, *doubles]


@dataclass(frozen=True, slots=True)
class _Fetched:
    id: str
    state: SpreadsheetState
    tabs: Sequence[Tab]
    grids: Sequence[Grid]


@dataclass(frozen=True, slots=True)
class _LabelledTab:
    """A tab with its cells. ``label`` is its title, with its spreadsheet's where there are several."""

    label: str
    title: str
    grid: Grid
    locale: Locale | None
    row_count: int
    column_count: int


@dataclass(frozen=True, slots=True)
class _Kept:
    records: list[Record]
    tables: Sequence[str]


def tab_mappings(entries: Mapping[str, object]) -> dict[str, TabMapping]:
    """Read the setting ``google.tabs``: tab title -> table, or -> table, columns, constants and factors.

    Raises SourceError that names the entry.
    """
    return {title: _mapping(title, entry) for title, entry in entries.items()}


def _mapping(title: str, entry: object) -> TabMapping:
    if isinstance(entry, str):
        return TabMapping(table=entry)
    known = {"table", "columns", "constants", "factors"}
    if not isinstance(entry, Mapping) or not known.issuperset(entry):
        raise SourceError(
            f'google.tabs."{title}" must be a table\'s name, or have some of {", ".join(sorted(known))}.'
        )
    try:
        return TabMapping(
            table=str(entry.get("table", "")),
            columns={str(header): str(column) for header, column in entry.get("columns", {}).items()},
            constants={str(column): str(word) for column, word in entry.get("constants", {}).items()},
            factors={str(column): float(factor) for column, factor in entry.get("factors", {}).items()},
        )
    except (AttributeError, TypeError, ValueError):
        raise SourceError(
            f'google.tabs."{title}": columns, constants and factors are tables of names, words and numbers.'
        ) from None


def _label(fetched: _Fetched, all_fetched: Sequence[_Fetched]) -> Iterator[_LabelledTab]:
    locale = locale_of(fetched.state.locale, fetched.state.time_zone)
    name = _name_among(fetched, all_fetched)
    for tab, grid in zip(fetched.tabs, fetched.grids, strict=True):
        label = f"{name}/{tab.title}" if name else tab.title
        yield _LabelledTab(label, tab.title, grid, locale, tab.row_count, tab.column_count)


def _name_among(fetched: _Fetched, all_fetched: Sequence[_Fetched]) -> str:
    """Return nothing if there is one spreadsheet; else its title, with a part of its id where titles are the same."""
    if len(all_fetched) == 1:
        return ""
    title = fetched.state.title
    is_shared = sum(other.state.title == title for other in all_fetched) > 1
    return f"{title} {fetched.id[:8]}" if is_shared or not title else title


def _limits(tab: _LabelledTab) -> list[Problem]:
    if tab.row_count <= _MOST_ROWS or len(tab.grid) < _MOST_ROWS:
        return []
    return [Problem(tab.label, f"Only its first {_MOST_ROWS:,} rows were read.", "Split it into several tabs.")]


def _range(tab: Tab) -> str:
    """Return the tab's cells in A1 notation; with cells, since a title alone (Q1) may be read as a cell."""
    title = tab.title.replace("'", "''")
    last_column = column_letters(min(tab.column_count, _MOST_COLUMNS) - 1)
    return f"'{title}'!A1:{last_column}{min(tab.row_count, _MOST_ROWS)}"


def _raw(cell: object) -> Raw:
    return cell if isinstance(cell, str | int | float | bool) else None


def _batch(table: str, records: Sequence[Record]) -> Batch:
    names = sorted({name for record in records for name in record.values})
    columns: dict[str, list[object]] = {"id": [record.id for record in records]}
    columns |= {name: [record.values.get(name) for record in records] for name in names}
    return Batch(table, columns, replaces=PREFIX)
