"""The kinds of ``batchUpdate`` requests about whole tabs and the spreadsheet's own properties."""

from __future__ import annotations

import zoneinfo

from connectors.sandbox.google.a1 import COLUMNS_MAX
from connectors.sandbox.google.errors import Json, invalid
from connectors.sandbox.google.grid import COLUMNS_DEFAULT, ROWS_DEFAULT, Sheet, new_sheet
from connectors.sandbox.google.locales import LOCALES
from connectors.sandbox.google.masks import names, write_mask, written
from connectors.sandbox.google.metadata import location_sheet
from connectors.sandbox.google.spreadsheet import CELLS_MAX, Spreadsheet

_TITLE_CHARACTERS_MAX = 100


def sheet_properties(book: Spreadsheet, sheet: Sheet) -> Json:
    """Return the SheetProperties with the place among the tabs."""
    return {**sheet.properties, "index": book.sheets.index(sheet)}


def add_sheet(book: Spreadsheet, body: Json) -> Json:
    """Add a tab; its id and title are chosen where they are not given."""
    wanted: Json = body.get("properties", {})
    if wanted.get("sheetType", "GRID") != "GRID":
        raise invalid("Only grid sheets can be added to this spreadsheet; other sheet types are not supported.")
    title = wanted.get("title") or _free_title(book)
    sheet_id = wanted.get("sheetId", book.next_id())
    if any(sheet.id == sheet_id for sheet in book.sheets):
        raise invalid(f"A sheet with the id {sheet_id} already exists.")
    _check_title(book, title, None)
    grid = wanted.get("gridProperties", {})
    rows, columns = grid.get("rowCount") or ROWS_DEFAULT, grid.get("columnCount") or COLUMNS_DEFAULT
    sheet = new_sheet(sheet_id, title, rows, columns)
    _check_size(book, rows, columns, 0)
    kept = {name: value for name, value in wanted.items() if name not in {"index", "sheetId", "title"}}
    full_grid = {**grid, "rowCount": rows, "columnCount": columns}
    sheet.properties = {**sheet.properties, **kept, "gridProperties": full_grid}
    _check_frozen(sheet)
    index = wanted.get("index", len(book.sheets))
    if not 0 <= index <= len(book.sheets):
        raise invalid(f"The sheet index {index} is out of bounds; there are {len(book.sheets)} sheets.")
    book.sheets.insert(index, sheet)
    return {"properties": sheet_properties(book, sheet)}


def _free_title(book: Spreadsheet) -> str:
    number = len(book.sheets) + 1
    while book.sheet_titled(f"Sheet{number}") is not None:
        number += 1
    return f"Sheet{number}"


def _check_title(book: Spreadsheet, title: str, own: Sheet | None) -> None:
    if not title or len(title) > _TITLE_CHARACTERS_MAX:
        raise invalid(f"A sheet name must have 1 to {_TITLE_CHARACTERS_MAX} characters.")
    other = book.sheet_titled(title)
    if other is not None and other is not own:
        raise invalid(f'A sheet with the name "{title}" already exists. Please enter another name.')


def _check_size(book: Spreadsheet, rows: int, columns: int, own_cells: int) -> None:
    if rows < 1 or columns < 1:
        raise invalid("A sheet must have at least one row and one column.")
    if columns > COLUMNS_MAX:
        raise invalid(f"A sheet can have at most {COLUMNS_MAX} columns.")
    if rows * columns > own_cells and book.cell_count - own_cells + rows * columns > CELLS_MAX:
        raise invalid(
            f"This action would increase the number of cells in the workbook above the limit of {CELLS_MAX} cells."
        )


def _check_frozen(sheet: Sheet) -> None:
    grid = sheet.properties["gridProperties"]
    for name, frozen, size in (
        ("rows", "frozenRowCount", "rowCount"),
        ("columns", "frozenColumnCount", "columnCount"),
    ):
        if grid.get(frozen, 0) >= grid[size]:
            raise invalid(f"You can't freeze all visible {name} on the sheet.")


