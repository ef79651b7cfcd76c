"""What a tab of ours holds, as values: typed cells that no spreadsheet can read as a formula."""

from __future__ import annotations

import datetime
import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

CellValue = float | int | str | bool | datetime.date | None
CellFormat = Literal["", "money", "percent", "count", "ratio", "number", "date", "text", "change", "points"]
CellStyle = Literal["", "title", "heading", "muted"]

LONGEST_TEXT: Final = 2_000  # a sentence or a name; Sheets itself stops at 50,000 characters a cell
_EPOCH: Final = datetime.date(1899, 12, 30)  # day 0 of the serial numbers of Sheets

_PATTERNS: Final[Mapping[CellFormat, Mapping[str, str]]] = {
    "money": {"type": "NUMBER", "pattern": "#,##0"},
    "percent": {"type": "PERCENT", "pattern": "0.0%"},
    "count": {"type": "NUMBER", "pattern": "#,##0"},
    "ratio": {"type": "NUMBER", "pattern": "#,##0.00"},
    "number": {"type": "NUMBER", "pattern": "#,##0.0"},
    "date": {"type": "DATE", "pattern": "yyyy-mm-dd"},
    "text": {"type": "TEXT"},
    "change": {"type": "PERCENT", "pattern": "+0.0%;-0.0%;0.0%"},
    "points": {"type": "NUMBER", "pattern": '+0.0" pts";-0.0" pts";0.0" pts"'},
}

_TEXT_STYLES: Final[Mapping[CellStyle, Mapping[str, object]]] = {
    "title": {"bold": True, "fontSize": 14},
    "heading": {"bold": True},
    "muted": {"italic": True},
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One typed value and how it is shown. ``style`` is applied once, when the tab is made: later it is the user's.

    A percent and a change are fractions (0.63), points are percentage points (63). Text is only ever text, whatever
    it begins with.
    """

    value: CellValue = None
    format: CellFormat = ""
    style: CellStyle = ""

    def __post_init__(self) -> None:
        if isinstance(self.value, float) and not math.isfinite(self.value):
            raise ValueError("A cell cannot hold an infinite number or one that is not a number; leave it blank.")


@dataclass(frozen=True, slots=True)
class TabContent:
    """All that a tab of ours shows. ``key`` names it for ever; ``title`` is only what a new tab is called.

    Rows may differ in length; short ones are blank at their end. ``column_widths`` are pixels;
    they, ``frozen_rows`` and ``is_hidden`` count when the tab is made and are the user's from then on.
    """

    key: str
    title: str
    rows: Sequence[Sequence[Cell]]
    column_widths: Sequence[int] = ()
    frozen_rows: int = 0
    is_hidden: bool = False

    @property
    def row_count(self) -> int:
        """How many rows the block has: at least one."""
        return max(1, len(self.rows))

    @property
    def column_count(self) -> int:
        """How many columns the widest row has: at least one."""
        return max((len(row) for row in self.rows), default=1) or 1


def serial_of(day: datetime.date) -> int:
    """Return the serial number by which Sheets stores this date."""
    return (day - _EPOCH).days


def cell_json(cell: Cell, *, with_style: bool) -> dict[str, object]:
    """Return the ``CellData`` of the Sheets API for a cell; never a formula."""
    entry: dict[str, object] = {}
    value = _extended_value(cell.value)
    if value:
        entry["userEnteredValue"] = value
    written_format = _format_json(cell, with_style=with_style)
    if written_format:
        entry["userEnteredFormat"] = written_format
    return entry


def _format_json(cell: Cell, *, with_style: bool) -> dict[str, object]:
    pattern = _PATTERNS.get(_format_name(cell))
    text_style = _TEXT_STYLES.get(cell.style) if with_style else None
    written: dict[str, object] = {}
    if pattern is not None:
        written["numberFormat"] = dict(pattern)
    if text_style is not None:
        written["textFormat"] = dict(text_style)
    return written


def _format_name(cell: Cell) -> CellFormat:
    # A serial number without a date format would show as a plain number.
    return "date" if isinstance(cell.value, datetime.date) and not cell.format else cell.format


def _extended_value(value: CellValue) -> dict[str, object]:
    if value is None:
        return {}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int | float):
        return {"numberValue": value}
    if isinstance(value, datetime.date):
        return {"numberValue": serial_of(value)}
    return {"stringValue": _plain(value)}


def _plain(text: str) -> str:
    """Return the text without control characters (Sheets refuses some), no longer than a cell should be."""
    cleaned = "".join(mark for mark in text if mark in "\n\t" or unicodedata.category(mark) not in {"Cc", "Cs"})
    return cleaned if len(cleaned) <= LONGEST_TEXT else cleaned[: LONGEST_TEXT - 1] + "…"
