"""Estimates: what kind of estimate a KPI is, read from its formula, and with it which interval it can have.

A count divided by a count that it is a part of is a share of trials. A quotient of two sums over the same rows is a
mean of these rows, weighted by what stands below. A quantile is one of ordered values. One minus any of these is as
sure as it. An age of what is in stock is a mean over it. All else is no estimate from single rows.
A definition may say ``interval = "wilson"`` where the part is known to people but not to the formula (clicks of
impressions), ``"reps"`` where it is a mean over reps, ``"days"`` where one side comes in day by day beside something
that is given (calls a business day, a cost per lead), ``"chances"`` where it adds up amounts that come in with a
probability each (a weighted pipeline), or ``"none"`` where an interval would mislead; ``no_interval`` says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Final, Literal

from kpis.definitions import Catalogue, Kpi, Measure
from kpis.formula import Formula, Name, Number, Operation, names, parse
from kpis.terms import Term, is_count, is_share, meant, product_of, terms_of
from kpis.totals import Total

Method = Literal["wilson", "t", "days", "order statistics", "weighted pipeline"]
_AMOUNT, _WEIGHTED = "amount", "weighted_amount"
_BOOKED: Final = frozenset({"expense", "campaign", "market_stat"})
"""Facts whose rows are booked or reported, not met with by chance."""


@dataclass(frozen=True, slots=True)
class Share:
    """Hits of trials."""

    hits: Formula
    trials: Formula
    method: Method = "wilson"


@dataclass(frozen=True, slots=True)
class Mean:
    """A quotient of two sums over the same rows."""

    top: tuple[Term, ...]
    bottom: tuple[Term, ...]
    method: Method = "t"

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


@dataclass(frozen=True, slots=True)
class Daily:
    """A quotient whose ``top`` or ``bottom`` terms come in day by day; all else in it is given.

    Where both do, nothing else is in it.
    """

    left: Formula
    right: Formula
    top: tuple[Term, ...]
    bottom: tuple[Term, ...]
    method: Method = "days"


@dataclass(frozen=True, slots=True)
class Age:
    """A mean age of what is in stock at the end of the period."""

    measure: Measure
    method: Method = "t"

    @property
    def squares(self) -> Total:
        """Return the sum over rows of the square of the day from which their age counts."""
        return Total(self.measure.value, self.measure.where, times=self.measure.value)


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of single values."""

    measure: Measure
    method: Method = "order statistics"


@dataclass(frozen=True, slots=True)
class Chances:
    """Amounts that come in with a probability each, beside what is certain; with ``is_rest``, from today on."""

    measure: Measure
    is_rest: bool
    method: Method = "weighted pipeline"

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
    estimate: Share | Mean | Between | Daily | Age | Quantile | Chances

    @property
    def method(self) -> Method:
        """Return the method of what is taken away."""
        return self.estimate.method


Estimate = Share | Mean | Between | Daily | Age | Quantile | Chances | Rest


def estimate_of(catalogue: Catalogue, kpi: Kpi) -> Estimate | None:
    """Return what kind of estimate a KPI is; None if it is none."""
    if kpi.interval == "none" or kpi.no_interval:
        return None
    if kpi.interval == "chances":
        return _chances(catalogue, parse(kpi.formula), is_rest=False)
    formula = meant(catalogue, parse(kpi.formula))
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
        case Age(measure):
            return measure, (estimate.squares,)
        case Chances():
            return estimate.measure, (*estimate.squares, estimate.whole)
    return None


def _of_quotient(catalogue: Catalogue, kpi: Kpi, left: Formula, right: Formula) -> Estimate | None:
    if kpi.interval == "wilson":
        return Share(left, right)
    if kpi.interval == "reps":
        return Between(left, right)
    if kpi.interval == "days":
        return _daily(catalogue, left, right)
    if measure := _age_over_its_rows(catalogue, left, right):
        return Age(measure)
    top, bottom = terms_of(catalogue, left), terms_of(catalogue, right)
    if top is None or bottom is None:
        return None
    if kpi.unit == "percent" and kpi.interval != "t" and is_share(top, bottom):
        return Share(left, right)
    sums = [term.measure for term in (*top, *bottom)]
    is_over_same_rows = len({(measure.kind, measure.fact, measure.axis) for measure in sums}) == 1
    return Mean(top, bottom) if is_over_same_rows and sums[0].kind == "flow" else None


def _daily(catalogue: Catalogue, left: Formula, right: Formula) -> Daily | None:
    sides = [terms_of(catalogue, side) or () for side in (left, right)]
    top, bottom = (tuple(term for term in side if _comes_in(term.measure)) for side in sides)
    is_pure = [len(top), len(bottom)] == [len(side) for side in sides]
    return Daily(left, right, top, bottom) if bool(top) != bool(bottom) or (top and is_pure) else None


def _comes_in(measure: Measure) -> bool:
    """Tell whether the rows of a measure come in day by day, as chance has it."""
    return measure.kind == "flow" and measure.fact not in _BOOKED


def _age_over_its_rows(catalogue: Catalogue, left: Formula, right: Formula) -> Measure | None:
    """Return the age that is divided by the number of rows in stock that it is summed over; None of all else."""
    sides = [meant(catalogue, side) for side in (left, right)]
    age, rows = (catalogue.measures.get(side.name) if isinstance(side, Name) else None for side in sides)
    if age is None or rows is None or (age.kind, rows.kind) != ("age", "stock") or not is_count(rows):
        return None
    is_same = (age.fact, age.axis, age.end_axis, age.where) == (rows.fact, rows.axis, rows.end_axis, rows.where)
    return age if is_same else None


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


def declared_method_problem(catalogue: Catalogue, kpi: Kpi) -> str:
    """Return why a definition cannot have the interval that it says; an empty text if it can."""
    estimate = estimate_of(catalogue, kpi)
    if kpi.interval == "wilson" and not isinstance(estimate, Share):
        return 'interval = "wilson" is for a quotient of two counts, hits / trials. Leave it out.'
    if kpi.interval == "reps" and not (isinstance(estimate, Between) and "rep" in kpi.dimensions):
        return 'interval = "reps" is for a quotient that can be split by rep. Leave it out.'
    if kpi.interval == "chances" and not isinstance(estimate, Chances):
        return 'interval = "chances" is for a sum with weighted amounts in it. Leave it out.'
    if kpi.interval == "days" and not isinstance(estimate, Daily):
        return 'interval = "days" is for a quotient of which one side is a sum of rows by day. Leave it out.'
    if kpi.no_interval and kpi.interval not in {"", "none"}:
        return f'no_interval = "{kpi.no_interval}" says why there is none, so interval cannot be set. Leave one out.'
    if kpi.interval == "t" and not isinstance(estimate, Mean):
        return 'interval = "t" is for a quotient of sums over the same rows and axis. Leave it out.'
    return ""
