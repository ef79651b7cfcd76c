"""Holders: the reps behind teams and regions, where reps move.

What a team has at a moment (open deals, customers, people) is what those have who are in it then: it leaves the old
team and joins the new one with the rep who moves. So the numbers of a moment are asked of the holders, and added up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from kpis.blocks import Integers, Numbers
from kpis.memberships import GROUPS, Membership
from kpis.samples import laid_out

if TYPE_CHECKING:
    from kpis.evaluate import Evaluation, Numbered

_REP = "rep"


@dataclass(frozen=True, slots=True)
class Holders:
    """Who holds what members of some dimensions have: reps, or pairs of a rep and a member of the other dimension.

    ``numbers`` has what they hold, by the dimension named ``dimension``; ``sizes`` are numbers of members.
    """

    dimensions: tuple[str, ...]
    sizes: Mapping[str, int]
    membership: Membership
    numbers: Numbered

    @property
    def base(self) -> tuple[str, ...]:
        """The dimensions of the holders."""
        return _base(self.dimensions)

    def of(self, members: Integers, days: Integers) -> tuple[Integers, Integers]:
        """Return the holders of each member on its day, one after the other, and at which place the member stands."""
        sides = self._apart(members)
        reps, places = self._reps(sides, days)
        codes = {_REP: reps} | {name: sides[name][places] for name in self.base if name != _REP}
        return self._joined(self.base, codes), places

    def _reps(self, sides: Mapping[str, Integers], days: Integers) -> tuple[Integers, Integers]:
        wanted = self._joined([name for name in self.dimensions if name in GROUPS], sides)
        if _REP in sides:
            places = np.flatnonzero(self.membership.of(sides[_REP], days) == wanted)
            return sides[_REP][places], places
        found = [self._reps_on(int(day), np.flatnonzero(days == day), wanted) for day in np.unique(days)]
        none = np.zeros(0, dtype=np.int64)
        return (
            np.concatenate([none, *(reps for reps, _ in found)]),
            np.concatenate([none, *(places for _, places in found)]),
        )

    def _reps_on(self, day: int, places: Integers, wanted: Integers) -> tuple[Integers, Integers]:
        """Return the reps of some places' groups on one day, and for which of the places each is."""
        groups = self.membership.on(day)
        reps = np.argsort(groups, kind="stable")
        bounds = [np.searchsorted(groups[reps], wanted[places], side=side) for side in ("left", "right")]
        inside, owner = laid_out(np.stack(bounds, axis=1))
        return reps[inside], places[owner]

    def _apart(self, members: Integers) -> Mapping[str, Integers]:
        """Return the member of each dimension."""
        if len(self.dimensions) == 1:
            return {self.dimensions[0]: members}
        left, right = self.dimensions
        return {left: members // self.sizes[right], right: members % self.sizes[right]}

    def _joined(self, dimensions: Sequence[str], codes: Mapping[str, Integers]) -> Integers:
        """Return the codes of pairs of members, or of members of one dimension."""
        return reduce(lambda code, name: code * self.sizes[name] + codes[name], dimensions[1:], codes[dimensions[0]])


def holders_of(
    sizes: Mapping[str, int],
    groups: Mapping[str, Membership],
    dimensions: tuple[str, ...],
    numbers: Callable[[tuple[str, ...]], Numbered],
) -> Holders | None:
    """Return the holders behind the members of one or two dimensions in order; None if no group has ever changed.

    ``groups`` has the memberships of these dimensions; ``numbers`` gives what holders of such dimensions have.
    """
    named = [name for name in dimensions if name in GROUPS]
    if all(groups[name].is_fixed for name in named):
        return None
    membership = groups[named[0]]
    if len(named) > 1:
        membership = membership.crossed(groups[named[1]], sizes[named[1]])
    return Holders(dimensions, sizes, membership, numbers(_base(dimensions)))


def _base(dimensions: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({_REP, *(name for name in dimensions if name not in GROUPS)}))


@dataclass(frozen=True, slots=True)
class Held:
    """The cells of an evaluation, taken apart: those of their holders, and for which cell each is.

    Where nobody moves, cells stand for themselves: ``places`` is None.
    """

    evaluation: Evaluation
    places: Integers | None
    count: int

    def spread(self, values: Integers) -> Integers:
        """Return the value of each holder's cell."""
        return values if self.places is None else values[self.places]

    def added(self, values: Numbers) -> Numbers:
        """Return what the holders of each cell have together."""
        if self.places is None:
            return values
        return np.bincount(self.places, weights=values, minlength=self.count).astype(np.float64)


def held(evaluation: Evaluation, days: Integers) -> Held:
    """Return the cells of an evaluation by who holds them on a day of their period, a day for each period."""
    holders = evaluation.world.numbers.holders(evaluation.dimension)
    if holders is None:
        return Held(evaluation, None, len(evaluation))
    codes, places = holders.of(evaluation.members, days[evaluation.places])
    inside = evaluation.within(holders.numbers, "&".join(holders.base), codes, evaluation.places[places])
    return Held(inside, places, len(evaluation))
