"""The calendar of an organisation: days as numbers, and the whole periods that days lie in.

The periods of one grain are numbered without gaps (their ordinals), so that the period of a day, the one before it
and the one a year earlier are arithmetic. Only `ordinal_of` and `_first_day` know where a fiscal period starts:
a calendar that lists its fiscal periods one by one (4-4-5 weeks) changes these two and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal
from zoneinfo import ZoneInfo

from kpis.errors import KpiError

WholeGrain = Literal["day", "week", "month", "quarter", "year", "fiscal quarter", "fiscal year"]
Grain = Literal["day", "week", "month", "quarter", "year", "fiscal quarter", "fiscal year", "range"]
WHOLE_GRAINS: Final[tuple[WholeGrain, ...]] = (
    "day", "week", "month", "quarter", "year", "fiscal quarter", "fiscal year",
)  # fmt: skip

RANGE_MARK: Final = ".."
_EPOCH: Final = date(1970, 1, 1).toordinal()
_DAYS_AND_OFFSET: Final[Mapping[Grain, tuple[int, int]]] = {
    "day": (1, 0),
    "week": (7, 3),  # day 0 was a Thursday: its Monday is day -3
}
_MONTHS: Final[Mapping[Grain, int]] = {"month": 1, "quarter": 3, "year": 12, "fiscal quarter": 3, "fiscal year": 12}


def day_number(day: date) -> int:
    """Return the days from 1970-01-01 to this date."""
    return day.toordinal() - _EPOCH


def date_of(day: int) -> date:
    """Return the date of a day number."""
    return date.fromordinal(day + _EPOCH)


@dataclass(frozen=True, slots=True)
class Calendar:
    """How an organisation counts time. Weeks are ISO weeks, from Monday; Saturday and Sunday are the weekend.

    A fiscal year is named by the calendar year it ends in, or by the one it starts in if
    ``fiscal_year_named_by_start``; one that starts in January is the calendar year. ``holidays`` are day numbers.
    Raises `KpiError` where the settings make no calendar.
    """

    time_zone: str = "UTC"
    fiscal_year_start_month: int = 1
    fiscal_year_named_by_start: bool = False
    holidays: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        """Refuse a month that does not exist and a time zone that nobody knows."""
        if not 1 <= self.fiscal_year_start_month <= 12:
            raise KpiError(
                f"The fiscal year cannot start in month {self.fiscal_year_start_month}: "
                "set fiscal_year_start_month to a number from 1 to 12."
            )
        try:
            _ = self.zone
        except (KeyError, ValueError, OSError) as error:  # ZoneInfo's three ways to say that there is no such zone
            raise KpiError(
                f"There is no time zone {self.time_zone!r}: set time_zone to a name such as Europe/Paris or UTC."
            ) from error

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which an instant gets its date."""
        return ZoneInfo(self.time_zone)

    @property
    def fiscal_name_offset(self) -> int:
        """How much a fiscal year's name lies after the calendar year it starts in: 0 or 1."""
        return 0 if self.fiscal_year_named_by_start or self.fiscal_year_start_month == 1 else 1


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``first`` to ``last``, both included, as day numbers.

    ``grain`` says what the period is compared as. A period that is shorter than its grain is the part of it up to
    ``last``, such as a month to date. ``label`` is its one canonical name: ``2026-Q3``, ``FY2026-Q1``,
    ``2026-01-01..2026-03-31``; a part is ``2026-Q3..2026-09-14``.
    """

    first: int
    last: int
    grain: Grain
    label: str

    @property
    def days(self) -> int:
        """The number of its days."""
        return self.last - self.first + 1


def ordinal_of(grain: WholeGrain, day: int, calendar: Calendar) -> int:
    """Return the number of the period of this grain in which the day lies; consecutive periods are one apart."""
    if grain in _DAYS_AND_OFFSET:
        length, offset = _DAYS_AND_OFFSET[grain]
        return (day + offset) // length
    on = date_of(day)
    return (on.year * 12 + on.month - 1 - _first_month(grain, calendar)) // _MONTHS[grain]


def nth_period(grain: WholeGrain, ordinal: int, calendar: Calendar) -> Period:
    """Return the period of this grain with this ordinal."""
    first = _first_day(grain, ordinal, calendar)
    last = _first_day(grain, ordinal + 1, calendar) - 1
    return Period(first, last, grain, _label(grain, ordinal, first, calendar))


def period_at(grain: WholeGrain, day: int, calendar: Calendar) -> Period:
    """Return the whole period of this grain in which the day lies."""
    return nth_period(grain, ordinal_of(grain, day, calendar), calendar)


def range_of(first: int, last: int) -> Period:
    """Return the period from one day to another, both included."""
    return Period(first, last, "range", f"{date_of(first)}{RANGE_MARK}{date_of(last)}")


def cut(period: Period, last: int) -> Period:
    """Return the part of the period up to and with the day ``last``; the period itself if it ends by then."""
    if last >= period.last:
        return period
    whole_label = period.label.partition(RANGE_MARK)[0]
    return Period(period.first, last, period.grain, f"{whole_label}{RANGE_MARK}{date_of(last)}")


def is_part(period: Period, calendar: Calendar) -> bool:
    """Whether the period is only the beginning of a month, quarter, ..., such as a month to date."""
    return period.grain != "range" and period.last < period_at(period.grain, period.first, calendar).last


def _first_month(grain: Grain, calendar: Calendar) -> int:
    return calendar.fiscal_year_start_month - 1 if grain in {"fiscal quarter", "fiscal year"} else 0


def _first_day(grain: WholeGrain, ordinal: int, calendar: Calendar) -> int:
    if grain in _DAYS_AND_OFFSET:
        length, offset = _DAYS_AND_OFFSET[grain]
        return ordinal * length - offset
    year, month = divmod(ordinal * _MONTHS[grain] + _first_month(grain, calendar), 12)
    return day_number(date(year, month + 1, 1))


def _label(grain: WholeGrain, ordinal: int, first: int, calendar: Calendar) -> str:
    on = date_of(first)
    match grain:
        case "day":
            return on.isoformat()
        case "week":
            return f"{on.isocalendar().year}-W{on.isocalendar().week:02}"
        case "month":
            return f"{on.year}-{on.month:02}"
        case "quarter":
            return f"{on.year}-Q{ordinal % 4 + 1}"
        case "year":
            return f"{on.year}"
        case "fiscal quarter":
            return f"FY{ordinal // 4 + calendar.fiscal_name_offset}-Q{ordinal % 4 + 1}"
        case "fiscal year":
            return f"FY{ordinal + calendar.fiscal_name_offset}"
