"""Periods: what a cell may ask about, and what it is compared with.

This is the whole face of time in this package; the parts are in `kpis.calendars`, `kpis.period_words`,
`kpis.period_titles`, `kpis.fiscal` and `kpis.business_days`.

How periods are compared:

- The *prior* period has the same grain: the quarter before a quarter. A range has the range of the same length just
  before it; a range of whole months is as long as its months, so that 2026-01-01..2026-03-31 compares as 2026-Q1.
- *A year ago* is the same month, quarter or year one year earlier; for a week or a part of a fiscal year the one of
  the same number (of week 53, where the year before has none, its last week, 52); for a day the same date (of 29
  February, 28 February);
  for a range both its dates, where the end of a range of whole months stays the end of a month.
- A *running* period compares with the same number of days of the other one, today included, never with more days than
  the other has: 1 to 30 March with all of February, 60 days of a leap year with 60 days (to 1 March) of another year.
  A finished period compares with the whole other one, however long the two months are.
- A period *to date* (MTD) is a part of its grain: its prior and its year ago are parts of the same number of days.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kpis.business_days import BusinessDays, business_days
from kpis.calendars import (
    Calendar,
    Grain,
    Period,
    WholeGrain,
    cut,
    date_of,
    day_number,
    first_week,
    is_fiscal,
    is_part,
    nth_period,
    ordinal_of,
    period_at,
    range_of,
    week_of,
)  # fmt: skip
from kpis.days import months_later
from kpis.fiscal import year_before
from kpis.period_phrases import PERIOD_CHOICES
from kpis.period_titles import period_title
from kpis.period_words import parse_period

__all__ = [
    "PERIOD_CHOICES", "BusinessDays", "Calendar", "Grain", "Period", "WholeGrain", "business_days", "comparable",
    "date_of", "day_number", "elapsed", "month_of", "parse_period", "period_at", "period_title", "prior", "shifted",
    "year_ago",
]  # fmt: skip

_PER_YEAR: Final[Mapping[Grain, int]] = {"month": 12, "quarter": 4, "year": 1}


def month_of(day: int) -> Period:
    """Return the month of a day: what a cell that holds a date asks about."""
    return period_at("month", day, Calendar())


def prior(period: Period, calendar: Calendar) -> Period:
    """Return the period of the same grain just before this one."""
    return shifted(period, -1, calendar)


def shifted(period: Period, count: int, calendar: Calendar) -> Period:
    """Return the period of the same grain ``count`` periods later, or earlier if negative."""
    if period.grain == "range":
        return _shifted_range(period, count)
    ordinal = ordinal_of(period.grain, period.first, calendar) + count
    return _as_much(nth_period(period.grain, ordinal, calendar), period, calendar)


def year_ago(period: Period, calendar: Calendar) -> Period:
    """Return the same period one year earlier; the module says what that is for weeks, leap days and ranges."""
    if period.grain == "range":
        return _range_year_ago(period)
    if period.grain == "day":
        return period_at("day", months_later(period.first, -12), calendar)
    if period.grain == "week":
        return _as_much(_week_year_ago(period, calendar), period, calendar)
    if is_fiscal(period.grain):
        ordinal = year_before(calendar.fiscal, period.grain, ordinal_of(period.grain, period.first, calendar))
        return _as_much(nth_period(period.grain, ordinal, calendar), period, calendar)
    return shifted(period, -_PER_YEAR[period.grain], calendar)


def elapsed(period: Period, today: int) -> Period:
    """Return the part of a running period up to and with today; a finished or future period as it is."""
    return cut(period, today) if period.first <= today else period


def comparable(period: Period, other: Period, today: int, calendar: Calendar) -> Period:
    """Return the part of ``other`` to compare ``period`` with: as many days as have elapsed of a running ``period``.

    ``other`` is the prior or the year-ago period; it is returned whole if ``period`` is not running nor to date.
    """
    so_far = elapsed(period, today)
    if so_far is period and not is_part(period, calendar):
        return other
    return cut(other, other.first + so_far.days - 1)


def _as_much(whole: Period, model: Period, calendar: Calendar) -> Period:
    """Return as many days of the whole period as the model has, if the model is a part."""
    return cut(whole, whole.first + model.days - 1) if is_part(model, calendar) else whole


def _shifted_range(period: Period, count: int) -> Period:
    months = _whole_months(period)
    if months:
        return _months_moved(period, months * count)
    return range_of(period.first + period.days * count, period.last + period.days * count)


def _range_year_ago(period: Period) -> Period:
    if _whole_months(period):
        return _months_moved(period, -12)
    return range_of(months_later(period.first, -12), months_later(period.last, -12))


def _months_moved(period: Period, months: int) -> Period:
    return range_of(months_later(period.first, months), months_later(period.last + 1, months) - 1)


def _whole_months(period: Period) -> int:
    """Return of how many whole calendar months the period consists, 0 if it does not."""
    first, after = date_of(period.first), date_of(period.last + 1)
    if first.day != 1 or after.day != 1:
        return 0
    return (after.year - first.year) * 12 + after.month - first.month


def _week_year_ago(week: Period, calendar: Calendar) -> Period:
    """Return the week of the same number one year earlier, or that year's last week if there is no such week."""
    year, number = week_of(week.first, calendar)
    first, after = first_week(year - 1, calendar), first_week(year, calendar)
    return nth_period("week", min(first + number, after) - 1, calendar)
