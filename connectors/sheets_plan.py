"""From what a spreadsheet looks like and what our tabs shall show to the requests of one atomic batch. No I/O.

A tab of ours owns one block of cells. The block is found by its named range, so it moves with the rows and columns
that people insert; it grows by inserting rows and columns at its end: nothing beside or below it is written over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from connectors.sheets_content import Cell, TabContent, cell_json
from connectors.sheets_state import BLOCK_MARK, TAB_MARK, TABS_MARK, Area, Mark, NamedArea, SpreadsheetState, Tab

Request = dict[str, object]

REVISION_NAME: Final = "KPI_REVISION"
REVISION_KEY: Final = "revision"
_VALUE_FIELDS: Final = "userEnteredValue,userEnteredFormat.numberFormat"
_NEW_TAB_FIELDS: Final = f"{_VALUE_FIELDS},userEnteredFormat.textFormat"
_MOST_CELLS: Final = 200_000  # of all tabs of one batch: about 10 MB of JSON, far under the 180 s Sheets works on one
_ROOM_BELOW, _ROOM_BESIDE = 100, 12  # rows and columns a new tab has for its reader's own notes


@dataclass(frozen=True, slots=True)
class Plan:
    """The requests of one ``spreadsheets.batchUpdate``, and what the reader of the tabs should be told."""

    requests: tuple[Request, ...]
    notes: tuple[str, ...]
    created: tuple[str, ...]
    updated: tuple[str, ...]


@dataclass(slots=True)
class _Draft:
    """A plan in the making, with the names that are taken by now."""

    state: SpreadsheetState
    new_id: Callable[[], int]
    lost_names: frozenset[str]
    requests: list[Request] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    titles: set[str] = field(default_factory=set)
    range_names: set[str] = field(default_factory=set)
    sheet_ids: set[int] = field(default_factory=set)

    def ask(self, kind: str, body: Request) -> None:
        self.requests.append({kind: body})

    def fresh_sheet_id(self) -> int:
        for _attempt in range(100):
            sheet_id = self.new_id()
            if sheet_id not in self.sheet_ids:
                self.sheet_ids.add(sheet_id)
                return sheet_id
        raise ValueError("No unused id for a new tab was found in 100 tries.")


def plan_replacement(
    state: SpreadsheetState,
    tabs: Sequence[TabContent],
    revision: int | None,
    new_id: Callable[[], int],
    lost_names: frozenset[str] = frozenset(),
) -> Plan:
    """Return the batch that makes every tab show its content, and moves the revision on if one is given.

    ``new_id`` gives a number below 2**31 for a new tab. ``lost_names`` are names of ranges (in lower case) whose
    cells were deleted: Sheets keeps the names, but neither shows nor frees them. Raises ValueError on two tabs with
    one key, on a reserved key, and on more cells than one batch should carry.
    """
    _check(tabs)
    draft = _Draft(state, new_id, lost_names)
    draft.titles = {tab.title.casefold() for tab in state.tabs}
    draft.range_names = {named.name.casefold() for named in state.named_areas} | lost_names
    draft.sheet_ids = {tab.sheet_id for tab in state.tabs}
    for content in tabs:
        _replace_tab(draft, content)
    if revision is not None:
        _move_revision(draft, revision)
    _remember_tabs(draft, [content.key for content in tabs])
    return Plan(tuple(draft.requests), tuple(draft.notes), tuple(draft.created), tuple(draft.updated))


def _check(tabs: Sequence[TabContent]) -> None:
    keys = [content.key for content in tabs]
    if len(set(keys)) != len(keys) or REVISION_KEY in keys or any(not key or " " in key for key in keys):
        raise ValueError(f"Each tab needs a key of its own, without spaces and not {REVISION_KEY!r}: {keys}.")
    cell_count = sum(content.row_count * content.column_count for content in tabs)
    if cell_count > _MOST_CELLS:
        raise ValueError(f"The tabs hold {cell_count:,} cells; one refresh writes at most {_MOST_CELLS:,}.")


def _replace_tab(draft: _Draft, content: TabContent) -> Area:
    """Ask for the tab to show its content; return the block that it then owns."""
    tab = find_tab(draft.state, content.key)
    if tab is None:
        return _create(draft, content)
    return _rewrite(draft, content, tab)


def find_tab(state: SpreadsheetState, key: str) -> Tab | None:
    """Return our tab by its mark. Of copies that a user made, the one that holds the block's named range is ours."""
    marked = [tab for tab in state.tabs if tab.is_grid and (mark := tab.mark(TAB_MARK)) and mark.value == key]
    holders = [tab for tab in marked if _named_block(state, tab) is not None]
    return next(iter(holders or marked), None)


