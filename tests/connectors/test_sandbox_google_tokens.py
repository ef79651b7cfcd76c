"""Tokens of the stand-in, checked with google-auth: access tokens of service accounts, and ID tokens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from google.auth.exceptions import GoogleAuthError, InvalidValue, MalformedError, RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import id_token

from connectors.sandbox.google import (
    CERTS_PATH,
    SERVICE_ACCOUNT,
    TOKEN_PATH,
    GoogleService,
    GoogleSettings,
    Spreadsheet,
)
from connectors.sandbox.google.identity import SigningKey
from connectors.sandbox.google.tokens import GRANT
from connectors.sandbox.server import Server
from tests.support.google_client import SHEETS, Clock, session_for

_SHEETS_SCOPE = "https://www.googleapis.com/auth/spreadsheets"


@pytest.fixture(scope="module")
def service() -> GoogleService:
    return GoogleService([Spreadsheet.new("Tokens")], clock=Clock(time.time()))


@pytest.fixture(scope="module")
def server(service: GoogleService) -> Iterator[Server]:
    with Server([service.handle]) as server:
        yield server


def _claims(server: Server, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    usual = {
        "iss": SERVICE_ACCOUNT,
        "aud": server.url + TOKEN_PATH,
        "scope": _SHEETS_SCOPE,
        "iat": now,
        "exp": now + 3600,
    }
    return {**usual, **changes}


def _ask(server: Server, assertion: str, grant: str = GRANT) -> requests.Response:
    return requests.post(server.url + TOKEN_PATH, data={"grant_type": grant, "assertion": assertion}, timeout=10)


def _key(service: GoogleService, server: Server) -> SigningKey:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    info = service.service_account_info(server.url + TOKEN_PATH)
    key: Any = load_pem_private_key(info["private_key"].encode(), None)
    return SigningKey(info["private_key_id"], key)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"iss": "nobody@example.com"}, "invalid_grant", "account not found"),
        ({"aud": "https://example.com/token"}, "invalid_grant", "Failed audience check"),
        ({"exp": 1}, "invalid_grant", "short-lived token"),
        ({"iat": 1}, "invalid_grant", "short-lived token"),
        ({"exp": None}, "invalid_grant", "short-lived token"),
        ({"scope": ""}, "invalid_scope", "Invalid OAuth scope"),
        ({"scope": "https://www.googleapis.com/auth/everything"}, "invalid_scope", "Invalid OAuth scope"),
    ],
)
def test_an_assertion_that_says_something_wrong_gets_no_token(
    service: GoogleService, server: Server, changes: dict[str, Any], error: str, words: str
) -> None:
    response = _ask(server, _key(service, server).signed(_claims(server, **changes)))
    assert (response.status_code, response.json()["error"]) == (400, error)
    assert words in response.json()["error_description"]


def test_an_assertion_must_be_signed_with_the_accounts_own_key(service: GoogleService, server: Server) -> None:
    own = _key(service, server)
    forged = SigningKey(own.kid, SigningKey.new().private_key)
    assert _ask(server, forged.signed(_claims(server))).json()["error_description"] == "Invalid JWT Signature."
    assert _ask(server, own.signed(_claims(server), alg="none")).status_code == 400
    assert _ask(server, "not.a.token").status_code == 400
    assert _ask(server, "", "password").json()["error"] == "unsupported_grant_type"
    answer = _ask(server, own.signed(_claims(server))).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)


def test_an_access_token_expires_and_needs_the_scope(service: GoogleService, server: Server) -> None:
    book = service.add(Spreadsheet.new("Scoped"))
    url = f"{server.url}/v4/spreadsheets/{book.id}"

    def status(token: str, method: str = "GET", path: str = "") -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        response = requests.request(method, url + path, headers=headers, timeout=10)
        return response.status_code, response.json().get("error", {}).get("status", "")

    reading = service.accounts.access_token(SERVICE_ACCOUNT, "spreadsheets.readonly")
    assert status(reading) == (200, "")
    assert status(reading, "POST", ":batchUpdate") == (403, "PERMISSION_DENIED")
    assert status(service.accounts.access_token(SERVICE_ACCOUNT, "userinfo.email")) == (403, "PERMISSION_DENIED")
    assert status(service.accounts.access_token(SERVICE_ACCOUNT, "drive", lifetime_seconds=0)) == (
        401,
        "UNAUTHENTICATED",
    )
    assert status("wrong") == (401, "UNAUTHENTICATED")
    assert status("") == (401, "UNAUTHENTICATED")


def test_google_auth_gets_a_new_token_when_the_old_one_is_revoked(service: GoogleService, server: Server) -> None:
    book = service.add(Spreadsheet.new("Revoked"))
    with session_for(service, server) as session:
        url = f"{SHEETS}/v4/spreadsheets/{book.id}"
        assert session.get(url, timeout=10).status_code == 200
        service.accounts.revoke_tokens()
        assert session.get(url, timeout=10).status_code == 200


def test_google_auth_refuses_a_key_of_an_account_that_is_gone(service: GoogleService, server: Server) -> None:
    other = GoogleService()
    with (
        session_for(other, server) as session,
        pytest.raises(RefreshError, match="invalid_grant"),
    ):
        session.get(f"{SHEETS}/v4/spreadsheets/x", timeout=10)


def _verified(token: str, server: Server, audience: str) -> Any:
    with requests.Session() as session:
        return id_token.verify_token(token, Request(session), audience, certs_url=server.url + CERTS_PATH)


def test_id_tokens_verify_with_google_auth_and_say_who_calls(service: GoogleService, server: Server) -> None:
    endpoint = "https://kpi.example.com/addon/home"
    system = _verified(service.id_tokens.system_token(endpoint), server, endpoint)
    assert system["iss"] == "https://accounts.google.com"
    assert system["email"] == service.settings.addon_service_account
    assert system["email_verified"] is True
    user = _verified(service.id_tokens.user_token("ann@acme.com"), server, service.settings.client_id)
    again = _verified(service.id_tokens.user_token("Ann@acme.com"), server, service.settings.client_id)
    assert (user["email"], user["hd"], user["sub"]) == ("ann@acme.com", "acme.com", again["sub"])
    assert "hd" not in _verified(service.id_tokens.user_token("a@gmail.com"), server, service.settings.client_id)


@pytest.mark.parametrize(
    ("claims", "error"),
    [
        ({"aud": "https://elsewhere.example.com/"}, InvalidValue),
        ({"exp": 1_700_000_000, "iat": 1_699_990_000}, InvalidValue),
        ({"iat": 4_000_000_000, "exp": 4_000_003_600}, InvalidValue),
        ({"exp": None}, MalformedError),
    ],
)
def test_a_forged_id_token_is_refused_by_google_auth(
    service: GoogleService, server: Server, claims: dict[str, Any], error: type[GoogleAuthError]
) -> None:
    endpoint = "https://kpi.example.com/addon/home"
    with pytest.raises(error):
        _verified(service.id_tokens.system_token(endpoint, **claims), server, endpoint)


def test_keys_rotate_and_retired_ones_no_longer_verify() -> None:
    service = GoogleService(settings=GoogleSettings(certs_max_age_seconds=60))
    with Server([service.handle]) as server:
        first = service.id_tokens.minted("a")
        service.id_tokens.rotate()
        second = service.id_tokens.minted("a")
        assert _verified(first, server, "a")["aud"] == _verified(second, server, "a")["aud"] == "a"
        answer = requests.get(server.url + CERTS_PATH, timeout=10)
        assert (len(answer.json()), answer.headers["Cache-Control"].split(",")[1]) == (2, " max-age=60")
        service.id_tokens.rotate(retires_old=True)
        with pytest.raises(MalformedError, match="Certificate for key id"):
            _verified(second, server, "a")


def test_drive_finds_files_by_name_tells_their_version_and_shares_them(
    service: GoogleService, server: Server
) -> None:
    book = service.add(Spreadsheet.new('The "best" team'))
    user_token = service.accounts.access_token(SERVICE_ACCOUNT, "drive.file")
    headers = {"Authorization": f"Bearer {user_token}"}
    url = f"{server.url}/drive/v3/files"
    name = book.title.replace('"', '\\"')
    query = {"q": f'mimeType="application/vnd.google-apps.spreadsheet" and name = "{name}" and trashed = false'}
    found = requests.get(url, params=query, headers=headers, timeout=10).json()["files"]
    assert [file["id"] for file in found] == [book.id]
    fields = {"fields": "version,modifiedTime"}
    before = requests.get(f"{url}/{book.id}", params=fields, headers=headers, timeout=10).json()
    with book.changing():
        pass
    after = requests.get(f"{url}/{book.id}", params=fields, headers=headers, timeout=10).json()
    assert before.keys() == {"version", "modifiedTime"}
    assert int(after["version"]) == int(before["version"]) + 1
    body = {"type": "user", "role": "reader", "emailAddress": "Ann@acme.com"}
    shared = requests.post(
        f"{url}/{book.id}/permissions?sendNotificationEmail=false", json=body, headers=headers, timeout=10
    )
    assert (shared.status_code, book.role_of("ann@acme.com")) == (200, "reader")
    gone = f"{url}/{book.id}/permissions/{shared.json()['id']}"
    assert requests.delete(gone, headers=headers, timeout=10).status_code == 200
    assert book.role_of("ann@acme.com") == ""
    missing = requests.get(f"{url}/none", headers=headers, timeout=10).json()["error"]
    assert (missing["code"], missing["errors"][0]["reason"]) == (404, "notFound")
    assert requests.get(url, params={"q": "starred"}, headers=headers, timeout=10).status_code == 400
