"""Google's tokens: what is not proven, claim by claim, is refused; with certificates cached, rotated and gone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from hypothesis import given, settings
from hypothesis import strategies as st

from addon.auth import Certificates, TokenKind, Verifier, open_certificates, system_token_kind, user_token_kind
from addon.clock import Clock
from addon.errors import AddonError, NotAllowedError
from addon.settings import Settings, Value
from connectors.sandbox.google import CERTS_PATH, GoogleService
from connectors.sandbox.google.identity import IdTokens, SigningKey
from connectors.sandbox.server import Server

HOME = "https://kpi.example.com/addon/home"
CLIENT = "123456789012-sandbox.apps.googleusercontent.com"
Forgery = Callable[[IdTokens], str]


@dataclass
class Google:
    """A stand-in with our two verifiers over its certificates; ``now`` is the certificates' clock."""

    service: GoogleService
    server: Server
    system: Verifier
    user: Verifier
    now: list[float]

    @property
    def tokens(self) -> IdTokens:
        return self.service.id_tokens

    def fetches(self) -> int:
        return sum(call.path == CERTS_PATH for call in self.server.journal)


def settings_of(**values: Value) -> Settings:
    google = GoogleService().settings
    usual: dict[str, Value] = {
        "addon_audiences": (HOME,),
        "addon_service_account": google.addon_service_account,
        "client_id": google.client_id,
        "allowed_domains": ("example.com",),
    }
    return Settings(
        {("google", name): value for name, value in {**usual, **values}.items()},
        Path(),
        Clock(),
    )


@contextmanager
def running() -> Iterator[Google]:
    service = GoogleService()
    now = [1_000.0]
    with Server([service.handle]) as server:
        certificates = open_certificates(server.url + CERTS_PATH, lambda: now[0])
        kinds = system_token_kind(settings_of()), user_token_kind(settings_of())
        yield Google(service, server, Verifier(kinds[0], certificates), Verifier(kinds[1], certificates), now)


@pytest.fixture(scope="module")
def google() -> Iterator[Google]:
    with running() as stand_in:
        yield stand_in


def unsigned(claims: dict[str, object]) -> str:
    return f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(claims)}."


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def claims_of(token: str) -> dict[str, object]:
    part = token.split(".")[1]
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def signed_with_the_public_key(ids: IdTokens) -> str:
    """Sign by HMAC with what everybody knows: the oldest trick there is."""
    public = ids.key.private_key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    content = f"{encoded({'alg': 'HS256', 'kid': ids.key.kid})}.{encoded(claims_of(ids.system_token(HOME)))}"
    signature = hmac.new(public, content.encode(), hashlib.sha256).digest()
    return f"{content}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def header_forged(**header: str) -> Forgery:
    return lambda ids: ids.key.signed(claims_of(ids.system_token(HOME)), **header)


def claims_forged(**claims: object) -> Forgery:
    return lambda ids: ids.system_token(HOME, **claims)


def tampered(ids: IdTokens) -> str:
    head, _, signature = ids.system_token(HOME).split(".")
    return f"{head}.{encoded({**claims_of(ids.system_token(HOME)), 'extra': 1})}.{signature}"


