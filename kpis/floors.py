"""Floors: below how many records a number is a small sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kpis.estimates import Chances, Estimate, Rest, Share


@dataclass(frozen=True, slots=True)
class Floors:
    """Below so many records a rate, and a mean or median, is a small sample: one more moves it by 5 or 10 %."""

    rate: int = 20
    mean: int = 10

    def of(self, estimate: Estimate) -> int:
        """Return the floor for a kind of estimate; amounts that come in with their chances have none."""
        match estimate:
            case Rest():
                return self.of(estimate.estimate)
            case Share():
                return self.rate
            case Chances():
                return 0
        return self.mean


USUAL_FLOORS: Final = Floors()
