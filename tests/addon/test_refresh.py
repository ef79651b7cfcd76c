"""A refresh brings exactly what changed, costs few calls, publishes only news, and survives a source that fails."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from addon.database import open_database
from addon.runs import Runs
from addon.snapshot import Manifest
from addon.store import Store
from connectors.sandbox.faults import Fault
from connectors.sandbox.google import User
from tests.support.running import World, running_world

FIRST_DEAL = "006000000000001AAA"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_world(tmp_path) as running:
        yield running


def cells(world: World) -> dict[tuple[str, str], float | None]:
    kpis, whos = (
        ("revenue", "pipeline_value", "open_opportunities", "win_rate", "quota_attainment"),
        ("", "Ann Lee", "rep:Bo Yu"),
    )
    return {(kpi, who): world.ask(kpi, who).value for kpi in kpis for who in whos}


def salesforce_calls(world: World) -> list[str]:
    return [call.path for call in world.sandbox.server.journal if call.path.startswith("/services/data")]


def test_the_first_refresh_answers_and_publishes(world: World) -> None:
    outcome = world.refresh()
    assert (outcome.state, outcome.error, outcome.problems) == ("done", "", ())
    assert world.ask("revenue").value == 50
    assert world.ask("quota_attainment", "Ann Lee", "2026-03").value == 0.25
    assert User(world.sandbox.spreadsheet).rows("Scorecard")[0] == ["Scorecard: Whole company, 2026-Q1"]


def test_a_second_refresh_without_changes_is_cheap_and_publishes_nothing(world: World) -> None:
    world.refresh()
    snapshot, version = Store(world.organisation.data_folder).current_id(), world.sandbox.spreadsheet.version
    first = salesforce_calls(world)
    outcome = world.refresh()
    second = salesforce_calls(world)[len(first) :]
    objects = sum("/query" in path for path in second)
    assert outcome.state == "unchanged"
    assert len(second) <= objects + 2
    assert Store(world.organisation.data_folder).current_id() == snapshot
    assert world.sandbox.spreadsheet.version == version


def test_a_tab_that_a_user_deleted_is_back_at_the_next_refresh_though_nothing_changed(world: World) -> None:
    world.refresh()
    User(world.sandbox.spreadsheet).delete_tab("Scorecard")
    outcome = world.refresh()
    assert outcome.problems == ("The tab 'Scorecard' had been deleted; it was made again as 'Scorecard'.",)
    assert User(world.sandbox.spreadsheet).rows("Scorecard")[0] == ["Scorecard: Whole company, 2026-Q1"]
    assert world.refresh().problems == ()


def test_one_changed_deal_changes_its_cells_and_no_others(world: World) -> None:
    world.refresh()
    before = cells(world)
    world.sandbox.org.update("Opportunity", FIRST_DEAL, Amount=175)
    assert world.refresh().changed_count == 2  # the deal and the row of its history
    after = cells(world)
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {("pipeline_value", ""), ("pipeline_value", "Ann Lee")}
    assert after["pipeline_value", "Ann Lee"] == 175


def test_a_deleted_deal_leaves_the_numbers(world: World) -> None:
    world.refresh()
    world.sandbox.org.delete("Opportunity", FIRST_DEAL)
    world.refresh()
    assert world.ask("open_opportunities").value == 1


def test_a_full_sync_drops_what_was_deleted_for_good(world: World) -> None:
    world.refresh()
    world.sandbox.org.hard_delete("Opportunity", FIRST_DEAL)
    world.refresh("sync", full=True)
    assert world.ask("open_opportunities").value == 1


def test_when_salesforce_fails_the_numbers_stay_and_the_spreadsheet_is_still_read(world: World) -> None:
    world.refresh()
    User(world.sandbox.spreadsheet).set_cell("Targets!F2", "100")
    world.sandbox.server.faults.add(Fault("status", "/services/", status=400, body="{}", times=None))
    outcome = world.refresh()
    assert outcome.state == "failed"
    assert "Salesforce" in outcome.error
    assert world.ask("quota_attainment", "Ann Lee", "2026-03").value == 0.5
    assert world.ask("revenue").state == "partial"
    assert world.ask("revenue").value == 50


def test_every_run_is_remembered_with_how_it_ended(world: World) -> None:
    world.refresh()
    world.refresh()
    runs = Runs(open_database(world.organisation.data_folder)).last()
    assert [run.state for run in runs] == ["unchanged", "done"]
    assert runs[1].row_count > 10
    assert all(run.ended_at is not None for run in runs)


def test_a_disk_that_is_full_is_said_and_the_last_numbers_stay(world: World) -> None:
    world.refresh()
    world.sandbox.org.update("Opportunity", FIRST_DEAL, Amount=175)
    done = subprocess.run(
        [sys.executable, "-m", "addon", "sync"],
        check=False,
        env={**os.environ, **world.environment},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "the last published numbers stay" in done.stderr
    assert world.ask("pipeline_value").value == 100
    assert world.refresh().state == "done"
    assert world.ask("pipeline_value").value == 175


def test_a_disk_that_fills_up_while_a_snapshot_is_written_leaves_no_part_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.refresh()
    world.sandbox.org.update("Opportunity", FIRST_DEAL, Amount=175)

    def full(_path: Path, _manifest: Manifest) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr("addon.store.write_manifest", full)
        outcome = world.refresh()
    assert outcome.state == "failed"
    assert outcome.error.startswith("The disk is full; the last published numbers stay")
    assert world.ask("pipeline_value").value == 100
    assert world.refresh().state == "done"
    assert world.ask("pipeline_value").value == 175


def test_a_quiet_refresh_moves_the_cursors_on_without_a_snapshot(world: World) -> None:
    world.refresh()
    store = Store(world.organisation.data_folder)
    before = store.cursors()["salesforce"]["Opportunity"]
    world.refresh()
    current = store.current()
    assert current is not None
    assert store.cursors()["salesforce"]["Opportunity"] >= before
    assert set(store.cursors()) == {"salesforce", "sheets"}
    assert set(store.checked()) == {"salesforce", "sheets"}


def test_a_cube_of_another_version_is_made_anew_by_the_next_refresh(world: World) -> None:
    world.refresh()
    current = Store(world.organisation.data_folder).current()
    assert current is not None
    index = current.cube_folder / "cube.json"
    index.write_text(index.read_text(encoding="utf-8").replace('"version":', '"version":9'), encoding="utf-8")
    assert world.refresh().state == "done"
    assert world.ask("revenue").value == 50
