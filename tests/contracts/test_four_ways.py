"""One number four ways: command line, signed HTTP, the custom function, the tab, and the card say the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date

import orjson
import pytest
import requests

from addon.formats import format_value
from addon.keys import sign
from addon.sources import open_client
from connectors.sheets import SheetsClient
from kpis.catalogue import load_catalogue
from tests.support.apps_script import run_cells
from tests.support.running import running_world
from tests.support.sandbox_org import SHARED_ORG
from tests.support.serving import served
from tests.support.web_world import SPREADSHEET, WebWorld, open_web, web_world

NUMBERS = ("revenue", "win_rate", "new_customers")


@pytest.fixture(scope="module", params=["small", "maven"])
def web(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "small":
        with web_world(folder) as world:
            yield world
        return
    if not SHARED_ORG.is_dir():
        pytest.skip("the real data set is not beside this repository; the small organisation stands for it")
    with running_world(folder, org_folder=SHARED_ORG, today=date(2017, 12, 31)) as running:
        assert running.refresh().state == "done"
        yield open_web(running)


def by_command(web: WebWorld, kpi: str) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "addon", "kpi", kpi, "", "this quarter", "--json"],
        env={**os.environ, **web.world.environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return float(json.loads(done.stdout)["value"])


def by_http(web: WebWorld, url: str, kpi: str) -> float:
    body, timestamp = orjson.dumps({"questions": [[kpi, "", "this quarter"]]}), str(int(time.time()))
    headers = {
        "X-Scorecell-Spreadsheet": SPREADSHEET,
        "X-Scorecell-Timestamp": timestamp,
        "X-Scorecell-Signature": sign(web.key, timestamp, body),
    }
    reply = requests.post(f"{url}/v1/kpi", data=body, headers=headers, timeout=10)
    assert reply.status_code == 200, reply.text
    return float(reply.json()["values"][0])


def by_tab(web: WebWorld, kpi: str) -> float:
    """Read the published tab back with gspread, unformatted."""
    title = load_catalogue().kpis[kpi].titles["en"]
    client: SheetsClient = open_client(web.organisation.settings)
    rows = client.values(web.world.sandbox.spreadsheet_id, ["'Scorecard'!A1:B40"])[0]
    found = [row[1] for row in rows if row and row[0] == title]
    assert len(found) == 1
    assert isinstance(found[0], int | float)
    return float(found[0])


def by_card(web: WebWorld, kpi: str) -> str:
    """Return what the card shows for the KPI, as its text is written."""
    scorecard = {"scorecard": "manager", "period": "this quarter"}
    reply = web.act("show", scorecard) if kpi == "new_customers" else web.call("/addon/home", web.event())
    assert reply.status_code == 200, reply.text
    return str(reply.get_data(as_text=True))


def test_the_same_number_everywhere(web: WebWorld) -> None:
    with served(web.app) as url:
        formulas = [f'=KPI("{kpi}","","this quarter")' for kpi in NUMBERS]
        cells = dict(zip(NUMBERS, run_cells(url, web.key, SPREADSHEET, formulas), strict=True))
        for kpi in NUMBERS:
            value = web.world.ask(kpi, "", "this quarter").value
            assert value is not None
            assert by_command(web, kpi) == value
            assert by_http(web, url, kpi) == value
            assert cells[kpi] == value
            assert by_tab(web, kpi) == value
            unit = load_catalogue().kpis[kpi].unit
            assert format_value(value, unit, "", "en", compact=True) in by_card(web, kpi)
