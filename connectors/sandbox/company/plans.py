"""Who starts a deal with whom, and when it is to close: the frame that a deal is drawn in."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from connectors.sandbox.company.accounts import Account
from connectors.sandbox.company.clock import (
    HOUR_SECONDS,
    Window,
    add_months,
    day_of,
    next_workday,
    office_instant,
    previous_workday,
)
from connectors.sandbox.company.people import Person, Staff
from connectors.sandbox.company.seasons import closing_weights
from connectors.sandbox.company.world import World

# A log-normal cycle with a mean of 60 days and a median of 50.
_CYCLE_MU: Final = 3.914
_CYCLE_SIGMA: Final = 0.6
_OPEN_SHARE: Final = 0.118
_SURE_WINS: Final = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """A deal before it has content. ``closed_at`` is None while it is open.

    ``progress`` is the share of its way that is done; ``is_sure`` deals are won, whoever works on them.
    """

    owner: Person
    account: Account
    created_at: int
    close_day: int
    closed_at: int | None
    progress: float
    is_sure: bool = False
    is_legacy: bool = False


class Directory:
    """Answers who works when, and which accounts of a team exist when; a lookup, made once."""

    def __init__(self, staff: Staff, accounts: Sequence[Account]) -> None:
        self._sellers = staff.sellers
        self._by_team = staff.by_team
        self._accounts = {team: [a for a in accounts if a.team == team] for team in staff.by_team}
        self._since = {team: [a.created_at for a in known] for team, known in self._accounts.items()}

    def seller(self, random: Random, day: int) -> Person:
        """Return someone who works on this day, the quicker ones more often, beginners at half their pace."""
        working = [seller for seller in self._sellers if seller.is_working(day)]
        weights = [seller.pace * (0.5 if day - seller.hired_on < 90 else 1.0) for seller in working]
        return random.choices(working, weights)[0]

    def successor(self, random: Random, owner: Person, day: int) -> Person:
        """Return who owns the deal on a later day: the same, or most often a colleague once the owner has left."""
        if owner.is_employed(day) or random.random() < 0.15:
            return owner
        return random.choice([seller for seller in self._by_team[owner.team] if seller.is_working(day)])

    def account(self, random: Random, owner: Person, at: int) -> Account:
        """Return an account of the owner's team that existed at this instant, by preference an own one."""
        accounts = self._accounts[owner.team]
        count = bisect_right(self._since[owner.team], at)
        for _ in range(6):
            candidate = accounts[int(random.random() * max(1, count))]
            is_own = candidate.owner_id == owner.id
            if random.random() < candidate.appeal * (0.6 if is_own else 0.25):
                return candidate
        return accounts[int(random.random() * max(1, count))]


def plan_deals(random: Random, world: World, count: int) -> tuple[Plan, ...]:
    """Return exactly ``count`` plans in the order of creation: closed, open, and a few from an older CRM."""
    staff, window, directory = world.staff, world.window, Directory(world.staff, world.accounts)
    legacy = [account for account in world.accounts if account.is_legacy]
    open_count = round(count * _OPEN_SHARE)
    closed_count = count - open_count - len(legacy)
    plans = [
        *(_legacy_plan(random, staff, account, window) for account in legacy),
        *_closed_plans(random, directory, window, closed_count),
        *(_open_plan(random, directory, window) for _ in range(open_count)),
    ]
    return tuple(sorted(plans, key=lambda plan: plan.created_at))


def _legacy_plan(random: Random, staff: Staff, account: Account, window: Window) -> Plan:
    """Return a deal that was entered when it was already won, more than a year before the window."""
    day = previous_workday(max(day_of(account.created_at) + 2, add_months(window.first, -18) + random.randrange(90)))
    owner = random.choice(
        [s for s in staff.by_team[account.team] if s.hired_on <= day] or staff.by_team[account.team]
    )
    at = office_instant(random, day, owner.utc_offset_hours)
    return Plan(owner, account, at, day, at, 1.0, is_sure=True, is_legacy=True)


def _closed_plans(random: Random, directory: Directory, window: Window, count: int) -> Iterator[Plan]:
    """Yield deals closed in the window, some of them surely won in the running month, however young it is."""
    days, weights = closing_weights(window)
    month_first = add_months(window.today, 0)
    for number, drawn in enumerate(random.choices(days, weights, k=count)):
        is_sure = number < _SURE_WINS
        close_day = random.randint(month_first, window.today) if is_sure else drawn
        cycle = max(2, round(random.lognormvariate(_CYCLE_MU, _CYCLE_SIGMA)))
        started_on = previous_workday(close_day - cycle)
        starter = directory.seller(random, started_on)
        created_at = office_instant(random, started_on, starter.utc_offset_hours)
        account = directory.account(random, starter, created_at)
        created_at = max(created_at, account.created_at)
        owner = directory.successor(random, starter, close_day)
        closed_at = _closing(random, window, close_day, created_at, owner)
        yield Plan(owner, account, created_at, max(close_day, day_of(created_at)), closed_at, 1.0, is_sure)


def _closing(random: Random, window: Window, close_day: int, created_at: int, owner: Person) -> int:
    """Return when the deal was marked as closed: on its close date, sometimes a few days later, never after now."""
    late = random.choice((1, 2, 3)) if random.random() < 0.15 else 0
    at = office_instant(random, next_workday(close_day + late), owner.utc_offset_hours)
    return max(created_at + HOUR_SECONDS, min(at, window.now - random.randrange(HOUR_SECONDS)))


def _open_plan(random: Random, directory: Directory, window: Window) -> Plan:
    """Return a deal that is under way today.

    Long deals are met more often than short ones when one looks at a random day, hence the shifted log-normal.
    """
    cycle = random.lognormvariate(_CYCLE_MU + _CYCLE_SIGMA**2, _CYCLE_SIGMA)
    progress = random.random()
    started_on = previous_workday(window.today - 1 - int(cycle * progress))
    starter = directory.seller(random, started_on)
    created_at = min(office_instant(random, started_on, starter.utc_offset_hours), window.now - HOUR_SECONDS)
    account = directory.account(random, starter, created_at)
    created_at = max(created_at, account.created_at)
    close_day = next_workday(window.today + 1 + int(cycle * (1 - progress)))
    if random.random() < 0.3:
        close_day = previous_workday(add_months(close_day, 1) - 1)
    return Plan(directory.successor(random, starter, window.today), account, created_at, close_day, None, progress)
