"""Cases: one question with its answer and all that is needed to look into it, for explanations and records."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from sqlglot import exp

from kpis.answers import Answerer
from kpis.catalogue import resolve_kpi
from kpis.definitions import Kpi, Measure
from kpis.engine import FactEngine
from kpis.evidence import Evidence, Scope
from kpis.formula import Formula, names, parse
from kpis.members import resolve_who
from kpis.periods import parse_period
from kpis.questions import Answer, Question
from kpis.recount import Recount
from kpis.shows import quotient_of

Role = Literal["numerator", "denominator", "both", "part"]
Facts = Callable[[], FactEngine]
"""Opens the rows of a snapshot; called only where they are needed."""

MOST_RECOUNTED: Final = 5_000_000
"""Of more rows than this, a number is not recounted: it would take minutes and gigabytes."""
_TOLERANCE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Check:
    """What the rows give by the formula, and whether that is the answer."""

    recomputed: float | None
    equals: bool


@dataclass(frozen=True, slots=True)
class Leaf:
    """A measure that a KPI comes down to, in the period in which it is taken."""

    name: str
    measure: Measure
    scope: Scope
    role: Role


@dataclass(frozen=True, slots=True)
class Case:
    """One question that is understood, with all that is needed to look into it."""

    answer: Answer
    kpi: Kpi
    scope: Scope
    recount: Recount

    @property
    def check(self) -> Check:
        """Return what the rows give, and whether it is the answer."""
        recomputed = self.recount.value(self.kpi.id, self.scope)
        return Check(recomputed, _is_same(recomputed, self.answer.value))

    def count(self, leaf: Leaf) -> int:
        """Return how many records a leaf has."""
        match leaf.measure.kind:
            case "members" | "reached":
                return len(self.recount.verdicts(leaf.measure, leaf.scope))
            case "target":
                return len(self.recount.target_shares(leaf.measure.of, leaf.scope))
            case "calendar" | "whole":
                return 0
            case _ if not self.recount.can_be(leaf.measure, leaf.scope):
                return 0
        counted = exp.alias_(exp.Count(this=exp.Star()), "n")
        return int(self.recount.evidence.selected(leaf.measure, leaf.scope, [counted])["n"].to_pylist()[0])

    def leaves(self) -> list[Leaf]:
        """Return the measures that the KPI comes down to, numerator first, each once."""
        quotient = quotient_of(self.recount.catalogue, self.kpi)
        if quotient is None:
            return self._leaves(parse(self.kpi.formula), "part")
        over, under = self._leaves(quotient.left, "numerator"), self._leaves(quotient.right, "denominator")
        both = {leaf.name for leaf in over} & {leaf.name for leaf in under}
        return [
            replace(leaf, role="both") if leaf.name in both else leaf
            for leaf in (*over, *(leaf for leaf in under if leaf.name not in both))
        ]

    def _leaves(self, formula: Formula, role: Role) -> list[Leaf]:
        found = {leaf.name: leaf for name in names(formula) for leaf in self._leaves_of(name, self.scope, role)}
        return list(found.values())

    def _leaves_of(self, name: str, scope: Scope, role: Role) -> Iterator[Leaf]:
        """Yield the measures a name comes down to; the catalogue has no circle, so this ends."""
        catalogue = self.recount.catalogue
        if name in catalogue.kpis:
            parts = names(catalogue.kpis[name].formula)
        else:
            measure = catalogue.measures[name]
            if measure.kind == "shift":
                scope = self.recount.shifted(scope, measure.shift)
            elif measure.kind != "derived":
                if concrete := self.recount.concrete(measure, scope):
                    is_shifted = scope.period != self.scope.period
                    yield Leaf(f"{name} {scope.period.label}" if is_shifted else name, concrete, scope, role)
                return
            parts = (measure.of,) if measure.kind == "shift" else names(measure.formula)
        for part in parts:
            yield from self._leaves_of(part, scope, role)


def case_of(answerer: Answerer, facts: Facts, question: Question) -> Case | Answer:
    """Return the question as a case; the answer alone where it is not understood or not allowed.

    ``facts`` opens the rows of the snapshot that the answerer answers from; it is not called in vain.
    """
    answer = answerer.answer(replace(question, show="value"))
    if answer.state in {"error", "not_allowed"}:
        return answer
    who = resolve_who(question.who, answerer.cube.dimensions)
    period = parse_period(question.period, answerer.calendar, answerer.today)
    kpi = resolve_kpi(answerer.catalogue, question.kpi)
    evidence = Evidence(facts(), answerer.cube, answerer.today)
    recount = Recount(evidence, answerer.catalogue, answerer.calendar, is_forward=kpi.is_forward)
    scope = Scope(who.dimensions, tuple(frozenset({code}) for code in who.codes), period)
    return Case(answer, kpi, scope, recount)


def _is_same(recomputed: float | None, value: float | None) -> bool:
    if recomputed is None or value is None:
        return recomputed is value
    return math.isclose(recomputed, value, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
