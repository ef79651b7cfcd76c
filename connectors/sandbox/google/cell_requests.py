"""The kinds of ``batchUpdate`` requests that write cells: values, formats, notes, validation, merges, borders."""

from __future__ import annotations

from connectors.sandbox.google.a1 import Area
from connectors.sandbox.google.entered import CHARACTERS_MAX
from connectors.sandbox.google.errors import Json, invalid
from connectors.sandbox.google.grid import Sheet
from connectors.sandbox.google.masks import Mask, write_mask, written
from connectors.sandbox.google.places import bounds_of, grid_range_of
from connectors.sandbox.google.spreadsheet import Spreadsheet

_READ_ONLY = ("effectiveValue", "effectiveFormat", "formattedValue", "hyperlink")
_SIDES = ("top", "bottom", "left", "right")


def area_of(book: Spreadsheet, grid_range: Json | None) -> tuple[Sheet, Area]:
    """Return the sheet and the area of a GridRange. Raises `ApiError` if it is not inside the grid."""
    if grid_range is None:
        raise invalid("A range must be specified.")
    sheet = book.sheet(grid_range.get("sheetId", 0))
    area = sheet.area(bounds_of(grid_range))
    for name, start, end, size in (
        ("Row", area.top, area.bottom, sheet.row_count),
        ("Column", area.left, area.right, sheet.column_count),
    ):
        if start < 0 or end <= start:
            raise invalid(f"GridRange.end{name}Index[{end}] must be after GridRange.start{name}Index[{start}]")
        if end > size:
            raise invalid(f"GridRange.end{name}Index[{end}] is after last {name.lower()} in grid[{size}]")
    return sheet, area


def update_cells(book: Spreadsheet, body: Json) -> Json:
    """Write rows of cells. With ``range``, the listed fields of cells without data are cleared."""
    mask = _cell_mask(body.get("fields", ""))
    rows = [row.get("values", []) for row in body.get("rows", [])]
    if "range" in body:
        sheet, area = area_of(book, body["range"])
        _check_covered(rows, area)
        cells = [
            (row, column, _given(rows, row - area.top, column - area.left))
            for row in range(area.top, area.bottom)
            for column in range(area.left, area.right)
        ]
    else:
        sheet, area = _area_from(book, body.get("start"), rows)
        cells = [
            (area.top + row, area.left + column, cell)
            for row, values in enumerate(rows)
            for column, cell in enumerate(values)
        ]
    book.guard(sheet, area)
    for row, column, cell in cells:
        _write(sheet, row, column, cell, mask)
    return {}


def _cell_mask(text: str) -> Mask:
    mask = write_mask(text, "CellData")
    for name in _READ_ONLY:
        if name in mask:
            raise invalid(f"The field '{name}' is read-only.")
    return mask


def _check_covered(rows: list[list[Json]], area: Area) -> None:
    if len(rows) > area.height:
        raise invalid(f"Attempting to write row: {area.bottom}, beyond the last requested row of: {area.bottom - 1}")
    if max(map(len, rows), default=0) > area.width:
        last = area.right - 1
        raise invalid(f"Attempting to write column: {area.right}, beyond the last requested column of: {last}")


def _area_from(book: Spreadsheet, start: Json | None, rows: list[list[Json]]) -> tuple[Sheet, Area]:
    if start is None:
        raise invalid("Either a start or a range must be specified.")
    sheet = book.sheet(start.get("sheetId", 0))
    top, left = start.get("rowIndex", 0), start.get("columnIndex", 0)
    for name, index, size in (("row", top, sheet.row_count), ("column", left, sheet.column_count)):
        if not 0 <= index < size:
            raise invalid(f"GridCoordinate.{name}Index[{index}] is after last {name} in grid[{size - 1}]")
    area = Area(top, top + len(rows), left, left + max(map(len, rows), default=0))
    _check_covered(rows, sheet.clipped(area))
    return sheet, area


def _given(rows: list[list[Json]], row: int, column: int) -> Json:
    return rows[row][column] if row < len(rows) and column < len(rows[row]) else {}


def _write(sheet: Sheet, row: int, column: int, new: Json, mask: Mask) -> None:
    _check_cell(new)
    kept = {name: value for name, value in new.items() if name not in _READ_ONLY}
    cell = written(sheet.cell(row, column), kept, mask)
    if cell.get("userEnteredValue") == {} or cell.get("userEnteredFormat") == {}:
        cell = {name: value for name, value in cell.items() if value != {}}
    sheet.put(row, column, cell)


