"""Intervals: between which two numbers the truth lies, 95 times of 100, for shares, means and medians.

Shares by Wilson's score, which holds for few trials and for shares near 0 and 1; means, and quotients of two sums
over the same rows, by Student's t and the spread of the rows about them; medians by order statistics, whose coverage
is exact whatever the values are. Needs numpy alone.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np

from kpis.blocks import Integers, Numbers

COVERAGE: Final = 0.95
_TAIL: Final = (1 - COVERAGE) / 2
Z: Final = 1.959963984540054
"""So many standard deviations about the mean of a normal distribution hold 95 % of it."""
_LAST_EXACT: Final = 40
"""Up to so many degrees of freedom t is solved for; beyond, its expansion differs by less than one in ten million."""
_HALVINGS: Final = 60
_NOISE: Final = 1e-12
"""A spread that is a smaller part of its terms is what rounding left of none."""
_WINDOW: Final = 12
"""So many standard deviations about its mean hold all of a binomial distribution that a double can tell from none."""


def wilson(hits: Numbers, trials: Numbers) -> tuple[Numbers, Numbers]:
    """Return the ends of Wilson's interval for each share ``hits / trials``; nan of no trials."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = hits / trials
        centre = share + Z**2 / (2 * trials)
        spread = Z * np.sqrt(np.maximum(share * (1 - share), 0) / trials + Z**2 / (4 * trials**2))
        whole = 1 + Z**2 / trials
        low, high = (centre - spread) / whole, (centre + spread) / whole
    has_trials = trials > 0
    return np.where(has_trials & (hits == 0), 0.0, low), np.where(has_trials & (hits == trials), 1.0, high)


def quotient_spread(quotient: Numbers, tops: Numbers, products: Numbers, bottoms: Numbers) -> Numbers:
    """Return the sum over rows of ``(top - quotient * bottom)**2``, from the sums of squares and of products.

    Of a mean, whose bottom is 1 in each row, that is the sum of the squared distances from it.
    """
    squares = tops + quotient**2 * bottoms
    spread = squares - 2 * quotient * products
    return np.asarray(np.where(spread > squares * _NOISE, spread, 0.0), dtype=np.float64)


def student(quotient: Numbers, divisor: Numbers, spread: Numbers, rows: Numbers) -> tuple[Numbers, Numbers]:
    """Return the ends of the t interval of quotients of sums over the same rows; nan of fewer than two rows.

    ``divisor`` is the sum below, ``spread`` that of `quotient_spread`, ``rows`` how many rows there are.
    """
    has_spread = rows >= 2
    freedom = np.where(has_spread, rows - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(spread * (rows / freedom)) / np.abs(divisor)
    reach = np.where(has_spread, student_quantile(freedom.astype(np.int64)) * error, np.nan)
    return quotient - reach, quotient + reach


def student_quantile(freedom: Integers) -> Numbers:
    """Return within how many standard errors 95 % of Student's t lie, for each number of degrees of freedom."""
    known = np.array([np.nan, *_solved()])
    return np.where(freedom <= _LAST_EXACT, known[np.clip(freedom, 0, _LAST_EXACT)], _expanded(freedom))


def quantile_ranks(count: int, quantile: float) -> tuple[int, int] | None:
    """Return the places, from 1, of the ordered values between which the quantile lies; None of too few values.

    The place below is the last, the one above the first, beyond which the quantile lies at most 2.5 times of 100.
    """
    below, lowest = _binomial(count, quantile)
    low = lowest + int(np.searchsorted(below, _TAIL, side="right"))
    high = lowest + int(np.searchsorted(below, 1 - _TAIL, side="left")) + 1
    return (low, high) if low >= 1 and high <= count else None


@lru_cache(maxsize=4096)
def _binomial(count: int, chance: float) -> tuple[Numbers, int]:
    """Return ``P(X <= k)`` for a run of ``k``, and its first ``k``; below the run it is nothing, above it all."""
    if count == 0:
        return np.ones(1), 0
    reach = _WINDOW * math.sqrt(count * chance * (1 - chance)) + _WINDOW
    first, last = max(math.floor(count * chance - reach), 0), min(math.ceil(count * chance + reach), count)
    k = np.arange(first, last)
    steps = np.log((count - k) / (k + 1) * (chance / (1 - chance)))
    logs = np.concatenate([[0.0], np.cumsum(steps)])
    logs += _log_chance(count, first, chance)
    return np.cumsum(np.exp(logs)), first


def _log_chance(count: int, hits: int, chance: float) -> float:
    ways = math.lgamma(count + 1) - math.lgamma(hits + 1) - math.lgamma(count - hits + 1)
    return ways + hits * math.log(chance) + (count - hits) * math.log1p(-chance)


def _expanded(freedom: Integers) -> Numbers:
    """Return the quantile by its expansion in powers of one over the degrees of freedom."""
    x = Z
    terms = (
        (x**3 + x) / 4,
        (5 * x**5 + 16 * x**3 + 3 * x) / 96,
        (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384,
        (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92160,
    )
    inverse = 1.0 / np.maximum(freedom, 1)
    return np.asarray(x + sum(term * inverse ** (place + 1) for place, term in enumerate(terms)), dtype=np.float64)


@lru_cache(maxsize=1)
def _solved() -> tuple[float, ...]:
    """Return the quantile for 1, 2, ... degrees of freedom, each by halving the angle whose tangent it is."""
    found = []
    for freedom in range(1, _LAST_EXACT + 1):
        low, high = 0.0, math.pi / 2
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if _within(middle, freedom) < COVERAGE else (low, middle)
        found.append(math.tan(low) * math.sqrt(freedom))
    return tuple(found)


def _within(angle: float, freedom: int) -> float:
    """Return how much of Student's t lies within ``tan(angle) * sqrt(freedom)`` on both sides: a finite sum."""
    cosine, is_odd = math.cos(angle), freedom % 2 == 1
    term, total = (cosine, 0.0) if is_odd else (1.0, 0.0)
    for power in range(1 if is_odd else 0, freedom - 1, 2):
        total += term
        term *= cosine**2 * (power + 1) / (power + 2)
    if is_odd:
        return 2 / math.pi * (angle + math.sin(angle) * total)
    return math.sin(angle) * total
