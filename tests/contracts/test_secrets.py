"""A whole deployment, with everything that goes wrong: no secret in what it says, logs, answers, keeps or calls."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from addon.cli import run
from addon.errors import AddonError
from addon.keys import sign
from addon.refresh_tokens import open_refresh_tokens
from addon.services import open_services
from addon.settings import Organisation, load_settings
from addon.sources import open_sources, salesforce_settings
from addon.web import create_app
from connectors.errors import SourceError
from connectors.salesforce_web_login import WebLogin
from connectors.sandbox.sandbox import CLIENT_SECRET
from connectors.sandbox.server import Fault
from tests.addon.test_connect import free_port
from tests.support.canaries import contents, forms, key_lines, leaks
from tests.support.readme import ROOT
from tests.support.running import World, running_world
from tests.support.serving import served

SHEET = "1SheetOfCanaries"
SEALING_KEY = "canary-of-the-sealing-key-0123456789abcdef"
SESSION = "00D000000000001!canary.of.a.session"
GIVEN_REFRESH = "5AepCanaryOfARefreshTokenInTheSettings"
KINDS = {"mint", "mint_refresh", "mint_code", "Google", "line", "key", "client", "sealing", "session", "proof"}
"""The first words of the secrets that must have been in use."""
ECHO = '[{{"errorCode":"X","message":"{0}"}}]'
FAULTS = (
    Fault("status", path="/token", status=400, body=f'{{"error":"x y","error_description":"{CLIENT_SECRET}"}}'),
    Fault("status", path="/token", status=500, body=CLIENT_SECRET),
    Fault("status", path="/token", status=302, headers={"Location": f"https://evil.example/{CLIENT_SECRET}"}),
    Fault("status", path="/query", status=400, body=ECHO.format(CLIENT_SECRET), times=None),
    Fault("status", path="/query", status=401, body=f"<html>{CLIENT_SECRET}</html>", times=None),
    Fault("status", path="/query", status=307, headers={"Location": f"https://evil.example/?{CLIENT_SECRET}"}),
    Fault("status", path="/v4/", status=403, body=f'{{"error":{{"message":"{CLIENT_SECRET}"}}}}', times=None),
    Fault("truncate", path="/query"),
)  # fmt: skip


@dataclass(slots=True)
class Watched:
    """A deployment whose secrets are all known. ``said`` is what it printed, answered and raised, by place."""

    world: World
    port: int
    secrets: dict[str, str]
    capture: pytest.CaptureFixture[str]
    said: list[tuple[str, str]] = field(default_factory=list)

    def run(self, *arguments: str) -> str:
        """Run a command; what it prints counts as said."""
        run(arguments)
        told = self.capture.readouterr()
        self.said.append((" ".join(arguments), told.out + told.err))
        return told.out

    def organisation(self) -> Organisation:
        return Organisation("default", load_settings(os.environ))

    def read(self) -> None:
        """Read all sources as a sync does; what they raise counts as said, with all that caused it."""
        organisation = self.organisation()
        self.said.append(("repr", f"{organisation!r} {organisation.settings!r}"))
        try:
            for source in open_sources(organisation):
                self.said.append(("repr", f"{vars(source)!r}"))
                self.said += [("problem", f"{change!s}") for change in source.changes({})]
        except (AddonError, SourceError) as error:
            self.said.append(("exception", f"{error!r} {''.join(traceback.format_exception(error))}"))


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Watched]:
    port = free_port()
    with running_world(tmp_path, callback_urls=frozenset({f"http://localhost:{port}/salesforce"})) as world:
        keys = {**world.environment, "SCORECELL_SECRET_KEY": SEALING_KEY}
        for name, value in keys.items():
            monkeypatch.setenv(name, value)
        secrets = {"client secret": CLIENT_SECRET, "sealing key": SEALING_KEY, "session": SESSION,
                   "refresh token of the settings": GIVEN_REFRESH}  # fmt: skip
        tokens = world.sandbox.salesforce.tokens
        for kind in ("mint", "mint_refresh", "mint_code"):
            monkeypatch.setattr(tokens, kind, noted(kind, getattr(tokens, kind), secrets))
        yield Watched(world, port, secrets, capfd)


def noted(kind: str, mint: Callable[..., str], secrets: dict[str, str]) -> Callable[..., str]:
    """Return the same, noting what it mints."""

    def minted(*arguments: object) -> str:
        text = mint(*arguments)
        secrets[f"{kind} {len(secrets)}"] = text
        return text

    return minted


def go_well(watched: Watched) -> str:
    """Do everything that a deployment does on a good day; return the key of a spreadsheet, which is shown once."""
    for command in ("sync", "check", "publish", "runs --json", "list", "explain win_rate", "check --json"):
        watched.run(*command.split())
    watched.read()
    key = watched.run("keys", "mint", "--spreadsheet", SHEET).split()[0]
    watched.said.pop()  # the one time that it is shown
    watched.run("keys", "list")
    return key


def go_wrong(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Salesforce and Google answer with what they were sent, and refuse each credential in turn."""
    server = watched.world.sandbox.server
    for fault in FAULTS:
        server.faults.add(fault)
        watched.read()
        if fault.status == 401:
            watched.run("sync", "--full")
        server.faults.clear()
    pem = key_of_an_app()
    file = Path(watched.world.environment["SCORECELL_CONFIG"]).with_name("app.pem")
    file.write_text(pem, encoding="utf-8")
    watched.secrets |= {f"line {number} of the app's key": line for number, line in enumerate(key_lines(pem))}
    google = watched.world.sandbox.google.service_account_info(watched.world.sandbox.token_url)
    lines = key_lines(str(google["private_key"]))
    watched.secrets |= {f"line {number} of the service account's key": line for number, line in enumerate(lines)}
    wrong: Mapping[str, Mapping[str, str]] = {
        "jwt": {"PRIVATE_KEY_FILE": str(file), "USERNAME": "ann@small.example"},
        "session": {"SESSION_ID": SESSION},
        "refresh_token": {"REFRESH_TOKEN": GIVEN_REFRESH},
    }
    for login, given in wrong.items():
        with monkeypatch.context() as changed:
            for name, value in {"LOGIN": login, **given}.items():
                changed.setenv(f"SCORECELL_SALESFORCE__{name}", value)
            watched.read()
            if login == "session":
                watched.run("sync")


