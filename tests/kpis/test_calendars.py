"""Calendars leave no gap and no overlap, whatever the month in which the fiscal year starts."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given

from kpis.calendars import WHOLE_GRAINS, Calendar, Period, WholeGrain, date_of, nth_period, ordinal_of, period_at
from kpis.errors import KpiError
from tests.support.calendars import calendars, day, days, grains

FIRST, LAST = day("1995-01-01"), day("2035-12-31")
FISCAL: tuple[WholeGrain, ...] = ("fiscal quarter", "fiscal year")


def periods_over_forty_years(grain: WholeGrain, calendar: Calendar) -> list[Period]:
    ordinals = range(ordinal_of(grain, FIRST, calendar), ordinal_of(grain, LAST, calendar) + 1)
    return [nth_period(grain, ordinal, calendar) for ordinal in ordinals]


@pytest.mark.parametrize("start_month", range(1, 13))
def test_every_day_of_forty_years_lies_in_exactly_one_period_of_each_grain(start_month: int) -> None:
    calendar = Calendar(fiscal_year_start_month=start_month)
    for grain in WHOLE_GRAINS if start_month == 1 else FISCAL:
        periods = periods_over_forty_years(grain, calendar)
        assert periods[0].first <= FIRST
        assert periods[-1].last >= LAST
        assert all(later.first == earlier.last + 1 for earlier, later in itertools.pairwise(periods))
        for number, period in enumerate(periods, ordinal_of(grain, FIRST, calendar)):
            assert all(ordinal_of(grain, d, calendar) == number for d in range(period.first, period.last + 1))
        assert len({period.label for period in periods}) == len(periods)


@pytest.mark.parametrize("start_month", range(1, 13))
def test_fiscal_years_are_four_quarters_of_three_months_from_their_start_month(start_month: int) -> None:
    by_end = Calendar(fiscal_year_start_month=start_month)
    by_start = Calendar(fiscal_year_start_month=start_month, fiscal_year_named_by_start=True)
    quarters = periods_over_forty_years("fiscal quarter", by_end)
    for year, named_by_start in zip(
        periods_over_forty_years("fiscal year", by_end),
        periods_over_forty_years("fiscal year", by_start),
        strict=True,
    ):
        inside = [q for q in quarters if year.first <= q.first <= year.last]
        starts = [date_of(q.first) for q in inside]
        if year.first >= quarters[0].first and year.last <= quarters[-1].last:
            assert [q.label for q in inside] == [f"{year.label}-Q{n}" for n in (1, 2, 3, 4)]
            assert [on.month for on in starts] == [(start_month - 1 + 3 * n) % 12 + 1 for n in range(4)]
            assert inside[-1].last == year.last
        assert year.label == f"FY{date_of(year.last).year}"
        assert named_by_start.label == f"FY{date_of(year.first).year}"
        assert (named_by_start.first, named_by_start.last) == (year.first, year.last)


def test_a_fiscal_year_from_january_is_the_calendar_year() -> None:
    fiscal = period_at("fiscal quarter", day("2026-09-14"), Calendar())
    assert fiscal == Period(day("2026-07-01"), day("2026-09-30"), "fiscal quarter", "FY2026-Q3")


def test_weeks_are_iso_weeks_of_the_year_of_their_thursday() -> None:
    assert period_at("week", day("2026-12-31"), Calendar()).label == "2026-W53"
    assert period_at("week", day("2027-01-03"), Calendar()).label == "2026-W53"
    assert period_at("week", day("2024-12-30"), Calendar()).label == "2025-W01"
    assert period_at("week", day("1970-01-01"), Calendar()).first == day("1969-12-29")


@given(days, grains, calendars)
def test_a_day_lies_in_the_period_that_is_found_for_it(drawn: int, grain: WholeGrain, calendar: Calendar) -> None:
    period = period_at(grain, drawn, calendar)
    assert period.first <= drawn <= period.last
    assert period.days == len(range(period.first, period.last + 1))


@pytest.mark.parametrize("month", [0, 13, -1])
def test_a_fiscal_year_cannot_start_in_a_month_that_does_not_exist(month: int) -> None:
    with pytest.raises(KpiError, match=r"cannot start in month .*1 to 12"):
        Calendar(fiscal_year_start_month=month)


@pytest.mark.parametrize("zone", ["Paris", "", "../etc/passwd", "Europe", "\0"])
def test_an_unknown_time_zone_is_named_with_an_example_of_a_known_one(zone: str) -> None:
    with pytest.raises(KpiError, match=r"no time zone .*Europe/Paris"):
        Calendar(time_zone=zone)
