"""Samples: values by member and day, for what cannot be added up: quantiles and numbers of different values.

Both kinds answer many questions at once: the entries of all asked ranges are laid end to end and worked on together,
each different range once. Needs numpy alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kpis.blocks import FIRST_DAY, Integers, Numbers, days_of, keys_of, members_of, order_of

_LAID_OUT: Final = 4_000_000
"""How many entries are laid end to end at a time; bounds the memory of one question to some 100 MB."""
_NEVER: Final = FIRST_DAY - 1


@dataclass(frozen=True, slots=True)
class QuantileSample:
    """One entry is one row's value; entries lie in the order of member, day, value."""

    keys: Integers
    values: Numbers

    def quantiles(self, quantile: float, start: Integers, end: Integers) -> Numbers:
        """Return the exact quantile of each range, between two values by linear interpolation; nan of no values."""
        ranges, inverse = different_ranges(start, end)
        found = np.full(len(ranges), np.nan)
        for part in ranges_in_parts(ranges):
            places, owner = laid_out(ranges[part])
            values = self.values[places]
            values = values[np.lexsort((values, owner))]
            found[part] = _interpolated(values, ranges[part, 1] - ranges[part, 0], quantile)
        return found[inverse]

    def at_ranks(self, start: Integers, end: Integers, ranks: Integers) -> Numbers:
        """Return of each range the value at a place in ascending order, from 1; nan where it has none there."""
        ranges, inverse = different_ranges(start, end, ranks)
        found = np.full(len(ranges), np.nan)
        lengths = ranges[:, 1] - ranges[:, 0]
        for part in ranges_in_parts(ranges):
            places, owner = laid_out(ranges[part])
            values = self.values[places]
            values = values[np.lexsort((values, owner))]
            first = np.cumsum(lengths[part]) - lengths[part]
            has_one = (ranges[part, 2] >= 1) & (ranges[part, 2] <= lengths[part])
            found[part][has_one] = values[(first + ranges[part, 2] - 1)[has_one]]
        return found[inverse]

    def counts(self, start: Integers, end: Integers) -> Numbers:
        """Return how many values each range has."""
        return (end - start).astype(np.float64)

    def counts_above(self, start: Integers, end: Integers, bound: Integers) -> Numbers:
        """Return how many values of each range exceed its bound."""
        ranges, inverse = different_ranges(start, end, bound)
        found = np.zeros(len(ranges))
        for part in ranges_in_parts(ranges):
            places, owner = laid_out(ranges[part])
            is_above = self.values[places] > ranges[part, 2][owner]
            found[part] = np.bincount(owner, weights=is_above, minlength=len(ranges[part]))
        return found[inverse]


@dataclass(frozen=True, slots=True)
class DistinctSample:
    """One entry is one (member, day, value) that occurs, in this order.

    ``before`` is the last earlier day on which the member had the same value, ``rows`` how many rows say so.
    """

    keys: Integers
    values: Integers
    before: Integers
    rows: Integers

    def counts(self, first: Integers, start: Integers, end: Integers) -> Numbers:
        """Return the number of different values in each range; ``first`` are the days on which the ranges begin."""
        ranges, inverse = different_ranges(start, end, first)
        found = np.zeros(len(ranges))
        for part in ranges_in_parts(ranges):
            places, owner = laid_out(ranges[part])
            is_new = self.before[places] < ranges[part, 2][owner]
            found[part] = np.bincount(owner, weights=is_new, minlength=len(ranges[part]))
        return found[inverse]


def quantile_sample(members: Integers, days: Integers, values: Numbers) -> QuantileSample:
    """Make a sample of rows in any order; it is faster if they come in the order of their values."""
    keys = keys_of(members, days)
    is_ordered = not np.any(values[1:] < values[:-1])
    order = order_of(keys, None if is_ordered else np.argsort(values, kind="stable"))
    return QuantileSample(keys[order], values[order])


def changed_quantiles(old: QuantileSample, gone: QuantileSample, came: QuantileSample) -> QuantileSample:
    """Return the sample without the values that went, which must be in it, and with those that came.

    What has the key of a change is put into order anew; all else stays as it lies.
    """
    touched = places_with(old.keys, gone.keys, came.keys)
    keys = np.concatenate([old.keys[touched], gone.keys, came.keys])
    values = np.concatenate([old.values[touched], gone.values, came.values])
    counts = signs(len(touched), len(gone.keys), len(came.keys))
    order = np.lexsort((values, keys))
    keys, values, counts = keys[order], values[order], counts[order]
    starts = np.flatnonzero(is_first(keys, values))
    left = np.add.reduceat(counts, starts) if len(starts) else counts
    keys, values = np.repeat(keys[starts], left), np.repeat(values[starts], left)
    kept = np.delete(old.keys, touched)
    places = np.searchsorted(kept, keys)
    return QuantileSample(np.insert(kept, places, keys), np.insert(np.delete(old.values, touched), places, values))


def changed_distinct(old: DistinctSample, gone: DistinctSample, came: DistinctSample) -> DistinctSample:
    """Return the sample without the rows that went, which must be in it, and with those that came.

    What has the member and value of a change is made anew; all else stays as it lies.
    """
    touched = _places_with_pairs(old, gone, came)
    keys = np.concatenate([old.keys[touched], gone.keys, came.keys])
    values = np.concatenate([old.values[touched], gone.values, came.values])
    rows = np.concatenate([old.rows[touched], -gone.rows, came.rows])
    new = distinct_sample(members_of(keys), days_of(keys), values, rows)
    others = (np.delete(column, touched) for column in (old.keys, old.values, old.before, old.rows))
    keys, values, before, rows = others
    places = _places_for(new.keys, new.values, keys, values)
    return DistinctSample(
        np.insert(keys, places, new.keys),
        np.insert(values, places, new.values),
        np.insert(before, places, new.before),
        np.insert(rows, places, new.rows),
    )


