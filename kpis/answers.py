"""Answers questions from the cube: words are resolved once each, cells are grouped, and groups are worked on whole.

Nothing here opens a database or looks at a clock. A slice of two crossed members is computed by the `Crossing` that
the caller hands in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Final, Protocol, TypeVar

import numpy as np

from kpis.blocks import Integers
from kpis.catalogue import resolve_kpi
from kpis.cube import Cube
from kpis.definitions import COMPANY, Catalogue, Kpi
from kpis.errors import QuestionError
from kpis.evaluate import Evaluation, Numbered, World
from kpis.limits import Limit
from kpis.members import Who, resolve_who
from kpis.periods import Calendar, Period, parse_period
from kpis.questions import Answer, Question, Show
from kpis.results import Column, Reason, Reasons, missing
from kpis.shows import parts_of, resolve_show, shown
from kpis.tables_of import tables_of
from kpis.timeline import Timeline

Resolved = TypeVar("Resolved")

_MOST_REMEMBERED: Final = 20_000
"""How many words an answerer remembers the meaning of, so that a long-lived one stays small."""
_STALE: Final = "The last sync is older than it should be; the value is as of then."


class Crossing(Protocol):
    """Computes what the cube does not hold: numbers by two dimensions at once."""

    def numbers(self, cube: Cube, catalogue: Catalogue, dimensions: tuple[str, str]) -> Numbered:
        """Return the numbers of all pairs of members, under the dimension ``left&right``.

        The code of a pair is the left member's code times the number of right members plus the right one's.
        """


@dataclass(frozen=True, slots=True)
class _Cells:
    """Cells by the places of their words, with the words' meanings; a meaning may be a sentence: an error."""

    kpis: list[Kpi | Reason]
    whos: list[Who | Reason]
    periods: list[Period | Reason]
    shows: list[Show | Reason]
    places: Integers


@dataclass(slots=True)
class _Evaluated:
    """What came out for all cells, and the groups it came from."""

    values: list[float | None]
    codes: Integers
    reasons: Reasons
    groups: list[tuple[Integers, Kpi, Evaluation]] = field(default_factory=list)


