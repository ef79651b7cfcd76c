"""The demo company: believable, whole, always fresh, and the same bytes for the same seed."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from connectors.errors import SourceError
from connectors.sandbox.company import write_company
from kpis.tables import TABLES

TODAY = date(2026, 11, 24)
SHARED_FIELDS = Path(__file__).parents[3] / "shared" / "salesforce" / "fields.json"

# Where the rows of each canonical table come from.
COVERED_BY = {
    "organisation": "Organization", "rep": "User", "account": "Account", "product": "Product2",
    "opportunity": "Opportunity", "opportunity_event": "OpportunityHistory",
    "opportunity_line": "OpportunityLineItem", "opportunity_split": "OpportunitySplit",
    "stage": "OpportunityStage", "lead": "Lead", "activity": "Task",
    "campaign": "Campaign", "subscription": "Contract", "login": "LoginHistory", "target": "Targets",
    "expense": "Expenses", "survey_response": "Surveys", "marketing_stat": "Marketing", "work_log": "Time",
    "candidate": "Hiring", "training": "Training", "process_check": "Process checks", "assessment": "Assessments",
    "usage": "Usage", "market_stat": "Market",
}  # fmt: skip

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Written:
    """The files of a company, read once."""

    folder: Path
    objects: dict[str, Rows]
    tabs: dict[str, Rows]

    def by_id(self, name: str) -> dict[str, dict[str, str]]:
        return {row["Id"]: row for row in self.objects[name]}

    def sellers(self) -> Rows:
        return [user for user in self.objects["User"] if user["Title"] == "Account Executive"]


def read(folder: Path) -> Written:
    return Written(folder, dict(_tables(folder)), dict(_tables(folder / "sheets")))


def _tables(folder: Path) -> Iterator[tuple[str, Rows]]:
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            yield path.stem, list(csv.DictReader(file, strict=True))


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("company")
    write_company(folder, today=TODAY)
    return read(folder)


def small(folder: Path, *, seed: int = 7, today: date = TODAY) -> Written:
    write_company(folder, seed=seed, today=today, scale=0.05)
    return read(folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.csv"))}


def cents(text: str) -> int:
    return round(float(text) * 100)


def test_the_same_seed_and_day_give_the_same_bytes_and_another_seed_gives_others(tmp_path: Path) -> None:
    first, second, other = (small(tmp_path / name, seed=seed) for name, seed in (("a", 7), ("b", 7), ("c", 8)))
    assert contents(first.folder) == contents(second.folder)
    different = {name for name, content in contents(other.folder).items() if content != contents(first.folder)[name]}
    assert {"Opportunity.csv", "Task.csv", "Lead.csv", "sheets/Targets.csv"} <= different
    assert all(b"\r" not in content for content in contents(first.folder).values())


def test_it_has_the_size_of_a_team_of_24(company: Written) -> None:
    counts = {name: len(rows) for name, rows in company.objects.items()}
    assert (counts["Account"], counts["Opportunity"], counts["Lead"], counts["Product2"]) == (300, 4_000, 2_500, 8)
    assert counts["Task"] + counts["Event"] == 60_000
    assert counts["OpportunityHistory"] > 3 * counts["Opportunity"]
    sellers = company.sellers()
    assert Counter(user["Division"] for user in sellers) == {"West": 6, "East": 6, "Europe": 6, "Pacific": 6}
    assert {user["Department"] for user in sellers} == {"AMER", "EMEA", "APAC"}
    lines = Counter(line["OpportunityId"] for line in company.objects["OpportunityLineItem"])
    assert set(lines.values()) == {1, 2, 3, 4}


def test_every_canonical_table_has_rows(company: Written) -> None:
    """But those for calendars that cannot be told by rules (the demo company's fiscal year is twelve plain months),
    and the history of teams, which refreshes keep."""
    assert set(COVERED_BY) == set(TABLES) - {"fiscal_period", "holiday", "rep_history"}
    files = company.objects | company.tabs
    assert {table for table, name in COVERED_BY.items() if not files[name]} == set()


def test_ids_are_unique_and_every_reference_leads_to_a_record(company: Written) -> None:
    ids = [row["Id"] for rows in company.objects.values() for row in rows]
    assert len(set(ids)) == len(ids)
    assert {len(one) for one in ids} == {18}
    known = set(ids)
    dangling = {
        (name, column)
        for name, rows in company.objects.items()
        for row in rows
        for column, value in row.items()
        if column.endswith("Id") and value and value not in known
    }
    assert dangling == set()


def test_tabs_call_people_accounts_products_and_campaigns_by_names_that_are_unique(company: Written) -> None:
    names = {
        "Rep": [user["Name"] for user in company.objects["User"]],
        "Account": [account["Name"] for account in company.objects["Account"]],
        "Product": [product["Name"] for product in company.objects["Product2"]],
        "Campaign": [campaign["Name"] for campaign in company.objects["Campaign"]],
    }
    for column, known in names.items():
        assert len(set(known)) == len(known)
        used = {row[column] for rows in company.tabs.values() for row in rows if column in row} - {""}
        assert used
        assert used <= set(known)
    targets = {(row["Dimension"], row["Member"]) for row in company.tabs["Targets"]}
    assert {member for dimension, member in targets if dimension == "rep"} <= set(names["Rep"])
    assert {member for dimension, member in targets if dimension == "product"} == set(names["Product"])


def test_the_amount_of_a_deal_is_the_sum_of_its_lines(company: Written) -> None:
    totals: dict[str, int] = defaultdict(int)
    for line in company.objects["OpportunityLineItem"]:
        subtotal = float(line["Quantity"]) * float(line["UnitPrice"])
        discount = float(line["Discount"] or 0)
        assert cents(line["Subtotal"]) == round(subtotal * 100)
        assert abs(cents(line["TotalPrice"]) - subtotal * (100 - discount)) <= 0.51
        totals[line["OpportunityId"]] += cents(line["TotalPrice"])
    for deal in company.objects["Opportunity"]:
        assert (deal["HasOpportunityLineItem"] == "true") == (deal["Id"] in totals)
        if deal["Id"] in totals:
            assert cents(deal["Amount"]) == totals[deal["Id"]]


def test_the_history_of_a_deal_ends_in_the_deal_as_it_is(company: Written) -> None:
    histories: dict[str, Rows] = defaultdict(list)
    for change in company.objects["OpportunityHistory"]:
        histories[change["OpportunityId"]].append(change)
    for deal in company.objects["Opportunity"]:
        if deal["IsDeleted"] == "true":
            assert deal["Id"] not in histories
            continue
        changes = histories[deal["Id"]]
        same = ("StageName", "Amount", "CloseDate", "Probability", "ExpectedRevenue", "ForecastCategory")
        assert [changes[-1][field] for field in same] == [deal[field] for field in same]
        assert changes[-1]["CreatedDate"] == deal["LastModifiedDate"]
        assert changes[0]["CreatedDate"] == deal["CreatedDate"]
        instants = [change["CreatedDate"] for change in changes]
        assert instants == sorted(set(instants))


def test_nothing_is_stamped_later_than_the_start_of_today(company: Written) -> None:
    limit = f"{TODAY.isoformat()}T00:00:00.000+0000"
    planned = {"StartDateTime", "EndDateTime"}
    for name, rows in company.objects.items():
        for row in rows:
            instants = {column: text for column, text in row.items() if "T" in text and text.endswith("+0000")}
            assert all(text < limit for column, text in instants.items() if column not in planned), (name, row)
            if "SystemModstamp" in row:
                modified_at = row.get("LastModifiedDate", row["SystemModstamp"])
                assert row["SystemModstamp"] >= modified_at >= row.get("CreatedDate", "")


def test_people_are_named_hired_and_placed_as_the_guides_tell(company: Written) -> None:
    users = {user["Name"]: user for user in company.objects["User"]}
    assert {users[name]["Division"] for name in ("Ann Lee", "Bob Martin")} == {"West"}
    last_names = Counter(user["LastName"] for user in company.objects["User"])
    assert [name for name, count in last_names.items() if count > 1] == ["Martin"]
    leavers = [user for user in company.sellers() if user["Left_On__c"]]
    assert [user["IsActive"] for user in leavers] == ["false", "false"]
    assert max(user["Hired_On__c"] for user in company.sellers()) > "2026-09-01"
    owners = {deal["OwnerId"] for deal in company.objects["Opportunity"]}
    assert owners == {user["Id"] for user in company.sellers()}
    roles = company.by_id("UserRole")
    parents = {role["Name"]: roles.get(role["ParentRoleId"], {}).get("Name") for role in roles.values()}
    assert parents["Team West"] == "AMER Sales"
    assert parents["AMER Sales"] == "VP Sales"


def test_sellers_differ_and_the_year_has_seasons(company: Written) -> None:
    closed = [deal for deal in company.objects["Opportunity"] if deal["IsClosed"] == "true"]
    won = [deal for deal in closed if deal["IsWon"] == "true"]
    assert 0.25 < len(won) / len(closed) < 0.36
    rates = [
        sum(deal["OwnerId"] == user["Id"] for deal in won) / sum(deal["OwnerId"] == user["Id"] for deal in closed)
        for user in company.sellers()
        if sum(deal["OwnerId"] == user["Id"] for deal in closed) > 50
    ]
    assert 0.1 < min(rates) < 0.22
    assert 0.35 < max(rates) < 0.5
    closings = Counter(deal["CloseDate"][:7] for deal in closed)
    assert closings["2025-12"] > 1.5 * closings["2026-01"]
    amounts = sorted(float(deal["Amount"]) for deal in won)
    assert 15_000 < amounts[len(amounts) // 2] < 35_000


def test_a_few_rows_are_as_odd_as_in_real_orgs(company: Written) -> None:
    deals, today = company.by_id("Opportunity"), TODAY.isoformat()
    users = company.by_id("User")
    still_open = [deal for deal in deals.values() if deal["IsClosed"] == "false"]
    assert 5 < sum(deal["CloseDate"] < today for deal in still_open) < 40
    assert sum(not deal["Amount"] for deal in still_open) > 5
    assert any(users[deal["OwnerId"]]["IsActive"] == "false" for deal in still_open)
    assert sum(deal["IsDeleted"] == "true" for deal in deals.values()) == 1
    stages: dict[str, list[str]] = defaultdict(list)
    for change in company.objects["OpportunityHistory"]:
        stages[change["OpportunityId"]].append(change["StageName"])
    reopened = [one for one, names in stages.items() if "Closed Lost" in names[:-1]]
    assert {deals[one]["StageName"] for one in reopened} == {"Closed Won"}
    wins_of_a_day = Counter((d["AccountId"], d["CloseDate"]) for d in deals.values() if d["IsWon"] == "true")
    assert max(wins_of_a_day.values()) >= 3
    accounts = company.objects["Account"]
    assert [sum(not account[field] for account in accounts) for field in ("Industry", "OwnerId")] == [2, 1]
    assert any(line["Discount"].startswith("-") for line in company.objects["OpportunityLineItem"])
    assert any(lead["OwnerId"].startswith("00G") for lead in company.objects["Lead"])
    tasks, events = company.objects["Task"], company.objects["Event"]
    assert any(task["IsRecurrence"] == "true" for task in tasks)
    assert any(event["IsChild"] == "true" for event in events)
    touched = {row["WhatId"] for row in (*tasks, *events)}
    assert 50 < sum(deal not in touched for deal in deals) < 600


def test_converted_leads_lead_to_their_account_and_deal(company: Written) -> None:
    deals = company.by_id("Opportunity")
    converted = [lead for lead in company.objects["Lead"] if lead["IsConverted"] == "true"]
    with_deal = [lead for lead in converted if lead["ConvertedOpportunityId"]]
    assert len(with_deal) > 0.8 * len(converted) > 400
    for lead in with_deal:
        deal = deals[lead["ConvertedOpportunityId"]]
        assert (deal["AccountId"], deal["LeadSource"]) == (lead["ConvertedAccountId"], lead["LeadSource"])
        assert lead["CreatedDate"] < deal["CreatedDate"]


def test_campaigns_roll_up_their_leads_and_won_deals(company: Written) -> None:
    members = Counter(row["CampaignId"] for row in company.objects["CampaignMember"] if row["LeadId"])
    won: Counter[str] = Counter()
    for deal in company.objects["Opportunity"]:
        if deal["IsWon"] == "true" and deal["IsDeleted"] == "false":
            won[deal["CampaignId"]] += cents(deal["Amount"])
    for campaign in company.objects["Campaign"]:
        assert int(campaign["NumberOfLeads"]) == members[campaign["Id"]]
        assert cents(campaign["AmountWonOpportunities"]) == won[campaign["Id"]]


def test_quotas_cover_each_month_to_the_end_of_the_next_quarter_and_are_within_reach(company: Written) -> None:
    quotas = [row for row in company.tabs["Targets"] if row["KPI"] == "revenue"]
    months = {row["From"] for row in quotas if row["Member"] == "Ann Lee"}
    assert (min(months), max(months), len(months)) == ("2024-11-01", "2027-03-01", 29)
    past = sum(float(row["Target"]) for row in quotas if row["To"] < "2026-11-01")
    sold = sum(
        float(deal["Amount"])
        for deal in company.objects["Opportunity"]
        if deal["IsWon"] == "true"
        and deal["IsDeleted"] == "false"
        and "2024-11-01" <= deal["CloseDate"] < "2026-11-01"
    )
    assert 0.8 < sold / past < 1.0


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2024, 2, 29), date(2026, 10, 3), date(2027, 12, 31)])
def test_it_is_fresh_on_any_day(tmp_path: Path, today: date) -> None:
    deals = small(tmp_path, today=today).objects["Opportunity"]
    month = today.isoformat()[:7]
    assert sum(deal["IsWon"] == "true" and deal["CloseDate"].startswith(month) for deal in deals) >= 3
    ahead = [deal for deal in deals if deal["IsClosed"] == "false" and deal["CloseDate"] > today.isoformat()]
    assert sum(deal["CloseDate"] > date.fromordinal(today.toordinal() + 45).isoformat() for deal in ahead) > 0
    assert len(ahead) > 10
    assert max(deal["CloseDate"] for deal in deals if deal["IsClosed"] == "true") <= today.isoformat()


def test_a_scale_out_of_bounds_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"scale must lie between 0\.05 and 100, not 0\."):
        write_company(tmp_path, today=TODAY, scale=0)


@pytest.mark.skipif(not SHARED_FIELDS.is_file(), reason="the recorded describes are not at hand")
def test_standard_fields_are_those_that_salesforce_has(company: Written) -> None:
    known = json.loads(SHARED_FIELDS.read_text("utf-8"))
    unknown = {
        (name, field)
        for name, rows in company.objects.items()
        for field in rows[0]
        if not field.endswith("__c") and field not in known[name]["fields"]
    }
    assert unknown == set()
