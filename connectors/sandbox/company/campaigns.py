"""Marketing campaigns, about one a month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from connectors.sandbox.company.clock import Window, next_workday, year_and_month
from connectors.sandbox.company.ids import record_id

_KINDS: Final = {
    "Webinar": (4_000, 9_000), "Conference": (22_000, 48_000), "Email": (1_500, 4_000),
    "Advertisement": (9_000, 24_000), "Partners": (5_000, 12_000), "Trade Show": (15_000, 35_000),
}  # fmt: skip
_THEMES: Final = ("Automation", "Safety", "Uptime", "Analytics", "Energy", "Quality", "Smart Factory", "Cloud")
_DAYS_BETWEEN: Final = 28


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign: its days, its cost in cents, and for some what would have been sold without it."""

    id: str
    name: str
    kind: str
    started_on: int
    ended_on: int
    cost: int
    baseline: int | None


def run_campaigns(random: Random, window: Window) -> tuple[Campaign, ...]:
    """Return the campaigns of the window; the last ones still run or are planned."""
    starts = range(window.first + 3, window.today + _DAYS_BETWEEN, _DAYS_BETWEEN)
    return tuple(_campaign(random, number, next_workday(day)) for number, day in enumerate(starts, 1))


def _campaign(random: Random, number: int, started_on: int) -> Campaign:
    kind = random.choice(tuple(_KINDS))
    year, month = year_and_month(started_on)
    return Campaign(
        id=record_id("701", number), name=f"{random.choice(_THEMES)} {kind} {year}-{month:02} #{number}", kind=kind,
        started_on=started_on, ended_on=started_on + random.randrange(13, 55),
        cost=random.randrange(*_KINDS[kind]) * 100,
        baseline=random.randrange(300_000, 900_000) * 100 if number % 2 else None,
    )  # fmt: skip


def running_around(campaigns: Sequence[Campaign], day: int) -> list[Campaign]:
    """Return the campaigns that ran on the day or ended less than a month before it."""
    return [campaign for campaign in campaigns if campaign.started_on <= day < campaign.ended_on + 30]
