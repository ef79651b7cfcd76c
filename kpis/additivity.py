"""Which KPIs add up: over members (the teams make the company), and over time (the months make the quarter).

Read from the formula: sums, differences and fixed multiples of what adds up do; quotients and products do not.
"""

from __future__ import annotations

from typing import Final

from kpis.definitions import Catalogue
from kpis.formula import Formula, Name, Negative, Number, Operation, parse

_OVER_MEMBERS: Final = frozenset({
    "flow", "stock", "overlap", "age", "older", "survivors", "members", "reached", "target", "shift", "derived",
})  # fmt: skip
_OVER_TIME: Final = frozenset({"flow", "target", "derived"})
_OVER_ROWS: Final = frozenset({"flow", "derived"})


def adds_up_over_members(catalogue: Catalogue, name: str) -> bool:
    """Tell whether the parts of a KPI or measure sum to the whole."""
    return _adds_up(catalogue, name, _OVER_MEMBERS)


def formula_adds_up_over_members(catalogue: Catalogue, formula: Formula) -> bool:
    """Tell whether the parts of a formula's value sum to the whole."""
    return _is_sum(catalogue, formula, _OVER_MEMBERS)


def adds_up_over_time(catalogue: Catalogue, name: str) -> bool:
    """Tell whether consecutive periods of a KPI or measure sum to the whole period."""
    return _adds_up(catalogue, name, _OVER_TIME)


def is_sum_over_rows(catalogue: Catalogue, formula: Formula) -> bool:
    """Tell whether a formula adds up rows of days and nothing else."""
    return _is_sum(catalogue, formula, _OVER_ROWS)


def _adds_up(catalogue: Catalogue, name: str, kinds: frozenset[str]) -> bool:
    if name in catalogue.kpis:
        return _is_sum(catalogue, parse(catalogue.kpis[name].formula), kinds)
    measure = catalogue.measures[name]
    if measure.kind not in kinds:
        return False
    if measure.kind == "derived":
        return _is_sum(catalogue, parse(measure.formula), kinds)
    return not measure.of or _adds_up(catalogue, measure.of, kinds)


def _is_sum(catalogue: Catalogue, formula: Formula, kinds: frozenset[str]) -> bool:
    match formula:
        case Name(name):
            return _adds_up(catalogue, name, kinds)
        case Negative(operand):
            return _is_sum(catalogue, operand, kinds)
        case Operation("+" | "-", left, right):
            return _is_sum(catalogue, left, kinds) and _is_sum(catalogue, right, kinds)
        case Operation("*", Number(), other) | Operation("*" | "/", other, Number()):
            return _is_sum(catalogue, other, kinds)
    return False
