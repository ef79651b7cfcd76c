"""The routes of the Workspace add-on, ``/addon``: Google's events in, cards and actions out.

Every request must prove twice: that Google's add-on service sends it (the system token), and for which user of an
allowed domain (the user token).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from flask import Blueprint, Response, abort, request

from addon.cards import DEFAULT_PERIOD, Access, Frame, View, message_card, scorecard_card
from addon.connecting import bearer_token
from addon.errors import AddonError, NotAllowedError
from addon.events import DRIVE_FILE_SCOPE, Event, read_event
from addon.functions import Json, read_json
from addon.replies import json_reply
from addon.services import Services
from addon.settings import Settings
from addon.titles import error_text
from addon.widgets import Card
from addon.words import say
from kpis.errors import QuestionError

Answered = dict[str, Json]
_NO_URL: Final = "https://scorecell.invalid"
"""Where buttons lead while nobody has said under which address Google reaches this server."""


def sidebar(services: Services) -> Blueprint:
    """Return the routes that Google calls."""
    routes = Blueprint("sidebar", __name__, url_prefix="/addon")

    @routes.post("/home", endpoint="home")
    @routes.post("/granted", endpoint="granted")
    def home() -> Response:
        event = _verified_event(services)
        return json_reply({"action": {"navigations": [{"pushCard": _home_card(services, event)}]}})

    @routes.post("/act/<name>")
    def act(name: str) -> Response:
        event = _verified_event(services)
        if name not in _ACTIONS:
            abort(404)
        return json_reply(_ACTIONS[name](services, event))

    return routes


def frame_of(services: Services) -> Frame:
    """Return where cards lead, and what they are limited to."""
    return Frame(public_url(services.organisation.settings), services.user_limit)


def public_url(settings: Settings) -> str:
    """Return the https address under which Google reaches this server, without a slash at its end."""
    audiences = settings.words("google", "addon_audiences")
    named = settings.text("web", "public_url") or (audiences[0].partition("/addon/")[0] if audiences else "")
    return named.rstrip("/") if named.startswith("https://") else _NO_URL


def _verified_event(services: Services) -> Event:
    """Return the event of the present request. Raises `NotAllowedError` unless both tokens hold."""
    event = read_event(read_json(request.get_data()))
    header = bearer_token()
    shown = [token for token in (header, event.system_token or None) if token is not None]
    if not shown:
        raise NotAllowedError("This request carries no token of Google's add-on service.")
    for token in shown:
        services.system_tokens.claims(token)
    services.user_tokens.claims(event.user_token)
    return event


def _view_of(event: Event, services: Services) -> View:
    return View(
        who=event.asked("who") or services.user_limit,
        period=event.asked("period") or DEFAULT_PERIOD,
        scorecard=event.asked("scorecard"),
        language=event.language,
    )


def _home_card(services: Services, event: Event) -> Card:
    try:
        desk = services.reader.desk(services.user_limit)
        return scorecard_card(desk, _view_of(event, services), _access(services, event), frame_of(services))
    except (AddonError, QuestionError) as error:
        return message_card(say("nothing_to_show", event.language), error_text(error, event.language))


def access_to(services: Services, spreadsheet: str, title: str) -> Access:
    """Return what a card may say of a spreadsheet that its user lets us see."""
    now = services.organisation.settings.clock.now()
    good = [
        record.expires_at
        for record in services.keys.records(spreadsheet)
        if record.revoked_at is None and record.expires_at > now
    ]
    return Access(sees_spreadsheet=True, title=title, connected_until=max(good, default=None))


def _access(services: Services, event: Event) -> Access:
    is_seen = event.sees_spreadsheet and event.spreadsheet
    return access_to(services, event.spreadsheet, event.title) if is_seen else Access()


def _show(services: Services, event: Event) -> Answered:
    return _updated(_home_card(services, event))


def _refresh(services: Services, event: Event) -> Answered:
    services.runs.request("refresh", "card", services.organisation.settings.clock.now())
    return _updated(_home_card(services, event), say("refresh_asked", event.language))


def _explain(services: Services, event: Event) -> Answered:
    """Explain the number that was clicked: what its own line says, not what a dropdown was turned to since."""
    from addon.explanation_card import explanation_card  # loads a database engine: only who asks why pays for it

    asked = {**event.form, **event.parameters}
    view = View(
        asked.get("who", "") or services.user_limit, asked.get("period") or DEFAULT_PERIOD, language=event.language
    )
    try:
        desk = services.reader.desk(services.user_limit)
        card = explanation_card(desk, asked.get("kpi", ""), view, frame_of(services))
    except (AddonError, QuestionError) as error:
        return {"renderActions": {"action": {"notification": {"text": error_text(error, event.language)}}}}
    return {"renderActions": {"action": {"navigations": [{"pushCard": card}]}}}


def _grant(_: Services, event: Event) -> Answered:
    """Let Google ask the user for this one file; or first for the scope, where it was never granted."""
    if event.scopes is not None and DRIVE_FILE_SCOPE not in event.scopes:
        return {"requesting_google_scopes": {"scopes": [DRIVE_FILE_SCOPE]}}
    return {"renderActions": {"hostAppAction": {"editorAction": {"requestFileScopeForActiveDocument": {}}}}}


_ACTIONS: Final[Mapping[str, Callable[[Services, Event], Answered]]] = {
    "show": _show, "refresh": _refresh, "explain": _explain, "grant": _grant,
}  # fmt: skip


def _updated(card: Card, notice: str = "") -> Answered:
    action: dict[str, Json] = {"navigations": [{"updateCard": card}]}
    if notice:
        action["notification"] = {"text": notice}
    return {"renderActions": {"action": action}, "stateChanged": True}
