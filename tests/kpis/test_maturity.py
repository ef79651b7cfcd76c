"""Maturity: estimates of young cohorts against a product over single deals, and against what came of them later."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.cases import case_of
from kpis.maturity import LOST, OPEN, WON, Cohort, cohort_behind, cohort_of
from kpis.questions import Answer, Question
from tests.support.canonical import Row
from tests.support.opened_org import OpenedOrg, opened_org

DEALS = st.lists(st.tuples(st.integers(0, 12), st.sampled_from([OPEN, WON, LOST])), max_size=25)
TODAY = date(2026, 3, 31)


def cohort(deals: list[tuple[int, int]]) -> Cohort:
    ages, outcomes = (np.array([deal[side] for deal in deals], dtype=np.int64) for side in (0, 1))
    return cohort_of(ages, outcomes)


def brute_force(deals: list[tuple[int, int]]) -> tuple[Fraction, Fraction, Fraction]:
    """Return won, lost and still open shares, day by day, by following who is still open at each age."""
    staying, won, lost = Fraction(1), Fraction(0), Fraction(0)
    for age in range(13):
        open_still = [deal for deal in deals if deal[0] >= age]
        if not open_still:
            break
        wins = Fraction(sum(1 for deal in open_still if deal == (age, WON)), len(open_still))
        losses = Fraction(sum(1 for deal in open_still if deal == (age, LOST)), len(open_still))
        won += staying * wins
        lost += staying * losses
        staying *= 1 - wins - losses
    return won, lost, staying


@given(DEALS)
def test_the_estimate_is_the_product_over_days_and_deals(deals: list[tuple[int, int]]) -> None:
    found = cohort(deals)
    won, lost, staying = brute_force(deals)
    known = [outcome for _, outcome in deals if outcome != OPEN]
    assert (found.count, found.known) == (len(deals), len(known))
    assert found.known_share == (len(known) / len(deals) if deals else None)
    assert found.open_share == (pytest.approx(float(staying)) if deals else None)
    if not known:
        assert (found.win_rate, found.raw_win_rate, found.low, found.cycle_days) == (None, None, None, None)
        return
    assert found.win_rate == pytest.approx(float(won / (won + lost)))
    assert found.raw_win_rate == pytest.approx(known.count(WON) / len(known))
    assert found.low is not None
    assert found.high is not None
    assert found.low - 1e-12 <= (found.win_rate or 0) <= found.high + 1e-12


@given(DEALS)
def test_with_all_outcomes_known_the_estimate_is_the_raw_number(deals: list[tuple[int, int]]) -> None:
    found = cohort([deal for deal in deals if deal[1] != OPEN])
    if found.known:
        assert found.win_rate == pytest.approx(found.raw_win_rate)
        assert found.open_share == pytest.approx(0, abs=1e-12)
    if found.won:
        assert found.cycle_days == pytest.approx(found.raw_cycle_days)


@given(DEALS)
def test_the_median_is_the_first_age_at_which_half_have_an_outcome(deals: list[tuple[int, int]]) -> None:
    def staying(age: int) -> Fraction:
        return brute_force([(min(own, age), outcome if own <= age else OPEN) for own, outcome in deals])[2]

    expected = next((age for age in range(13) if deals and staying(age) <= Fraction(1, 2)), None)
    assert cohort(deals).median_days == expected


def drawn(chance: np.random.Generator, count: int) -> tuple[Cohort, float]:
    """Return a cohort seen after up to 90 days, whose quick deals are lost ones, and the win rate that it will have.

    Four of ten are won after about 60 days; the others are lost after about 15.
    """
    is_won = chance.random(count) < 0.4
    ends = np.where(is_won, chance.exponential(60, count), chance.exponential(15, count)).astype(np.int64)
    ages = chance.integers(0, 200, count)
    is_seen = ends <= ages
    outcomes = np.where(is_seen, np.where(is_won, WON, LOST), OPEN)
    return cohort_of(np.minimum(ends, ages), outcomes), 0.4


def test_the_estimate_comes_nearer_to_the_truth_than_the_raw_rate_and_its_interval_holds_it() -> None:
    chance = np.random.default_rng(11)
    held, raw, estimated = 0, 0.0, 0.0
    for _ in range(400):
        found, truth = drawn(chance, 400)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= truth <= found.high
        raw += abs((found.raw_win_rate or 0) - truth)
        estimated += abs((found.win_rate or 0) - truth)
    assert estimated < raw / 2
    assert 0.9 <= held / 400 <= 0.99


def test_the_spread_is_that_of_many_cohorts() -> None:
    chance = np.random.default_rng(12)
    found = [drawn(chance, 300)[0] for _ in range(600)]
    rates = np.array([one.win_rate for one in found])
    widths = np.array([(one.high or 0) - (one.low or 0) for one in found])
    assert float(rates.std()) == pytest.approx(float(widths.mean()) / 2 / 1.96, rel=0.1)


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> OpenedOrg:
    """Ann's deals of the first quarter of 2026: 4 won after 10 days, 6 lost after 40, 10 open; Bob's is of 2025."""
    rows: list[Row] = []
    for number, (owner, created, days, outcome) in enumerate([
        *[("ann", date(2026, 1, 5), 10, "won")] * 4, *[("ann", date(2026, 1, 5), 40, "lost")] * 6,
        *[("ann", date(2026, 3, 11), 60, "open")] * 10, ("bob", date(2025, 6, 1), 30, "won"),
    ]):  # fmt: skip
        rows.append(
            {
                "id": f"d{number}", "owner": owner, "amount": 10.0, "is_closed": outcome != "open",
                "is_won": outcome == "won", "close_date": created + timedelta(days=days),
                "created_at": datetime.combine(created, datetime.min.time(), UTC),
            }
        )  # fmt: skip
    reps = [{"id": key, "name": key.title(), "is_active": True} for key in ("ann", "bob")]
    tables: dict[str, list[Row]] = {"rep": [*reps], "opportunity": rows}
    return opened_org(tables, TODAY, tmp_path_factory.mktemp("maturity") / "org")


def behind(org: OpenedOrg, kpi: str, who: str, period: str) -> Cohort | None:
    case = case_of(org.answerer(), org.facts, Question(kpi, who, period))
    assert not isinstance(case, Answer)
    return cohort_behind(case)


def test_a_young_cohort_says_how_many_outcomes_are_known(org: OpenedOrg) -> None:
    answer = org.answerer().answer(Question("cohort_win_rate", "Ann", "2026-Q1"))
    assert (answer.value, answer.numerator, answer.denominator) == (0.4, 4, 10)
    assert answer.message == "50% of the opportunities created in the period have an outcome. small sample (n=10)"
    known = org.answerer().answer(Question("cohort_outcomes_known", "Ann", "2026-Q1"))
    assert (known.value, known.low, known.message) == (0.5, None, "")
    old = org.answerer().answer(Question("cohort_win_rate", "Bob", "2025-Q2"))
    assert (old.value, old.message) == (1, "small sample (n=1)")
    by_close = org.answerer().answer(Question("win_rate", "Ann", "2026-Q1"))
    assert by_close.message == "small sample (n=10)"


@pytest.mark.parametrize("kpi", ["win_rate", "sales_cycle_length", "sales_cycle_median", "cohort_win_rate"])
def test_the_cohort_behind_a_number_is_that_of_its_slice_and_period(org: OpenedOrg, kpi: str) -> None:
    found = behind(org, kpi, "Ann", "2026-Q1")
    assert found is not None
    assert (found.count, found.won, found.lost, found.raw_cycle_days) == (20, 4, 6, 10)
    # A fifth wins at 10 days; the ten open ones leave at 20 days; the six that are left all lose at 40.
    assert found.win_rate == pytest.approx(0.2)
    assert found.open_share == pytest.approx(0)
    assert (found.cycle_days, found.median_days) == (10, 40)
    assert behind(org, "revenue", "Ann", "2026-Q1") is None
    assert behind(org, kpi, "Bob", "2026-Q1") == cohort([])


def test_nothing_is_known_of_a_cohort_to_come(org: OpenedOrg, tmp_path: Path) -> None:
    found = behind(org, "win_rate", "", "2027-Q1")
    assert found is not None
    assert (found.count, found.known_share, found.win_rate, found.open_share) == (0, None, None, None)
