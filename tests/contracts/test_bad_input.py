"""Bad input of every kind gets one clear sentence, and everything else still works."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from addon.settings import with_values
from addon.sources import open_sources
from connectors.sandbox.google import User
from connectors.sandbox.salesforce import SalesforceSettings
from tests.support.running import ORG, World, running_world
from tests.support.web_world import HOME, WebWorld, web_world

GOOD = ["revenue", "", "2026"]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with web_world(tmp_path_factory.mktemp("web")) as world:
        yield world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_world(tmp_path) as running:
        yield running


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (["revenu total net", "", "2026"], "Did you mean"),
        (["win_rat", "", "2026"], "Did you mean"),
        (["revenue", "Nobody", "2026"], "nobody and nothing called"),
        (["revenue", "Ann Le", "2026"], "Did you mean Ann Lee"),
        (["revenue", "", "2026-Q5"], "Q5"),
        (["revenue", "", "soon"], "soon"),
        (["revenue", "", "2026-02-30"], "2026-02-30"),
        (["revenue", "", "2026", "sparkle"], "sparkle"),
        (["calls_made", "product:X", "2026"], "product"),
        ([True, None, 12.5], "TRUE"),
        ([["x"], {"a": 1}, None], "x"),
        (["", "", ""], "KPI"),
    ],
)
def test_a_question_that_cannot_be_understood_spoils_only_its_own_cell(
    web: WebWorld, question: list[object], said: str
) -> None:
    reply = web.ask("/v1/kpi", {"questions": [GOOD, question, GOOD]})
    assert reply.status_code == 200
    answered = reply.get_json()
    good = answered["values"][0]
    assert good is not None
    assert answered["values"] == [good, None, good]
    assert list(answered["states"]) == ["1"]
    assert answered["states"]["1"]["state"] == "error"
    assert said in answered["states"]["1"]["message"]


def test_an_empty_who_is_the_company(web: WebWorld) -> None:
    answered = web.ask("/v1/kpi", {"questions": [["revenue", "", "2026"], ["revenue", "company", "2026"]]}).get_json()
    assert answered["values"][0] == answered["values"][1] is not None


def test_a_name_that_means_two_things_is_asked_back(tmp_path: Path) -> None:
    twin = "005000000000003AAA,Ann,Lee,Ann Lee,ann.two@small.example,true,005000000000002AAA,Standard\n"
    deal = ORG["Opportunity"] + (
        "006000000000004AAA,Fourth,001000000000001AAA,005000000000003AAA,Sold,70,100,2026-03-01,true,true,"
        "2026-01-12T08:00:00Z,2026-02-02T00:00:00Z,South,\n"
    )
    with running_world(tmp_path, org={**ORG, "User": ORG["User"] + twin, "Opportunity": deal}) as world:
        world.refresh("sync")
        asked = world.ask("revenue", "Ann Lee")
        assert asked.state == "error"
        assert "may mean" in asked.message
        choices = asked.message.split("may mean ")[1].removesuffix(". Write one of these.").split(" or ")
        assert sorted(world.ask("revenue", choice).value or 0 for choice in choices) == [50, 70]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"what?", "not JSON"),
        (b"[]", "The body must be"),
        (b'{"questions": 5}', "questions is not a list"),
        (b'{"question": []}', "is not a part"),
    ],
)
def test_a_body_of_another_form_is_refused_in_a_sentence(web: WebWorld, body: bytes, said: str) -> None:
    reply = web.ask("/v1/kpi", body)
    assert reply.status_code == 400
    assert said in reply.get_json()["error"]


def test_ten_thousand_questions_are_answered_and_one_more_is_refused(web: WebWorld) -> None:
    assert web.ask("/v1/kpi", {"questions": [GOOD] * 10_000}).status_code == 200
    refused = web.ask("/v1/kpi", {"questions": [GOOD] * 10_001})
    assert refused.status_code == 400
    assert "10,001 questions are more than the 10,000" in refused.get_json()["error"]


def refused(reply: TestResponse) -> bool:
    return reply.status_code == 401 and len(reply.get_json()["error"]) > 20


def test_wrong_signatures_and_tokens_are_refused_without_saying_which_part_was_wrong(web: WebWorld) -> None:
    assert refused(web.ask("/v1/kpi", {"questions": [GOOD]}, key="0" * 64))
    assert refused(web.ask("/v1/kpi", {"questions": [GOOD]}, spreadsheet="1SomebodyElse"))
    now = int(time.time())
    expired = web.tokens.system_token(HOME, iat=now - 7200, exp=now - 3600)
    elsewhere = web.tokens.system_token("https://evil.example/addon/home")
    for token in (expired, elsewhere, "nonsense", ""):
        event = web.event(authorizationEventObject={"userIdToken": web.tokens.user_token("ann@example.com")})
        assert refused(web.call("/addon/home", event, token))


def command(world: World, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "addon", *arguments],
        env={**os.environ, **world.environment, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_without_credentials_the_command_says_which_setting_is_missing(world: World) -> None:
    done = command(world, "sync", SCORECELL_SALESFORCE__CLIENT_SECRET="")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "salesforce.client_secret is missing" in done.stderr
    assert "Traceback" not in done.stderr


def test_with_a_wrong_secret_the_sentence_says_what_to_do_and_not_the_secret(world: World) -> None:
    done = command(
        world, "sync", SCORECELL_SALESFORCE__CLIENT_SECRET="canary-1234", SCORECELL_GOOGLE__SPREADSHEETS=""
    )
    assert done.returncode == 1
    assert "client" in done.stderr
    assert "canary-1234" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_field_hidden_from_us_is_named_and_the_rest_is_read(world: World) -> None:
    world.sandbox.salesforce.settings = SalesforceSettings(hidden_fields=frozenset({"Opportunity.Amount"}))
    outcome = world.refresh()
    assert outcome.state == "done"
    assert any("Amount" in problem for problem in outcome.problems)
    assert world.ask("won_opportunities").value == 1
    assert world.ask("revenue").state in {"partial", "not_synced", "no_data"}


def test_an_object_that_is_not_there_is_named_and_the_rest_is_read(world: World) -> None:
    world.sandbox.salesforce.settings = SalesforceSettings(absent_objects=frozenset({"Lead"}))
    outcome = world.refresh()
    assert outcome.state == "done"
    assert any("Lead" in problem for problem in outcome.problems)
    assert world.ask("won_opportunities").value == 1
    assert world.ask("new_leads").state == "not_synced"


def test_a_tab_that_was_deleted_comes_back_at_the_next_publication(world: World) -> None:
    world.refresh()
    User(world.sandbox.spreadsheet).delete_tab("Scorecard")
    assert world.refresh("publish").state == "done"
    assert "Scorecard" in [sheet.title for sheet in world.sandbox.spreadsheet.sheets]


def test_a_sheet_that_is_not_shared_says_with_whom_to_share_it(world: World) -> None:
    account = world.sandbox.google.settings.service_account
    User(world.sandbox.spreadsheet).unshare(account)
    outcome = world.refresh()
    assert outcome.state == "failed"
    assert "share it with this address" in outcome.error
    assert account in outcome.error
    assert world.ask("revenue").value == 50


def test_a_target_row_with_a_text_for_a_number_is_named_by_its_cell_and_the_others_count(tmp_path: Path) -> None:
    targets = (
        "KPI,Dimension,Member,From,To,Target\n"
        "revenue,rep,Ann Lee,2026-03-01,2026-03-31,200\n"
        "revenue,rep,Bo Yu,2026-03-01,2026-03-31,lots\n"
    )
    with running_world(tmp_path, tabs={"Targets": targets}) as world:
        outcome = world.refresh()
        said = [problem for problem in outcome.problems if "F3" in problem]
        assert len(said) == 1
        assert "lots" in said[0]
        asked = world.ask("quota_attainment", "Ann Lee", "2026-03")
        assert (asked.value, asked.state) == (0.25, "partial")


def test_nothing_set_at_all_says_what_to_set(world: World) -> None:
    settings = with_values(
        world.organisation.settings, {("salesforce", "instance_url"): "", ("google", "spreadsheets"): ()}
    )
    assert open_sources(replace(world.organisation, settings=settings)) == []
    done = command(world, "sync", SCORECELL_SALESFORCE__INSTANCE_URL="", SCORECELL_GOOGLE__SPREADSHEETS="")
    assert done.returncode == 1
    assert "There is nothing to read" in done.stderr


def test_a_key_is_good_until_it_expires(web: WebWorld) -> None:
    long_ago = web.organisation.settings.clock.now() - timedelta(days=3)
    old = web.services.keys.mint("1Old", "", "test", 1, long_ago)
    assert refused(web.ask("/v1/kpi", {"questions": [GOOD]}, key=old.key, spreadsheet="1Old"))
