"""What could not be read in a spreadsheet is written into it, as text, and taken away when it is mended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from addon.jobs import Jobs
from addon.runs import Outcome
from addon.settings import with_values
from connectors.sandbox.google import User
from tests.support.running import TARGETS, World, running_world

TITLE = "Scorecell problems"
BAD = '=HYPERLINK("https://evil.example")'
TABS = {"Targets": TARGETS + "calls,rep,Ann Lee,soon,2026-03-31,5\nTotal,,,,,5\n"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_world(tmp_path, tabs=TABS) as running:
        yield running


def synced(world: World) -> Outcome:
    settings = with_values(world.organisation.settings, {("google", "problems_tab"): True})
    return Jobs(replace(world.organisation, settings=settings)).run("sync", trigger="test")


def titles(world: World) -> list[str]:
    return [sheet.title for sheet in world.sandbox.spreadsheet.sheets]


def test_problems_stand_in_a_tab_with_place_value_reason_and_link(world: World) -> None:
    assert synced(world).state == "done"
    rows = User(world.sandbox.spreadsheet).rows(TITLE)
    sheet = world.sandbox.spreadsheet.sheet_titled("Targets")
    assert sheet is not None
    assert rows[3] == ["Tab", "Cell", "Value", "Problem", "What to do", "Link"]
    tab, cell, value, reason, remedy, link = rows[4]
    assert (tab, cell, value) == ("Targets", "D3", "soon")
    assert reason == "This is not a period. The row was left out."
    assert remedy.startswith("Type it like 2026-09")
    assert link.endswith(f"/d/{world.sandbox.spreadsheet_id}/edit#gid={sheet.id}&range=D3")
    assert len(rows) == 5  # a row of totals is no problem
    assert "Scorecell" not in titles(world)  # nothing is to be computed again, so there is no revision


def test_the_tab_is_written_only_when_the_problems_change_and_is_never_read(world: World) -> None:
    synced(world)
    version = world.sandbox.spreadsheet.version
    assert synced(world).state == "unchanged"
    assert world.sandbox.spreadsheet.version == version
    User(world.sandbox.spreadsheet).set_cell("Targets!D3", "2026-03-01")
    outcome = synced(world)
    assert outcome.changed_count == 1
    assert User(world.sandbox.spreadsheet).rows(TITLE)[4:] == [["Everything was read. Nothing is wrong."]]


def test_a_value_that_looks_like_a_formula_stays_text(world: World) -> None:
    user = User(world.sandbox.spreadsheet)
    user.set_cell("Targets!D3", f"'{BAD}")
    synced(world)
    assert user.cell(f"{TITLE}!C5")["userEnteredValue"] == {"stringValue": BAD}


def test_a_spreadsheet_without_problems_gets_no_tab_and_nobody_gets_one_unasked(world: World) -> None:
    world.refresh("sync")
    assert TITLE not in titles(world)
    User(world.sandbox.spreadsheet).set_cell("Targets!D3", "2026-03-01")
    synced(world)
    assert TITLE not in titles(world)


def test_a_spreadsheet_that_we_may_only_view_is_told_and_the_sync_goes_on(world: World) -> None:
    book = world.sandbox.spreadsheet
    User(book).share(world.sandbox.google.settings.service_account, "reader")
    outcome = synced(world)
    assert outcome.state == "done"
    assert outcome.problems[-1].startswith("Scorecell problems: The spreadsheet")
    assert "as Editor" in outcome.problems[-1]
