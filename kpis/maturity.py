"""Maturity: how many of a cohort's deals have an outcome yet, and what the ones still open leave of its numbers.

Of deals that were created in one period, the quick ones have their outcome first. A win rate or a cycle length of the
closed ones alone is therefore one of quick deals. Here each deal still open counts for as long as it has been open
and no longer (it is censored): the chance of an outcome at each age is taken from the deals that reached that age
(Kaplan and Meier), and is divided into won and lost (Aalen and Johansen). What lies beyond the age of the oldest deal
stays unknown, and ``open_share`` says how much that is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlglot import exp

from kpis.blocks import Integers, Numbers
from kpis.cases import Case
from kpis.intervals import wilson

OPEN, WON, LOST = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Cohort:
    """The deals that were created in a period, at ages in days.

    ``raw_win_rate`` and ``raw_cycle_days`` are those of the deals with an outcome. ``win_rate`` is the estimate: the
    share of the deals with an outcome by the age ``horizon_days`` that are won, with the ends of its 95 % interval;
    ``cycle_days`` the mean age at which these are won, ``median_days`` the age by which half of all deals have an
    outcome. None is what nothing is known of.
    """

    count: int
    won: int
    lost: int
    horizon_days: int
    open_share: float | None
    raw_win_rate: float | None
    win_rate: float | None
    low: float | None
    high: float | None
    raw_cycle_days: float | None
    cycle_days: float | None
    median_days: float | None

    @property
    def known(self) -> int:
        """Return how many have an outcome."""
        return self.won + self.lost

    @property
    def known_share(self) -> float | None:
        """Return which share of them has an outcome."""
        return self.known / self.count if self.count else None


@dataclass(frozen=True, slots=True)
class _Curve:
    """At each age at which some deal has an outcome: the deals that reached it, and what came of them then."""

    ages: Integers
    at_risk: Numbers
    won: Numbers
    lost: Numbers

    @property
    def staying(self) -> Numbers:
        """Return the share still open after each age."""
        return np.asarray(np.cumprod(1 - (self.won + self.lost) / self.at_risk), dtype=np.float64)

    @property
    def before(self) -> Numbers:
        """Return the share still open before each age."""
        return np.concatenate([[1.0], self.staying[:-1]])

    def shares(self, events: Numbers) -> Numbers:
        """Return the share of all deals that has this outcome at each age."""
        return np.asarray(self.before * events / self.at_risk, dtype=np.float64)


def cohort_behind(case: Case) -> Cohort | None:
    """Return the cohort behind a case's KPI; None where its numbers do not depend on how old a cohort is."""
    if not case.kpi.cohort:
        return None
    evidence = case.recount.evidence
    measure = case.recount.catalogue.measures[case.kpi.cohort]
    rows = evidence.selected(
        measure, case.scope, [exp.column(name) for name in ("created_day", "exit_day", "is_won")]
    )
    created, exits, wins = (rows[name].to_pylist() for name in ("created_day", "exit_day", "is_won"))
    ends = [evidence.today if day is None else day for day in exits]
    outcomes = [OPEN if day is None else WON if is_won else LOST for day, is_won in zip(exits, wins, strict=True)]
    ages = np.array(ends, dtype=np.int64) - np.array(created, dtype=np.int64)
    return cohort_of(ages, np.array(outcomes, dtype=np.int64))


def cohort_of(ages: Integers, outcomes: Integers) -> Cohort:
    """Return the cohort of deals of these ages: at the outcome, or today where they are open."""
    seen = ages >= 0  # a deal that is dated ahead is not there yet
    ages, outcomes = ages[seen], outcomes[seen]
    is_won, is_lost = outcomes == WON, outcomes == LOST
    won, lost = int(is_won.sum()), int(is_lost.sum())
    curve = _curve(ages, is_won, is_lost)
    wins, losses = curve.shares(curve.won), curve.shares(curve.lost)
    win_share, loss_share = float(wins.sum()), float(losses.sum())
    known = win_share + loss_share
    rate = win_share / known if won + lost else None
    low, high = _ends(curve, rate, won + lost) if rate is not None else (None, None)
    half = np.flatnonzero(curve.staying <= 0.5)
    return Cohort(
        count=len(ages),
        won=won,
        lost=lost,
        horizon_days=int(ages.max(initial=0)),
        open_share=max(1 - known, 0.0) if len(ages) else None,
        raw_win_rate=won / (won + lost) if won + lost else None,
        win_rate=rate,
        low=low,
        high=high,
        raw_cycle_days=float(ages[is_won].mean()) if won else None,
        cycle_days=float((wins * curve.ages).sum() / win_share) if won else None,
        median_days=float(curve.ages[half[0]]) if len(half) else None,
    )


def _curve(ages: Integers, is_won: NDArray[np.bool_], is_lost: NDArray[np.bool_]) -> _Curve:
    different = np.unique(ages[is_won | is_lost])
    at_risk = len(ages) - np.searchsorted(np.sort(ages), different, side="left")
    place = np.searchsorted(different, ages)
    won, lost = (np.bincount(place[kind], minlength=len(different)).astype(float) for kind in (is_won, is_lost))
    return _Curve(different, at_risk.astype(np.float64), won, lost)


def _ends(curve: _Curve, rate: float, known: int) -> tuple[float, float]:
    """Return the ends of the estimate's interval: Wilson's, of as many deals as would spread it so far."""
    variance = _variance(curve)
    count = rate * (1 - rate) / variance if variance > 0 else float(known)
    low, high = wilson(np.array([rate * count]), np.array([count]))
    return float(low[0]), float(high[0])


def _variance(curve: _Curve) -> float:
    """Return the variance of the estimate: at each age outcomes are drawn among the deals that reached it."""
    to_won, to_lost = curve.won / curve.at_risk, curve.lost / curve.at_risk
    wins, losses = curve.shares(curve.won), curve.shares(curve.lost)
    stay = 1 - to_won - to_lost
    later_wins, later_losses = (
        np.divide(share.sum() - np.cumsum(share), stay, out=np.zeros_like(stay), where=stay > 0)
        for share in (wins, losses)
    )
    total = float(wins.sum() + losses.sum())
    # How the estimate moves with the chance of winning, and of losing, at each age.
    by_won = (curve.before * losses.sum() - later_wins * losses.sum() + later_losses * wins.sum()) / total**2
    by_lost = (-curve.before * wins.sum() - later_wins * losses.sum() + later_losses * wins.sum()) / total**2
    spread = by_won**2 * to_won * (1 - to_won) + by_lost**2 * to_lost * (1 - to_lost)
    spread -= 2 * by_won * by_lost * to_won * to_lost
    return float((spread / curve.at_risk).sum())
