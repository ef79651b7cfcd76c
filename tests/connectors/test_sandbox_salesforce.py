from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
import requests
from simple_salesforce.exceptions import (
    SalesforceError,
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from connectors.sandbox.salesforce import OrgError, SalesforceOrg, SalesforceService, SalesforceSettings
from connectors.sandbox.server import Server
from tests.support.sandbox_org import (
    SHARED_DESCRIBES,
    SHARED_ORG,
    TurnedClock,
    loopback_session,
    salesforce_with_token,
    write_org,
)


@dataclasses.dataclass(slots=True)
class Stage:
    """A small org being served, and simple-salesforce logged in to it."""

    org: SalesforceOrg
    service: SalesforceService
    server: Server
    clock: TurnedClock
    session: requests.Session
    client: Any  # the library answers attributes that its types do not know

    def query(self, text: str) -> list[dict[str, object]]:
        return list(self.client.query_all(text)["records"])

    def set(self, **changes: object) -> None:
        self.service.settings = dataclasses.replace(self.service.settings, **changes)  # type: ignore[arg-type] # any setting


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    clock = TurnedClock()
    org = SalesforceOrg.load(write_org(tmp_path / "org"), clock)
    service = SalesforceService(org)
    with Server([service.handle]) as server, loopback_session(server.url) as session:
        client: Any = salesforce_with_token(server.url, service.tokens.mint(), session)
        yield Stage(org, service, server, clock, session, client)


def error_of(stage: Stage, query: str) -> tuple[str, str]:
    with pytest.raises(SalesforceMalformedRequest) as caught:
        stage.client.query(query)
    error = cast("list[dict[str, str]]", caught.value.content)[0]
    return error["errorCode"], error["message"]


def test_records_come_typed_with_their_parents_and_in_the_order_of_the_query(stage: Stage) -> None:
    answer = stage.client.query(
        "SELECT Id, Amount, Owner.Manager.Name, IsWon, Account.Name, CloseDate, CreatedDate, Score__c "
        "FROM Opportunity WHERE Id IN ('006000000000001', '006000000000002AAA') ORDER BY Amount DESC NULLS LAST"
    )

    first, second = answer["records"]
    assert list(first) == [
        "attributes", "Id", "Amount", "Owner", "IsWon", "Account", "CloseDate", "CreatedDate", "Score__c",
    ]  # fmt: skip
    assert first["attributes"]["url"] == "/services/data/v59.0/sobjects/Opportunity/006000000000001AAA"
    assert first["Owner"]["Manager"]["Name"] == "Bo Yu"
    assert (first["Amount"], first["CloseDate"], first["CreatedDate"]) == (
        100.0,
        "2026-05-01",
        "2026-01-10T08:00:00.000+0000",
    )
    assert (second["Amount"], second["Account"], second["IsWon"]) == (None, None, False)


def test_an_owner_that_may_be_a_queue_is_read_by_name_and_type(stage: Stage) -> None:
    assert stage.query("SELECT Owner.Name, Owner.Type FROM Lead")[0]["Owner"] == {
        "attributes": {"type": "Name", "url": "/services/data/v59.0/sobjects/User/005000000000001AAA"},
        "Name": "Ann Lee",
        "Type": "User",
    }


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("name = 'FIRST'", ["First"]),
        ("Name LIKE '%ir_'", ["Third"]),
        ("Amount != 100", ["Second", "Third"]),
        ("Region__c = ''", ["Second"]),
        ("NOT (Amount > 60 OR IsWon = true)", ["Second"]),
        ("Region__c NOT IN ('North', null)", ["Third"]),
        ("CloseDate = THIS_FISCAL_YEAR", ["Third"]),
        ("CreatedDate >= 2026-01-12T00:00:00+01:00 AND CreatedDate < TODAY", ["Third"]),
        (
            "SystemModstamp >= 2026-02-02T00:00:00Z AND SystemModstamp <= 2026-02-02T00:00:00.000Z",
            ["Second", "Third"],
        ),
        ("AccountId IN (SELECT Id FROM Account WHERE Name = 'Acme') AND Owner.Name = 'Ann Lee'", ["First", "Third"]),
    ],
)
def test_conditions_mean_what_they_mean_in_the_real_language(stage: Stage, condition: str, names: list[str]) -> None:
    records = stage.query(f"SELECT Name FROM Opportunity WHERE {condition} ORDER BY Name")

    assert [record["Name"] for record in records] == names


