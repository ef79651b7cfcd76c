"""The add-on's endpoints: nothing without both tokens of Google's, and what each event and click is answered with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from addon.events import DRIVE_FILE_SCOPE, read_event
from addon.functions import Json
from addon.web import create_app
from tests.support.running import running_world
from tests.support.web_world import HOME, SPREADSHEET, WebWorld, open_web, web_world

ENDPOINTS = ("home", "granted", "act/show", "act/refresh", "act/explain", "act/grant")


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with web_world(tmp_path_factory.mktemp("sidebar")) as world:
        yield world


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_both_tokens_are_needed_at_every_endpoint(web: WebWorld, endpoint: str) -> None:
    path, event = f"/addon/{endpoint}", web.event()
    tokens = event["authorizationEventObject"]
    assert isinstance(tokens, dict)
    without_user = web.event(authorizationEventObject={**tokens, "userIdToken": ""})
    without_system = web.event(authorizationEventObject={**tokens, "systemIdToken": None})
    stranger = {**tokens, "userIdToken": web.tokens.user_token("eve@evil.example")}
    swapped = {"systemIdToken": tokens["userIdToken"], "userIdToken": tokens["systemIdToken"]}
    other = web.tokens.system_token("https://evil.example/addon/home")
    assert web.call(path, event).status_code == 200
    refused = [
        web.call(path, without_user),
        web.call(path, without_system, token=""),
        web.call(path, {}, token=None),
        web.call(path, web.event(authorizationEventObject=stranger)),
        web.call(path, web.event(authorizationEventObject=swapped), token=""),
        web.call(path, event, token=other),
        web.call(path, event, token=str(tokens["userIdToken"])),
        web.call(path, web.event(authorizationEventObject={**tokens, "systemIdToken": other})),
    ]
    assert [reply.status_code for reply in refused] == [401] * len(refused)
    assert all(list(reply.get_json()) == ["error"] for reply in refused)


def test_one_system_token_will_do_wherever_it_stands(web: WebWorld) -> None:
    tokens = {"userIdToken": web.tokens.user_token("ann@example.com")}
    assert web.call("/addon/home", web.event(authorizationEventObject=tokens)).status_code == 200
    in_body = {**tokens, "systemIdToken": web.tokens.system_token(HOME)}
    assert web.call("/addon/home", web.event(authorizationEventObject=in_body), token="").status_code == 200


def test_no_address_beyond_the_known_ones_is_an_action(web: WebWorld) -> None:
    assert web.act("delete").status_code == 404
    assert web.client.get("/addon/home").status_code == 405


def test_home_and_granted_push_a_card(web: WebWorld) -> None:
    for path in ("/addon/home", "/addon/granted"):
        reply = web.call(path, web.event()).get_json()
        assert list(reply) == ["action"]
        assert reply["action"]["navigations"][0]["pushCard"]["name"] == "scorecard"


def test_the_card_speaks_the_users_language(web: WebWorld) -> None:
    reply = web.call("/addon/home", web.event(commonEventObject={"userLocale": "fr-CA"}))
    assert "Actualiser" in reply.text
    assert "Revenu total" in reply.text


def test_a_choice_updates_the_card(web: WebWorld) -> None:
    reply = web.act("show", {"who": "Ann Lee", "period": "2026-03", "scorecard": "rep"}).get_json()
    card = reply["renderActions"]["action"]["navigations"][0]["updateCard"]
    assert card["header"]["subtitle"].startswith("Ann Lee · March 2026")
    assert reply["stateChanged"] is True


def test_refresh_asks_the_worker_once_and_keeps_the_view(web: WebWorld) -> None:
    for _ in range(3):
        reply = web.act("refresh", {"who": "Ann Lee", "period": "2026-03"}).get_json()
    action = reply["renderActions"]["action"]
    assert "refresh has been asked for" in action["notification"]["text"]
    assert action["navigations"][0]["updateCard"]["header"]["subtitle"].startswith("Ann Lee")
    requests = web.services.runs.take_requests(web.organisation.settings.clock.now())
    assert [job for _, job, _ in requests] == ["refresh"]


def test_a_number_is_explained_as_it_was_clicked(web: WebWorld) -> None:
    turned_since = {"who": "rep:Bo Yu", "period": "last year"}
    reply = web.act("explain", turned_since, kpi="revenue", who="Ann Lee", period="2026-03").get_json()
    card = reply["renderActions"]["action"]["navigations"][0]["pushCard"]
    assert card["header"]["title"] == "Total revenue"
    assert card["header"]["subtitle"].startswith("Ann Lee · March 2026")


def test_what_cannot_be_explained_is_a_notification(web: WebWorld) -> None:
    reply = web.act("explain", kpi="nope").get_json()
    assert "There is no KPI" in reply["renderActions"]["action"]["notification"]["text"]


def test_granting_asks_for_this_one_file_and_first_for_the_scope(web: WebWorld) -> None:
    asked = web.act("grant").get_json()["renderActions"]
    assert asked == {"hostAppAction": {"editorAction": {"requestFileScopeForActiveDocument": {}}}}
    tokens = web.event()["authorizationEventObject"]
    assert isinstance(tokens, dict)
    for scopes, wanted in (([], "requesting_google_scopes"), ([DRIVE_FILE_SCOPE], "renderActions")):
        event = web.event(authorizationEventObject={**tokens, "authorizedScopes": scopes})
        assert list(web.call("/addon/act/grant", event).get_json()) == [wanted]


def test_the_card_tells_whether_the_spreadsheets_formulas_are_connected(web: WebWorld) -> None:
    sheet = {"addonHasFileScopePermission": True, "id": SPREADSHEET, "title": "Plan"}
    assert "are connected until" in web.call("/addon/granted", web.event(sheets=sheet)).text
    other = web.call("/addon/granted", web.event(sheets={**sheet, "id": "another"})).text
    assert "not connected yet" in other
    assert "Grant access" in web.call("/addon/home", web.event()).text


def test_users_see_no_more_than_the_settings_let_them(web: WebWorld) -> None:
    limited = open_web(web.world, {("google", "user_limit"): "team:Bo Yu"})
    home = limited.call("/addon/home", limited.event()).text
    assert "Shows team:Bo Yu only" in home
    assert "Di Orr" not in home
    asked = limited.act("show", {"who": "team:Di Orr", "period": "2026"}).text
    assert "Not allowed" in asked
    explained = limited.act("explain", kpi="revenue", who="team:Di Orr", period="2026").get_json()
    assert "notification" in explained["renderActions"]["action"]


def test_a_limit_that_means_nothing_shows_nothing(web: WebWorld) -> None:
    limited = open_web(web.world, {("google", "user_limit"): "team:Gone"})
    reply = limited.call("/addon/home", limited.event())
    card = reply.get_json()["action"]["navigations"][0]["pushCard"]
    assert (reply.status_code, card["name"]) == (200, "message")


def test_before_the_first_snapshot_the_card_says_what_to_do(tmp_path: Path) -> None:
    with running_world(tmp_path) as world:
        web = open_web(world)
        reply = web.call("/addon/home", web.event())
        assert reply.status_code == 200
        assert "There is no snapshot yet" in reply.text


def test_without_settings_nobody_gets_in(web: WebWorld) -> None:
    client = create_app(web.world.organisation).test_client()
    for endpoint in ENDPOINTS:
        event = web.event()
        assert client.post(f"/addon/{endpoint}", json=event).status_code == 401


ODD: list[Json] = [
    None,
    1,
    "x",
    [],
    {},
    [{}],
    {"value": None},
    {"stringInputs": None},
    {"stringInputs": {"value": [1]}},
]


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_whatever_an_event_holds_is_read_or_taken_as_absent(odd: Json) -> None:
    names = ("commonEventObject", "authorizationEventObject", "sheets")
    for name in names:
        assert read_event({name: odd}).asked("who") == ""
    inner = {"formInputs": {"who": odd}, "parameters": {"who": odd}, "userLocale": odd}
    event = read_event({"commonEventObject": inner, "sheets": {"id": odd, "addonHasFileScopePermission": odd}})
    assert event.asked("who") in {"", "x"}
    assert event.sees_spreadsheet is False


def test_secrets_of_an_event_are_not_shown(web: WebWorld) -> None:
    document = web.event()
    tokens = document["authorizationEventObject"]
    assert isinstance(tokens, dict)
    event = read_event({"authorizationEventObject": tokens})
    assert event.user_token == tokens["userIdToken"]
    assert event.user_token not in repr(event)
    assert event.system_token not in repr(event)
