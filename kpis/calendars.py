"""The calendar of an organisation: days as numbers, and the whole periods that days lie in.

The periods of one grain are numbered without gaps (their ordinals), so that the period of a day, the one before it
and the one a year earlier are arithmetic. Where fiscal periods start is said by `kpis.fiscal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TypeGuard, get_args
from zoneinfo import ZoneInfo

from kpis.days import WEEKDAYS, date_of, day_number
from kpis.errors import KpiError
from kpis.fiscal import (
    USUAL_YEAR_END,
    WEEK_PATTERNS,
    FiscalGrain,
    FiscalYears,
    ListedYears,
    MonthYears,
    WeekYears,
    place_of,
    year_end,
)

__all__ = [
    "RANGE_MARK", "WHOLE_GRAINS", "Calendar", "Grain", "Period", "WholeGrain", "cut", "date_of", "day_number",
    "first_week", "is_fiscal", "is_part", "nth_period", "ordinal_of", "period_at", "range_of", "week_of",
]  # fmt: skip

WholeGrain = Literal["day", "week", "month", "quarter", "year", "fiscal month", "fiscal quarter", "fiscal year"]
Grain = Literal["day", "week", "month", "quarter", "year", "fiscal month", "fiscal quarter", "fiscal year", "range"]
WHOLE_GRAINS: Final[tuple[WholeGrain, ...]] = (
    "day", "week", "month", "quarter", "year", "fiscal month", "fiscal quarter", "fiscal year",
)  # fmt: skip

RANGE_MARK: Final = ".."
_MONDAY: Final = -3  # day 0 was a Thursday
_MONTHS: Final[Mapping[Grain, int]] = {"month": 1, "quarter": 3, "year": 12}
_DAYS_OF_WEEK: Final = 7
_MIDDLE_OF_WEEK: Final = 3  # days after its first: the day whose year is the week's


@dataclass(frozen=True, slots=True)
class Calendar:
    """How an organisation counts time. Saturday and Sunday are the weekend; ``holidays`` are day numbers.

    Weeks start on ``week_start`` and belong to the year that most of their days lie in: from Monday these are the
    ISO weeks. Fiscal years are, the first of these that is given: those listed in ``fiscal_periods``; weeks by the
    pattern ``fiscal_weeks`` (4-4-5) up to ``fiscal_year_end`` ("last saturday of january"); months from
    ``fiscal_year_start_month`` on. They are named by the calendar year they end in, or by the one they start in if
    ``fiscal_year_named_by_start``; one that starts in January is the calendar year. Raises `KpiError` where the
    settings make no calendar.
    """

    time_zone: str = "UTC"
    fiscal_year_start_month: int = 1
    fiscal_year_named_by_start: bool = False
    holidays: frozenset[int] = frozenset()
    week_start: str = "monday"
    fiscal_weeks: str = ""
    fiscal_year_end: str = USUAL_YEAR_END
    fiscal_periods: ListedYears | None = None

    def __post_init__(self) -> None:
        """Refuse a month, a weekday, a pattern of weeks or a time zone that nobody knows."""
        if not 1 <= self.fiscal_year_start_month <= 12:
            raise KpiError(
                f"The fiscal year cannot start in month {self.fiscal_year_start_month}: "
                "set fiscal_year_start_month to a number from 1 to 12."
            )
        if self.week_start not in WEEKDAYS:
            known = ", ".join(WEEKDAYS)
            raise KpiError(f"Weeks cannot start on {self.week_start!r}: set week_start to one of {known}.")
        if self.fiscal_weeks and self.fiscal_weeks not in WEEK_PATTERNS:
            known = ", ".join(WEEK_PATTERNS)
            raise KpiError(f"{self.fiscal_weeks!r} is no pattern of weeks: set fiscal_weeks to one of {known}.")
        year_end(self.fiscal_year_end)
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
    def fiscal(self) -> FiscalYears:
        """The layout of the fiscal years."""
        if self.fiscal_periods is not None:
            return self.fiscal_periods
        if self.fiscal_weeks:
            return WeekYears(self.fiscal_weeks, year_end(self.fiscal_year_end), self.fiscal_year_named_by_start)
        return MonthYears(self.fiscal_year_start_month, self.fiscal_year_named_by_start)

    @property
    def has_fiscal_years(self) -> bool:
        """Whether the fiscal years are others than the calendar years."""
        return self.has_fiscal_months or self.fiscal_year_start_month != 1

    @property
    def has_fiscal_months(self) -> bool:
        """Whether the months of the fiscal years are others than the calendar months."""
        return self.fiscal_periods is not None or bool(self.fiscal_weeks)


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


def is_fiscal(grain: Grain) -> TypeGuard[FiscalGrain]:
    """Whether periods of this grain are those of the fiscal years."""
    return grain in get_args(FiscalGrain)


def ordinal_of(grain: WholeGrain, day: int, calendar: Calendar) -> int:
    """Return the number of the period of this grain in which the day lies; consecutive periods are one apart."""
    if grain == "day":
        return day
    if grain == "week":
        return (day - _week_offset(calendar)) // _DAYS_OF_WEEK
    if is_fiscal(grain):
        return calendar.fiscal.ordinal_of(grain, day)
    on = date_of(day)
    return (on.year * 12 + on.month - 1) // _MONTHS[grain]


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


def week_of(day: int, calendar: Calendar) -> tuple[int, int]:
    """Return the year to which the week of a day belongs, and the week's number in it."""
    ordinal = ordinal_of("week", day, calendar)
    year = date_of(_first_day("week", ordinal, calendar) + _MIDDLE_OF_WEEK).year
    return year, ordinal - first_week(year, calendar) + 1


def first_week(year: int, calendar: Calendar) -> int:
    """Return the ordinal of a year's first week: that of 4 January, whatever day weeks start on."""
    return ordinal_of("week", day_number(date(year, 1, 1 + _MIDDLE_OF_WEEK)), calendar)


def _week_offset(calendar: Calendar) -> int:
    return _MONDAY + WEEKDAYS.index(calendar.week_start)


def _first_day(grain: WholeGrain, ordinal: int, calendar: Calendar) -> int:
    if grain == "day":
        return ordinal
    if grain == "week":
        return ordinal * _DAYS_OF_WEEK + _week_offset(calendar)
    if is_fiscal(grain):
        return calendar.fiscal.first_day(grain, ordinal)
    year, month = divmod(ordinal * _MONTHS[grain], 12)
    return day_number(date(year, month + 1, 1))


def _label(grain: WholeGrain, ordinal: int, first: int, calendar: Calendar) -> str:
    on = date_of(first)
    match grain:
        case "day":
            return on.isoformat()
        case "week":
            year, number = week_of(first, calendar)
            return f"{year}-W{number:02}"
        case "month":
            return f"{on.year}-{on.month:02}"
        case "quarter":
            return f"{on.year}-Q{ordinal % 4 + 1}"
        case "year":
            return f"{on.year}"
        case "fiscal year":
            return f"FY{calendar.fiscal.name_of(ordinal)}"
        case "fiscal month" | "fiscal quarter":
            year, number = place_of(calendar.fiscal, grain, ordinal)
            part = f"M{number:02}" if grain == "fiscal month" else f"Q{number}"
            return f"FY{calendar.fiscal.name_of(year)}-{part}"
