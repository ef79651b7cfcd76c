"""Days, calendars and periods to draw, and days by their date."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from kpis.calendars import WHOLE_GRAINS, Calendar, Period, cut, day_number, period_at, range_of

FIRST_DAY = day_number(date(1901, 1, 1))
LAST_DAY = day_number(date(2199, 12, 31))

days = st.integers(FIRST_DAY, LAST_DAY)
calendars = st.builds(
    Calendar,
    fiscal_year_start_month=st.integers(1, 12),
    fiscal_year_named_by_start=st.booleans(),
)
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
