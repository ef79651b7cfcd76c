"""A tab adds columns of its own to records of Salesforce; what disagrees or fits nothing is told with both values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from addon.jobs import Jobs
from addon.runs import Outcome
from addon.settings import with_values
from addon.store import Store
from addon.trust import last_comparison
from connectors.sandbox.google import User
from tests.support.running import TARGETS, World, running_world

FIRST, THIRD = "006000000000001AAA", "006000000000003AAA"
NOTES = (
    "Deal,Channel,Amount,Owner\n"
    "FIRST,Partner,120,Zoe\n"
    "Nobody's,Direct,,\n"
    "Third,Direct,,\n"
)  # fmt: skip


@contextmanager
def world_with(folder: Path, notes: str, **mapping: object) -> Iterator[World]:
    """Run a world whose tab Notes adds to deals."""
    with running_world(folder, tabs={"Targets": TARGETS, "Notes": notes}) as world:
        entry = {"Notes": {"table": "opportunity", "joins": "name", **mapping}}
        settings = with_values(world.organisation.settings, {("google", "tabs"): entry})
        yield replace(world, organisation=replace(world.organisation, settings=settings))


def synced(world: World, *, full: bool = False) -> Outcome:
    outcome = Jobs(world.organisation).run("sync", trigger="test", full=full)
    assert outcome.error == ""
    return outcome


def deals(world: World) -> dict[str, tuple[object, ...]]:
    current = Store(world.organisation.data_folder).current()
    assert current is not None
    file = str(current.fact_file("opportunity"))
    rows = duckdb.execute("SELECT id, channel, amount FROM read_parquet(?)", [file]).fetchall()
    return {str(key): tuple(values) for key, *values in rows}


def conflicts(outcome: Outcome) -> list[str]:
    return [problem for problem in outcome.problems if problem.startswith("Notes")]


def test_a_tab_fills_what_records_lack_and_each_conflict_is_told(tmp_path: Path) -> None:
    with world_with(tmp_path, NOTES) as world:
        told = conflicts(synced(world))
        assert deals(world) == {
            f"sf:{FIRST}": ("Partner", 100.0),
            "sf:006000000000002AAA": (None, None),
            f"sf:{THIRD}": ("Direct", 50.0),
        }
        assert [problem.partition(";")[0] for problem in told] == [
            "Notes: The column owner names another record",
            "Notes, Nobody's: No opportunity has this key",
            f"Notes, FIRST: amount is '120.0' in the tab and '100.0' in the record sf:{FIRST}",
        ]
        assert "the record's counts" in told[2]
        assert world.ask("pipeline_value").value == 100
        comparison = last_comparison(world.organisation.data_folder)
        assert comparison is not None
        assert comparison.differences == ()
        assert conflicts(synced(world)) == told  # though nothing changed


def test_where_the_tab_wins_its_value_counts_until_it_is_taken_out(tmp_path: Path) -> None:
    with world_with(tmp_path, NOTES, wins=True) as world:
        assert any("the tab's counts" in told for told in conflicts(synced(world)))
        assert world.ask("pipeline_value").value == 120
        comparison = last_comparison(world.organisation.data_folder)
        assert comparison is not None
        assert comparison.differences == ()  # Salesforce's own amount is what is compared
        User(world.sandbox.spreadsheet).set_cell("Notes!C2", "")
        synced(world)
        assert world.ask("pipeline_value").value == 100


def test_changes_of_either_side_come_through_and_a_deleted_record_leaves_its_row_lonely(tmp_path: Path) -> None:
    with world_with(tmp_path, NOTES) as world:
        synced(world)
        world.sandbox.org.update("Opportunity", FIRST, Amount=130)
        User(world.sandbox.spreadsheet).set_cell("Notes!B4", "Reseller")
        assert synced(world).changed_count > 0
        assert deals(world)[f"sf:{FIRST}"] == ("Partner", 130.0)
        assert deals(world)[f"sf:{THIRD}"] == ("Reseller", 50.0)
        world.sandbox.org.delete("Opportunity", FIRST)
        assert any(told.startswith("Notes, FIRST: No opportunity") for told in conflicts(synced(world)))
        before = deals(world)
        synced(world, full=True)
        assert deals(world) == before
        User(world.sandbox.spreadsheet).delete_tab("Notes")
        synced(world)
        assert deals(world)[f"sf:{THIRD}"] == (None, 50.0)


def test_records_are_found_by_the_id_that_salesforce_shows(tmp_path: Path) -> None:
    notes = f"Deal ID,Channel\n{FIRST[:15]},Partner\n006-1,Direct\n{FIRST},Direct\n"
    with world_with(tmp_path, notes, joins="id") as world:
        told = conflicts(synced(world))
        assert deals(world)[f"sf:{FIRST}"] == ("Partner", 100.0)
        assert [problem.partition(";")[0] for problem in told] == [
            "Notes!3: '006-1' is no id of opportunity",
            f"Notes!4: Another row adds to 'sf:{FIRST}'",
        ]


def test_a_key_that_several_records_have_adds_to_none(tmp_path: Path) -> None:
    with world_with(tmp_path, "Deal,Channel\nFirst,Partner\n") as world:
        world.sandbox.org.update("Opportunity", THIRD, Name="first")
        told = conflicts(synced(world))
        assert told == ["Notes, First: 2 of opportunity have this key; the row adds nothing. Correct the key."]
        assert {channel for channel, _ in deals(world).values()} == {None}


@pytest.mark.parametrize("entry", [{"joins": "owner"}, {"wins": "yes"}, {"table": "", "joins": "name"}])
def test_a_wrong_setting_is_refused_with_its_name(tmp_path: Path, entry: dict[str, object]) -> None:
    with world_with(tmp_path, NOTES, **entry) as world:
        assert 'google.tabs."Notes"' in Jobs(world.organisation).run("sync", trigger="test").error
