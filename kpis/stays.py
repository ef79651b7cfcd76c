"""Stays: from when to when something was there and whose it is, for what was there before a period and is still."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kpis.blocks import Integers, Numbers, days_of, keys_of, members_of, order_of
from kpis.samples import different_ranges, laid_out, ranges_in_parts

FOR_EVER: Final = 9_999_999
"""The day on which a stay ends that has no end."""


@dataclass(frozen=True, slots=True)
class StaySample:
    """One entry is a stay of one member, from the day in its key up to, and without, the day in ``ends``.

    ``values`` are numbers that say who stays; entries lie in the order of member, day, value, end.
    """

    keys: Integers
    values: Integers
    ends: Integers

    def survivors(self, first: Integers, until: Integers, start: Integers, end: Integers) -> Numbers:
        """Return how many different values are there both on the day before ``first`` and at the end of ``until``.

        ``start`` and ``end`` bound the stays of each member that began by ``until``.
        """
        ranges, inverse = different_ranges(start, end, first, until)
        found = np.zeros(len(ranges))
        for part in ranges_in_parts(ranges):
            places, owner = laid_out(ranges[part])
            begins, ends, values = days_of(self.keys[places]), self.ends[places], self.values[places]
            was = (begins < ranges[part, 2][owner]) & (ends >= ranges[part, 2][owner]) & (ends > begins)
            is_there = (ends > ranges[part, 3][owner]) & (ends > begins)
            stayed = owner[was & is_there]
            back = _in_both(owner, values, was & ~is_there, is_there & ~was)
            found[part] = np.bincount(np.concatenate([stayed, back]), minlength=len(ranges[part]))
        return found[inverse]


def stay_sample(members: Integers, days: Integers, values: Integers, ends: Integers) -> StaySample:
    """Make a sample of stays in any order."""
    keys = keys_of(members, days)
    order = order_of(keys, np.lexsort((ends, values)))
    return StaySample(keys[order], values[order], ends[order])


def recoded_stays(sample: StaySample, codes: Integers) -> StaySample:
    """Return the sample with each member under its new code, or in its group."""
    return stay_sample(codes[members_of(sample.keys)], days_of(sample.keys), sample.values, sample.ends)


def changed_stays(old: StaySample, change: StaySample, *, plus: bool) -> StaySample:
    """Return the sample with the changed stays added, or taken away; those taken away must be in it."""
    rows = np.concatenate([_rows(old), _rows(change)])
    counts = np.ones(len(rows), dtype=np.int64)
    counts[len(old.keys) :] = 1 if plus else -1
    different, place = np.unique(rows, axis=0, return_inverse=True)
    left = np.zeros(len(different), dtype=np.int64)
    np.add.at(left, place.reshape(-1), counts)
    keys, values, ends = np.repeat(different, left, axis=0).T
    return StaySample(keys.copy(), values.copy(), ends.copy())


def _rows(sample: StaySample) -> Integers:
    return np.stack([sample.keys, sample.values, sample.ends], axis=1)


def _in_both(owner: Integers, values: Integers, left: NDArray[np.bool_], right: NDArray[np.bool_]) -> Integers:
    """Return the owner of each value that an owner has on the left and on the right."""
    sides = [np.unique(np.stack([owner[side], values[side]], axis=1), axis=0) for side in (left, right)]
    pairs, counts = np.unique(np.concatenate(sides), axis=0, return_counts=True)
    return np.asarray(pairs[counts == 2, 0], dtype=np.int64)
