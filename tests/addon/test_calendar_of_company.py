"""The organisation's calendar: from Salesforce, from tabs and from the settings, kept with each snapshot."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from addon.calendars import days_off
from addon.errors import SettingsError
from addon.settings import Organisation, load_settings
from addon.snapshot import Company, Manifest, read_manifest, write_manifest
from kpis.days import date_of, day_number
from kpis.fiscal_rows import FiscalRow, listed_years
from kpis.periods import Period, parse_period
from tests.support.running import ORG, TARGETS, TODAY, World, running_world

STAMP = "2026-01-01T00:00:00.000+0000"
PERIODS = {
    "FiscalYearSettings": (
        "Id,Name,StartDate,EndDate,IsStandardYear,SystemModstamp\n"
        f"022000000000001AAA,FY 2026,2026-02-01,2027-01-30,false,{STAMP}\n"
    ),
    "Period": (
        "Id,FiscalYearSettingsId,Type,Number,StartDate,EndDate,IsForecastPeriod,SystemModstamp\n"
        f"026000000000001AAA,022000000000001AAA,Year,1,2026-02-01,2027-01-30,false,{STAMP}\n"
        f"026000000000002AAA,022000000000001AAA,Quarter,1,2026-02-01,2026-05-02,true,{STAMP}\n"
        f"026000000000003AAA,022000000000001AAA,Quarter,2,2026-05-03,2026-08-01,true,{STAMP}\n"
        f"026000000000004AAA,022000000000001AAA,Quarter,3,2026-08-02,2026-10-31,true,{STAMP}\n"
        f"026000000000005AAA,022000000000001AAA,Quarter,4,2026-11-01,2027-01-30,true,{STAMP}\n"
    ),
}


def with_settings(world: World, **settings: str) -> World:
    environment = {**world.environment, **{f"SCORECELL_ORG__{name.upper()}": text for name, text in settings.items()}}
    return replace(world, organisation=Organisation("default", load_settings(environment)), environment=environment)


def period(world: World, words: str) -> Period:
    answerer = world.desk().answerer
    return parse_period(words, answerer.calendar, answerer.today)


def test_fiscal_periods_that_salesforce_lists_are_what_readers_go_by(tmp_path: Path) -> None:
    with running_world(tmp_path, org={**ORG, **PERIODS}) as world:
        world.refresh()
        assert period(world, "FY2026-Q2").first == day_number(date(2026, 5, 3))
        assert period(world, "this fiscal year").last == day_number(date(2027, 1, 30))
        weekly = with_settings(world, fiscal_weeks="4-4-5", fiscal_year_end="last friday of june")
        weekly.refresh()
        assert date_of(period(weekly, "FY2026").last) == date(2026, 6, 26)
        assert date_of(period(weekly, "this week").first) == date(2026, 2, 28), "weeks begin as fiscal years do"
        assert weekly.refresh().state == "unchanged"


def test_holidays_of_a_tab_and_of_the_settings_are_no_business_days(tmp_path: Path) -> None:
    tabs = {"Targets": TARGETS, "Holidays": "Date,Name\n2026-03-02,Founders' day\n2026-03-03,Another day\n"}
    with running_world(tmp_path, tabs=tabs) as world:
        assert world.refresh().problems == ()
        first_week = world.ask("revenue", "Ann Lee", "2026-03-01..2026-03-08", "target")
        assert first_week.value == pytest.approx(200 * 3 / 20)
        more = with_settings(world, holidays="2026-03-04,2026-03-05")
        more.refresh()
        first_week = more.ask("revenue", "Ann Lee", "2026-03-01..2026-03-08", "target")
        assert first_week.value == pytest.approx(200 * 1 / 18)


def test_a_tab_may_list_the_fiscal_periods(tmp_path: Path) -> None:
    tabs = {
        "Targets": TARGETS,
        "Fiscal periods": (
            "Kind,Start,End,Fiscal year\nYear,2026-01-04,2027-01-02,2026\nYear,2027-01-03,2028-01-01,2027\n"
        ),
    }
    with running_world(tmp_path, tabs=tabs) as world:
        assert world.refresh().problems == ()
        assert date_of(period(world, "FY2027").first) == date(2027, 1, 3)


def test_countries_their_parts_and_dates_make_days_off() -> None:
    found = {date_of(day) for day in days_off(["FR", "us-ny", "2026-12-24"], TODAY)}
    assert found >= {date(2026, 7, 14), date(2026, 11, 26), date(2026, 12, 24), date(2010, 7, 14)}
    assert date(2026, 6, 4) not in found
    assert day_number(date(2026, 6, 4)) in days_off(["DE-BY"], TODAY)


@pytest.mark.parametrize("word", ["XX", "DE-ZZ", "France", "24.12.2026", ""])
def test_what_is_no_country_and_no_date_is_refused_in_words(word: str) -> None:
    with pytest.raises(SettingsError, match=r"org.holidays: no holidays are known for .* such as US or FR"):
        days_off([word], TODAY)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("fiscal_weeks", "4-4-4", "must be one of 4-4-5, 4-5-4, 5-4-4, not '4-4-4'"),
        ("week_start", "Lundi", "must be one of monday, tuesday"),
        ("fiscal_year_end", "january", "'january' is no end of a fiscal year"),
        ("fiscal_year_named_by_start", "maybe", "must be true or false"),
    ],
)
def test_settings_of_the_calendar_are_checked(name: str, text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        load_settings({f"SCORECELL_ORG__{name.upper()}": text})


def test_a_manifest_keeps_the_calendar(tmp_path: Path) -> None:
    listed = listed_years([FiscalRow("year", 0, 363, "1970")], named_by_start=True)
    company = Company(fiscal_periods=listed, holidays=(1, 2), week_start="sunday", fiscal_weeks="4-4-5")
    write_manifest(tmp_path / "manifest.json", Manifest("x", STAMP, "2026-01-01", company, {}))
    read = read_manifest(tmp_path / "manifest.json").company
    assert read == company
    assert read.calendar == company.calendar
    assert read.calendar.holidays == frozenset({1, 2})
