"""Teams and regions as they are now or as they were then, when reps move from one to another."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from kpis.bridge import Bridge, bridge
from kpis.explain import explain
from kpis.memberships import Membership, Stint, When, fixed
from kpis.questions import Question
from tests.support.moving_rep import MOVED_ON, TODAY, moving_rep
from tests.support.opened_org import OpenedOrg, opened_org
from tests.support.random_org import FIRST, random_org


@pytest.fixture(scope="module")
def then(tmp_path_factory: pytest.TempPathFactory) -> OpenedOrg:
    return opened_org(moving_rep(), TODAY, tmp_path_factory.mktemp("then"), when="then")


@pytest.fixture(scope="module")
def now(tmp_path_factory: pytest.TempPathFactory) -> OpenedOrg:
    return opened_org(moving_rep(), TODAY, tmp_path_factory.mktemp("now"), when="now")


def value(org: OpenedOrg, kpi: str, who: str, period: str, show: str = "value") -> float | None:
    return org.answerer().answer(Question(kpi, who, period, show)).value


def values(org: OpenedOrg, kpi: str, whos: list[str], period: str, show: str = "value") -> list[float | None]:
    return [value(org, kpi, who, period, show) for who in whos]


TEAMS = ["team:West", "team:East", "team:Unspecified", ""]


def test_what_happened_counts_where_the_rep_was_on_that_day(then: OpenedOrg, now: OpenedOrg) -> None:
    assert values(then, "revenue", TEAMS, "2026-01") == [100.0, 0.0, 7.0, 107.0]
    assert values(then, "revenue", TEAMS, "2026-02") == [0.0, 340.0, 0.0, 340.0]
    assert values(then, "revenue", TEAMS, "2026-Q1") == [100.0, 340.0, 7.0, 447.0]
    assert values(now, "revenue", TEAMS, "2026-Q1") == [0.0, 440.0, 7.0, 447.0]
    assert values(then, "revenue", ["region:EMEA", "region:Americas"], "2026-Q1") == [100.0, 340.0]
    assert values(then, "win_rate", TEAMS[:2], "2026-02") == [0.0, 1.0]
    assert value(then, "revenue", "Ann Lee", "2026-Q1") == 140.0


def test_what_is_open_leaves_the_old_team_and_joins_the_new_one_with_the_rep(then: OpenedOrg) -> None:
    last_day = MOVED_ON - timedelta(days=1)
    assert values(then, "open_opportunities", TEAMS, str(last_day)) == [3.0, 0.0, 0.0, 3.0]
    assert values(then, "open_opportunities", TEAMS, str(MOVED_ON)) == [1.0, 2.0, 0.0, 3.0]
    assert values(then, "open_opportunities", TEAMS, "2026-02-20") == [0.0, 1.0, 0.0, 1.0]
    assert values(then, "open_opportunities", TEAMS, "2026-Q1") == [0.0, 1.0, 0.0, 1.0]


def test_crossed_slices_follow_the_rep_too(then: OpenedOrg) -> None:
    crossed = ["team:West & market:retail", "team:East & market:retail", "Ann Lee & team:West", "Ann Lee & team:East"]
    assert values(then, "revenue", crossed, "2026-Q1") == [100.0, 340.0, 100.0, 40.0]
    assert values(then, "open_opportunities", crossed, str(MOVED_ON)) == [1.0, 2.0, 0.0, 2.0]
    groups = ["region:EMEA & team:West", "region:Americas & team:East", "region:Americas & team:West"]
    assert values(then, "revenue", groups, "2026-Q1") == [100.0, 340.0, 0.0]
    assert values(then, "open_opportunities", groups, str(MOVED_ON)) == [1.0, 2.0, 0.0]


def test_a_target_goes_along_by_business_days(then: OpenedOrg, now: OpenedOrg) -> None:
    """February 2026 has 20 business days, 6 of them before the 10th."""
    assert values(then, "revenue", TEAMS[:2], "2026-02", "target") == pytest.approx([6.0, 14.0])
    assert values(now, "revenue", TEAMS[:2], "2026-02", "target") == [None, 20.0]


def test_customers_kept_are_those_of_the_team_that_had_them_before(then: OpenedOrg) -> None:
    """A rep who moves is no loss of customers to the old team, nor does the new one keep more than it had."""
    assert values(then, "customer_retention_rate", TEAMS[:2], "2026-02") == [1.0, None]
    assert values(then, "customer_retention_rate", TEAMS[:2], "2026-03") == [None, 1.0]


@pytest.mark.parametrize("who", ["team:West", "team:East", "region:EMEA & market:retail", "Ann Lee & team:East"])
@pytest.mark.parametrize("kpi", ["revenue", "open_opportunities", "win_rate", "quota_attainment", "sales_velocity"])
def test_explanations_say_how_teams_are_taken_and_recount_to_the_number(then: OpenedOrg, who: str, kpi: str) -> None:
    found = explain(then.answerer(), then.facts, Question(kpi, who, "2026-02"))
    assert found.check is not None
    assert found.check.equals
    assert found.membership["en"].startswith("Teams and regions are as they were then")
    assert found.membership["fr"].startswith("Équipes et régions telles qu'elles étaient alors")


def test_the_default_is_said_too_and_nothing_of_slices_without_a_team(then: OpenedOrg, now: OpenedOrg) -> None:
    found = explain(now.answerer(), now.facts, Question("revenue", "team:East", "2026-Q1"))
    assert found.membership["en"].startswith("Teams and regions are as they are now")
    assert explain(then.answerer(), then.facts, Question("revenue", "Bob Ray", "2026-Q1")).membership == {}


def test_a_bridge_takes_a_team_apart_by_what_its_reps_did_in_it(then: OpenedOrg) -> None:
    found = bridge(then.answerer(), Question("revenue", "team:East", "2026-Q1"), "2025-Q4", "rep")
    assert isinstance(found, Bridge)
    assert {(one.member, one.value) for one in found.contributions} == {("Ann Lee", 40.0), ("Bob Ray", 300.0)}
    assert found.residual == 0


def test_a_key_for_a_team_shows_the_reps_that_are_in_it_today(then: OpenedOrg) -> None:
    assert then.answerer("team:East").answer(Question("revenue", "Ann Lee", "2026-Q1")).value == 140.0
    west = then.answerer("team:West")
    assert west.answer(Question("revenue", "Ann Lee", "2026-Q1")).state == "not_allowed"
    assert west.answer(Question("revenue", "Ann Lee & team:West", "2026-Q1")).value == 100.0
    assert then.answerer("region:EMEA").answer(Question("revenue", "team:West", "2026-Q1")).value == 100.0


def test_a_team_that_had_a_rep_in_another_region_lies_in_none(tmp_path: Path) -> None:
    tables = moving_rep()
    tables["rep_history"][1] = {**tables["rep_history"][1], "team": "West"}
    org = opened_org(tables, TODAY, tmp_path, when="then")
    for region in ("EMEA", "Americas"):
        assert org.answerer(f"region:{region}").answer(Question("revenue", "team:West")).state == "not_allowed"


def moved_by(rows: list[dict[str, object]], when: When, folder: Path) -> list[float | None]:
    org = opened_org({**moving_rep(), "rep_history": rows}, TODAY, folder, when=when)
    return values(org, "revenue", TEAMS, "2026-Q1")


def test_a_history_is_read_as_it_says(tmp_path: Path) -> None:
    def row(key: str, day: date, team: str | None, rep: str = "sf:ann") -> dict[str, object]:
        return {"id": key, "rep": rep, "started_on": day, "team": team, "region": None}

    first, moved = row("sheet:1", date(2026, 1, 25), "West"), row("sheet:2", MOVED_ON, "East")
    assert moved_by([first, moved], "then", tmp_path / "0") == [100.0, 340.0, 7.0, 447.0], "before it, the first row"
    assert moved_by([], "then", tmp_path / "1") == [0.0, 440.0, 7.0, 447.0], "without it, as now"
    blank = row("sheet:3", date(2026, 2, 11), None)
    assert moved_by([first, moved, blank], "then", tmp_path / "2")[:2] == [100.0, 340.0], "a blank says nothing"
    none = row("sheet:3", date(2026, 2, 11), "")
    assert moved_by([first, moved, none], "then", tmp_path / "3")[1:3] == [300.0, 47.0], "in no team since"
    again = row("sheet:4", MOVED_ON, "West")
    assert moved_by([first, moved, again], "then", tmp_path / "4")[:2] == [140.0, 300.0], "the last id of a day"
    kept = [row("kept:sf:ann:1", date(2026, 1, 1), "Nowhere"), row("kept:sf:cy:1", date(2026, 1, 1), "West", "sf:cy")]
    assert moved_by([first, moved, *kept], "then", tmp_path / "5")[:2] == [100.0, 340.0], "a listed history counts"
    named = row("sheet:5", MOVED_ON, "East", "ann lee")
    assert moved_by([first, named], "then", tmp_path / "6")[:2] == [100.0, 340.0], "reps go by their names too"


@pytest.mark.parametrize("seed", range(700, 703))
def test_on_every_day_the_teams_have_what_the_company_has_and_none_less_than_nothing(
    seed: int, tmp_path: Path
) -> None:
    org, chance = random_org(seed), random.Random(seed)
    moves = [
        {
            "id": f"sheet:{rep['id']}:{step}", "rep": rep["id"],
            "started_on": FIRST + timedelta(days=chance.randrange(400)),
            "team": chance.choice(["West", "East", "North", ""]), "region": chance.choice(["EMEA", "Americas", ""]),
        }
        for rep in org.tables["rep"]
        for step in range(4)
    ]  # fmt: skip
    answerer = opened_org({**org.tables, "rep_history": moves}, org.today, tmp_path, when="then").answerer()
    assert not answerer.cube.groups_of_reps("team").is_fixed
    days = [str(FIRST + timedelta(days=day)) for day in range(0, (org.today - FIRST).days, 3)]
    for dimension in ("team", "region"):
        whos = [f"{dimension}:{member.id or 'Unspecified'}" for member in answerer.cube.members(dimension).all]
        found = answerer.values(["open_opportunities"], ["", *whos], days, ["value"])[0]
        table = np.array(found, dtype=np.float64).reshape(len(whos) + 1, len(days))
        known = ~np.isnan(table[0])
        assert known.sum() > 20
        assert np.array_equal(table[0, known], table[1:, known].sum(axis=0))
        assert table[1:, known].min() >= 0


def test_who_moves_is_in_the_group_of_the_last_move_by_then() -> None:
    chance = random.Random(5)
    first = np.array([chance.randrange(4) for _ in range(6)])
    steps = sorted({(chance.randrange(6), chance.randrange(-5, 60)): chance.randrange(4) for _ in range(14)}.items())
    moved = Membership(
        first, np.array([(rep << 20) + day + 2**19 for (rep, day), _ in steps]), np.array([g for _, g in steps])
    )

    def group(rep: int, day: int) -> int:
        return ([int(first[rep])] + [g for (who, on), g in steps if who == rep and on <= day])[-1]

    for day in range(-10, 70):
        expected = [group(rep, day) for rep in range(6)]
        assert moved.on(day).tolist() == expected
        some = np.array([3, 3, 0, 5])
        assert moved.lifted(some).on(day).tolist() == [expected[rep] for rep in some]
        assert moved.crossed(moved.lifted(np.arange(6)[::-1]), 4).on(day).tolist() == [
            left * 4 + right for left, right in zip(expected, expected[::-1], strict=True)
        ]
        inside = [rep for stint in moved.stints([1, 2]) if stint.first <= day <= stint.last for rep in stint.members]
        assert sorted(inside) == [rep for rep in range(6) if expected[rep] in {1, 2}]
    assert fixed(first).is_fixed
    assert fixed(np.array([2, 1, 2])).stints([2]) == [Stint(-9_999_999, 9_999_999, (0, 2))]
