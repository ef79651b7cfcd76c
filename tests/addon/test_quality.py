"""The report of data quality: by the command, as JSON, and in a tab of its own, with links."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from addon.check import check_all
from addon.cli import run
from addon.jobs import Jobs
from addon.provenance import link_of
from addon.quality import quality_report
from addon.settings import with_values
from connectors.sandbox.google import User
from tests.support.running import ORG, World, running_world

OLD = (
    "006000000000009AAA,=HYPERLINK(1),,005000000000002AAA,Open,70,20,2026-02-01,false,false,"
    "2026-01-10T08:00:00Z,2026-02-01T00:00:00Z,North,1.5\n"
)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with running_world(tmp_path, org={**ORG, "Opportunity": ORG["Opportunity"] + OLD}) as running:
        running.refresh("sync")
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        yield running


def test_the_command_gives_counts_amounts_and_links(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["quality", "--json"]) == 0
    checks = {check["id"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    late = checks["past_close"]
    assert (late["count"], late["amount"]) == (1, 70.0)
    assert late["worst"][0]["link"] == f"{world.sandbox.url}/006000000000009AAA"
    assert checks["without_amount"]["count"] == 1
    assert checks["same_deal"]["count"] == 0
    assert run(["quality", "--language", "fr"]) == 0
    assert "Affaires ouvertes dont la date de clôture est passée : 1, 70" in capsys.readouterr().out


def test_the_check_of_everything_says_how_much_is_doubtful_and_calls_it_no_fault(world: World) -> None:
    (found,) = [each for each in check_all(world.organisation) if each.place == "data quality"]
    assert found.is_well
    assert "Open deals past their close date: 1; " in found.words


def test_the_report_stands_in_a_tab_where_that_is_wanted_and_holds_no_formula(world: World) -> None:
    user = User(world.sandbox.spreadsheet)
    title = "Scorecell data quality"
    world.refresh("publish")
    assert title not in [sheet.title for sheet in world.sandbox.spreadsheet.sheets]
    settings = with_values(world.organisation.settings, {("quality", "tab"): True})
    assert Jobs(replace(world.organisation, settings=settings)).run("publish", trigger="test").state == "done"
    rows = user.rows(title)
    assert rows[4][:3] == ["Open deals past their close date", "1", "70"]
    assert rows[5][0] == "– =HYPERLINK(1)"


def test_a_record_that_a_tab_holds_leads_to_its_tab(tmp_path: Path) -> None:
    deals = "Deal ID,Stage,Close date,Amount\nD-1,Negotiation,2026-01-05,70\n"
    with running_world(tmp_path, tabs={"Deals: North": deals}) as world:
        world.refresh("sync")
        report = quality_report(world.desk(), world.organisation.settings)
        sheet = world.sandbox.spreadsheet.sheet_titled("Deals: North")
        assert sheet is not None
        worst = next(found.worst for found in report.found if found.check.id == "past_close")
        assert worst[0].id == "sheet:Deals: North:D-1"
        link = f"https://docs.google.com/spreadsheets/d/{world.sandbox.spreadsheet_id}/edit#gid={sheet.id}"
        assert link_of(world.desk(), worst[0].id) == link
