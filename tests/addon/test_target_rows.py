"""``scorecell check`` and rows of a sheet say what is to be doubted about targets."""

from __future__ import annotations

from pathlib import Path

from addon.check import check_all
from addon.quality import quality_report
from addon.quality_tab import quality_tab
from addon.target_rows import target_rows
from tests.support.running import running_world

HEADER = "KPI,Dimension,Member,From,To,Target\n"
GOOD = "revenue,rep,Ann Lee,2026-03-01,2026-03-31,200\n"


def test_targets_that_mean_something_else_are_told_once(tmp_path: Path) -> None:
    tab = f"{HEADER}{GOOD}win_rate,company,,2026-03-01,2026-03-31,32\nrevenue,rep,Anna,2026-03-01,2026-03-31,9\n"
    with running_world(tmp_path, tabs={"Targets": tab}) as world:
        assert world.refresh().state == "done"
        findings = [(one.place, one.is_well, one.words) for one in check_all(world.organisation)]
        percent = [one for one in findings if "32 for Win rate means 3,200 %. Write 0.32 for 32 %." in one[2]]
        assert [one[:2] for one in percent] == [("targets", False)]
        assert [one[:2] for one in findings if 'there is no rep "Anna"' in one[2]] == [("snapshot", False)]
        rows = target_rows(world.desk(), language="fr")
        assert rows[0] == ["Objectif", "N'est pas", "Remarque"]
        assert sorted(str(row[1]) for row in rows[1:]) == ["mesurable", "spécifique"]
        assert any("Écrivez 0.32 pour 32 %." in str(row[2]) for row in rows)
        tab_rows = quality_tab(quality_report(world.desk(), world.organisation.settings), "fr").rows
        assert [[cell.value for cell in row] for row in tab_rows][-len(rows) :] == rows


def test_good_targets_are_told_to_be_good(tmp_path: Path) -> None:
    with running_world(tmp_path, tabs={"Targets": HEADER + GOOD}) as world:
        assert [one.words for one in check_all(world.organisation) if one.place == "targets"] == ["none yet."]
        assert world.refresh().state == "done"
        assert [one.words for one in check_all(world.organisation) if one.place == "targets"] == [
            "1, all of them specific, measurable, within reach, and dated."
        ]
        assert len(target_rows(world.desk())) == 1
