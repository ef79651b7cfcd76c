"""A bridge's contributions sum to the change exactly, whatever the KPI, the slice and the dimension."""

from __future__ import annotations

import math
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpis.additivity import adds_up_over_members
from kpis.bridge import Bridge, bridge, shortened
from kpis.definitions import DIMENSIONS
from kpis.effects import Contribution
from kpis.errors import QuestionError
from kpis.memberships import WHENS
from kpis.questions import Answer, Question
from tests.support.canonical import Row
from tests.support.opened_org import CATALOGUE, OpenedOrg, opened_org
from tests.support.random_org import random_org
from tests.support.six_deals import TODAY, deal, six_deals

ORG_COUNT = 6
PERIODS = (
    "2024",
    "2024-Q3",
    "2025-Q1",
    "this quarter",
    "MTD",
    "2024-11",
    "2024-10-05..2024-12-24",
    "2024-W40",
    "2025",
)
AGAINST = ("", "year ago", "2024-Q1", "last quarter", "2024-02-29")
WHOS = (
    "",
    "team:West",
    "region:EMEA",
    "market:retail",
    "kind:upsell",
    "product:unspecified",
    "team:West & source:Web",
)


@cache
def org_of(seed: int) -> OpenedOrg:
    org = random_org(seed)
    return opened_org(org.tables, org.today, Path(mkdtemp()) / "org", when=WHENS[seed % 2])


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> OpenedOrg:
    return opened_org(six_deals(), TODAY, tmp_path_factory.mktemp("six"))


def bridged(org: OpenedOrg, kpi: str, period: str, against: str = "", *, who: str = "", by: str = "rep") -> Bridge:
    found = bridge(org.answerer(), Question(kpi, who, period), against, by)
    assert isinstance(found, Bridge)
    return found


def effects(found: Bridge) -> set[tuple[object, ...]]:
    return {(one.member, one.effect, one.before, one.after, round(one.value, 12)) for one in found.contributions}


@settings(max_examples=400, deadline=None)
@given(
    st.integers(0, ORG_COUNT - 1), st.sampled_from(sorted(CATALOGUE.kpis)), st.sampled_from(WHOS),
    st.sampled_from(PERIODS), st.sampled_from(AGAINST), st.sampled_from(("", "", "company", *DIMENSIONS)),
)  # fmt: skip
def test_the_contributions_of_any_bridge_sum_to_the_change(  # noqa: PLR0917 one parameter a draw
    seed: int, kpi: str, who: str, period: str, against: str, by: str
) -> None:
    try:
        found = bridge(org_of(seed).answerer(), Question(kpi, who, period), against, by)
    except QuestionError:
        return  # this organisation has no such member, or the KPI cannot be split so
    assert isinstance(found, Bridge)
    if found.change is None:
        assert found.reason
        assert not found.contributions
        return
    assert found.after == found.answer.value
    sizes = [1.0, abs(found.change), *(abs(one.value) for one in found.contributions)]
    assert found.residual is not None
    assert abs(found.residual) <= 1e-9 * max(sizes)
    assert all(math.isfinite(size) for size in sizes)
    assert shortened(found, 2).residual == pytest.approx(found.residual, abs=1e-9 * max(sizes))


@pytest.mark.parametrize("kpi", [one for one in CATALOGUE.kpis if adds_up_over_members(CATALOGUE, one)])
def test_what_adds_up_leaves_nothing_beside_its_reps_but_targets(kpi: str) -> None:
    definition = CATALOGUE.kpis[kpi]
    if "rep" not in definition.dimensions or kpi in {"quota_gap", "reps_ramping"}:
        return
    for seed in range(ORG_COUNT):
        assert all(one.effect != "rest" for one in bridged(org_of(seed), kpi, "2024-Q3").contributions)


def test_a_sum_changes_by_what_each_member_changed_new_and_gone_ones_and_nobody_too(small: OpenedOrg) -> None:
    found = bridged(small, "revenue", "2026-Q1")
    assert (found.before, found.after, found.change, found.residual) == (200.0, 440.0, 240.0, 0.0)
    assert effects(found) == {
        ("Bob Ray", "new", 0.0, 300.0, 300.0), ("Ann Lee", "change", 200.0, 100.0, -100.0),
        ("Unspecified", "new", 0.0, 40.0, 40.0),
    }  # fmt: skip
    assert [one.member for one in found.contributions] == ["Bob Ray", "Ann Lee", "Unspecified"]
    assert bridged(small, "revenue", "2025-Q4", "2026-Q1").contributions[0].effect == "gone"