def _rewrite(draft: _Draft, content: TabContent, tab: Tab) -> Area:
    previous = _previous_block(draft.state, tab)
    block = previous.resized(content.row_count, content.column_count)
    _make_room(draft, tab, "ROWS", previous.bottom, block.bottom)
    _make_room(draft, tab, "COLUMNS", previous.right, block.right)
    _write_cells(draft, content, previous.union(block), _VALUE_FIELDS, with_style=False)
    _keep_block(draft, tab, block, content.key)
    draft.updated.append(content.key)
    return block


def _make_room(draft: _Draft, tab: Tab, dimension: str, end: int, wanted_end: int) -> None:
    """Insert the rows or columns by which the block grows, so that what stands next to it moves away."""
    if wanted_end <= end:
        return
    size = tab.row_count if dimension == "ROWS" else tab.column_count
    length = wanted_end - end
    if end >= size:
        draft.ask("appendDimension", {"sheetId": tab.sheet_id, "dimension": dimension, "length": length})
        return
    where = {"sheetId": tab.sheet_id, "dimension": dimension, "startIndex": end, "endIndex": wanted_end}
    draft.ask("insertDimension", {"range": where, "inheritFromBefore": end > 0})


def _write_cells(draft: _Draft, content: TabContent, area: Area, fields: str, *, with_style: bool) -> None:
    """Ask for the area to hold the content and, where that is smaller, nothing."""
    rows = [{"values": [cell_json(cell, with_style=with_style) for cell in row]} for row in content.rows]
    draft.ask("updateCells", {"range": area.as_grid_range(), "rows": rows, "fields": fields})


def _previous_block(state: SpreadsheetState, tab: Tab) -> Area:
    """Return what we own in the tab: its named range; where a user removed that, the remembered size from A1."""
    named = _named_block(state, tab)
    if named is not None and named.area is not None:
        return named.area
    row_count, column_count, _ = _read_block_mark(tab.mark(BLOCK_MARK))
    return Area(tab.sheet_id, 0, 0, min(row_count, tab.row_count), min(column_count, tab.column_count))


def _named_block(state: SpreadsheetState, tab: Tab) -> NamedArea | None:
    _, _, range_word = _read_block_mark(tab.mark(BLOCK_MARK))
    for named in state.named_areas:
        if range_word in {named.id, named.name} and named.area is not None and named.area.sheet_id == tab.sheet_id:
            return named
    return None


def _read_block_mark(mark: Mark | None) -> tuple[int, int, str]:
    """Read ``12x9 <id or name of the named range>``; a tab without it owns nothing yet."""
    found = re.fullmatch(r"(\d{1,7})x(\d{1,5}) (\S{1,200})", mark.value) if mark else None
    return (int(found[1]), int(found[2]), found[3]) if found else (0, 0, "")


def _keep_block(draft: _Draft, tab: Tab, block: Area, key: str) -> None:
    """Ask for the named range and the remembered size to say the block."""
    named = _named_block(draft.state, tab)
    if named is not None and named.area != block:
        _move_range(draft, named, block)
    # Only from its second refresh on do we know the id that Sheets gave the range; it survives being renamed.
    range_word = named.id if named else _add_block_range(draft, block, key)
    value = f"{block.row_count}x{block.column_count} {range_word}"
    mark = tab.mark(BLOCK_MARK)
    if mark is None:
        _create_mark(draft, {"sheetId": tab.sheet_id}, BLOCK_MARK, value)
    elif mark.value != value:
        _change_mark(draft, mark, value)


def _create(draft: _Draft, content: TabContent) -> Area:
    sheet_id = draft.fresh_sheet_id()
    title = _free_title(draft, content)
    block = Area(sheet_id, 0, 0, content.row_count, content.column_count)
    grid = {
        "rowCount": block.row_count + _ROOM_BELOW,
        "columnCount": block.column_count + _ROOM_BESIDE,
        "frozenRowCount": min(content.frozen_rows, block.row_count),
    }
    properties: Request = {"sheetId": sheet_id, "title": title, "gridProperties": grid}
    if content.is_hidden:
        properties["hidden"] = True
    draft.ask("addSheet", {"properties": properties})
    _create_mark(draft, {"sheetId": sheet_id}, TAB_MARK, content.key)
    _write_cells(draft, content, block, _NEW_TAB_FIELDS, with_style=True)
    _set_widths(draft, sheet_id, content.column_widths)
    range_name = _add_block_range(draft, block, content.key)
    size = f"{block.row_count}x{block.column_count}"
    _create_mark(draft, {"sheetId": sheet_id}, BLOCK_MARK, f"{size} {range_name}")
    _note_creation(draft, content, title)
    return block


