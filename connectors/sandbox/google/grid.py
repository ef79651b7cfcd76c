"""One tab: its properties, its cells, and what lies on them. Cells are messages that are replaced, never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from connectors.sandbox.google.a1 import Area, Bounds
from connectors.sandbox.google.errors import Json, invalid
from connectors.sandbox.google.places import moved_dimension_keys, moved_places

ROWS_DEFAULT, COLUMNS_DEFAULT = 1_000, 26
_EMPTY: Json = {}
_NO_CELLS: dict[int, Json] = {}


@dataclass(slots=True)
class Sheet:
    """A tab. Rows and columns count from zero; only cells that hold something are kept."""

    properties: Json
    rows: dict[int, dict[int, Json]] = field(default_factory=dict)
    row_properties: dict[int, Json] = field(default_factory=dict)
    column_properties: dict[int, Json] = field(default_factory=dict)
    merges: list[Json] = field(default_factory=list)
    conditional_formats: list[Json] = field(default_factory=list)
    protected_ranges: list[Json] = field(default_factory=list)
    charts: list[Json] = field(default_factory=list)
    basic_filter: Json | None = None

    @property
    def id(self) -> int:
        """Return the sheet id, which stays when the tab is renamed or moved."""
        return int(self.properties["sheetId"])

    @property
    def title(self) -> str:
        """Return the name on the tab."""
        return str(self.properties["title"])

    @property
    def row_count(self) -> int:
        """Return how many rows the grid has."""
        return int(self.properties["gridProperties"]["rowCount"])

    @property
    def column_count(self) -> int:
        """Return how many columns the grid has."""
        return int(self.properties["gridProperties"]["columnCount"])

    @property
    def cell_count(self) -> int:
        """Return how many cells the grid has, empty ones too: they count against the limit."""
        return self.row_count * self.column_count

    def copy(self) -> Sheet:
        """Return a sheet that can be changed without changing this one."""
        return Sheet(
            self.properties,
            {index: dict(row) for index, row in self.rows.items()},
            dict(self.row_properties),
            dict(self.column_properties),
            list(self.merges),
            list(self.conditional_formats),
            list(self.protected_ranges),
            list(self.charts),
            self.basic_filter,
        )

    def cell(self, row: int, column: int) -> Json:
        """Return the cell's members; an empty message if it holds nothing. Not to be changed in place."""
        return self.rows.get(row, _NO_CELLS).get(column, _EMPTY)

    def put(self, row: int, column: int, cell: Json) -> None:
        """Replace a cell."""
        if cell:
            self.rows.setdefault(row, {})[column] = cell
        elif column in self.rows.get(row, _NO_CELLS):
            del self.rows[row][column]
            if not self.rows[row]:
                del self.rows[row]

    @property
    def area_whole(self) -> Area:
        """Return the area of the whole grid."""
        return Area(0, self.row_count, 0, self.column_count)

    def area(self, bounds: Bounds) -> Area:
        """Return the bounds with open ends closed by the grid. They may still exceed it."""
        return Area(
            bounds.top or 0,
            self.row_count if bounds.bottom is None else bounds.bottom,
            bounds.left or 0,
            self.column_count if bounds.right is None else bounds.right,
        )

    def clipped(self, area: Area) -> Area:
        """Return the part of an area that lies in the grid."""
        bottom, right = min(area.bottom, self.row_count), min(area.right, self.column_count)
        return Area(min(area.top, bottom), bottom, min(area.left, right), right)

    def exceeds(self, area: Area) -> bool:
        """Return whether an area lies partly outside the grid."""
        return area.bottom > self.row_count or area.right > self.column_count

    def cells_in(self, area: Area) -> Iterator[tuple[int, int, Json]]:
        """Yield row, column and members of the cells in an area that hold something, in order."""
        for row_index in sorted(self.rows) if len(self.rows) < area.height else range(area.top, area.bottom):
            row = self.rows.get(row_index, _NO_CELLS)
            if row and area.top <= row_index < area.bottom:
                for column in sorted(row):
                    if area.left <= column < area.right:
                        yield row_index, column, row[column]

    def resize(self, rows: int, columns: int) -> None:
        """Change the grid's size; what lies outside afterwards is gone."""
        grid = {**self.properties["gridProperties"], "rowCount": rows, "columnCount": columns}
        self.properties = {**self.properties, "gridProperties": grid}
        kept = Area(0, rows, 0, columns)
        self.rows = _within(self.rows, kept)
        self.row_properties = {index: value for index, value in self.row_properties.items() if index < rows}
        self.column_properties = {index: value for index, value in self.column_properties.items() if index < columns}

    def shift(self, is_rows: bool, start: int, count: int) -> None:
        """Insert ``count`` rows or columns before ``start``, or delete ``-count`` from there on."""
        grid = self.properties["gridProperties"]
        name = "rowCount" if is_rows else "columnCount"
        size = grid[name] + count
        if size < 1:
            raise invalid(f"You can't delete all the {'rows' if is_rows else 'columns'} on the sheet.")
        if is_rows:
            self.rows = moved_dimension_keys(self.rows, start, count)
            self.row_properties = moved_dimension_keys(self.row_properties, start, count)
        else:
            moved = {index: moved_dimension_keys(row, start, count) for index, row in self.rows.items()}
            self.rows = {index: row for index, row in moved.items() if row}
            self.column_properties = moved_dimension_keys(self.column_properties, start, count)
        self.properties = {**self.properties, "gridProperties": {**grid, name: size}}

    def move_objects(self, move: Callable[[Json], Json | None]) -> None:
        """Replace everything on the sheet that has places by what the function makes of it; None drops it."""
        self.merges = moved_places(self.merges, move)
        self.conditional_formats = moved_places(self.conditional_formats, move)
        self.protected_ranges = moved_places(self.protected_ranges, move)
        self.charts = moved_places(self.charts, move)
        self.basic_filter = move(self.basic_filter) if self.basic_filter is not None else None


def _within(rows: dict[int, dict[int, Json]], area: Area) -> dict[int, dict[int, Json]]:
    kept = {
        index: {column: cell for column, cell in row.items() if column < area.right}
        for index, row in rows.items()
        if index < area.bottom
    }
    return {index: row for index, row in kept.items() if row}


def new_sheet(sheet_id: int, title: str, rows: int = ROWS_DEFAULT, columns: int = COLUMNS_DEFAULT) -> Sheet:
    """Return an empty grid."""
    grid = {"rowCount": rows, "columnCount": columns}
    return Sheet({"sheetId": sheet_id, "title": title, "sheetType": "GRID", "gridProperties": grid})
