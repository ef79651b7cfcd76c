"""The kinds of ``batchUpdate`` requests about rows and columns."""

from __future__ import annotations

from connectors.sandbox.google.a1 import Area
from connectors.sandbox.google.errors import Json, invalid
from connectors.sandbox.google.formatted import formatted
from connectors.sandbox.google.grid import Sheet
from connectors.sandbox.google.masks import write_mask, written
from connectors.sandbox.google.spreadsheet import CELLS_MAX, Spreadsheet

_CHARACTER_PIXELS, _MARGIN_PIXELS, _ROW_PIXELS = 7, 10, 21


def _span(book: Spreadsheet, body: Json | None) -> tuple[Sheet, bool, int, int]:
    """Return sheet, whether rows are meant, start and end of a DimensionRange; open ends are those of the grid."""
    if body is None or body.get("dimension") not in {"ROWS", "COLUMNS"}:
        raise invalid("A dimension must be specified.")
    sheet = book.sheet(body.get("sheetId", 0))
    is_rows = body["dimension"] == "ROWS"
    size = sheet.row_count if is_rows else sheet.column_count
    start, end = body.get("startIndex", 0), body.get("endIndex", size)
    if start < 0 or end <= start:
        raise invalid(f"range.endIndex[{end}] must be greater than range.startIndex[{start}]")
    return sheet, is_rows, start, end


def _check_growth(book: Spreadsheet, sheet: Sheet, is_rows: bool, count: int) -> None:
    grown = count * (sheet.column_count if is_rows else sheet.row_count)
    if book.cell_count + grown > CELLS_MAX:
        raise invalid(
            f"This action would increase the number of cells in the workbook above the limit of {CELLS_MAX} cells."
        )


def insert_dimension(book: Spreadsheet, body: Json) -> Json:
    """Insert empty rows or columns; everything behind them moves."""
    sheet, is_rows, start, end = _span(book, body.get("range"))
    size = sheet.row_count if is_rows else sheet.column_count
    if start > size:
        raise invalid(f"range.startIndex[{start}] is after the last index in grid[{size}]")
    if start == 0 and body.get("inheritFromBefore"):
        raise invalid("inheritFromBefore cannot be true when inserting at index 0.")
    _check_growth(book, sheet, is_rows, end - start)
    book.shift(sheet, is_rows, start, end - start)
    return {}


def append_dimension(book: Spreadsheet, body: Json) -> Json:
    """Add empty rows or columns at the end."""
    sheet = book.sheet(body.get("sheetId", 0))
    is_rows, length = body.get("dimension") == "ROWS", body.get("length", 0)
    if body.get("dimension") not in {"ROWS", "COLUMNS"} or length < 1:
        raise invalid("A dimension and a length greater than 0 must be specified.")
    _check_growth(book, sheet, is_rows, length)
    sheet.shift(is_rows, sheet.row_count if is_rows else sheet.column_count, length)
    return {}


def delete_dimension(book: Spreadsheet, body: Json) -> Json:
    """Delete rows or columns and what lies in them."""
    sheet, is_rows, start, end = _span(book, body.get("range"))
    size = sheet.row_count if is_rows else sheet.column_count
    if end > size:
        raise invalid(
            f"Cannot delete a {'row' if is_rows else 'column'} that doesn't exist. Tried to delete {end - 1}."
        )
    whole = sheet.area_whole
    book.guard(sheet, Area(start, end, 0, whole.right) if is_rows else Area(0, whole.bottom, start, end))
    book.shift(sheet, is_rows, start, start - end)
    return {}


def update_dimension_properties(book: Spreadsheet, body: Json) -> Json:
    """Set the size or visibility of rows or columns."""
    mask = write_mask(body.get("fields", ""), "DimensionProperties")
    sheet, is_rows, start, end = _span(book, body.get("range"))
    _check_end(sheet, is_rows, end)
    held = sheet.row_properties if is_rows else sheet.column_properties
    for index in range(start, end):
        held[index] = written(held.get(index, {}), body.get("properties", {}), mask)
    return {}


def _check_end(sheet: Sheet, is_rows: bool, end: int) -> None:
    size = sheet.row_count if is_rows else sheet.column_count
    if end > size:
        raise invalid(f"range.endIndex[{end}] is after the last index in grid[{size}]")


def auto_resize_dimensions(book: Spreadsheet, body: Json) -> Json:
    """Make columns as wide as their longest text, about; rows get their usual height."""
    sheet, is_rows, start, end = _span(book, body.get("dimensions"))
    _check_end(sheet, is_rows, end)
    if is_rows:
        for index in range(start, end):
            sheet.row_properties[index] = {**sheet.row_properties.get(index, {}), "pixelSize": _ROW_PIXELS}
        return {}
    widths = dict.fromkeys(range(start, end), 0)
    for _, column, cell in sheet.cells_in(Area(0, sheet.row_count, start, end)):
        widths[column] = max(widths[column], len(formatted(cell, book.locale_table)))
    for index, width in widths.items():
        pixels = width * _CHARACTER_PIXELS + _MARGIN_PIXELS
        sheet.column_properties[index] = {**sheet.column_properties.get(index, {}), "pixelSize": pixels}
    return {}