def test_groups_are_counted_summed_and_filtered(stage: Stage) -> None:
    records = stage.query(
        "SELECT Owner.Name, COUNT(Id) deals, SUM(Amount), COUNT(Amount) FROM Opportunity GROUP BY Owner.Name "
        "HAVING COUNT(Id) > 0 ORDER BY COUNT(Id) DESC"
    )
    total = stage.query(
        "SELECT SUM(Amount), MAX(CloseDate), COUNT_DISTINCT(OwnerId) FROM Opportunity WHERE Amount > 1000"
    )

    assert [(record["Name"], record["deals"], record["expr0"], record["expr1"]) for record in records] == [
        ("Ann Lee", 2, 150.0, 2),
        ("Bo Yu", 1, None, 0),
    ]
    assert total == [{"attributes": {"type": "AggregateResult"}, "expr0": None, "expr1": None, "expr2": 0}]


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("SELECT Id FROM Nothing__c", "INVALID_TYPE", "sObject type 'Nothing__c' is not supported"),
        (
            "SELECT Id,\nFoo FROM Opportunity",
            "INVALID_FIELD",
            "\nFoo FROM Opportunity\n^\nERROR at Row:2:Column:1\nNo such column 'Foo' on entity 'Opportunity'.",
        ),
        ("SELECT Boss.Name FROM Opportunity", "INVALID_FIELD", "Didn't understand relationship 'Boss' in field path"),
        ("SELECT Id FROM", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Lead WHERE Name = 'x", "MALFORMED_QUERY", "ERROR at Row:1:Column:34"),
        ("SELECT Id FROM Lead WHERE Id = '00Q000000000001AAA' OR A = 1 AND B = 1", "MALFORMED_QUERY", "token: 'AND'"),
        ("SELECT Id FROM Lead WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered in a query call"),
        (
            "SELECT Id FROM Lead WHERE IsDeleted = 'false'",
            "INVALID_FIELD",
            "of type boolean and should not be enclosed",
        ),
        ("SELECT Id FROM Lead WHERE Name = 5", "INVALID_FIELD", "of type string and should be enclosed in quotes"),
        ("SELECT Id FROM Lead WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: x"),
        ("SELECT Amount, COUNT(Id) FROM Opportunity GROUP BY Amount", "INVALID_FIELD", "can not be grouped"),
        ("SELECT Name, COUNT(Id) FROM Opportunity", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"),
        ("SELECT Id FROM Lead OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"),
        ("SELECT Id, (SELECT Id FROM Tasks) FROM Lead", "MALFORMED_QUERY", "sub-queries of child records"),
        ("SELECT Id FROM Lead WHERE " + "(" * 500, "MALFORMED_QUERY", "nested too deeply"),
    ],
)
def test_what_is_wrong_with_a_query_is_said_as_the_real_org_says_it(
    stage: Stage, query: str, code: str, message: str
) -> None:
    found, text = error_of(stage, query)

    assert found == code
    assert message in text


def test_long_results_come_in_pages_and_a_forgotten_locator_is_refused(stage: Stage) -> None:
    stage.set(page_rows_max=2)
    first = stage.client.query("SELECT Id FROM Opportunity")
    last = stage.client.query_more(first["nextRecordsUrl"], identifier_is_url=True)

    assert (first["totalSize"], first["done"], len(first["records"])) == (3, False, 2)
    assert (last["totalSize"], last["done"], len(last["records"])) == (3, True, 1)
    assert "nextRecordsUrl" not in last
    stage.service.expire_locators()
    with pytest.raises(SalesforceMalformedRequest, match="INVALID_QUERY_LOCATOR"):
        stage.client.query_more(first["nextRecordsUrl"], identifier_is_url=True)


def test_standard_objects_are_there_without_a_file_and_features_are_not(stage: Stage) -> None:
    assert stage.query("SELECT Id, Subject FROM Task") == []
    assert error_of(stage, "SELECT Id FROM CurrencyType")[0] == "INVALID_TYPE"


def test_what_security_hides_is_absent_from_describe_and_unknown_to_queries(stage: Stage) -> None:
    stage.set(hidden_fields=frozenset({"Opportunity.Amount"}), absent_objects=frozenset({"Lead"}))

    names = {field["name"] for field in stage.client.Opportunity.describe()["fields"]}
    assert {"CloseDate", "Region__c"} <= names
    assert "Amount" not in names
    assert error_of(stage, "SELECT Amount FROM Opportunity")[0] == "INVALID_FIELD"
    assert error_of(stage, "SELECT Id FROM Lead")[0] == "INVALID_TYPE"
    with pytest.raises(SalesforceResourceNotFound):
        stage.client.Lead.describe()
    assert "Lead" not in {each["name"] for each in stage.client.describe()["sobjects"]}


