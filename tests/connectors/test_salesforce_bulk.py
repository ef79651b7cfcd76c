"""Large objects through bulk jobs: the same rows as page by page, streamed, resumed, and given up in good order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.errors import LimitError
from connectors.http import Pace
from connectors.sandbox.server import Fault
from tests.support.salesforce_org import DEAL, FILES, MORE_FILES, Read, World, read, small_world

BULK = {"bulk_rows": 1}
OBJECTS = 13  # all but people, who are read at once


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with small_world(tmp_path, {**FILES, **MORE_FILES}) as running:
        yield running


def deals(result: Read) -> dict[str, dict[str, object]]:
    return result.rows["opportunity"]


def jobs(world: World, end: str = "") -> int:
    return sum("/jobs/query" in path and path.endswith(end) for path in world.paths())


def test_a_bulk_job_gives_the_rows_that_pages_give(world: World) -> None:
    world.org.update("Opportunity", DEAL, Name='A "quoted"\r\nname, with é and\n\nlines')
    world.org.delete("Lead", "00Q000000000002EAA")
    paged, bulk = read(world.source()), read(world.source(**BULK))
    assert bulk.rows == paged.rows
    assert bulk.problems == []
    assert jobs(world, "/results") == OBJECTS
    world.clock.pass_minutes(60)
    assert read(world.source(**BULK), before=bulk).rows == paged.rows


def test_short_pages_of_a_job_are_all_read(world: World) -> None:
    world.set(bulk_page_rows_max=1)
    assert deals(read(world.source(**BULK))) == deals(read(world.source()))


def test_jobs_are_deleted_when_they_are_read(world: World) -> None:
    read(world.source(**BULK))
    assert [call.method for call in world.server.journal if "/jobs/query" in call.path].count("DELETE") == OBJECTS


def test_a_small_object_makes_no_job(world: World) -> None:
    read(world.source(bulk_rows=100))
    assert jobs(world) == 0


def test_a_job_that_fails_gives_way_to_pages(world: World) -> None:
    world.set(bulk_failure="InternalServerError")
    result = read(world.source(**BULK))
    assert deals(result) == deals(read(world.source()))
    assert result.problems == []


def test_a_job_that_takes_too_long_is_ended_and_gives_way_to_pages(world: World) -> None:
    waits: list[float] = []
    world.pace = Pace(sleep=waits.append)
    world.set(bulk_polls=10_000)
    result = read(world.source(bulk_rows=5, bulk_minutes=1))
    assert len(result.rows["activity"]) == 5
    assert max(waits) == 15
    assert 60 <= sum(waits) < 80
    assert [call.method for call in world.server.journal].count("PATCH") == 1


@pytest.mark.parametrize("kind", ["truncate", "reset", "html"])
def test_a_page_that_breaks_off_is_asked_for_again(world: World, kind: str) -> None:
    world.server.faults.add(Fault(kind, path="/results", times=2))  # type: ignore[arg-type] # a parameter
    result = read(world.source(**BULK))
    assert deals(result) == deals(read(world.source()))
    assert result.problems == []


def test_a_page_cut_between_two_rows_is_noticed(world: World) -> None:
    body = '"Id","IsDeleted"\n"006000000000001AAA","false"\n'
    headers = {"Sforce-NumberOfRecords": "2", "Sforce-Locator": "null", "Content-Type": "text/csv"}
    world.server.faults.add(Fault("status", path="/results", status=200, body=body, headers=headers))
    assert deals(read(world.source(**BULK))) == deals(read(world.source()))


@pytest.mark.parametrize("locator", ["null", "../../evil"])
def test_a_result_that_is_not_whole_gives_way_to_pages(world: World, locator: str) -> None:
    headers = {"Sforce-NumberOfRecords": "0", "Sforce-Locator": locator, "Content-Type": "text/csv"}
    world.server.faults.add(Fault("status", path="/results", status=200, body='"Id"\n', headers=headers, times=None))
    assert deals(read(world.source(**BULK))) == deals(read(world.source()))


def test_a_token_that_expires_in_the_middle_of_a_job_is_renewed(world: World) -> None:
    world.set(token_calls=4, bulk_page_rows_max=1)
    assert deals(read(world.source(**BULK))) == deals(read(world.source()))


def test_used_up_calls_end_the_run(world: World) -> None:
    world.set(daily_calls=25)
    with pytest.raises(LimitError):
        read(world.source(bulk_rows=1, run_calls_percent=100, total_calls_percent=100))


@pytest.mark.parametrize("body", ['{"id":"../x"}', '{"state":"UploadComplete"}'])
def test_a_job_without_a_name_gives_way_to_pages(world: World, body: str) -> None:
    world.server.faults.add(Fault("status", path="/jobs/query", method="POST", status=200, body=body, times=None))
    assert deals(read(world.source(**BULK))) == deals(read(world.source()))
