"""Bridges: the change of a KPI between two periods, split into contributions whose sum is the change exactly.

What adds up over members splits into the members' own changes. A quotient of two such sums splits, for each member,
into *mix* (the change of its share of the denominator, times how far its rate lies from the whole's) and *rate* (the
change of its own rate, times its share), each at the middle of the two periods. Where only the numerator belongs to
members (calls a day), theirs is *volume*. Any other formula is spread over its measures (see `kpis.spreads`), and
those that add up over their members. Members that are new or gone are there, and so is Unspecified; what no member
has (a target of the team's own, an account that two of them share) is a contribution of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from kpis.additivity import adds_up_over_members, formula_adds_up_over_members
from kpis.answers import Answerer
from kpis.blocks import Numbers
from kpis.catalogue import resolve_kpi
from kpis.definitions import COMPANY, Kpi
from kpis.effects import Contribution, mix_and_rate, ordered, presence_of, rest_of
from kpis.errors import QuestionError
from kpis.evaluate import Evaluation, World
from kpis.formula import Formula, Operation, parse
from kpis.members import Who, resolve_who
from kpis.periods import Period, comparable, elapsed, parse_period, prior, year_ago
from kpis.questions import Answer, Question, State
from kpis.results import Reason, Reasons
from kpis.said import Sentence, joined, said
from kpis.shows import quotient_of
from kpis.slices import Split, code_of, split_of
from kpis.spreads import Leaf, Pair, Spread, mean, spread_of_formula
from kpis.timeline import Timeline
from kpis.words import fold

_AGAINST: Final = {
    **dict.fromkeys(("", "prior", "previous", "vs prior", "before", "precedent", "periode precedente"), "prior"),
    **dict.fromkeys(("year ago", "a year ago", "vs year ago", "yoy", "il y a un an", "un an avant"), "year ago"),
}
_NEGLIGIBLE: Final = 1e-9
"""What members leave over of a whole, beside which it is rounding."""


@dataclass(frozen=True, slots=True)
class Bridge:
    """The change of a KPI for one slice. Without a change there are no contributions, and ``reason`` says why."""

    answer: Answer
    kpi: Kpi
    period: Period
    against: Period
    dimension: str
    before: float | None
    after: float | None
    contributions: tuple[Contribution, ...] = ()
    state: State = "ok"
    reason: str = ""

    @property
    def change(self) -> float | None:
        """Return after minus before."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def residual(self) -> float | None:
        """Return the change minus all contributions: zero but for rounding."""
        change = self.change
        return None if change is None else math.fsum([change, *(-one.value for one in self.contributions)])


def bridge(answerer: Answerer, question: Question, against: str = "", by: str = "") -> Bridge | Answer:
    """Return the bridge of a KPI; the answer alone where that may not be asked.

    ``against`` is a period, ``prior`` (as no words) or ``year ago``; a running period is compared with as many days.
    ``by`` is a dimension, ``company`` for none; without words, the one that the KPI is usually split by. Raises
    `QuestionError` where a word means nothing.
    """
    answer = answerer.answer(replace(question, show="value"))
    if answer.state == "not_allowed":
        return answer
    if answer.state == "error":
        raise QuestionError(answer.message)
    kpi, who = resolve_kpi(answerer.catalogue, question.kpi), resolve_who(question.who, answerer.cube.dimensions)
    period = parse_period(question.period, answerer.calendar, answerer.today)
    other = compared_period(answerer, period, against)
    split = split_of(answerer, kpi, who, by)
    is_running = elapsed(period, answerer.today) is not period
    aimed = named_period(answerer, period, against) if is_running else other
    return _Maker(answerer, kpi, who, split, (other, period), aimed).bridge(answer)


def compared_period(answerer: Answerer, period: Period, against: str) -> Period:
    """Return the days that these words compare another period with. Raises `QuestionError`."""
    other = named_period(answerer, period, against)
    return comparable(period, other, answerer.today, answerer.calendar) if other.grain == period.grain else other


def named_period(answerer: Answerer, period: Period, against: str) -> Period:
    """Return the whole period that these words compare another with. Raises `QuestionError`."""
    calendar = answerer.calendar
    match _AGAINST.get(fold(against)):
        case "prior":
            return prior(period, calendar)
        case "year ago":
            return year_ago(period, calendar)
        case _:
            return parse_period(against, calendar, answerer.today)


