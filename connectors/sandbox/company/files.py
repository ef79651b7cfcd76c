"""The company as files: rows to CSV, always the same bytes for the same rows."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

Cell = str | int | None
Row = Mapping[str, Cell]
"""One line of a file by column, in the order of the columns; the columns of the first row are the header."""


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write the rows as UTF-8 CSV with LF line ends; None is an empty cell. There must be at least one row."""
    remaining = iter(rows)
    first = next(remaining)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(first)
        writer.writerow(first.values())
        writer.writerows(row.values() for row in remaining)


def flag(value: bool) -> str:
    """Return a boolean as the API writes it."""
    return "true" if value else "false"


def money(cents: int | None) -> str:
    """Return an amount of cents with two decimals, or nothing where there is no amount."""
    if cents is None:
        return ""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"


def hundredths(value: float) -> int:
    """Return a value in whole hundredths, so that it can be written by `money` and added up exactly."""
    return round(value * 100)
