"""What people type as dates -> dates and moments, in the spreadsheet's locale.

Dates typed as dates arrive as serial numbers: days since 1899-12-30, the time as a fraction.
"""

from __future__ import annotations

import datetime
import re
from typing import Final

from connectors.sheets_locale import Locale, Raw, UnreadableError, fold, is_nothing, refuse_error

_EPOCH: Final = datetime.datetime(1899, 12, 30)  # noqa: DTZ001 (serial numbers have no zone)
_FIRST_SERIAL, _LAST_SERIAL = 18_264, 73_050  # 1950-01-01 to 2100-01-01: other numbers are no dates of a business
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "january jan janvier janv",
            "february feb fevrier fev fevr",
            "march mar mars",
            "april apr avril avr",
            "may mai",
            "june jun juin",
            "july jul juillet juil",
            "august aug aout",
            "september sep sept septembre",
            "october oct octobre",
            "november nov novembre",
            "december dec decembre",
        ),
        start=1,
    )
    for name in names.split()
}


def read_date(raw: Raw, locale: Locale) -> datetime.date | None:
    """Return a date: a date cell, ISO, or day, month and year in the spreadsheet's order."""
    if is_nothing(raw):
        return None
    refuse_error(raw)
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        return _moment_of(raw).date()
    text = " ".join(str(raw).split())
    clock = _with_time(text)
    if clock is not None:
        return clock.astimezone(locale.zone).date() if clock.tzinfo else clock.date()
    return date_of_text(text, locale)


def read_instant(raw: Raw, locale: Locale) -> datetime.datetime | None:
    """Return a moment in UTC; a time without a zone is in the spreadsheet's, a date alone is its midnight."""
    if is_nothing(raw):
        return None
    refuse_error(raw)
    if isinstance(raw, int | float) and not isinstance(raw, bool):
        moment = _moment_of(raw)
    else:
        text = " ".join(str(raw).split())
        moment = _with_time(text) or datetime.datetime.combine(date_of_text(text, locale), datetime.time())
    aware = moment if moment.tzinfo else moment.replace(tzinfo=locale.zone)
    return aware.astimezone(datetime.UTC)


def month_of_name(word: str) -> int | None:
    """Return 1 to 12 for a month's English or French name or its usual short form."""
    return _MONTHS.get(fold(word))


def date_of_text(text: str, locale: Locale) -> datetime.date:
    """Return the date that a text without a time says, or raise UnreadableError."""
    parts = _iso_parts(text) or _named_parts(text) or _numbered_parts(text, locale)
    try:
        if parts is not None:
            return datetime.date(*parts)
    except ValueError:
        parts = None
    raise UnreadableError("This is not a date.", "Type a date, such as 2026-09-14.")


def _iso_parts(text: str) -> tuple[int, int, int] | None:
    found = re.fullmatch(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", text) or re.fullmatch(
        r"(\d{4})()(\d{2})(\d{2})", text
    )
    return (int(found[1]), int(found[3]), int(found[4])) if found else None


def _named_parts(text: str) -> tuple[int, int, int] | None:
    """Read ``14 Sep 2026``, ``1er septembre 2026`` and ``September 14, 2026``."""
    words = fold(text).split()
    if len(words) != 3 or not re.fullmatch(r"\d{4}", words[2]):
        return None
    day, month = (words[1], words[0]) if words[0] in _MONTHS else (words[0], words[1])
    number = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th|er)?", day)
    return (int(words[2]), _MONTHS[month], int(number[1])) if number and month in _MONTHS else None


def _numbered_parts(text: str, locale: Locale) -> tuple[int, int, int] | None:
    """Read day, month and year; a number over 12 can only be the day, else the spreadsheet's order decides."""
    found = re.fullmatch(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})", text)
    if not found:
        return None
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    month_first = second > 12 or (locale.is_month_first and first <= 12 and found[2] != ".")
    month, day = (first, second) if month_first else (second, first)
    return (year if year >= 100 else 2000 + year, month, day)


def _with_time(text: str) -> datetime.datetime | None:
    """Read an ISO date with a time; None if the text has no time."""
    if not re.match(r"\d{4}-\d{2}-\d{2}[T ]\d", text):
        return None
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        raise UnreadableError("This is not a date with a time.", "Type it like 2026-09-14 10:30.") from None


def _moment_of(serial: float) -> datetime.datetime:
    if not _FIRST_SERIAL <= serial <= _LAST_SERIAL:
        raise UnreadableError("This number is not a date.", "Type a date, such as 2026-09-14.")
    # Sheets keeps days as a float, so seconds are what can be told apart for certain.
    return _EPOCH + datetime.timedelta(seconds=round(serial * 86_400))
