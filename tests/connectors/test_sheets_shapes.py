"""Tabs in the shapes that people give them: a tab a month, years above months, merged cells, totals, French."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from connectors.sheets import SheetsSource, tab_mappings
from tests.support.sheets_world import World, problems_of, rows_of, sheets_world


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    with sheets_world(folder) as world:
        yield world


def targets(world: World) -> list[tuple[object, str, str, object]]:
    changes = list(world.source().changes({}))
    assert problems_of(changes) == []
    return [
        (row["member"], str(row["period_start"]), str(row["period_end"]), row["value"])
        for row in rows_of(changes, "target")
    ]


def test_a_tab_a_month_gives_each_target_the_month_of_its_tab(world: World) -> None:
    world.tab("Targets Jan 2026", ["Rep", "Quota"], ["Ann", "5"])
    world.tab("Objectifs février 2026", ["Commercial", "Quota"], ["Ann", "6"])
    world.tab("Targets 2026-Q2", ["Rep", "Quota"], ["Ann", "7"])
    assert targets(world) == [
        ("Ann", "2026-01-01", "2026-01-31", 5.0),
        ("Ann", "2026-02-01", "2026-02-28", 6.0),
        ("Ann", "2026-04-01", "2026-06-30", 7.0),
    ]


@pytest.mark.parametrize(
    ("title", "rows"),
    [
        ("Quotas", [["", "2026", "", "2027"], ["Rep", "Nov", "Dec", "Jan"]]),
        ("Quotas 2026", [["Rep", "Nov", "Dec", "Jan 2027"]]),
        ("Quotas of 2026", [["For the sales team", "", "", ""], ["Rep", "M11", "M12", "2027-01"]]),
    ],
)
def test_months_without_a_year_take_the_one_above_them_or_that_of_the_title(
    world: World, title: str, rows: Sequence[Sequence[str]]
) -> None:
    world.tab(title, *rows, ["Ann", "1", "2", "3"])
    assert [(first, value) for _, first, _, value in targets(world)] == [
        ("2026-11-01", 1.0),
        ("2026-12-01", 2.0),
        ("2027-01-01", 3.0),
    ]


def test_a_merged_cell_holds_for_all_its_rows(world: World) -> None:
    world.tab(
        "Costs",
        ["Costs of the year", "", ""],
        ["Date", "Category", "Amount"],
        ["2026-01-01", "sales", "5"],
        ["", "", "6"],
        ["", "", ""],
        ["2026-01-02", "marketing", "7"],
    )
    for place in ("Costs!A1:C1", "Costs!A3:A5", "Costs!B3:B5"):
        world.user.merge(place)
    changes = list(world.source().changes({}))
    assert problems_of(changes) == []
    found = [(str(row["on"]), row["category"], row["amount"]) for row in rows_of(changes, "expense")]
    assert found == [("2026-01-01", "sales", 5.0), ("2026-01-01", "sales", 6.0), ("2026-01-02", "marketing", 7.0)]


def test_one_entry_of_the_settings_maps_all_tabs_of_one_shape(world: World) -> None:
    for month in ("Jan", "Feb"):
        world.tab(f"{month} 2026", ["Date", "Category", "Amount"], [f"2026-0{1 + (month == 'Feb')}-05", "sales", "5"])
    world.tab("Scratch 2026", ["Date", "Category", "Amount"], ["2026-01-05", "sales", "9"])
    mappings = tab_mappings({"Scratch 2026": "ignore", "* 2026": "expense", "Nothing *": "lead"})
    changes = list(SheetsSource(world.client(), [world.book.id], mappings=mappings).changes({}))
    assert [str(row["on"]) for row in rows_of(changes, "expense")] == ["2026-01-05", "2026-02-05"]
    (problem,) = problems_of(changes)
    assert problem.startswith("Nothing *: The settings speak of this tab, but there is none.")


def test_a_french_tab_is_read_below_its_title_with_its_totals_left_out(folder: Path) -> None:
    with sheets_world(folder, locale="fr_FR") as world:
        world.tab(
            "Objectifs",
            ["Objectifs 2026", "", "", ""],
            [],
            ["Indicateur", "Commercial", "Mois", "Objectif"],
            ["chiffre d'affaires", "Ann", "janvier 2026", "1 000,50"],
            ["taux de réussite", "Ann", "T1 2026", "'30 %"],
            ["Sous-total", "", "", "5"],
            ["Total général", "", "", "1000,5"],
        )
        world.tab("Équipe", ["Nom", "Actif", "Embauche"], ["Ann", "oui", "'3 janvier 2024"], ["Bob", "FAUX", ""])
        changes = list(world.source().changes({}))
        assert [(row["kpi"], row["value"]) for row in rows_of(changes, "target")] == [
            ("chiffre d'affaires", 1000.5),
            ("taux de réussite", 0.3),
        ]
        reps = {row["name"]: (row["is_active"], str(row.get("hired_on", ""))) for row in rows_of(changes, "rep")}
        assert reps == {"Ann": (True, "2024-01-03"), "Bob": (False, "")}
        assert problems_of(changes) == [
            "Objectifs!6: This is a row of totals; it was left out.",
            "Objectifs!7: This is a row of totals; it was left out.",
        ]
