"""Shows: what a cell may ask of a KPI besides its value: target, gap, change, rank, share, status, interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from kpis.additivity import adds_up_over_members
from kpis.certainty import interval_of
from kpis.definitions import Catalogue, Kpi
from kpis.errors import QuestionError, suggest
from kpis.evaluate import Evaluation
from kpis.formula import Name, Operation, parse
from kpis.pace import expectation, status
from kpis.questions import SHOWS, Show
from kpis.ranks import places
from kpis.results import Column, merged_codes
from kpis.said import said
from kpis.words import fold

_WORDS: Final[Mapping[Show, tuple[str, ...]]] = {
    "value": ("", "value", "actual", "valeur", "réel", "réalisé"),
    "target": ("target", "goal", "quota", "objectif", "cible"),
    "attainment": ("attainment", "achievement", "atteinte", "taux d'atteinte"),
    "gap": ("gap", "gap to target", "écart", "écart à l'objectif"),
    "vs prior": ("vs prior", "growth", "vs previous", "vs last period", "vs précédent", "vs période précédente",
                 "croissance", "évolution"),
    "vs year ago": ("vs year ago", "yoy", "vs last year", "vs an dernier", "vs année précédente", "vs un an avant"),
    "change": ("change", "difference", "delta", "changement", "variation", "différence"),
    "rank": ("rank", "rang", "classement"),
    "share": ("share", "share of total", "part", "part du total"),
    "status": ("status", "statut", "état"),
    "expected": ("expected", "expected by now", "attendu", "attendu à ce jour"),
    "n": ("n", "count", "sample size", "effectif", "nombre"),
    "low": ("low", "lower", "bas", "borne basse"),
    "high": ("high", "upper", "haut", "borne haute"),
}  # fmt: skip
_SHOW_OF: Final[Mapping[str, Show]] = {fold(word): show for show, words in _WORDS.items() for word in words}


def resolve_show(words: str) -> Show:
    """Return what these words ask for; none ask for the value. Raises `QuestionError`."""
    show = _SHOW_OF.get(fold(words))
    if show is None:
        near = suggest(words, SHOWS)
        raise QuestionError(said("unknown_show", words=words[:40], near=near, shows=", ".join(SHOWS)))
    return show


def shown(evaluation: Evaluation, company: Evaluation, kpi: Kpi, show: Show) -> Column:
    """Return what to show of a KPI in each cell. Raises `QuestionError` where that has no meaning for this KPI.

    ``company`` has the same periods as ``evaluation``, cell by cell, for the company.
    """
    match show:
        case "share":
            return _share(evaluation, company, kpi)
        case _:
            return _SHOWN[show](evaluation, kpi)


def parts_of(evaluation: Evaluation, kpi: Kpi) -> tuple[Column, Column] | None:
    """Return numerator and denominator of a KPI that is a quotient, None of any other."""
    formula = quotient_of(evaluation.world.catalogue, kpi)
    return (evaluation.formula(formula.left), evaluation.formula(formula.right)) if formula else None


def quotient_of(catalogue: Catalogue, kpi: Kpi) -> Operation | None:
    """Return the quotient that a KPI is, directly or under another KPI's name."""
    formula = parse(kpi.formula)
    while isinstance(formula, Name) and formula.name in catalogue.kpis:
        formula = parse(catalogue.kpis[formula.name].formula)
    return formula if isinstance(formula, Operation) and formula.operator == "/" else None


def _value(evaluation: Evaluation, kpi: Kpi) -> Column:
    return evaluation.value(kpi.id)


def _target(evaluation: Evaluation, kpi: Kpi) -> Column:
    return evaluation.target(kpi.base)


def _attainment(evaluation: Evaluation, kpi: Kpi) -> Column:
    return evaluation.quotient(_value(evaluation, kpi), _target(evaluation, kpi), said("zero_target"))


def _gap(evaluation: Evaluation, kpi: Kpi) -> Column:
    return _minus(_target(evaluation, kpi), _value(evaluation, kpi))


def _change(evaluation: Evaluation, kpi: Kpi) -> Column:
    return _minus(_value(evaluation, kpi), _before(evaluation, kpi, "prior"))


def _before(evaluation: Evaluation, kpi: Kpi, shift: str) -> Column:
    """Return the values to compare with: none of a KPI that is used up in a period that is over."""
    other = evaluation.compared(shift)
    column = _value(other, kpi)
    if not kpi.is_used_up:
        return column
    is_over = (other.timeline.last < other.timeline.today)[other.places] & ~np.isnan(column.values)
    return column.where(is_over, evaluation.world.reasons.code("no_data", said("used_up", title=kpi.titles)))


def _relative(shift: str) -> Callable[[Evaluation, Kpi], Column]:
    def relative(evaluation: Evaluation, kpi: Kpi) -> Column:
        before = _before(evaluation, kpi, shift)
        change = _minus(_value(evaluation, kpi), before)
        return evaluation.quotient(change, before, said("zero_before"))

    return relative


def _count(evaluation: Evaluation, kpi: Kpi) -> Column:
    return evaluation.value(kpi.count)


def _share(evaluation: Evaluation, company: Evaluation, kpi: Kpi) -> Column:
    if not adds_up_over_members(evaluation.world.catalogue, kpi.id):
        raise QuestionError(said("no_share", title=kpi.titles))
    return evaluation.quotient(_value(evaluation, kpi), _value(company, kpi), said("zero_company"))


def _status(evaluation: Evaluation, kpi: Kpi) -> Column:
    return status(_attainment(evaluation, kpi), expectation(evaluation, kpi).share, kpi)


def _expected(evaluation: Evaluation, kpi: Kpi) -> Column:
    """Return which part of the period's value is to be expected by today."""
    return Column(expectation(evaluation, kpi).share)


def _low(evaluation: Evaluation, kpi: Kpi) -> Column:
    return interval_of(evaluation, kpi).low


def _high(evaluation: Evaluation, kpi: Kpi) -> Column:
    return interval_of(evaluation, kpi).high


def _minus(left: Column, right: Column) -> Column:
    return Column(left.values - right.values, merged_codes(left, right))


_SHOWN: Final[Mapping[Show, Callable[[Evaluation, Kpi], Column]]] = {
    "value": _value,
    "target": _target,
    "attainment": _attainment,
    "gap": _gap,
    "vs prior": _relative("prior"),
    "vs year ago": _relative("year_ago"),
    "change": _change,
    "rank": places,
    "status": _status,
    "expected": _expected,
    "n": _count,
    "low": _low,
    "high": _high,
}
