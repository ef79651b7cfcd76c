"""Several currencies: each amount by the rate of its day, in the corporate currency, and none guessed.

EUR is worth 1 / 0.5 = 2 dollars from 2026-01-01, and 1 / 0.8 = 1.25 dollars from 2026-07-01.
Today's rates: EUR 0.8, JPY 100.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.salesforce_money import Rates, rates_of
from tests.support.salesforce_org import ACME, BOB, FILES, World, read, small_world

_STAMPS = "CreatedDate,SystemModstamp"
_THEN = "2026-09-01T10:00:00.000+0000,2026-09-01T10:00:00.000+0000"
EARLY, LATE, HOME, ODD = (f"00600000000000{number}AAA" for number in (1, 2, 3, 4))
LINE = "00k000000000001AAA"


def deal(record_id: str, day: str, currency: str) -> str:
    return f"{record_id},Deal,{ACME},{BOB},Closed Won,true,true,100,100,Closed,{day},{currency},{_THEN}\n"


WORLD = {
    **{name: FILES[name] for name in ("Organization", "User", "Account")},
    "Opportunity": (
        "Id,Name,AccountId,OwnerId,StageName,IsClosed,IsWon,Amount,Probability,ForecastCategory,CloseDate,"
        f"CurrencyIsoCode,{_STAMPS}\n"
        + deal(EARLY, "2026-06-30", "EUR")
        + deal(LATE, "2026-07-01", "EUR")
        + deal(HOME, "2026-07-01", "USD")
    ),
    "OpportunityLineItem": (
        f"Id,OpportunityId,Quantity,UnitPrice,TotalPrice,CurrencyIsoCode,{_STAMPS}\n"
        f"{LINE},{EARLY},2,50,100,EUR,{_THEN}\n"
    ),
    "Campaign": (
        "Id,Name,ActualCost,OwnerId,CurrencyIsoCode,CreatedDate,SystemModstamp\n"
        f"701000000000001AAA,Fair,1000,{BOB},JPY,{_THEN}\n"
    ),
    "CurrencyType": (
        "Id,IsoCode,ConversionRate,DecimalPlaces,IsActive,IsCorporate\n"
        "01L000000000001EAA,USD,1,2,true,true\n"
        "01L000000000002EAA,EUR,0.8,2,true,false\n"
        "01L000000000003EAA,JPY,100,0,true,false\n"
    ),
    "DatedConversionRate": (
        "Id,IsoCode,StartDate,NextStartDate,ConversionRate\n"
        "04w000000000002AAA,EUR,2026-07-01,9999-12-31,0.8\n"
        "04w000000000001AAA,EUR,2026-01-01,2026-07-01,0.5\n"
        "04w000000000003AAA,USD,1970-01-01,9999-12-31,1\n"
    ),
}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with small_world(tmp_path, WORLD) as running:
        yield running


def test_an_amount_goes_by_the_rate_of_its_close_date(world: World) -> None:
    result = read(world.source())
    assert [result.row("opportunity", each)["amount"] for each in (EARLY, LATE, HOME)] == [200, 125, 100]
    early = result.row("opportunity", EARLY)
    assert (early["amount_original"], early["currency"]) == (100, "EUR")
    line = result.row("opportunity_line", LINE)
    assert (line["quantity"], line["unit_price"], line["total"]) == (2, 100, 200)
    assert result.row("campaign", "701000000000001AAA")["cost"] == 10, "what has no day goes by today's rate"
    assert result.row("organisation", "00D000000000001EAA")["currency"] == "USD"
    assert result.problems == []


def test_a_line_follows_when_its_deal_moves_to_the_day_of_another_rate(world: World) -> None:
    before = read(world.source())
    world.clock.pass_minutes(60)
    world.org.update("Opportunity", EARLY, CloseDate="2026-08-01")
    after = read(world.source(), before=before)
    assert after.row("opportunity_line", LINE)["total"] == 125


def test_all_amounts_are_read_again_when_a_rate_changes(world: World) -> None:
    before = read(world.source())
    world.clock.pass_minutes(60)
    world.org.update("DatedConversionRate", "04w000000000002AAA", ConversionRate=0.4)
    assert read(world.source(), before=before).row("opportunity", LATE)["amount"] == 250


def test_without_dated_rates_todays_count(tmp_path: Path) -> None:
    files = {name: text for name, text in WORLD.items() if name != "DatedConversionRate"}
    with small_world(tmp_path, files) as world:
        result = read(world.source())
    assert [result.row("opportunity", each)["amount"] for each in (EARLY, LATE, HOME)] == [125, 125, 100]


def test_an_amount_without_a_rate_is_unknown_and_said(world: World) -> None:
    world.org.insert(
        "Opportunity",
        Id=ODD,
        Name="x",
        StageName="Prospecting",
        CloseDate="2026-12-01",
        Amount=5,
        CurrencyIsoCode="XTS",
    )
    result = read(world.source())
    assert result.row("opportunity", ODD)["amount"] is None
    assert result.row("opportunity", ODD)["amount_original"] == 5
    assert "there is no conversion rate for XTS" in str(result.problems[0])
    assert "Opportunity" not in result.cursor, "so that it is read again when there is a rate"


def test_amounts_are_unknown_where_the_rates_are_hidden(world: World) -> None:
    world.set(absent_objects=frozenset({"CurrencyType", "DatedConversionRate"}))
    result = read(world.source())
    assert result.row("opportunity", HOME)["amount"] is None
    assert "no conversion rate for EUR, USD" in "\n".join(map(str, result.problems))


def test_the_first_rate_covers_the_time_before_it() -> None:
    rates = rates_of(
        [{"IsoCode": "EUR", "ConversionRate": 0.8}, {"IsoCode": "BAD", "ConversionRate": 0}],
        [
            {"IsoCode": "EUR", "StartDate": "2026-07-01", "ConversionRate": 0.7},
            {"IsoCode": "EUR", "StartDate": "2026-01-01", "ConversionRate": 0.5},
            {"IsoCode": "EUR", "StartDate": None, "ConversionRate": 9},
        ],
    )
    assert [rates.rate("EUR", day) for day in ("1999-01-01", "2026-06-30", "2026-07-01", "")] == [0.5, 0.5, 0.7, 0.8]
    assert rates.rate("BAD") is None
    assert rates.corporate == ""
    assert rates.digest != Rates("", {}, {}).digest


def test_a_quota_goes_by_the_rate_of_its_first_day(tmp_path: Path) -> None:
    head = "Id,QuotaOwnerId,PeriodId,StartDate,QuotaAmount,IsAmount,ForecastingTypeId,CurrencyIsoCode\n"
    files = {
        "ForecastingType": "Id,DeveloperName,MasterLabel\n0Db000000000001AAA,OpportunityRevenue,x\n",
        "Period": "Id,Type,StartDate,EndDate\n026000000000001AAA,Quarter,2026-04-01,2026-06-30\n",
        "ForecastingQuota": (
            f"{head}0J9000000000001AAA,{BOB},026000000000001AAA,2026-04-01,900,true,0Db000000000001AAA,EUR\n"
        ),
    }
    with small_world(tmp_path, {**WORLD, **files}) as world:
        result = read(world.source(objects={"ForecastingQuota": {"read": True}}))
    assert result.row("target", "0J9000000000001AAA")["value"] == 1800


def test_an_organisation_with_one_currency_takes_amounts_as_they_are(tmp_path: Path) -> None:
    """Neither rates nor currencies of records are there, and nothing is missed."""
    names = ("Organization", "User", "Account", "Opportunity", "OpportunityLineItem")
    with small_world(tmp_path, {name: FILES[name] for name in names}) as world:
        result = read(world.source())
        assert not any("CurrencyType" in call.query for call in world.server.journal)
    assert result.row("opportunity", EARLY)["amount"] == 1000.5
    assert "currency" not in result.row("organisation", "00D000000000001EAA")
    assert result.problems == []
