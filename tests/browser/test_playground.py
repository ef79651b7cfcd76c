"""The demo's page in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from addon.demo import Demo
from addon.playground import playground
from addon.web import create_app
from tests.support.browser import browser, rendered
from tests.support.web_world import web_world


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    browser()
    with web_world(tmp_path_factory.mktemp("browser")) as web:
        app = create_app(web.organisation, playground=playground(Demo(web.organisation, web.world.sandbox)))
        server = make_server("127.0.0.1", 0, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()


def test_a_newcomer_sees_card_tabs_and_an_answer(address: str, tmp_path: Path) -> None:
    text = rendered(address, tmp_path)
    assert '<html lang="en" class="scripted">' in text  # our script ran, so the policy lets it
    for said in ("Scorecard: Whole company, 2026-Q1", "Leaderboard", "Total revenue", "Win rate", "The catalogue"):
        assert said in text, said


def test_a_formula_and_an_explanation_are_links_away(address: str, tmp_path: Path) -> None:
    text = rendered(f"{address}?q=%3DKPI(%22revenue%22,%22Ann+Lee%22,%222026%22)&explain=revenue", tmp_path)
    assert "<strong>50</strong>" in text
    assert "Recomputed from the records" in text
