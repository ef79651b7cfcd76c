"""Each object of Salesforce that KPIs are made of: which rows of which table its records become, over HTTP.

The rates of currencies, CurrencyType and DatedConversionRate, become no rows: see `test_salesforce_money`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.salesforce_mapping import described_names, load_mapping
from tests.support.salesforce_org import (
    ACME,
    ALICE,
    BOB,
    CHARLIE,
    DEAL,
    FILES,
    LEAD,
    MORE_FILES,
    Read,
    World,
    read,
    small_world,
)

_STAMPS = "CreatedDate,SystemModstamp"
_THEN = "2026-09-01T10:00:00.000+0000,2026-09-01T10:00:00.000+0000"
OPEN_DEAL, PRODUCT, FAIR, ROLE = (
    "006000000000002AAA",
    "01t000000000001AAA",
    "701000000000001AAA",
    "00E000000000001AAA",
)
MAILED, LOST_LETTER = "00T000000000006AAA", "02s000000000002AAA"

MORE: Mapping[str, str] = {
    "UserRole": f"Id,Name\n{ROLE},Field sales\n",
    "User": (
        f"Id,Name,Username,Email,ManagerId,UserRoleId,Department,IsActive,UserType,{_STAMPS}\n"
        f"{ALICE},Alice Archer,alice@acme.example,a@acme.example,,,West,true,Standard,{_THEN}\n"
        f"{BOB},Bob Brook,bob@acme.example,b@acme.example,{ALICE},{ROLE},West,true,Standard,{_THEN}\n"
        f"{CHARLIE},Charlie Cole,c@acme.example,c@acme.example,,{ROLE},East,true,Standard,{_THEN}\n"
    ),
    "Pricebook2": "Id,Name,IsStandard,IsActive\n01s000000000001AAA,Standard,true,true\n",
    "PricebookEntry": (
        f"Id,Product2Id,Pricebook2Id,UnitPrice,IsActive,{_STAMPS}\n"
        f"01u000000000001AAA,{PRODUCT},01s000000000001AAA,550,true,{_THEN}\n"
    ),
    "OpportunityFieldHistory": (
        "Id,OpportunityId,Field,DataType,OldValue,NewValue,CreatedDate,IsDeleted\n"
        f"017000000000001AAA,{DEAL},Owner,EntityId,{CHARLIE},{BOB},2026-09-05T10:00:00.000+0000,false\n"
        f"017000000000002AAA,{DEAL},Owner,Text,Charlie Cole,Bob Brook,2026-09-05T10:00:00.000+0000,false\n"
        f"017000000000003AAA,{DEAL},Amount,Double,900,1000.5,2026-09-01T10:00:00.000+0000,false\n"
        f"017000000000004AAA,{DEAL},StageName,Text,Prospecting,Closed Won,2026-09-01T10:00:00.000+0000,false\n"
    ),
    "OpportunitySplitType": (
        "Id,DeveloperName,MasterLabel,IsTotalValidated\n"
        "1Cj000000000001AAA,Revenue,Revenue,true\n1Cj000000000002AAA,Overlay,Overlay,false\n"
    ),
    "OpportunitySplit": (
        f"Id,OpportunityId,SplitOwnerId,SplitPercentage,SplitTypeId,{_STAMPS}\n"
        f"1Ci000000000001AAA,{DEAL},{BOB},70,1Cj000000000001AAA,{_THEN}\n"
        f"1Ci000000000002AAA,{DEAL},{CHARLIE},30,1Cj000000000001AAA,{_THEN}\n"
        f"1Ci000000000003AAA,{DEAL},{ALICE},100,1Cj000000000002AAA,{_THEN}\n"
    ),
    "CampaignMember": (
        f"Id,CampaignId,LeadId,HasResponded,{_STAMPS}\n00v000000000001AAA,{FAIR},{LEAD},true,{_THEN}\n"
    ),
    "Task": (
        f"Id,Subject,Status,Priority,TaskSubtype,OwnerId,WhatId,IsClosed,CompletedDateTime,IsRecurrence,{_STAMPS}\n"
        f"{MAILED},Mail,Completed,Normal,Email,{BOB},{DEAL},true,2026-09-04T08:00:00.000+0000,false,{_THEN}\n"
    ),
    "Event": (
        f"Id,Subject,Type,OwnerId,WhatId,StartDateTime,EndDateTime,ActivityDate,IsAllDayEvent,IsChild,IsRecurrence,"
        f"{_STAMPS}\n"
        f"00U000000000001AAA,Show,Demo,{BOB},{DEAL},2026-09-04T15:00:00.000+0000,2026-09-04T16:00:00.000+0000,"
        f"2026-09-04,false,false,false,{_THEN}\n"
    ),
    "EmailMessage": (
        f"Id,ActivityId,ParentId,RelatedToId,Incoming,Status,MessageDate,FirstOpenedDate,CreatedById,{_STAMPS}\n"
        f"02s000000000001AAA,{MAILED},,{DEAL},false,3,2026-09-04T08:00:00.000+0000,,{BOB},{_THEN}\n"
        f"{LOST_LETTER},,,{DEAL},false,3,2026-09-06T08:00:00.000+0000,2026-09-06T09:00:00.000+0000,{BOB},{_THEN}\n"
        f"02s000000000003AAA,,,{ACME},true,0,2026-09-07T08:00:00.000+0000,,{ALICE},{_THEN}\n"
        f"02s000000000004AAA,,,{DEAL},false,5,2026-09-08T08:00:00.000+0000,,{BOB},{_THEN}\n"
        f"02s000000000005AAA,,500000000000001AAA,,true,0,2026-09-08T08:00:00.000+0000,,{ALICE},{_THEN}\n"
    ),
    "FiscalYearSettings": "Id,Name\n022000000000001AAA,2026\n",
    "Period": (
        "Id,FiscalYearSettingsId,Type,Number,StartDate,EndDate,IsForecastPeriod,SystemModstamp\n"
        "026000000000001AAA,022000000000001AAA,Quarter,3,2026-07-01,2026-09-30,true,2026-09-01T10:00:00.000+0000\n"
        "026000000000002AAA,022000000000001AAA,Week,3,2026-07-01,2026-07-07,false,2026-09-01T10:00:00.000+0000\n"
    ),
    "ForecastingType": "Id,DeveloperName,MasterLabel\n0Db000000000001AAA,OpportunityRevenue,x\n",
    "ForecastingQuota": (
        "Id,QuotaOwnerId,PeriodId,StartDate,QuotaAmount,IsAmount,ForecastingTypeId\n"
        f"0J9000000000001AAA,{BOB},026000000000001AAA,2026-07-01,900,true,0Db000000000001AAA\n"
    ),
    "Asset": (
        f"Id,Name,AccountId,OwnerId,InstallDate,UsageEndDate,IsCompetitorProduct,Annual_Value__c,{_STAMPS}\n"
        f"02i000000000001AAA,Press,{ACME},{BOB},2026-03-01,2027-02-28,false,500.5,{_THEN}\n"
        f"02i000000000002AAA,Theirs,{ACME},{BOB},2026-03-01,,true,1.5,{_THEN}\n"
        f"02i000000000003AAA,Ordered,{ACME},{BOB},,,false,1.5,{_THEN}\n"
    ),
    "Case": (
        f"Id,CaseNumber,AccountId,OwnerId,Status,IsClosed,ClosedDate,CSAT_Score__c,{_STAMPS}\n"
        f"500000000000001AAA,1,{ACME},{BOB},Closed,true,2026-09-02T02:00:00.000+0000,4.5,{_THEN}\n"
        f"500000000000002AAA,2,{ACME},{BOB},New,false,,,{_THEN}\n"
    ),
}
ON_REQUEST = {name: {"read": True} for name in ("Asset", "Case", "ForecastingQuota")}

# object: what its records become, by table and id: the whole of them, and some of their columns.
BECOMES: Mapping[str, tuple[str, Mapping[str, Mapping[str, object]]]] = {
    "Organization": ("organisation", {"00D000000000001EAA": {"name": "Acme Sales", "fiscal_year_start_month": 2}}),
    "Period": (
        "fiscal_period",
        {"026000000000001AAA": {"kind": "quarter", "starts_on": date(2026, 7, 1), "fiscal_year": "2026"}},
    ),
    "User": ("rep", {ALICE: {"team": "Alice Archer"}, BOB: {"manager": f"sf:{ALICE}"}, CHARLIE: {"region": "East"}}),
    "UserRole": ("rep", {CHARLIE: {"team": "Field sales"}}),
    "Account": ("account", {ACME: {"name": "Acme", "market": "Retail", "owner": f"sf:{BOB}"}}),
    "Product2": ("product", {PRODUCT: {"name": "GTX Pro", "family": "GTX"}}),
    "PricebookEntry": ("product", {PRODUCT: {"list_price": 550}}),
    "Opportunity": ("opportunity", {DEAL: {"amount": 1000.5, "close_date": date(2026, 9, 10)}, OPEN_DEAL: {}}),
    "OpportunityHistory": ("opportunity_event", {"008000000000001AAA": {"stage": "Closed Won"}}),
    "OpportunityFieldHistory": (
        "opportunity_event",
        {"017000000000001AAA": {"owner": f"sf:{BOB}", "owner_before": f"sf:{CHARLIE}"}},
    ),
    "OpportunityLineItem": ("opportunity_line", {"00k000000000001AAA": {"quantity": 2, "total": 1000.5}}),
    "OpportunitySplit": (
        "opportunity_split",
        {"1Ci000000000001AAA": {"rep": f"sf:{BOB}", "percent": 70}, "1Ci000000000002AAA": {"percent": 30}},
    ),
    "OpportunityStage": ("stage", {"01J000000000001EAA": {"position": 1}, "01J000000000002EAA": {"is_won": True}}),
    "Lead": ("lead", {LEAD: {"status": "Qualified"}, "00Q000000000002EAA": {"owner": None}}),
    "CampaignMember": ("lead", {LEAD: {"campaign": f"sf:{FAIR}"}}),
    "Campaign": ("campaign", {FAIR: {"name": "Fair", "cost": 1200}}),
    "Task": ("activity", {MAILED: {"kind": "email", "is_done": True, "is_outbound": True}}),
    "Event": ("activity", {"00U000000000001AAA": {"kind": "demo", "opportunity": f"sf:{DEAL}"}}),
    "EmailMessage": (
        "activity",
        {
            LOST_LETTER: {
                "kind": "email",
                "is_outbound": True,
                "opportunity": f"sf:{DEAL}",
                "opened_at": datetime(2026, 9, 6, 9, tzinfo=UTC),
            },
            "02s000000000003AAA": {"is_outbound": False, "account": f"sf:{ACME}", "opportunity": None},
        },
    ),
    "LoginHistory": ("login", {f"LoginHistory:{BOB}:2026-09-01": {"on": date(2026, 9, 1)}}),
    "ForecastingQuota": (
        "target",
        {"0J9000000000001AAA": {"kpi": "revenue", "member": "Bob Brook", "period_end": date(2026, 9, 30)}},
    ),
    "Contract": ("subscription", {"800000000000001AAA": {"annual_value": 12000}}),
    "Asset": ("subscription", {"02i000000000001AAA": {"started_on": date(2026, 3, 1), "annual_value": 500.5}}),
    "Case": ("survey_response", {"500000000000001AAA": {"on": date(2026, 9, 1), "score": 4.5, "account": "Acme"}}),
}
PARTS_OF_A_ROW = ("UserRole", "PricebookEntry", "CampaignMember")
"""Objects that fill columns of another object's rows."""
LOOKS_INTO: Mapping[str, tuple[str, ...]] = {"ForecastingQuota": ("Period", "User"), "Case": ("Account",)}
"""Objects whose rows cannot do without a field of another one."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with small_world(tmp_path_factory.mktemp("objects"), {**FILES, **MORE_FILES, **MORE}) as running:
        yield running


@pytest.fixture(scope="module")
def everything(world: World) -> Read:
    return read(world.source(objects=ON_REQUEST))


def prefix_of(object_name: str) -> str:
    row_id = next(iter(BECOMES[object_name][1]))
    return f"sf:{row_id.partition(':')[0] if ':' in row_id else row_id[:3]}"


def of_object(result: Read, object_name: str) -> dict[str, dict[str, object]]:
    """Return the rows that an object's records have become."""
    rows = result.rows.get(BECOMES[object_name][0], {})
    return {key: row for key, row in rows.items() if key.startswith(prefix_of(object_name))}


