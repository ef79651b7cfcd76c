"""Forecasts over HTTP, in explanations and in both languages, with what was known on earlier days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from addon.explained import explain_lines
from addon.explained_documents import explain_document
from addon.forecasts import forecast_document, forecast_rows
from addon.reader import Desk
from kpis.errors import QuestionError
from kpis.questions import Question
from tests.support.web_world import WebWorld, web_world


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with web_world(tmp_path_factory.mktemp("forecasts")) as world:
        yield world


@pytest.fixture
def desk(web: WebWorld) -> Desk:
    return web.services.reader.desk()


def test_a_forecast_spills_with_each_method_and_its_track(web: WebWorld) -> None:
    rows = web.rows("/v1/forecast", who="", period="2026-03")
    assert rows[0] == ["Item", "Value", "Low", "High", "Actual", "Error", "Note"]
    items = [str(row[0]) for row in rows[1:]]
    assert items[:3] == ["Revenue so far", "By weighted pipeline", "By run rate"]
    assert "By run rate, mean error" in items
    french = web.rows("/v1/forecast", who="", period="2026-03", language="fr")
    assert [row[0] for row in french[1:4]] == ["Revenu à ce jour", "Par pipeline pondéré", "Au rythme actuel"]
    assert {len(row) for row in [*rows, *french]} == {7}


def test_a_method_without_a_number_says_why(desk: Desk) -> None:
    document = forecast_document(desk, "", "2026-Q2")
    assert document["so_far"] is None
    rows = forecast_rows(desk, "", "2026-Q2", language="fr")
    assert rows[3][-1] == "La période n'a pas commencé."
    with pytest.raises(QuestionError, match="Nobody"):
        forecast_rows(desk, "Nobody", "2026")


def test_an_explained_forecast_has_both_methods(desk: Desk) -> None:
    question = Question("sales_forecast", "", "2026-03")
    document = explain_document(desk, question)
    assert document["method"] == "weighted pipeline"
    assert document["forecast"] == forecast_document(desk, "", "2026-03")
    items = [line.item for line in explain_lines(desk, question)]
    assert {"By weighted pipeline", "By run rate", "By run rate, mean error"} <= set(items)
    assert "forecast" not in explain_document(desk, Question("revenue", "", "2026-03"))


def test_pipelines_of_earlier_days_are_looked_up_for_the_same_caller(desk: Desk) -> None:
    asked: list[date] = []

    def past(day: date) -> Desk | None:
        asked.append(day)
        return desk if len(asked) == 1 else None

    rows = forecast_rows(replace(desk, past=past), "", "2026-03")
    assert asked[0] == date(2026, 2, 1)
    assert all(day < date(2026, 3, 1) for day in asked)
    assert [row[0] for row in rows if "weighted pipeline, " in str(row[0])] == [
        "By weighted pipeline, mean error", "By weighted pipeline, February 2026",
    ]  # fmt: skip
