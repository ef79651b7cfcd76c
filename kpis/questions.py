"""Questions and answers: what a cell asks, and what it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal[
    "ok",
    "partial",  # part of the sources or of the period is missing; the value says what there is
    "stale",  # the last sync is older than it should be
    "no_data",  # there is no record that could have counted
    "no_target",  # there is no target for this KPI, slice and period
    "zero_denominator",  # a quotient whose divisor is zero or missing has no value
    "not_synced",  # the table behind it was never read
    "not_allowed",  # the caller may not see this slice
    "error",  # the question cannot be understood
]
Show = Literal["value", "target", "attainment", "gap", "vs prior", "vs year ago", "change", "rank", "share",
               "status", "expected", "n", "low", "high"]  # fmt: skip
SHOWS: tuple[Show, ...] = (
    "value", "target", "attainment", "gap", "vs prior", "vs year ago", "change", "rank", "share", "status",
    "expected", "n", "low", "high",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """One question, in the words of a cell. An empty ``who`` is the company, an empty ``period`` this month."""

    kpi: str
    who: str = ""
    period: str = ""
    show: str = "value"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. ``kpi``, ``who`` and ``period`` are the resolved names.

    ``message`` explains any state but ok, and says what to know about a value that is ok. ``low`` and ``high`` are
    the ends of the value's 95 % interval, ``method`` is where they (or an expectation, or a forecast) come from, and
    ``is_small`` tells that the value rests on few records.
    """

    question: Question
    kpi: str
    who: str
    period: str
    value: float | None
    state: State
    message: str = ""
    numerator: float | None = None
    denominator: float | None = None
    n: int | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    method: str = ""
    is_small: bool = False
