"""What sellers do all day: work on deals, on leads, and on accounts in between."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from connectors.sandbox.company.accounts import Account
from connectors.sandbox.company.clock import (
    DAY_SECONDS,
    Window,
    add_months,
    day_of,
    moment_between,
    next_workday,
    office_instant,
    workdays,
)
from connectors.sandbox.company.deals import Deal
from connectors.sandbox.company.events import Event, EventKind, all_day, meeting
from connectors.sandbox.company.leads import Lead
from connectors.sandbox.company.stages import PROPOSAL
from connectors.sandbox.company.tasks import Link, Task, call, email, proposal, to_do
from connectors.sandbox.company.world import World

_UNTOUCHED_SHARE: Final = 0.04
_STILL_TO_DO_SHARE: Final = 0.45
_RECURRING: Final = 6
_DELETED: Final = 12
_ALL_DAY: Final = 8

Activity = Task | Event


@dataclass(frozen=True, slots=True)
class Activities:
    """All tasks and all events, each in the order of creation."""

    tasks: tuple[Task, ...]
    events: tuple[Event, ...]


def do_work(random: Random, world: World, deals: Sequence[Deal], leads: Sequence[Lead], count: int) -> Activities:
    """Return ``count`` activities (more only if deals and leads alone take more), oldest first."""
    links, window = _links(world), world.window
    done: list[Activity] = []
    for deal in deals:
        is_from_older_crm = deal.closed_at == deal.created_at
        if not (deal.is_deleted or is_from_older_crm) and random.random() >= _UNTOUCHED_SHARE:
            done += _on_deal(random, deal, links[deal.account.id].who_id, window)
    for lead in leads:
        done += _on_lead(random, lead, window)
    done += _unusual(random, world, links)
    done += _on_accounts(random, world, links, count - len(done))
    tasks = sorted((one for one in done if isinstance(one, Task)), key=lambda task: task.created_at)
    events = sorted((one for one in done if isinstance(one, Event)), key=lambda event: event.created_at)
    return Activities(tuple(tasks), tuple(events))


def _links(world: World) -> Mapping[str, Link]:
    """Return for each account the link to it and to a person there."""
    who = {contact.account.id: contact.id for contact in world.contacts}
    return {account.id: Link(who[account.id], account.id, account.id) for account in world.accounts}


def _on_deal(random: Random, deal: Deal, who_id: str, window: Window) -> Iterator[Activity]:
    """Yield what the owner did for a deal; the further it came, the more."""
    link = Link(who_id, deal.id, deal.account.id)
    depth = deal.last_open_stage
    for at in _moments(random, deal, max(1, round(random.gauss(2.6 + 1.1 * depth, 2))), window):
        is_call = random.random() < 0.5
        yield call(random, deal.owner, link, at) if is_call else email(random, deal.owner, link, at, window)
    for at in _moments(random, deal, random.randint(0, 1 + depth // 2), window):
        yield meeting(random, deal.owner, link, at, not_before=deal.created_at, now=window.now)
    if depth >= 2 and random.random() < 0.6:
        for at in _moments(random, deal, 1, window):
            yield meeting(random, deal.owner, link, at, not_before=deal.created_at, now=window.now, kind="Demo")
    if depth >= PROPOSAL:
        for at in _moments(random, deal, 2 if random.random() < 0.15 else 1, window):
            yield proposal(deal.owner, link, at)
    if deal.is_open and deal.owner.is_working(window.today):
        yield from _ahead(random, deal, link, window)


def _moments(random: Random, deal: Deal, count: int, window: Window) -> Iterator[int]:
    """Yield instants in the life of a deal when its owner was at work."""
    end = window.now if deal.closed_at is None else deal.closed_at
    for _ in range(count):
        # Of an open deal only a part is done so far.
        if deal.is_open and random.random() < _STILL_TO_DO_SHARE:
            continue
        at = moment_between(random, deal.created_at, end, deal.owner.utc_offset_hours)
        if deal.owner.is_working(day_of(at)):
            yield at


def _ahead(random: Random, deal: Deal, link: Link, window: Window) -> Iterator[Activity]:
    """Yield what is planned for an open deal: a task, sometimes overdue, and a meeting."""
    if random.random() < 0.35:
        created_at = moment_between(random, max(deal.created_at, window.now - 14 * DAY_SECONDS), window.now, -5)
        yield to_do(random, deal.owner, link, created_at, next_workday(window.today + random.randint(-6, 14)))
    if random.random() < 0.25:
        day = next_workday(window.today + random.randint(1, 20))
        starts_at = office_instant(random, day, deal.owner.utc_offset_hours)
        kind: EventKind = "Demo" if random.random() < 0.3 else "Meeting"
        yield meeting(random, deal.owner, link, starts_at, not_before=deal.created_at, now=window.now, kind=kind)


def _on_lead(random: Random, lead: Lead, window: Window) -> Iterator[Activity]:
    """Yield the first call and email of a lead, and some more while it was worked on."""
    owner, contacted_at = lead.owner, lead.contacted_at
    if owner is None or contacted_at is None:
        return
    link = Link(who_id=lead.id)
    if lead.called_at is not None:
        yield call(random, owner, link, lead.called_at)
    if lead.emailed_at is not None:
        yield email(random, owner, link, lead.emailed_at, window)
    end = min(window.now, contacted_at + 30 * DAY_SECONDS, lead.converted_at or window.now)
    for _ in range(random.randint(0, 3)):
        at = moment_between(random, contacted_at, max(contacted_at, end), owner.utc_offset_hours)
        if owner.is_working(day_of(at)):
            yield call(random, owner, link, at) if random.random() < 0.5 else email(random, owner, link, at, window)


def _on_accounts(random: Random, world: World, links: Mapping[str, Link], count: int) -> Iterator[Activity]:
    """Yield ``count`` calls, emails and meetings with accounts outside of any deal."""
    staff, window = world.staff, world.window
    days = workdays(window.first, window.today - 1)
    working = {day: [seller for seller in staff.sellers if seller.is_working(day)] for day in days}
    by_team = {team: [account for account in world.accounts if account.team == team] for team in staff.by_team}
    for _ in range(count):
        day = random.choice(days)
        owner = random.choice(working[day])
        at = min(window.now, office_instant(random, day, owner.utc_offset_hours))
        link = links[_known_account(random, by_team[owner.team], at).id]
        draw = random.random()
        if draw < 0.5:
            yield call(random, owner, link, at)
        elif draw < 0.94:
            yield email(random, owner, link, at, window)
        else:
            yield meeting(random, owner, link, at, not_before=0, now=window.now)


def _known_account(random: Random, accounts: Sequence[Account], at: int) -> Account:
    """Return an account that existed at this instant; the first one where a few tries find none."""
    for _ in range(8):
        account = random.choice(accounts)
        if account.created_at <= at:
            return account
    return accounts[0]


def _unusual(random: Random, world: World, links: Mapping[str, Link]) -> Iterator[Activity]:
    """Yield what a careful reader must leave out or not shift: recurring masters, deleted rows, whole days."""
    now, today = world.window.now, world.window.today
    days = workdays(add_months(today, -3), today - 2)
    for number in range(_RECURRING + _DELETED + _ALL_DAY):
        day = random.choice(days)
        owner = random.choice([seller for seller in world.staff.sellers if seller.is_working(day)])
        account = _known_account(random, [one for one in world.accounts if one.team == owner.team], day * DAY_SECONDS)
        at, link = office_instant(random, day, owner.utc_offset_hours), links[account.id]
        if number >= _RECURRING + _DELETED:
            yield all_day(owner, link, day)
        elif number >= _RECURRING:
            yield replace(call(random, owner, link, at), is_deleted=True)
        elif number % 2:
            yield replace(meeting(random, owner, link, at, not_before=0, now=now), is_recurrence=True)
        else:
            yield replace(call(random, owner, link, at), is_recurrence=True)
