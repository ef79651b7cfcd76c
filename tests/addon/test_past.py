"""Questions as of a day before the first snapshot: answered from the history of deals, and said so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from addon.errors import AddonError
from addon.explained import explain_rows, record_rows
from addon.reader import Reader
from addon.settings import Organisation
from addon.snapshot import write_manifest
from addon.store import Store
from kpis.questions import Question
from tests.support.running import ORG, running_world
from tests.support.web_world import WebWorld, open_web

THEN = date(2026, 2, 1)
OPEN = Question("open_opportunities", "", "2026-02")
HISTORY = {
    **ORG,
    "OpportunityHistory": (
        "Id,OpportunityId,StageName,Amount,CloseDate,Probability,CreatedDate\n"
        "008000000000001AAA,006000000000003AAA,Open,40,2026-06-30,20,2026-01-12T08:00:00Z\n"
        "008000000000002AAA,006000000000003AAA,Sold,50,2026-03-31,100,2026-02-20T08:00:00Z\n"
    ),
}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with running_world(tmp_path_factory.mktemp("past"), org=HISTORY) as world:
        assert world.refresh().state == "done"
        yield open_web(world)


def test_a_deal_that_is_won_now_was_open_then(web: WebWorld) -> None:
    reader = Reader(web.organisation)
    now, then = reader.desk(), reader.desk(as_of=THEN)
    assert now.answerer.answer(Question("weighted_pipeline", "", "2026-06")).value == 0
    answer = then.answerer.answer(OPEN)
    assert (answer.value, answer.state) == (3, "partial")
    assert "no snapshot is kept of 2026-02-01, so deals have the stage" in answer.message
    assert then.answerer.answer(Question("weighted_pipeline", "", "2026-06")).value == 8
    assert (then.as_of, then.freshness) == ("2026-02-01T22:59:59Z", {})


def test_cells_rows_and_reasons_take_the_day_too(web: WebWorld) -> None:
    body = {"questions": [["open_opportunities", "", "2026-02"]], "as_of": "2026-02-01"}
    reply = web.ask("/v1/kpi", body).get_json()
    assert (reply["values"], reply["states"]["0"]["state"]) == ([3.0], "partial")
    columns = {"kpi": ["open_opportunities"], "period": ["2026-02"], "as_of": "2026-02-01"}
    assert web.ask("/v1/kpi", columns).get_json() == reply
    assert web.rows("/v1/table", kpis="open_opportunities", periods="2026-02", as_of="2026-02-01")[1][2] == 3
    rows = web.rows("/v1/explain", kpi="open_opportunities", period="2026-02", as_of="2026-02-01")
    recounted = next(row for row in rows if row[0] == "Recomputed from the records")
    assert recounted[1] == 3
    refused = web.ask("/v1/table", {"kpis": ["revenue"], "as_of": "yesterday"})
    assert (refused.status_code, "must be a day" in refused.get_json()["error"]) == (400, True)


def test_records_and_crossed_slices_are_those_of_then(web: WebWorld) -> None:
    desk = Reader(web.organisation).desk(as_of=THEN)
    assert {row[2] for row in record_rows(desk, OPEN)[2:]} == {"First", "Second", "Third"}
    assert any("no snapshot is kept of 2026-02-01" in str(row[3]) for row in explain_rows(desk, OPEN))
    crossed = desk.answerer.answer(Question("open_opportunities", "Ann Lee & kind:unspecified", "2026-02"))
    assert crossed.value == 2


def test_a_few_states_are_kept_and_made_again_when_they_are_gone(web: WebWorld) -> None:
    reader, folder = Reader(web.organisation), web.organisation.data_folder / "as_of"
    for back in range(15):
        desk = reader.desk(as_of=THEN - timedelta(days=back))
        assert desk.answerer.answer(OPEN).kpi == "open_opportunities"
    assert len(list(folder.iterdir())) == 12
    assert reader.desk(as_of=THEN).answerer.answer(OPEN).value == 3
    assert not [entry for entry in folder.iterdir() if entry.name.startswith(".")]


def test_without_history_the_past_is_unknown(web: WebWorld, tmp_path: Path) -> None:
    settings = replace(web.organisation.settings, data_folder=tmp_path / "data")
    shutil.copytree(web.organisation.data_folder, settings.data_folder)
    organisation = Organisation("default", settings)
    snapshot = Store(settings.data_folder).current()
    assert snapshot is not None
    tables = {name: state for name, state in snapshot.manifest.tables.items() if name != "opportunity_event"}
    write_manifest(snapshot.folder / "manifest.json", replace(snapshot.manifest, tables=tables))
    with pytest.raises(AddonError, match="No snapshot is kept from 2026-02-01 or before"):
        Reader(organisation).desk(as_of=THEN)
