from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from connectors.sandbox.salesforce import ConnectedApp, SalesforceOrg, SalesforceService
from connectors.sandbox.server import Server
from tests.support.sandbox_org import SMALL_ORG, loopback_session, write_org

SECRET = "canary-secret"


@cache
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem() -> str:
    return (
        private_key()
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )


def signed_claims(claims: dict[str, object]) -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in ({"alg": "RS256"}, claims)]
    signature = private_key().sign(b".".join(parts), padding.PKCS1v15(), hashes.SHA256())
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


@dataclasses.dataclass(slots=True)
class Logins:
    service: SalesforceService
    server: Server
    session: requests.Session

    def token(self, **form: str) -> tuple[int, dict[str, str]]:
        answer = self.session.post(f"{self.server.url}/services/oauth2/token", data=form, timeout=5)
        return answer.status_code, answer.json()


@pytest.fixture
def logins(tmp_path: Path) -> Iterator[Logins]:
    public = private_key().public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    apps = [
        ConnectedApp(
            "app",
            SECRET,
            run_as="ann@small.example",
            public_key=pem,
            redirect_uris=frozenset({"http://127.0.0.1:1/back"}),
        ),
        ConnectedApp("unattended", SECRET),
    ]
    files = {name: SMALL_ORG[name] for name in ("User", "Organization")}
    service = SalesforceService(SalesforceOrg.load(write_org(tmp_path / "org", files)), apps)
    with Server([service.handle]) as server, loopback_session(server.url) as session:
        yield Logins(service, server, session)


def test_the_library_logs_in_with_client_credentials_and_with_a_signed_token(logins: Logins) -> None:
    by_secret = Salesforce(consumer_key="app", consumer_secret=SECRET, domain="acme.my", session=logins.session)
    by_key = Salesforce(
        username="ann@small.example",
        consumer_key="app",
        privatekey=private_pem(),
        domain="acme.my",
        session=logins.session,
    )

    for client in (by_secret, by_key):
        assert client.query("SELECT COUNT() FROM User")["totalSize"] == 2
    assert SECRET not in repr(logins.server.journal) + repr(ConnectedApp("app", SECRET))


def test_a_library_whose_token_ended_logs_in_again_by_itself(logins: Logins) -> None:
    client = Salesforce(consumer_key="app", consumer_secret=SECRET, domain="acme.my", session=logins.session)
    logins.service.expire_tokens()

    assert client.query("SELECT COUNT() FROM User")["totalSize"] == 2
    paths = [(call.path.rsplit("/", 2)[-2:], call.status) for call in logins.server.journal]
    assert [status for _, status in paths] == [200, 401, 200, 200]


def test_a_wrong_secret_is_refused(logins: Logins) -> None:
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid client credentials"):
        Salesforce(consumer_key="app", consumer_secret="wrong", domain="acme.my", session=logins.session)


@pytest.mark.parametrize(
    ("form", "error", "description"),
    [
        ({"grant_type": "client_credentials"}, "invalid_client_id", "client identifier invalid"),
        (
            {"grant_type": "client_credentials", "client_id": "unattended", "client_secret": SECRET},
            "invalid_grant",
            "no client credentials user enabled",
        ),
        ({"grant_type": "password", "username": "x"}, "unsupported_grant_type", "grant type not supported"),
        (
            {"grant_type": "refresh_token", "client_id": "app", "refresh_token": "x"},
            "invalid_grant",
            "expired access/refresh token",
        ),
        (
            {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "x.y"},
            "invalid_grant",
            "invalid assertion",
        ),
    ],
)
def test_a_login_is_refused_in_the_words_of_the_real_endpoint(
    logins: Logins, form: dict[str, str], error: str, description: str
) -> None:
    assert logins.token(**form) == (400, {"error": error, "error_description": description})


@pytest.mark.parametrize(
    ("changes", "description"),
    [
        ({"aud": "https://elsewhere.example"}, "audience is invalid"),
        ({"exp": 1}, "expired authorization code"),
        ({"sub": "stranger@small.example"}, "user hasn't approved this consumer"),
    ],
)
def test_a_signed_token_must_be_for_us_in_time_and_for_a_known_user(
    logins: Logins, changes: dict[str, object], description: str
) -> None:
    claims: dict[str, object] = {
        "iss": "app",
        "sub": "ann@small.example",
        "aud": "https://login.salesforce.com",
        "exp": time.time() + 120,
    }
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"

    assert logins.token(grant_type=grant, assertion=signed_claims(claims))[0] == 200
    status, answer = logins.token(grant_type=grant, assertion=signed_claims(claims | changes))
    assert (status, answer["error_description"]) == (400, description)
    tampered = signed_claims(claims)[:-8] + "AAAAAAAA"
    assert logins.token(grant_type=grant, assertion=tampered)[1]["error_description"] == "invalid assertion"


def test_a_refresh_token_gives_new_access_tokens_until_it_is_revoked(logins: Logins) -> None:
    refresh = logins.service.tokens.mint_refresh("app")

    status, answer = logins.token(grant_type="refresh_token", client_id="app", refresh_token=refresh)
    assert (status, answer["token_type"]) == (200, "Bearer")
    logins.session.post(f"{logins.server.url}/services/oauth2/revoke", data={"token": refresh}, timeout=5)
    assert logins.token(grant_type="refresh_token", client_id="app", refresh_token=refresh)[0] == 400


def test_a_browser_login_gives_a_code_that_only_its_verifier_can_exchange_and_only_once(logins: Logins) -> None:
    verifier = "a-long-random-verifier-that-nobody-guesses"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    back = "http://127.0.0.1:1/back"

    def code() -> str:
        answer = logins.session.get(
            f"{logins.server.url}/services/oauth2/authorize",
            params={
                "response_type": "code",
                "client_id": "app",
                "redirect_uri": back,
                "state": "s",
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            },
            allow_redirects=False,
            timeout=5,
        )
        found = parse_qs(urlsplit(answer.headers["Location"]).query)
        assert found["state"] == ["s"]
        return found["code"][0]

    form = {"grant_type": "authorization_code", "client_id": "app", "redirect_uri": back}
    first = code()
    status, answer = logins.token(**form, code=first, code_verifier=verifier)
    assert status == 200
    assert logins.token(grant_type="refresh_token", client_id="app", refresh_token=answer["refresh_token"])[0] == 200
    again = logins.token(**form, code=first, code_verifier=verifier)[1]
    wrong = logins.token(**form, code=code(), code_verifier="guess")[1]
    assert (again["error_description"], wrong["error_description"]) == (
        "invalid authorization code",
        "invalid code verifier",
    )
