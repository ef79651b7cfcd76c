"""Answers questions from the cube: words are resolved once each, cells are grouped, and groups are worked on whole.

Nothing here opens a database or looks at a clock. A slice of two crossed members is computed by the `Crossing` that
the caller hands in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol, TypeVar

import numpy as np

from kpis.blocks import Integers
from kpis.catalogue import resolve_kpi
from kpis.cells import Cells, Group, Words, groups_of, interned, placed, word_codes
from kpis.context import contexts
from kpis.cube import Cube
from kpis.definitions import Catalogue, Kpi
from kpis.errors import QuestionError
from kpis.evaluate import Evaluation, Numbered
from kpis.evaluated import Evaluated, OddAnswers
from kpis.evaluations import Evaluations
from kpis.floors import USUAL_FLOORS, Floors
from kpis.limits import Limit
from kpis.members import Who, resolve_who
from kpis.memory import Memory, Page
from kpis.periods import Calendar, Period, parse_period
from kpis.questions import Answer, Question, Show
from kpis.results import Column, Reason, Reasons, missing, plain
from kpis.said import joined, said
from kpis.shows import resolve_show, shown
from kpis.tables_of import tables_of
from kpis.timeline import Timeline

__all__ = ["Answerer", "Crossing", "OddAnswers"]

Resolved = TypeVar("Resolved")

_MOST_REMEMBERED: Final = 20_000
"""How many words an answerer remembers the meaning of, so that a long-lived one stays small."""


class Crossing(Protocol):
    """Computes what the cube does not hold: numbers by two dimensions at once."""

    def numbers(self, cube: Cube, catalogue: Catalogue, dimensions: tuple[str, str]) -> Numbered:
        """Return the numbers of all pairs of members, under the dimension ``left&right``.

        The code of a pair is the left member's code times the number of right members plus the right one's.
        """


class Answerer:
    """Answers from one snapshot, for one caller.

    ``limit`` is a slice such as ``team:West``: what lies outside it is not allowed. ``problems`` says, by table, what
    is missing in it; numbers from such a table are partial. ``is_stale``: numbers are marked as stale. ``memory``
    may be shared by answerers that differ in nothing but their limit. ``floors``: below them a sample is small.
    """

    def __init__(
        self,
        cube: Cube,
        catalogue: Catalogue,
        calendar: Calendar,
        today: int,
        *,
        limit: str = "",
        crossing: Crossing | None = None,
        problems: Mapping[str, Sequence[str]] | None = None,
        is_stale: bool = False,
        memory: Memory | None = None,
        floors: Floors = USUAL_FLOORS,
    ) -> None:
        self.cube = cube
        self.catalogue = catalogue
        self.calendar = calendar
        self.today = today
        self._crossing = crossing
        self._problems = problems or {}
        self._is_stale = is_stale
        self._memory = memory
        self._floors = floors
        self.limit = Limit(cube, limit)
        self._known: dict[tuple[str, str], object] = {}
        self._timeline = Timeline((), calendar, today)

    def answer(self, question: Question) -> Answer:
        """Return the answer to one question; what cannot be understood is an answer of state ``error``."""
        return self.answer_all([question])[0]

    def answer_all(self, questions: Sequence[Question]) -> list[Answer]:
        """Return the answers in the order of the questions, each with what travels with it (see `Answer`)."""
        words, places = interned([(q.kpi, q.who, q.period, q.show) for q in questions])
        evaluated = self._evaluated(self._meant(words, places))
        beside = contexts(evaluated.groups, evaluated.values, self._floors)
        return [evaluated.answer(question, cell, beside[cell]) for cell, question in enumerate(questions)]

    def values(
        self,
        kpis: Sequence[str],
        whos: Sequence[str],
        periods: Sequence[str],
        shows: Sequence[str],
        cells: Integers | Sequence[Sequence[int]] | None = None,
    ) -> tuple[list[float | None], OddAnswers]:
        """Return the values of cells that are given by the places of their words, and the answers that are not ok.

        A cell is (place of the KPI, of who, of the period, of the show). Without ``cells``, all combinations, the
        last word changing fastest. Raises `QuestionError` if a place is outside its list.
        """
        words = (kpis, whos, periods, shows)
        return self._values(words, placed(words, cells))

    def values_of_rows(self, rows: Sequence[Sequence[str]]) -> tuple[list[float | None], OddAnswers]:
        """Return the values of questions given as ``[kpi, who, period, show]``, of which the last may be left out."""
        return self._values(*interned(rows))

    def _values(self, words: Words, places: Integers) -> tuple[list[float | None], OddAnswers]:
        cells = self._meant(words, places)
        evaluated = self._evaluated(cells) if self._memory is None else self._recalled(cells, self._memory.page())
        return plain(evaluated.values), OddAnswers(evaluated)

    def _meant(self, words: Words, places: Integers) -> Cells:
        kpis, whos, periods, shows = words
        return Cells(
            words,
            [self._meaning("kpi", word, self._kpi) for word in kpis],
            [self._meaning("who", word, self._who) for word in whos],
            [self._meaning("period", word, self._period) for word in periods],
            [self._meaning("show", word, self._show) for word in shows],
            places,
        )

    def _meaning(self, kind: str, word: str, resolve: Callable[[str], Resolved | Reason]) -> Resolved | Reason:
        """Return what a word means, or the reason why it means nothing; each word is looked at once."""
        found = self._known.get((kind, word))
        if found is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            try:
                found = resolve(word)
            except QuestionError as error:
                found = Reason("error", error.sentence)
            self._known[kind, word] = found
        return found  # type: ignore[return-value]  # what is kept under a kind is what its resolver returned

    def _kpi(self, word: str) -> Kpi:
        return resolve_kpi(self.catalogue, word)

    def _who(self, word: str) -> Who | Reason:
        try:
            who = resolve_who(word, self.cube.dimensions)
        except QuestionError:
            if self.limit.is_set:  # a suggestion could name what the caller may not see
                return Reason("error", said("not_of_limit", words=word[:80], limit=self.limit.words))
            raise
        return who if self.limit.allows(who) else Reason("not_allowed", self.limit.sentence(who))

    def _period(self, word: str) -> Period:
        return parse_period(word, self.calendar, self.today)

    def _show(self, word: str) -> Show | Reason:
        show = resolve_show(word)
        if self.limit.is_set and show in {"rank", "share"}:
            return Reason("not_allowed", said("compares", show=show, limit=self.limit.words))
        return show

    def _evaluated(self, cells: Cells) -> Evaluated:
        """Evaluate all cells whose words are understood, in groups of one KPI, show and dimension."""
        reasons = Reasons()
        codes = word_codes(cells, reasons)
        values = np.full(len(cells), np.nan)
        evaluated = Evaluated(cells, values, codes, reasons)
        timeline = self._timeline_of([period for period in cells.periods if isinstance(period, Period)])
        evaluations = Evaluations(self.numbers, self.catalogue, timeline, cells, reasons)
        for group in groups_of(cells, codes):
            evaluation = evaluations.of(group)
            column = self._shown(evaluation, evaluations.company(evaluation), group)
            values[group.inside] = column.values
            if column.codes is not None:
                codes[group.inside] = column.codes
            evaluated.groups.append((group, evaluation))
        return evaluated

    def _recalled(self, cells: Cells, page: Page) -> Evaluated:
        """Take what is known from memory; evaluate the other cells and keep them."""
        reasons = Reasons()
        codes = word_codes(cells, reasons)
        counts = {name: len(members) for name, members in self.cube.dimensions.items()}
        places = page.places(cells, codes == 0, counts)
        is_known = page.is_known[places]
        values = np.where(is_known, page.values[places], np.nan)
        with page.lock:
            own = page.reasons.codes_in(reasons)
        codes = np.where(is_known, own[page.codes[places]], codes)
        new = np.flatnonzero(~is_known & (codes == 0))
        if len(new):
            found = self._evaluated(replace(cells, places=cells.places[new]))
            page.keep(places[new], found.values, found.codes, found.reasons)
            values[new], codes[new] = found.values, found.reasons.codes_in(reasons)[found.codes]
        return Evaluated(cells, values, codes, reasons)

    def numbers(self, dimensions: tuple[str, ...]) -> Numbered:
        """Return where the numbers of a dimension, or of a pair of them, come from."""
        if len(dimensions) == 2 and self._crossing is not None:
            return self._crossing.numbers(self.cube, self.catalogue, (dimensions[0], dimensions[1]))
        return self.cube

    def _timeline_of(self, periods: Sequence[Period]) -> Timeline:
        """Return the timeline of these periods; that of the last request is kept, for it is often asked again."""
        timeline = self._timeline
        if timeline.periods != tuple(periods):
            timeline = self._timeline = Timeline(periods, self.calendar, self.today)
        return timeline

    def _shown(self, evaluation: Evaluation, company: Evaluation, group: Group) -> Column:
        reasons = evaluation.world.reasons
        try:
            self._check_dimensions(group.kpi, group.dimensions)
            column = shown(evaluation, company, group.kpi, group.show)
        except QuestionError as error:
            return missing(reasons.code("error", error.sentence), len(evaluation))
        return self._marked(column, group.kpi, reasons)

    def _check_dimensions(self, kpi: Kpi, dimensions: tuple[str, ...]) -> None:
        for dimension in dimensions:
            if dimension not in kpi.dimensions:
                known = ", ".join(kpi.dimensions) or said("no_dimension")
                raise QuestionError(said("not_by", title=kpi.titles, dimension=dimension, known=known))
        if len(dimensions) > 1 and self._crossing is None:
            raise QuestionError(said("no_crossing"))

    def _marked(self, column: Column, kpi: Kpi, reasons: Reasons) -> Column:
        """Return the column with every value marked that rests on incomplete or old tables."""
        has_value = np.isfinite(column.values)
        tables = tables_of(self.catalogue, kpi.id) if self._problems else frozenset()
        incomplete = [table for table in sorted(tables) if self._problems.get(table)]
        if incomplete:
            sentence = said("incomplete", table=incomplete[0], problem=joined(self._problems[incomplete[0]]))
            code = reasons.code("partial", sentence)
            column = _remarked(column, has_value, code, reasons)
        if self._is_stale:
            column = _remarked(column, has_value, reasons.code("stale", said("stale")), reasons)
        return column


def _remarked(column: Column, has_value: Integers, code: int, reasons: Reasons) -> Column:
    """Return the column with this reason on each value that has none, or no more than a remark."""
    codes = np.zeros(len(column.values), dtype=np.int16) if column.codes is None else column.codes
    return Column(column.values, np.where(has_value & reasons.silent()[codes], np.int16(code), codes))
