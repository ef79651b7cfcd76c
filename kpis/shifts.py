"""Shifts: the other periods that a measure may be taken in, beside the one that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from kpis.blocks import FIRST_DAY
from kpis.calendars import range_of
from kpis.periods import Calendar, Period, comparable, date_of, elapsed, period_at, prior, year_ago

_COMPARED: Final[Mapping[str, Callable[[Period, Calendar], Period]]] = {"prior": prior, "year_ago": year_ago}


def shifted_period(period: Period, shift: str, calendar: Calendar, today: int) -> Period:
    """Return the period that a shift leads to (see `kpis.definitions.Shift`).

    What a running period is compared with has as many days as have passed of it. A period that has not begun has
    nothing to date: it stays as it is, so that it is told to be ahead.
    """
    if shift in _COMPARED:
        return comparable(period, _COMPARED[shift](period, calendar), today, calendar)
    if shift == "start":
        return period_at("day", period.first - 1, calendar)
    if shift == "to_date":
        return period if period.first > today else _up_to(min(period.last, today))
    return _rest(period, today)


def compared_whole(period: Period, shift: str, calendar: Calendar, today: int) -> Period:
    """Return the period whose targets count where a period is compared: of a running one, the whole other period.

    What was reached by the same day is compared then, each time of the whole target.
    """
    is_running = elapsed(period, today) is not period
    return _COMPARED[shift](period, calendar) if is_running else shifted_period(period, shift, calendar, today)


def is_to_date(period: Period) -> bool:
    """Tell whether a period is everything up to its end."""
    return period.first <= FIRST_DAY


def _up_to(day: int) -> Period:
    return Period(FIRST_DAY, day, "range", f"..{date_of(day)}")


def _rest(period: Period, today: int) -> Period:
    if period.last < today:
        return Period(period.last + 1, period.last, "range", f"{date_of(period.last)}..")
    return range_of(max(period.first, today), period.last) if period.first < today else period
