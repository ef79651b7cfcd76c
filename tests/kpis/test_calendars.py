"""Calendars leave no gap and no overlap, whatever fiscal years are made of: months, weeks or listed periods."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given

from kpis.calendars import WHOLE_GRAINS, Calendar, Period, WholeGrain, date_of, nth_period, ordinal_of, period_at
from kpis.days import MONTHS, WEEKDAYS, weekday_of
from kpis.errors import KpiError, QuestionError
from kpis.fiscal import WEEK_PATTERNS, year_end
from kpis.fiscal_rows import FiscalRow, listed_years
from kpis.period_phrases import UNITS
from kpis.periods import parse_period, prior, year_ago
from tests.support.calendars import calendars, day, days, grains

FIRST, LAST = day("1995-01-01"), day("2035-12-31")
FISCAL: tuple[WholeGrain, ...] = ("fiscal month", "fiscal quarter", "fiscal year")
RETAIL = Calendar(
    fiscal_weeks="4-5-4", fiscal_year_end="saturday nearest the end of january", fiscal_year_named_by_start=True
)
BY_MONTH = [Calendar(fiscal_year_start_month=month) for month in range(1, 13)]
BY_WEEK = [Calendar(fiscal_weeks=pattern, week_start="sunday") for pattern in WEEK_PATTERNS]
ENDS = [f"{rule} {weekday} of {month}" for rule in ("last", "nearest") for weekday in WEEKDAYS
        for month in MONTHS[::5]]  # fmt: skip


def periods_over_forty_years(grain: WholeGrain, calendar: Calendar) -> list[Period]:
    ordinals = range(ordinal_of(grain, FIRST, calendar), ordinal_of(grain, LAST, calendar) + 1)
    return [nth_period(grain, ordinal, calendar) for ordinal in ordinals]


@pytest.mark.parametrize("calendar", [*BY_MONTH, *BY_WEEK, RETAIL])
def test_every_day_of_forty_years_lies_in_exactly_one_period_of_each_grain(calendar: Calendar) -> None:
    for grain in WHOLE_GRAINS if calendar in {BY_MONTH[0], BY_WEEK[0]} else FISCAL:
        periods = periods_over_forty_years(grain, calendar)
        assert periods[0].first <= FIRST
        assert periods[-1].last >= LAST
        assert all(later.first == earlier.last + 1 for earlier, later in itertools.pairwise(periods))
        for number, period in enumerate(periods, ordinal_of(grain, FIRST, calendar)):
            assert all(ordinal_of(grain, d, calendar) == number for d in range(period.first, period.last + 1))
        assert len({period.label for period in periods}) == len(periods)


@pytest.mark.parametrize("calendar", [*BY_MONTH, *BY_WEEK, RETAIL])
def test_quarters_fill_the_fiscal_years_and_months_the_quarters(calendar: Calendar) -> None:
    nested: list[tuple[WholeGrain, WholeGrain, int]] = [
        ("fiscal year", "fiscal quarter", 4),
        ("fiscal quarter", "fiscal month", 3),
    ]
    for outer, inner, count in nested:
        for period in periods_over_forty_years(outer, calendar)[1:-1]:
            number = ordinal_of(inner, period.first, calendar)
            inside = [nth_period(inner, number + place, calendar) for place in range(count)]
            assert (inside[0].first, inside[-1].last) == (period.first, period.last)


@pytest.mark.parametrize("pattern", WEEK_PATTERNS)
def test_years_of_weeks_have_52_or_53_and_months_as_the_pattern_says(pattern: str) -> None:
    for end in ENDS:
        calendar = Calendar(fiscal_weeks=pattern, fiscal_year_end=end)
        months = periods_over_forty_years("fiscal month", calendar)
        for place, month in enumerate(months, ordinal_of("fiscal month", FIRST, calendar)):
            weeks, is_last = WEEK_PATTERNS[pattern][place % 3], place % 12 == 11
            assert month.days in {weeks * 7, (weeks + is_last) * 7}
        years = periods_over_forty_years("fiscal year", calendar)
        for ordinal, year in enumerate(years, ordinal_of("fiscal year", FIRST, calendar)):
            assert year.days in {364, 371}
            assert year.last == year_end(end).day(ordinal)
            assert WEEKDAYS[weekday_of(year.last)] == end.split()[1]


def test_the_retail_calendar_of_the_american_trade_is_told_right() -> None:
    years = {year.label: year for year in periods_over_forty_years("fiscal year", RETAIL)}
    known = {"FY2022": "2022-01-30", "FY2023": "2023-01-29", "FY2024": "2024-02-04", "FY2025": "2025-02-02",
             "FY2026": "2026-02-01"}  # fmt: skip
    assert {label: str(date_of(years[label].first)) for label in known} == known
    assert (years["FY2023"].days, years["FY2022"].days) == (371, 364)
    assert period_at("fiscal month", day("2024-02-03"), RETAIL).label == "FY2023-M12"
    assert period_at("fiscal quarter", day("2026-05-03"), RETAIL).label == "FY2026-Q2"
    before = year_ago(period_at("fiscal month", day("2024-03-01"), RETAIL), RETAIL)
    assert (before.label, before.days) == ("FY2023-M01", 28)


@pytest.mark.parametrize("calendar", [*BY_MONTH, *BY_WEEK, RETAIL])
def test_every_fiscal_word_means_a_period_of_its_grain(calendar: Calendar) -> None:
    today = day("2026-11-24")
    for unit, grain in UNITS.items():
        if grain not in FISCAL:
            continue
        meant = nth_period(grain, ordinal_of(grain, today, calendar) - 1, calendar)
        for words in (f"last {unit}", f"{unit} précédent", meant.label, meant.label.lower().replace("-", " ")):
            assert parse_period(words, calendar, today) == meant, words
        assert parse_period(f"this {unit} to date", calendar, today).last == today
    for year in range(1990, 2040):
        whole = parse_period(f"FY{year}", calendar, today)
        quarters = [parse_period(f"Q{number} FY{year}", calendar, today) for number in range(1, 5)]
        months = [parse_period(f"FY{year} month {number}", calendar, today) for number in range(1, 13)]
        assert sum(part.days for part in quarters) == sum(part.days for part in months) == whole.days


def test_listed_periods_are_taken_as_they_are_and_go_on_from_both_ends() -> None:
    listed = listed_years(
        [
            FiscalRow("year", day("2025-02-02"), day("2026-01-31"), "FY 2025"),
            FiscalRow("year", day("2026-02-01"), day("2027-01-30"), "FY 2026"),
            FiscalRow("quarter", day("2026-02-01"), day("2026-05-02")),
            FiscalRow("quarter", day("2026-05-03"), day("2026-08-01")),
            FiscalRow("quarter", day("2026-08-02"), day("2026-10-31")),
            FiscalRow("quarter", day("2026-11-01"), day("2027-01-30")),
            FiscalRow("year", day("2031-02-01"), day("2032-01-31"), "FY 2031"),  # after a gap
        ],
        named_by_start=True,
    )
    calendar = Calendar(fiscal_periods=listed)
    labels = {"FY2024": "2024-02-02", "FY2025": "2025-02-02", "FY2026": "2026-02-01", "FY2026-Q2": "2026-05-03",
              "FY2026-M05": "2026-06-03", "FY2027": "2027-01-31", "FY2027-M02": "2027-02-28",
              "FY2027-Q2": "2027-04-30", "FY2025-Q2": "2025-05-02"}  # fmt: skip
    found = {label: str(date_of(parse_period(label, calendar, day("2026-11-24")).first)) for label in labels}
    assert found == labels


def test_a_year_of_thirteen_months_compares_its_last_with_the_last_of_a_year_of_twelve() -> None:
    rows = [FiscalRow("year", 0, 7 * 52 - 1, "2020"), FiscalRow("year", 7 * 52, 7 * 104 - 1, "2021")]
    rows += [FiscalRow("month", 7 * (52 + 4 * n), 7 * (56 + 4 * n) - 1) for n in range(13)]
    calendar = Calendar(fiscal_periods=listed_years(rows, named_by_start=False))
    last = parse_period("FY2021 P13", calendar, 400)
    assert year_ago(last, calendar).label == "FY2020-M12"
    assert prior(parse_period("FY2021-M01", calendar, 400), calendar).label == "FY2020-M12"
    with pytest.raises(QuestionError, match="names month 13: months go from M1 to M12, as in FY2020-M12"):
        parse_period("FY2020-M13", calendar, 400)


def test_without_a_listed_year_there_is_no_list() -> None:
    assert listed_years([FiscalRow("month", 0, 30), FiscalRow("year", 30, 0)], named_by_start=False) is None


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


def test_weeks_from_sunday_belong_to_the_year_of_their_wednesday() -> None:
    sunday = Calendar(week_start="sunday")
    assert period_at("week", day("2026-01-03"), sunday).label == "2025-W53"
    assert period_at("week", day("2026-01-04"), sunday).label == "2026-W01"
    assert parse_period("2026-W01", sunday, 0).first == day("2026-01-04")
    assert year_ago(parse_period("2025-W53", sunday, 0), sunday).label == "2024-W52"


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


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"fiscal_weeks": "4-4-4"}, "no pattern of weeks: set fiscal_weeks to one of 4-4-5, 4-5-4, 5-4-4"),
        ({"week_start": "lundi"}, "Weeks cannot start on 'lundi': set week_start to one of monday"),
        ({"fiscal_year_end": "31 january"}, "'31 january' is no end of a fiscal year.*last saturday of january"),
        ({"fiscal_year_end": "last saturday of the last january"}, "no end of a fiscal year"),
    ],
)
def test_settings_that_make_no_fiscal_years_are_refused_in_words(settings: dict[str, str], says: str) -> None:
    with pytest.raises(KpiError, match=says):
        Calendar(**settings)  # type: ignore[arg-type]  # texts only


@pytest.mark.parametrize("zone", ["Paris", "", "../etc/passwd", "Europe", "\0"])
def test_an_unknown_time_zone_is_named_with_an_example_of_a_known_one(zone: str) -> None:
    with pytest.raises(KpiError, match=r"no time zone .*Europe/Paris"):
        Calendar(time_zone=zone)
