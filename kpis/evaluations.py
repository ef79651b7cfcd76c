"""The evaluations of one request: groups that ask for the same members in the same periods share one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from kpis.blocks import Integers
from kpis.cells import Cells, Group
from kpis.definitions import COMPANY, Catalogue
from kpis.evaluate import Evaluation, Numbered, World
from kpis.members import Who
from kpis.periods import Period
from kpis.results import Reasons
from kpis.timeline import Timeline


class Evaluations:
    """Makes the evaluations of one request. ``numbers`` gives the numbers of a dimension, or of a pair of them."""

    def __init__(
        self,
        numbers: Callable[[tuple[str, ...]], Numbered],
        catalogue: Catalogue,
        timeline: Timeline,
        cells: Cells,
        reasons: Reasons,
    ) -> None:
        self._numbers = numbers
        self._catalogue = catalogue
        self._timeline = timeline
        self._cells = cells
        self._reasons = reasons
        is_meant = np.array([isinstance(period, Period) for period in cells.periods], dtype=np.int64)
        self._period_places = np.cumsum(is_meant) - 1
        self._codes: dict[tuple[str, ...], Integers] = {}
        self._known: dict[tuple[tuple[str, ...], bool, bytes, bytes], Evaluation] = {}

    def of(self, group: Group) -> Evaluation:
        """Return the evaluation of a group's cells."""
        places = self._cells.places[group.inside]
        members = self._member_codes(group.dimensions)[places[:, 1]]
        periods = self._period_places[places[:, 2]]
        key = (group.dimensions, group.kpi.is_forward, members.tobytes(), periods.tobytes())
        if key not in self._known:
            world = World(self._numbers(group.dimensions), self._catalogue, self._reasons, group.kpi.is_forward)
            dimension = "&".join(group.dimensions) or COMPANY
            self._known[key] = Evaluation(world, dimension, members, self._timeline, periods)
        return self._known[key]

    def company(self, evaluation: Evaluation) -> Evaluation:
        """Return the evaluation of the company in the same periods, cell by cell."""
        world = replace(evaluation.world, numbers=self._numbers(()))
        everyone = np.zeros(len(evaluation), dtype=np.int64)
        return Evaluation(world, COMPANY, everyone, evaluation.timeline, evaluation.places)

    def _member_codes(self, dimensions: tuple[str, ...]) -> Integers:
        """Return the code of each who of these dimensions; a pair's is made of both (see `Crossing`)."""
        if dimensions not in self._codes:
            right = len(self._numbers(()).members(dimensions[1])) if len(dimensions) == 2 else 1
            self._codes[dimensions] = np.array(
                [
                    _code_of(who, right) if isinstance(who, Who) and who.dimensions == dimensions else 0
                    for who in self._cells.whos
                ],
                dtype=np.int64,
            )
        return self._codes[dimensions]


def _code_of(who: Who, right_count: int) -> int:
    if not who.codes:
        return 0
    return who.codes[0] if len(who.codes) == 1 else who.codes[0] * right_count + who.codes[1]
