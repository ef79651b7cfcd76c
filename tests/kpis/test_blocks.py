"""Blocks and samples against the plainest sums, sorts and sets."""

from __future__ import annotations

from collections import Counter
from statistics import quantiles

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from kpis.blocks import ROWS, Block, block_of, bounds, combined, negated, order_of, recoded
from kpis.memberships import fixed, rolled_up
from kpis.samples import distinct_sample, quantile_sample

Row = tuple[int, int, float]  # member, day, value
ROW = st.tuples(
    st.integers(0, 5), st.integers(-3, 12), st.integers(-(10**9), 10**9).map(lambda cents: cents / 100)
)  # fmt: skip
ROW_LISTS = st.lists(ROW, max_size=30)
RANGES = st.tuples(st.integers(0, 5), st.integers(-5, 14), st.integers(0, 20))


def integers(*values: int) -> NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def columns(rows: list[Row]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    members, days, values = zip(*rows, strict=True) if rows else ((), (), ())
    return integers(*members), integers(*days), np.array(values, dtype=np.float64)


def block(rows: list[Row]) -> Block:
    members, days, values = columns(rows)
    return block_of(members, days, (ROWS, "amount"), np.stack([np.ones(len(rows)), values]))


def amount(of: Block, member: int, first: int, last: int) -> float:
    start, end = bounds(of.keys, integers(member), integers(first), integers(last))
    return float(of.sums("amount", start, end)[0])


@given(ROW_LISTS, RANGES)
def test_a_block_sums_any_days_of_any_member_exactly(rows: list[Row], asked: tuple[int, int, int]) -> None:
    member, first, length = asked
    inside = [value for of, day, value in rows if of == member and first <= day <= first + length]
    assert amount(block(rows), member, first, first + length) == round(sum(round(v * 100) for v in inside)) / 100


@given(ROW_LISTS, ROW_LISTS, ROW_LISTS)
def test_what_is_added_and_taken_away_leaves_the_block_of_what_is_left(
    kept: list[Row], gone: list[Row], came: list[Row]
) -> None:
    changed = combined(block(kept + gone), negated(block(gone)), block(came))
    anew = block(kept + came)
    assert np.array_equal(changed.keys, anew.keys)
    for row, units in enumerate(zip(changed.units, anew.units, strict=True)):
        assert np.array_equal(changed.entry_sums()[row] / units[0], anew.entry_sums()[row] / units[1])


@given(ROW_LISTS)
def test_groups_sum_their_members(rows: list[Row]) -> None:
    groups = integers(0, 1, 1, 0, 2, 2)
    of_groups = rolled_up(block(rows), fixed(groups))
    anew = block([(int(groups[member]), day, value) for member, day, value in rows])
    assert np.array_equal(of_groups.keys, anew.keys)
    for member in range(3):
        assert amount(of_groups, member, -5, 20) == amount(anew, member, -5, 20)
    assert recoded(of_groups, integers(0, 1, 2)) is of_groups


@given(st.lists(st.integers(-(2**62), 2**62), max_size=50))
def test_keys_are_put_in_order_and_equal_ones_stay_in_theirs(keys: list[int]) -> None:
    assert order_of(integers(*keys)).tolist() == sorted(range(len(keys)), key=keys.__getitem__)


@given(ROW_LISTS, RANGES)
def test_a_quantile_is_exact_and_a_count_of_different_values_too(
    rows: list[Row], asked: tuple[int, int, int]
) -> None:
    member, first, length = asked
    members, days, values = columns(rows)
    inside = [value for of, day, value in rows if of == member and first <= day <= first + length]
    sample = quantile_sample(members, days, values)
    range_of = bounds(sample.keys, integers(member), integers(first), integers(first + length))
    median, last_tenth = (float(sample.quantiles(share, *range_of)[0]) for share in (0.5, 0.9))
    if len(inside) > 1:
        tenths = quantiles(inside, n=10, method="inclusive")
        assert np.allclose([median, last_tenth], [tenths[4], tenths[8]], rtol=1e-12, atol=1e-9)
    elif inside:
        assert (median, last_tenth) == (inside[0], inside[0])
    else:
        assert np.isnan(median)
    kinds = integers(*(int(value) % 4 for value in values))
    different = distinct_sample(members, days, kinds, np.ones_like(kinds))
    range_of = bounds(different.keys, integers(member), integers(first), integers(first + length))
    found = float(different.counts(integers(first), *range_of)[0])
    asked_kinds = Counter(
        int(kind) for of, day, kind in zip(members, days, kinds, strict=True)
        if of == member and first <= day <= first + length
    )  # fmt: skip
    assert found == len(asked_kinds)


def test_one_very_large_number_leaves_the_others_their_cents() -> None:
    of = block([(0, 1, 1e14), (0, 2, 3.25)])
    assert (amount(of, 0, 1, 1), amount(of, 0, 2, 2)) == (1e14, 3.25)
