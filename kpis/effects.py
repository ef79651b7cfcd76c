"""Effects: what one member, or one part of a formula, brings to the change of a number."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from kpis.blocks import Numbers
from kpis.spreads import Pair, mean

Effect = Literal[
    "change",  # the member's own change of what adds up
    "new",  # a member that had nothing before
    "gone",  # a member that has nothing any more
    "mix",  # its share of the denominator changed; before and after are shares
    "rate",  # its own rate changed; before and after are rates
    "volume",  # its part of the numerator changed, the denominator is nobody's
    "part",  # a measure of the formula changed, see `Contribution.part`
    "rest",  # what no member has, or several
    "others",  # the sum of the smallest contributions
]


@dataclass(frozen=True, slots=True)
class Contribution:
    """How much of the change one member, or one part of the formula, brings.

    ``before`` and ``after`` are of what the effect is about (see `Effect`), None where there is none. ``part`` names
    the measure where the effect is about one.
    """

    member: str
    effect: Effect
    before: float | None
    after: float | None
    value: float
    part: str = ""


def mix_and_rate(name: str, over: Numbers, under: Numbers, whole: Numbers, level: float) -> Iterator[Contribution]:
    """Yield mix and rate of one member, or one contribution of a member that is new or gone.

    ``over`` and ``under`` are its parts of numerator and denominator before and after, ``whole`` the denominators
    that the parts are of, ``level`` the mean rate of the whole. An empty name is what no member has.
    """
    weights, shares = _pair(under / whole), _pair(over / whole)
    rates = _rate(over[0], under[0]), _rate(over[1], under[1])
    rate = _rate_effect(rates, weights, shares)
    mix = shares[1] - shares[0] - rate - (weights[1] - weights[0]) * level
    presence = presence_of(np.abs(over) + np.abs(under))
    if presence != "change":
        yield Contribution(name, presence, *rates, mix + rate)
        return
    yield Contribution(name, "mix" if name else "rest", *weights, mix)
    yield Contribution(name, "rate" if name else "rest", *rates, rate)


def _rate_effect(rates: tuple[float | None, float | None], weights: Pair, shares: Pair) -> float:
    """Return the change of a rate times its mean weight.

    Without a rate in one period there is no change of it; but a numerator without a denominator is in no share, so
    all that the share does not explain counts as rate.
    """
    before, after = rates
    if before is not None and after is not None:
        return mean(weights) * (after - before)
    known = after if before is None else before
    return shares[1] - shares[0] - (weights[1] - weights[0]) * (known or 0.0)


def _rate(over: float, under: float) -> float | None:
    return float(over / under) if under else None


def presence_of(counts: Numbers) -> Literal["new", "gone", "change"]:
    """Tell from how many there were before and after whether a member is new or gone."""
    before, after = _pair(counts)
    return "new" if after and not before else "gone" if before and not after else "change"


def rest_of(values: Numbers, factor: float = 1.0, part: str = "") -> Iterator[Contribution]:
    """Yield what no member has, if there is any."""
    before, after = _pair(values)
    if before or after:
        yield Contribution("", "rest", before, after, (after - before) * factor, part)


def ordered(contributions: Iterable[Contribution]) -> list[Contribution]:
    """Return the contributions that are one, those of one member together, the largest member first."""
    by_member: dict[str, list[Contribution]] = {}
    for one in contributions:
        if one.value or one.before != one.after:
            by_member.setdefault(one.member or f" {one.part}", []).append(one)
    sizes = {member: abs(math.fsum(one.value for one in ones)) for member, ones in by_member.items()}
    return [one for member in sorted(by_member, key=lambda member: -sizes[member]) for one in by_member[member]]


def _pair(values: Numbers) -> Pair:
    return float(values[0]), float(values[1])
