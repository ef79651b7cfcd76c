"""Fiscal years: three ways to lay them out, all counted alike.

The periods of one grain are numbered without gaps (their ordinals). A layout says which ordinal a day has, on which
day each ordinal begins, and how its years are called; everything else about fiscal periods follows from that.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, Literal, Protocol

from kpis.days import MONTHS, WEEKDAYS, date_of, day_number, last_of_month, months_later, weekday_of
from kpis.errors import KpiError
from kpis.words import fold

FiscalGrain = Literal["fiscal month", "fiscal quarter", "fiscal year"]
WEEK_PATTERNS: Final[Mapping[str, tuple[int, int, int]]] = {
    "4-4-5": (4, 4, 5), "4-5-4": (4, 5, 4), "5-4-4": (5, 4, 4),
}  # fmt: skip
"""How many weeks the months of a quarter have."""
USUAL_YEAR_END: Final = "last saturday of january"

_MONTHS_OF: Final[Mapping[FiscalGrain, int]] = {"fiscal month": 1, "fiscal quarter": 3, "fiscal year": 12}
_WEEKS_OF_QUARTER: Final = 13
_DAYS_OF_MONTH: Final = 30.436875
_FILLERS: Final = frozenset({"the", "of", "to", "in", "end", "day"})


class FiscalYears(Protocol):
    """A layout of fiscal years."""

    def ordinal_of(self, grain: FiscalGrain, day: int) -> int:
        """Return the ordinal of the period of this grain in which the day lies."""

    def first_day(self, grain: FiscalGrain, ordinal: int) -> int:
        """Return the day on which the period with this ordinal begins."""

    def name_of(self, year: int) -> int:
        """Return how the fiscal year with this ordinal is called: 2026 for FY2026."""

    def year_named(self, name: int) -> int:
        """Return the ordinal of the fiscal year that is called so."""


def place_of(years: FiscalYears, grain: FiscalGrain, ordinal: int) -> tuple[int, int]:
    """Return the ordinal of the fiscal year in which a period lies, and the period's number in it, from 1."""
    year = years.ordinal_of("fiscal year", years.first_day(grain, ordinal))
    return year, ordinal - first_of(years, grain, year) + 1


def first_of(years: FiscalYears, grain: FiscalGrain, year: int) -> int:
    """Return the ordinal of the first period of this grain in a fiscal year."""
    return years.ordinal_of(grain, years.first_day("fiscal year", year))


def count_of(years: FiscalYears, grain: FiscalGrain, year: int) -> int:
    """Return how many periods of this grain a fiscal year has."""
    return first_of(years, grain, year + 1) - first_of(years, grain, year)


def year_before(years: FiscalYears, grain: FiscalGrain, ordinal: int) -> int:
    """Return the ordinal of the period with the same number one fiscal year earlier, or of that year's last."""
    year, number = place_of(years, grain, ordinal)
    return first_of(years, grain, year - 1) + min(number, count_of(years, grain, year - 1)) - 1


@dataclass(frozen=True, slots=True)
class MonthYears:
    """Fiscal years of twelve calendar months from a month on.

    Named by the calendar year that they end in, or start in; one that starts in January is the calendar year.
    """

    start_month: int = 1
    named_by_start: bool = False

    def ordinal_of(self, grain: FiscalGrain, day: int) -> int:
        """See `FiscalYears`."""
        on = date_of(day)
        return (on.year * 12 + on.month - self.start_month) // _MONTHS_OF[grain]

    def first_day(self, grain: FiscalGrain, ordinal: int) -> int:
        """See `FiscalYears`."""
        year, month = divmod(ordinal * _MONTHS_OF[grain] + self.start_month - 1, 12)
        return day_number(date(year, month + 1, 1))

    def name_of(self, year: int) -> int:
        """See `FiscalYears`."""
        return year + self._offset

    def year_named(self, name: int) -> int:
        """See `FiscalYears`."""
        return name - self._offset

    @property
    def _offset(self) -> int:
        return 0 if self.named_by_start or self.start_month == 1 else 1


@dataclass(frozen=True, slots=True)
class YearEnd:
    """The last day of a fiscal year: the last such weekday of a month, or the one nearest to the month's last day."""

    weekday: int
    month: int
    is_nearest: bool = False

    def day(self, year: int) -> int:
        """Return the last day of the fiscal year that ends with this calendar year's month."""
        last = last_of_month(year, self.month)
        back = (weekday_of(last) - self.weekday) % 7
        return last + 7 - back if self.is_nearest and back > 3 else last - back


