"""Blocks: sums of one fact by member and day, kept cumulated, so that any period of any member is two reads.

An entry is one (member, day); its key is ``member * 2**20 + day``, shifted so that days before 1970 work too. Sums
are whole numbers of a small unit (`Block.units`), so additions and subtractions are exact: what left is gone, not
nearly gone, and neither order nor the way teams are added up changes a bit. Needs numpy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Numbers = NDArray[np.float64]

DAY_BITS: Final = 20
_DAY_OFFSET: Final = 1 << (DAY_BITS - 1)
FIRST_DAY: Final = 1 - _DAY_OFFSET
LAST_DAY: Final = _DAY_OFFSET - 2
"""Days outside (before the year 534, after 3405) count as the nearest of these two."""

ROWS: Final = "rows"
"""The total that every block has: how many rows of the fact an entry stands for. An entry without rows is dropped."""
_LARGEST: Final = 2**61
_DIGIT_BITS: Final = 16
_DIGIT: Final = 0xFFFF
_DECIMALS: Final = 12
_CENTS: Final = 2


def keys_of(members: Integers, days: Integers) -> Integers:
    """Return the key of each (member, day)."""
    return (members << DAY_BITS) + np.clip(days, FIRST_DAY, LAST_DAY) + _DAY_OFFSET


def members_of(keys: Integers) -> Integers:
    """Return the member of each key."""
    return keys >> DAY_BITS


def days_of(keys: Integers) -> Integers:
    """Return the day of each key."""
    return (keys & ((1 << DAY_BITS) - 1)) - _DAY_OFFSET


def bounds(keys: Integers, members: Integers, first: Integers, last: Integers) -> tuple[Integers, Integers]:
    """Return, for each member, where in the sorted keys the days from ``first`` to ``last`` begin and end."""
    start = np.searchsorted(keys, keys_of(members, first), side="left")
    end = np.searchsorted(keys, keys_of(members, last), side="right")
    return start, np.maximum(start, end)


def order_of(keys: Integers, start: Integers | None = None) -> Integers:
    """Return the places of the keys in ascending order; equal keys stay in the order of ``start``, or as they are.

    Sorts by sixteen bits at a time, which numpy does in linear time: an order of magnitude faster than comparing.
    """
    order = np.arange(len(keys)) if start is None else start
    ordered = keys[order]
    if not np.any(ordered[1:] < ordered[:-1]):
        return order
    digits = keys.view(np.uint64) - keys.min().view(np.uint64)
    for shift in range(0, int(digits.max()).bit_length(), _DIGIT_BITS):
        digit = ((digits >> np.uint64(shift)) & np.uint64(_DIGIT)).astype(np.uint16)
        order = order[np.argsort(digit[order], kind="stable")]
    return order


@dataclass(frozen=True, slots=True)
class Block:
    """``cumulated[i]`` is total ``totals[i]`` up to each entry, in its unit, after a leading zero."""

    keys: Integers
    cumulated: Integers
    totals: tuple[str, ...]
    units: tuple[float, ...]

    def sums(self, total: str, start: Integers, end: Integers) -> Numbers:
        """Return the total of the entries from each start up to, and without, each end (see `bounds`)."""
        row = self.totals.index(total)
        cumulated = self.cumulated[row]
        return np.asarray((cumulated[end] - cumulated[start]) / self.units[row], dtype=np.float64)

    def entry_sums(self) -> Integers:
        """Return the sums of each entry, a row for each total, in the totals' units."""
        return np.diff(self.cumulated, axis=1)

    @property
    def entry_count(self) -> int:
        """How many (member, day) pairs there are."""
        return len(self.keys)


def block_of(members: Integers, days: Integers, totals: Sequence[str], sums: Numbers) -> Block:
    """Make a block from sums by member and day, a row for each total, in any order; equal pairs are added up."""
    units = tuple(_unit(row) for row in sums)
    whole = np.empty(sums.shape, dtype=np.int64)
    for row, unit in enumerate(units):
        whole[row] = np.rint(sums[row] * unit)
    return _cumulated(keys_of(members, days), whole, tuple(totals), units)


def combined(old: Block, *changes: Block, units: tuple[float, ...] = ()) -> Block:
    """Return the sum of blocks with the same totals; what has no rows any more is gone.

    Changes are small beside the old block: they are merged into it, not sorted with it. If no ``units`` are asked
    for, they are those that a block made at once would have.
    """
    changes = tuple(change for change in changes if change.entry_count)
    if not changes and old.units == (units or old.units):
        return old
    blocks = (old, *changes)
    entries = [block.entry_sums() for block in blocks]
    shared = tuple(
        _shared_unit([block.units[row] for block in blocks], [sums[row] for sums in entries])
        for row in range(len(old.totals))
    )
    keys, (sums, *parts) = old.keys, [_converted(*one, shared) for one in zip(entries, _units(blocks), strict=True)]
    if changes:
        change = _summed(np.concatenate([block.keys for block in changes]), np.concatenate(parts, axis=1))
        keys, sums = _merged(keys, sums, *change)
    own = units or tuple(_own_unit(row, unit) for row, unit in zip(sums, shared, strict=True))
    return _cumulated(keys, _converted(sums, shared, own), old.totals, own)


