"""Estimates: what kind of estimate a KPI is, read from its formula, and with it which interval it can have.

A count divided by a count that it is a part of is a share of trials. A quotient of two sums over the same rows is a
mean of these rows, weighted by what stands below. A quantile is one of ordered values. One minus any of these is as
sure as it. All else (a sum of all there is, a quotient of unlike things) is no estimate from single rows.
A definition may say ``interval = "wilson"`` where the part is known to people but not to the formula (clicks of
impressions), ``"reps"`` where it is a mean over reps, ``"chances"`` where it adds up amounts that come in with a
probability each (a weighted pipeline), or ``"none"`` where an interval would mislead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement
from typing import Final, Literal

from kpis.definitions import Catalogue, Condition, Kpi, Measure
from kpis.facts import FACTS
from kpis.formula import Formula, Name, Negative, Number, Operation, names, parse, parse_condition
from kpis.totals import Total

Method = Literal["wilson", "t", "order statistics", "weighted pipeline"]
_COUNTED: Final = frozenset({"flow", "stock", "overlap"})
_AMOUNT, _WEIGHTED = "amount", "weighted_amount"
_FEW_TRIALS, _FEW_ROWS = 20, 10
"""Below so many records a share, and a mean or median, is a small sample: one record more moves it by 5 or 10 %."""


@dataclass(frozen=True, slots=True)
class Term:
    """A measure and what it is multiplied by."""

    factor: float
    measure: Measure


@dataclass(frozen=True, slots=True)
class Share:
    """Hits of trials."""

    hits: Formula
    trials: Formula
    method: Method = "wilson"
    few: int = _FEW_TRIALS


@dataclass(frozen=True, slots=True)
class Mean:
    """A quotient of two sums over the same rows."""

    top: tuple[Term, ...]
    bottom: tuple[Term, ...]
    method: Method = "t"
    few: int = _FEW_ROWS

    @property
    def fact(self) -> str:
        """Return the fact whose rows are summed."""
        return self.bottom[0].measure.fact

    @property
    def axis(self) -> str:
        """Return the axis that puts these rows into a period."""
        return self.bottom[0].measure.axis

    @property
    def totals(self) -> tuple[Total, ...]:
        """Return what has to be summed beside the measures themselves."""
        pairs = combinations_with_replacement((*self.top, *self.bottom), 2)
        found = (product_of(left.measure, right.measure) for left, right in pairs)
        return tuple({total.key: total for total in found if total is not None}.values())


@dataclass(frozen=True, slots=True)
class Between:
    """A quotient whose parts are sums over reps: it spreads as the reps' own quotients do."""

    top: Formula
    bottom: Formula
    method: Method = "t"
    few: int = _FEW_ROWS


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of single values."""

    measure: Measure
    method: Method = "order statistics"
    few: int = _FEW_ROWS


@dataclass(frozen=True, slots=True)
class Chances:
    """Amounts that come in with a probability each, beside what is certain; with ``is_rest``, from today on."""

    measure: Measure
    is_rest: bool
    method: Method = "weighted pipeline"
    few: int = 0

    @property
    def squares(self) -> tuple[Total, Total]:
        """Return the sums over rows of amount**2 * probability, and of amount**2 * probability**2."""
        where = self.measure.where
        return Total(_AMOUNT, where, times=_WEIGHTED), Total(_WEIGHTED, where, times=_WEIGHTED)

    @property
    def whole(self) -> Total:
        """Return the sum of the amounts: what comes in if all do."""
        return Total(_AMOUNT, self.measure.where)


@dataclass(frozen=True, slots=True)
class Rest:
    """``whole`` minus another KPI: what is left of it."""

    whole: float
    of: Kpi
    estimate: Share | Mean | Between | Quantile | Chances

    @property
    def method(self) -> Method:
        """Return the method of what is taken away."""
        return self.estimate.method

    @property
    def few(self) -> int:
        """Return below how many records it is a small sample."""
        return self.estimate.few


Estimate = Share | Mean | Between | Quantile | Chances | Rest


def estimate_of(catalogue: Catalogue, kpi: Kpi) -> Estimate | None:
    """Return what kind of estimate a KPI is; None if it is none."""
    if kpi.interval == "none":
        return None
    if kpi.interval == "chances":
        return _chances(catalogue, parse(kpi.formula), is_rest=False)
    formula = _meant(catalogue, parse(kpi.formula))
    match formula:
        case Name(name):
            measure = catalogue.measures[name]
            return Quantile(measure) if measure.kind == "quantile" else None
        case Operation("-", Number(whole), Name(name)) if name in catalogue.kpis:
            other = estimate_of(catalogue, catalogue.kpis[name])
            return None if other is None or isinstance(other, Rest) else Rest(whole, catalogue.kpis[name], other)
        case Operation("/", left, right):
            return _of_quotient(catalogue, kpi, left, right)
    return None


def squares_of(estimate: Estimate | None) -> tuple[Measure, tuple[Total, ...]] | None:
    """Return what has to be summed for an interval, and a measure that has the same rows; None if nothing."""
    match estimate:
        case Rest():
            return squares_of(estimate.estimate)
        case Mean():
            return estimate.bottom[0].measure, estimate.totals
        case Chances():
            return estimate.measure, (*estimate.squares, estimate.whole)
    return None


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


def _meant(catalogue: Catalogue, formula: Formula) -> Formula:
    """Return the formula behind a name that is only another one's; the catalogue has no circle, so this ends."""
    while isinstance(formula, Name):
        if kpi := catalogue.kpis.get(formula.name):
            formula = parse(kpi.formula)
        elif catalogue.measures[formula.name].kind == "derived":
            formula = parse(catalogue.measures[formula.name].formula)
        else:
            break
    return formula


