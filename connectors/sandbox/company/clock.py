"""Days and instants of the demo company as integers: days since 1970-01-01 and seconds since then, in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import Final

DAY_SECONDS: Final = 86_400
HOUR_SECONDS: Final = 3_600
MONTHS_OF_HISTORY: Final = 24

_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Window:
    """The time that the company is shown in: from the first of the month two years ago to ``today`` (day numbers)."""

    first: int
    today: int

    @property
    def now(self) -> int:
        """Return the last second before today; nothing is stamped later, so that no row comes from the future."""
        return self.today * DAY_SECONDS - 1

    @property
    def months(self) -> tuple[int, ...]:
        """Return the first day of every month of the window, the running one last."""
        return tuple(add_months(self.first, count) for count in range(MONTHS_OF_HISTORY + 1))


def window_up_to(today: date) -> Window:
    """Return the window that ends on this day."""
    day = day_number(today)
    return Window(first=add_months(day, -MONTHS_OF_HISTORY), today=day)


def day_number(day: date) -> int:
    """Return the days since 1970-01-01."""
    return (day - _EPOCH).days


# Ten years of days are enough for any reader here; the bound only keeps a long-lived process from growing.
@lru_cache(maxsize=4096)
def _date(day: int) -> date:
    return _EPOCH + timedelta(days=day)


@lru_cache(maxsize=4096)
def iso_day(day: int | None) -> str:
    """Return the day as ``2026-11-24``, or nothing where there is none."""
    return "" if day is None else _date(day).isoformat()


def iso_instant(second: int | None) -> str:
    """Return the instant as Salesforce writes it: ``2026-11-24T09:00:00.000+0000``; nothing where there is none."""
    if second is None:
        return ""
    day, rest = divmod(second, DAY_SECONDS)
    hour, rest = divmod(rest, HOUR_SECONDS)
    minute, rest = divmod(rest, 60)
    return f"{iso_day(day)}T{hour:02}:{minute:02}:{rest:02}.000+0000"


def day_of(second: int) -> int:
    """Return the UTC day of an instant."""
    return second // DAY_SECONDS


def year_and_month(day: int) -> tuple[int, int]:
    """Return the calendar year and month (1 to 12) of a day."""
    found = _date(day)
    return found.year, found.month


def add_months(day: int, count: int) -> int:
    """Return the first day of the month that lies ``count`` months after the month of ``day``."""
    year, month = year_and_month(day)
    years, month_index = divmod(month - 1 + count, 12)
    return day_number(date(year + years, month_index + 1, 1))


def quarter_first(day: int) -> int:
    """Return the first day of the calendar quarter of a day."""
    _, month = year_and_month(day)
    return add_months(day, -((month - 1) % 3))


def is_workday(day: int) -> bool:
    """Whether the day is a Monday to Friday (1970-01-01 was a Thursday)."""
    return (day + 3) % 7 < 5


def next_workday(day: int) -> int:
    """Return the day itself, or the Monday after a weekend."""
    return day + (0, 0, 0, 0, 0, 2, 1)[(day + 3) % 7]


def previous_workday(day: int) -> int:
    """Return the day itself, or the Friday before a weekend."""
    return day - (0, 0, 0, 0, 0, 1, 2)[(day + 3) % 7]


def workdays(first: int, last: int) -> list[int]:
    """Return the Mondays to Fridays from ``first`` to ``last``, both included."""
    return [day for day in range(first, last + 1) if is_workday(day)]


def office_instant(random: Random, day: int, utc_offset_hours: int) -> int:
    """Return a moment between 8:00 and 18:00 of the day, on the clock of someone with this offset from UTC."""
    return day * DAY_SECONDS + (8 - utc_offset_hours) * HOUR_SECONDS + int(random.random() * 10 * HOUR_SECONDS)


def moment_between(random: Random, first: int, last: int, utc_offset_hours: int) -> int:
    """Return an office moment on a workday between two instants, never outside of them."""
    first_day = day_of(first)
    day = next_workday(first_day + int(random.random() * (day_of(last) - first_day + 1)))
    return max(first, min(last, office_instant(random, day, utc_offset_hours)))