def test_a_describe_tells_types_targets_and_the_stages_in_their_order(stage: Stage) -> None:
    fields = {field["name"]: field for field in stage.client.Opportunity.describe()["fields"]}

    assert fields["OwnerId"]["referenceTo"] == ["User"]
    assert fields["OwnerId"]["relationshipName"] == "Owner"
    assert [each["value"] for each in fields["StageName"]["picklistValues"]] == ["Open", "Sold"]
    assert (fields["Score__c"]["type"], fields["Region__c"]["type"], fields["Score__c"]["custom"]) == (
        "double",
        "string",
        True,
    )
    assert fields["Description"]["filterable"] is False
    batch = stage.client.restful(
        "composite/batch",
        method="POST",
        json={
            "batchRequests": [{"method": "GET", "url": f"v59.0/sobjects/{name}/describe"} for name in ("User", "No")]
        },
    )
    assert batch["hasErrors"] is True
    assert batch["results"][0]["result"]["name"] == "User"
    assert (batch["results"][1]["statusCode"], batch["results"][1]["result"][0]["errorCode"]) == (404, "NOT_FOUND")


def test_a_change_moves_the_stamp_follows_the_stage_and_writes_history(stage: Stage) -> None:
    stage.clock.turn(minutes=5)
    stage.org.update("Opportunity", "006000000000001AAA", StageName="Sold", Amount=120)

    changed = stage.query(
        "SELECT Id, IsWon, Probability, ExpectedRevenue, SystemModstamp FROM Opportunity "
        "WHERE SystemModstamp >= 2026-03-01T12:05:00Z"
    )
    assert [(each["Id"], each["IsWon"], each["Probability"], each["ExpectedRevenue"]) for each in changed] == [
        ("006000000000001AAA", True, 100.0, 120.0)
    ]
    history = stage.query(
        "SELECT StageName, PrevAmount, CreatedDate FROM OpportunityHistory ORDER BY CreatedDate DESC"
    )
    assert (history[0]["StageName"], history[0]["PrevAmount"]) == ("Sold", 100.0)
    key = stage.org.insert("Opportunity", Name="New", StageName="Open", CloseDate="2026-04-02")
    record = stage.client.Opportunity.get(key)
    assert (record["Probability"], record["Fiscal"], record["CreatedById"]) == (20.0, "2027 1", "005000000000001AAA")


def test_a_late_commit_is_seen_only_when_its_moment_has_come_but_with_its_early_stamp(stage: Stage) -> None:
    stage.org.update(
        "Opportunity", "006000000000001AAA", visible_from=datetime(2026, 3, 1, 12, 8, tzinfo=UTC), Amount=7
    )
    query = "SELECT Amount, SystemModstamp FROM Opportunity WHERE Id = '006000000000001AAA'"

    assert stage.query(query)[0]["Amount"] == 100.0
    stage.clock.turn(minutes=8)
    late = stage.query(query)[0]
    assert (late["Amount"], late["SystemModstamp"]) == (7.0, "2026-03-01T12:00:00.000+0000")


def test_deleted_records_show_in_query_all_and_in_the_list_of_deletions_until_undeleted(stage: Stage) -> None:
    stage.org.delete("Opportunity", "006000000000001AAA")
    stage.org.hard_delete("Lead", "00Q000000000001AAA")
    stage.clock.turn(minutes=10)
    span = (datetime(2026, 3, 1, 11, tzinfo=UTC), stage.clock())

    assert stage.client.query("SELECT COUNT() FROM Opportunity")["totalSize"] == 2
    both = stage.client.query("SELECT Id, IsDeleted FROM Opportunity WHERE IsDeleted = true", include_deleted=True)
    assert [record["Id"] for record in both["records"]] == ["006000000000001AAA"]
    assert stage.query("SELECT Id FROM OpportunityHistory") == []
    assert [each["id"] for each in stage.client.Opportunity.deleted(*span)["deletedRecords"]] == [
        "006000000000001AAA"
    ]
    assert stage.client.query("SELECT COUNT() FROM Lead", include_deleted=True)["totalSize"] == 0
    stage.org.undelete("Opportunity", "006000000000001AAA")
    assert stage.client.Opportunity.deleted(*span)["deletedRecords"] == []
    assert stage.client.query("SELECT COUNT() FROM OpportunityHistory")["totalSize"] == 1
    assert (
        "006000000000001AAA" in stage.client.Opportunity.updated(span[0], datetime(2026, 3, 1, 13, tzinfo=UTC))["ids"]
    )


