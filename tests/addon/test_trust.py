"""The copy is held against Salesforce's own counts and sums, and a difference is told with its likely reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from addon.check import check_all
from addon.clock import Clock, utc_now
from addon.explained import explain_rows
from addon.explained_documents import explain_document
from addon.jobs import Jobs
from addon.trust import Comparison, last_comparison
from addon.trust_words import trust_lines
from connectors.sandbox.faults import Fault
from connectors.source import Finding
from kpis.questions import Question
from tests.support.running import World, running_world

ANN, DEAL, OPEN_DEAL = "005000000000001AAA", "006000000000001AAA", "006000000000002AAA"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_world(tmp_path) as running:
        running.refresh()
        yield running


def compared(world: World) -> Comparison:
    found = last_comparison(world.organisation.data_folder)
    assert found is not None
    return found


def totals(world: World) -> Finding:
    (found,) = [each for each in check_all(world.organisation) if each.place == "Salesforce totals"]
    return found


def reasons(world: World) -> set[tuple[str, str, str]]:
    return {(each.object_name, each.stage, each.reason) for each in compared(world).differences}


def counted(world: World) -> int:
    """Return how many comparisons Salesforce was asked for."""
    return sum(call.path.endswith("/recordCount") for call in world.sandbox.server.journal)


def later(world: World, hours: float) -> Jobs:
    """Return the jobs of the same organisation, so many hours from now."""
    settings = world.organisation.settings
    clock = Clock(settings.clock.fixed_today, lambda: utc_now() + timedelta(hours=hours))
    return Jobs(replace(world.organisation, settings=replace(settings, clock=clock)))


def test_the_first_sync_is_compared_and_says_that_all_is_equal(world: World) -> None:
    (note,) = Jobs(world.organisation).runs.last(1)[0].notes
    assert note.startswith("Compared with Salesforce at ")
    assert note.endswith(": 11 rows, as many as there.")
    assert compared(world).tables["opportunity"] == 3
    assert totals(world).is_well
    assert "as many as there" in str(explain_rows(world.desk(), Question("revenue", "", "2026")))
    assert explain_document(world.desk("rep:Ann Lee"), Question("revenue", "Ann Lee", "2026"))["compared"] == []


def test_what_changed_since_the_sync_is_told_and_is_no_fault(world: World) -> None:
    world.sandbox.org.update("Opportunity", DEAL, Amount=175)
    found = totals(world)
    assert found.is_well
    assert "Opportunity Open: 100 here, 175 in Salesforce. 1 records changed since" in found.words
    assert reasons(world) == {("Opportunity", "Open", "late"), ("OpportunityHistory", "", "late")}
    world.refresh()
    assert totals(world).words.endswith("as many as there.")


def test_what_was_deleted_for_good_is_told_until_a_full_sync(world: World) -> None:
    world.sandbox.org.hard_delete("Opportunity", OPEN_DEAL)
    assert not totals(world).is_well
    assert reasons(world) == {("Opportunity", "", "gone"), ("Opportunity", "Open", "gone")}
    told = explain_document(world.desk(), Question("revenue", "", "2026"))["compared"]
    assert isinstance(told, list)
    assert "Opportunity: 3 here, 2 in Salesforce. Records were deleted for good" in str(told[1])
    french = trust_lines(compared(world), "fr", tables={"opportunity"})
    assert "Opportunity : 3 ici, 2 dans Salesforce. Des enregistrements ont été supprimés" in french[1]
    assert world.refresh("sync", full=True).notes[0].endswith("as many as there.")


def test_an_amount_that_changed_without_a_trace_is_told(world: World) -> None:
    world.sandbox.org.update("Opportunity", DEAL, moves_stamp=False, Amount=175)
    assert not totals(world).is_well
    assert ("Opportunity", "Open", "silent") in reasons(world)


def test_records_that_sharing_hides_are_told_with_what_to_do(world: World) -> None:
    service = world.sandbox.salesforce
    service.settings = replace(service.settings, unseen_owners=frozenset({ANN}))
    found = totals(world)
    assert not found.is_well
    assert "Opportunity: Salesforce holds about 3 records and shows 1 of them" in found.words
    assert "View All Data" in found.words


def test_a_field_that_is_hidden_leaves_the_amounts_uncompared(world: World) -> None:
    service = world.sandbox.salesforce
    service.settings = replace(service.settings, hidden_fields=frozenset({"Opportunity.Amount"}))
    assert "their field is hidden" in totals(world).words


def test_refreshes_compare_again_after_the_hours_that_are_set(world: World) -> None:
    before = counted(world)
    assert later(world, 23).run("refresh", trigger="test").notes == ()
    assert counted(world) == before > 0
    assert "as many as there" in later(world, 25).run("refresh", trigger="test").notes[0]


def test_a_comparison_that_fails_is_told_and_fails_no_sync(world: World) -> None:
    world.sandbox.server.faults.add(Fault("status", "/limits/recordCount", status=400, body="{}", times=None))
    outcome = world.refresh("sync", full=True)
    assert outcome.state in {"done", "unchanged"}
    assert outcome.notes[0].startswith("Comparing with Salesforce failed at ")
