"""``spreadsheets.values``: reading and writing the plain values of ranges."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.sandbox.google.a1 import Area, area_text, column_letters
from connectors.sandbox.google.entered import CHARACTERS_MAX, number, string, typed
from connectors.sandbox.google.errors import Json, invalid
from connectors.sandbox.google.formatted import effective_value, formatted, is_date, number_format_of
from connectors.sandbox.google.grid import Sheet
from connectors.sandbox.google.locales import Locale
from connectors.sandbox.google.masks import written
from connectors.sandbox.google.spreadsheet import Spreadsheet, Target, exceeds_grid

Value = str | float | bool


@dataclass(frozen=True, slots=True)
class Rendering:
    """How values are read."""

    value: str = "FORMATTED_VALUE"
    date: str = "SERIAL_NUMBER"
    dimension: str = "ROWS"


def read(book: Spreadsheet, target: Target, rendering: Rendering) -> Json:
    """Return a ValueRange: rows or columns without their empty ends."""
    area = target.sheet.clipped(target.area)
    is_rows = rendering.dimension != "COLUMNS"
    lines: list[list[Value]] = []
    cells = [(row - area.top, column - area.left, cell) for row, column, cell in target.sheet.cells_in(area)]
    for first, second, cell in cells if is_rows else sorted(((c, r, cell) for r, c, cell in cells), key=_place):
        value = _rendered(cell, rendering, book.locale_table)
        if value == "" and not isinstance(value, bool):
            continue
        lines += [[] for _ in range(first + 1 - len(lines))]
        lines[first] += [""] * (second - len(lines[first]))
        lines[first].append(value)
    answer: Json = {"range": target.text, "majorDimension": "ROWS" if is_rows else "COLUMNS"}
    return {**answer, "values": lines} if lines else answer


def _place(item: tuple[int, int, Json]) -> tuple[int, int]:
    return item[:2]


def _rendered(cell: Json, rendering: Rendering, locale: Locale) -> Value:
    entered: Json = cell.get("userEnteredValue", {})
    if rendering.value == "FORMULA" and "formulaValue" in entered:
        return str(entered["formulaValue"])
    value = effective_value(cell)
    if not value:
        return ""
    is_text_date = rendering.date == "FORMATTED_STRING" and is_date(cell)
    if rendering.value in {"", "FORMATTED_VALUE"} or is_text_date or "errorValue" in value:
        return formatted(cell, locale)
    plain: Value = next(iter(value.values()))
    return int(plain) if isinstance(plain, float) and plain == int(plain) and abs(plain) < 2**53 else plain


def write(draft: Spreadsheet, value_range: Json, text: str, option: str, rendering: Rendering | None = None) -> Json:
    """Write the values of a ValueRange into a range of a draft; return the UpdateValuesResponse."""
    _check_option(option)
    target = draft.resolve(text)
    rows = _rows(value_range)
    written_to = Target(target.sheet, _area_written(target, rows), is_cell=False)
    return _write_rows(draft, written_to, rows, option, rendering)


def _check_option(option: str) -> None:
    if option not in {"RAW", "USER_ENTERED"}:
        raise invalid("'valueInputOption' is required but not specified")


def _rows(value_range: Json) -> list[list[object]]:
    lines: list[list[object]] = value_range.get("values", [])
    for row, line in enumerate(lines):
        for column, value in enumerate(line):
            if isinstance(value, dict | list):
                kind = "struct_value" if isinstance(value, dict) else "list_value"
                raise invalid(f"Invalid values[{row}][{column}]: {kind} {json.dumps(value)[:100]}")
    if value_range.get("majorDimension") != "COLUMNS":
        return lines
    height = max(map(len, lines), default=0)
    return [[line[row] if row < len(line) else None for line in lines] for row in range(height)]


def _area_written(target: Target, rows: Sequence[Sequence[object]]) -> Area:
    """Return where the values go. A single cell only says where to begin; other ranges must hold them all."""
    height, width = len(rows), max(map(len, rows), default=0)
    limit, sheet = target.area, target.sheet
    area = Area(limit.top, limit.top + height, limit.left, limit.left + width)
    if sheet.exceeds(limit):
        raise exceeds_grid(sheet, limit)
    if target.is_cell:
        if sheet.exceeds(area):
            raise exceeds_grid(sheet, area)
        return area
    if height > limit.height or width > limit.width:
        beyond = f"row [{limit.bottom + 1}]" if height > limit.height else f"column [{column_letters(limit.right)}]"
        within = area_text(sheet.title, limit)
        raise invalid(f"Requested writing within range [{within}], but tried writing to {beyond}")
    return area


def _write_rows(
    draft: Spreadsheet, target: Target, rows: Sequence[Sequence[object]], option: str, rendering: Rendering | None
) -> Json:
    """Write rows at an area that holds them; None leaves a cell as it is, the empty text clears it."""
    sheet, area = target.sheet, target.area
    draft.guard(sheet, area)
    count = 0
    for row, values in enumerate(rows, start=area.top):
        for column, value in enumerate(values, start=area.left):
            if value is not None:
                count += 1
                sheet.put(row, column, _entered(sheet.cell(row, column), value, option, draft.locale_table))
    answer: Json = {"spreadsheetId": draft.id, "updatedRange": area_text(sheet.title, area)}
    if count:
        answer |= {"updatedRows": area.height, "updatedColumns": area.width, "updatedCells": count}
    if rendering is not None:
        answer["updatedData"] = read(draft, target, rendering)
    return answer


def _entered(old: Json, value: object, option: str, locale: Locale) -> Json:
    """Return the cell after a value was put into it. A number format that it has stays."""
    held = number_format_of(old)
    if isinstance(value, bool):
        new: Json = {"userEnteredValue": {"boolValue": value}}
    elif isinstance(value, int | float):
        new = number(value)
    else:
        text = str(value)
        if len(text) > CHARACTERS_MAX:
            limit = f"the maximum of {CHARACTERS_MAX} characters in a single cell."
            raise invalid(f"Your input contains more than {limit}")
        is_typed = option == "USER_ENTERED"
        new = typed(text, locale, held) if is_typed else (string(text) if text else {})
    cell = written(old, new, {"userEnteredValue": {}})
    if "userEnteredFormat" in new and not held:
        cell = written(cell, new, {"userEnteredFormat": {"numberFormat": {}}})
    return cell


def clear(draft: Spreadsheet, text: str) -> str:
    """Clear the values of a range, leaving formats and notes; return the range."""
    target = draft.resolve(text)
    area = target.sheet.clipped(target.area)
    draft.guard(target.sheet, area)
    for row, column, cell in list(target.sheet.cells_in(area)):
        target.sheet.put(row, column, written(cell, {}, {"userEnteredValue": {}}))
    return target.text


def append(
    draft: Spreadsheet, value_range: Json, text: str, option: str, *, inserts_rows: bool, rendering: Rendering | None
) -> Json:
    """Write rows below the last table in a range, adding rows to the grid as needed; return the answer."""
    _check_option(option)
    target = draft.resolve(text)
    rows = _rows(value_range)
    sheet = target.sheet
    table = _last_table(sheet, sheet.clipped(target.area))
    top, left = (table.bottom, table.left) if table is not None else (target.area.top, target.area.left)
    area = Area(top, top + len(rows), left, left + max(map(len, rows), default=0))
    if inserts_rows and top < sheet.row_count and rows:
        draft.shift(sheet, True, top, len(rows))
    if area.bottom > sheet.row_count:
        sheet.shift(True, sheet.row_count, area.bottom - sheet.row_count)
    if area.right > sheet.column_count:
        sheet.shift(False, sheet.column_count, area.right - sheet.column_count)
    updates = _write_rows(draft, Target(sheet, area, is_cell=False), rows, option, rendering)
    answer: Json = {"spreadsheetId": draft.id, "updates": updates}
    return answer | ({"tableRange": area_text(sheet.title, table)} if table is not None else {})


def _last_table(sheet: Sheet, within: Area) -> Area | None:
    """Return the box around the cells that hang together with the last value in the range."""
    filled = {(row, column) for row, column, cell in sheet.cells_in(sheet.area_whole) if cell.get("userEnteredValue")}
    starts = [(row, column) for row, column, _ in sheet.cells_in(within) if (row, column) in filled]
    if not starts:
        return None
    waiting = [max(starts)]
    table = set(waiting)
    while waiting:
        row, column = waiting.pop()
        near = {(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)}
        found = (near & filled) - table
        table |= found
        waiting += found
    rows, columns = [row for row, _ in table], [column for _, column in table]
    return Area(min(rows), max(rows) + 1, min(columns), max(columns) + 1)
