"""What the organisation counts itself is what we read, and a difference shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.errors import LimitError
from connectors.salesforce_totals import Total, read_totals
from tests.support.salesforce_org import DEAL, FILES, MORE_FILES, World, read, small_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with small_world(tmp_path, {**FILES, **MORE_FILES}) as running:
        yield running


def test_the_organisation_counts_the_rows_that_we_read(world: World) -> None:
    world.org.delete("Lead", "00Q000000000002EAA")
    result = read(world.source())
    totals = [total for total in read_totals(world.source()) if not total.stage]
    assert {total.table: total.row_count for total in totals} == {
        table: len(rows) for table, rows in result.rows.items() if table not in {"activity", "login"}
    }


def test_the_organisation_adds_up_the_amounts_of_each_stage(world: World) -> None:
    rows = read(world.source()).rows["opportunity"].values()
    stages = {total.stage: total for total in read_totals(world.source()) if total.stage}
    assert {stage: total.row_count for stage, total in stages.items()} == Counter(row["stage"] for row in rows)
    assert {stage: total.amount for stage, total in stages.items()} == {"Closed Won": 1000.5, "Prospecting": 0}


def test_a_difference_shows(world: World) -> None:
    before = read_totals(world.source())
    world.org.update("Opportunity", DEAL, Amount=1)
    changed = set(read_totals(world.source())) - set(before)
    assert {(total.object_name, total.stage) for total in changed} == {
        ("Opportunity", "Closed Won"),
        ("OpportunityHistory", ""),
    }


def test_amounts_that_come_from_two_fields_are_not_added_up(world: World) -> None:
    objects = {"Opportunity": {"fields": {"stage": ["Type", "StageName"]}}}
    totals = read_totals(world.source(objects=objects))
    assert Total("opportunity", "Opportunity", 2, id_prefix="sf:006") in totals
    assert not any(total.stage for total in totals)


def test_used_up_calls_are_said(world: World) -> None:
    world.set(daily_calls=17)
    with pytest.raises(LimitError, match="Salesforce totals: the organisation has used up"):
        read_totals(world.source(run_calls_percent=100, total_calls_percent=100))