def _of_quotient(catalogue: Catalogue, kpi: Kpi, left: Formula, right: Formula) -> Estimate | None:
    if kpi.interval == "wilson":
        return Share(left, right)
    if kpi.interval == "reps":
        return Between(left, right)
    top, bottom = _terms(catalogue, left), _terms(catalogue, right)
    if top is None or bottom is None:
        return None
    if kpi.unit == "percent" and kpi.interval != "t" and _is_share(top, bottom):
        return Share(left, right)
    sums = [term.measure for term in (*top, *bottom)]
    is_over_same_rows = len({(measure.kind, measure.fact, measure.axis) for measure in sums}) == 1
    return Mean(top, bottom) if is_over_same_rows and sums[0].kind == "flow" else None


def _chances(catalogue: Catalogue, formula: Formula, *, is_rest: bool) -> Chances | None:
    """Return the weighted amounts in a formula, of the period or of its rest; None if there are none."""
    for name in names(formula):
        kpi, measure = catalogue.kpis.get(name), catalogue.measures.get(name)
        if measure is None:
            found = _chances(catalogue, parse(kpi.formula), is_rest=is_rest) if kpi else None
        elif measure.kind == "shift":
            found = _chances(catalogue, Name(measure.of), is_rest=True) if measure.shift == "rest" else None
        else:
            is_weighted = measure.kind == "flow" and measure.value == _WEIGHTED
            found = Chances(measure, is_rest) if is_weighted else None
        if found is not None:
            return found
    return None


def _terms(catalogue: Catalogue, formula: Formula) -> tuple[Term, ...] | None:
    """Return a formula as a sum of multiples of measures; None if it is no such sum."""
    match formula:
        case Name():
            meant = _meant(catalogue, formula)
            if not isinstance(meant, Name):
                return _terms(catalogue, meant)
            measure = catalogue.measures[meant.name]
            return (Term(1.0, measure),) if measure.kind in {*_COUNTED, "members", "distinct"} else None
        case Negative(operand):
            return _times(-1.0, _terms(catalogue, operand))
        case Operation("*", Number(factor), other) | Operation("*", other, Number(factor)):
            return _times(factor, _terms(catalogue, other))
        case Operation("/", other, Number(divisor)) if divisor:
            return _times(1 / divisor, _terms(catalogue, other))
        case Operation("+" | "-" as sign, left, right):
            first, second = _terms(catalogue, left), _terms(catalogue, right)
            second = _times(1.0 if sign == "+" else -1.0, second)
            return None if first is None or second is None else (*first, *second)
    return None


def _times(factor: float, terms: Sequence[Term] | None) -> tuple[Term, ...] | None:
    return None if terms is None else tuple(Term(factor * term.factor, term.measure) for term in terms)


def _is_share(top: Sequence[Term], bottom: Sequence[Term]) -> bool:
    """Tell whether what stands above counts some of the things that what stands below counts, each once."""
    if not all(term.factor == 1 and _is_count(term.measure) for term in (*top, *bottom)):
        return False
    wholes = [term.measure for term in bottom]
    parts = [term.measure for term in top]
    is_apart = all(_are_apart(one, other) for group in (wholes, parts) for one, other in combinations(group, 2))
    return is_apart and all(any(_is_part(part, whole) for whole in wholes) for part in parts)


def _is_count(measure: Measure) -> bool:
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


def declared_method_problem(catalogue: Catalogue, kpi: Kpi) -> str:
    """Return why a definition cannot have the interval that it says; an empty text if it can."""
    estimate = estimate_of(catalogue, kpi)
    if kpi.interval == "wilson" and not isinstance(estimate, Share):
        return 'interval = "wilson" is for a quotient of two counts, hits / trials. Leave it out.'
    if kpi.interval == "reps" and not (isinstance(estimate, Between) and "rep" in kpi.dimensions):
        return 'interval = "reps" is for a quotient that can be split by rep. Leave it out.'
    if kpi.interval == "chances" and not isinstance(estimate, Chances):
        return 'interval = "chances" is for a sum with weighted amounts in it. Leave it out.'
    if kpi.interval == "t" and not isinstance(estimate, Mean):
        return 'interval = "t" is for a quotient of sums over the same rows and axis. Leave it out.'
    return ""
