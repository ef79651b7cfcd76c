"""kill -9 of a first sync at random points: the next one goes on, nothing is lost, nothing is there twice.

The number of kills comes from SCORECELL_KILLS: a few by default, more by hand.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from addon.bench.org import write_org
from addon.jobs import Jobs
from addon.settings import Organisation, load_settings
from addon.snapshot import TableState
from addon.store import Store
from tests.support.running import World, running_world

KILLS: Final = int(os.environ.get("SCORECELL_KILLS", "2"))
DEALS: Final = 50_000
WAYS: Final[Mapping[str, Mapping[str, str]]] = {
    "pages": {},
    "bulk": {"SCORECELL_SALESFORCE__BULK_ROWS": "10000"},
}


def organisation(world: World, environment: Mapping[str, str], folder: Path) -> Organisation:
    settings = load_settings({**world.environment, **environment})
    return Organisation("default", replace(settings, data_folder=folder))


def sync(world: World, whose: Organisation) -> tuple[int, Mapping[str, TableState]]:
    """Sync to the end; return how many pages and jobs of deals that took, and what the tables are."""
    world.sandbox.server.clear_journal()
    outcome = Jobs(whose).run("sync", trigger="test")
    assert outcome.state in {"done", "unchanged"}, outcome.error
    snapshot = Store(whose.data_folder).current()
    assert snapshot is not None
    calls = [f"{call.method} {call.path}" for call in world.sandbox.server.journal]
    work = sum("/query/01g" in call or "/results" in call or call.endswith("jobs/query") for call in calls)
    return work, snapshot.manifest.tables


def has_begun(folder: Path) -> bool:
    """Return whether deals, or the job that finds them, were kept when the sync was killed."""
    file = folder / "unfinished" / "salesforce" / "KEPT"
    cursor = json.loads(file.read_text(encoding="utf-8"))["cursor"] if file.exists() else {}
    return not cursor.keys().isdisjoint({"Opportunity", "Opportunity part"})


def kill(world: World, environment: Mapping[str, str], folder: Path, calls: int, delay_seconds: float) -> None:
    """Start a sync and kill it when it has made so many calls, or soon after."""
    world.sandbox.server.clear_journal()
    process = subprocess.Popen(
        [sys.executable, "-m", "addon", "sync"],
        env={**os.environ, **world.environment, **environment, "SCORECELL_DATA_DIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 120
    while len(world.sandbox.server.journal) < calls and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    time.sleep(delay_seconds)
    process.kill()
    process.wait(timeout=10)


@pytest.mark.parametrize("way", WAYS)
def test_a_first_sync_that_is_killed_does_not_start_over(tmp_path: Path, way: str) -> None:
    chance = random.Random(7)
    with running_world(tmp_path, org_folder=write_org(tmp_path / "org", DEALS)) as world:
        world.sandbox.salesforce.settings = replace(world.sandbox.salesforce.settings, bulk_page_rows_max=10_000)
        fresh, expected = sync(world, organisation(world, WAYS[way], tmp_path / "whole"))
        calls = len(world.sandbox.server.journal)
        went_on = 0
        for number in range(KILLS):
            folder = tmp_path / f"data-{number}"
            kill(world, WAYS[way], folder, chance.randint(calls // 3, calls + 2), chance.uniform(0, 0.3))
            begun = has_begun(folder)
            work, tables = sync(world, organisation(world, WAYS[way], folder))
            assert tables == expected, f"kill {number}"
            assert work < fresh or not begun, f"kill {number}: {work} of {fresh}"
            assert list(folder.glob("unfinished/salesforce/*")) == []
            went_on += work < fresh
        assert went_on >= KILLS // 3, f"{went_on} of {KILLS} went on"
