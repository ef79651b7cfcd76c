"""Every card, answer and deployment against Google's own documents, where they lie beside the repository."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from addon.auth import ADDON_ENDPOINTS
from addon.events import DRIVE_FILE_SCOPE
from kpis.catalogue import load_catalogue
from tests.support.card_shapes import card_problems
from tests.support.web_world import SPREADSHEET, WebWorld, web_world

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT.parent / "shared" / "google"
Check = Callable[[str, Any], list[str]]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with web_world(tmp_path_factory.mktemp("shapes")) as world:
        yield world


@pytest.fixture(scope="module")
def problems() -> Check:
    """Return what says how an answer differs from Google's message of this name; ``Card`` is a card."""
    file = DOCUMENTS / "discovery_strict.py"
    if not file.exists():
        pytest.skip("Google's documents are not beside the repository.")
    spec = importlib.util.spec_from_file_location("discovery_strict", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def check(message: str, body: Any) -> list[str]:
        if message == "Card":
            return list(module.errors("chat.v1.json", "GoogleAppsCardV1Card", body))
        return list(module.addon_errors(message, body))

    return check


def cards_in(answer: dict[str, Any]) -> list[dict[str, Any]]:
    action = answer.get("renderActions", answer).get("action", {})
    return [card for navigation in action.get("navigations", []) for card in navigation.values()]


@pytest.mark.parametrize("locale", ["en-US", "fr-FR"])
@pytest.mark.parametrize("scorecard", load_catalogue().scorecards)
def test_every_scorecard_is_a_card_to_google(web: WebWorld, problems: Check, scorecard: str, locale: str) -> None:
    inputs = {"scorecard": {"stringInputs": {"value": [scorecard]}}}
    event = web.event(commonEventObject={"userLocale": locale, "formInputs": inputs})
    answer = web.call("/addon/act/show", event).get_json()
    assert problems("SubmitFormResponse", answer) == []
    (card,) = cards_in(answer)
    assert problems("Card", card) == []
    assert card_problems(card) == []


@pytest.mark.parametrize("kpi", load_catalogue().kpis)
def test_every_explanation_is_a_card_to_google(web: WebWorld, problems: Check, kpi: str) -> None:
    answer = web.act("explain", kpi=kpi, who="", period="2026-Q1").get_json()
    assert problems("SubmitFormResponse", answer) == []
    (card,) = cards_in(answer)
    assert problems("Card", card) == []
    assert card_problems(card) == []


def test_the_answers_to_events_and_clicks_are_as_documented(web: WebWorld, problems: Check) -> None:
    sheet = {"addonHasFileScopePermission": True, "id": SPREADSHEET, "title": "Plan"}
    for event in (web.event(), web.event(sheets=sheet)):
        assert problems("EventObject", event) == []
        for path in ("/addon/home", "/addon/granted"):
            answer = web.call(path, event).get_json()
            assert problems("RenderActions", answer) == []
            assert [problem for card in cards_in(answer) for problem in problems("Card", card)] == []
    for reply in (web.act("refresh"), web.act("grant"), web.act("explain", kpi="nope"), web.act("show")):
        assert problems("SubmitFormResponse", reply.get_json()) == []
    tokens = web.event()["authorizationEventObject"]
    assert isinstance(tokens, dict)
    tokens["authorizedScopes"] = []
    asked = web.call("/addon/act/grant", web.event(authorizationEventObject=tokens)).get_json()
    assert problems("RequestingGoogleScopes", asked) == []


def test_the_deployment_is_as_documented(problems: Check) -> None:
    assert problems("Deployment", deployment()) == []


def test_the_deployment_names_our_endpoints_and_asks_for_the_least() -> None:
    sheets = deployment()["addOns"]["sheets"]
    called = {trigger["runFunction"] for trigger in sheets.values()}
    known = {f"https://scorecell.example.com/addon/{endpoint}" for endpoint in ADDON_ENDPOINTS}
    assert called <= known
    assert set(deployment()["oauthScopes"]) == {
        DRIVE_FILE_SCOPE,
        "https://www.googleapis.com/auth/userinfo.email",
        "https://www.googleapis.com/auth/script.locale",
    }
    assert deployment()["addOns"]["httpOptions"] == {"authorizationHeader": "SYSTEM_ID_TOKEN"}


def test_every_endpoint_that_a_card_names_is_one_that_tokens_may_be_made_for(web: WebWorld) -> None:
    card = cards_in(web.call("/addon/home", web.event()).get_json())[0]
    named = set(functions_of(card))
    assert named <= {f"https://kpi.example.com/addon/{endpoint}" for endpoint in ADDON_ENDPOINTS}
    assert len(named) == 4


def functions_of(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "function" in value:
            yield value["function"]
        for inner in value.values():
            yield from functions_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from functions_of(inner)


def deployment() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((ROOT / "manifests/addon/deployment.json").read_text(encoding="utf-8"))
    return document
