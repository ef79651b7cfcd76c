"""What real orgs have in small numbers, and what breaks careless totals, put into the deals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from random import Random
from typing import Final

from connectors.sandbox.company.clock import DAY_SECONDS, HOUR_SECONDS, Window, day_of
from connectors.sandbox.company.deals import Deal
from connectors.sandbox.company.people import Staff
from connectors.sandbox.company.stages import LOST, NEGOTIATION, Change
from connectors.sandbox.company.world import World

_OVERDUE_SHARE: Final = 0.03
_KEPT_BY_LEAVER: Final = 3
_REOPENED: Final = 2
_SURCHARGED: Final = 3
_SURCHARGE: Final = -5
_WINS_ON_ONE_DAY: Final = 3


def with_oddities(random: Random, world: World, deals: Sequence[Deal]) -> tuple[Deal, ...]:
    """Return the deals, some of them changed: overdue, left behind, reopened, deleted, surcharged, won on one day.

    Each deal is changed by one oddity at most; a company too small to have candidates has fewer of them.
    """
    staff, window = world.staff, world.window
    by_id = {deal.id: deal for deal in deals}
    untouched = dict(by_id)

    def change(chosen: Iterable[Deal], how: Callable[[Deal], Deal]) -> None:
        for deal in chosen:
            by_id[deal.id] = how(deal)
            untouched.pop(deal.id)

    same_day = _early_wins_of_one_account(tuple(untouched.values()), window)
    last_day = max((deal.close_day for deal in same_day), default=0)
    change(same_day, lambda deal: _closing_on(deal, last_day))
    left_behind = _left_behind(tuple(untouched.values()), staff)
    change(left_behind, lambda deal: _left_to_leaver(deal, staff, window))
    still_open = [deal for deal in untouched.values() if deal.is_open]
    overdue = random.sample(still_open, max(1, round(len(still_open) * _OVERDUE_SHARE)))
    change(overdue, lambda deal: _overdue(random, deal, window))
    change(_recent_wins(untouched.values(), _REOPENED, _can_reopen), _reopened)
    change(_recent_wins(untouched.values(), 1, _has_no_other_mark), lambda deal: replace(deal, is_deleted=True))
    change(_recent_wins(untouched.values(), _SURCHARGED, lambda deal: bool(deal.lines)), _surcharged)
    return tuple(by_id[deal.id] for deal in deals)


def _recent_wins(deals: Iterable[Deal], count: int, is_fit: Callable[[Deal], bool]) -> list[Deal]:
    """Return the latest won deals that are fit, so that the oddity falls into the periods people look at."""
    wins = [deal for deal in deals if deal.is_won and is_fit(deal)]
    # The very latest are left alone: they are what the running month shows.
    return sorted(wins, key=lambda deal: (deal.close_day, deal.number))[-count - 10 : -10]


def _has_no_other_mark(deal: Deal) -> bool:
    """Whether no campaign counts the deal, so that its roll-ups need not be told."""
    return not deal.campaign_id


def _closing_on(deal: Deal, close_day: int) -> Deal:
    """Return the deal with another close date in its present state."""
    return replace(deal, changes=(*deal.changes[:-1], replace(deal.state, close_day=close_day)))


def _early_wins_of_one_account(deals: Sequence[Deal], window: Window) -> list[Deal]:
    """Return the first three wins of the account where they lie closest together: a tie for who brought it in."""
    wins: dict[str, list[Deal]] = defaultdict(list)
    for deal in deals:
        if deal.is_won:
            wins[deal.account.id].append(deal)
    groups = [
        sorted(won, key=lambda deal: (deal.close_day, deal.number))[:_WINS_ON_ONE_DAY]
        for won in wins.values()
        if len(won) >= _WINS_ON_ONE_DAY
    ]
    recent = [group for group in groups if group[0].close_day >= window.first]
    return min(recent, key=lambda group: group[-1].close_day - group[0].close_day, default=[])


def _left_behind(deals: Sequence[Deal], staff: Staff) -> list[Deal]:
    """Return open deals that were begun in a leaver's team before the leaver went."""
    gone = {seller.team: seller for seller in staff.sellers if seller.left_on is not None}
    found = [
        deal
        for deal in deals
        if deal.is_open and deal.owner.team in gone and day_of(deal.created_at) < (gone[deal.owner.team].left_on or 0)
    ]
    return found[-_KEPT_BY_LEAVER:]


def _left_to_leaver(deal: Deal, staff: Staff, window: Window) -> Deal:
    """Return the deal as nobody has touched it since its owner left."""
    leaver = next(seller for seller in staff.sellers if seller.team == deal.owner.team and seller.left_on is not None)
    left_at = (leaver.left_on or 0) * DAY_SECONDS
    kept = tuple(change for change in deal.changes if change.at < left_at) or deal.changes[:1]
    close_day = max(day_of(kept[-1].at) + 1, (leaver.left_on or 0) + 30)
    last = replace(kept[-1], close_day=min(close_day, window.today - 1))
    stage = min(kept[-1].stage, deal.last_open_stage)
    unquoted = replace(deal, owner=leaver, changes=(*kept[:-1], last), last_open_stage=stage)
    return _closing_on(_without_quote(unquoted), last.close_day)


def _without_quote(deal: Deal) -> Deal:
    """Return the deal without lines unless its amount is theirs."""
    total = sum(line.total for line in deal.lines)
    return deal if deal.lines and deal.amount == total else replace(deal, lines=())


def _overdue(random: Random, deal: Deal, window: Window) -> Deal:
    """Return the deal with a close date that has passed."""
    return _closing_on(deal, max(day_of(deal.created_at), window.today - random.randint(2, 45)))


def _can_reopen(deal: Deal) -> bool:
    return len(deal.changes) > 3 and deal.state.at - deal.changes[-2].at > 3 * DAY_SECONDS


def _reopened(deal: Deal) -> Deal:
    """Return the deal as lost first, then opened again, then won."""
    before, won = deal.changes[-2], deal.state
    lost = Change(before.at + DAY_SECONDS, LOST, before.amount, day_of(before.at) + 1)
    again = Change(won.at - DAY_SECONDS - HOUR_SECONDS, NEGOTIATION, won.amount, won.close_day)
    return replace(deal, changes=(*deal.changes[:-1], lost, again, won))


def _surcharged(deal: Deal) -> Deal:
    """Return the deal with a surcharge (a negative discount) on its first line, and its amount raised by it."""
    first = replace(deal.lines[0], discount=_SURCHARGE)
    lines = (first, *deal.lines[1:])
    before, after = sum(line.total for line in deal.lines), sum(line.total for line in lines)
    changes = tuple(replace(change, amount=after) if change.amount == before else change for change in deal.changes)
    return replace(deal, lines=lines, changes=changes)
