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
    match measure.kind:
        case "derived":
            return names(measure.formula)
        case "members" | "reached":
            return condition_names(measure.condition)
        case "older":
            return names(measure.than)
        case "shift" | "whole":
            return (measure.of,)
    return ()


def columns_of(measure: Measure) -> frozenset[str]:
    """Return the columns of its fact that a measure looks at."""
    days = [f"{axis}_day" for axis in (measure.axis, measure.end_axis) if axis]
    return frozenset({measure.value, *days, *(condition.column for condition in measure.where)})


def _own_tables(measure: Measure) -> frozenset[str]:
    if measure.kind == "target":
        return frozenset({"target"})
    return FACTS[measure.fact].tables_behind(columns_of(measure)) if measure.fact else frozenset()
