"""What a period is compared with: the one before, the one a year ago, and how much of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.calendars import WholeGrain, is_part, period_at, range_of
from kpis.periods import Calendar, Period, comparable, elapsed, month_of, parse_period, prior, shifted, year_ago
from tests.support.calendars import calendars, day, days, grains, periods

TODAY = day("2026-09-14")
FEBRUARY_YEAR = Calendar(fiscal_year_start_month=2)


def read(words: str) -> Period:
    return parse_period(words, FEBRUARY_YEAR, TODAY)


@given(days, grains, calendars, st.integers(-30, 30))
def test_shifting_there_and_back_returns_the_same_period(
    drawn: int, grain: WholeGrain, calendar: Calendar, count: int
) -> None:
    period = period_at(grain, drawn, calendar)
    assert shifted(shifted(period, count, calendar), -count, calendar) == period
    assert prior(period, calendar).last == period.first - 1
    assert prior(shifted(period, 1, calendar), calendar) == period


@pytest.mark.parametrize(
    ("words", "before", "year_before"),
    [
        ("2026-03-01", "2026-02-28", "2025-03-01"),
        ("2024-02-29", "2024-02-28", "2023-02-28"),
        ("2026-W37", "2026-W36", "2025-W37"),
        ("2026-W53", "2026-W52", "2025-W52"),
        ("2027-W01", "2026-W53", "2026-W01"),
        ("2026-01", "2025-12", "2025-01"),
        ("2026-Q1", "2025-Q4", "2025-Q1"),
        ("2026", "2025", "2025"),
        ("FY2026-Q1", "FY2025-Q4", "FY2025-Q1"),
        ("FY2026", "FY2025", "FY2025"),
        ("2026-01-10..2026-01-19", "2025-12-31..2026-01-09", "2025-01-10..2025-01-19"),
        ("2024-02-10..2024-02-29", "2024-01-21..2024-02-09", "2023-02-10..2023-02-28"),
        ("2026-01-01..2026-03-31", "2025-10-01..2025-12-31", "2025-01-01..2025-03-31"),
        ("2025-02-01..2025-02-28", "2025-01-01..2025-01-31", "2024-02-01..2024-02-29"),
        ("last 30 days", "2026-07-17..2026-08-15", "2025-08-16..2025-09-14"),
        ("MTD", "2026-08..2026-08-14", "2025-09..2025-09-14"),
        ("WTD", "2026-W37..2026-09-07", "2025-W38..2025-09-15"),
        ("FYTD", "FY2026..2025-09-14", "FY2026..2025-09-14"),
    ],
)
def test_the_prior_period_and_the_year_before(words: str, before: str, year_before: str) -> None:
    period = read(words)
    assert prior(period, FEBRUARY_YEAR).label == before
    assert year_ago(period, FEBRUARY_YEAR).label == year_before


def test_a_period_to_date_keeps_to_the_days_that_the_other_one_has() -> None:
    march = parse_period("MTD", Calendar(), day("2026-03-30"))
    assert march.days == 30
    assert prior(march, Calendar()).label == "2026-02"
    assert comparable(march, prior(march, Calendar()), day("2026-03-30"), Calendar()).label == "2026-02"


@pytest.mark.parametrize(
    ("words", "today", "compared"),
    [
        ("2026-09", "2026-09-14", "2026-08..2026-08-14"),
        ("2026-09", "2026-09-01", "2026-08..2026-08-01"),
        ("2026-09", "2026-09-30", "2026-08"),  # its last day: all of it has elapsed
        ("2026-09", "2026-10-05", "2026-08"),
        ("2026-09", "2026-08-05", "2026-08"),  # has not begun: there is no elapsed part
        ("2026-03", "2026-03-30", "2026-02"),  # February has no 30 days
        ("2024-02", "2024-02-29", "2024-01"),
        ("2026-09-01..2026-09-20", "2026-09-05", "2026-08-12..2026-08-16"),
        ("2026-09-14", "2026-09-14", "2026-09-13"),
        ("2026-Q3..2026-08-10", "2026-09-14", "2026-Q2..2026-05-11"),
    ],
)
def test_a_running_period_compares_with_as_many_days_of_the_prior_one(words: str, today: str, compared: str) -> None:
    period = parse_period(words, Calendar(), day(today))
    assert comparable(period, prior(period, Calendar()), day(today), Calendar()).label == compared


def test_a_running_leap_year_compares_by_days_not_by_dates() -> None:
    today = day("2024-03-31")
    year = parse_period("this year", Calendar(), today)
    assert comparable(year, year_ago(year, Calendar()), today, Calendar()).label == "2023..2023-04-01"


@given(st.data(), calendars, days)
def test_the_compared_part_is_as_long_as_the_elapsed_one_or_all_there_is(
    data: st.DataObject, calendar: Calendar, today: int
) -> None:
    period = data.draw(periods(calendar))
    for other in (prior(period, calendar), year_ago(period, calendar)):
        part = comparable(period, other, today, calendar)
        so_far = elapsed(period, today)
        assert (part.first, part.grain) == (other.first, other.grain)
        assert part.last <= other.last
        if so_far.days < period.days or is_part(period, calendar):
            assert part.days == min(so_far.days, other.days)
        else:
            assert part == other


def test_only_a_running_period_is_cut_at_today() -> None:
    august, september, october = read("2026-08"), read("2026-09"), read("2026-10")
    assert elapsed(august, TODAY) is august
    assert elapsed(october, TODAY) is october
    assert elapsed(september, TODAY) == read("MTD") == read("2026-09..2026-09-14")
    assert elapsed(elapsed(september, TODAY), TODAY - 4).label == "2026-09..2026-09-10"
    assert elapsed(range_of(TODAY - 1, TODAY + 1), TODAY) == range_of(TODAY - 1, TODAY)


def test_a_date_cell_means_its_month() -> None:
    assert month_of(day("2026-02-28")) == read("2026-02")