def signs(touched: int, gone: int, came: int) -> Integers:
    """Return how often rows count that were there, went and came, one after the other."""
    return np.repeat(np.array([1, -1, 1], dtype=np.int64), [touched, gone, came])


def is_first(*columns: Integers | Numbers) -> NDArray[np.bool_]:
    """Tell of each row, in order, whether any column differs from the row before."""
    found = np.ones(len(columns[0]), dtype=np.bool_)
    found[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return found


def places_with(keys: Integers, *changed: Integers) -> Integers:
    """Return the places in the sorted keys that have one of the changed ones."""
    different = np.unique(np.concatenate(changed))
    ranges = np.stack([np.searchsorted(keys, different), np.searchsorted(keys, different, side="right")], axis=1)
    return laid_out(ranges)[0]


def _places_with_pairs(old: DistinctSample, *changes: DistinctSample) -> Integers:
    """Return the places of the entries that have the member and value of a changed one."""
    values = np.unique(np.concatenate([change.values for change in changes]))
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    pairs = np.concatenate([_pairs(change.keys, change.values, values) for change in changes])
    near = np.minimum(np.searchsorted(values, old.values), len(values) - 1)
    places = np.flatnonzero(values[near] == old.values)
    return places[np.isin(members_of(old.keys[places]) * len(values) + near[places], pairs)]


def _pairs(keys: Integers, values: Integers, different: Integers) -> Integers:
    """Return one number for the member and value of each entry; the values are among the different ones."""
    return members_of(keys) * len(different) + np.searchsorted(different, values)


def _places_for(new_keys: Integers, new_values: Integers, keys: Integers, values: Integers) -> Integers:
    """Return where entries belong among others that lie in the order of key and value."""
    start, end = np.searchsorted(keys, new_keys), np.searchsorted(keys, new_keys, side="right")
    places, owner = laid_out(np.stack([start, end], axis=1))
    is_before = values[places] < new_values[owner]
    return np.asarray(start + np.bincount(owner, weights=is_before, minlength=len(start)), dtype=np.int64)


def placed_quantiles(sample: QuantileSample, members: Integers) -> QuantileSample:
    """Return the sample with each entry under another member, a member for each entry."""
    return quantile_sample(members, days_of(sample.keys), sample.values)


def placed_distinct(sample: DistinctSample, members: Integers) -> DistinctSample:
    """Return the sample with each entry under another member, a member for each entry."""
    return distinct_sample(members, days_of(sample.keys), sample.values, sample.rows)


def distinct_sample(members: Integers, days: Integers, values: Integers, rows: Integers) -> DistinctSample:
    """Make a sample of (member, day, value) with its number of rows, in any order; equal ones are added up.

    What no row says any more is left out. It is faster if values come in order.
    """
    order = order_of(members, order_of(values, order_of(days)))
    keys, values, rows = keys_of(members, days)[order], values[order], rows[order]
    starts = np.flatnonzero(is_first(keys, values))
    rows = np.add.reduceat(rows, starts) if len(starts) else rows
    kept = starts[rows != 0]
    keys, values, rows = keys[kept], values[kept], rows[rows != 0]
    before = _days_before(keys, values)
    order = order_of(keys)
    return DistinctSample(keys[order], values[order], before[order], rows[order])


def _days_before(keys: Integers, values: Integers) -> Integers:
    """Return for each entry the day of the one before it, if that has the same member and value."""
    members, days = members_of(keys), days_of(keys)
    before = np.full(len(keys), _NEVER, dtype=np.int64)
    is_same = (values[1:] == values[:-1]) & (members[1:] == members[:-1])
    before[1:][is_same] = days[:-1][is_same]
    return before


def different_ranges(start: Integers, end: Integers, *more: Integers) -> tuple[Integers, Integers]:
    """Return the different ranges, a row each, and for every asked range which of them it is."""
    ranges, inverse = np.unique(np.stack([start, end, *more], axis=1), axis=0, return_inverse=True)
    return ranges, inverse.reshape(-1)


def ranges_in_parts(ranges: Integers) -> list[slice]:
    """Cut the ranges into runs that lay out some millions of entries each, or one range if that alone is longer."""
    total = np.cumsum(ranges[:, 1] - ranges[:, 0])
    cuts = np.flatnonzero(np.diff(total // _LAID_OUT)) + 1
    edges = [0, *cuts.tolist(), len(ranges)]
    return [slice(first, last) for first, last in pairwise(edges) if first < last]


def laid_out(ranges: Integers) -> tuple[Integers, Integers]:
    """Return the places of all entries of these ranges, one range after the other, and of which range each is."""
    lengths = ranges[:, 1] - ranges[:, 0]
    owner = np.repeat(np.arange(len(ranges)), lengths)
    shifts = ranges[:, 0] - (np.cumsum(lengths) - lengths)
    return np.arange(len(owner)) + shifts[owner], owner


def _interpolated(values: Numbers, lengths: Integers, quantile: float) -> Numbers:
    """Return the quantile of each run of sorted values, nan of an empty run."""
    if not len(values):
        return np.full(len(lengths), np.nan)
    first = np.cumsum(lengths) - lengths
    place = np.maximum(lengths - 1, 0) * quantile
    lower = np.floor(place).astype(np.int64)
    low = values[np.minimum(first + lower, len(values) - 1)]
    high = values[np.minimum(first + np.minimum(lower + 1, np.maximum(lengths - 1, 0)), len(values) - 1)]
    return np.where(lengths > 0, low + (high - low) * (place - lower), np.nan)
