"""A reading that is stopped goes on where it stopped: fewer calls, no row lost, none that is no longer there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.salesforce_bulk import Job
from connectors.salesforce_queries import Place
from connectors.salesforce_resume import PART, Reading, resumed
from connectors.sandbox.server import Fault
from connectors.source import Change, Checkpoint
from tests.support.salesforce_org import DEAL, Read, World, keep, many_deals, read, small_world

NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)
EARLIER = timedelta(days=5)
OVERLAP = timedelta(minutes=15)
COUNT = 40
MARK = "Opportunity" + PART
BULK = {"bulk_rows": COUNT}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with small_world(tmp_path, many_deals(COUNT)) as running:
        running.set(page_rows_max=3, bulk_page_rows_max=10)
        yield running


def stopped(world: World, checkpoints: int, **settings: object) -> Read:
    """Read until the given checkpoint has come so often; return what was kept by then."""
    seen: list[Change] = []
    for change in world.source(**settings).changes({}):
        seen.append(change)
        if isinstance(change, Checkpoint) and change.name == MARK and change.value:
            checkpoints -= 1
            if not checkpoints:
                break
    world.server.clear_journal()
    return keep(seen)


def calls(world: World, part: str) -> int:
    return sum(part in f"{call.path}?{call.query}" for call in world.server.journal)


@pytest.mark.parametrize("pages", [1, 7, 13])
def test_a_stopped_reading_goes_on_behind_the_last_page(world: World, pages: int) -> None:
    whole = read(world.source())
    world.server.clear_journal()
    before = stopped(world, pages)
    after = read(world.source(), before=before)
    assert after.rows["opportunity"] == whole.rows["opportunity"]
    assert MARK not in after.cursor
    assert calls(world, "/query/01g") + calls(world, "FROM+Opportunity+") <= 14 - pages + 1


def test_what_changed_while_it_was_stopped_is_seen(world: World) -> None:
    before = stopped(world, 5)
    first = sorted(before.rows["opportunity"])[0].removeprefix("sf:")
    world.clock.pass_minutes(60)
    world.org.update("Opportunity", first, Amount=77)
    world.org.delete("Opportunity", sorted(before.rows["opportunity"])[1].removeprefix("sf:"))
    after = read(world.source(), before=before)
    assert after.rows["opportunity"] == read(world.source()).rows["opportunity"]
    assert after.row("opportunity", first)["amount"] == 77


def test_a_row_that_was_seen_late_while_it_was_stopped_is_not_lost(world: World) -> None:
    last = f"0060000000{COUNT:05d}AAA"
    world.org.update("Opportunity", last, Amount=5, visible_from=world.clock.now + timedelta(minutes=10))
    world.clock.pass_minutes(2)
    world.org.update("Opportunity", DEAL.replace("1AAA", "2AAA"), Amount=6)
    before = stopped(world, 14)
    world.clock.pass_minutes(30)
    assert read(world.source(), before=before).row("opportunity", last)["amount"] == 5


def test_a_record_erased_while_it_was_stopped_is_found_by_the_next_reconciliation(world: World) -> None:
    before = stopped(world, 5)
    erased = sorted(before.rows["opportunity"])[0]
    world.clock.pass_minutes(60)
    world.org.hard_delete("Opportunity", erased.removeprefix("sf:"))
    resumed_read = read(world.source(), before=before)
    world.clock.pass_minutes(24 * 60)
    after = read(world.source(), before=resumed_read)
    assert erased not in after.rows["opportunity"]


@pytest.mark.parametrize("hours", [25, -1])
def test_what_is_too_old_or_of_the_future_is_begun_again(world: World, hours: int) -> None:
    before = stopped(world, 5)
    world.clock.pass_minutes(hours * 60)
    after = read(world.source(), before=Read(cursor=before.cursor))
    assert len(after.rows["opportunity"]) == COUNT


def test_another_mapping_begins_again(world: World) -> None:
    before = stopped(world, 5)
    objects = {"Opportunity": {"fields": {"channel": "LeadSource"}}}
    after = read(world.source(objects=objects), before=Read(cursor=before.cursor))
    assert len(after.rows["opportunity"]) == COUNT


@pytest.mark.parametrize("marks", [1, 2, 4, 6])
def test_a_bulk_job_is_gone_on_with_by_its_id_and_locator(world: World, marks: int) -> None:
    before = stopped(world, marks, **BULK)
    after = read(world.source(**BULK), before=before)
    assert after.rows["opportunity"] == read(world.source()).rows["opportunity"]
    made = [call for call in world.server.journal if call.method == "POST" and call.path.endswith("/jobs/query")]
    assert made == []
    assert calls(world, "/results") == 4 - max(0, marks - 2)


def test_a_bulk_job_that_is_no_longer_there_is_made_anew(world: World) -> None:
    before = stopped(world, 3, **BULK)
    world.server.faults.add(Fault("status", path="/jobs/query/750", status=404, body='[{"errorCode":"NOT_FOUND"}]'))
    after = read(world.source(**BULK), before=before)
    assert after.rows["opportunity"] == read(world.source()).rows["opportunity"]
    assert after.problems == []


def test_an_expired_locator_is_no_reason_to_begin_again(world: World) -> None:
    whole = read(world.source())
    world.server.clear_journal()
    body = '[{"errorCode":"INVALID_QUERY_LOCATOR","message":"invalid query locator"}]'
    world.server.faults.add(Fault("status", path="/query/01g", status=400, body=body, from_call=6, times=1))
    world.server.faults.add(Fault("status", path="/query/01g", status=400, body=body, from_call=9, times=1))
    result = read(world.source())
    assert result.rows == whole.rows
    assert result.problems == []
    assert result.row_count == whole.row_count, "no page was read twice"


@pytest.mark.parametrize(
    "text", ["", "x", "[]", '{"begun":"now"}', '{"begun":"2026-09-14T12:00:00+00:00","since":"","plan":"p"}']
)
def test_a_text_that_is_none_of_ours_begins_again(text: str) -> None:
    fresh = Reading(NOON, None, "p")
    assert resumed(fresh, text, OVERLAP) == fresh


@pytest.mark.parametrize("mark", [Place(NOON - EARLIER, "006000000000001AAA"), Job("750000000000001AAA", "MTA", 10)])
def test_a_mark_is_read_as_it_was_written(mark: Place | Job) -> None:
    fresh = Reading(NOON, NOON - EARLIER, "p")
    assert resumed(fresh, fresh.text_at(mark), OVERLAP).mark == mark
    assert resumed(Reading(NOON, None, "p"), fresh.text_at(mark), OVERLAP).mark is None


def test_the_minutes_before_the_stopped_run_are_read_once_more() -> None:
    fresh = Reading(NOON, None, "p")
    mark = resumed(fresh, fresh.text_at(Place(NOON, "006000000000001AAA")), OVERLAP).mark
    assert mark == Place(NOON - OVERLAP)