class Answerer:
    """Answers from one snapshot, for one caller.

    ``limit`` is a slice such as ``team:West``: what lies outside it is not allowed. ``problems`` says, by table, what
    is missing in it; numbers from such a table are partial. ``is_stale``: numbers are marked as stale.
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
    ) -> None:
        self.cube = cube
        self.catalogue = catalogue
        self.calendar = calendar
        self.today = today
        self._crossing = crossing
        self._problems = problems or {}
        self._is_stale = is_stale
        self._limit = Limit(cube, limit)
        self._known: dict[tuple[str, str], object] = {}
        self._timeline = Timeline((), calendar, today)

    def answer(self, question: Question) -> Answer:
        """Return the answer to one question; what cannot be understood is an answer of state ``error``."""
        return self.answer_all([question])[0]

    def answer_all(self, questions: Sequence[Question]) -> list[Answer]:
        """Return the answers in the order of the questions, each with numerator, denominator and sample size."""
        words, places = _interned([(q.kpi, q.who, q.period, q.show) for q in questions])
        cells = self._resolved(*words, places)
        evaluated = self._evaluated(cells)
        parts = _Parts(len(questions))
        for inside, kpi, evaluation in evaluated.groups:
            parts.add(inside, kpi, evaluation)
        return [self._answer(question, cells, evaluated, cell, parts) for cell, question in enumerate(questions)]

    def values(
        self,
        kpis: Sequence[str],
        whos: Sequence[str],
        periods: Sequence[str],
        shows: Sequence[str],
        cells: Integers | Sequence[Sequence[int]] | None = None,
    ) -> tuple[list[float | None], dict[int, Answer]]:
        """Return the values of cells that are given by the places of their words, and the answers that are not ok.

        A cell is (place of the KPI, of who, of the period, of the show). Without ``cells``, all combinations, the
        last word changing fastest. Raises `QuestionError` if a place is outside its list.
        """
        words = (list(kpis), list(whos), list(periods), list(shows))
        return self._values(words, _places(tuple(map(len, words)), cells))

    def values_of_rows(self, rows: Sequence[Sequence[str]]) -> tuple[list[float | None], dict[int, Answer]]:
        """Return the values of questions given as ``[kpi, who, period, show]``, of which the last may be left out."""
        full = [(*row, *_DEFAULTS[len(row) :]) for row in rows]
        return self._values(*_interned(full))

    def _values(
        self, words: tuple[list[str], list[str], list[str], list[str]], places: Integers
    ) -> tuple[list[float | None], dict[int, Answer]]:
        cells = self._resolved(*words, places)
        evaluated = self._evaluated(cells)
        is_odd = ~evaluated.reasons.silent()[evaluated.codes]
        odd = {}
        for cell in np.flatnonzero(is_odd).tolist():
            asked = (column[place] for column, place in zip(words, places[cell].tolist(), strict=True))
            odd[cell] = self._answer(Question(*asked), cells, evaluated, cell, None)
        return evaluated.values, odd

    def _resolved(
        self, kpis: list[str], whos: list[str], periods: list[str], shows: list[str], places: Integers
    ) -> _Cells:
        return _Cells(
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
                found = Reason("error", str(error))
            self._known[kind, word] = found
        return found  # type: ignore[return-value]  # what is kept under a kind is what its resolver returned

    def _kpi(self, word: str) -> Kpi:
        return resolve_kpi(self.catalogue, word)

    def _who(self, word: str) -> Who | Reason:
        try:
            who = resolve_who(word, self.cube.dimensions)
        except QuestionError:
            if self._limit.is_set:  # a suggestion could name what the caller may not see
                return Reason("error", f'"{word[:80]}" is no member of {self._limit.words}.')
            raise
        return who if self._limit.allows(who) else Reason("not_allowed", self._limit.sentence(who))

    def _period(self, word: str) -> Period:
        return parse_period(word, self.calendar, self.today)

    def _show(self, word: str) -> Show | Reason:
        show = resolve_show(word)
        if self._limit.is_set and show in {"rank", "share"}:
            return Reason("not_allowed", f"{show} compares with others than {self._limit.words}.")
        return show

    def _evaluated(self, cells: _Cells) -> _Evaluated:
        """Evaluate all cells whose words are understood, in groups of one KPI, show and dimension."""
        reasons = Reasons()
        codes = _word_codes(cells, reasons)
        values = np.full(len(cells.places), np.nan)
        evaluated = _Evaluated([], codes, reasons)
        timeline, period_places = self._timeline_of(cells.periods)
        evaluations: dict[tuple[str, bool, bytes, bytes], Evaluation] = {}
        for inside, kpi, show, dimensions in _groups(cells, codes):
            members = self._member_codes(cells, inside, dimensions)
            places = period_places[cells.places[inside, 2]]
            key = ("&".join(dimensions), kpi.is_forward, members.tobytes(), places.tobytes())
            evaluation = evaluations.get(key)
            if evaluation is None:
                evaluation = self._evaluation(reasons, kpi, dimensions, members, timeline, places)
                evaluations[key] = evaluation
            column = self._shown(evaluation, kpi, show, dimensions)
            values[inside] = column.values
            if column.codes is not None:
                codes[inside] = column.codes
            evaluated.groups.append((inside, kpi, evaluation))
        evaluated.values = _plain(values)
        return evaluated

    def _timeline_of(self, periods: list[Period | Reason]) -> tuple[Timeline, Integers]:
        """Return the timeline of the periods that are understood, and the place of each period in it."""
        understood = [period for period in periods if isinstance(period, Period)]
        if self._timeline.periods != tuple(understood):
            self._timeline = Timeline(understood, self.calendar, self.today)
        is_understood = np.array([isinstance(period, Period) for period in periods], dtype=np.int64)
        return self._timeline, np.cumsum(is_understood) - 1

    def _member_codes(self, cells: _Cells, inside: Integers, dimensions: tuple[str, ...]) -> Integers:
        sizes = [len(self.cube.members(dimension)) for dimension in dimensions[1:]]
        codes = np.zeros(len(cells.whos), dtype=np.int64)
        for place, who in enumerate(cells.whos):
            if isinstance(who, Who) and who.dimensions == dimensions and dimensions:
                codes[place] = who.codes[0] if not sizes else who.codes[0] * sizes[0] + who.codes[1]
        members: Integers = codes[cells.places[inside, 1]]
        return members

    def _evaluation(  # noqa: PLR0917 the parts of one evaluation
        self,
        reasons: Reasons,
        kpi: Kpi,
        dimensions: tuple[str, ...],
        members: Integers,
        timeline: Timeline,
        places: Integers,
    ) -> Evaluation:
        numbers: Numbered = self.cube
        if len(dimensions) == 2 and self._crossing is not None:
            numbers = self._crossing.numbers(self.cube, self.catalogue, (dimensions[0], dimensions[1]))
        world = World(numbers, self.catalogue, reasons, kpi.is_forward)
        return Evaluation(world, "&".join(dimensions) or COMPANY, members, timeline, places)

    def _shown(self, evaluation: Evaluation, kpi: Kpi, show: Show, dimensions: tuple[str, ...]) -> Column:
        reasons = evaluation.world.reasons
        try:
            self._check_dimensions(kpi, dimensions)
            world = World(self.cube, self.catalogue, reasons, kpi.is_forward)
            everyone = np.zeros(len(evaluation), dtype=np.int64)
            company = Evaluation(world, COMPANY, everyone, evaluation.timeline, evaluation.places)
            column = shown(evaluation, company, kpi, show)
        except QuestionError as error:
            return missing(reasons.code("error", str(error)), len(evaluation))
        return self._marked(column, kpi, reasons)

    def _check_dimensions(self, kpi: Kpi, dimensions: tuple[str, ...]) -> None:
        for dimension in dimensions:
            if dimension not in kpi.dimensions:
                known = ", ".join(kpi.dimensions) or "no dimension"
                raise QuestionError(f"{kpi.titles['en']} cannot be split by {dimension}. It can be by {known}.")
        if len(dimensions) > 1 and self._crossing is None:
            raise QuestionError("Two crossed slices need the snapshot's rows, which are not at hand here.")

    def _marked(self, column: Column, kpi: Kpi, reasons: Reasons) -> Column:
        """Return the column with every value marked that rests on incomplete or old tables."""
        has_value = np.isfinite(column.values)
        tables = tables_of(self.catalogue, kpi.id) if self._problems else frozenset()
        incomplete = [table for table in sorted(tables) if self._problems.get(table)]
        if incomplete:
            sentence = " ".join(self._problems[incomplete[0]])
            code = reasons.code("partial", f'The table "{incomplete[0]}" is incomplete: {sentence}')
            column = _remarked(column, has_value, code, reasons)
        if self._is_stale:
            column = _remarked(column, has_value, reasons.code("stale", _STALE), reasons)
        return column

    def _answer(
        self, question: Question, cells: _Cells, evaluated: _Evaluated, cell: int, parts: _Parts | None
    ) -> Answer:
        kpi_place, who_place, period_place, _ = cells.places[cell].tolist()
        kpi, who, period = cells.kpis[kpi_place], cells.whos[who_place], cells.periods[period_place]
        reason = evaluated.reasons[int(evaluated.codes[cell])]
        numerator, denominator, n = parts.of(cell) if parts else (None, None, None)
        return Answer(
            question,
            kpi.id if isinstance(kpi, Kpi) else question.kpi,
            who.label if isinstance(who, Who) else question.who,
            period.label if isinstance(period, Period) else question.period,
            evaluated.values[cell],
            reason.state,
            reason.sentence,
            numerator,
            denominator,
            n,
            kpi.unit if isinstance(kpi, Kpi) else "",
        )


_DEFAULTS: Final = ("", "", "", "value")


class _Parts:
    """Numerators, denominators and sample sizes of cells."""

    def __init__(self, count: int) -> None:
        self._columns = np.full((3, count), np.nan)

    def add(self, inside: Integers, kpi: Kpi, evaluation: Evaluation) -> None:
        """Compute those of the cells of one group."""
        if parts := parts_of(evaluation, kpi):
            self._columns[0, inside], self._columns[1, inside] = parts[0].values, parts[1].values
        self._columns[2, inside] = evaluation.value(kpi.count).values

    def of(self, cell: int) -> tuple[float | None, float | None, int | None]:
        """Return numerator, denominator and sample size of one cell, None where there is none."""
        numerator, denominator, n = _plain(self._columns[:, cell])
        return numerator, denominator, None if n is None else round(n)


def _interned(
    rows: Sequence[tuple[str, ...]],
) -> tuple[tuple[list[str], list[str], list[str], list[str]], Integers]:
    """Return the different words of each of the four columns, and each row as places in them."""
    places = np.empty((len(rows), 4), dtype=np.int64)
    words: list[list[str]] = []
    for column in range(4):
        word_of = itemgetter(column)
        different = {word: place for place, word in enumerate(dict.fromkeys(map(word_of, rows)))}
        found = map(different.__getitem__, map(word_of, rows))
        places[:, column] = np.fromiter(found, dtype=np.int64, count=len(rows))
        words.append(list(different))
    return (words[0], words[1], words[2], words[3]), places


def _places(sizes: tuple[int, ...], cells: Integers | Sequence[Sequence[int]] | None) -> Integers:
    if cells is None:
        return np.stack([axis.reshape(-1) for axis in np.indices(sizes)], axis=1).astype(np.int64)
    places = np.asarray(cells, dtype=np.int64).reshape(-1, 4)
    if np.any(places < 0) or np.any(places >= np.array(sizes)):
        raise QuestionError("A cell names a place outside the lists of words. Places count from 0.")
    return places


def _word_codes(cells: _Cells, reasons: Reasons) -> Integers:
    """Return for each cell the reason of the first of its words that is not understood, 0 if all are."""
    codes = np.zeros(len(cells.places), dtype=np.int64)
    for column, meanings in enumerate((cells.kpis, cells.whos, cells.periods, cells.shows)):
        known = [reasons.code(m.state, m.sentence) if isinstance(m, Reason) else 0 for m in meanings]
        if any(known):
            own = np.array(known, dtype=np.int64)[cells.places[:, column]]
            codes = np.where(codes == 0, own, codes)
    return codes


def _groups(cells: _Cells, codes: Integers) -> list[tuple[Integers, Kpi, Show, tuple[str, ...]]]:
    """Return the cells of each KPI, show and dimension, leaving out those with a word that is not understood."""
    asked = dict.fromkeys(who.dimensions for who in cells.whos if isinstance(who, Who))
    dimensions = {names: place for place, names in enumerate(asked)}
    dimension_of = np.array(
        [dimensions[who.dimensions] if isinstance(who, Who) else 0 for who in cells.whos], dtype=np.int64
    )
    places = cells.places
    keys = (places[:, 0] * len(cells.shows) + places[:, 3]) * len(dimensions) + dimension_of[places[:, 1]]
    inside = np.flatnonzero(codes == 0)
    order = inside[np.argsort(keys[inside], kind="stable")]
    borders = np.flatnonzero(np.diff(keys[order])) + 1
    found = []
    for group in np.split(order, borders) if len(order) else []:
        kpi, show = cells.kpis[places[group[0], 0]], cells.shows[places[group[0], 3]]
        who = cells.whos[places[group[0], 1]]
        if isinstance(kpi, Kpi) and not isinstance(show, Reason) and isinstance(who, Who):
            found.append((group, kpi, show, who.dimensions))
    return found


def _remarked(column: Column, has_value: Integers, code: int, reasons: Reasons) -> Column:
    """Return the column with this reason on each value that has none, or no more than a remark."""
    codes = np.zeros(len(column.values), dtype=np.int16) if column.codes is None else column.codes
    return Column(column.values, np.where(has_value & reasons.silent()[codes], np.int16(code), codes))


def _plain(values: np.ndarray) -> list[float | None]:
    """Return the values as Python numbers, None where there is none."""
    listed: list[float | None] = values.tolist()
    for place in np.flatnonzero(~np.isfinite(values)).tolist():
        listed[place] = None
    return listed