@pytest.mark.parametrize("object_name", BECOMES)
def test_records_become_these_rows(object_name: str, everything: Read) -> None:
    table, expected = BECOMES[object_name]
    for record_id, columns in expected.items():
        assert everything.row(table, record_id).items() >= columns.items(), record_id
    if object_name not in {*PARTS_OF_A_ROW, "LoginHistory"}:
        assert set(of_object(everything, object_name)) == {f"sf:{record_id}" for record_id in expected}


def test_nothing_is_left_out_of_an_organisation_that_has_all(everything: Read) -> None:
    assert everything.problems == []
    mappings = load_mapping(ON_REQUEST)
    assert set(described_names(mappings)) == set(BECOMES) - {"UserRole"}, "roles are read with their users"


def test_an_email_is_counted_once_and_a_change_of_a_deal_is_there_once(everything: Read) -> None:
    emails = [row for row in everything.rows["activity"].values() if row["kind"] == "email"]
    assert len(emails) == 3, "of the two that are the same, the task; no draft, nothing of a case"
    events = list(everything.rows["opportunity_event"].values())
    assert [(row.get("stage"), row.get("owner")) for row in events] == [("Closed Won", None), (None, f"sf:{BOB}")]


def test_what_is_read_on_request_is_not_read_without_one(world: World) -> None:
    result = read(world.source())
    assert not {"target", "survey_response"} & set(result.rows)
    assert not of_object(result, "Asset")


