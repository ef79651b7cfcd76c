"""Timelines: the different periods of one request as arrays, with what each is compared to."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kpis.blocks import Integers, Numbers
from kpis.definitions import Shift
from kpis.periods import BusinessDays, Calendar, Period, elapsed
from kpis.shifts import compared_whole, shifted_period


class Timeline:
    """Periods by place; ``until`` is the last day of each that has come, ``has_begun`` whether any has.

    ``aimed`` are the periods whose targets count, if not the same.
    """

    def __init__(
        self, periods: Sequence[Period], calendar: Calendar, today: int, aimed: Sequence[Period] | None = None
    ) -> None:
        self.periods = tuple(periods)
        self._aimed = self.periods if aimed is None else tuple(aimed)
        self.calendar = calendar
        self.today = today
        self.first = np.array([period.first for period in self.periods], dtype=np.int64)
        self.last = np.array([period.last for period in self.periods], dtype=np.int64)
        self.until = np.minimum(self.last, today)
        self.has_begun: NDArray[np.bool_] = self.first <= today
        self._shifted: dict[str, Timeline] = {}
        self._compared: dict[str, Timeline] = {}

    def __len__(self) -> int:
        return len(self.periods)

    def shifted(self, shift: Shift | str) -> Timeline:
        """Return the periods that a shift leads to from these."""
        if shift not in self._shifted:
            others = [shifted_period(period, shift, self.calendar, self.today) for period in self.periods]
            self._shifted[shift] = Timeline(others, self.calendar, self.today)
        return self._shifted[shift]

    def compared(self, shift: str) -> Timeline:
        """Return the periods that these are compared with, under the targets of the whole ones."""
        if shift not in self._compared:
            aimed = [compared_whole(period, shift, self.calendar, self.today) for period in self.periods]
            self._compared[shift] = Timeline(self.shifted(shift).periods, self.calendar, self.today, aimed)
        return self._compared[shift]

    def targeted(self) -> tuple[Integers, Integers]:
        """Return the first and the last day of the periods whose targets count."""
        first = np.array([period.first for period in self._aimed], dtype=np.int64)
        return first, np.array([period.last for period in self._aimed], dtype=np.int64)

    def days(self) -> Numbers:
        """Return the days of each period so far."""
        ends = self._elapsed_ends()
        return (ends - self.first + 1).astype(np.float64)

    def business_days(self) -> Numbers:
        """Return the business days of each period so far."""
        return BusinessDays(self.calendar).between(self.first, self._elapsed_ends()).astype(np.float64)

    def business_days_in_all(self) -> Numbers:
        """Return the business days of each whole period."""
        return BusinessDays(self.calendar).between(self.first, self.last).astype(np.float64)

    def elapsed_share(self) -> Numbers:
        """Return which share of its business days has come of each period; of its days if it has no business day."""
        whole = self.business_days_in_all()
        in_days = self.days() / (self.last - self.first + 1)
        return np.where(whole > 0, self.business_days() / np.maximum(whole, 1), in_days)

    def _elapsed_ends(self) -> NDArray[np.int64]:
        return np.array([elapsed(period, self.today).last for period in self.periods], dtype=np.int64)
