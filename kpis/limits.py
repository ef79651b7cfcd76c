"""Limits: the one slice that a caller may see, and what lies inside it."""

from __future__ import annotations

import numpy as np

from kpis.cube import Cube
from kpis.members import Who, resolve_who
from kpis.memberships import GROUPS, Membership
from kpis.said import Sentence, said


class Limit:
    """A slice such as ``team:West`` that bounds what may be asked; empty words bound nothing.

    Inside are the slice itself, its reps of today with all that is theirs, teams of a region that never had a rep
    outside it, and anything crossed with one of these. Raises `QuestionError` if the words mean no slice.
    """

    def __init__(self, cube: Cube, words: str) -> None:
        self._cube = cube
        self._slice = resolve_who(words, cube.dimensions) if words.strip() else None
        self.words = self._slice.label if self._slice else ""

    @property
    def is_set(self) -> bool:
        """Whether anything is out of bounds."""
        return self._slice is not None and bool(self._slice.dimensions)

    def allows(self, who: Who) -> bool:
        """Tell whether the slice lies inside."""
        if self._slice is None:
            return True
        pairs = zip(self._slice.dimensions, self._slice.codes, strict=True)
        return all(self._is_inside(who, dimension, code) for dimension, code in pairs)

    def sentence(self, who: Who) -> Sentence:
        """Say why the slice is not allowed, and what is."""
        return said("outside", who=who.label, limit=self.words)

    def _is_inside(self, who: Who, dimension: str, code: int) -> bool:
        """Tell whether one of the members that make the slice lies inside this one."""
        for own, member in zip(who.dimensions, who.codes, strict=True):
            if own == dimension and member == code:
                return True
            if dimension in GROUPS and self._is_part(own, member, dimension, code):
                return True
        return False

    def _is_part(self, own: str, member: int, dimension: str, code: int) -> bool:
        groups = self._cube.groups_of_reps(dimension)
        if own == "rep":
            return bool(groups.of(np.array([member]), self._cube.today)[0] == code)
        return own == "team" and dimension == "region" and self._is_never_outside(member, groups, code)

    def _is_never_outside(self, team: int, regions: Membership, region: int) -> bool:
        """Tell whether a team ever had reps, and never one who was in another region."""
        width = regions.group_count
        pairs = self._cube.groups_of_reps("team").crossed(regions, width)
        codes = np.concatenate([pairs.first, pairs.groups])
        of_team = codes[codes // width == team] % width
        return len(of_team) > 0 and bool(np.all(of_team == region))