def test_the_api_counts_its_calls_down_and_then_refuses(stage: Stage) -> None:
    stage.set(daily_calls=2)
    stage.client.limits()
    assert stage.client.api_usage["api-usage"].used == 1
    assert stage.client.limits()["DailyApiRequests"] == {"Max": 2, "Remaining": 0}

    with pytest.raises(SalesforceRefusedRequest, match="REQUEST_LIMIT_EXCEEDED"):
        stage.client.limits()
    stage.service.reset_allowance()
    stage.client.limits()


def test_answers_carry_the_clock_of_the_org(stage: Stage) -> None:
    answer = stage.session.get(f"{stage.server.url}/services/data", timeout=5)

    assert answer.headers["Date"] == "Sun, 01 Mar 2026 12:00:00 GMT"
    assert {"version": "59.0", "label": "API 59", "url": "/services/data/v59.0"} in answer.json()


def test_a_token_ends_after_its_calls_or_when_it_is_expired(stage: Stage) -> None:
    stage.set(token_calls=1)
    stage.client.limits()
    with pytest.raises(SalesforceError, match="INVALID_SESSION_ID"):
        stage.client.limits()


def test_a_query_that_does_not_fit_into_an_address_is_refused(stage: Stage) -> None:
    with pytest.raises(SalesforceError) as caught:
        stage.client.query("SELECT Id FROM Lead WHERE Name IN (" + ",".join(["'long name'"] * 1000) + ")")

    assert caught.value.status == 414


@pytest.mark.skipif(not SHARED_ORG.is_dir(), reason="the public data set is not here")
def test_a_real_data_set_answers_its_check_queries() -> None:
    org = SalesforceOrg.load(SHARED_ORG, TurnedClock(datetime(2017, 12, 31, 12, tzinfo=UTC)))
    service = SalesforceService(org, settings=SalesforceSettings())
    expected = {
        "SELECT SUM(Amount) FROM Opportunity WHERE IsWon = true": [10005534],
        "SELECT CALENDAR_QUARTER(CloseDate), SUM(Amount) FROM Opportunity WHERE IsWon = true "
        "GROUP BY CALENDAR_QUARTER(CloseDate)": [1134672, 3086111, 2982255, 2802496],
        "SELECT SUM(Amount) FROM Opportunity WHERE IsWon = true AND Owner.Department = 'West'": [3568647],
        "SELECT SUM(TotalPrice) FROM OpportunityLineItem "
        "WHERE Opportunity.IsWon = true AND Product2.Name = 'GTX Pro'": [3510578],
        "SELECT SUM(Amount) FROM Opportunity WHERE IsClosed = false": [4966215],
        "SELECT StageName, COUNT(Id) FROM Opportunity GROUP BY StageName": [500, 1589, 2473, 4238],
    }
    with Server([service.handle]) as server, loopback_session(server.url) as session:
        client: Any = salesforce_with_token(server.url, service.tokens.mint(), session)
        for query, values in expected.items():
            found = [list(record.values())[-1] for record in client.query(query)["records"]]
            assert sorted(found) == sorted(values), query
        assert client.query("SELECT COUNT() FROM Opportunity WHERE AccountId = null")["totalSize"] == 1425
        server.clear_journal()
        assert len(client.query_all("SELECT Id, Owner.Name FROM Opportunity")["records"]) == 8800
        assert len(server.journal) == 5


def test_other_programs_edit_records_through_the_same_api(stage: Stage) -> None:
    made = stage.client.Opportunity.create({"Name": "New", "StageName": "Open", "CloseDate": "2026-04-02"})
    stage.client.Opportunity.update(made["id"], {"Amount": 12.5})
    assert stage.client.Opportunity.get(made["id"])["ExpectedRevenue"] == 2.5
    stage.client.Opportunity.delete(made["id"])

    with pytest.raises(SalesforceResourceNotFound, match="ENTITY_IS_DELETED"):
        stage.client.Opportunity.get(made["id"])
    with pytest.raises(SalesforceMalformedRequest, match="No such column 'Colour'"):
        stage.client.Opportunity.update("006000000000001AAA", {"Colour": "red"})


def test_a_merged_record_names_its_winner_and_what_referred_to_it_moves(stage: Stage) -> None:
    winner = stage.org.insert("Account", Name="Acme Ltd", OwnerId="005000000000001AAA")
    stage.clock.turn(minutes=1)
    stage.org.merge("Account", winner, "001000000000001AAA")

    assert stage.org.record("Account", "001000000000001AAA")["MasterRecordId"] == winner
    moved = stage.query("SELECT Id FROM Opportunity WHERE Account.Name = 'Acme Ltd' AND SystemModstamp >= TODAY")
    assert len(moved) == 2


