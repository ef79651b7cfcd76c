"""Reading an organisation over HTTP: what becomes of its records, and that nothing is lost or kept silent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.errors import CredentialsError, LimitError, SourceError
from connectors.salesforce_check import check_salesforce
from connectors.sandbox.server import Fault
from connectors.secret import Secret
from connectors.soql import select
from tests.support.salesforce_org import (
    ACME,
    ALICE,
    BOB,
    CHARLIE,
    DEAL,
    FILES,
    LEAD,
    LINE,
    MORE_FILES,
    Read,
    World,
    read,
    served,
    small_world,
)

MEMBER_STAMPS = "2026-09-01T10:00:00.000+0000,2026-09-01T10:00:00.000+0000"
MAVEN = Path(__file__).resolve().parents[3] / "shared" / "datasets" / "maven-crm" / "salesforce"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with small_world(tmp_path) as running:
        yield running


def reasons(result: Read) -> str:
    return "\n".join(map(str, result.problems))


def test_every_object_becomes_rows_of_its_table(world: World) -> None:
    result = read(world.source())
    assert {table: len(rows) for table, rows in result.rows.items()} == {
        "organisation": 1, "rep": 3, "account": 1, "product": 1, "opportunity": 2, "opportunity_line": 1,
        "opportunity_event": 1, "lead": 2, "activity": 5, "stage": 0, "campaign": 0, "subscription": 0, "login": 0,
        "fiscal_period": 0,
    }  # fmt: skip
    assert result.problems == []
    assert result.covered == set(result.rows)


def test_the_organisation_says_its_zone_and_fiscal_year(world: World) -> None:
    row = read(world.source()).row("organisation", "00D000000000001EAA")
    assert row["time_zone"] == "America/Los_Angeles"
    assert (row["fiscal_year_start_month"], row["fiscal_year_named_by_start"]) == (2, True)
    assert row["record_url"] == world.server.url + "/{id}"
    assert world.source().record_url(f"sf:{DEAL}") == f"{world.server.url}/{DEAL}"


def test_fiscal_periods_are_read_as_the_organisation_lists_them(tmp_path: Path) -> None:
    stamp = "2026-09-01T10:00:00.000+0000"
    files = {
        "FiscalYearSettings": (
            "Id,Name,StartDate,EndDate,IsStandardYear,SystemModstamp\n"
            f"022000000000001AAA,FY 2026,2026-02-01,2027-01-30,false,{stamp}\n"
        ),
        "Period": (
            "Id,FiscalYearSettingsId,Type,Number,StartDate,EndDate,IsForecastPeriod,SystemModstamp\n"
            f"026000000000001AAA,022000000000001AAA,Year,1,2026-02-01,2027-01-30,false,{stamp}\n"
            f"026000000000002AAA,022000000000001AAA,Month,1,2026-02-01,2026-02-28,true,{stamp}\n"
            f"026000000000003AAA,022000000000001AAA,Week,1,2026-02-01,2026-02-07,false,{stamp}\n"
        ),
    }
    with small_world(tmp_path, {**FILES, **files}) as world:
        result = read(world.source())
    assert result.problems == []
    assert sorted(str(row["kind"]) for row in result.rows["fiscal_period"].values()) == ["month", "year"]
    row = result.row("fiscal_period", "026000000000001AAA")
    assert (row["fiscal_year"], row["starts_on"], row["ends_on"]) == ("FY 2026", date(2026, 2, 1), date(2027, 1, 30))


def test_a_manager_belongs_to_the_team_that_carries_the_own_name(world: World) -> None:
    result = read(world.source())
    assert [result.row("rep", each)["team"] for each in (ALICE, BOB, CHARLIE)] == ["Alice Archer"] * 3
    bob = result.row("rep", BOB)
    assert (bob["manager"], bob["region"], bob["hired_on"]) == (f"sf:{ALICE}", "West", date(2024, 1, 2))
    assert result.row("rep", CHARLIE)["is_active"] is False


def test_a_deal_keeps_what_is_unknown_unknown(world: World) -> None:
    result = read(world.source())
    won, still_open = result.row("opportunity", DEAL), result.row("opportunity", "006000000000002AAA")
    assert (won["amount"], won["kind"], won["channel"], won["owner"]) == (1000.5, "upsell", "Direct", f"sf:{BOB}")
    assert (still_open["amount"], still_open["account"], still_open["kind"]) == (None, None, "Something New")
    assert won["close_date"] == date(2026, 9, 10)


def test_a_lead_counts_the_earlier_contact_and_no_queue_as_its_owner(world: World) -> None:
    result = read(world.source())
    lead = result.row("lead", LEAD)
    assert lead["first_contacted_at"] == datetime(2026, 9, 2, 9, tzinfo=UTC)
    assert lead["converted_at"] == datetime(2026, 9, 5, 19, tzinfo=UTC), "noon in Los Angeles: the day never shifts"
    assert (lead["opportunity"], lead["owner"]) == (f"sf:{DEAL}", f"sf:{BOB}")
    assert result.row("lead", "00Q000000000002EAA")["owner"] is None


def test_tasks_and_events_become_the_activities_that_they_are(world: World) -> None:
    activities = read(world.source()).rows["activity"]
    assert {row_id: row["kind"] for row_id, row in activities.items()} == {
        "sf:00T000000000001EAA": "call",
        "sf:00T000000000002EAA": "call",
        "sf:00T000000000004EAA": "demo",
        "sf:00U000000000001EAA": "meeting",
        "sf:00U000000000002EAA": "demo",
    }
    call, voicemail, to_do = (activities[f"sf:00T00000000000{number}EAA"] for number in (1, 2, 4))
    assert (call["is_connected"], call["is_outbound"], call["opportunity"]) == (True, True, f"sf:{DEAL}")
    assert (voicemail["is_connected"], voicemail["is_outbound"], voicemail["lead"]) == (False, False, f"sf:{LEAD}")
    assert voicemail["occurred_at"] == datetime(2026, 9, 3, 19, tzinfo=UTC), "the day it was for, at noon"
    assert (to_do["occurred_at"], to_do["is_done"]) == (None, False)
    fair = activities["sf:00U000000000002EAA"]
    assert fair["occurred_at"] == datetime(2026, 9, 5, 19, tzinfo=UTC), "an all-day event stays on its day"


def test_stages_campaigns_contracts_and_logins_are_read_where_they_are(tmp_path: Path) -> None:
    with small_world(tmp_path, {**FILES, **MORE_FILES}) as world:
        result = read(world.source())
        world.org.hard_delete("LoginHistory", "0Ya000000000004CAA")
        again = read(world.source(), cursor={}, before=result)
    won = result.row("stage", "01J000000000002EAA")
    assert (won["name"], won["position"], won["is_won"]) == ("Closed Won", 9, True), "inactive stages count too"
    assert result.row("campaign", "701000000000001AAA")["cost"] == 1200
    assert list(result.rows["subscription"]) == ["sf:800000000000001AAA"], "a draft has not begun"
    assert result.row("subscription", "800000000000001AAA")["annual_value"] == 12_000
    assert set(result.rows["login"]) == {f"sf:LoginHistory:{BOB}:2026-09-01", f"sf:LoginHistory:{BOB}:2026-09-03"}
    assert again.rows["login"] == result.rows["login"], "what the organisation forgets is kept"


def test_a_lead_belongs_to_the_campaign_of_its_first_membership(tmp_path: Path) -> None:
    fair, mailing = "701000000000001AAA", "701000000000002AAA"
    members = {
        "Campaign": MORE_FILES["Campaign"] + f"{mailing},Mailing,Email,,,,{BOB},{MEMBER_STAMPS}\n",
        "CampaignMember": (
            "Id,CampaignId,LeadId,CreatedDate,SystemModstamp\n"
            f"00v000000000001AAA,{mailing},{LEAD},2026-09-02T10:00:00.000+0000,2026-09-02T10:00:00.000+0000\n"
            f"00v000000000002AAA,{fair},{LEAD},2026-09-01T10:00:00.000+0000,2026-09-03T10:00:00.000+0000\n"
        ),
    }
    with small_world(tmp_path, {**FILES, **members}) as world:
        before = read(world.source())
        assert before.row("lead", LEAD)["campaign"] == f"sf:{fair}"
        assert before.row("lead", "00Q000000000002EAA")["campaign"] is None
        world.clock.pass_minutes(60)
        world.org.insert("CampaignMember", CampaignId=mailing, LeadId="00Q000000000002EAA")
        world.org.delete("CampaignMember", "00v000000000002AAA")
        after = read(world.source(), before=before)
    assert after.row("lead", "00Q000000000002EAA")["campaign"] == f"sf:{mailing}"
    assert after.row("lead", LEAD)["campaign"] == f"sf:{mailing}"


def test_a_products_list_price_is_that_of_the_standard_price_book(tmp_path: Path) -> None:
    product, prices = (
        "01t000000000001AAA",
        "Id,Product2Id,Pricebook2Id,UnitPrice,IsActive,CreatedDate,SystemModstamp\n",
    )
    for number, (book, price, active) in enumerate([(2, 400, "true"), (1, 500, "false"), (1, 550, "true")], 1):
        prices += f"01u00000000000{number}AAA,{product},01s00000000000{book}AAA,{price},{active},{MEMBER_STAMPS}\n"
    books = "Id,Name,IsStandard\n01s000000000001AAA,Standard,true\n01s000000000002AAA,Partners,false\n"
    with small_world(tmp_path, {**FILES, "Pricebook2": books, "PricebookEntry": prices}) as world:
        before = read(world.source())
        assert before.row("product", product)["list_price"] == 550
        world.clock.pass_minutes(60)
        world.org.update("PricebookEntry", "01u000000000003AAA", UnitPrice=600)
        assert read(world.source(), before=before).row("product", product)["list_price"] == 600


def test_quotas_of_salesforce_are_read_where_an_organisation_asks_for_them(tmp_path: Path) -> None:
    head = "Id,QuotaOwnerId,PeriodId,StartDate,QuotaAmount,IsAmount,ForecastingTypeId\n"
    quota = f"{BOB},026000000000001AAA,2026-07-01,900,true,0Db00000000000"
    files = {
        "ForecastingType": "Id,DeveloperName,MasterLabel\n0Db000000000001AAA,OpportunityRevenue,x\n"
        "0Db000000000002AAA,OpportunityQuantity,y\n",
        "Period": "Id,Type,StartDate,EndDate\n026000000000001AAA,Quarter,2026-07-01,2026-09-30\n",
        "ForecastingQuota": f"{head}0J9000000000001AAA,{quota}1AAA\n0J9000000000002AAA,{quota}2AAA\n",
    }
    with small_world(tmp_path, {**FILES, **files}) as world:
        assert "target" not in read(world.source()).rows
        targets = list(read(world.source(objects={"ForecastingQuota": {"read": True}})).rows["target"].values())
    assert [(row["member"], row["period_end"], row["value"]) for row in targets] == [
        ("Bob Brook", date(2026, 9, 30), 900)
    ]


def test_objects_that_are_not_needed_are_not_missed(world: World) -> None:
    world.set(absent_objects=frozenset({"OpportunityStage", "Campaign", "Contract", "LoginHistory"}))
    result = read(world.source())
    assert result.problems == []
    assert not {"stage", "campaign", "subscription", "login"} & result.covered
    findings = {finding.place: finding for finding in check_salesforce(world.source())}
    assert str(findings["Salesforce Contract"]).endswith("not in this organisation, and not needed.")


def test_a_second_read_costs_a_call_for_each_object_and_two(world: World) -> None:
    before = read(world.source())
    source = world.source()
    again = read(source, before=before)
    assert source.call_count <= source.object_count + 2
    assert again.rows == before.rows
    assert again.row_count < before.row_count


def test_what_changed_is_read_and_what_did_not_is_left(world: World) -> None:
    before = read(world.source())
    world.clock.pass_minutes(60)
    world.org.update("Opportunity", DEAL, Amount=2000)
    world.clock.pass_minutes(60)
    after = read(world.source(), before=before)
    assert after.row("opportunity", DEAL)["amount"] == 2000
    assert after.row_count < before.row_count
    assert after.cursor["Opportunity"].startswith("2026-09-14T10:00:00Z ")


def test_a_row_that_becomes_visible_late_is_not_lost(world: World) -> None:
    late = world.clock.now.replace(minute=10)
    world.org.update("Opportunity", DEAL, Amount=3000, visible_from=late)
    world.clock.pass_minutes(5)
    before = read(world.source())
    assert before.row("opportunity", DEAL)["amount"] == 1000.5
    world.clock.pass_minutes(10)
    assert read(world.source(), before=before).row("opportunity", DEAL)["amount"] == 3000


def test_deleted_and_undeleted_records_go_and_come(world: World) -> None:
    before = read(world.source())
    world.clock.pass_minutes(60)
    world.org.delete("Opportunity", DEAL)
    gone = read(world.source(), before=before)
    assert f"sf:{DEAL}" not in gone.rows["opportunity"]
    assert f"sf:{LINE}" not in gone.rows["opportunity_line"]
    world.clock.pass_minutes(60)
    world.org.undelete("Opportunity", DEAL)
    assert read(world.source(), before=gone).row("opportunity", DEAL)["amount"] == 1000.5


def test_a_record_erased_without_a_trace_is_gone_after_a_full_read(world: World) -> None:
    before = read(world.source())
    world.org.hard_delete("Opportunity", DEAL)
    full = read(world.source(), cursor={}, before=before)
    assert set(full.rows["opportunity"]) == {"sf:006000000000002AAA"}


def test_a_record_erased_without_a_trace_is_found_once_a_day(world: World) -> None:
    before = read(world.source())
    world.clock.pass_minutes(30)
    world.org.hard_delete("Opportunity", DEAL)
    world.clock.pass_minutes(30)
    same_day = read(world.source(), before=before)
    assert f"sf:{DEAL}" in same_day.rows["opportunity"]
    world.clock.pass_minutes(24 * 60)
    next_day = read(world.source(), before=same_day)
    assert set(next_day.rows["opportunity"]) == {"sf:006000000000002AAA"}
    assert next_day.rows["opportunity_line"] == {}
    assert not any(size > 1 for size in next_day.batch_sizes[3:]), "it was asked, not read whole"


def test_a_record_deleted_and_brought_back_stays(world: World) -> None:
    before = read(world.source())
    world.clock.pass_minutes(30)
    world.org.delete("Opportunity", DEAL)
    world.clock.pass_minutes(30)
    world.org.undelete("Opportunity", DEAL)
    world.server.faults.add(Fault("status", path="Opportunity/deleted", status=200, body=gone(DEAL)))
    world.clock.pass_minutes(24 * 60)
    after = read(world.source(), before=before)
    assert after.row("opportunity", DEAL)["amount"] == 1000.5


def gone(record_id: str) -> str:
    return (
        f'{{"deletedRecords":[{{"id":"{record_id}","deletedDate":"2026-09-14T08:30:00.000+0000"}}],'
        '"earliestDateAvailable":"2026-09-01T00:00:00.000+0000","latestDateCovered":"2026-09-15T08:00:00.000+0000"}'
    )


@pytest.mark.parametrize("days", [15, 40])
def test_after_too_long_a_pause_an_object_is_read_whole(world: World, days: int) -> None:
    before = read(world.source())
    world.org.hard_delete("Opportunity", DEAL)
    world.clock.pass_minutes(days * 24 * 60)
    after = read(world.source(), before=before)
    assert set(after.rows["opportunity"]) == {"sf:006000000000002AAA"}
    assert not any("/deleted/" in path for path in world.paths())


@pytest.mark.parametrize("code", ["EXCEEDED_ID_LIMIT", "INVALID_REPLICATION_DATE"])
def test_where_erased_records_cannot_be_told_the_object_is_read_whole(world: World, code: str) -> None:
    before = read(world.source())
    world.org.hard_delete("Opportunity", DEAL)
    world.clock.pass_minutes(25 * 60)
    world.server.faults.add(
        Fault("status", path="Opportunity/deleted", status=400, body=f'[{{"errorCode":"{code}"}}]')
    )
    after = read(world.source(), before=before)
    assert set(after.rows["opportunity"]) == {"sf:006000000000002AAA"}
    assert after.problems == []


@pytest.mark.parametrize("body", ['{"deletedRecords":[]}', '{"latestDateCovered":"2026-09-15T08:00:00.000+0000"}'])
def test_an_answer_about_erased_records_of_another_form_leaves_the_object_to_the_next_run(
    world: World, body: str
) -> None:
    before = read(world.source())
    world.clock.pass_minutes(25 * 60)
    world.server.faults.add(Fault("status", path="Lead/deleted", status=200, body=body))
    after = read(world.source(), before=before)
    assert "Salesforce Lead: the answer was cut short or is not JSON" in reasons(after)
    assert after.cursor["Lead"] == before.cursor["Lead"]


def test_a_field_that_changes_without_a_trace_is_read_once_a_day(world: World) -> None:
    objects = {"Opportunity": {"fields": {"channel": "Account.Industry"}}}
    before = read(world.source(objects=objects))
    world.clock.pass_minutes(60)
    world.org.update("Account", ACME, Industry="Steel")
    world.clock.pass_minutes(60)
    same_day = read(world.source(objects=objects), before=before)
    assert same_day.row("opportunity", DEAL)["channel"] == "Retail"
    world.clock.pass_minutes(24 * 60)
    assert read(world.source(objects=objects), before=same_day).row("opportunity", DEAL)["channel"] == "Steel"
    findings = {finding.place: finding for finding in check_salesforce(world.source(objects=objects))}
    assert "Account.Industry changes without a trace" in findings["Salesforce Opportunity"].words


def test_an_organisation_whose_clock_went_back_is_read_whole(world: World) -> None:
    world.clock.pass_minutes(60)
    before = read(world.source())
    world.clock.pass_minutes(-60)
    assert read(world.source(), before=before).row_count == before.row_count


def test_another_organisation_is_read_whole(world: World) -> None:
    before = read(world.source())
    world.clock.pass_minutes(60)
    elsewhere = world.server.url.replace("127.0.0.1", "localhost")
    assert read(world.source(instance_url=elsewhere), before=before).row_count == before.row_count


def test_a_row_that_is_no_longer_of_ours_is_taken_out(world: World) -> None:
    before = read(world.source())
    world.clock.pass_minutes(60)
    world.org.update("Task", "00T000000000001EAA", TaskSubtype="Task", Type="Other")
    world.org.update("User", CHARLIE, UserType="Guest")
    after = read(world.source(), before=before)
    assert "sf:00T000000000001EAA" not in after.rows["activity"]
    assert f"sf:{CHARLIE}" not in after.rows["rep"]


def test_short_pages_are_all_read(world: World) -> None:
    world.set(page_rows_max=1)
    result = read(world.source())
    assert len(result.rows["opportunity"]) == 2
    assert max(result.batch_sizes) == 3, "only people are taken all at once"


def test_a_hidden_field_is_said_and_the_rest_is_read(world: World) -> None:
    world.set(hidden_fields=frozenset({"Opportunity.Amount", "Opportunity.Channel__c"}))
    result = read(world.source())
    assert "the field Amount is absent or hidden" in reasons(result)
    assert 'write amount = ""' in reasons(result)
    assert {table for problem in result.problems for table in problem.tables} == {"opportunity"}
    assert "amount" not in result.row("opportunity", DEAL)
    assert result.row("opportunity", DEAL)["stage"] == "Closed Won"


def test_rows_are_read_again_when_a_hidden_field_is_shown(world: World) -> None:
    world.set(hidden_fields=frozenset({"Opportunity.Amount"}))
    before = read(world.source())
    world.clock.pass_minutes(60)
    world.set(hidden_fields=frozenset())
    assert read(world.source(), before=before).row("opportunity", DEAL)["amount"] == 1000.5


def test_a_field_that_a_row_cannot_be_without_leaves_the_object_out(world: World) -> None:
    world.set(hidden_fields=frozenset({"Opportunity.CloseDate"}))
    result = read(world.source())
    assert "opportunity" not in result.covered
    assert "Opportunity" not in result.cursor
    assert "the field CloseDate is absent or hidden" in reasons(result)
    assert "lead" in result.covered


def test_an_absent_object_is_said_and_never_looks_empty(world: World) -> None:
    world.set(absent_objects=frozenset({"Lead"}))
    result = read(world.source())
    assert "Salesforce Lead: the object is absent or hidden" in reasons(result)
    assert "lead" not in result.rows
    assert "lead" not in result.covered


def test_a_field_that_vanishes_in_mid_run_is_looked_at_again(world: World) -> None:
    changes = world.source().changes({})
    next(changes)  # the describes are through, the organisation's rows are here
    world.set(hidden_fields=frozenset({"Opportunity.Amount"}))
    rest = list(changes)
    assert any("the field Amount is absent or hidden" in str(change) for change in rest)
    assert "Opportunity" in {getattr(change, "name", "") for change in rest}


def test_own_fields_are_laid_over_the_mapping(world: World) -> None:
    objects = {"Opportunity": {"fields": {"channel": "LeadSource", "loss_reason": "Why__c", "kind": "Name"}}}
    result = read(world.source(objects=objects))
    assert result.row("opportunity", DEAL)["channel"] == "Web"
    assert result.row("opportunity", DEAL)["kind"] == "Acme deal"
    assert "the field Why__c is absent" in reasons(result), "what the organisation asks for is missed"


def test_a_field_of_the_wrong_type_is_refused_with_a_remedy(world: World) -> None:
    result = read(world.source(objects={"Opportunity": {"fields": {"amount": "StageName"}}}))
    assert "StageName is a picklist, which cannot be read as number" in reasons(result)


def test_an_expired_token_is_renewed_once_in_the_middle_of_the_pages(world: World) -> None:
    world.set(page_rows_max=1, token_calls=3)
    assert len(read(world.source()).rows["opportunity"]) == 2
    assert world.paths().count("/services/oauth2/token") > 1


def test_a_token_that_is_never_accepted_ends_in_an_error(world: World) -> None:
    world.set(token_calls=0)
    with pytest.raises(CredentialsError, match="no longer accepts the session"):
        read(world.source())
    assert len(world.paths()) == 4


def test_used_up_calls_end_the_run_with_a_word_when_it_goes_on(world: World) -> None:
    world.set(daily_calls=20)
    with pytest.raises(LimitError, match="used up its API calls") as stopped:
        read(world.source(run_calls_percent=100, total_calls_percent=100))
    assert stopped.value.retry_after_seconds == 900
    assert not stopped.value.permanent


@pytest.mark.parametrize(
    ("settings", "calls"),
    [({"run_calls_percent": 10}, 10), ({"total_calls_percent": 20, "run_calls_percent": 90}, 20)],
)
def test_a_share_of_the_calls_is_left_to_others(world: World, settings: dict[str, object], calls: int) -> None:
    world.set(daily_calls=100, page_rows_max=1)
    with pytest.raises(LimitError, match="the rest is left to others") as stopped:
        read(world.source(**settings))
    assert not stopped.value.permanent
    assert len(world.paths()) <= calls


@pytest.mark.parametrize("kind", ["html", "reset", "truncate", "lost"])
def test_a_fault_that_passes_is_not_noticed(world: World, kind: str) -> None:
    world.server.faults.add(Fault(kind, path="Opportunity", times=2))  # type: ignore[arg-type] # a parameter
    assert len(read(world.source()).rows["opportunity"]) == 2


def test_a_service_that_stays_away_ends_the_run_after_five_tries(world: World) -> None:
    world.server.faults.add(Fault("html", path="FROM+Opportunity", times=None))
    with pytest.raises(SourceError, match="error of its own") as failed:
        read(world.source())
    assert not failed.value.permanent
    assert [call.status for call in world.server.journal].count(503) == 5


def test_an_answer_cut_in_its_json_is_asked_again(world: World) -> None:
    world.server.faults.add(Fault("status", path="FROM+Lead", status=200, body='{"totalSize":2,"done":true,"rec'))
    assert len(read(world.source()).rows["lead"]) == 2


def test_an_answer_without_all_its_rows_is_no_success(world: World) -> None:
    body = '{"totalSize":2,"done":true,"records":[]}'
    world.server.faults.add(Fault("status", path="FROM+Lead", status=200, body=body, times=None))
    result = read(world.source())
    assert "fewer or more rows came than the query has" in reasons(result)
    assert "lead" not in result.covered
    assert "Lead" not in result.cursor


def test_a_page_elsewhere_is_not_followed(world: World) -> None:
    body = '{"totalSize":2,"done":false,"nextRecordsUrl":"@evil.example/","records":[{"Id":"1","IsDeleted":true}]}'
    world.server.faults.add(Fault("status", path="FROM+Lead", status=200, body=body, times=None))
    assert "so it was not followed" in reasons(read(world.source()))


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("FROM+Lead", '{"done":true,"records":[]}', "cut short or is not JSON"),
        ("FROM+Lead", '{"totalSize":1,"done":true}', "cut short or is not JSON"),
        ("FROM+Lead", "[]", "cut short or is not JSON"),
        ("FROM+Lead", '{"totalSize":1,"done":false,"records":[]}', "so it was not followed"),
        (
            "FROM+Lead",
            '{"totalSize":1,"done":false,"records":[{"Id":"1","IsDeleted":true}]}',
            "so it was not followed",
        ),
    ],
)
def test_an_answer_of_another_form_is_no_success(world: World, path: str, body: str, words: str) -> None:
    world.server.faults.add(Fault("status", path=path, status=200, body=body, times=None))
    result = read(world.source())
    assert words in reasons(result)
    assert "lead" not in result.covered


@pytest.mark.parametrize(
    "body", ['{"results":[]}', '{"results":[{"statusCode":200,"result":5}]}', '{"results":[{"statusCode":400}]}']
)
def test_describes_of_another_form_end_the_run(world: World, body: str) -> None:
    world.server.faults.add(Fault("status", path="composite", status=200, body=body))
    with pytest.raises(SourceError, match="Salesforce: "):
        read(world.source())


def test_a_query_that_no_address_can_hold_is_refused_with_a_remedy(world: World) -> None:
    fields = {"channel": [f"{'F' * 70}{number}__c?" for number in range(40)]}
    known = world.source(objects={"Opportunity": {"fields": fields}})
    with pytest.raises(SourceError, match=r"The query of Opportunity is .* map fewer fields"):
        next(known.client.pages(select([f"{'F' * 70}{number}__c" for number in range(250)], "Opportunity")))
    assert known.call_count == 0


def test_a_row_without_what_it_must_have_is_said_again_until_it_is_mended(world: World) -> None:
    objects = {"Account": {"fields": {"name": "BillingCountry"}}}
    before = read(world.source(objects=objects))
    assert before.problems == []
    world.org.update("Account", ACME, BillingCountry=None)
    for _ in range(2):
        again = read(world.source(objects=objects), before=Read())
        assert f"1 rows lack what every row of account must have (name), such as {ACME}" in reasons(again)
        assert "Account" not in again.cursor


def test_a_cursor_that_we_did_not_write_means_all(world: World) -> None:
    before = read(world.source())
    cursor = {name: f"yesterday {value.partition(' ')[2]}" for name, value in before.cursor.items()}
    assert read(world.source(), cursor=cursor).row_count == before.row_count


def test_a_zone_of_the_settings_goes_before_the_organisations(world: World) -> None:
    lead = read(world.source(time_zone="Europe/Paris")).row("lead", LEAD)
    assert lead["converted_at"] == datetime(2026, 9, 5, 10, tzinfo=UTC)


def test_an_object_gone_in_mid_run_is_missed(world: World) -> None:
    changes = world.source().changes({})
    next(changes)
    world.set(absent_objects=frozenset({"Lead"}))
    assert "Salesforce Lead: the object is absent or hidden" in "\n".join(map(str, changes))


def test_an_expired_locator_begins_the_object_again(world: World) -> None:
    world.set(page_rows_max=1)
    body = '[{"errorCode":"INVALID_QUERY_LOCATOR","message":"invalid query locator"}]'
    world.server.faults.add(Fault("status", path="/query/", status=400, body=body))
    assert len(read(world.source()).rows["opportunity"]) == 2


TOO_LONG = '[{"errorCode":"QUERY_TIMEOUT","message":"Your query request was running for too long. SECRET"}]'


@pytest.mark.parametrize("halvings", [0, 1, 5])
def test_a_query_that_takes_too_long_is_asked_in_shorter_spans(world: World, halvings: int) -> None:
    world.server.faults.add(Fault("status", path="FROM+Task", status=400, body=TOO_LONG))
    if halvings:
        world.server.faults.add(Fault("status", path="FROM+Task+WHERE", status=400, body=TOO_LONG, times=halvings))
    before = read(world.source())
    assert len([row_id for row_id in before.rows["activity"] if row_id.startswith("sf:00T")]) == 3
    world.server.faults.clear()
    world.clock.pass_minutes(600)
    world.org.update("Task", "00T000000000001EAA", CallDurationInSeconds=0)
    world.server.faults.add(Fault("status", path="FROM+Task", status=400, body=TOO_LONG))
    after = read(world.source(), before=before)
    assert after.row("activity", "00T000000000001EAA")["duration"] == 0


def test_an_object_without_rows_that_takes_too_long_is_empty(world: World) -> None:
    world.server.faults.add(Fault("status", path="FROM+Campaign", status=400, body=TOO_LONG, from_call=2))
    result = read(world.source())
    assert (result.rows["campaign"], result.problems) == ({}, [])


def test_a_query_that_always_takes_too_long_leaves_the_other_objects(world: World) -> None:
    world.server.faults.add(Fault("status", path="FROM+Task", status=400, body=TOO_LONG, times=None))
    result = read(world.source())
    assert "Salesforce Task: the query ran for too long" in reasons(result)
    assert "SECRET" not in reasons(result)
    assert "Task" not in result.cursor
    assert "Event" in result.cursor
    assert len(world.paths()) < 60, "spans are halved down to a minute, not for ever"


def test_a_check_tells_what_is_well_and_what_is_not(world: World) -> None:
    world.set(hidden_fields=frozenset({"Opportunity.Amount"}), absent_objects=frozenset({"Task"}), daily_calls=22)
    findings = {finding.place: finding for finding in check_salesforce(world.source())}
    assert findings["Salesforce"].is_well
    assert findings["Salesforce Account"].is_well
    assert not findings["Salesforce Task"].is_well
    assert "read access to Opportunity.Amount" in findings["Salesforce Opportunity"].remedy
    assert str(findings["Salesforce calls"]).startswith("Salesforce calls: 21 of 22 API calls")
    assert not findings["Salesforce calls"].is_well


def test_a_check_says_why_a_login_failed(world: World) -> None:
    [finding] = check_salesforce(world.source(client_secret=Secret("wrong")))
    assert "does not accept the client_secret" in finding.words


def test_no_secret_is_seen_in_anything_that_is_said(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    source = world.source()
    result = read(source)
    said = f"{source.settings!r} {result.cursor} {reasons(result)} {caplog.text} {world.server.journal}"
    assert "canary" not in said


@pytest.mark.skipif(not MAVEN.exists(), reason="the data set is not here")
def test_a_real_data_set_is_read_whole() -> None:
    with served(MAVEN) as world:
        world.org.update("User", next(iter(world.org.table("User").rows)), Username="alice@acme.example")  # type: ignore[union-attr] # it has users
        result = read(world.source())
    deals = result.rows["opportunity"].values()
    assert len(deals) == len(result.rows["opportunity_line"]) == 8_800
    assert sum(float(str(deal["amount"])) for deal in deals if deal["is_won"]) == 10_005_534
    assert len({rep["team"] for rep in result.rows["rep"].values()}) == 7
    assert len({rep["region"] for rep in result.rows["rep"].values()} - {None}) == 3
    assert result.problems == []


def test_a_world_without_sales_features_is_read(tmp_path: Path) -> None:
    files = {name: FILES[name] for name in ("Organization", "User", "Account", "Opportunity")}
    with small_world(tmp_path, files) as world:
        result = read(world.source())
    assert result.row("account", ACME)["market"] == "Retail"
    assert result.rows["lead"] == {}
