"""Explanations: what a number is made of, part by part down to its measures, and what it leaves out and why."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from kpis.answers import Answerer
from kpis.cases import MOST_RECOUNTED, Case, Check, Facts, Role, case_of
from kpis.definitions import Kpi, Measure
from kpis.evaluate import Evaluation, World
from kpis.evidence import Scope, is_count
from kpis.exclusions import Exclusion, exclusions
from kpis.filters import LANGUAGES, Texts, filter_words, membership_words, slice_words
from kpis.formula import Formula, Name, names
from kpis.periods import Period
from kpis.questions import Answer, Question, State
from kpis.results import Column, Reason, Reasons
from kpis.sentences import spelled, written
from kpis.shows import quotient_of
from kpis.timeline import Timeline

_DEEPEST: Final = 12
"""How deep the parts are unfolded: no catalogue nests that far, and a page could not show it."""
_MONEY: Final = frozenset({
    "amount", "weighted_amount", "line_value", "list_value", "cost", "net_income", "equity", "market_sales",
    "largest_competitor_sales", "annual_value", "campaign_sales", "baseline_sales",
})  # fmt: skip
_UNITS: Final[Mapping[str, str]] = {
    **dict.fromkeys(_MONEY, "money"),
    **dict.fromkeys(("cycle_days", "hire_days", "stay_days", "tenure_days"), "days"),
    **dict.fromkeys(("response_hours", "hours", "recruiting_hours"), "hours"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a number: a KPI, a measure or a formula over them, with its value in the period it is taken in.

    ``filter`` says which rows a measure takes; ``formula`` what a KPI is made of, over the names of its ``parts``.
    ``is_prorated``: a target that was set for other days.
    """

    name: str
    role: Role
    kind: str
    words: Texts
    value: float | None
    unit: str
    state: State
    message: str
    period: Period
    formula: str = ""
    filter: Texts = field(default_factory=dict)
    is_prorated: bool = False
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What an answer is made of. Of an answer that may not be explained, the answer alone: ``kpi`` is None.

    ``membership`` says how teams and regions are taken, of a slice that has one. ``check`` is None where there are
    too many rows to recount.
    """

    answer: Answer
    kpi: Kpi | None = None
    period: Period | None = None
    who: Texts = field(default_factory=dict)
    membership: Texts = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    excluded: tuple[Exclusion, ...] = ()
    row_count: int = 0
    check: Check | None = None

    @property
    def definition(self) -> str:
        """Return the definition with its version, ``win_rate@1``."""
        return self.kpi.definition if self.kpi else ""

    @property
    def is_prorated(self) -> bool:
        """Tell whether a target that was set for other days is part of it."""
        return any(_is_prorated(part) for part in self.parts)


def explain(answerer: Answerer, facts: Facts, question: Question) -> Explanation:
    """Return what the answer to a question is made of.

    ``facts`` opens the rows of the snapshot that the answerer answers from. What a limited caller may not see is not
    explained either: neither other slices, nor how much belongs to nobody.
    """
    case = case_of(answerer, facts, question)
    return Explanation(case) if isinstance(case, Answer) else explanation_of(answerer, case)


def explanation_of(answerer: Answerer, case: Case) -> Explanation:
    """Return what the answer of a case is made of."""
    count = sum(map(case.count, case.leaves()))
    return Explanation(
        case.answer,
        case.kpi,
        case.scope.period,
        slice_words(case.scope, answerer.cube),
        membership_words(case.scope, answerer.cube),
        tuple(_Tree(answerer, case).parts()),
        tuple(exclusions(case, is_limited=answerer.limit.is_set)),
        count,
        case.check if count <= MOST_RECOUNTED else None,
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """One cell of an evaluation, and the scope that it stands for."""

    evaluation: Evaluation
    scope: Scope

    def value(self, column: Column) -> float | None:
        """Return the cell's value in a column."""
        value = float(column.values[0])
        return value if math.isfinite(value) else None

    def reason(self, column: Column) -> Reason:
        """Return why the cell has no value in a column, or what is to be said about it."""
        return self.evaluation.world.reasons[0 if column.codes is None else int(column.codes[0])]


