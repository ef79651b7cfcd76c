"""The tabs of a spreadsheet as a grid that a page can show: letters above, numbers beside, cells as they look."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from addon.spills import Rows

if TYPE_CHECKING:
    from connectors.sandbox.google.grid import Sheet
    from connectors.sandbox.google.spreadsheet import Spreadsheet

_MOST_ROWS: Final = 60
_LEAST_ROWS: Final = 36
_LEAST_COLUMNS: Final = 9
_NUMBER: Final = re.compile(r"[-+−]?[$€£]?\d[\d.,  ]*\s?(?:%|pts)?")
_TITLE_SIZE: Final = 12
"""From this font size on, a cell is a title."""


@dataclass(frozen=True, slots=True)
class GridCell:
    """One cell as it looks. ``style`` is title, heading, muted or nothing."""

    text: str = ""
    style: str = ""

    @property
    def is_number(self) -> bool:
        """Return whether the cell stands on the right, as numbers do."""
        return _NUMBER.fullmatch(self.text) is not None


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab: its title, whether Scorecell keeps it, and the cells that there are."""

    title: str
    is_ours: bool
    rows: Sequence[Sequence[GridCell]]
    hidden_count: int = 0


Tabs = Callable[[], Sequence[Tab]]


@dataclass(frozen=True, slots=True)
class Grid:
    """A tab laid out: every row as wide as the widest, with room below."""

    letters: Sequence[str]
    rows: Sequence[Sequence[GridCell]]
    hidden_count: int


def grid_of(tab: Tab) -> Grid:
    """Return the tab as a full grid."""
    width = max([_LEAST_COLUMNS, *(len(row) for row in tab.rows)])
    rows = [[*row, *[GridCell()] * (width - len(row))] for row in tab.rows]
    rows += [[GridCell()] * width for _ in range(_LEAST_ROWS - len(rows))]
    return Grid([_letters(column) for column in range(width)], rows, tab.hidden_count)


def spilled_tab(title: str, rows: Rows) -> Tab:
    """Return what a formula gave, as a tab of its own."""
    kept = rows[:_MOST_ROWS]
    has_header = len(kept) > 1 and all(isinstance(cell, str) for cell in kept[0])
    cells = [
        [GridCell(_general(cell), "heading" if has_header and not place else "") for cell in row]
        for place, row in enumerate(kept)
    ]
    return Tab(title, is_ours=True, rows=cells, hidden_count=len(rows) - len(kept))


def sheet_tabs(spreadsheet: Spreadsheet) -> list[Tab]:
    """Return the tabs of a sandbox spreadsheet that its users see, those that Scorecell keeps first."""
    with spreadsheet.lock:
        ours = {mark.get("location", {}).get("sheetId") for mark in spreadsheet.metadata}
        seen = [sheet for sheet in spreadsheet.sheets if not sheet.properties.get("hidden")]
        tabs = [_tab(spreadsheet, sheet, is_ours=sheet.id in ours) for sheet in seen]
    return sorted(tabs, key=lambda tab: not tab.is_ours)


def _tab(spreadsheet: Spreadsheet, sheet: Sheet, *, is_ours: bool) -> Tab:
    from connectors.sandbox.google.formatted import formatted

    count = max(sheet.rows, default=-1) + 1
    rows: list[list[GridCell]] = [[] for _ in range(min(count, _MOST_ROWS))]
    for row, column, cell in sheet.cells_in(sheet.area_whole):
        if row >= len(rows):
            break
        text = formatted(cell, spreadsheet.locale_table)
        if text:
            rows[row] += [GridCell()] * (column - len(rows[row]))
            rows[row].append(GridCell(text, _style_of(cell, is_header=row == 0 and not is_ours)))
    return Tab(sheet.title, is_ours, rows, count - len(rows))


def _style_of(cell: dict[str, object], *, is_header: bool) -> str:
    form = cell.get("userEnteredFormat")
    text = form.get("textFormat") if isinstance(form, dict) else None
    if not isinstance(text, dict):
        return "heading" if is_header else ""
    if int(text.get("fontSize") or 0) >= _TITLE_SIZE:
        return "title"
    if text.get("bold"):
        return "heading"
    return "muted" if text.get("italic") else ""


def _general(value: str | float) -> str:
    """Return a number as a cell without a format shows it."""
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4f}".rstrip("0").rstrip(".")


def _letters(column: int) -> str:
    """Return a column's name: A to Z, then AA."""
    name = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        name = chr(ord("A") + letter) + name
    return name
