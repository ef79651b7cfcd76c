"""Days, calendars and periods to draw, and days by their date."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from hypothesis import strategies as st

from kpis.calendars import WHOLE_GRAINS, Calendar, Period, cut, day_number, period_at, range_of
from kpis.days import MONTHS, WEEKDAYS
from kpis.fiscal import WEEK_PATTERNS
from kpis.fiscal_rows import FiscalRow, listed_years

FIRST_DAY = day_number(date(1901, 1, 1))
LAST_DAY = day_number(date(2199, 12, 31))

days = st.integers(FIRST_DAY, LAST_DAY)
year_ends = st.builds(
    "{} {} of {}".format,
    st.sampled_from(["last", "nearest"]),
    st.sampled_from(WEEKDAYS),
    st.sampled_from(MONTHS),
)
month_calendars = st.builds(
    Calendar,
    fiscal_year_start_month=st.integers(1, 12),
    fiscal_year_named_by_start=st.booleans(),
    week_start=st.sampled_from(WEEKDAYS),
)
week_calendars = st.builds(
    Calendar,
    fiscal_year_named_by_start=st.booleans(),
    week_start=st.sampled_from(WEEKDAYS),
    fiscal_weeks=st.sampled_from(sorted(WEEK_PATTERNS)),
    fiscal_year_end=year_ends,
)


@st.composite
def listed_calendars(draw: st.DrawFn) -> Calendar:
    """Draw a calendar that lists its fiscal years: weeks of another one, some years of twelve or thirteen months."""
    first, sizes = (
        draw(days.filter(lambda day: day < LAST_DAY - 8_000)),
        draw(st.lists(st.integers(48, 56), max_size=20)),
    )
    rows, year = [], draw(st.integers(1950, 2050))
    for number, weeks in enumerate([52, *sizes]):
        ends = [first + 7 * week for week in (*range(4, weeks - 3, 4), weeks)]
        rows.append(FiscalRow("year", first, ends[-1] - 1, f"FY {year + number}"))
        if draw(st.booleans()):
            rows += [FiscalRow("month", start, end - 1) for start, end in pairwise((first, *ends))]
        first = ends[-1]
    listed = listed_years(rows, named_by_start=draw(st.booleans()))
    return Calendar(fiscal_periods=listed)


calendars = month_calendars | week_calendars | listed_calendars()
grains = st.sampled_from(WHOLE_GRAINS)


def day(text: str) -> int:
    """Return the day number of YYYY-MM-DD."""
    return day_number(date.fromisoformat(text))


@st.composite
def periods(draw: st.DrawFn, calendar: Calendar) -> Period:
    """Draw a whole period, a part of one or a range."""
    first = draw(days)
    if draw(st.booleans()):
        return range_of(first, min(LAST_DAY, first + draw(st.integers(0, 800))))
    whole = period_at(draw(grains), first, calendar)
    return cut(whole, draw(st.integers(whole.first, whole.last)))
