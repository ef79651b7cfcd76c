"""Business days: Monday to Friday without the calendar's holidays, counted by arithmetic, not by walking."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kpis.calendars import Calendar

_MONDAY_OFFSET = 3  # day 0 was a Thursday: day -3 is the Monday from which weekdays are counted
Days = NDArray[np.int64]


class BusinessDays:
    """Counts business days for whole arrays of day numbers at once."""

    def __init__(self, calendar: Calendar) -> None:
        self._holidays = np.array(sorted(day for day in calendar.holidays if _is_weekday(day)), dtype=np.int64)

    def through(self, day: Days) -> Days:
        """Return the running count up to and with each day; only differences between two counts mean anything."""
        weeks, rest = np.divmod(day + (_MONDAY_OFFSET + 1), 7)
        weekdays = weeks * 5 + np.minimum(rest, 5)
        return np.asarray(weekdays - np.searchsorted(self._holidays, day, side="right"), dtype=np.int64)

    def between(self, first: Days, last: Days) -> Days:
        """Return the business days from ``first`` to ``last``, both included; 0 if ``last`` is before ``first``."""
        return np.asarray(np.maximum(self.through(last) - self.through(first - 1), 0), dtype=np.int64)


def business_days(first: int, last: int, calendar: Calendar) -> int:
    """Return the business days from ``first`` to ``last``, both included; 0 if ``last`` lies before ``first``."""
    if last < first:
        return 0
    holidays = sum(1 for day in calendar.holidays if first <= day <= last and _is_weekday(day))
    return _weekdays_through(last) - _weekdays_through(first - 1) - holidays


def _is_weekday(day: int) -> bool:
    return (day + _MONDAY_OFFSET) % 7 < 5


def _weekdays_through(day: int) -> int:
    weeks, rest = divmod(day + _MONDAY_OFFSET + 1, 7)
    return weeks * 5 + min(rest, 5)
