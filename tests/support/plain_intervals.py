"""Intervals once more, by other ways: root finding, two passes over rows, exact fractions. No arrays, no tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache

_Z = 1.9599639845400545


def share_interval(hits: float, trials: float) -> tuple[float, float]:
    """Return the shares at which the observed one is just 1.96 standard errors away."""
    seen = hits / trials

    def is_far(share: float) -> bool:
        return (seen - share) ** 2 > _Z**2 * share * (1 - share) / trials

    return 0.0 if hits == 0 else _edge(is_far, seen, 0.0), 1.0 if hits == trials else _edge(is_far, seen, 1.0)


def mean_interval(tops: Sequence[float], bottoms: Sequence[float]) -> tuple[float, float] | None:
    """Return the t interval of ``sum(tops) / sum(bottoms)`` over the rows that count below; None of fewer than 2."""
    count = sum(1 for bottom in bottoms if bottom)
    return sums_interval(tops, bottoms, count)


def sums_interval(tops: Sequence[float], bottoms: Sequence[float], count: int) -> tuple[float, float] | None:
    if count < 2:
        return None
    divisor = math.fsum(bottoms)
    quotient = math.fsum(tops) / divisor
    squares = math.fsum((top - quotient * bottom) ** 2 for top, bottom in zip(tops, bottoms, strict=True))
    reach = t_quantile(count - 1) * math.sqrt(squares / (count - 1) * count) / abs(divisor)
    return quotient - reach, quotient + reach


def quantile_interval(values: Sequence[float], quantile: float) -> tuple[float, float] | None:
    """Return the ordered values about a quantile; None where so few values have none."""
    ordered, count, share = sorted(values), len(values), Fraction(quantile).limit_denominator(100)
    below = Fraction(0)
    low = high = 0
    for place in range(1, count + 1):
        hits = place - 1
        below += math.comb(count, hits) * share**hits * (1 - share) ** (count - hits)
        if below <= Fraction(25, 1000):
            low = place
        if not high and 1 - below <= Fraction(25, 1000):
            high = place
    return (ordered[low - 1], ordered[high - 1]) if low and high else None


@cache
def t_quantile(freedom: int) -> float:
    """Return the point below which 97.5 % of Student's t lie, by adding its density up with Simpson's rule."""
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)

    def density(point: float) -> float:
        return scale * math.pow(1 + point * point / freedom, -(freedom + 1) / 2)

    def above(end: float, steps: int = 400) -> float:
        width = end / steps
        inner = math.fsum((4 if step % 2 else 2) * density(step * width) for step in range(1, steps))
        return (density(0.0) + inner + density(end)) * width / 3 - 0.475

    return _edge(lambda end: above(end) > 0, 0.0, 13.0)


def _edge(is_far: Callable[[float], bool], near: float, far: float) -> float:
    """Return from where on what holds far away holds, by halving."""
    for _ in range(60):
        middle = (near + far) / 2
        near, far = (near, middle) if is_far(middle) else (middle, far)
    return (near + far) / 2
