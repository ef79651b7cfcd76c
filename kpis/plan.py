"""What a cube must hold so that every KPI can be answered: which totals and samples, of which facts, split how."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final

from kpis.definitions import Catalogue, Kpi, Measure
from kpis.estimates import estimate_of, squares_of
from kpis.facts import ASSUMPTIONS, FACTS, PARTS, Fact, view_text
from kpis.formula import names
from kpis.memberships import When
from kpis.periods import Calendar
from kpis.tables_of import parts_of_measure
from kpis.totals import Total, fact_of, totals_of

_SAMPLED: Final = frozenset({"quantile", "distinct", "older", "survivors"})
ROLLED_UP: Final = ("team", "region")
"""Dimensions that are added up from the reps', never grouped on their own."""


@dataclass(slots=True)
class Grouping:
    """One (fact, axis): all totals that measures take from it, and the dimensions to split them by."""

    fact: Fact
    axis: str
    totals: dict[str, Total] = field(default_factory=dict)
    dimensions: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class Sampling:
    """One measure whose single values are kept, and the dimensions to split it by."""

    measure: Measure
    fact: Fact
    dimensions: dict[str, None] = field(default_factory=dict)

    @property
    def named(self) -> list[str]:
        """The dimensions that a column says the member of."""
        return [dimension for dimension in self.dimensions if dimension]


@dataclass(frozen=True, slots=True)
class Plan:
    """All groupings by (fact, axis) and all samplings by (fact, measure).

    The dimension ``""`` is no dimension: a fact without reps is also summed as a whole.
    """

    groupings: Mapping[tuple[str, str], Grouping]
    samplings: Mapping[tuple[str, str], Sampling]

    def over(self, facts: Container[str]) -> Plan:
        """Return the part of the plan that needs these facts alone, by name."""
        return Plan(
            {key: grouping for key, grouping in self.groupings.items() if key[0] in facts},
            {key: sampling for key, sampling in self.samplings.items() if key[0] in facts},
        )


def fingerprint(catalogue: Catalogue, calendar: Calendar, when: When) -> str:
    """Return a text that differs where cubes of the same rows hold different numbers.

    ``when`` says how teams and regions are taken; see `kpis.memberships`.
    """
    measures = [repr(measure) for measure in catalogue.measures.values()]
    kpis = [
        repr((kpi.id, kpi.words, kpi.formula, kpi.count, kpi.dimensions, kpi.interval))
        for kpi in catalogue.kpis.values()
    ]
    squares = [total.key for _, totals, _ in _squares(catalogue) for total in totals]
    days = repr((calendar.time_zone, calendar.fiscal_year_start_month, sorted(calendar.holidays)))
    views = [*map(view_text, (*PARTS, *(fact.view for fact in FACTS.values()))), repr(sorted(ASSUMPTIONS.items()))]
    return blake2b("\n".join([*measures, *kpis, *squares, days, *views, when]).encode(), digest_size=16).hexdigest()


def plan_of(catalogue: Catalogue) -> Plan:
    """Return the plan for all KPIs of the catalogue."""
    groupings: dict[tuple[str, str], Grouping] = {}
    samplings: dict[tuple[str, str], Sampling] = {}
    for measure, dimensions in _measures_with_dimensions(catalogue).items():
        for fact, chosen in _facts_with_dimensions(catalogue.measures[measure], dimensions):
            _add(groupings, samplings, catalogue.measures[measure], fact, chosen)
    _add_counts(groupings, samplings)
    for rows, totals, dimensions in _squares(catalogue):
        for fact, _ in _facts_with_dimensions(rows, dimensions):
            for axis in filter(None, (rows.axis, rows.end_axis)):
                groupings[fact.name, axis].totals |= {total.key: total for total in totals}
    return Plan(groupings, samplings)


def row_measures(catalogue: Catalogue, kpi: Kpi) -> list[Measure]:
    """Return every measure over rows that a KPI is made of, directly or through other KPIs and measures."""
    return [measure for measure in all_measures(catalogue, kpi) if measure.fact]


def all_measures(catalogue: Catalogue, kpi: Kpi) -> Iterator[Measure]:
    """Yield every measure that a KPI is made of, directly or through other KPIs and measures, each once."""
    waiting, seen = [*names(kpi.formula), kpi.count], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name in catalogue.kpis:
            waiting += names(catalogue.kpis[name].formula)
            continue
        measure = catalogue.measures[name]
        waiting += parts_of_measure(measure)
        yield measure


def _add_counts(groupings: dict[tuple[str, str], Grouping], samplings: Mapping[tuple[str, str], Sampling]) -> None:
    """Count the rows of facts of which only single values are kept: to know whether and since when there are any."""
    counted = {fact for fact, _ in groupings}
    for sampling in samplings.values():
        fact, axis = sampling.fact, sampling.measure.axis
        if fact.name not in counted:
            count = Total(fact.values[0], ())
            base = "rep" if "rep" in fact.dimensions else ""
            groupings[fact.name, axis] = Grouping(fact, axis, {count.key: count}, {base: None})


def _squares(catalogue: Catalogue) -> Iterator[tuple[Measure, tuple[Total, ...], dict[str, None]]]:
    """Yield a measure, what KPIs' intervals need to be summed over its rows, and the dimensions to split it by."""
    for kpi in catalogue.kpis.values():
        if found := squares_of(estimate_of(catalogue, kpi)):
            yield *found, dict.fromkeys(kpi.dimensions)


def _measures_with_dimensions(catalogue: Catalogue) -> dict[str, dict[str, None]]:
    found: dict[str, dict[str, None]] = {}
    for kpi in catalogue.kpis.values():
        for measure in row_measures(catalogue, kpi):
            found.setdefault(measure.name, {}).update(dict.fromkeys(kpi.dimensions))
    return found


def _facts_with_dimensions(measure: Measure, asked: Mapping[str, None]) -> Iterator[tuple[Fact, dict[str, None]]]:
    """Yield the measure's fact, and its twin by product if that is asked for, with the dimensions to group by.

    A fact with reps is always grouped by rep: company, team and region are added up from there.
    """
    fact = fact_of(measure)
    twin = fact_of(measure, by_product=True)
    wanted = [dimension for dimension in asked if dimension in fact.dimensions]
    base = "rep" if "rep" in fact.dimensions else ""
    yield fact, dict.fromkeys([base, *wanted])
    if twin is not fact and "product" in asked:
        yield twin, {"product": None}


def _add(
    groupings: dict[tuple[str, str], Grouping],
    samplings: dict[tuple[str, str], Sampling],
    measure: Measure,
    fact: Fact,
    dimensions: dict[str, None],
) -> None:
    if measure.kind in _SAMPLED:
        key = (fact.name, measure.name)
        samplings.setdefault(key, Sampling(measure, fact)).dimensions.update(dimensions)
        return
    totals = totals_of(measure)
    for axis in filter(None, (measure.axis, measure.end_axis)):
        grouping = groupings.setdefault((fact.name, axis), Grouping(fact, axis))
        grouping.totals |= {one.key: one for one in totals}
        grouping.dimensions.update(dimensions)