def delete_sheet(book: Spreadsheet, body: Json) -> Json:
    """Delete a tab and what lies on it."""
    sheet_id = body.get("sheetId", 0)
    index = next((index for index, sheet in enumerate(book.sheets) if sheet.id == sheet_id), None)
    if index is None:
        raise invalid(f"No sheet with id: {sheet_id}")
    if len(book.sheets) == 1:
        raise invalid("You can't remove all the sheets in a document.")
    book.guard(book.sheets[index], book.sheets[index].area_whole)
    del book.sheets[index]
    book.named_ranges = [each for each in book.named_ranges if each["range"].get("sheetId", 0) != sheet_id]
    book.metadata = [each for each in book.metadata if location_sheet(each["location"]) != sheet_id]
    return {}


def update_sheet_properties(book: Spreadsheet, body: Json) -> Json:
    """Change title, place, colour, visibility or grid of a tab."""
    mask = write_mask(body.get("fields", ""), "SheetProperties")
    wanted: Json = body.get("properties", {})
    sheet = book.sheet(wanted.get("sheetId", 0))
    if names(mask, "title"):
        _check_title(book, wanted.get("title", ""), sheet)
    old_grid = sheet.properties["gridProperties"]
    properties = written(sheet.properties, wanted, mask)
    new_grid = {
        "rowCount": sheet.row_count,
        "columnCount": sheet.column_count,
        **properties.get("gridProperties", {}),
    }
    properties.pop("index", None)
    fixed = {"sheetId": sheet.id, "sheetType": "GRID", "gridProperties": {**new_grid, **_size(old_grid)}}
    sheet.properties = {**properties, **fixed}
    _set_size(book, sheet, new_grid["rowCount"], new_grid["columnCount"])
    _check_frozen(sheet)
    if names(mask, "index"):
        _move(book, sheet, wanted.get("index", len(book.sheets)))
    return {}


def _size(grid: Json) -> Json:
    return {"rowCount": grid["rowCount"], "columnCount": grid["columnCount"]}


def _set_size(book: Spreadsheet, sheet: Sheet, rows: int, columns: int) -> None:
    """Change the size, rows first: the limit is checked for the new rows against the columns of before."""
    _check_size(book, rows, sheet.column_count, sheet.cell_count)
    _set_count(book, sheet, True, sheet.row_count, rows)
    _check_size(book, rows, columns, sheet.cell_count)
    _set_count(book, sheet, False, sheet.column_count, columns)


def _set_count(book: Spreadsheet, sheet: Sheet, is_rows: bool, old: int, new: int) -> None:
    if new < old:
        book.shift(sheet, is_rows, new, new - old)
    elif new > old:
        sheet.shift(is_rows, old, new - old)


def _move(book: Spreadsheet, sheet: Sheet, index: int) -> None:
    """Move a tab before the one that is now at the index."""
    if not 0 <= index <= len(book.sheets):
        raise invalid(f"The sheet index {index} is out of bounds; there are {len(book.sheets)} sheets.")
    current = book.sheets.index(sheet)
    book.sheets.insert(index, sheet)
    del book.sheets[current if index > current else current + 1]


def update_spreadsheet_properties(book: Spreadsheet, body: Json) -> Json:
    """Change title, locale, time zone or recalculation of the spreadsheet."""
    mask = write_mask(body.get("fields", ""), "SpreadsheetProperties")
    properties = written(book.properties, body.get("properties", {}), mask)
    title, locale, time_zone = (properties.get(name, "") for name in ("title", "locale", "timeZone"))
    if not title:
        raise invalid("A spreadsheet must have a title.")
    if locale not in LOCALES:
        raise invalid(
            f"The locale {locale} is not supported by the sandbox: use one of {', '.join(sorted(LOCALES))}."
        )
    if time_zone not in zoneinfo.available_timezones():
        raise invalid(f"Invalid time zone: {time_zone}")
    book.title, book.locale, book.time_zone = title, locale, time_zone
    own = {"title", "locale", "timeZone"}
    book.extra_properties = {name: value for name, value in properties.items() if name not in own}
    return {}
