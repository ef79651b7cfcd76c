"""Terms: a formula as a sum of multiples of measures, and what can be told of two measures over rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from kpis.definitions import Catalogue, Condition, Measure
from kpis.facts import FACTS
from kpis.formula import Formula, Name, Negative, Number, Operation, parse, parse_condition
from kpis.totals import Total

_COUNTED: Final = frozenset({"flow", "stock", "overlap"})


@dataclass(frozen=True, slots=True)
class Term:
    """A measure and what it is multiplied by."""

    factor: float
    measure: Measure


def meant(catalogue: Catalogue, formula: Formula) -> Formula:
    """Return the formula behind a name that is only another one's; the catalogue has no circle, so this ends."""
    while isinstance(formula, Name):
        if kpi := catalogue.kpis.get(formula.name):
            formula = parse(kpi.formula)
        elif catalogue.measures[formula.name].kind == "derived":
            formula = parse(catalogue.measures[formula.name].formula)
        else:
            break
    return formula


def terms_of(catalogue: Catalogue, formula: Formula) -> tuple[Term, ...] | None:
    """Return a formula as a sum of multiples of measures; None if it is no such sum."""
    match formula:
        case Name():
            behind = meant(catalogue, formula)
            if not isinstance(behind, Name):
                return terms_of(catalogue, behind)
            measure = catalogue.measures[behind.name]
            return (Term(1.0, measure),) if measure.kind in {*_COUNTED, "members", "distinct"} else None
        case Negative(operand):
            return _times(-1.0, terms_of(catalogue, operand))
        case Operation("*", Number(factor), other) | Operation("*", other, Number(factor)):
            return _times(factor, terms_of(catalogue, other))
        case Operation("/", other, Number(divisor)) if divisor:
            return _times(1 / divisor, terms_of(catalogue, other))
        case Operation("+" | "-" as sign, left, right):
            first, second = terms_of(catalogue, left), terms_of(catalogue, right)
            second = _times(1.0 if sign == "+" else -1.0, second)
            return None if first is None or second is None else (*first, *second)
    return None


def _times(factor: float, terms: Sequence[Term] | None) -> tuple[Term, ...] | None:
    return None if terms is None else tuple(Term(factor * term.factor, term.measure) for term in terms)


def is_share(top: Sequence[Term], bottom: Sequence[Term]) -> bool:
    """Tell whether what stands above counts some of the things that what stands below counts, each once."""
    if not all(term.factor == 1 and is_count(term.measure) for term in (*top, *bottom)):
        return False
    wholes = [term.measure for term in bottom]
    parts = [term.measure for term in top]
    is_apart = all(_are_apart(one, other) for group in (wholes, parts) for one, other in combinations(group, 2))
    return is_apart and all(any(_is_part(part, whole) for whole in wholes) for part in parts)


def is_count(measure: Measure) -> bool:
    """Tell whether a measure counts things, each once."""
    return measure.kind == "members" or (measure.kind in _COUNTED and _is_one(measure.fact, measure.value))


def _is_one(fact: str, column: str) -> bool:
    """Tell whether a column is one for each of its objects: every fact's first value is."""
    return column == FACTS[fact].values[0]


def _is_part(part: Measure, whole: Measure) -> bool:
    if part.kind == whole.kind == "members":
        conditions = set(parse_condition(part.condition))
        return part.over == whole.over and conditions.issuperset(parse_condition(whole.condition))
    return _kind_of_rows(part) == _kind_of_rows(whole) and set(part.where).issuperset(whole.where)


def _are_apart(one: Measure, other: Measure) -> bool:
    """Tell whether no row can count in both."""
    is_alike = one.kind != "members" and _kind_of_rows(one) == _kind_of_rows(other)
    return is_alike and any(_exclude(left, right) for left in one.where for right in other.where)


def _kind_of_rows(measure: Measure) -> tuple[str, ...]:
    return (measure.kind, measure.fact, measure.axis, measure.end_axis, measure.value)


def _exclude(one: Condition, other: Condition) -> bool:
    """Tell whether two conditions can never hold together."""
    return one.column == other.column and (_rules_out(one, other) or _rules_out(other, one))


def _rules_out(one: Condition, other: Condition) -> bool:
    if one.operator == "is null":
        return other.operator != "is null"
    low, high = one.operand, other.operand
    if one.operator == "=":
        return (other.operator == "=" and low != high) or (other.operator == "!=" and low == high)
    if isinstance(low, str | tuple | None) or isinstance(high, str | tuple | None):
        return False
    if one.operator not in {">", ">="} or other.operator not in {"<", "<="}:
        return False
    return low > high if (one.operator, other.operator) == (">=", "<=") else low >= high


def product_of(left: Measure, right: Measure) -> Total | None:
    """Return the sum of the product of two measures over rows that count in both; None if no row can."""
    where = tuple(dict.fromkeys((*left.where, *right.where)))
    if any(_exclude(one, other) for one, other in combinations(where, 2)):
        return None
    values = sorted(value for value in (left.value, right.value) if not _is_one(left.fact, value))
    # A sum leaves out rows without a value; so this condition says nothing, and two totals would be the same.
    where = tuple(one for one in where if not (one.operator == "is not null" and one.column in values))
    if len(values) < 2:
        return Total(values[0] if values else left.value, where)
    return Total(values[0], where, times=values[1])