@lru_cache(maxsize=64)
def year_end(words: str) -> YearEnd:
    """Read words such as ``last saturday of january`` or ``saturday nearest january``. Raises `KpiError`."""
    told = [word for word in fold(words).split() if word not in _FILLERS and not word.isdigit()]
    rules = [word for word in told if word in {"last", "nearest"}]
    weekdays = [WEEKDAYS.index(word) for word in told if word in WEEKDAYS]
    months = [MONTHS.index(word) + 1 for word in told if word in MONTHS]
    if [len(rules), len(weekdays), len(months)] != [1, 1, 1] or len(told) != 3:
        raise KpiError(
            f"{words[:60]!r} is no end of a fiscal year: set fiscal_year_end to a rule such as "
            '"last saturday of january" or "saturday nearest the end of january".'
        )
    return YearEnd(weekdays[0], months[0], rules[0] == "nearest")


@dataclass(frozen=True, slots=True)
class WeekYears:
    """Fiscal years of whole weeks: quarters of 13, their months of so many as the pattern says.

    A year of 53 weeks has the odd one in its last month. A year is named by the calendar year that its end is
    reckoned from, or by the one before; one that ends with December is always the calendar year.
    """

    pattern: str
    end: YearEnd
    named_by_start: bool = False

    def ordinal_of(self, grain: FiscalGrain, day: int) -> int:
        """See `FiscalYears`."""
        year = date_of(day).year - 1
        while self.end.day(year) < day:  # at most three times
            year += 1
        week = (day - self.first_day("fiscal year", year)) // 7
        starts = self._weeks(grain)
        return year * len(starts) + bisect_right(starts, week) - 1

    def first_day(self, grain: FiscalGrain, ordinal: int) -> int:
        """See `FiscalYears`."""
        starts = self._weeks(grain)
        year, place = divmod(ordinal, len(starts))
        return self.end.day(year - 1) + 1 + 7 * starts[place]

    def name_of(self, year: int) -> int:
        """See `FiscalYears`."""
        return year - self._offset

    def year_named(self, name: int) -> int:
        """See `FiscalYears`."""
        return name + self._offset

    @property
    def _offset(self) -> int:
        return 1 if self.named_by_start and self.end.month != 12 else 0

    def _weeks(self, grain: FiscalGrain) -> tuple[int, ...]:
        """Return with which week of the year each period of the grain begins, from 0."""
        if grain == "fiscal year":
            return (0,)
        if grain == "fiscal quarter":
            return tuple(range(0, 4 * _WEEKS_OF_QUARTER, _WEEKS_OF_QUARTER))
        return tuple(itertools.accumulate((WEEK_PATTERNS[self.pattern] * 4)[:-1], initial=0))


@dataclass(frozen=True, slots=True)
class ListedYears:
    """Fiscal years that are listed one by one: the first days of all periods, and after them the day after the last.

    Years are named one after the other from ``first_name`` on. Before the first listed year and after the last,
    years of twelve months begin on the day of the year on which the list begins, or ends: there is no gap.
    """

    first_name: int
    years: tuple[int, ...]
    quarters: tuple[int, ...]
    months: tuple[int, ...]

    def ordinal_of(self, grain: FiscalGrain, day: int) -> int:
        """See `FiscalYears`."""
        starts, months = self._starts(grain), _MONTHS_OF[grain]
        if day < starts[0]:
            return _periods_from(starts[0], months, day)
        if day >= starts[-1]:
            return len(starts) - 1 + _periods_from(starts[-1], months, day)
        return bisect_right(starts, day) - 1

    def first_day(self, grain: FiscalGrain, ordinal: int) -> int:
        """See `FiscalYears`."""
        starts, months = self._starts(grain), _MONTHS_OF[grain]
        if ordinal < 0:
            return months_later(starts[0], ordinal * months)
        beyond = ordinal - (len(starts) - 1)
        return starts[ordinal] if beyond < 0 else months_later(starts[-1], beyond * months)

    def name_of(self, year: int) -> int:
        """See `FiscalYears`."""
        return self.first_name + year

    def year_named(self, name: int) -> int:
        """See `FiscalYears`."""
        return name - self.first_name

    def _starts(self, grain: FiscalGrain) -> tuple[int, ...]:
        starts: Mapping[FiscalGrain, tuple[int, ...]] = {
            "fiscal month": self.months, "fiscal quarter": self.quarters, "fiscal year": self.years,
        }  # fmt: skip
        return starts[grain]


def _periods_from(anchor: int, months: int, day: int) -> int:
    """Return how many whole periods of so many months lie between ``anchor``, where one begins, and the day."""
    count = int((day - anchor) / (_DAYS_OF_MONTH * months))
    while months_later(anchor, count * months) > day:
        count -= 1
    while months_later(anchor, (count + 1) * months) <= day:
        count += 1
    return count
