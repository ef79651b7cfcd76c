"""The web application over a small refreshed organisation, with Google's tokens and a spreadsheet's key at hand."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import orjson
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from addon.keys import sign
from addon.services import Services, open_services
from addon.settings import Organisation, Value, with_values
from addon.web import create_app
from connectors.sandbox.google.identity import IdTokens
from tests.support.running import ORG, World, running_world

SPREADSHEET = "1SheetOfAnn"
PUBLIC = "https://kpi.example.com"
HOME = f"{PUBLIC}/addon/home"
HOSTILE = 'Cy <b>Fox</b> & "Co" <a href="https://evil.example">x</a>'
WEB_ORG = {
    **ORG,
    "User": (
        ORG["User"] + f'005000000000003AAA,Cy,Fox,"{HOSTILE.replace(chr(34), chr(34) * 2)}",cy@small.example,true,'
        "005000000000004AAA,Standard\n"
        "005000000000004AAA,Di,Orr,Di Orr,di@small.example,true,,Standard\n"
    ),
    "Opportunity": (
        ORG["Opportunity"]
        + "006000000000004AAA,Fourth,001000000000001AAA,005000000000003AAA,Sold,150,100,2026-03-01,"
        "true,true,2026-02-12T08:00:00Z,2026-03-01T00:00:00Z,South,\n"
    ),
}


@dataclass(frozen=True, slots=True)
class WebWorld:
    """A running application. ``minted`` is the key of `SPREADSHEET`."""

    world: World
    organisation: Organisation
    app: Flask
    services: Services
    key: str

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    @property
    def tokens(self) -> IdTokens:
        return self.world.sandbox.google.id_tokens

    def ask(self, path: str, body: object, *, key: str = "", spreadsheet: str = SPREADSHEET) -> TestResponse:
        """Post a signed body, as a custom function does."""
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        timestamp = str(int(time.time()))
        headers = {
            "X-Scorecell-Spreadsheet": spreadsheet,
            "X-Scorecell-Timestamp": timestamp,
            "X-Scorecell-Signature": sign(key or self.key, timestamp, raw),
        }
        return self.client.post(path, data=raw, headers=headers)

    def rows(self, path: str, **body: object) -> list[list[str | float]]:
        reply = self.ask(path, body)
        assert reply.status_code == 200, reply.text
        rows: list[list[str | float]] = reply.get_json()["rows"]
        return rows

    def event(self, **parts: object) -> dict[str, object]:
        """Return an event as Google sends it, with both tokens; ``parts`` replace its members."""
        common = {"hostApp": "SHEETS", "platform": "WEB", "userLocale": "en-US", "newField": {"a": [1]}}
        tokens = {
            "systemIdToken": self.tokens.system_token(HOME),
            "userIdToken": self.tokens.user_token("ann@example.com"),
            "userOAuthToken": "ya29.not-ours",
        }
        usual = {"commonEventObject": common, "authorizationEventObject": tokens, "sheets": {}}
        return {**usual, **parts}

    def call(self, path: str, event: object, token: str | None = None) -> TestResponse:
        """Call an add-on endpoint as Google does: the system token in the header, too."""
        bearer = self.tokens.system_token(HOME) if token is None else token
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return self.client.post(path, data=orjson.dumps(event), headers=headers)

    def act(self, name: str, form: Mapping[str, str] | None = None, **parameters: str) -> TestResponse:
        """Click: call an action with what the form holds and what the clicked element carries."""
        inputs = {key: {"stringInputs": {"value": [value]}} for key, value in (form or {}).items()}
        common = {"userLocale": "en", "formInputs": inputs, "parameters": parameters}
        return self.call(f"/addon/act/{name}", self.event(commonEventObject=common))


@contextmanager
def web_world(folder: Path, values: Mapping[tuple[str, str], Value] | None = None) -> Iterator[WebWorld]:
    """Refresh the organisation once and open the application over it."""
    with running_world(folder, org=WEB_ORG) as world:
        assert world.refresh().state == "done"
        yield open_web(world, values)


def open_web(world: World, values: Mapping[tuple[str, str], Value] | None = None) -> WebWorld:
    """Open the application over an organisation that is refreshed; ``values`` replace settings."""
    google = world.sandbox.google.settings
    usual: dict[tuple[str, str], Value] = {
        ("google", "client_id"): google.client_id,
        ("google", "addon_service_account"): google.addon_service_account,
        ("google", "allowed_domains"): ("example.com",),
        ("web", "public_url"): PUBLIC,
    }
    settings = with_values(world.organisation.settings, {**usual, **(values or {})})
    organisation = replace(world.organisation, settings=settings)
    services = open_services(organisation)
    now = settings.clock.now()
    minted = services.keys.mint(SPREADSHEET, "", "test", 1, now - timedelta(seconds=1))
    return WebWorld(world, organisation, create_app(organisation), services, minted.key)
