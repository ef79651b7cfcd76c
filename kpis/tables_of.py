"""Which canonical tables a KPI rests on."""

from __future__ import annotations

from kpis.definitions import Catalogue, Measure
from kpis.facts import FACTS
from kpis.formula import condition_names, names


def tables_of(catalogue: Catalogue, name: str) -> frozenset[str]:
    """Return all tables that a KPI or measure is computed from, directly or through its parts."""
    kpi = catalogue.kpis.get(name)
    parts = names(kpi.formula) if kpi else parts_of_measure(catalogue.measures[name])
    own = frozenset[str]() if kpi else _own_tables(catalogue.measures[name])
    return own.union(*(tables_of(catalogue, part) for part in parts))


def parts_of_measure(measure: Measure) -> tuple[str, ...]:
    """Return the names that a measure is made of; none of one over rows."""
    if measure.kind == "derived":
        return names(measure.formula)
    if measure.kind == "members":
        return condition_names(measure.condition)
    return (measure.of,) if measure.kind == "shift" else ()


def _own_tables(measure: Measure) -> frozenset[str]:
    if measure.kind == "target":
        return frozenset({"target"})
    return FACTS[measure.fact].tables if measure.fact else frozenset()
