"""The custom functions against our own server: a spreadsheet connects, asks, and shows what the server answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from addon.settings import with_values
from addon.web import create_app
from addon.words import say
from kpis.catalogue import load_catalogue
from tests.support.apps_script import CellError, Document, Step, run_cells, run_steps
from tests.support.running import World, running_world
from tests.support.serving import served

SPREADSHEET = "1AbC-d_E2"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("cells")) as started:
        started.refresh("sync")
        yield started


@pytest.fixture(scope="module")
def url(world: World) -> Iterator[str]:
    settings = with_values(world.organisation.settings, {("google", "allowed_domains"): ("example.com",)})
    with served(create_app(replace(world.organisation, settings=settings))) as address:
        yield address


def _connected(world: World, url: str) -> Document:
    """Return a spreadsheet that a user connected by the menu."""
    token = world.sandbox.google.id_tokens.user_token("ann@example.com")
    stranger = Document("", "", SPREADSHEET, identity_token=token)
    done = run_steps(stranger, [Step(run="scorecellConnect", arguments=[url])])[0]
    assert done.error == ""
    return replace(stranger, server_url=url, key=done.properties["SCORECELL_KEY"])


def test_a_connected_spreadsheet_shows_what_the_engine_answers(world: World, url: str) -> None:
    document = _connected(world, url)
    shown = run_cells(
        url,
        document.key,
        SPREADSHEET,
        [
            '=KPI("revenue","","2026")',
            '=KPI("win_rate","Ann Lee","2026")',
            '=KPI("revenue","Ann Lee","2026-03","target")',
            '=KPI("win_rate","","1999")',
            '=KPI("winn_rate","","2026")',
            '=KPI_STATUS("revenue","","2026")',
        ],
    )
    assert shown[0] == world.ask("revenue").value
    assert shown[1] == world.ask("win_rate", "Ann Lee").value
    assert shown[2] == 200
    assert isinstance(shown[3], str)
    assert isinstance(shown[4], CellError)
    assert "win_rate" in shown[4].message
    assert isinstance(shown[5], str)


def test_tables_lists_and_freshness_of_our_server_spill(world: World, url: str) -> None:
    step = Step(
        {
            "A1": "=KPI_FRESH()",
            "A10": '=KPI_TABLE("revenue","Ann Lee","2026")',
            "A20": '=KPI_SCORECARD("","2026")',
            "A40": '=KPI_TREND("revenue","","month",3)',
            "A50": '=KPI_LEADERBOARD("revenue","rep","2026")',
            "A60": '=KPI_LEADERBOARD("revenue","planet","2026")',
            "A70": "=KPI_LIST()",
        }
    )
    cells = run_steps(replace(_connected(world, url), locale="fr"), [step])[0].cells
    fresh = cells["A1"]
    assert isinstance(fresh, datetime)
    assert abs((datetime.now(UTC) - fresh).total_seconds()) < 3600
    assert cells["C11"] == world.ask("revenue", "Ann Lee").value
    assert (cells["B10"], cells["A20"], cells["A40"]) == (say("period", "fr"), say("kpi", "fr"), say("period", "fr"))
    assert cells["A43"] != ""
    assert "A44" not in cells
    assert cells["A51"] == 1
    assert isinstance(cells["A60"], CellError)
    assert "planet" in cells["A60"].message
    ids = {cells[f"A{70 + row}"] for row in range(1, len(load_catalogue().kpis) + 1)}
    assert ids == set(load_catalogue().kpis)


def test_a_disconnected_spreadsheet_and_a_copy_are_told_to_connect(world: World, url: str) -> None:
    document = _connected(world, url)
    copy = run_cells(url, document.key, "1AnotherFile", ['=KPI("revenue","","2026")'])[0]
    assert isinstance(copy, CellError)
    assert "Extensions > Scorecell > Connect" in copy.message
    run_steps(document, [Step(run="scorecellDisconnect")])
    after = run_cells(url, document.key, SPREADSHEET, ['=KPI("revenue","","2026")'])[0]
    assert isinstance(after, CellError)
    assert "Extensions > Scorecell > Connect" in after.message