def log_in_by_browser(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connect, sync with tokens that Salesforce replaces, then have the last one revoked and the sealing key lost."""
    sandbox = watched.world.sandbox.salesforce
    monkeypatch.setenv("SCORECELL_SALESFORCE__LOGIN", "refresh_token")
    connect = threading.Thread(
        target=run, args=(["connect", "salesforce", "--no-browser", "--port", str(watched.port), "--wait", "20"],)
    )
    connect.start()
    address = next(line for line in lines_until(watched, "http") if line.startswith("http"))
    watched.said.append(("the address", address))
    browser = [sys.executable, str(ROOT / "tests" / "support" / "fake_browser.py"), address]
    watched.said.append(("the page", subprocess.run(browser, capture_output=True, text=True, check=True).stdout))
    connect.join(20)
    sandbox.settings = type(sandbox.settings)(rotates_refresh_tokens=True)
    watched.run("sync")
    watched.run("check")
    organisation = watched.organisation()
    told = salesforce_settings(organisation.settings)
    tokens = open_refresh_tokens(organisation, told)
    login = WebLogin(told, "http://localhost:1/")
    watched.secrets["proof key"] = login.proof_key.reveal()
    watched.said.append(("repr", f"{told!r} {tokens!r} {tokens.latest()!r} {login!r} {login.address}"))
    sandbox.tokens.revoke(tokens.latest().reveal())
    watched.run("sync")
    watched.read()
    with monkeypatch.context() as changed:
        changed.setenv("SCORECELL_SECRET_KEY", SEALING_KEY.upper())
        watched.run("sync")
        watched.read()


def lines_until(watched: Watched, word: str) -> list[str]:
    """Return what is printed until a word comes; a command in another thread prints it."""
    text, until = "", time.monotonic() + 20
    while word not in text and time.monotonic() < until:
        time.sleep(0.02)
        told = watched.capture.readouterr()
        text += told.out + told.err
    watched.said.append(("connect", text))
    return text.splitlines()


def serve(watched: Watched, key: str) -> None:
    """Ask the server, rightly and wrongly signed."""
    organisation = watched.organisation()
    body = b'{"questions": [["revenue", "", "2026"]]}'
    stamp = str(int(time.time()))
    headers = {"X-Scorecell-Spreadsheet": SHEET, "X-Scorecell-Timestamp": stamp}
    good = {**headers, "X-Scorecell-Signature": sign(key, stamp, body)}
    with served(create_app(organisation)) as server, requests.Session() as session:
        session.trust_env = False
        answers = [session.post(f"{server}/v1/kpi", body, headers=good, timeout=10)]
        assert answers[0].status_code == 200, answers[0].text
        answers.append(session.post(f"{server}/v1/kpi", body, headers={**good, "Authorization": key}, timeout=10))
        answers.append(
            session.post(f"{server}/v1/kpi", body, headers={**headers, "X-Scorecell-Signature": key}, timeout=10)
        )
        answers.append(session.post(f"{server}/v1/connect", f'{{"id_token":"{SESSION}"}}', timeout=10))
        answers += [session.get(f"{server}{path}", timeout=10) for path in ("/healthz", "/metrics", "/nothing")]
    watched.said += [("an answer", f"{answer.headers} {answer.text}") for answer in answers]
    watched.said.append(("repr", repr(open_services(organisation))))


def key_of_an_app() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    kind = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()).decode()


def test_no_secret_is_said_logged_kept_or_put_into_an_address(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    key = go_well(watched)
    watched.secrets["key of a spreadsheet"] = key
    go_wrong(watched, monkeypatch)
    serve(watched, key)
    log_in_by_browser(watched, monkeypatch)
    sandbox = watched.world.sandbox
    watched.secrets |= {f"Google token {n}": token for n, token in enumerate(sandbox.google.accounts._grants)}
    kinds = {name.split()[0] for name in watched.secrets}
    assert kinds >= KINDS
    places = [*watched.said, ("the log", caplog.text), ("the log", repr([vars(each) for each in caplog.records])),
              ("the journal", repr(sandbox.server.journal)),
              *contents(watched.organisation().data_folder)]  # fmt: skip
    assert len(places) > 50
    assert leaks(watched.secrets, places) == []


def test_a_secret_is_found_in_whatever_form_it_is_written() -> None:
    secret = "a/secret+of ours"
    assert len(forms(secret)) >= 6
    for text in (
        "x a/secret+of ours",
        "a%2Fsecret%2Bof%20ours",
        "Basic eDphL3NlY3JldCtvZiBvdXJz",
        secret.encode().hex(),
    ):
        assert leaks({"it": secret}, [("there", text)]) == ["it in there"], text
    assert leaks({"it": secret}, [("there", "nothing of it")]) == []
