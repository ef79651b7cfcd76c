"""The KPI tabs show typed numbers with their format, and words with a reason where there is no number."""

from __future__ import annotations

from typing import get_args

import pytest

from addon.tabs import (
    LeaderboardColumn,
    LeaderboardRow,
    LeaderboardValue,
    ScorecardRow,
    TabHeading,
    format_of,
    leaderboard_tab,
    scorecard_tab,
    state_words,
)
from connectors.sheets_content import TabContent
from kpis.definitions import Language, Unit
from kpis.questions import State

HEADING = TabHeading("team:West", "2026-Q3", "2026-11-24 08:00", "20261124T070000Z", "EUR")


def texts(tab: TabContent) -> list[list[object]]:
    return [[cell.value for cell in row] for row in tab.rows]


def test_a_scorecard_says_what_it_is_how_fresh_and_every_kpi() -> None:
    rows = [
        ScorecardRow("Total revenue", 1200.5, "money", "ok", "", 1000.0, 1.2005, 0.1, -0.05, 12, "ahead"),
        ScorecardRow("Win rate", None, "percent", "no_data", "No deal was closed in 2026-Q3."),
        ScorecardRow("Pipeline coverage", 3.2, "ratio", "partial", "Targets: 2 rows were left out."),
    ]
    tab = scorecard_tab(HEADING, rows)
    assert texts(tab) == [
        ["Scorecard: team:West, 2026-Q3"],
        ["Data of 2026-11-24 08:00 · snapshot 20261124T070000Z · amounts in EUR"],
        [],
        ["KPI", "Value", "Target", "Attainment", "Status", "vs prior", "vs year ago", "State", "n", "Note"],
        ["Total revenue", 1200.5, 1000.0, 1.2005, "ahead", 0.1, -0.05, None, 12, None],
        ["Win rate", None, None, None, None, None, None, "No data", None, "No deal was closed in 2026-Q3."],
        ["Pipeline coverage", 3.2, None, None, None, None, None, "Partial", None, "Targets: 2 rows were left out."],
    ]
    assert [cell.format for cell in tab.rows[4]][:4] == ["", "money", "money", "percent"]
    assert (tab.key, tab.title, tab.frozen_rows, len(tab.column_widths)) == ("scorecard", "Scorecard", 4, 10)


def test_a_leaderboard_names_the_numbers_that_are_missing() -> None:
    columns = [LeaderboardColumn("Revenue", "money"), LeaderboardColumn("Attainment", "percent")]
    rows = [
        LeaderboardRow(1, "Ann Lee", "West", [LeaderboardValue(500.0), LeaderboardValue(1.1)]),
        LeaderboardRow(None, "=Bob", "", [LeaderboardValue(0.0), LeaderboardValue(None, "no_target")]),
    ]
    tab = leaderboard_tab(HEADING, columns, rows)
    assert texts(tab)[3:] == [
        ["Rank", "Rep", "Team", "Revenue", "Attainment", "Note"],
        [1, "Ann Lee", "West", 500.0, 1.1, None],
        [None, "=Bob", None, 0.0, None, "Attainment: No target"],
    ]
    with pytest.raises(ValueError, match="argument 2"):
        leaderboard_tab(HEADING, columns, [LeaderboardRow(1, "Ann", "", [])])


def test_tabs_speak_french_and_say_that_there_is_nothing() -> None:
    company = TabHeading("", "2026", "2026-11-24 08:00", "s1")
    assert texts(scorecard_tab(company, [], "fr"))[0] == ["Tableau de bord: Toute l'entreprise, 2026"]
    assert texts(scorecard_tab(company, [], "fr"))[-1] == ["Rien à afficher"]
    assert texts(leaderboard_tab(company, [], [], "fr"))[-1] == ["Rien à afficher"]
    assert scorecard_tab(HEADING, [], key="scorecard-west").title == "Scorecard team:West"


def test_every_unit_has_a_format_and_every_state_a_word() -> None:
    assert {format_of(unit) for unit in get_args(Unit)} == {"money", "percent", "count", "ratio", "number"}
    for language in get_args(Language):
        words = [state_words(state, language) for state in get_args(State)]
        assert len(set(words)) == len(words)