def _note_creation(draft: _Draft, content: TabContent, title: str) -> None:
    made_before = draft.state.mark(TABS_MARK)
    if made_before is not None and content.key in made_before.value.split():
        draft.notes.append(f"The tab {content.title!r} had been deleted; it was made again as {title!r}.")
    if title != content.title:
        draft.notes.append(
            f"Another tab is titled {content.title!r}; it was left alone and ours is called {title!r}."
        )
    draft.created.append(content.key)


def _free_title(draft: _Draft, content: TabContent) -> str:
    base = content.title.strip()[:80] or content.key  # Sheets allows 100 characters; the rest is for the addition
    wanted = [base, f"{base} (Scorecell)", *(f"{base} (Scorecell {number})" for number in range(2, 100))]
    title = next((name for name in wanted if name.casefold() not in draft.titles), None)
    if title is None:
        raise ValueError(f"There are 100 tabs titled {base!r} already; rename some of them.")
    draft.titles.add(title.casefold())
    return title


def _set_widths(draft: _Draft, sheet_id: int, widths: Sequence[int]) -> None:
    for column, pixels in enumerate(widths):
        where = {"sheetId": sheet_id, "dimension": "COLUMNS", "startIndex": column, "endIndex": column + 1}
        body: Request = {"range": where, "properties": {"pixelSize": pixels}, "fields": "pixelSize"}
        draft.ask("updateDimensionProperties", body)


def _add_block_range(draft: _Draft, block: Area, key: str) -> str:
    """Ask for a named range over the block and return its name."""
    base = "SCORECELL_" + (re.sub(r"[^A-Za-z0-9]+", "_", key).strip("_").upper() or "TAB")
    wanted = (base if number == 1 else f"{base}_{number}" for number in range(1, 10_000))
    name = next(name for name in wanted if name.casefold() not in draft.range_names)
    draft.range_names.add(name.casefold())
    draft.ask("addNamedRange", {"namedRange": {"name": name, "range": block.as_grid_range()}})
    return name


def _move_range(draft: _Draft, named: NamedArea, area: Area) -> None:
    change = {"namedRangeId": named.id, "name": named.name, "range": area.as_grid_range()}
    draft.ask("updateNamedRange", {"namedRange": change, "fields": "range"})


def _create_mark(draft: _Draft, location: Request, key: str, value: str) -> None:
    mark = {"metadataKey": key, "metadataValue": value, "location": location, "visibility": "PROJECT"}
    draft.ask("createDeveloperMetadata", {"developerMetadata": mark})


def _change_mark(draft: _Draft, mark: Mark, value: str) -> None:
    body: Request = {
        "dataFilters": [{"developerMetadataLookup": {"metadataId": mark.id}}],
        "developerMetadata": {"metadataValue": value},
        "fields": "metadataValue",
    }
    draft.ask("updateDeveloperMetadata", body)


def _move_revision(draft: _Draft, revision: int) -> None:
    """Ask for the revision number in a small tab of ours, and for `KPI_REVISION` to name its cell."""
    # Hidden, so that nobody deletes it for tidiness: Sheets would keep the name and never let it be used again.
    rows = [[Cell(REVISION_NAME, style="heading"), Cell(revision, "count")]]
    content = TabContent(REVISION_KEY, "Scorecell", rows, is_hidden=True)
    block = _replace_tab(draft, content)
    cell = Area(block.sheet_id, block.top, block.left + 1, block.top + 1, block.left + 2)
    name = REVISION_NAME.casefold()
    named = next((named for named in draft.state.named_areas if named.name.casefold() == name), None)
    if named is not None and named.area != cell:
        _move_range(draft, named, cell)
    elif named is None and name in draft.lost_names:
        draft.notes.append(
            f"Cells do not recalculate by themselves: the cell that {REVISION_NAME} named was deleted. Remove the "
            "name under Data, Named ranges; the next refresh sets it anew."
        )
    elif named is None:
        draft.ask("addNamedRange", {"namedRange": {"name": REVISION_NAME, "range": cell.as_grid_range()}})


def _remember_tabs(draft: _Draft, keys: Sequence[str]) -> None:
    """Keep the keys of all tabs that we ever made, so that a deleted one can be told from a new one."""
    mark = draft.state.mark(TABS_MARK)
    known = set(mark.value.split()) if mark else set()
    value = " ".join(sorted(known | set(keys)))
    if mark is None:
        _create_mark(draft, {"spreadsheet": True}, TABS_MARK, value)
    elif mark.value != value:
        _change_mark(draft, mark, value)
