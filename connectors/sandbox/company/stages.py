"""The stages of a deal, and the history a deal leaves behind on its way through them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from connectors.sandbox.company.clock import DAY_SECONDS, Window, iso_instant, moment_between
from connectors.sandbox.company.files import Row, flag
from connectors.sandbox.company.ids import record_id


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage; probability in percent. ``category`` and its name are how forecasts call it."""

    name: str
    probability: int
    category: str
    category_name: str
    is_closed: bool = False
    is_won: bool = False


STAGES: Final = (
    Stage("Prospecting", 10, "Pipeline", "Pipeline"),
    Stage("Qualification", 20, "Pipeline", "Pipeline"),
    Stage("Needs Analysis", 35, "Pipeline", "Pipeline"),
    Stage("Proposal", 60, "BestCase", "Best Case"),
    Stage("Negotiation", 80, "Forecast", "Commit"),
    Stage("Closed Won", 100, "Closed", "Closed", is_closed=True, is_won=True),
    Stage("Closed Lost", 0, "Omitted", "Omitted", is_closed=True),
)
PROPOSAL, NEGOTIATION, WON, LOST = 3, 4, 5, 6


@dataclass(frozen=True, slots=True)
class Change:
    """What a deal looked like from an instant on: stage index, amount (cents) and close date (day number)."""

    at: int
    stage: int
    amount: int | None
    close_day: int


@dataclass(frozen=True, slots=True)
class Course:
    """The beginning and the end of a deal that its history must join; ``ended_at`` is the close, or now.

    ``last_stage`` is the last open stage, ``final_stage`` the state at the end (the same for an open deal).
    """

    created_at: int
    ended_at: int
    first_stage: int
    last_stage: int
    final_stage: int
    first_amount: int | None
    final_amount: int | None
    final_close_day: int
    utc_offset_hours: int


def history(random: Random, course: Course) -> tuple[Change, ...]:
    """Return the changes of a deal, oldest first; the last one is the deal as it is at the end."""
    stages = _path(random, course.first_stage, course.last_stage)
    if random.random() < 0.25:
        # A change of amount or close date alone: the stage comes twice.
        place = random.randrange(len(stages))
        stages.insert(place, stages[place])
    instants = _instants(random, course, len(stages))
    close_day = _first_close_day(random, course)
    changes: list[Change] = []
    for at, stage in zip(instants, stages, strict=True):
        if changes and random.random() < 0.35:
            close_day = course.final_close_day
        is_estimate = stage < PROPOSAL and at < instants[-1]
        changes.append(Change(at, stage, course.first_amount if is_estimate else course.final_amount, close_day))
    return (*changes[:-1], *_ending(course, changes[-1]))


def _ending(course: Course, last: Change) -> tuple[Change, ...]:
    """Return the last open change, and after it the close where there is one."""
    if course.final_stage == course.last_stage:
        return (Change(last.at, last.stage, course.final_amount, course.final_close_day),)
    return last, Change(course.ended_at, course.final_stage, course.final_amount, course.final_close_day)


def _path(random: Random, first: int, last: int) -> list[int]:
    """Return the open stages from ``first`` to ``last``; now and then one in between is jumped over."""
    between = [stage for stage in range(first + 1, last) if random.random() < 0.9]
    return [first, *between, last] if last > first else [first]


def _instants(random: Random, course: Course, count: int) -> list[int]:
    """Return the creation and ``count`` - 1 later instants before the end, all different and in order.

    Promised only where the end is an hour or more after the creation.
    """
    # Each change keeps a minute of its own at the end, so that equal draws still differ.
    latest = course.ended_at - 60 * count
    later = sorted(
        moment_between(random, course.created_at + 60, latest, course.utc_offset_hours) for _ in range(count - 1)
    )
    return [course.created_at, *(instant + 30 * place for place, instant in enumerate(later))]


def _first_close_day(random: Random, course: Course) -> int:
    """Return the close date that was hoped for at first: often the right one, else mostly too early."""
    shift = random.choice((0, 0, 0, -7, -14, -30, -45, 10))
    return max(course.created_at // DAY_SECONDS + 7, course.final_close_day + shift)


def stage_rows(window: Window) -> Iterator[Row]:
    """Yield the OpportunityStage records."""
    stamp = iso_instant(window.first * DAY_SECONDS)
    for number, stage in enumerate(STAGES, 1):
        yield {
            "Id": record_id("01J", number), "MasterLabel": stage.name, "ApiName": stage.name, "IsActive": flag(True),
            "SortOrder": number, "IsClosed": flag(stage.is_closed), "IsWon": flag(stage.is_won),
            "DefaultProbability": stage.probability, "ForecastCategory": stage.category,
            "ForecastCategoryName": stage.category_name, "CreatedDate": stamp, "LastModifiedDate": stamp,
            "SystemModstamp": stamp,
        }  # fmt: skip
