"""Memberships: in which team or region each rep is, as it is now or as it was on each day.

As they are now, a rep has one group for all days. As they were, a rep moves from group to group: what happened on a
day is its group's of that day. Needs numpy alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from kpis.blocks import DAY_BITS, FIRST_DAY, LAST_DAY, Block, Integers, days_of, keys_of, members_of, placed, recoded
from kpis.samples import laid_out

When = Literal["now", "then"]
"""Whether groups are taken as they are now, or as they were on the day that a number is about."""

WHENS: Final[tuple[When, ...]] = get_args(When)
GROUPS: Final = ("team", "region")
"""The dimensions whose members are groups of reps."""
_EVER: Final = 9_999_999


@dataclass(frozen=True, slots=True)
class Stint:
    """Who is in a group from one day to another, both included; of an open end the day is beyond all others."""

    first: int
    last: int
    members: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Membership:
    """The group of each member on each day, all as codes.

    ``first`` has each member's group up to its first move. ``moves`` are the keys of (member, day), in order, from
    which on the member is in the group of the same place in ``groups``.
    """

    first: Integers
    moves: Integers
    groups: Integers

    @property
    def is_fixed(self) -> bool:
        """Whether every member has one group for all days."""
        return not len(self.moves)

    @property
    def group_count(self) -> int:
        """How many codes of groups there may be."""
        return int(max(self.first.max(initial=0), self.groups.max(initial=0))) + 1

    def of(self, members: Integers, days: Integers | int) -> Integers:
        """Return the group of each member on its day."""
        before = self.first[members]
        if self.is_fixed:
            return before
        place = np.searchsorted(self.moves, keys_of(members, np.asarray(days)), side="right") - 1
        has_moved = (place >= 0) & (members_of(self.moves[place]) == members)
        return np.where(has_moved, self.groups[place], before)

    def on(self, day: int) -> Integers:
        """Return the group of every member on a day."""
        return self.of(np.arange(len(self.first)), day)

    def lifted(self, members: Integers) -> Membership:
        """Return the membership of other members, each of which moves as one of these does: the one named for it."""
        if self.is_fixed:
            return fixed(self.first[members])
        start, end = (np.searchsorted(self.moves, (members + more) << DAY_BITS) for more in (0, 1))
        places, owner = laid_out(np.stack([start, end], axis=1))
        return Membership(self.first[members], keys_of(owner, days_of(self.moves[places])), self.groups[places])

    def crossed(self, other: Membership, width: int) -> Membership:
        """Return the membership in pairs of groups, coded as this one's times the width plus the other's."""
        moves = np.union1d(self.moves, other.moves)
        members, days = members_of(moves), days_of(moves)
        pairs = self.of(members, days) * width + other.of(members, days)
        return Membership(self.first * width + other.first, moves, pairs)

    def stints(self, groups: Iterable[int]) -> list[Stint]:
        """Return who is in any of these groups from when to when, those with the same days together."""
        keys = np.concatenate([keys_of(np.arange(len(self.first)), np.array([FIRST_DAY])), self.moves])
        order = np.argsort(keys, kind="stable")
        members, begins = members_of(keys[order]), days_of(keys[order])
        ends = np.append(begins[1:] - 1, LAST_DAY)
        ends[np.append(members[1:] != members[:-1], True)] = _EVER
        begins[begins == FIRST_DAY] = -_EVER
        is_in = np.isin(np.concatenate([self.first, self.groups])[order], list(groups))
        found: dict[tuple[int, int], list[int]] = {}
        for member, begin, end in zip(*(part[is_in].tolist() for part in (members, begins, ends)), strict=True):
            found.setdefault((begin, end), []).append(member)
        return [Stint(*days, tuple(inside)) for days, inside in sorted(found.items())]


Memberships = Mapping[str, Membership]
"""The memberships of reps by the dimension of their groups."""


def fixed(groups: Integers) -> Membership:
    """Return the membership in which each member has one group for all days."""
    none = np.zeros(0, dtype=np.int64)
    return Membership(groups, none, none)


def together(count: int) -> Membership:
    """Return the membership of so many members in one whole."""
    return fixed(np.zeros(count, dtype=np.int64))


def rolled_up(block: Block, membership: Membership) -> Block:
    """Return the block in which each member's entries count for its group of the entry's day."""
    if membership.is_fixed:
        return recoded(block, membership.first)
    return placed(block, membership.of(members_of(block.keys), days_of(block.keys)))


def are_same(before: Membership, now: Membership, members: Integers, groups: Integers) -> bool:
    """Tell whether all that were members, and are, have the same groups on the same days.

    ``members`` and ``groups`` have the new code of each old one, -1 of one that is gone.
    """
    stay = np.flatnonzero(members >= 0)
    was, is_now = before.lifted(stay), now.lifted(members[stay])
    return (
        np.array_equal(groups[was.first], is_now.first)
        and np.array_equal(was.moves, is_now.moves)
        and np.array_equal(groups[was.groups], is_now.groups)
    )
