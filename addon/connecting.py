"""Connect and disconnect a spreadsheet: a user's identity against a key that it signs its questions with.

A key shows what the organisation lets its users see (``google.user_limit``). A spreadsheet whose key was limited by
an operator stays so limited, whoever connects it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, Response, request

from addon.auth import Claims
from addon.bodies import text_of
from addon.clock import instant_text
from addon.errors import NotAllowedError
from addon.functions import Json, read_json
from addon.keys import checked_spreadsheet
from addon.replies import json_reply
from addon.services import Services

_BEARER: Final = "bearer "


def connecting(services: Services) -> Blueprint:
    """Return the two routes."""
    routes = Blueprint("connecting", __name__, url_prefix="/v1")
    settings = services.organisation.settings

    @routes.post("/connect")
    def connect() -> Response:
        spreadsheet, claims = _request(services)
        limit = _limit_of(services, spreadsheet)
        minted = services.keys.mint(
            spreadsheet,
            limit,
            str(claims["email"])[:320],
            settings.integer("web", "key_days"),
            settings.clock.now(),
        )
        expires_at = instant_text(minted.expires_at)
        return json_reply(
            {"spreadsheet": minted.spreadsheet, "key": minted.key, "expires_at": expires_at, "limit": limit}
        )

    @routes.post("/disconnect")
    def disconnect() -> Response:
        spreadsheet, _ = _request(services)
        revoked = services.keys.revoke(spreadsheet, settings.clock.now())
        return json_reply({"spreadsheet": spreadsheet, "revoked": revoked})

    return routes


def bearer_token() -> str | None:
    """Return the token of the Authorization header, None if there is no such header.

    Raises `NotAllowedError` for a header of any other kind: what is shown to us must hold.
    """
    header = request.headers.get("Authorization")
    if header is None:
        return None
    if header[: len(_BEARER)].lower() != _BEARER:
        raise NotAllowedError("The Authorization header of this request is not a Bearer token.")
    return header[len(_BEARER) :].strip()


def _request(services: Services) -> tuple[str, Claims]:
    """Return the spreadsheet that is meant, and who means it."""
    document = read_json(request.get_data())
    token, in_body = bearer_token(), document.get("id_token")
    if token is None:
        token = in_body if isinstance(in_body, str) else ""
    claims = services.user_tokens.claims(token)
    return _spreadsheet_of(document), claims


def _spreadsheet_of(document: Mapping[str, Json]) -> str:
    name = "spreadsheet" if "spreadsheet" in document else "spreadsheetId"
    return checked_spreadsheet(text_of(document, name, ""))


def _limit_of(services: Services, spreadsheet: str) -> str:
    newest = services.keys.records(spreadsheet)[:1]
    return newest[0].limit if newest and newest[0].limit else services.user_limit
