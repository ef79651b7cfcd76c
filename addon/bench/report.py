"""What a benchmark says: ratios with their goals, and notes about memory, disk and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from addon.bench.world import Size


@dataclass(frozen=True, slots=True)
class Goal:
    """The largest ratio that is good enough; ``later`` is where it has to get to."""

    now: float | None = None
    later: float | None = None


@dataclass(frozen=True, slots=True)
class Ratio:
    """Our median time over that of the reference, both in seconds; not more than the goal is good."""

    name: str
    ours_seconds: float
    reference_seconds: float
    reference: str
    goal: Goal = field(default_factory=Goal)

    @property
    def value(self) -> float:
        """How many times the reference's time we take."""
        return self.ours_seconds / self.reference_seconds

    def __str__(self) -> str:
        times = f"{_time(self.ours_seconds)} against {_time(self.reference_seconds)} of {self.reference}"
        return f"{self.name:<34} {self.value:8.3f} x   {times}{_verdicts(self.goal, self.value)}"

    def document(self) -> Mapping[str, object]:
        """Return it as JSON values."""
        return {
            "name": self.name,
            "ratio": self.value,
            "ours_seconds": self.ours_seconds,
            "reference_seconds": self.reference_seconds,
            "reference": self.reference,
            "goal": self.goal.now,
            "later_goal": self.goal.later,
            "is_met": None if self.goal.now is None else self.value <= self.goal.now,
        }


@dataclass(frozen=True, slots=True)
class Note:
    """Another number that was measured on the way, at most ``limit`` if there is one."""

    name: str
    value: float
    unit: str
    limit: float | None = None

    def __str__(self) -> str:
        return f"{self.name:<34} {self.value:10.4g} {self.unit}{_verdicts(Goal(later=self.limit), self.value)}"

    def document(self) -> Mapping[str, object]:
        """Return it as JSON values."""
        return {"name": self.name, "value": self.value, "unit": self.unit, "limit": self.limit}


@dataclass(frozen=True, slots=True)
class Report:
    """What one benchmark measured."""

    benchmark: str
    size: Size
    ratios: Sequence[Ratio]
    notes: Sequence[Note] = ()

    def lines(self) -> list[str]:
        """Return the report for people."""
        head = f"{self.benchmark}: {self.size.opportunities:,} opportunities, {self.size.activities:,} activities"
        return [head, *(f"  {line}" for line in (*self.ratios, *self.notes))]

    def document(self) -> Mapping[str, object]:
        """Return the report as JSON values."""
        return {
            "benchmark": self.benchmark,
            "opportunities": self.size.opportunities,
            "activities": self.size.activities,
            "ratios": [ratio.document() for ratio in self.ratios],
            "notes": [note.document() for note in self.notes],
        }


def _verdicts(goal: Goal, value: float) -> str:
    said = [
        f"{words} {limit:g}: {'met' if value <= limit else 'missed'}"
        for words, limit in (("goal", goal.now), ("later goal", goal.later))
        if limit is not None
    ]
    return f"  ({', '.join(said)})" if said else ""


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"
