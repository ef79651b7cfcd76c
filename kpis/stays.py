"""Stays: from when to when something was there and whose it is, for what was there before a period and is still."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kpis.blocks import Integers, Numbers, days_of, keys_of, order_of
from kpis.samples import different_ranges, is_first, laid_out, places_with, ranges_in_parts, signs

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


def placed_stays(sample: StaySample, members: Integers) -> StaySample:
    """Return the sample with each entry under another member, a member for each entry."""
    return stay_sample(members, days_of(sample.keys), sample.values, sample.ends)


def changed_stays(old: StaySample, gone: StaySample, came: StaySample) -> StaySample:
    """Return the sample without the stays that went, which must be in it, and with those that came.

    What has the key of a change is put into order anew; all else stays as it lies.
    """
    touched = places_with(old.keys, gone.keys, came.keys)
    keys = np.concatenate([old.keys[touched], gone.keys, came.keys])
    values = np.concatenate([old.values[touched], gone.values, came.values])
    ends = np.concatenate([old.ends[touched], gone.ends, came.ends])
    counts = signs(len(touched), len(gone.keys), len(came.keys))
    order = np.lexsort((ends, values, keys))
    keys, values, ends, counts = keys[order], values[order], ends[order], counts[order]
    starts = np.flatnonzero(is_first(keys, values, ends))
    left = np.add.reduceat(counts, starts) if len(starts) else counts
    keys, values, ends = (np.repeat(column[starts], left) for column in (keys, values, ends))
    kept = np.delete(old.keys, touched)
    places = np.searchsorted(kept, keys)
    return StaySample(
        np.insert(kept, places, keys),
        np.insert(np.delete(old.values, touched), places, values),
        np.insert(np.delete(old.ends, touched), places, ends),
    )


def _in_both(owner: Integers, values: Integers, left: NDArray[np.bool_], right: NDArray[np.bool_]) -> Integers:
    """Return the owner of each value that an owner has on the left and on the right."""
    sides = [np.unique(np.stack([owner[side], values[side]], axis=1), axis=0) for side in (left, right)]
    pairs, counts = np.unique(np.concatenate(sides), axis=0, return_counts=True)
    return np.asarray(pairs[counts == 2, 0], dtype=np.int64)
