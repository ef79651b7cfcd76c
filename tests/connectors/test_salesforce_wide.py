"""Objects of which more fields are read than one address can hold: several queries, joined by the id."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.server import Fault
from tests.support.salesforce_org import ACME, DEAL, World, many_deals, read, small_world, with_columns

COUNT = 20
COLUMNS = ("source", "loss_reason", "competitor", "channel")
NAMES = [f"{'F' * 70}{number:03d}__c" for number in range(49 * len(COLUMNS))]
FIELDS = {column: ["Account.Name", *NAMES[number::4]] for number, column in enumerate(COLUMNS)}
WIDE = {"Opportunity": {"fields": {**FIELDS, "forecast_category": "Account.Industry"}}}
CHUNKS = 3


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    files = many_deals(COUNT)
    deals = with_columns(files["Opportunity"].replace(ACME, ""), NAMES, "Direct")
    with small_world(tmp_path, {**files, "Opportunity": deals}) as running:
        yield running


def queries(world: World, word: str = "FROM+Opportunity+") -> int:
    return sum(word in call.query for call in world.server.journal)


@pytest.mark.parametrize("page_rows", [2_000, 3])
def test_every_field_of_every_row_is_read(world: World, page_rows: int) -> None:
    world.set(page_rows_max=page_rows)
    result = read(world.source(objects=WIDE))
    assert result.problems == []
    assert {row["channel"] for row in result.rows["opportunity"].values()} == {"Direct"}
    assert len(result.rows["opportunity"]) == COUNT
    pages = -(-COUNT // page_rows)
    assert queries(world) == 1 + (CHUNKS - 1) * pages, "a page of each chunk, whatever the stamps"


def test_a_row_that_changes_between_two_queries_keeps_its_fields(world: World) -> None:
    moved: list[str] = []

    def edit(path: str, query: str) -> None:
        if not moved and "FROM+Opportunity+WHERE" in query:
            moved.append(DEAL)
            world.clock.pass_minutes(1)
            world.org.update("Opportunity", DEAL, Amount=1)

    world.before_each_call(edit)
    result = read(world.source(objects=WIDE))
    assert moved == [DEAL]
    assert result.row("opportunity", DEAL)["channel"] == "Direct"
    assert result.problems == []


def test_a_record_erased_between_two_queries_is_no_reason_to_fail(world: World) -> None:
    erased: list[str] = []

    def edit(path: str, query: str) -> None:
        if not erased and "FROM+Opportunity+WHERE" in query:
            erased.append(DEAL)
            world.org.hard_delete("Opportunity", DEAL)

    world.before_each_call(edit)
    result = read(world.source(objects=WIDE))
    assert erased == [DEAL]
    assert len(result.rows["opportunity"]) == COUNT - 1
    assert result.problems == []


def test_what_changed_is_read_with_every_field(world: World) -> None:
    before = read(world.source(objects=WIDE))
    world.clock.pass_minutes(60)
    world.org.update("Opportunity", DEAL, **{NAMES[-1]: "Partner"})  # type: ignore[arg-type] # a field
    world.org.update("Opportunity", "006000000000002AAA", AccountId=ACME)
    world.org.delete("Opportunity", "006000000000003AAA")
    world.org.undelete("Opportunity", "006000000000003AAA")
    world.clock.pass_minutes(25 * 60)
    after = read(world.source(objects=WIDE), before=before)
    assert after.row("opportunity", DEAL)["channel"] == "Partner"
    assert after.row("opportunity", "006000000000002AAA")["channel"] == "Acme"
    assert after.row("opportunity", "006000000000002AAA")["forecast_category"] == "Retail"
    assert after.row("opportunity", "006000000000003AAA")["channel"] == "Direct"


def test_a_bulk_job_has_room_for_all_fields(world: World) -> None:
    paged = read(world.source(objects=WIDE))
    world.server.clear_journal()
    bulk = read(world.source(objects=WIDE, bulk_rows=COUNT))
    assert bulk.rows == paged.rows
    assert queries(world) == 0, "the counts told that it is large"


def test_a_field_that_vanishes_between_two_pages_is_said_and_the_rest_is_read(world: World) -> None:
    world.set(page_rows_max=3)

    def hide(path: str, query: str) -> None:
        if "/query/01g" in path:
            world.set(hidden_fields=frozenset({f"Opportunity.{NAMES[-1]}"}))

    world.before_each_call(hide)
    result = read(world.source(objects=WIDE))
    assert f"the field {NAMES[-1]} is absent or hidden" in "\n".join(map(str, result.problems))
    assert len(result.rows["opportunity"]) == COUNT
    assert {row["channel"] for row in result.rows["opportunity"].values()} == {None}
    assert "Opportunity" in result.cursor
    assert "lead" in result.covered


def test_an_object_that_vanishes_between_two_pages_is_said_and_the_rest_is_read(world: World) -> None:
    world.set(page_rows_max=3)
    body = '[{"errorCode":"INVALID_TYPE","message":"x"}]'

    def remove(path: str, query: str) -> None:
        if "/query/01g" in path and not world.service.settings.absent_objects:
            world.set(absent_objects=frozenset({"Opportunity"}))

    world.before_each_call(remove)
    world.server.faults.add(Fault("status", path="/query/01g", status=400, body=body, from_call=2))
    result = read(world.source())
    assert "Salesforce Opportunity: the object is absent or hidden" in "\n".join(map(str, result.problems))
    assert "opportunity" not in result.covered
    assert "lead" in result.covered
