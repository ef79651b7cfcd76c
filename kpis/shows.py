"""Shows: what a cell may ask of a KPI besides its value: target, gap, change, rank, share, status, interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from kpis.additivity import adds_up_over_members, adds_up_over_time
from kpis.blocks import Numbers
from kpis.certainty import interval_of
from kpis.definitions import COMPANY, Catalogue, Kpi
from kpis.errors import QuestionError, suggest
from kpis.evaluate import Evaluation
from kpis.formula import Name, Operation, parse
from kpis.questions import SHOWS, Show
from kpis.results import Column, merged_codes
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
    "n": ("n", "count", "sample size", "effectif", "nombre"),
    "low": ("low", "lower", "bas", "borne basse"),
    "high": ("high", "upper", "haut", "borne haute"),
}  # fmt: skip
_SHOW_OF: Final[Mapping[str, Show]] = {fold(word): show for show, words in _WORDS.items() for word in words}

_AHEAD, _ON_TRACK, _AT_RISK = 1.05, 0.95, 0.8
"""From which pace on one is ahead, on track, or at risk: attainment over the share of the period that has passed."""
_TIE: Final = 1e-9


def resolve_show(words: str) -> Show:
    """Return what these words ask for; none ask for the value. Raises `QuestionError`."""
    show = _SHOW_OF.get(fold(words))
    if show is None:
        near = suggest(words, SHOWS)
        raise QuestionError(f'"{words[:40]}" cannot be shown.{near} One can show {", ".join(SHOWS)}.')
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
    return evaluation.target(kpi.id)


def _attainment(evaluation: Evaluation, kpi: Kpi) -> Column:
    return evaluation.quotient(_value(evaluation, kpi), _target(evaluation, kpi), "The target is zero.")


def _gap(evaluation: Evaluation, kpi: Kpi) -> Column:
    return _minus(_target(evaluation, kpi), _value(evaluation, kpi))


def _change(evaluation: Evaluation, kpi: Kpi) -> Column:
    return _minus(_value(evaluation, kpi), _value(evaluation.shifted("prior"), kpi))


def _relative(shift: str) -> Callable[[Evaluation, Kpi], Column]:
    def relative(evaluation: Evaluation, kpi: Kpi) -> Column:
        before = _value(evaluation.shifted(shift), kpi)
        change = _minus(_value(evaluation, kpi), before)
        return evaluation.quotient(change, before, "The value to compare with is zero.")

    return relative


def _count(evaluation: Evaluation, kpi: Kpi) -> Column:
    return evaluation.value(kpi.count)


def _rank(evaluation: Evaluation, kpi: Kpi) -> Column:
    """Return the place of each member among the listed ones of its dimension; ties share the better place."""
    if kpi.better == "neutral":
        raise QuestionError(f"{kpi.titles['en']} has no rank: neither more nor less of it is better.")
    if evaluation.dimension == COMPANY or "&" in evaluation.dimension:
        raise QuestionError("Only a member of one dimension has a rank. Ask for a rep, a team, a product ...")
    sign = -1.0 if kpi.better == "higher" else 1.0
    own = _value(evaluation, kpi)
    listed = np.array(
        [member.code for member in evaluation.world.numbers.members(evaluation.dimension).listed], dtype=np.int64
    )
    periods = np.unique(evaluation.places)
    everyone = evaluation.over(evaluation.dimension, np.tile(listed, len(periods)), np.repeat(periods, len(listed)))
    values = _value(everyone, kpi).values.reshape(len(periods), len(listed)) * sign
    ranks = np.full(len(evaluation), np.nan)
    for row, period in enumerate(periods):
        cells = evaluation.places == period
        ranks[cells] = _places_among(own.values[cells] * sign, values[row])
    return Column(np.where(np.isnan(own.values), np.nan, ranks), own.codes)


def _places_among(values: Numbers, others: Numbers) -> Numbers:
    """Return 1 + how many of the others are smaller, by more than rounding."""
    ordered = np.sort(others[~np.isnan(others)])
    better = np.searchsorted(ordered, values - np.abs(values) * _TIE, side="left")
    return np.asarray(better + 1, dtype=np.float64)


def _share(evaluation: Evaluation, company: Evaluation, kpi: Kpi) -> Column:
    if not adds_up_over_members(evaluation.world.catalogue, kpi.id):
        raise QuestionError(f"{kpi.titles['en']} has no share of a total: its parts do not add up.")
    return evaluation.quotient(_value(evaluation, kpi), _value(company, kpi), "The company's value is zero.")


def _status(evaluation: Evaluation, kpi: Kpi) -> Column:
    """Return 2 ahead, 1 on track, 0 at risk, -1 behind: attainment against how much of the period has passed."""
    attainment = _attainment(evaluation, kpi)
    passed = np.ones(len(evaluation))
    if adds_up_over_time(evaluation.world.catalogue, kpi.id):
        passed = evaluation.timeline.elapsed_share()[evaluation.places]
    with np.errstate(divide="ignore", invalid="ignore"):
        pace = passed / attainment.values if kpi.better == "lower" else attainment.values / passed
    status = (pace >= _AHEAD).astype(np.float64) + (pace >= _ON_TRACK) + (pace >= _AT_RISK) - 1
    return Column(np.where(np.isnan(attainment.values), np.nan, status), attainment.codes)


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
    "rank": _rank,
    "status": _status,
    "n": _count,
    "low": _low,
    "high": _high,
}
