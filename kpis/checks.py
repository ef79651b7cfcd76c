"""What can be checked only when all entries are read: names, cycles, splits, words, worked examples."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from kpis.definitions import DIMENSIONS, Catalogue, Dimension, Kpi, Measure, Scorecard
from kpis.entries import Entry
from kpis.errors import DefinitionError, suggest
from kpis.estimates import declared_method_problem
from kpis.facts import FACTS, Fact
from kpis.formula import evaluate, names
from kpis.tables_of import parts_of_measure
from kpis.words import fold

_WITHIN: Final[Mapping[str, tuple[Dimension, ...]]] = {"rep": ("rep", "team", "region"), "team": ("team", "region")}
"""Which slices have members of a dimension in them, where these are more than the dimension itself."""


@dataclass(frozen=True, slots=True)
class Drafts:
    """Entries that were read one by one; ``entries`` has each by name, scorecards with their section before it."""

    measures: dict[str, Measure] = field(default_factory=dict)
    kpis: dict[str, Kpi] = field(default_factory=dict)
    scorecards: dict[str, Scorecard] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)


def checked(drafts: Drafts) -> Catalogue:
    """Return the catalogue of these drafts, each KPI with its dimensions. Raises `DefinitionError`."""
    uses = {name: _uses(drafts, name) for name in (*drafts.measures, *drafts.kpis)}
    _check_cycles(drafts, uses)
    _check_words(drafts)
    _check_versions(drafts)
    for measure in drafts.measures.values():
        _check_measure(drafts, measure)
    for scorecard in drafts.scorecards.values():
        _check_scorecard(drafts, scorecard)
    splits: dict[str, tuple[Dimension, ...]] = {}
    kpis = {name: _checked_kpi(drafts, kpi, _splits(drafts, uses, name, splits)) for name, kpi in drafts.kpis.items()}
    catalogue = Catalogue(drafts.measures, kpis, drafts.scorecards)
    for kpi in kpis.values():
        if problem := declared_method_problem(catalogue, kpi):
            raise drafts.entries[kpi.id].wrong(problem)
    return catalogue


def _uses(drafts: Drafts, name: str) -> tuple[str, ...]:
    """Return the names that a measure or KPI is made of, all of them known."""
    entry = drafts.entries[name]
    try:
        used = _names_in(drafts.kpis.get(name) or drafts.measures[name])
    except DefinitionError as error:
        raise entry.wrong(str(error)) from error
    for other in used:
        if other not in drafts.measures and other not in drafts.kpis:
            near = suggest(other, (*drafts.measures, *drafts.kpis))
            raise entry.wrong(f'there is no measure and no KPI "{other}".{near} Define it, or correct the name.')
    return used


def _names_in(definition: Measure | Kpi) -> tuple[str, ...]:
    if isinstance(definition, Kpi):
        return names(definition.formula)
    return (definition.of,) if definition.kind == "target" else parts_of_measure(definition)


def _check_cycles(drafts: Drafts, uses: Mapping[str, tuple[str, ...]]) -> None:
    finished: set[str] = set()
    for start in uses:
        path = [start] if start not in finished else []
        branches = [iter(uses[start])]
        while path:
            name = next(branches[-1], None)
            if name is None:
                finished.add(path.pop())
                branches.pop()
            elif name in path:
                cycle = " -> ".join((*path[path.index(name) :], name))
                raise drafts.entries[name].wrong(f"it is defined by itself: {cycle}. Break the circle.")
            elif name not in finished:
                path.append(name)
                branches.append(iter(uses[name]))


def _splits(
    drafts: Drafts, uses: Mapping[str, tuple[str, ...]], name: str, known: dict[str, tuple[Dimension, ...]]
) -> tuple[Dimension, ...]:
    """Return the dimensions by which a measure or KPI can be split: those that all its parts can be split by."""
    if name not in known:
        measure = drafts.measures.get(name)
        is_whole = measure is not None and measure.kind == "whole"
        parts = [set(_splits(drafts, uses, part, known)) for part in uses[name] if not is_whole]
        own = _own_splits(measure) if measure else set(DIMENSIONS)
        chosen = set(drafts.kpis[name].dimensions or DIMENSIONS) if name in drafts.kpis else own
        common = chosen.intersection(own, *parts)
        known[name] = tuple(dimension for dimension in DIMENSIONS if dimension in common)
    return known[name]


def _own_splits(measure: Measure) -> set[Dimension]:
    if measure.over:
        return {dimension for dimension in DIMENSIONS if dimension in _WITHIN.get(measure.over, (measure.over,))}
    if not measure.fact:
        return set(DIMENSIONS)
    splits = FACTS[measure.fact].splits
    return {dimension for dimension in DIMENSIONS if dimension in splits}


def _check_measure(drafts: Drafts, measure: Measure) -> None:
    """Refuse a fact that there is not, columns that the fact does not have, and targets for what is no KPI."""
    entry = drafts.entries[measure.name]
    if measure.kind == "target" and measure.of not in drafts.kpis:
        near = suggest(measure.of, drafts.kpis)
        raise entry.wrong(f'of = "{measure.of}" is no KPI.{near} Targets are set for KPIs.')
    if not measure.fact:
        return
    if measure.fact not in FACTS:
        near = suggest(measure.fact, FACTS)
        raise entry.wrong(f'there is no fact "{measure.fact}".{near} Known are {", ".join(FACTS)}.')
    fact = FACTS[measure.fact]
    values = _values(fact, measure)
    _check_column(entry, "axis", measure.axis, fact.axes)
    _check_column(entry, "value", measure.value, values)
    if measure.end_axis:
        _check_column(entry, "end_axis", measure.end_axis, fact.axes)
    for condition in measure.where:
        _check_column(entry, "where", condition.column, sorted(fact.columns))


def _values(fact: Fact, measure: Measure) -> Sequence[str]:
    """Return the columns that a measure of this kind may take its values from."""
    if measure.kind in {"distinct", "survivors"}:
        return sorted(fact.columns)
    return sorted(fact.days) if measure.kind == "age" else fact.values


def _check_column(entry: Entry, key: str, column: str, known: Sequence[str]) -> None:
    if column not in known:
        raise entry.wrong(f'the fact has no "{column}" for {key}.{suggest(column, known)} It has {", ".join(known)}.')


def _checked_kpi(drafts: Drafts, kpi: Kpi, splits: tuple[Dimension, ...]) -> Kpi:
    entry = drafts.entries[kpi.id]
    if kpi.count not in drafts.measures:
        near = suggest(kpi.count, drafts.measures)
        raise entry.wrong(f'count "{kpi.count}" is no measure.{near} It names the measure that is the sample size.')
    for dimension in kpi.dimensions:
        if dimension not in splits:
            known = ", ".join(splits) or "none"
            raise entry.wrong(f'its parts cannot be split by "{dimension}". Leave it out; they can be by {known}.')
    if kpi.cohort and not _is_cohort(drafts.measures.get(kpi.cohort)):
        raise entry.wrong(f'cohort = "{kpi.cohort}" is no measure that counts opportunities by their creation.')
    if kpi.by and kpi.by not in splits:
        raise entry.wrong(f'by = "{kpi.by}" is none of its dimensions, {", ".join(splits) or "none"}.')
    for example in kpi.examples:
        _check_example(entry, kpi, example.inputs, example.expected)
    return kpi if kpi.dimensions else replace(kpi, dimensions=splits)


def _is_cohort(measure: Measure | None) -> bool:
    return measure is not None and (measure.kind, measure.fact, measure.axis) == ("flow", "opportunity", "created")


def _check_example(entry: Entry, kpi: Kpi, inputs: Mapping[str, float], expected: float) -> None:
    if differing := set(names(kpi.formula)).symmetric_difference(inputs):
        raise entry.wrong(
            f"an example has exactly the formula's names as inputs; look at {', '.join(sorted(differing))}."
        )
    value = evaluate(kpi.formula, inputs)
    if value is None or not math.isclose(value, expected, rel_tol=1e-9, abs_tol=1e-9):
        raise entry.wrong(f"by its formula the example's answer is {value}, not {expected}. Correct one of them.")


def _check_words(drafts: Drafts) -> None:
    owners: dict[str, str] = {}
    for kpi in drafts.kpis.values():
        for word in kpi.words:
            owner = owners.setdefault(fold(word), kpi.id)
            if owner != kpi.id:
                raise drafts.entries[kpi.id].wrong(f'"{word}" already means the KPI {owner}. Choose another word.')


def _check_versions(drafts: Drafts) -> None:
    """Refuse an older version of what is not defined beside it, or that is not older."""
    for kpi in drafts.kpis.values():
        if not kpi.is_older:
            continue
        entry, newest = drafts.entries[kpi.id], drafts.kpis.get(kpi.base)
        if newest is None or drafts.entries[newest.id].file != entry.file:
            raise entry.wrong(f"there is no [kpis.{kpi.base}] in this file, of which it could be an older version.")
        if newest.version <= kpi.version:
            raise entry.wrong(
                f"[kpis.{kpi.base}] is version {newest.version}. Say version = {kpi.version + 1} there, or more."
            )


def _check_scorecard(drafts: Drafts, scorecard: Scorecard) -> None:
    entry = drafts.entries[f"scorecards.{scorecard.id}"]
    for kpi in scorecard.kpis:
        if kpi not in drafts.kpis:
            raise entry.wrong(f'there is no KPI "{kpi}".{suggest(kpi, drafts.kpis)} Define it, or take it off.')
    if len(set(scorecard.kpis)) < len(scorecard.kpis):
        raise entry.wrong("a KPI is on it twice. Take one off.")
