"""The demo company as one value: everything that its files are written from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Final

from connectors.errors import SourceError
from connectors.sandbox.company.accounts import found_accounts, meet_contacts
from connectors.sandbox.company.activities import Activities, do_work
from connectors.sandbox.company.campaigns import run_campaigns
from connectors.sandbox.company.clock import Window, window_up_to
from connectors.sandbox.company.contracts import Contract, sign_contracts
from connectors.sandbox.company.deals import Deal, make_deals
from connectors.sandbox.company.leads import Lead, find_leads
from connectors.sandbox.company.logins import Login, sign_in
from connectors.sandbox.company.memberships import Membership, memberships
from connectors.sandbox.company.oddities import with_oddities
from connectors.sandbox.company.people import hire_staff
from connectors.sandbox.company.plans import plan_deals
from connectors.sandbox.company.products import catalogue_of_products
from connectors.sandbox.company.world import World

SMALLEST_SCALE: Final = 0.05
LARGEST_SCALE: Final = 100.0

_ACCOUNTS: Final = 300
_DEALS: Final = 4_000
_ACTIVITIES: Final = 60_000
_LEADS: Final = 2_500


@dataclass(frozen=True, slots=True)
class Company(World):
    """Two years of a sales team. ``seed`` is kept for what is drawn later from the same company."""

    seed: int
    deals: tuple[Deal, ...]
    leads: tuple[Lead, ...]
    members: tuple[Membership, ...]
    activities: Activities
    contracts: tuple[Contract, ...]
    logins: tuple[Login, ...]

    @property
    def won_deals(self) -> tuple[Deal, ...]:
        """Return the won deals that were not deleted."""
        return tuple(deal for deal in self.deals if deal.is_won and not deal.is_deleted)

    def random(self, part: str) -> Random:
        """Return the chance that decides this part of the company."""
        return chance(self.seed, part)


def chance(seed: int, part: str) -> Random:
    """Return the random numbers of one part, so that a change of one part does not change the others."""
    return Random(f"{seed} {part}")


def build_company(*, seed: int, today: date, scale: float) -> Company:
    """Return the company: the same for the same seed, day and scale. Raises `SourceError` for a wild scale."""
    if not SMALLEST_SCALE <= scale <= LARGEST_SCALE:
        raise SourceError(
            f"The demo company's scale must lie between {SMALLEST_SCALE} and {LARGEST_SCALE:g}, not {scale:g}. "
            "Take 1 for a company of 24 sellers and 4,000 deals."
        )
    world = _world(seed, window_up_to(today), round(_ACCOUNTS * scale))
    plans = plan_deals(chance(seed, "plans"), world, round(_DEALS * scale))
    deals = make_deals(chance(seed, "deals"), world, plans)
    deals = with_oddities(chance(seed, "oddities"), world, deals)
    leads = find_leads(chance(seed, "leads"), world, deals, round(_LEADS * scale))
    return Company(
        seed=seed, window=world.window, staff=world.staff, products=world.products, accounts=world.accounts,
        contacts=world.contacts, campaigns=world.campaigns, deals=deals, leads=leads,
        members=memberships(chance(seed, "members"), world, leads),
        activities=do_work(chance(seed, "activities"), world, deals, leads, round(_ACTIVITIES * scale)),
        contracts=sign_contracts(chance(seed, "contracts"), deals, world.window),
        logins=sign_in(chance(seed, "logins"), world.staff.people, world.window),
    )  # fmt: skip


def _world(seed: int, window: Window, account_count: int) -> World:
    staff = hire_staff(chance(seed, "staff"), window)
    accounts = found_accounts(chance(seed, "accounts"), staff, window, account_count)
    contacts = meet_contacts(chance(seed, "contacts"), accounts)
    return World(
        window, staff, catalogue_of_products(), accounts, contacts, run_campaigns(chance(seed, "campaigns"), window)
    )