@pytest.mark.parametrize("object_name", [name for name in BECOMES if name not in {"UserRole", "Organization"}])
def test_an_object_that_is_absent_or_forbidden_is_said_and_the_others_are_read(
    object_name: str, world: World, everything: Read
) -> None:
    before = world.service.settings
    world.set(absent_objects=frozenset({object_name}))
    try:
        result = read(world.source(objects=ON_REQUEST))
    finally:
        world.service.settings = before
    others = [name for name in BECOMES if name not in {object_name, *PARTS_OF_A_ROW}]
    lost = {name for name in others if not of_object(result, name)}
    assert lost == {name for name, above in LOOKS_INTO.items() if object_name in above}
    assert lost <= {problem.place.removeprefix("Salesforce ") for problem in result.problems}
    if object_name not in PARTS_OF_A_ROW:
        assert not of_object(result, object_name)
    mapping = next((each for each in load_mapping(ON_REQUEST) if each.name == object_name), None)
    is_said = any(problem.place == f"Salesforce {object_name}" for problem in result.problems)
    assert is_said is (mapping is not None and not mapping.optional)


def test_owners_changed_later_arrive_and_an_email_that_gets_its_task_is_counted_there(world: World) -> None:
    before = read(world.source())
    world.clock.pass_minutes(60)
    world.org.update("Opportunity", OPEN_DEAL, OwnerId=BOB)
    world.org.update("EmailMessage", LOST_LETTER, ActivityId=MAILED)
    world.clock.pass_minutes(60)
    after = read(world.source(), before=before)
    [moved] = [row for row in after.rows["opportunity_event"].values() if row["opportunity"] == f"sf:{OPEN_DEAL}"
               and row.get("owner")]  # fmt: skip
    assert (moved["owner"], moved["owner_before"]) == (f"sf:{BOB}", f"sf:{CHARLIE}")
    assert f"sf:{LOST_LETTER}" not in after.rows["activity"]