class _Maker:
    """Makes one bridge: evaluates the slice and its members in both periods, and splits the change."""

    def __init__(  # noqa: PLR0917 each is one thing that a bridge depends on
        self, answerer: Answerer, kpi: Kpi, who: Who, split: Split, periods: tuple[Period, Period], aimed: Period
    ) -> None:
        self._catalogue = answerer.catalogue
        self._kpi = kpi
        self._split = split
        self._is_split = bool(split.dimension)
        self._periods = periods
        self._world = World(answerer.numbers(who.dimensions), answerer.catalogue, Reasons(), kpi.is_forward)
        timeline = Timeline(periods, answerer.calendar, answerer.today, (aimed, periods[1]))
        places = np.arange(2)
        self._whole = Evaluation(
            self._world, "&".join(who.dimensions) or COMPANY, np.full(2, code_of(answerer, who)), timeline, places
        )
        world = replace(self._world, numbers=split.numbers)
        count = len(split.codes)
        self._members = Evaluation(world, split.name, np.tile(split.codes, 2), timeline, np.repeat(places, count))

    def bridge(self, answer: Answer) -> Bridge:
        """Return the bridge, its contributions by member, those that bring most first."""
        column = self._whole.value(self._kpi.id)
        before, after = map(_number, column.values)
        codes = (0, 0) if column.codes is None else column.codes
        found = Bridge(answer, self._kpi, self._periods[1], self._periods[0], self._split.dimension, before, after)
        if before is None or after is None:
            place = 0 if before is None else 1
            reason = self._world.reasons[int(codes[place])]
            return replace(found, state=reason.state, reason=_sentence(self._periods[place], reason))
        return replace(found, contributions=tuple(ordered(self._contributions())))

    def _contributions(self) -> Iterator[Contribution]:
        formula = parse(self._kpi.formula)
        if self._is_split and self._adds_up(formula):
            return self._changes(formula)
        quotient = quotient_of(self._catalogue, self._kpi)
        if quotient is None or not self._is_split or not self._adds_up(quotient.left):
            return self._parts(self._spread(formula).factors)
        if self._adds_up(quotient.right):
            return self._mix_and_rate(quotient)
        return self._volume(quotient)

    def _changes(self, formula: Formula) -> Iterator[Contribution]:
        values, rest = self._of_members(formula)
        counts = np.nan_to_num(self._values(self._members, (self._kpi.count,)))
        for place, name in enumerate(self._split.names):
            before, after = values[:, place].tolist()
            yield Contribution(name, presence_of(counts[:, place]), before, after, after - before)
        yield from rest_of(rest)

    def _mix_and_rate(self, quotient: Operation) -> Iterator[Contribution]:
        """Split by member into mix and rate. With shares ``w`` and rates ``r``, ``w r`` sums to the whole's rate."""
        over, under = (np.column_stack(self._of_members(side)) for side in (quotient.left, quotient.right))
        whole = under.sum(axis=1)
        level = float((over.sum(axis=1) / whole).mean())
        for place, name in enumerate((*self._split.names, "")):
            yield from mix_and_rate(name, over[:, place], under[:, place], whole, level)

    def _volume(self, quotient: Operation) -> Iterator[Contribution]:
        """Split the numerator's change by member; what is below it is nobody's."""
        over, under = self._spread(quotient.left), self._spread(quotient.right)
        values, rest = self._of_members(quotient.left)
        factor = mean((1 / under.pair[0], 1 / under.pair[1]))
        for place, name in enumerate(self._split.names):
            before, after = values[:, place].tolist()
            yield Contribution(name, "volume", before, after, (after - before) * factor)
        yield from rest_of(rest, factor)
        slope = -mean(over.pair) / (under.pair[0] * under.pair[1])
        yield from self._parts({leaf: own * slope for leaf, own in under.factors.items()})

    def _parts(self, factors: Mapping[Leaf, float]) -> Iterator[Contribution]:
        """Split by measure, and what adds up by member."""
        for leaf, factor in factors.items():
            names: tuple[str, ...] = ("",)
            values, rest = self._values(self._whole, leaf), np.zeros(2)
            if self._is_split and adds_up_over_members(self._catalogue, leaf[-1]):
                names, (values, rest) = self._split.names, self._leaf_of_members(leaf)
            for name, (before, after) in zip(names, values.T.tolist(), strict=True):
                yield Contribution(name, "part", before, after, (after - before) * factor, leaf[-1])
            yield from rest_of(rest, factor, leaf[-1])

    def _of_members(self, formula: Formula) -> tuple[Numbers, Numbers]:
        """Return what each member has of a sum in both periods, a row for each period, and what no member has."""
        total, rest = np.zeros((2, len(self._split.names))), np.zeros(2)
        for leaf, factor in self._spread(formula).factors.items():
            values, left_over = self._leaf_of_members(leaf)
            total, rest = total + values * factor, rest + left_over * factor
        return total, rest

    def _leaf_of_members(self, leaf: Leaf) -> tuple[Numbers, Numbers]:
        values = np.nan_to_num(self._values(self._members, leaf))
        whole = self._values(self._whole, leaf)[:, 0]
        rest = whole - values.sum(axis=1)
        size = np.abs(values).sum(axis=1) + np.abs(whole)
        return values, np.where(np.abs(rest) > _NEGLIGIBLE * size, rest, 0.0)

    def _values(self, evaluation: Evaluation, leaf: Leaf) -> Numbers:
        """Return the values of a leaf, a row for each period."""
        *shifts, name = leaf
        for shift in shifts:
            evaluation = evaluation.shifted(shift)
        return evaluation.value(name).values.reshape(2, -1)

    def _spread(self, formula: Formula) -> Spread:
        return spread_of_formula(self._catalogue, formula, self._pair)

    def _pair(self, leaf: Leaf) -> Pair:
        before, after = self._values(self._whole, leaf)[:, 0].tolist()
        return before, after

    def _adds_up(self, formula: Formula) -> bool:
        return formula_adds_up_over_members(self._catalogue, formula)


def shortened(found: Bridge, most: int) -> Bridge:
    """Return the bridge with at most so many contributions: the smallest are added up into one."""
    if len(found.contributions) <= most:
        return found
    kept, rest = found.contributions[: most - 1], found.contributions[most - 1 :]
    others = Contribution(f"{len(rest)}", "others", None, None, math.fsum(one.value for one in rest))
    return replace(found, contributions=(*kept, others))


def _sentence(period: Period, reason: Reason) -> Sentence:
    return joined((said("no_bridge", period=period.label), reason.sentence))


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
