"""When business comes in: growth over the years, strong quarter ends and a strong last quarter, quiet weekends."""

from __future__ import annotations

import math
from typing import Final

from connectors.sandbox.company.clock import Window, add_months, is_workday, quarter_first, year_and_month

YEARLY_GROWTH: Final = 0.2

_MONTHS: Final = (0.75, 0.90, 1.20, 0.85, 0.95, 1.20, 0.80, 0.75, 1.15, 1.00, 1.10, 1.45)


def month_weight(day: int, window: Window) -> float:
    """Return how much business the month of a day brings, where 1.0 is an ordinary month at the window's start."""
    _, month = year_and_month(day)
    return _MONTHS[month - 1] * growth(day, window)


def growth(day: int, window: Window) -> float:
    """Return how much larger the company is on a day than at the window's start."""
    return math.pow(1 + YEARLY_GROWTH, (day - window.first) / 365.25)


def closing_weights(window: Window) -> tuple[list[int], list[float]]:
    """Return the days of the window and how many deals close on each, relative to the others."""
    days = list(range(window.first, window.today + 1))
    return days, [_day_weight(day) * month_weight(day, window) for day in days]


def _day_weight(day: int) -> float:
    if not is_workday(day):
        return 0.04
    if add_months(quarter_first(day), 3) - day <= 8:
        return 2.0
    return 1.5 if add_months(day, 1) - day <= 5 else 1.0
