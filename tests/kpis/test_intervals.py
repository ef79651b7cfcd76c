"""Intervals: against formulas written another way, against printed tables, and by how often they hold the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.intervals import Z, quantile_ranks, quotient_spread, student, student_quantile, wilson
from kpis.samples import quantile_sample
from tests.support.plain_intervals import mean_interval, quantile_interval, share_interval, t_quantile


@pytest.mark.parametrize(
    ("freedom", "printed"),
    [(1, 12.706205), (2, 4.302653), (3, 3.182446), (5, 2.570582), (9, 2.262157), (10, 2.228139), (29, 2.045230),
     (30, 2.042272), (40, 2.021075), (41, 2.019541), (60, 2.000298), (120, 1.979930), (1000, 1.962339)],
)  # fmt: skip
def test_student_quantiles_are_those_of_the_tables(freedom: int, printed: float) -> None:
    assert student_quantile(np.array([freedom]))[0] == pytest.approx(printed, abs=6e-7)
    assert t_quantile(freedom) == pytest.approx(printed, abs=2e-6)


@given(st.integers(1, 400).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_a_share_lies_where_the_score_test_would_not_reject_it(case: tuple[int, int]) -> None:
    hits, trials = case
    low, high = (side[0] for side in wilson(np.array([float(hits)]), np.array([float(trials)])))
    assert (low, high) == pytest.approx(share_interval(hits, trials), abs=1e-9)
    assert 0 <= low <= hits / trials <= high <= 1


@given(st.lists(st.floats(-1e5, 1e5).map(lambda value: round(value, 2)), min_size=2, max_size=30))
def test_a_mean_has_the_interval_that_two_passes_over_its_rows_give(values: list[float]) -> None:
    rows, mean = np.array(values), np.array([sum(values) / len(values)])
    count = np.array([float(len(values))])
    spread = quotient_spread(mean, np.array([float(rows @ rows)]), np.array([float(rows.sum())]), count)
    low, high = (side[0] for side in student(mean, count, spread, count))
    scale = max(1.0, *map(abs, values))
    assert (low, high) == pytest.approx(mean_interval(values, [1.0] * len(values)), abs=2e-5 * scale)


@pytest.mark.parametrize("quantile", [0.5, 0.25, 0.9])
@pytest.mark.parametrize("count", [0, 1, 5, 6, 7, 12, 13, 40, 101])
def test_the_ranks_about_a_quantile_are_the_narrowest_that_binomial_chances_allow(
    count: int, quantile: float
) -> None:
    assert quantile_ranks(count, quantile) == quantile_interval(range(1, count + 1), quantile)


def test_a_million_values_have_ranks_too() -> None:
    low, high = quantile_ranks(1_000_000, 0.5) or (0, 0)
    assert (low, high) == (500_000 - round(Z * 500), 500_001 + round(Z * 500))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-50, 50)), max_size=60), st.integers(1, 20))
def test_values_at_ranks_are_those_of_sorted_lists(rows: list[tuple[int, int]], rank: int) -> None:
    members = np.array([member for member, _ in rows], dtype=np.int64)
    values = np.array([float(value) for _, value in rows])
    order = np.lexsort((values, members))
    sample = quantile_sample(members, np.zeros_like(members), values)
    start = np.searchsorted(members[order], np.arange(4), side="left")
    end = np.searchsorted(members[order], np.arange(4), side="right")
    found = sample.at_ranks(start, end, np.full(4, rank))
    for member in range(4):
        own = sorted(value for key, value in rows if key == member)
        assert math.isnan(found[member]) if rank > len(own) else found[member] == own[rank - 1]


@pytest.mark.parametrize(("chance", "trials"), [(0.5, 20), (0.1, 30), (0.03, 100), (0.8, 12)])
def test_wilson_holds_the_truth_about_95_times_of_100(chance: float, trials: int) -> None:
    hits = np.random.default_rng(7).binomial(trials, chance, 20_000).astype(np.float64)
    low, high = wilson(hits, np.full_like(hits, trials))
    assert 0.93 <= float(np.mean((low <= chance) & (chance <= high))) <= 0.985


@pytest.mark.parametrize("count", [3, 10, 40])
def test_student_holds_the_mean_95_times_of_100(count: int) -> None:
    rows = np.random.default_rng(8).normal(100, 15, (20_000, count))
    means, counts = rows.mean(axis=1), np.full(20_000, float(count))
    spread = quotient_spread(means, (rows**2).sum(axis=1), rows.sum(axis=1), counts)
    low, high = student(means, counts, spread, counts)
    assert float(np.mean((low <= 100) & (high >= 100))) == pytest.approx(0.95, abs=0.006)


@pytest.mark.parametrize("count", [6, 15, 60])
def test_order_statistics_hold_the_median_at_least_95_times_of_100_whatever_the_values(count: int) -> None:
    rows = np.sort(np.random.default_rng(9).lognormal(3, 2, (20_000, count)), axis=1)
    low, high = quantile_ranks(count, 0.5) or (0, 0)
    truth = math.exp(3)
    assert float(np.mean((rows[:, low - 1] <= truth) & (rows[:, high - 1] >= truth))) >= 0.947
    assert quantile_interval(rows[0].tolist(), 0.5) == (rows[0, low - 1], rows[0, high - 1])


def test_a_quotient_of_two_sums_holds_the_true_quotient_95_times_of_100() -> None:
    chance = np.random.default_rng(10)
    bottom = chance.uniform(50, 150, (10_000, 60))
    top = bottom * 0.3 + chance.normal(0, 10, bottom.shape)
    quotient, divisor, counts = top.sum(axis=1) / bottom.sum(axis=1), bottom.sum(axis=1), np.full(10_000, 60.0)
    spread = quotient_spread(quotient, (top**2).sum(axis=1), (top * bottom).sum(axis=1), (bottom**2).sum(axis=1))
    low, high = student(quotient, divisor, spread, counts)
    assert float(np.mean((low <= 0.3) & (high >= 0.3))) == pytest.approx(0.95, abs=0.01)
    assert (low[0], high[0]) == pytest.approx(mean_interval(top[0].tolist(), bottom[0].tolist()), rel=1e-9)