def test_an_organisation_says_what_its_words_mean(tmp_path: Path) -> None:
    head = f"Id,Name,OwnerId,StageName,IsClosed,IsWon,Amount,CloseDate,RecordTypeId,Signed_On__c,{_STAMPS}"
    files = {
        **FILES,
        "RecordType": "Id,DeveloperName,Name,SobjectType\n012000000000001AAA,Sales,Sales,Opportunity\n"
        "012000000000002AAA,Grants,Grants,Opportunity\n",
        "Opportunity": f"{head}\n"
        f"006000000000001AAA,A,{BOB},Signature,false,false,5,2026-09-10,012000000000001AAA,2026-09-03,{_THEN}\n"
        f"006000000000002AAA,B,{BOB},Prospecting,false,false,5,2026-09-10,012000000000001AAA,,{_THEN}\n"
        f"006000000000003AAA,C,{BOB},Prospecting,false,false,5,2026-09-10,012000000000002AAA,,{_THEN}\n",
    }
    objects = {
        "Opportunity": {
            "keep": {"RecordType.DeveloperName": ["Sales"]},
            "fields": {
                "is_closed": [{"is": True, "when": {"StageName": ["Signature"]}}, "IsClosed"],
                "is_won": [{"is": True, "when": {"StageName": ["Signature"]}}, "IsWon"],
                "close_date": ["Signed_On__c", "CloseDate"],
            },
        },
        "Task": {"fields": {"kind": [{"is": "proposal", "when": {"Subject": ["Errand"]}},
                                     {"is": "meeting", "when": {"TaskSubtype": ["Call"]}}]}},
    }  # fmt: skip
    with small_world(tmp_path, files) as world:
        result = read(world.source(objects=objects))
    deals = {key[-6:-3]: row for key, row in result.rows["opportunity"].items()}
    assert {key: (row["is_won"], row["close_date"]) for key, row in deals.items()} == {
        "001": (True, date(2026, 9, 3)), "002": (False, date(2026, 9, 10)),
    }  # fmt: skip
    tasks = {str(row["kind"]) for key, row in result.rows["activity"].items() if key.startswith("sf:00T")}
    assert tasks == {"proposal", "meeting"}
