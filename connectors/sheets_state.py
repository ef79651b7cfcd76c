"""What a spreadsheet looks like before we write: its tabs, our marks on them, its named ranges. No cell is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.errors import SourceError

TAB_MARK: Final = "scorecell.tab"  # on a tab of ours; its value is the tab's key
BLOCK_MARK: Final = "scorecell.block"  # beside it; its value is `rows x columns named-range-id`
TABS_MARK: Final = "scorecell.tabs"  # on the spreadsheet; its value lists the keys of all tabs that we ever made

STATE_FIELDS: Final = (
    "spreadsheetId,properties(title,locale,timeZone),"
    "developerMetadata(metadataId,metadataKey,metadataValue),"
    "sheets(properties(sheetId,title,index,sheetType,gridProperties(rowCount,columnCount)),merges,"
    "developerMetadata(metadataId,metadataKey,metadataValue)),"
    "namedRanges"
)
"""The fields mask of the one GET that precedes a read or a write."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One piece of developer metadata: it stays with its tab through renames and moves."""

    id: int
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of a tab; rows and columns count from 0, the ends are not part of it."""

    sheet_id: int
    top: int
    left: int
    bottom: int
    right: int

    @property
    def row_count(self) -> int:
        """How many rows it spans."""
        return self.bottom - self.top

    @property
    def column_count(self) -> int:
        """How many columns it spans."""
        return self.right - self.left

    def resized(self, row_count: int, column_count: int) -> Area:
        """Return the area of another size with the same top left corner."""
        return Area(self.sheet_id, self.top, self.left, self.top + row_count, self.left + column_count)

    def union(self, other: Area) -> Area:
        """Return the smallest area around both; both lie in one tab."""
        return Area(
            self.sheet_id,
            min(self.top, other.top),
            min(self.left, other.left),
            max(self.bottom, other.bottom),
            max(self.right, other.right),
        )

    def as_grid_range(self) -> dict[str, object]:
        """Return the ``GridRange`` of the Sheets API."""
        return {
            "sheetId": self.sheet_id,
            "startRowIndex": self.top,
            "endRowIndex": self.bottom,
            "startColumnIndex": self.left,
            "endColumnIndex": self.right,
        }


@dataclass(frozen=True, slots=True)
class NamedArea:
    """A named range. ``area`` is None where it is not one bounded rectangle (a whole column, a lost reference)."""

    id: str
    name: str
    area: Area | None


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab as it is now."""

    sheet_id: int
    title: str
    row_count: int
    column_count: int
    is_grid: bool
    marks: tuple[Mark, ...]
    merges: tuple[Area, ...] = ()

    def mark(self, key: str) -> Mark | None:
        """Return the mark with this key, if the tab has it."""
        return next((mark for mark in self.marks if mark.key == key), None)

    @property
    def is_ours(self) -> bool:
        """Whether we made this tab."""
        return self.mark(TAB_MARK) is not None


@dataclass(frozen=True, slots=True)
class SpreadsheetState:
    """A spreadsheet as one GET describes it."""

    title: str
    locale: str
    time_zone: str
    tabs: tuple[Tab, ...]
    named_areas: tuple[NamedArea, ...]
    marks: tuple[Mark, ...]

    def mark(self, key: str) -> Mark | None:
        """Return the spreadsheet's own mark with this key, if there is one."""
        return next((mark for mark in self.marks if mark.key == key), None)


def read_state(answer: Mapping[str, object]) -> SpreadsheetState:
    """Read the answer to a GET with `STATE_FIELDS`. Raises SourceError when it is not a spreadsheet."""
    try:
        properties = _mapping(answer["properties"])
        return SpreadsheetState(
            title=str(properties.get("title", "")),
            locale=str(properties.get("locale", "")),
            time_zone=str(properties.get("timeZone", "")),
            tabs=tuple(_tab(sheet) for sheet in _mappings(answer.get("sheets"))),
            named_areas=tuple(_named_area(entry) for entry in _mappings(answer.get("namedRanges"))),
            marks=_marks(answer),
        )
    except (KeyError, TypeError, ValueError) as error:
        message = "Google's description of the spreadsheet is not of the form that it documents; try again later."
        raise SourceError(message, permanent=False) from error


def _tab(sheet: Mapping[str, object]) -> Tab:
    properties = _mapping(sheet["properties"])
    grid = _mapping(properties.get("gridProperties", {}))
    return Tab(
        sheet_id=_whole(properties.get("sheetId", 0)),
        title=str(properties["title"]),
        row_count=_whole(grid.get("rowCount", 0)),
        column_count=_whole(grid.get("columnCount", 0)),
        is_grid=properties.get("sheetType", "GRID") == "GRID",
        marks=_marks(sheet),
        merges=tuple(area for entry in _mappings(sheet.get("merges")) if (area := _area(entry))),
    )


def _marks(holder: Mapping[str, object]) -> tuple[Mark, ...]:
    return tuple(
        Mark(
            _whole(entry.get("metadataId", 0)), str(entry.get("metadataKey", "")), str(entry.get("metadataValue", ""))
        )
        for entry in _mappings(holder.get("developerMetadata"))
    )


def _named_area(entry: Mapping[str, object]) -> NamedArea:
    return NamedArea(str(entry["namedRangeId"]), str(entry["name"]), _area(_mapping(entry.get("range", {}))))


def _area(grid_range: Mapping[str, object]) -> Area | None:
    """Read a ``GridRange``; None where it is not bounded."""
    if not {"endRowIndex", "endColumnIndex"}.issubset(grid_range):
        return None
    # An index of 0 and the sheet id 0 are left out of answers, as proto JSON does with defaults.
    names = ("sheetId", "startRowIndex", "startColumnIndex", "endRowIndex", "endColumnIndex")
    return Area(*(_whole(grid_range.get(name, 0)) for name in names))


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError("not an object")
    return value


def _mappings(value: object) -> Sequence[Mapping[str, object]]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise TypeError("not a list")
    return [_mapping(entry) for entry in value]


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError("not a number")
    return int(value)
