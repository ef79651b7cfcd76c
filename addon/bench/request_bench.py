"""The benchmark ``request``: 10,000 questions in one signed request, against the floor on the same server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
import orjson

from addon.bench.ground import Ground
from addon.bench.questions import COUNT, bodies
from addon.bench.report import Goal, Note, Ratio, Report
from addon.database import open_database
from addon.errors import AddonError
from addon.keys import Keys, sign
from addon.settings import Organisation
from addon.vault import open_vault

_TURNS: Final = 20
"""Requests of each kind in a round."""
_START_SECONDS: Final = 60.0
_REQUEST_SECONDS: Final = 60.0
_SPREADSHEET: Final = "bench"
_P99_OVER_P50: Final = 3.0
_PATHS: Final = {"again": "/v1/kpi", "first": "/new/v1/kpi", "floor": ""}
"""Ours for questions that were asked before, ours for questions as new as the snapshot, and the floor."""
_GOAL: Final = Goal(2.0, 1.5)


def run(ground: Ground) -> Report:
    """Measure requests of both forms over one kept-alive connection. Raises `AddonError` if answers differ."""
    _ = ground.snapshot
    key = _minted(ground.organisation)
    with _serving(ground.folder) as connection:
        senders = {
            (form, side): partial(_reply, connection, path or f"/floor/{form}", body, key if path else "")
            for form, body in bodies().items()
            for side, path in _PATHS.items()
        }
        _check([_values(send()) for send in senders.values()])
        found = ground.interleaved(*(partial(_seconds, send) for send in senders.values()), turns=_TURNS)
    times = dict(zip(senders, found, strict=True))
    ratios = [
        Ratio(
            f"{COUNT:,} questions, {form}, {side}",
            median(times[form, side]),
            median(times[form, "floor"]),
            "the floor on the same server",
            _GOAL,
        )
        for form in bodies()
        for side in ("again", "first")
    ]
    return Report("request", ground.size, ratios, list(_notes(times)))


def _notes(times: Mapping[tuple[str, str], Sequence[float]]) -> Iterator[Note]:
    for (form, side), seconds in times.items():
        p50, p99 = (float(np.quantile(seconds, share)) for share in (0.5, 0.99))
        yield Note(f"{form}, {side}: p50", p50 * 1000, "ms")
        yield Note(f"{form}, {side}: p99 / p50", p99 / p50, "x", None if side == "floor" else _P99_OVER_P50)


def _minted(organisation: Organisation) -> str:
    folder = organisation.data_folder
    keys = Keys(open_database(folder), open_vault(os.environ, folder))
    return keys.mint(_SPREADSHEET, "", "bench", 1, organisation.settings.clock.now()).key


def _reply(connection: HTTPConnection, path: str, body: bytes, key: str) -> bytes:
    """Send a body, signed to us or as it is to the floor, and return the reply's body."""
    headers = {"Content-Type": "application/json"}
    if key:
        timestamp = str(int(time.time()))
        headers["X-Scorecell-Spreadsheet"] = _SPREADSHEET
        headers["X-Scorecell-Timestamp"] = timestamp
        headers["X-Scorecell-Signature"] = sign(key, timestamp, body)
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    content = response.read()
    if response.status != 200:
        raise AddonError(f"The server answered {response.status}: {content[:300]!r}")
    return content


def _seconds(send: Callable[[], bytes]) -> float:
    """Return how long it takes from signing the body to having the reply's bytes."""
    start = time.perf_counter()
    send()
    return time.perf_counter() - start


def _values(content: bytes) -> list[float | None]:
    values: list[float | None] = orjson.loads(content)["values"]
    return values


def _check(answers: Sequence[list[float | None]]) -> None:
    if any(values != answers[0] for values in answers):
        raise AddonError("Our answers and the floor's differ: a number is wrong.")


@contextmanager
def _serving(folder: Path) -> Iterator[HTTPConnection]:
    """Run the server in a process of its own, and yield a connection to it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    log_file = folder / "server.log"
    command = [sys.executable, "-m", "addon.bench.server", str(folder / "data"), str(port)]
    with log_file.open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - our own module
        connection = HTTPConnection("127.0.0.1", port, timeout=_REQUEST_SECONDS)
        try:
            _wait(server, connection, log_file)
            yield connection
        finally:
            connection.close()
            server.terminate()
            server.wait(timeout=_START_SECONDS)


def _wait(server: subprocess.Popen[bytes], connection: HTTPConnection, log_file: Path) -> None:
    """Wait until the server answers."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except (OSError, HTTPException):
            connection.close()
            time.sleep(0.1)
        else:
            return
    raise AddonError(f"The server did not start: {log_file.read_text('utf-8')[-2000:]}")