def _check_cell(cell: Json) -> None:
    value = cell.get("userEnteredValue", {})
    if "errorValue" in value:
        raise invalid("userEnteredValue.errorValue is read-only.")
    if len(value.get("stringValue", "")) > CHARACTERS_MAX or len(value.get("formulaValue", "")) > CHARACTERS_MAX:
        raise invalid(f"Your input contains more than the maximum of {CHARACTERS_MAX} characters in a single cell.")
    if "formulaValue" in value and not value["formulaValue"].startswith("="):
        raise invalid("A formulaValue must begin with '='.")
    number_format = cell.get("userEnteredFormat", {}).get("numberFormat")
    if number_format is not None and "type" not in number_format:
        raise invalid("The type of a numberFormat must be specified.")


def repeat_cell(book: Spreadsheet, body: Json) -> Json:
    """Write the same cell all over a range."""
    mask = _cell_mask(body.get("fields", ""))
    sheet, area = area_of(book, body.get("range"))
    book.guard(sheet, area)
    cell = body.get("cell", {})
    for row in range(area.top, area.bottom):
        for column in range(area.left, area.right):
            _write(sheet, row, column, cell, mask)
    return {}


def set_data_validation(book: Spreadsheet, body: Json) -> Json:
    """Set the validation rule of a range, or clear it if there is none in the request."""
    sheet, area = area_of(book, body.get("range"))
    book.guard(sheet, area)
    if "rule" in body and "type" not in body["rule"].get("condition", {}):
        raise invalid("A data validation rule must have a condition with a type.")
    cell = {"dataValidation": body["rule"]} if "rule" in body else {}
    for row in range(area.top, area.bottom):
        for column in range(area.left, area.right):
            _write(sheet, row, column, cell, {"dataValidation": {}})
    return {}


def set_basic_filter(book: Spreadsheet, body: Json) -> Json:
    """Set the filter of a sheet."""
    wanted = body.get("filter", {})
    sheet, _ = area_of(book, wanted.get("range"))
    sheet.basic_filter = wanted
    return {}


def merge_cells(book: Spreadsheet, body: Json) -> Json:
    """Merge a range into one cell, or its rows or columns into one each; only the first value of each is kept."""
    sheet, area = area_of(book, body.get("range"))
    book.guard(sheet, area)
    merged = [sheet.area(bounds_of(each)) for each in sheet.merges]
    if any(each.meets(area) and not area.holds(each) for each in merged):
        raise invalid("You must select all cells in a merged range to merge or unmerge them.")
    sheet.merges = [old for old, each in zip(sheet.merges, merged, strict=True) if not each.meets(area)]
    for part in _merge_parts(area, body.get("mergeType", "MERGE_ALL")):
        sheet.merges.append(grid_range_of(sheet.id, part))
        for row, column, cell in list(sheet.cells_in(part)):
            if (row, column) != (part.top, part.left):
                sheet.put(row, column, {name: value for name, value in cell.items() if name != "userEnteredValue"})
    return {}


def _merge_parts(area: Area, kind: str) -> list[Area]:
    if kind == "MERGE_ROWS":
        return [Area(row, row + 1, area.left, area.right) for row in range(area.top, area.bottom)]
    if kind == "MERGE_COLUMNS":
        return [Area(area.top, area.bottom, column, column + 1) for column in range(area.left, area.right)]
    return [area]


def update_borders(book: Spreadsheet, body: Json) -> Json:
    """Set the borders around and within a range; a side that is not given stays as it is."""
    sheet, area = area_of(book, body.get("range"))
    book.guard(sheet, area)
    for row in range(area.top, area.bottom):
        for column in range(area.left, area.right):
            borders = _borders_at(body, area, row, column)
            if borders:
                mask: Mask = {"userEnteredFormat": {"borders": {side: {} for side in borders}}}
                _write(sheet, row, column, {"userEnteredFormat": {"borders": borders}}, mask)
    return {}


def _borders_at(body: Json, area: Area, row: int, column: int) -> Json:
    at_edge = {
        "top": row == area.top,
        "bottom": row == area.bottom - 1,
        "left": column == area.left,
        "right": column == area.right - 1,
    }
    inner = {"top": "innerHorizontal", "bottom": "innerHorizontal", "left": "innerVertical", "right": "innerVertical"}
    chosen = {side: side if at_edge[side] else inner[side] for side in _SIDES}
    return {side: body[name] for side, name in chosen.items() if name in body}
