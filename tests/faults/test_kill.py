"""kill -9 of the worker at random moments: readers always see one whole snapshot, and the next run mends the rest.

The number of kills comes from SCORECELL_KILLS: 20 by default, more by hand.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from addon.database import open_database
from addon.reader import Reader
from addon.runs import Runs
from addon.settings import Organisation
from addon.store import Store
from connectors.sandbox.google import User
from kpis.questions import Question
from tests.support.running import World, running_world

KILLS = int(os.environ.get("SCORECELL_KILLS", "20"))
DEALS = ("006000000000001AAA", "006000000000002AAA")


class Watcher(threading.Thread):
    """Reads on and on: in every snapshot the reps' pipeline must sum to the company's."""

    def __init__(self, organisation: Organisation) -> None:
        super().__init__(daemon=True)
        self._organisation = organisation
        self._stop_reading = threading.Event()
        self.read_count = 0
        self.snapshots: list[str] = []
        self.torn: list[str] = []

    def run(self) -> None:
        reader = Reader(self._organisation)
        whos = ("", "Ann Lee", "rep:Bo Yu", "rep:Unspecified")
        while not self._stop_reading.is_set():
            desk = reader.desk()
            answers = desk.answerer.answer_all([Question("pipeline_value", who, "2026") for who in whos])
            company, *reps = [answer.value or 0.0 for answer in answers]
            if company != sum(reps):
                self.torn.append(f"{desk.snapshot.id}: {company} != {reps}")
            if desk.snapshot.id not in self.snapshots[-1:]:
                self.snapshots.append(desk.snapshot.id)
            self.read_count += 1
            self._stop_reading.wait(0.01)  # the worker needs the processor, too

    def stop(self) -> None:
        self._stop_reading.set()
        self.join(timeout=10)


@contextmanager
def worker(world: World) -> Iterator[subprocess.Popen[bytes]]:
    """Run `scorecell work` as its own process and kill it at the end, with no chance to tidy up."""
    process = subprocess.Popen(
        [sys.executable, "-m", "addon", "work"],
        env={**os.environ, **world.environment},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(timeout=10)


def test_a_worker_that_is_killed_at_any_moment_loses_nothing_and_tears_nothing(tmp_path: Path) -> None:
    chance = random.Random(20260301)
    with running_world(tmp_path) as world:
        assert world.refresh().state == "done"
        watcher = Watcher(world.organisation)
        watcher.start()
        runs = Runs(open_database(world.organisation.data_folder))
        for kill in range(KILLS):
            world.sandbox.org.update("Opportunity", chance.choice(DEALS), Amount=100 + kill)
            known = runs.last(1)[0].id
            with worker(world):
                until = time.monotonic() + 20
                while runs.last(1)[0].id == known and time.monotonic() < until:
                    time.sleep(0.01)  # until the worker has begun its run
                time.sleep(chance.uniform(0, 1.2))
        assert world.refresh().state in {"done", "unchanged"}
        watcher.stop()
        assert watcher.torn == []
        assert watcher.read_count > KILLS
        assert watcher.snapshots == sorted(watcher.snapshots)

        uninterrupted = replace(world.organisation.settings, data_folder=tmp_path / "other")
        other = replace(world, organisation=replace(world.organisation, settings=uninterrupted))
        assert other.refresh("sync").state == "done"
        ours, theirs = (Store(one.organisation.data_folder).current() for one in (world, other))
        assert ours is not None
        assert theirs is not None
        assert ours.manifest.tables == theirs.manifest.tables
        for name in ("cube.bin", "cube.json"):
            assert (ours.cube_folder / name).read_bytes() == (theirs.cube_folder / name).read_bytes()

        last = runs.last(200)
        assert len(last) == KILLS + 2
        assert {run.state for run in last} <= {"done", "unchanged", "interrupted", "running"}
        assert list((world.organisation.data_folder / "snapshots").glob(".draft-*")) == []
        titles = [sheet.title for sheet in world.sandbox.spreadsheet.sheets]
        assert sorted(titles) == ["Leaderboard", "Scorecard", "Scorecell", "Targets"]
        assert User(world.sandbox.spreadsheet).rows("Scorecard")[0] == ["Scorecard: Whole company, 2026-Q1"]
