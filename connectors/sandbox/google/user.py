"""What the person at the screen does to the spreadsheet while programs work on it."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.sandbox.google.batch import run_as_user
from connectors.sandbox.google.entered import typed
from connectors.sandbox.google.errors import Json
from connectors.sandbox.google.formatted import effective_value, formatted, number_format_of
from connectors.sandbox.google.grid import Sheet
from connectors.sandbox.google.places import grid_range_of
from connectors.sandbox.google.spreadsheet import Spreadsheet


class User:
    """Edits by hand: ranges are A1 texts (``Targets!B2``). Raises `ApiError` where a sheet would refuse."""

    def __init__(self, spreadsheet: Spreadsheet) -> None:
        self.spreadsheet = spreadsheet

    def _range(self, text: str) -> Json:
        target = self.spreadsheet.resolve(text)
        return grid_range_of(target.sheet.id, target.area)

    def _tab(self, title: str) -> Sheet:
        sheet = self.spreadsheet.sheet_titled(title)
        if sheet is None:
            raise KeyError(f"There is no tab {title!r}.")
        return sheet

    def _do(self, kind: str, body: Json) -> Json:
        reply: Json = run_as_user(self.spreadsheet, [{kind: body}])[0].get(kind, {})
        return reply

    def cell(self, place: str) -> Json:
        """Return the members of a cell: value, format, note."""
        target = self.spreadsheet.resolve(place)
        return target.sheet.cell(target.area.top, target.area.left)

    def shown(self, place: str) -> str:
        """Return what a cell shows."""
        return formatted(self.cell(place), self.spreadsheet.locale_table)

    def value(self, place: str) -> str | float | bool | None:
        """Return the value of a cell: text, number, boolean, or None if it is empty or a formula not computed."""
        value = effective_value(self.cell(place)) or {}
        found: str | float | bool | None = next((each for name, each in value.items() if name != "errorValue"), None)
        return found

    def rows(self, tab: str) -> list[list[str]]:
        """Return what the cells of a tab show, without the empty end of the tab and of its rows."""
        sheet, locale = self._tab(tab), self.spreadsheet.locale_table
        shown: list[list[str]] = [[] for _ in range(max(sheet.rows, default=-1) + 1)]
        for row, column, cell in sheet.cells_in(sheet.area_whole):
            text = formatted(cell, locale)
            if text:
                shown[row] += [""] * (column - len(shown[row])) + [text]
        while shown and not shown[-1]:
            shown.pop()
        return shown

    def set_cell(self, place: str, text: str) -> None:
        """Type a text into a cell; it becomes what the locale makes of it."""
        self.set_rows(place, [[text]])

    def set_rows(self, place: str, rows: Sequence[Sequence[str]]) -> None:
        """Type rows of texts, beginning at a cell. A cell keeps the number format that it has."""
        target = self.spreadsheet.resolve(place)
        cells = [
            (target.area.top + row, target.area.left + column, text)
            for row, texts in enumerate(rows)
            for column, text in enumerate(texts)
        ]
        run_as_user(self.spreadsheet, [self._typing(target.sheet, *cell) for cell in cells])

    def _typing(self, sheet: Sheet, row: int, column: int, text: str) -> Json:
        held = number_format_of(sheet.cell(row, column))
        cell = typed(text, self.spreadsheet.locale_table, held)
        is_new_format = "userEnteredFormat" in cell and not held
        fields = "userEnteredValue" + (",userEnteredFormat.numberFormat" if is_new_format else "")
        place = {"sheetId": sheet.id, "rowIndex": row, "columnIndex": column}
        return {"updateCells": {"start": place, "rows": [{"values": [cell]}], "fields": fields}}

    def set_note(self, place: str, note: str) -> None:
        """Write a note on a cell; an empty one takes it away."""
        cell = {"note": note} if note else {}
        self._do("repeatCell", {"range": self._range(place), "cell": cell, "fields": "note"})

    def set_colour(self, place: str, red: float, green: float, blue: float) -> None:
        """Colour the background; parts from 0 to 1."""
        background = {"red": red, "green": green, "blue": blue}
        body = {"cell": {"userEnteredFormat": {"backgroundColor": background}}}
        fields = "userEnteredFormat.backgroundColor"
        self._do("repeatCell", {"range": self._range(place), **body, "fields": fields})

    def merge(self, place: str) -> None:
        """Merge cells into one; the first keeps its value."""
        self._do("mergeCells", {"range": self._range(place), "mergeType": "MERGE_ALL"})

    def insert_column(self, tab: str, before: int, count: int = 1) -> None:
        """Insert columns before the one with this number, from zero."""
        self._insert(tab, "COLUMNS", before, count)

    def insert_row(self, tab: str, before: int, count: int = 1) -> None:
        """Insert rows before the one with this number, from zero."""
        self._insert(tab, "ROWS", before, count)

    def _insert(self, tab: str, dimension: str, start: int, count: int) -> None:
        span = {"sheetId": self._tab(tab).id, "dimension": dimension, "startIndex": start, "endIndex": start + count}
        self._do("insertDimension", {"range": span})

    def delete_column(self, tab: str, column: int) -> None:
        """Delete a column, counted from zero."""
        span = {"sheetId": self._tab(tab).id, "dimension": "COLUMNS", "startIndex": column, "endIndex": column + 1}
        self._do("deleteDimension", {"range": span})

    def delete_row(self, tab: str, row: int) -> None:
        """Delete a row, counted from zero."""
        span = {"sheetId": self._tab(tab).id, "dimension": "ROWS", "startIndex": row, "endIndex": row + 1}
        self._do("deleteDimension", {"range": span})

    def add_tab(self, title: str) -> int:
        """Add a tab at the end and return its sheet id."""
        return int(self._do("addSheet", {"properties": {"title": title}})["properties"]["sheetId"])

    def rename_tab(self, title: str, new_title: str) -> None:
        """Give a tab another title."""
        properties = {"sheetId": self._tab(title).id, "title": new_title}
        self._do("updateSheetProperties", {"properties": properties, "fields": "title"})

    def move_tab(self, title: str, index: int) -> None:
        """Move a tab before the one that is now at the index."""
        properties = {"sheetId": self._tab(title).id, "index": index}
        self._do("updateSheetProperties", {"properties": properties, "fields": "index"})

    def delete_tab(self, title: str) -> None:
        """Delete a tab."""
        self._do("deleteSheet", {"sheetId": self._tab(title).id})

    def add_named_range(self, name: str, place: str) -> str:
        """Name a range and return its id."""
        named = self._do("addNamedRange", {"namedRange": {"name": name, "range": self._range(place)}})
        return str(named["namedRange"]["namedRangeId"])

    def protect(self, place: str) -> None:
        """Protect a range against everybody else."""
        self._do("addProtectedRange", {"protectedRange": {"range": self._range(place)}})

    def add_chart(self, title: str, domain: str, series: str, anchor: str) -> int:
        """Put a column chart of two ranges at a cell and return its id."""
        at = self.spreadsheet.resolve(anchor)
        cell = {"sheetId": at.sheet.id, "rowIndex": at.area.top, "columnIndex": at.area.left}
        domains = [{"domain": {"sourceRange": {"sources": [self._range(domain)]}}}]
        drawn = [{"series": {"sourceRange": {"sources": [self._range(series)]}}, "targetAxis": "LEFT_AXIS"}]
        spec = {"title": title, "basicChart": {"chartType": "COLUMN", "domains": domains, "series": drawn}}
        position = {"overlayPosition": {"anchorCell": cell}}
        reply = self._do("addChart", {"chart": {"spec": spec, "position": position}})
        return int(reply["chart"]["chartId"])

    def set_locale(self, locale: str) -> None:
        """Change the locale of the spreadsheet."""
        self._do("updateSpreadsheetProperties", {"properties": {"locale": locale}, "fields": "locale"})

    def set_time_zone(self, time_zone: str) -> None:
        """Change the time zone of the spreadsheet."""
        self._do("updateSpreadsheetProperties", {"properties": {"timeZone": time_zone}, "fields": "timeZone"})

    def share(self, address: str, role: str = "writer") -> None:
        """Share the spreadsheet with an address."""
        self.spreadsheet.share(address, role)

    def unshare(self, address: str) -> None:
        """Stop sharing the spreadsheet with an address."""
        self.spreadsheet.unshare(address)