NOW = int(time.time())
FORGED_SYSTEM: dict[str, Forgery] = {
    "empty": lambda _: "",
    "no token": lambda _: "hello",
    "two parts": lambda ids: ids.system_token(HOME).rpartition(".")[0],
    "four parts": lambda ids: ids.system_token(HOME) + ".x",
    "not base64": lambda _: "€.€.€",
    "parts that are no objects": lambda _: f"{encoded([1])}.{encoded('a')}.{encoded(1)}",
    "nested without end": lambda _: f"{base64.urlsafe_b64encode(b'[' * 9_000).decode()}.e30.x",
    "too long": lambda ids: ids.system_token(HOME, padding="x" * 20_000),
    "alg none": lambda ids: unsigned(claims_of(ids.system_token(HOME))),
    "alg None": header_forged(alg="None"),
    "alg HS256 with the public key": signed_with_the_public_key,
    "alg RS512": header_forged(alg="RS512"),
    "alg ES256": header_forged(alg="ES256"),
    "kid of another key": header_forged(kid="0" * 40),
    "kid empty": header_forged(kid=""),
    "kid is a path": header_forged(kid="../../etc/passwd"),
    "key in the header": lambda ids: SigningKey(ids.key.kid, SigningKey.new().private_key).signed(
        claims_of(ids.system_token(HOME)), jku="https://evil.example/certs", x5u="https://evil.example/x5u"
    ),
    "another Google": lambda ids: SigningKey.new().signed(claims_of(ids.system_token(HOME))),
    "tampered claims": tampered,
    "signature of another token": lambda ids: ".".join(
        [*ids.system_token(HOME).split(".")[:2], ids.system_token(HOME, x=1).split(".")[2]]
    ),
    "iss wrong": claims_forged(iss="https://accounts.evil.example"),
    "iss with a slash": claims_forged(iss="https://accounts.google.com/"),
    "iss missing": claims_forged(iss=None),
    "iss a list": claims_forged(iss=["https://accounts.google.com"]),
    "aud of another add-on": claims_forged(aud="https://evil.example/addon/home"),
    "aud only begins as ours": claims_forged(aud=HOME + "/x"),
    "aud empty": claims_forged(aud=""),
    "aud an empty list": claims_forged(aud=[]),
    "aud a list with ours": claims_forged(aud=[HOME]),
    "aud a list with ours and others": claims_forged(aud=[HOME, "https://evil.example"]),
    "aud missing": claims_forged(aud=None),
    "expired": claims_forged(iat=NOW - 7_200, exp=NOW - 3_600),
    "exp missing": claims_forged(exp=None),
    "exp a text": claims_forged(exp="tomorrow"),
    "from the future": claims_forged(iat=NOW + 3_600, exp=NOW + 7_200),
    "iat missing": claims_forged(iat=None),
    "iat a text": claims_forged(iat="now"),
    "e-mail not verified": claims_forged(email_verified=False),
    "e-mail verified in words": claims_forged(email_verified="true"),
    "e-mail verified missing": claims_forged(email_verified=None),
    "e-mail of another service account": claims_forged(email="service-1@gcp-sa-gsuiteaddons.iam.gserviceaccount.com"),
    "e-mail missing": claims_forged(email=None),
    "e-mail a list": claims_forged(email=["a@example.com"]),
    "user token as system token": lambda ids: ids.user_token("ann@example.com"),
    "user token for our endpoint": lambda ids: ids.user_token("ann@example.com", audience=HOME),
}
FORGED_USER: dict[str, Forgery] = {
    "system token as user token": lambda ids: ids.system_token(HOME),
    "system token for our client": lambda ids: ids.system_token(CLIENT),
    "made for another client": lambda ids: ids.user_token(
        "ann@example.com", audience="other.apps.googleusercontent.com"
    ),
    "user of another domain": lambda ids: ids.user_token("eve@evil.example"),
    "user without a domain": lambda ids: ids.user_token("ann@gmail.com"),
    "domain only in the address": lambda ids: ids.user_token("ann@example.com", hd=None),
    "domain that ends as ours": lambda ids: ids.user_token("eve@evil-example.com", hd="evil-example.com"),
    "domain a list": lambda ids: ids.user_token("ann@example.com", hd=["example.com"]),
    "sub missing": lambda ids: ids.user_token("ann@example.com", sub=None),
    "sub empty": lambda ids: ids.user_token("ann@example.com", sub=""),
    "sub a number": lambda ids: ids.user_token("ann@example.com", sub=7),
    "e-mail not verified": lambda ids: ids.user_token("ann@example.com", email_verified=False),
    "e-mail missing": lambda ids: ids.key.signed(
        {name: claim for name, claim in claims_of(ids.user_token("ann@example.com")).items() if name != "email"}
    ),
    "expired": lambda ids: ids.user_token("ann@example.com", iat=NOW - 7_200, exp=NOW - 3_600),
    "alg none": lambda ids: unsigned(claims_of(ids.user_token("ann@example.com"))),
    "another Google": lambda ids: SigningKey.new().signed(claims_of(ids.user_token("ann@example.com"))),
}


def test_true_tokens_are_accepted(google: Google) -> None:
    assert google.system.claims(google.tokens.system_token(HOME))["aud"] == HOME
    assert google.user.claims(google.tokens.user_token("ann@example.com"))["email"] == "ann@example.com"


@pytest.mark.parametrize("name", FORGED_SYSTEM)
def test_a_forged_system_token_is_refused(google: Google, name: str) -> None:
    with pytest.raises(NotAllowedError, match=r"^The Google token of this request was not accepted\.$"):
        google.system.claims(FORGED_SYSTEM[name](google.tokens))


@pytest.mark.parametrize("name", FORGED_USER)
def test_a_forged_user_token_is_refused(google: Google, name: str) -> None:
    with pytest.raises(NotAllowedError, match=r"^The Google token of this request was not accepted\.$"):
        google.user.claims(FORGED_USER[name](google.tokens))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_changed_token_is_never_accepted(google: Google, data: st.DataObject) -> None:
    token = google.tokens.system_token(HOME)
    place = data.draw(st.integers(0, len(token) - 2))  # the last letter holds bits that count for nothing
    letter = data.draw(st.sampled_from("ABCabc019-_.=") | st.characters())
    changed = token[:place] + letter + token[place + 1 :]
    if changed == token:
        return
    with pytest.raises(NotAllowedError):
        google.system.claims(changed)


