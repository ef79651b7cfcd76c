"""Ways in: each login over HTTP, what a refusal says, and that a wrong setting is said before anything leaves."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.errors import CredentialsError, LimitError, SourceError
from connectors.http import Pace
from connectors.salesforce import SalesforceSource
from connectors.salesforce_errors import Refusal, in_words, login_error, refusal_of
from connectors.salesforce_login import log_in, unreachable
from connectors.salesforce_settings import SalesforceSettings, zone_of
from connectors.sandbox.server import Fault
from connectors.secret import Secret
from tests.support.salesforce_org import World, read, small_world

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE_PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
PUBLIC_PEM = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
COMPANY = "https://acme.my.salesforce.com"
APP = {"client_id": "app", "client_secret": Secret("s3cret")}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with small_world(tmp_path, public_key=PUBLIC_PEM) as running:
        yield running


def test_a_jwt_signed_with_our_key_logs_in(world: World) -> None:
    source = world.source(login="jwt", private_key=Secret(PRIVATE_PEM), username="alice@acme.example")
    assert len(read(source).rows["opportunity"]) == 2


def test_a_user_that_the_app_does_not_know_is_refused_with_a_remedy(world: World) -> None:
    source = world.source(login="jwt", private_key=Secret(PRIVATE_PEM), username="nobody@acme.example")
    with pytest.raises(CredentialsError, match="pre-authorised"):
        read(source)


def test_a_key_that_is_no_key_is_said_without_showing_it(world: World) -> None:
    source = world.source(login="jwt", private_key=Secret("canary"), username="alice@acme.example")
    with pytest.raises(CredentialsError, match="private_key_file does not hold an RSA private key") as refused:
        read(source)
    assert "canary" not in f"{refused.value!r} {refused.value.__cause__!r}"


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"client_id": "other"}, "does not know this client_id"), ({"client_secret": Secret("no")}, "client_secret")],
)
def test_a_wrong_client_is_refused_once(world: World, changes: dict[str, object], words: str) -> None:
    with pytest.raises(CredentialsError, match=words):
        read(world.source(**changes))
    assert len(world.paths()) == 1


def test_a_session_is_used_as_it_is_and_never_renewed(world: World) -> None:
    token = log_in(world.settings(), world.source().client._session, world.clock).access_token
    assert len(read(world.source(login="session", session_id=token)).rows["lead"]) == 2
    world.service.expire_tokens()
    with pytest.raises(CredentialsError, match="no longer accepts the session"):
        read(world.source(login="session", session_id=token))


def test_a_refresh_token_logs_in_and_a_changed_one_is_kept(world: World) -> None:
    token, changed = (Secret(world.service.tokens.mint_refresh("app")) for _ in range(2))
    kept: list[Secret] = []
    settings = world.settings(login="refresh_token", refresh_token=token)
    source = SalesforceSource(settings, world.session, world.clock, kept.append)
    assert len(read(source).rows["lead"]) == 2
    assert kept == []
    body = f'{{"access_token":"stale","refresh_token":"{changed.reveal()}"}}'
    world.service.expire_tokens()
    world.server.faults.add(Fault("status", path="/token", status=200, body=body))
    with pytest.raises(CredentialsError):
        read(source)
    assert kept == [changed]
    world.service.tokens.revoke(token.reveal())
    assert len(read(source).rows["lead"]) == 2, "the changed one is used from now on"


def test_a_refresh_token_that_is_not_valid_any_more_is_said(world: World) -> None:
    with pytest.raises(CredentialsError, match="no longer accepts the refresh token"):
        read(world.source(login="refresh_token", refresh_token=Secret("old")))
    with pytest.raises(CredentialsError, match="Run `scorecell connect salesforce`"):
        read(world.source(login="refresh_token"))


def test_a_refresh_token_that_salesforce_replaces_is_used_in_the_next_login(world: World) -> None:
    world.set(rotates_refresh_tokens=True)
    token = Secret(world.service.tokens.mint_refresh("app"))
    kept: list[Secret] = []
    settings = world.settings(login="refresh_token", refresh_token=token)
    source = SalesforceSource(settings, world.session, world.clock, kept.append)
    read(source)
    world.service.expire_tokens()
    read(source)
    assert len({token.reveal(), *(each.reveal() for each in kept)}) == 3
    other = SalesforceSource(settings, world.session, world.clock, kept.append, lambda: kept[-1])
    assert len(read(other).rows["lead"]) == 2, "another process takes the one that was kept"


def test_many_threads_renew_an_expired_token_once(world: World) -> None:
    client = world.source().client
    client.describe(["Account"])
    world.service.expire_tokens()
    world.server.clear_journal()
    threads = [threading.Thread(target=client.describe, args=(["Account"],)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.paths().count("/services/oauth2/token") == 1


@pytest.mark.parametrize("body", ["not json", '{"token_type":"Bearer"}', "[]"])
def test_a_login_answered_without_a_token_is_no_login(world: World, body: str) -> None:
    world.server.faults.add(Fault("status", path="/token", status=200, body=body))
    with pytest.raises(CredentialsError, match="without a token"):
        read(world.source())


def test_an_organisation_that_cannot_be_reached_is_said_without_its_library_text(world: World) -> None:
    world.server.faults.add(Fault("reset", times=None))
    with pytest.raises(SourceError, match="could not be reached, after several tries") as failed:
        read(world.source())
    assert not failed.value.permanent
    assert "urllib3" not in str(failed.value)


def test_a_query_that_finds_no_network_is_said_the_same_way(world: World) -> None:
    world.pace = Pace(sleep=lambda _: None)
    world.server.faults.add(Fault("reset", path="query", times=None))
    with pytest.raises(SourceError, match="could not be reached"):
        read(world.source())


def test_a_network_error_says_what_to_look_at() -> None:
    assert "certificate of acme" in str(unreachable("acme", requests.exceptions.SSLError()))
    assert "did not answer in time" in str(unreachable("acme", requests.Timeout()))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"instance_url": ""}, "instance_url must be your My Domain address"),
        ({"instance_url": "https://acme.lightning.force.com"}, "not among the hosts"),
        ({"instance_url": "http://acme.my.salesforce.com"}, "plain http"),
        ({"instance_url": "https://acme.my.salesforce.com.evil.example"}, "not among the hosts"),
        ({"instance_url": "https://login.salesforce.com"}, "where everybody logs in"),
        ({"instance_url": f"{COMPANY}/setup"}, "must end after the host"),
        ({"login_url": "https://login.evil.example"}, "login_url must be"),
        ({"login_url": "http://127.0.0.1:80"}, "login_url must be"),
        ({"login": "password"}, "login must be one of"),
        ({"client_secret": Secret()}, "client_secret is missing"),
        ({"login": "jwt"}, "private_key_file is missing"),
        ({"login": "session"}, "session_id is missing"),
        ({"login": "refresh_token", "client_id": ""}, "client_id is missing"),
        ({"instance_url": "https://acme.salesforce.com"}, "not among the hosts"),
        ({"instance_url": "https://acme.my.salesforce.com:8443"}, "only 443 is called"),
        ({"login_url": "https://test.salesforce.com.evil.example"}, "login_url must be"),
        ({"api_version": "v59.0"}, "api_version must be like"),
        ({"overlap_minutes": -1}, "overlap_minutes must be"),
        ({"erased_hours": 0}, "erased_hours must be"),
        ({"total_calls_percent": 101}, "total_calls_percent must be"),
    ],
)
def test_a_wrong_setting_is_said_with_a_remedy(changes: dict[str, object], words: str) -> None:
    with pytest.raises(SourceError, match=words):
        SalesforceSettings(**{"instance_url": COMPANY, **APP, **changes})  # type: ignore[arg-type] # named above


@pytest.mark.parametrize(
    ("instance", "login_url", "audience"),
    [
        (COMPANY, "", "https://login.salesforce.com"),
        ("https://acme--dev.sandbox.my.salesforce.com", "", "https://test.salesforce.com"),
        (COMPANY, "https://test.salesforce.com", "https://test.salesforce.com"),
        (COMPANY, "https://login.salesforce.com", "https://login.salesforce.com"),
        ("https://agency.my.salesforce.mil", "", "https://login.salesforce.com"),
        ("http://localhost:8080", "", "http://localhost:8080"),
    ],
)
def test_a_jwt_is_made_for_the_login_host_of_its_kind(instance: str, login_url: str, audience: str) -> None:
    settings = SalesforceSettings(instance, login_url=login_url, client_id="app", client_secret=Secret("s"))
    assert settings.audience == audience


@pytest.mark.parametrize("path", ["/oauth2/token", "/composite/batch", "/queryAll"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_neither_a_secret_nor_a_token_follows_a_redirect(world: World, path: str, status: int) -> None:
    elsewhere = {"Location": f"{world.server.url}/elsewhere"}
    world.server.faults.add(Fault("status", path=path, status=status, headers=elsewhere))
    with pytest.raises(SourceError, match=r"redirect to 127\.0\.0\.1, which is not followed"):
        read(world.source())
    assert not any("elsewhere" in called for called in world.paths())


def test_a_secret_is_not_printed() -> None:
    settings = SalesforceSettings(COMPANY, client_id="app", client_secret=Secret("canary"))
    assert "canary" not in f"{settings!r} {settings.client_secret!s} {settings.client_secret!r}"
    assert f"{Secret()}" == "(no secret)"


def test_an_unknown_zone_is_said() -> None:
    assert zone_of("Europe/Paris").key == "Europe/Paris"
    with pytest.raises(SourceError, match=r"set org\.time_zone"):
        zone_of("Paris/Europe")


@pytest.mark.parametrize(
    ("status", "content", "kind", "words"),
    [
        (403, [{"errorCode": "REQUEST_LIMIT_EXCEEDED"}], LimitError, "used up"),
        (429, "slow down", LimitError, "too many calls"),
        (401, "<html>", CredentialsError, "no longer accepts"),
        (401, [{"errorCode": "SOMETHING_NEW"}], CredentialsError, "no longer accepts"),
        (403, [{"errorCode": "INSUFFICIENT_ACCESS_OR_READONLY"}], SourceError, "may not read it"),
        (404, [{"errorCode": "NOT_FOUND"}], SourceError, "nothing at this address"),
        (503, "<html>", SourceError, "error of its own"),
        (400, [{"errorCode": "SOMETHING_NEW"}], SourceError, r"refused the call \(SOMETHING_NEW\)"),
        (400, [{"errorCode": "x y <script>"}], SourceError, r"refused the call \(400\)"),
    ],
)
def test_a_refusal_is_a_sentence(status: int, content: object, kind: type[SourceError], words: str) -> None:
    error = in_words(refusal_of(status, content, None), "Salesforce Lead")
    assert isinstance(error, kind)
    assert str(error).startswith("Salesforce Lead: ")
    with pytest.raises(kind, match=words):
        raise error


def test_a_login_error_that_may_pass_is_not_taken_for_wrong_credentials() -> None:
    assert not login_error(Refusal("", 503), "acme").permanent
    assert not login_error(Refusal("rate_limit_exceeded", 400), "acme").permanent
    assert "(new_code)" in str(login_error(Refusal("new_code", 400), "acme"))
    assert str(login_error(Refusal("", 400), "acme")).count("(") == 0


def test_the_time_of_a_run_is_ours_only_where_the_server_tells_none(world: World) -> None:
    client = world.source().client
    assert client.server_time == world.clock.now
    world.clock.now = datetime(2026, 9, 14, 9, 30, tzinfo=UTC)
    client.describe(["Account"])
    assert client.server_time == world.clock.now
