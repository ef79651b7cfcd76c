"""The periods that people write beside a target: a month, a quarter, a year, a week, a day -> first and last day."""

from __future__ import annotations

import calendar
import datetime
import re
from typing import Final, Literal

from connectors.sheets_dates import date_of_text, month_of_name, read_date
from connectors.sheets_locale import Locale, Raw, UnreadableError, fold
from connectors.sheets_values import read_text

Unit = Literal["month", "quarter", "year"]
Days = tuple[datetime.date, datetime.date]

_YEARS: Final = range(1950, 2101)
_REMEDY: Final = "Type it like 2026-09, 2026-Q3 or 2026, or give the columns period_start and period_end."


def read_period(raw: Raw, unit: Unit, locale: Locale, year: int | None = None) -> Days | None:
    """Return the first and last day that a cell names; None for a blank one.

    A date stands for the ``unit`` that it lies in. ``year`` completes a month or quarter written without one.
    Raises UnreadableError, also for fiscal years: where they begin is not known here.
    """
    text = read_text(raw)
    if text is None:
        return None
    words = _words(raw, text, unit)
    found = _whole_period(words) or (_part_of_year(words, year) if year is not None else None)
    return found or unit_around(_date(raw, text, locale), unit)


def is_period_header(raw: Raw) -> bool:
    """Whether a header is a period: ``Jan 2026``, ``2026-01``, ``Q1``, ``M01``, a date that begins a month."""
    try:
        text = None if isinstance(raw, bool) else read_text(raw)
        if text is None:
            return False
        words = _words(raw, text, "month")
        # Any year does: whether the month or quarter itself is right is all that is asked.
        if _whole_period(words) or (isinstance(raw, str) and _part_of_year(words, 2000)):
            return True
        return isinstance(raw, int | float) and _date(raw, text, Locale()).day == 1
    except UnreadableError:
        return False


def year_of(raw: Raw) -> int | None:
    """Return the year that a cell is, and nothing else."""
    text = None if isinstance(raw, bool) else read_text(raw)
    return int(text) if text and re.fullmatch(r"\d{4}", text) and int(text) in _YEARS else None


def with_year(raw: Raw, year: int | None) -> Raw:
    """Return a header such as ``Jan`` or ``Q1`` with its year; one that is a whole period by itself as it is."""
    text = read_text(raw) if isinstance(raw, str) else None
    if text is None or year is None:
        return raw
    words = _words(raw, text, "month")
    part = None if _whole_period(words) else _part_of_year(words, year)
    if part is None:
        return raw
    first, last = part
    return f"{year}-{first.month:02}" if first.month == last.month else f"{year}-Q{last.month // 3}"


def period_in_title(title: str) -> str:
    """Return the period that a tab's title names, such as ``jan 2026`` in ``Targets Jan 2026``; empty for none."""
    words = fold(title).split()
    parts = [" ".join(words[start : start + size]) for size in (2, 1) for start in range(len(words))]
    return next((part for part in parts if re.search(r"\d{4}", part) and _whole_period(part)), "")


def year_days(year: int) -> Days:
    """Return the first and last day of a calendar year."""
    return datetime.date(year, 1, 1), datetime.date(year, 12, 31)


def unit_around(day: datetime.date, unit: Unit) -> Days:
    """Return the calendar month, quarter or year that a day lies in."""
    if unit == "year":
        return year_days(day.year)
    if unit == "quarter":
        return _months(day.year, (day.month - 1) // 3 * 3 + 1, 3)
    return _months(day.year, day.month, 1)


def _months(year: int, month: int, count: int) -> Days:
    last = month + count - 1
    return datetime.date(year, month, 1), datetime.date(year, last, calendar.monthrange(year, last)[1])


def _words(raw: Raw, text: str, unit: Unit) -> str:
    """Return the text in lower case, without accents, with single spaces for its separators, and its year in full.

    A small number is a month or, where quarters are wanted, a quarter; 202609 is a month.
    """
    if isinstance(raw, str):
        with_year = re.sub(r"(?<=[^\W\d_])\.? ?[-'’](\d{2})$", r" 20\1", text)  # Jan-26, sept. '26
        return fold(with_year)
    if re.fullmatch(r"[1-9]|1[0-2]", text):
        return f"{'q' if unit == 'quarter' else 'm'}{text}"
    return re.sub(r"^((?:19|20)\d{2})(0[1-9]|1[0-2])$", r"\1 \2", text)


def _whole_period(words: str) -> Days | None:
    """Read a period that names its year."""
    if re.fullmatch(r"\d{4}", words) and int(words) in _YEARS:
        return year_days(int(words))
    if found := re.fullmatch(r"(\d{4}) ?[qt]([1-4])", words):
        return _months(int(found[1]), int(found[2]) * 3 - 2, 3)
    if found := re.fullmatch(r"[qt]([1-4]) ?(\d{4})", words):
        return _months(int(found[2]), int(found[1]) * 3 - 2, 3)
    if found := re.fullmatch(r"(\d{4}) ?w(\d{1,2})", words):
        return _week(int(found[1]), int(found[2]))
    return _named_month(words)


def _named_month(words: str) -> Days | None:
    year, month = None, None
    if found := re.fullmatch(r"(\d{4}) m?(\d{1,2})", words):
        year, month = int(found[1]), int(found[2])
    elif found := re.fullmatch(r"(\d{1,2}) (\d{4})", words):
        year, month = int(found[2]), int(found[1])
    elif found := re.fullmatch(r"([a-z]+) ?(?:de )?(\d{4})", words):
        year, month = int(found[2]), month_of_name(found[1])
    elif found := re.fullmatch(r"(\d{4}) ([a-z]+)", words):
        year, month = int(found[1]), month_of_name(found[2])
    if year is None or month is None or not 1 <= month <= 12 or year not in _YEARS:
        return None
    return _months(year, month, 1)


def _part_of_year(words: str, year: int) -> Days | None:
    """Read a month or quarter whose year stands elsewhere."""
    if found := re.fullmatch(r"[qt] ?([1-4])", words):
        return _months(year, int(found[1]) * 3 - 2, 3)
    if found := re.fullmatch(r"(?:m|month|mois) ?(\d{1,2})", words):
        return _months(year, int(found[1]), 1) if 1 <= int(found[1]) <= 12 else None
    month = month_of_name(words)
    return _months(year, month, 1) if month else None


def _week(year: int, week: int) -> Days | None:
    try:
        first = datetime.date.fromisocalendar(year, week, 1)
    except ValueError:
        return None
    return first, first + datetime.timedelta(days=6)


def _date(raw: Raw, text: str, locale: Locale) -> datetime.date:
    try:
        day = read_date(raw, locale) if not isinstance(raw, str) else date_of_text(text, locale)
    except UnreadableError:
        day = None
    if day is None:
        raise UnreadableError("This is not a period.", _REMEDY)
    return day
