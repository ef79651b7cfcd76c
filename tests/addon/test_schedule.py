"""One leader by lease, each run started once, requests taken once, history kept."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from addon.database import open_database
from addon.errors import AddonError
from addon.jobs import Jobs
from addon.lease import FileLease
from addon.runs import Outcome, Runs
from addon.schedule import Worker, slot_of
from tests.support.running import running_world

NOW = datetime(2026, 3, 1, 12, 7, 30, tzinfo=UTC)


def test_only_one_process_leads_and_another_takes_over(tmp_path: Path) -> None:
    first, second = FileLease(tmp_path), FileLease(tmp_path)
    assert first.acquire()
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert second.acquire()
    second.release()


def test_two_workers_name_a_scheduled_run_alike_and_start_it_once(tmp_path: Path) -> None:
    runs = Runs(open_database(tmp_path))
    slots = {slot_of(NOW + timedelta(seconds=seconds), 15) for seconds in (0, 30, 400)}
    assert slots == {"2026-03-01T12:00:00+00:00"}
    started = [runs.start("refresh", slots.copy().pop(), "schedule", NOW) for _ in range(2)]
    assert started[0] is not None
    assert started[1] is None


def test_a_request_is_taken_once(tmp_path: Path) -> None:
    runs = Runs(open_database(tmp_path))
    runs.request("refresh", "ann@example.com", NOW)
    assert [(job, who) for _, job, who in runs.take_requests(NOW)] == [("refresh", "ann@example.com")]
    assert runs.take_requests(NOW) == []


def test_a_run_that_never_ended_is_marked_and_old_ones_are_forgotten(tmp_path: Path) -> None:
    runs = Runs(open_database(tmp_path))
    runs.start("refresh", "a", "schedule", NOW)
    assert runs.close_interrupted(NOW) == 1
    assert runs.last()[0].state == "interrupted"
    runs.end(runs.start("refresh", "b", "schedule", NOW) or 0, Outcome("done"), NOW + timedelta(days=80))
    runs.forget_old(NOW + timedelta(days=91))
    assert [run.state for run in runs.last()] == ["done"]


def test_the_worker_refreshes_at_once_and_on_request_until_it_is_stopped(tmp_path: Path) -> None:
    with running_world(tmp_path) as world:
        jobs, stop, told = Jobs(world.organisation), threading.Event(), list[str]()
        jobs.runs.request("sync", "ann@example.com", NOW)

        def tell(line: str) -> None:
            told.append(line)
            if {one.partition(":")[0] for one in told} >= {"refresh for start", "sync for ann@example.com"}:
                stop.set()

        worker = Worker(world.organisation, jobs, FileLease(world.organisation.data_folder), tell)
        thread = threading.Thread(target=worker.run, args=(stop,), daemon=True)
        thread.start()
        assert stop.wait(timeout=30), told
        thread.join(timeout=30)
        assert not thread.is_alive()
        assert {(run.job, run.state) for run in jobs.runs.last()} in (
            {("refresh", "done"), ("sync", "unchanged")},
            {("refresh", "unchanged"), ("sync", "done")},
            {("refresh", "done"), ("sync", "done")},  # the sync published first; the refresh still wrote the tabs
        )


def test_a_job_that_does_not_exist_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    with running_world(tmp_path) as world, pytest.raises(AddonError, match="Did you mean refresh"):
        Jobs(world.organisation).run("refesh", trigger="test")
