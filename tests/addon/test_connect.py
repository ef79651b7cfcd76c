"""Log in to Salesforce in a browser: the whole flow over HTTP, what is kept of it, and who is turned away."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import requests

from addon.browser_login import Answer, BrowserLogin
from addon.cli import run
from addon.errors import AddonError, StoreError
from addon.ports import open_port
from addon.refresh_tokens import open_refresh_tokens
from addon.settings import Organisation, load_settings
from addon.sources import salesforce_settings
from connectors.errors import CredentialsError
from connectors.salesforce_client import open_salesforce_session
from connectors.salesforce_settings import SalesforceSettings
from connectors.salesforce_web_login import WebLogin
from connectors.sandbox.server import Fault
from tests.support.running import World, running_world

PATH = "/salesforce"
CONNECTED = "Salesforce is connected."
REFRESH = {"SCORECELL_SALESFORCE__LOGIN": "refresh_token", "SCORECELL_SECRET_KEY": "0" * 64}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Connecting:
    """A sandbox whose app lets a browser come back to ``port``, and an organisation that logs in by it."""

    world: World
    organisation: Organisation
    environment: dict[str, str]
    port: int

    @property
    def told(self) -> SalesforceSettings:
        return salesforce_settings(self.organisation.settings)

    def set(self, **changes: object) -> None:
        service = self.world.sandbox.salesforce
        service.settings = replace(service.settings, **changes)  # type: ignore[arg-type] # named by the tests

    def sync(self) -> str:
        """Sync, and return the error; empty where it went well."""
        return replace(self.world, organisation=self.organisation).refresh("sync").error


@pytest.fixture
def connecting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connecting]:
    port = free_port()
    with running_world(tmp_path, tabs={}, callback_urls=frozenset({f"http://localhost:{port}{PATH}"})) as world:
        environment = {**world.environment, **REFRESH}
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield Connecting(world, Organisation("default", load_settings(environment)), environment, port)


@contextmanager
def waiting(connecting: Connecting) -> Iterator[tuple[WebLogin, BrowserLogin]]:
    """Yield a login that has begun, and the page that waits for it."""
    told = connecting.told
    login = WebLogin(told, f"http://localhost:{connecting.port}{PATH}")

    def finish(answer: Answer) -> None:
        with open_salesforce_session(told) as session:
            open_refresh_tokens(connecting.organisation, told).keep(login.refresh_token(answer, session))

    with BrowserLogin(open_port("127.0.0.1", connecting.port), PATH, login.state, finish) as page:
        yield login, page


def browse(address: str, language: str = "en-US,en;q=0.8", **headers: str) -> requests.Response:
    """Open an address as a browser does, wherever it leads."""
    with requests.Session() as browser:
        browser.trust_env = False
        return browser.get(address, headers={"Accept-Language": language, **headers}, timeout=10)


def test_a_login_in_the_browser_lasts_for_every_sync_and_is_nowhere_in_the_clear(connecting: Connecting) -> None:
    assert "Run `scorecell connect salesforce`" in connecting.sync()
    connecting.set(rotates_refresh_tokens=True)
    command = [sys.executable, "-m", "addon", "connect", "salesforce", "--no-browser", "--port", str(connecting.port)]
    with subprocess.Popen(
        command, env={**os.environ, **connecting.environment}, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        assert CONNECTED in browse(address).text
        assert "`scorecell sync` reads it" in process.communicate(timeout=30)[0]
    assert process.returncode == 0
    tokens = open_refresh_tokens(connecting.organisation, connecting.told)
    kept = [tokens.latest().reveal()]
    for _ in range(2):
        assert connecting.sync() == ""
        kept.append(tokens.latest().reveal())
    assert len(set(kept)) == 3, "each sync was given another token, and the next one used it"
    files = [path.read_bytes() for path in connecting.organisation.data_folder.rglob("*") if path.is_file()]
    assert not any(token.encode() in content for token in kept for content in files)
    assert run(["check"]) == 0


def test_a_revoked_token_says_to_connect_again(connecting: Connecting) -> None:
    with waiting(connecting) as (login, page):
        browse(login.address)
        page.wait(5)
    assert connecting.sync() == ""
    latest = open_refresh_tokens(connecting.organisation, connecting.told).latest()
    connecting.world.sandbox.salesforce.tokens.revoke(latest.reveal())
    assert "no longer accepts the refresh token" in (said := connecting.sync())
    assert "Run `scorecell connect salesforce` again." in said


def test_the_browser_is_told_in_its_language_how_it_went(connecting: Connecting) -> None:
    with waiting(connecting) as (login, page):
        said = browse(login.address, "fr-CA,fr;q=0.9")
        page.wait(5)
    assert (said.status_code, "Salesforce est connecté." in said.text) == (200, True)
    assert said.headers["Referrer-Policy"] == "no-referrer"


def test_only_the_answer_to_this_login_counts_and_only_once(connecting: Connecting) -> None:
    back = f"http://127.0.0.1:{connecting.port}"
    with waiting(connecting) as (login, page):
        assert browse(f"{back}{PATH}?state=guess&code=stolen").status_code == 400
        assert browse(f"{back}{PATH}?{'x=1&' * 30}").status_code == 400
        assert browse(f"{back}/favicon.ico").status_code == 404
        assert browse(f"{back}{PATH}?state={login.state}&code=c", Host="evil.example").status_code == 404
        said = browse(login.address)
        assert CONNECTED in said.text
        assert browse(said.url).status_code == 400
        page.wait(5)
    assert open_refresh_tokens(connecting.organisation, connecting.told).latest()


def test_a_code_is_worth_nothing_without_the_proof_key(connecting: Connecting) -> None:
    with waiting(connecting) as (login, page):
        other = replace(login, proof_key=replace(login.proof_key, _text="another"))
        said = browse(other.address)
        assert "The terminal says why." in said.text
        with pytest.raises(CredentialsError, match="does not accept the login of the browser"):
            page.wait(5)


def test_a_login_that_is_declined_or_does_not_last_or_is_another_organisations_is_said(
    connecting: Connecting,
) -> None:
    back = f"http://localhost:{connecting.port}{PATH}"
    with waiting(connecting) as (login, page):
        browse(f"{back}?state={login.state}&error=access_denied&error_description=no")
        with pytest.raises(CredentialsError, match="was declined in the browser"):
            page.wait(5)
    with waiting(connecting) as (login, page):
        browse(f"{back}?state={login.state}&error=<b>")
        with pytest.raises(CredentialsError, match=r"did not finish the login\. Check the app's callback URL"):
            page.wait(5)
    with waiting(connecting) as (login, page):
        body = f'{{"access_token":"a","instance_url":"{connecting.told.instance.origin}"}}'
        connecting.world.sandbox.server.faults.add(Fault("status", path="/token", status=200, body=body))
        browse(login.address)
        with pytest.raises(CredentialsError, match="gave no refresh token"):
            page.wait(5)
    connecting.set(instance_url="https://other.my.salesforce.com")
    with waiting(connecting) as (login, page):
        browse(login.address)
        with pytest.raises(CredentialsError, match=r"was for other\.my\.salesforce\.com, but"):
            page.wait(5)
    assert not open_refresh_tokens(connecting.organisation, connecting.told).latest()


def test_a_login_that_never_comes_back_ends(connecting: Connecting) -> None:
    with (
        waiting(connecting) as (_, page),
        pytest.raises(AddonError, match=f"must be http://localhost:{connecting.port}"),
    ):
        page.wait(0.05)


def test_a_token_opens_only_with_its_key_and_for_the_settings_it_belongs_to(
    connecting: Connecting, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = connecting.told
    with waiting(connecting) as (login, page):
        browse(login.address)
        page.wait(5)
    given = replace(told, refresh_token=replace(told.refresh_token, _text="from the settings"))
    assert not open_refresh_tokens(connecting.organisation, given).latest(), "a token of the settings begins anew"
    assert not open_refresh_tokens(connecting.organisation, replace(told, client_id="other")).latest()
    monkeypatch.setenv("SCORECELL_SECRET_KEY", "1" * 64)
    with pytest.raises(StoreError, match="SCORECELL_SECRET_KEY is not the one"):
        open_refresh_tokens(connecting.organisation, told).latest()


@pytest.mark.parametrize(
    ("variable", "says"),
    [
        ("INSTANCE_URL=", "salesforce.instance_url is not set"),
        ("LOGIN=client_credentials", 'Set salesforce.login = "refresh_token" first'),
        ("REFRESH_TOKEN=5Aep", "salesforce.refresh_token is set and would be used instead"),
        ("CLIENT_ID=", "salesforce.client_id is missing"),
        ("LOGIN_URL=https://login.salesforce.com.evil.example", "not among the hosts"),
    ],
)
def test_settings_by_which_it_would_not_be_used_are_said_before_anything_is_sent(
    variable: str,
    says: str,
    connecting: Connecting,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name, _, value = variable.partition("=")
    monkeypatch.setenv(f"SCORECELL_SALESFORCE__{name}", value)
    assert run(["connect", "salesforce", "--no-browser", "--wait", "1"]) == 1
    said = capsys.readouterr()
    assert (said.out, says in said.err) == ("", True)
    assert connecting.world.sandbox.server.journal == ()