def test_an_org_that_cannot_be_read_says_file_row_and_reason(tmp_path: Path) -> None:
    for text, message in {
        "Id,Name\n006000000000001AAA,x\n006000000000001AAA,y\n": "row 3: the id is missing or stands there twice",
        "Id,Amount\n006000000000001AAA,many\n": "Opportunity.csv, row 2, Amount: could not convert",
        "Id,Name\n006000000000001AAA\n": "row 2: 1 cells under 2 column names",
        "Name\nx\n": "the first line must name the fields, each once, and Id among them",
    }.items():
        with pytest.raises(OrgError, match=message):
            SalesforceOrg.load(write_org(tmp_path, {"Opportunity": text}))
    with pytest.raises(OrgError, match="There is no folder"):
        SalesforceOrg.load(tmp_path / "missing")


def test_a_deal_is_worth_the_sum_of_its_lines(stage: Stage) -> None:
    deal = "006000000000001AAA"
    keys = [
        stage.org.insert("OpportunityLineItem", OpportunityId=deal, Quantity=count, UnitPrice=10, Discount=5)
        for count in (1, 2)
    ]
    assert stage.org.record("Opportunity", deal)["Amount"] == 28.5
    stage.org.update("OpportunityLineItem", keys[0], UnitPrice=20)
    assert stage.org.record("Opportunity", deal)["Amount"] == 38.0
    stage.org.delete("OpportunityLineItem", keys[0])

    assert stage.org.record("Opportunity", deal)["Amount"] == 19.0
    stage.org.delete("Opportunity", deal)
    record = stage.org.record("Opportunity", deal)
    assert (record["IsDeleted"], record["Amount"]) == (True, 19.0)
    assert stage.query("SELECT Id FROM OpportunityLineItem") == []


@pytest.mark.skipif(not SHARED_DESCRIBES.is_dir(), reason="the recorded describes are not here")
@pytest.mark.parametrize("object_name", ["Account", "Case", "Contact", "Event", "Lead", "Opportunity"])
def test_describes_have_the_shape_and_the_types_of_recorded_ones(stage: Stage, object_name: str) -> None:
    recorded = json.loads((SHARED_DESCRIBES / f"{object_name}.json").read_text("utf-8"))
    ours = getattr(stage.client, object_name).describe()
    real_fields = {field["name"]: field for field in recorded["fields"]}

    assert set(recorded) <= set(ours)
    assert all(set(field) == set(recorded["fields"][0]) for field in ours["fields"])
    for field in ours["fields"]:
        real = real_fields.get(field["name"], field)
        for key in ("type", "filterable", "sortable", "relationshipName", "precision", "scale", "soapType"):
            assert field[key] == real[key], (field["name"], key)


def test_archived_activities_show_only_in_query_all(stage: Stage) -> None:
    owner = "005000000000001AAA"
    stage.org.insert("Task", Subject="Old", Status="Completed", Priority="Normal", OwnerId=owner, IsArchived=True)

    assert stage.client.query("SELECT COUNT() FROM Task")["totalSize"] == 0
    assert stage.client.query("SELECT COUNT() FROM Task", include_deleted=True)["totalSize"] == 1


def test_records_that_are_not_shared_are_missing_in_silence_but_counted(stage: Stage) -> None:
    stage.set(unseen_owners=frozenset({"005000000000001AAA"}))

    assert [each["Name"] for each in stage.query("SELECT Name FROM Opportunity")] == ["Second"]
    counts = stage.client.restful("limits/recordCount", params={"sObjects": "Opportunity,Nothing"})
    assert counts == {"sObjects": [{"count": 3, "name": "Opportunity"}]}


def test_fields_that_were_tracked_before_are_tracked_on(stage: Stage) -> None:
    deal = "006000000000001AAA"
    stage.org.insert("OpportunityFieldHistory", OpportunityId=deal, Field="Owner", OldValue="a", NewValue="b")
    stage.org.update("Opportunity", deal, OwnerId="005000000000002AAA", NextStep="Call")

    rows = stage.query("SELECT Field, OldValue, NewValue FROM OpportunityFieldHistory ORDER BY Id DESC")
    assert [(row["Field"], row["NewValue"]) for row in rows] == [("Owner", "005000000000002AAA"), ("Owner", "b")]
