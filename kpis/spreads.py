"""Spreads: how the change of a formula's value follows from the changes of what it is made of, exactly.

The change of a sum is the sum of the changes. The change of a product ``l r`` is ``dl`` times the mean of ``r`` plus
``dr`` times the mean of ``l``; that of a quotient ``l / r`` is ``dl`` times the mean of ``1 / r`` minus ``dr`` times
the mean of ``l`` over ``r`` before times ``r`` after. Both are equalities, not approximations, and neither period is
favoured. Applied to every operation of a formula, they give for each leaf one factor, such that the factors times the
changes of the leaves add up to the change of the whole; for two factors this is their Shapley value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kpis.definitions import Catalogue
from kpis.formula import Formula, Name, Negative, Number, Operation, parse

Pair = tuple[float, float]
"""A value before and after."""
Leaf = tuple[str, ...]
"""The name of a measure, after the shifts under which it is taken."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A value before and after, and how much of its change each leaf's own change brings."""

    pair: Pair
    factors: Mapping[Leaf, float] = field(default_factory=dict)


def spread_of(formula: Formula, named: Callable[[str], Spread]) -> Spread:
    """Return the spread of a formula; ``named`` gives that of a name. A divisor that is zero gives nan."""
    match formula:
        case Number(value):
            return Spread((value, value))
        case Name(name):
            return named(name)
        case Negative(operand):
            return _scaled(spread_of(operand, named), -1.0)
        case Operation(operator, left, right):
            one, other = spread_of(left, named), spread_of(right, named)
            match operator:
                case "+":
                    return _sum(one, other)
                case "-":
                    return _sum(one, _scaled(other, -1.0))
                case "*":
                    return _product(one, other)
                case "/":
                    return _product(one, _inverse(other))


def spread_of_formula(catalogue: Catalogue, formula: Formula, pair_of: Callable[[Leaf], Pair]) -> Spread:
    """Return the spread of a formula over KPIs and measures; ``pair_of`` gives what a leaf is before and after.

    A leaf is a measure that is not made of others (see `Leaf`); the catalogue has no circle, so this ends.
    """

    def named(name: str, shifts: Leaf) -> Spread:
        kpi, measure = catalogue.kpis.get(name), catalogue.measures.get(name)
        if measure is not None and measure.kind == "shift":
            return named(measure.of, (*shifts, measure.shift))
        below = kpi.formula if kpi else measure.formula if measure and measure.kind == "derived" else ""
        if below:
            return spread_of(parse(below), lambda part: named(part, shifts))
        leaf = (*shifts, name)
        return Spread(pair_of(leaf), {leaf: 1.0})

    return spread_of(formula, lambda name: named(name, ()))


def mean(pair: Pair) -> float:
    """Return the middle of before and after."""
    return (pair[0] + pair[1]) / 2


def _sum(one: Spread, other: Spread) -> Spread:
    return Spread((one.pair[0] + other.pair[0], one.pair[1] + other.pair[1]), _joined(one, 1.0, other, 1.0))


def _product(one: Spread, other: Spread) -> Spread:
    pair = (one.pair[0] * other.pair[0], one.pair[1] * other.pair[1])
    return Spread(pair, _joined(one, mean(other.pair), other, mean(one.pair)))


def _inverse(one: Spread) -> Spread:
    before, after = one.pair
    if not before or not after:
        return Spread((float("nan"), float("nan")), one.factors)
    slope = -1.0 / (before * after)
    return Spread((1 / before, 1 / after), {leaf: factor * slope for leaf, factor in one.factors.items()})


def _scaled(one: Spread, factor: float) -> Spread:
    return Spread((one.pair[0] * factor, one.pair[1] * factor), {leaf: f * factor for leaf, f in one.factors.items()})


def _joined(one: Spread, scale: float, other: Spread, other_scale: float) -> Mapping[Leaf, float]:
    factors = {leaf: factor * scale for leaf, factor in one.factors.items()}
    for leaf, factor in other.factors.items():
        factors[leaf] = factors.get(leaf, 0.0) + factor * other_scale
    return factors
