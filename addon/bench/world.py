"""The world that is measured on: a sales organisation of three years, drawn from one seeded generator.

500 reps in 40 teams and 8 regions, deals with a long tail of amounts and cycles, ten activities a deal. The same size
gives the same world.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

REPS: Final = 500
TEAMS: Final = 40
TEAMS_PER_REGION: Final = 5
FIRST_DATE: Final = date(2022, 1, 1)
LAST_DATE: Final = date(2024, 12, 31)
DAYS: Final = (LAST_DATE - FIRST_DATE).days + 1
MONTHS: Final = tuple(f"{year}-{month:02}" for year in range(2022, 2025) for month in range(1, 13))
QUARTERS: Final = 12

STAGES: Final = (
    "Prospecting", "Qualification", "Needs Analysis", "Proposal", "Negotiation", "Closed Won", "Closed Lost",
)  # fmt: skip
KINDS: Final = ("new", "existing", "renewal")
SOURCES: Final = ("Web", "Referral", "Partner", "Event", "Advertisement", "Cold Call")
ACTIVITY_KINDS: Final = ("call", "email", "meeting")
_ACTIVITY_SHARES: Final = (0.45, 0.40, 0.15)
MARKETS: Final = ("Retail", "Finance", "Health", "Industry", "Public", "Technology")

_OPEN_STAGES: Final = 5
_WON_STAGE: Final = STAGES.index("Closed Won")
_LOST_STAGE: Final = STAGES.index("Closed Lost")
_DEALS_AT_ONCE: Final = 1_000_000
_ACTIVITIES_AT_ONCE: Final = 2_500_000
_SEED: Final = 7

Integers = NDArray[np.int64]
Columns = dict[str, Integers | NDArray[np.float64] | NDArray[np.bool_]]
"""Equally long columns; references are numbers, words are places in the lists above, days count from the first."""


@dataclass(frozen=True, slots=True)
class Size:
    """How many rows the large tables have; the others follow."""

    opportunities: int
    activities: int

    @property
    def accounts(self) -> int:
        """How many accounts there are."""
        return max(self.opportunities // 5, 1)

    @property
    def leads(self) -> int:
        """How many leads there are."""
        return max(self.opportunities // 2, 1)


def draw(size: Size) -> Iterator[tuple[str, Columns]]:
    """Yield the parts of every table, with its name; large tables come in several parts."""
    generator = np.random.default_rng(_SEED)
    account_of_deal = np.empty(size.opportunities, dtype=np.int64)
    for start, count in _parts(size.opportunities, _DEALS_AT_ONCE):
        deals = _opportunities(generator, size, start, count)
        account_of_deal[start : start + count] = deals["account"]
        yield "opportunity", deals
    for start, count in _parts(size.activities, _ACTIVITIES_AT_ONCE):
        activities = _activities(generator, size, start, count)
        yield "activity", {**activities, "account": account_of_deal[activities["opportunity"]]}
    yield "lead", _leads(generator, size)
    yield "account", _accounts(generator, size)
    yield "rep", _reps()
    yield "target", _targets(generator, size)


def _parts(total: int, at_once: int) -> Iterator[tuple[int, int]]:
    for start in range(0, total, at_once):
        yield start, min(at_once, total - start)


def _owners(generator: np.random.Generator, count: int) -> Integers:
    """Return owners of whom a few have much and most have little."""
    return np.minimum(generator.gamma(3.0, 60.0, count).astype(np.int64) % REPS, REPS - 1)


def _opportunities(generator: np.random.Generator, size: Size, start: int, count: int) -> Columns:
    owner = _owners(generator, count)
    created = (DAYS * generator.random(count) ** 0.85).astype(np.int64)
    cycle = np.clip(np.exp(generator.normal(4.0, 0.7, count)), 1, 720).astype(np.int64)
    close = created + cycle
    is_closed = close < DAYS
    is_won = is_closed & (generator.random(count) < 0.20 + 0.15 * (owner % 7) / 6)
    open_stage = generator.integers(0, _OPEN_STAGES, count)
    return {
        "number": np.arange(start, start + count),
        "owner": owner,
        "created": created,
        "close": close,
        "is_closed": is_closed,
        "is_won": is_won,
        "stage": np.where(is_won, _WON_STAGE, np.where(is_closed, _LOST_STAGE, open_stage)),
        "amount": np.round(np.exp(generator.normal(9.5, 1.0, count)), 2),
        "account": generator.integers(0, size.accounts, count),
        "kind": generator.integers(0, len(KINDS), count),
        "source": generator.integers(0, len(SOURCES), count),
    }


def _activities(generator: np.random.Generator, size: Size, start: int, count: int) -> dict[str, Integers]:
    return {
        "number": np.arange(start, start + count),
        "owner": _owners(generator, count),
        "second": generator.integers(0, DAYS * 86_400, count),
        "opportunity": generator.integers(0, size.opportunities, count),
        "kind": generator.choice(len(ACTIVITY_KINDS), count, p=_ACTIVITY_SHARES),
    }


def _leads(generator: np.random.Generator, size: Size) -> Columns:
    return {
        "number": np.arange(size.leads),
        "owner": _owners(generator, size.leads),
        "source": generator.integers(0, len(SOURCES), size.leads),
        "created": generator.integers(0, DAYS, size.leads),
        "is_converted": generator.random(size.leads) < 0.2,
    }


def _accounts(generator: np.random.Generator, size: Size) -> Columns:
    return {
        "number": np.arange(size.accounts),
        "owner": _owners(generator, size.accounts),
        "market": generator.integers(0, len(MARKETS), size.accounts),
    }


def _reps() -> Columns:
    number = np.arange(REPS)
    team = number % TEAMS
    return {"number": number, "team": team, "region": team // TEAMS_PER_REGION}


def _targets(generator: np.random.Generator, size: Size) -> Columns:
    """Draw the quota of every rep in every quarter."""
    return {
        "number": np.arange(REPS * QUARTERS),
        "owner": np.repeat(np.arange(REPS), QUARTERS),
        "quarter": np.tile(np.arange(QUARTERS), REPS),
        "value": np.round(generator.uniform(50, 150, REPS * QUARTERS) * size.opportunities),
    }
