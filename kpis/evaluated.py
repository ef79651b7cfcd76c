"""What came out of an evaluation, cell by cell: plain values, and answers for those who want more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from kpis.blocks import Integers, Numbers
from kpis.cells import Cells, Group
from kpis.context import NO_CONTEXT, Context
from kpis.definitions import Kpi
from kpis.evaluate import Evaluation
from kpis.members import Who
from kpis.periods import Period
from kpis.questions import Answer, Question
from kpis.results import Reason, Reasons, plain
from kpis.said import joined


@dataclass(slots=True)
class Evaluated:
    """What came out for all cells, and the evaluation of each group."""

    cells: Cells
    values: Numbers
    codes: Integers
    reasons: Reasons
    groups: list[tuple[Group, Evaluation]] = field(default_factory=list)

    def answer(self, question: Question, cell: int, context: Context = NO_CONTEXT) -> Answer:
        """Return the answer of one cell."""
        kpi_place, who_place, period_place, _ = self.cells.places[cell].tolist()
        kpi, who, period = self.cells.kpis[kpi_place], self.cells.whos[who_place], self.cells.periods[period_place]
        reason = self.reasons[int(self.codes[cell])]
        return Answer(
            question,
            kpi.id if isinstance(kpi, Kpi) else question.kpi,
            who.label if isinstance(who, Who) else question.who,
            period.label if isinstance(period, Period) else question.period,
            plain(self.values[cell : cell + 1])[0],
            reason.state,
            joined((reason.sentence, context.remark)),
            context.numerator,
            context.denominator,
            context.n,
            kpi.unit if isinstance(kpi, Kpi) else "",
            context.low,
            context.high,
            context.method,
            context.is_small,
        )


class OddAnswers(Mapping[int, Answer]):
    """The answers that are not ok, by cell. Each is made when it is looked at: there may be thousands."""

    def __init__(self, evaluated: Evaluated) -> None:
        self._evaluated = evaluated
        is_odd = ~evaluated.reasons.silent()[evaluated.codes]
        self._codes = dict(zip(np.flatnonzero(is_odd).tolist(), evaluated.codes[is_odd].tolist(), strict=True))

    def __getitem__(self, cell: int) -> Answer:
        if cell not in self._codes:
            raise KeyError(cell)
        cells = self._evaluated.cells
        asked = (words[place] for words, place in zip(cells.words, cells.places[cell].tolist(), strict=True))
        return self._evaluated.answer(Question(*asked), cell)

    def __iter__(self) -> Iterator[int]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)

    def reasons(self) -> Iterator[tuple[int, Reason]]:
        """Yield each cell with its state and sentence: all that most readers need, without making answers."""
        return ((cell, self._evaluated.reasons[code]) for cell, code in self._codes.items())
