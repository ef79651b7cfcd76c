"""Days as numbers: what all of time is counted in here."""

from __future__ import annotations

import calendar as gregorian
from datetime import date
from typing import Final

_EPOCH: Final = date(1970, 1, 1).toordinal()
_MONDAY: Final = -3  # day 0 was a Thursday
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip


def day_number(day: date) -> int:
    """Return the days from 1970-01-01 to this date."""
    return day.toordinal() - _EPOCH


def date_of(day: int) -> date:
    """Return the date of a day number."""
    return date.fromordinal(day + _EPOCH)


def weekday_of(day: int) -> int:
    """Return the place of a day's weekday in `WEEKDAYS`, from 0 for Monday."""
    return (day - _MONDAY) % 7


def months_later(day: int, months: int) -> int:
    """Return the same date so many months later, or the last day of that month if it is shorter."""
    on = date_of(day)
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return day_number(date(year, month + 1, min(on.day, gregorian.monthrange(year, month + 1)[1])))


def last_of_month(year: int, month: int) -> int:
    """Return the last day of a month."""
    return day_number(date(year, month, gregorian.monthrange(year, month)[1]))
