"""How each column of a tab that was understood reads its cells."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping

from connectors.sheets_dates import read_date, read_instant
from connectors.sheets_headers import HeaderMatch
from connectors.sheets_locale import Locale, Raw, UnreadableError, fold
from connectors.sheets_periods import read_period
from connectors.sheets_targets import PERIOD_COLUMNS
from connectors.sheets_values import read_boolean, read_integer, read_number, read_text

Reader = Callable[[Raw], object]
"""Reads a cell; None for one that says nothing. Raises UnreadableError."""


def readers_of(match: HeaderMatch, locale: Locale) -> dict[str, Reader]:
    """Return a reader for each column that the tab has or that is constant, and for the value of a wide table."""
    return {column: _remembered(_reader(match, locale, column)) for column in match.names}


def _reader(match: HeaderMatch, locale: Locale, column: str) -> Reader:
    table = match.words.table
    if table.name == "target" and column in PERIOD_COLUMNS:
        return lambda raw: raw
    kind = table.column(column).type if column in table.column_names else "text"
    if kind == "boolean":
        return read_boolean
    if kind == "instant":
        return lambda raw: read_instant(raw, locale)
    if kind == "date":
        is_end = column in {"period_start", "period_end"}
        return lambda raw: _read_end(column, raw, locale) if is_end else read_date(raw, locale)
    if kind == "integer":
        return lambda raw: read_integer(raw, locale)
    if kind == "number":
        factor, is_percent = match.factors.get(column, 1), column in match.words.percents
        return lambda raw: _scaled(read_number(raw, locale), factor, is_percent)
    words = match.words.words.get(column)
    return read_text if words is None else lambda raw: _our_word(words, read_text(raw))


def _remembered(read: Reader) -> Reader:
    """Return the reader with a memory: the same names, words and days come again and again in a column."""
    known: dict[tuple[type, Raw], object] = {}

    def look(raw: Raw) -> object:
        slot = (raw.__class__, raw)  # True, 1 and 1.0 are equal, but not the same cell
        if slot not in known:
            known[slot] = read(raw)
        return known[slot]

    return look


def _read_end(column: str, raw: Raw, locale: Locale) -> datetime.date | None:
    """Read an end of a target's period, which may also be written as a period (from 2026-01 to 2026-03)."""
    try:
        return read_date(raw, locale)
    except UnreadableError:
        days = read_period(raw, "month", locale)
        if days is None:
            raise
        return days[0] if column == "period_start" else days[1]


def _our_word(words: Mapping[str, str], text: str | None) -> str | None:
    return words.get(fold(text), text) if text is not None else None


def _scaled(number: float | None, factor: float, is_percent: bool) -> float | None:
    if number is None:
        return None
    return number * factor * (100 if is_percent and abs(number) <= 1 else 1)  # 60 % arrives as 0.6