class _Tree:
    """Unfolds the parts of a KPI; values come from the cube, as in the answer."""

    def __init__(self, answerer: Answerer, case: Case) -> None:
        self._answerer = answerer
        self._case = case
        self._catalogue = answerer.catalogue

    def parts(self) -> list[Part]:
        """Return numerator and denominator of a quotient, else each name of the formula."""
        place = _Place(self._evaluation(), self._case.scope)
        quotient = quotient_of(self._catalogue, self._case.kpi)
        if quotient is None:
            return self._below(self._case.kpi.formula, place, 0)
        return [self._side(quotient.left, "numerator", place), self._side(quotient.right, "denominator", place)]

    def _evaluation(self) -> Evaluation:
        """Return the evaluation of the one cell that is explained."""
        answerer, scope = self._answerer, self._case.scope
        code = 0
        for dimension, codes in zip(scope.dimensions, scope.members, strict=True):
            code = code * len(answerer.cube.members(dimension)) + next(iter(codes))
        world = World(answerer.numbers(scope.dimensions), self._catalogue, Reasons(), self._case.kpi.is_forward)
        timeline = Timeline((scope.period,), answerer.calendar, answerer.today)
        return Evaluation(world, scope.dimension, np.array([code]), timeline, np.array([0]))

    def _side(self, formula: Formula, role: Role, place: _Place) -> Part:
        """Return one side of a quotient; one of several names is a part of its own, called as it is written."""
        if isinstance(formula, Name):
            return self._named(formula.name, role, place, 1)
        text, column = spelled(formula, str), place.evaluation.formula(formula)
        reason = place.reason(column)
        parts = self._below(text, place, 1)
        return Part(
            name=text,
            role=role,
            kind="formula",
            words={language: written(formula, self._catalogue, language) for language in LANGUAGES},
            value=place.value(column),
            unit=_common_unit(parts),
            state=reason.state,
            message=reason.sentence,
            period=place.scope.period,
            formula=text,
            parts=tuple(parts),
        )

    def _named(self, name: str, role: Role, place: _Place, depth: int) -> Part:
        kpi, column = self._catalogue.kpis.get(name), place.evaluation.value(name)
        if kpi is None:
            return self._measured(self._catalogue.measures[name], role, place, depth)
        reason = place.reason(column)
        return Part(
            name=name,
            role=role,
            kind="kpi",
            words=kpi.titles,
            value=place.value(column),
            unit=kpi.unit,
            state=reason.state,
            message=reason.sentence,
            period=place.scope.period,
            formula=kpi.formula,
            parts=tuple(self._below(kpi.formula, place, depth)),
        )

    def _measured(self, measure: Measure, role: Role, place: _Place, depth: int) -> Part:
        column = place.evaluation.value(measure.name)
        reason = place.reason(column)
        is_hidden = measure.kind == "whole" and self._answerer.limit.is_set
        parts = self._below_measure(measure, place, depth)
        is_leaf = measure.kind not in {"derived", "shift"}
        return Part(
            name=measure.name,
            role=role,
            kind=measure.kind,
            words=measure.words,
            value=None if is_hidden else place.value(column),
            unit=self._unit(measure, parts if not is_leaf else ()),
            state="not_allowed" if is_hidden else reason.state,
            message="" if is_hidden else reason.sentence,
            period=place.scope.period if is_leaf or not parts else parts[0].period,
            formula=measure.formula or measure.than,
            filter=self._filter(measure, place.scope) if is_leaf else {},
            is_prorated=measure.kind == "target" and self._is_prorated(measure, place.scope),
            parts=tuple(parts),
        )

    def _below_measure(self, measure: Measure, place: _Place, depth: int) -> list[Part]:
        """Return what a measure is made of, of one that is made of others."""
        if measure.kind in {"derived", "older"}:
            return self._below(measure.formula or measure.than, place, depth)
        if measure.kind != "shift":
            return []
        scope = self._case.recount.shifted(place.scope, measure.shift)
        return self._below(measure.of, _Place(place.evaluation.shifted(measure.shift), scope), depth)

    def _below(self, formula: str, place: _Place, depth: int) -> list[Part]:
        if depth >= _DEEPEST:
            return []
        return [self._named(name, "part", place, depth + 1) for name in names(formula)]

    def _filter(self, measure: Measure, scope: Scope) -> Texts:
        return filter_words(measure, scope, self._catalogue, self._answerer.cube, self._answerer.today)

    def _is_prorated(self, measure: Measure, scope: Scope) -> bool:
        return any(not share.is_whole for share in self._case.recount.target_shares(measure.of, scope))

    def _unit(self, measure: Measure, parts: Sequence[Part]) -> str:
        if measure.kind == "target":
            return self._catalogue.kpis[measure.of].unit
        if parts:
            return _common_unit(parts)
        if measure.kind == "whole":
            return self._unit_of(measure.of)
        if measure.kind in {"calendar", "age"} or measure.counts == "days":
            return "days"
        return "count" if not measure.fact or is_count(measure) else _UNITS.get(measure.value, "count")

    def _unit_of(self, name: str) -> str:
        """Return the unit of a name that may only lead to another."""
        if kpi := self._catalogue.kpis.get(name):
            return kpi.unit
        measure = self._catalogue.measures[name]
        return self._unit_of(measure.of) if measure.kind == "shift" else self._unit(measure, ())


def _common_unit(parts: Sequence[Part]) -> str:
    units = {part.unit for part in parts}
    return units.pop() if len(units) == 1 else ""


def _is_prorated(part: Part) -> bool:
    return part.is_prorated or any(map(_is_prorated, part.parts))