def test_a_rate_splits_into_mix_and_rate_at_the_middle_of_both_periods(tmp_path: Path) -> None:
    tables = {
        **six_deals(),
        "opportunity": _quarter(2, won=(6, 2), lost=(2, 6)) + _quarter(5, won=(2, 6), lost=(2, 6)),
    }
    found = bridged(opened_org(tables, date(2026, 7, 1), tmp_path / "org"), "win_rate", "2026-Q2")
    assert (found.before, found.after) == (0.5, 0.5)
    # Ann fell from 75 % to 50 % and from half of the deals to a quarter of them; Bob's 25 % rose to 50 %.
    assert effects(found) == {
        ("Ann Lee", "rate", 0.75, 0.5, round(-0.25 * 0.375, 12)),
        ("Ann Lee", "mix", 0.5, 0.25, round(-0.25 * (0.625 - 0.5), 12)),
        ("Bob Ray", "rate", 0.25, 0.5, round(0.25 * 0.625, 12)),
        ("Bob Ray", "mix", 0.5, 0.75, round(0.25 * (0.375 - 0.5), 12)),
    }


def _quarter(month: int, won: tuple[int, int], lost: tuple[int, int]) -> list[Row]:
    rows = []
    for owner, wins, losses in zip(("sf:ann", "sf:bob"), won, lost, strict=True):
        for number in range(wins + losses):
            outcome = "won" if number < wins else "lost"
            rows.append(deal(f"sf:{month}{owner}{number}", "", owner, date(2026, month, 9), outcome, 10.0))
    return rows


def test_a_numerator_over_what_belongs_to_nobody_is_volume(small: OpenedOrg) -> None:
    found = bridged(small, "average_revenue_per_account", "2026-Q1", by="team")
    # Revenue 200 -> 440 over 1 -> 1 account: all of it is volume.
    assert effects(found) == {
        ("West", "volume", 200.0, 100.0, -100.0), ("East", "volume", 0.0, 300.0, 300.0),
        ("Unspecified", "volume", 0.0, 40.0, 40.0),
    }  # fmt: skip


def test_other_formulas_split_by_their_measures_and_members(small: OpenedOrg) -> None:
    found = bridged(small, "sales_velocity", "2026-Q1")
    parts = {(one.member, one.part) for one in found.contributions if one.effect == "part"}
    assert ("Bob Ray", "won_amount") in parts
    assert found.residual == pytest.approx(0, abs=1e-9)
    whole = bridged(small, "revenue", "2026-Q1", by="company")
    assert whole.contributions == (Contribution("", "part", 200.0, 440.0, 240.0, "won_amount"),)


def test_the_default_bridge_is_the_change_that_cells_show(small: OpenedOrg) -> None:
    for period in ("2026-Q1", "this month", "2026"):
        shown = small.answerer().answer(Question("revenue", "", period, "change")).value
        assert bridged(small, "revenue", period).change == shown


def test_a_team_splits_into_its_reps_and_a_rep_by_what_is_left(small: OpenedOrg) -> None:
    team = bridged(small, "revenue", "2026-Q1", who="team:West", by="")
    assert (team.dimension, [one.member for one in team.contributions]) == ("rep", ["Ann Lee"])
    assert bridged(small, "revenue", "2026-Q1", who="Ann Lee", by="").dimension not in {"rep", "team", "region"}
    with pytest.raises(QuestionError, match="cannot be split by rep"):
        bridged(small, "revenue", "2026-Q1", who="Ann Lee")
    with pytest.raises(QuestionError, match="is no dimension"):
        bridged(small, "revenue", "2026-Q1", by="colour")


def test_without_a_value_there_is_no_bridge_but_a_reason(small: OpenedOrg) -> None:
    found = bridged(small, "win_rate", "2026-02", "2026-04")
    assert (found.state, found.contributions) == ("zero_denominator", ())
    assert "2026-04" in found.reason


def test_a_limited_caller_bridges_its_own_slice_alone(small: OpenedOrg) -> None:
    inside = bridge(small.answerer("team:West"), Question("revenue", "team:West", "2026-Q1"))
    assert isinstance(inside, Bridge)
    outside = bridge(small.answerer("team:West"), Question("revenue", "team:East", "2026-Q1"))
    assert isinstance(outside, Answer)
    assert outside.state == "not_allowed"