def _units(blocks: Sequence[Block]) -> list[tuple[float, ...]]:
    return [block.units for block in blocks]


def _merged(keys: Integers, sums: Integers, new_keys: Integers, new_sums: Integers) -> tuple[Integers, Integers]:
    """Add sums under new keys to those under keys, both in order and without equal ones; changes ``sums``."""
    places = np.searchsorted(keys, new_keys)
    is_there = np.zeros(len(new_keys), dtype=bool)
    inside = places < len(keys)
    is_there[inside] = keys[places[inside]] == new_keys[inside]
    sums[:, places[is_there]] += new_sums[:, is_there]
    if is_there.all():
        return keys, sums
    others = places[~is_there]
    return np.insert(keys, others, new_keys[~is_there]), np.insert(sums, others, new_sums[:, ~is_there], axis=1)


def rows_by_entry(block: Block) -> tuple[Integers, Integers]:
    """Return the keys of a block that counts its rows, and how many rows each entry has."""
    return block.keys, np.diff(block.cumulated[block.totals.index(ROWS)])


def negated(block: Block) -> Block:
    """Return the block of the rows that go: added to another one, it takes them away."""
    return Block(block.keys, -block.cumulated, block.totals, block.units)


def recoded(block: Block, codes: Integers) -> Block:
    """Return the block with each member under its new code."""
    return block if is_unchanged(codes) else placed(block, codes[members_of(block.keys)])


def placed(block: Block, members: Integers) -> Block:
    """Return the block with each entry under another member, a member for each entry."""
    keys = (members << DAY_BITS) + (block.keys & ((1 << DAY_BITS) - 1))
    return _cumulated(keys, block.entry_sums(), block.totals, block.units)


def is_unchanged(codes: Integers) -> bool:
    """Tell whether every member keeps its code."""
    return bool(np.array_equal(codes, np.arange(len(codes))))


def _converted(sums: Integers, old_units: Sequence[float], units: Sequence[float]) -> Integers:
    """Bring the sums into other units, a unit for each row, and return them."""
    for row, (old, new) in enumerate(zip(old_units, units, strict=True)):
        if new > old:
            sums[row] *= round(new / old)
        elif new < old:
            sums[row] = np.rint(sums[row] / (old / new))
    return sums


def _shared_unit(units: Sequence[float], parts: Sequence[Integers]) -> float:
    """Return a unit that holds the sum of sums in these units."""
    if all(unit == 1.0 for unit in units):
        return 1.0
    sizes = [_sizes(sums, unit) for sums, unit in zip(parts, units, strict=True)]
    return _decimal_unit(sum(whole for whole, _ in sizes), max(largest for _, largest in sizes))


def _own_unit(sums: Integers, unit: float) -> float:
    """Return the unit that `_unit` gives to the values behind these sums."""
    if unit == 1.0:
        return unit
    whole, largest = _sizes(sums, unit)
    return 1.0 if whole < _LARGEST and not np.any(sums % round(unit)) else _decimal_unit(whole, largest)


def _sizes(sums: Integers, unit: float) -> tuple[float, float]:
    """Return the sum of the values behind these sums, all taken as positive, and the largest of them."""
    absolute = np.abs(sums)
    return float(absolute.sum(dtype=np.float64)) / unit, float(absolute.max(initial=0)) / unit


def _unit(values: Numbers) -> float:
    """Return how many units one is: a power of ten, the largest with which all sums stay exact 64-bit integers.

    Whole numbers have unit one, so counts stay counts.
    """
    absolute = np.abs(values)
    whole = float(absolute.sum())
    if whole < _LARGEST and not np.any(values % 1):
        return 1.0
    return _decimal_unit(whole, float(absolute.max()))


def _decimal_unit(whole: float, largest: float) -> float:
    """Return the unit for values of which all make ``whole`` and one has ``largest``.

    Their sums fit into 64 bits, and as doubles each is exact where that leaves cents.
    """
    fit, exact = (np.floor(np.log10(limit / max(of, 1.0))) for limit, of in ((_LARGEST, whole), (2**53, largest)))
    return float(10.0 ** min(fit, max(exact, _CENTS), _DECIMALS))


def _cumulated(keys: Integers, sums: Integers, totals: tuple[str, ...], units: tuple[float, ...]) -> Block:
    keys, sums = _summed(keys, sums)
    if ROWS in totals:
        kept = sums[totals.index(ROWS)] != 0
        if not kept.all():
            keys, sums = keys[kept], sums[:, kept]
    cumulated = np.zeros((len(totals), len(keys) + 1), dtype=np.int64)
    np.cumsum(sums, axis=1, out=cumulated[:, 1:])
    return Block(keys, cumulated, totals, units)


def _summed(keys: Integers, sums: Integers) -> tuple[Integers, Integers]:
    """Return the keys in order, each once, with the sums of all that had it."""
    is_ordered = not np.any(keys[1:] < keys[:-1])
    if not is_ordered:
        order = order_of(keys)
        keys, sums = keys[order], sums[:, order]
    starts = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1))
    if len(starts) < len(keys):
        keys, sums = keys[starts], np.add.reduceat(sums, starts, axis=1)
    return keys, sums