@pytest.mark.parametrize(
    "values",
    [{"addon_audiences": ()}, {"addon_service_account": ""}],
    ids=["no audience", "no service account"],
)
def test_what_is_not_set_accepts_no_system_token(google: Google, values: dict[str, Value]) -> None:
    verifier = Verifier(system_token_kind(settings_of(**values)), google.system._certificates)
    for claims in ({}, {"aud": ""}, {"email": ""}, {"email": None}):
        with pytest.raises(NotAllowedError):
            verifier.claims(google.tokens.system_token(HOME, **claims))


@pytest.mark.parametrize("values", [{"client_id": ""}, {"client_id": " , "}, {"allowed_domains": ()}])
def test_what_is_not_set_accepts_no_user_token(google: Google, values: dict[str, Value]) -> None:
    verifier = Verifier(user_token_kind(settings_of(**values)), google.user._certificates)
    for claims in ({}, {"aud": ""}, {"hd": ""}):
        with pytest.raises(NotAllowedError):
            verifier.claims(google.tokens.user_token("ann@example.com", **claims))


def test_a_kind_without_checks_accepts_nothing(google: Google) -> None:
    with pytest.raises(NotAllowedError):
        Verifier(TokenKind(frozenset({HOME})), google.system._certificates).claims(google.tokens.system_token(HOME))


def test_several_clients_may_be_named(google: Google) -> None:
    kind = user_token_kind(settings_of(client_id=f"script.apps.googleusercontent.com, {CLIENT}"))
    verifier = Verifier(kind, google.user._certificates)
    for audience in ("script.apps.googleusercontent.com", CLIENT):
        assert verifier.claims(google.tokens.user_token("ann@example.com", audience=audience))["aud"] == audience


def test_the_public_address_names_the_endpoints_where_no_audience_is_set() -> None:
    settings = settings_of(addon_audiences=())
    own = Settings(
        {**settings.values, ("web", "public_url"): "https://kpi.example.com/"}, settings.data_folder, Clock()
    )
    assert HOME in system_token_kind(own).audiences
    assert "https://kpi.example.com/addon/act/explain" in system_token_kind(own).audiences


def test_certificates_are_fetched_once_and_again_when_a_new_key_appears() -> None:
    with running() as google:
        for _ in range(5):
            google.system.claims(google.tokens.system_token(HOME))
        assert google.fetches() == 1
        google.tokens.rotate()
        with pytest.raises(NotAllowedError):  # a forger's unknown key must not make us ask Google each time
            google.system.claims(google.tokens.system_token(HOME))
        google.now[0] += 61
        assert google.system.claims(google.tokens.system_token(HOME))
        assert google.fetches() == 2


def test_a_retired_key_is_refused_once_the_certificates_have_expired() -> None:
    with running() as google:
        old = google.tokens.system_token(HOME)
        google.system.claims(old)
        google.tokens.rotate(retires_old=True)
        google.now[0] += google.service.settings.certs_max_age_seconds + 1
        with pytest.raises(NotAllowedError):
            google.system.claims(old)


def test_without_certificates_nothing_is_accepted_and_google_is_not_asked_by_every_caller() -> None:
    with running() as google:
        token = google.tokens.system_token(HOME)
        google.server.stop()
        tries: list[str] = []
        session = google.system._certificates._session
        fetch = session.get

        def counted(url: str) -> requests.Response:
            tries.append(url)
            return fetch(url)

        session.get = counted  # type: ignore[method-assign, assignment] # counts what goes out
        for _ in range(3):
            with pytest.raises(AddonError, match="try again in a minute"):
                google.system.claims(token)
        assert len(tries) == 1
        google.now[0] += 11
        with pytest.raises(AddonError):
            google.system.claims(token)
        assert len(tries) == 2


def test_certificates_that_are_no_certificates_accept_nothing(google: Google) -> None:
    class Odd(Certificates):
        def __init__(self, certificate: str) -> None:
            self.certificate = certificate

        def get(self, key_id: str) -> str | None:
            return self.certificate if key_id else None

    for certificate in ("", "nonsense", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        with pytest.raises(NotAllowedError):
            Verifier(system_token_kind(settings_of()), Odd(certificate)).claims(google.tokens.system_token(HOME))
