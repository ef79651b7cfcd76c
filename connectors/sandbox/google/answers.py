"""A spreadsheet as ``spreadsheets.get`` answers it."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.sandbox.google.a1 import Area
from connectors.sandbox.google.errors import Json
from connectors.sandbox.google.formatted import effective_value, formatted
from connectors.sandbox.google.grid import Sheet
from connectors.sandbox.google.locales import Locale
from connectors.sandbox.google.masks import Mask, names, selected
from connectors.sandbox.google.metadata import on_sheet
from connectors.sandbox.google.places import answered
from connectors.sandbox.google.spreadsheet import Spreadsheet, Target
from connectors.sandbox.google.tab_requests import sheet_properties

_ROW_PIXELS, _COLUMN_PIXELS = 21, 100
_RENDERED = ("effectiveValue", "formattedValue", "effectiveFormat")
_CELLS = ("sheets", "data", "rowData", "values")


def spreadsheet_answer(
    book: Spreadsheet,
    viewer: str,
    *,
    targets: Sequence[Target] = (),
    has_grid_data: bool = False,
    mask: Mask | None = None,
) -> Json:
    """Return the Spreadsheet message: with targets only their tabs and areas, with a mask only its members.

    A mask decides by itself whether grid data are meant.
    """
    fields: Mask = mask if mask is not None else {}
    has_data = names(fields, "sheets", "data") if mask else has_grid_data
    sheets = [sheet for sheet in book.sheets if not targets or any(each.sheet is sheet for each in targets)]
    sheet_answers = [_sheet_answer(book, sheet, targets, fields if has_data else None) for sheet in sheets]
    for each in sheet_answers:
        if "protectedRanges" in each:
            each["protectedRanges"] = [_protected(one, viewer) for one in each["protectedRanges"]]
    answer: Json = {
        "spreadsheetId": book.id,
        "properties": book.properties,
        "sheets": sheet_answers,
        "namedRanges": book.named_ranges,
        "developerMetadata": on_sheet(book, None),
        "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{book.id}/edit",
    }
    result: Json = answered(selected(_without_empty(answer), fields))
    return result


def _without_empty(answer: Json) -> Json:
    return {name: value for name, value in answer.items() if value not in ([], None)}


def _sheet_answer(book: Spreadsheet, sheet: Sheet, targets: Sequence[Target], fields: Mask | None) -> Json:
    answer: Json = {
        "properties": sheet_properties(book, sheet),
        "merges": sheet.merges,
        "conditionalFormats": sheet.conditional_formats,
        "protectedRanges": sheet.protected_ranges,
        "basicFilter": sheet.basic_filter,
        "charts": sheet.charts,
        "developerMetadata": on_sheet(book, sheet.id),
    }
    if fields is not None:
        areas = [sheet.clipped(each.area) for each in targets if each.sheet is sheet] or [sheet.area_whole]
        answer["data"] = [_grid_data(book, sheet, area, fields) for area in areas]
    return _without_empty(answer)


def _protected(protected: Json, viewer: str) -> Json:
    """Return a protected range with whether the account that asks may edit it."""
    users = protected.get("editors", {}).get("users", ())
    can_edit = bool(protected.get("warningOnly")) or viewer in users
    return {**protected, "requestingUserCanEdit": True} if can_edit else protected


def _grid_data(book: Spreadsheet, sheet: Sheet, area: Area, fields: Mask) -> Json:
    wanted = {name for name in _RENDERED if names(fields, *_CELLS, name)}
    default: Json = book.properties["defaultFormat"]
    rows: list[Json] = []
    for row, column, cell in sheet.cells_in(area):
        rows += [{} for _ in range(row - area.top + 1 - len(rows))]
        values = rows[-1].setdefault("values", [])
        values += [{} for _ in range(column - area.left - len(values))]
        values.append(_cell_answer(cell, wanted, book.locale_table, default))
    heights, widths = sheet.row_properties, sheet.column_properties
    data: Json = {
        "startRow": area.top,
        "startColumn": area.left,
        "rowData": rows,
        "rowMetadata": [{"pixelSize": _ROW_PIXELS, **heights.get(row, {})} for row in range(area.top, area.bottom)],
        "columnMetadata": [
            {"pixelSize": _COLUMN_PIXELS, **widths.get(at, {})} for at in range(area.left, area.right)
        ],
    }
    return {name: value for name, value in data.items() if value not in (0, [])}


def _cell_answer(cell: Json, wanted: set[str], locale: Locale, default_format: Json) -> Json:
    answer = dict(cell)
    value = effective_value(cell)
    if "effectiveValue" in wanted and value is not None:
        answer["effectiveValue"] = value
    if "formattedValue" in wanted and value is not None:
        answer["formattedValue"] = formatted(cell, locale)
    if "effectiveFormat" in wanted:
        answer["effectiveFormat"] = {**default_format, **cell.get("userEnteredFormat", {})}
    return answer
