from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from connectors.sandbox.server import Fault, FaultError, Request, Response, Server, json_response, load_faults


def echo(request: Request) -> Response | None:
    if request.segments[:1] != ("echo",):
        return None
    return json_response({"segments": request.segments, "body": request.body.decode(), "q": request.parameter("q")})


@pytest.fixture
def server() -> Iterator[Server]:
    with Server([echo]) as running:
        yield running


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as open_session:
        open_session.trust_env = False
        yield open_session


def test_a_call_is_answered_by_the_handler_that_knows_it_and_written_down_without_secrets(
    server: Server, session: requests.Session
) -> None:
    answer = session.post(f"{server.url}/echo/a%2Fb/?q=x&access_token=canary", data="body", timeout=5)
    missing = session.get(f"{server.url}/other", timeout=5)

    assert answer.json() == {"segments": ["echo", "a/b"], "body": "body", "q": "x"}
    assert missing.status_code == 404
    assert [(call.method, call.status) for call in server.journal] == [("POST", 200), ("GET", 404)]
    assert "canary" not in repr(server.journal)


def test_a_body_beyond_the_bound_is_refused(server: Server, session: requests.Session) -> None:
    answer = session.post(f"{server.url}/echo", headers={"Content-Length": "10000001"}, timeout=5)

    assert answer.status_code == 413


def test_each_kind_of_fault_is_seen_by_the_client_and_then_it_works_again(
    server: Server, session: requests.Session
) -> None:
    url = f"{server.url}/echo"
    server.faults.add(Fault("status", from_call=2, status=429, headers={"Retry-After": "1"}, body="[]"))
    assert session.get(url, timeout=5).status_code == 200
    assert session.get(url, timeout=5).headers["Retry-After"] == "1"
    server.faults.clear()

    server.faults.add(Fault("html"))
    assert "<html>" in session.get(url, timeout=5).text
    for kind in ("reset", "lost", "truncate"):
        server.faults.add(Fault(kind))
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            session.get(url, timeout=5)
    server.faults.add(Fault("hang", seconds=0.05))
    with pytest.raises(requests.ConnectionError):
        session.get(url, timeout=5)
    server.faults.add(Fault("slow", seconds=0.05))
    assert session.get(url, timeout=5).status_code == 200
    assert session.get(url, timeout=5).status_code == 200
    assert [call.fault for call in server.journal] == [
        "", "status", "html", "reset", "lost", "truncate", "hang", "slow", "",
    ]  # fmt: skip


def test_faults_are_read_from_a_file_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    file.write_text('[{"kind": "status", "path": "/query", "times": null}]')
    assert load_faults(file) == (Fault("status", path="/query", times=None),)

    file.write_text('[{"kind": "status"}, {"kind": "flood"}]')
    with pytest.raises(FaultError, match=r"fault 2: There is no fault of kind 'flood'"):
        load_faults(file)
    file.write_text('[{"kind": "status", "when": 2}]')
    with pytest.raises(FaultError, match=r"fault 1: there is no 'when'"):
        load_faults(file)
