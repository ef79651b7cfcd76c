"""Whatever goes wrong on the way to Sheets ends as one of our errors, within bounds, and without a secret."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.errors import SourceError
from connectors.http import Pace, Patience
from connectors.sandbox.faults import Fault, FaultKind
from connectors.sheets import GoogleAccess, SheetsClient
from tests.support.sheets_world import World, sheets_world

HURRIED = Patience(tries=2, connect_seconds=1, read_seconds=0.2, body_seconds=0.3, call_seconds=2, waits_seconds=1)
ODD_BODIES = ("", "null", "[]", '"x"', "{}", '{"error":"invalid"}', '{"error":{"code":"x"}}', "<html>")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    with sheets_world(folder) as world:
        yield world


def hurried(world: World) -> SheetsClient:
    access = GoogleAccess(world.key_file, world.server.url)
    return SheetsClient(access, patience=HURRIED, pace=Pace(sleep=world.waits.append, chance=lambda: 1.0))


@pytest.mark.parametrize("path", ["/token", "/v4/"])
@pytest.mark.parametrize("kind", ["status", "html", "reset", "lost", "truncate", "slow", "hang"])
def test_a_fault_that_lasts_is_told_and_one_that_passes_is_not_noticed(
    world: World, path: str, kind: FaultKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("google.auth._exponential_backoff.time.sleep", world.waits.append)
    world.server.faults.add(Fault(kind, path=path, times=None, seconds=0.6))
    with pytest.raises(SourceError) as caught:
        hurried(world).state(world.book.id)
    assert not caught.value.permanent
    world.server.faults.clear()
    world.server.faults.add(Fault(kind, path=path, seconds=0.6))
    assert hurried(world).state(world.book.id).title == "Sales"


@pytest.mark.parametrize("status", [200, 400, 403, 404, 500])
def test_an_answer_of_another_form_is_an_error_of_ours(world: World, status: int) -> None:
    client = hurried(world)
    client.state(world.book.id)
    for body in ODD_BODIES:
        world.server.faults.clear()
        world.server.faults.add(Fault("status", path="/v4/", times=None, status=status, body=body))
        with pytest.raises(SourceError):
            client.state(world.book.id)
        with pytest.raises(SourceError):
            client.values(world.book.id, ["'Sheet1'!A1:B2"])


def test_no_secret_is_in_an_error_or_a_repr(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    client = hurried(world)
    client.state(world.book.id)
    token = str(getattr(getattr(client._http.session, "credentials", None), "token", ""))
    world.server.faults.add(Fault("html", path="/v4/", times=None))
    with pytest.raises(SourceError) as caught:
        client.state(world.book.id)
    shown = [str(caught.value), repr(caught.value), repr(client), repr(client._http), caplog.text]
    key = world.key_file.read_text(encoding="utf-8")
    assert len(token) > 10
    assert not [text for text in shown if token in text or "PRIVATE KEY" in text or key[100:140] in text]
