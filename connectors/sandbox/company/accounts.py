"""The companies that the demo company sells to, and the people there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from connectors.sandbox.company import words
from connectors.sandbox.company.clock import DAY_SECONDS, Window, add_months, iso_instant
from connectors.sandbox.company.files import Row, flag, money
from connectors.sandbox.company.ids import record_id
from connectors.sandbox.company.people import TEAMS, Staff, Team

_TEAM_WEIGHTS: Final = (0.28, 0.27, 0.27, 0.18)
_LEGACY_SHARE: Final = 0.3
_MARKETS: Final = {
    "Technology": 0.22, "Manufacturing": 0.18, "Healthcare": 0.14, "Retail": 0.14, "Banking": 0.12,
    "Transportation": 0.08, "Energy": 0.07, "Education": 0.05,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Account:
    """A company; ``appeal`` says how often deals are started with it, ``is_legacy`` that it was a customer before."""

    id: str
    name: str
    team: str
    country: str
    market: str
    owner_id: str
    parent_id: str
    revenue: int
    employees: int
    created_at: int
    appeal: float
    is_legacy: bool


@dataclass(frozen=True, slots=True)
class Contact:
    """Someone who works at an account."""

    id: str
    first_name: str
    last_name: str
    title: str
    account: Account


def found_accounts(random: Random, staff: Staff, window: Window, count: int) -> tuple[Account, ...]:
    """Return the accounts in the order of their creation, with the few that real orgs have incomplete."""
    legacy_count = round(count * _LEGACY_SHARE)
    days = sorted(_created_day(random, window, number < legacy_count) for number in range(count))
    names = words.company_names(random, count)
    accounts = [
        _account(random, number, names[number], day, staff, is_legacy=number < legacy_count)
        for number, day in enumerate(days)
    ]
    return tuple(_with_parents(random, _incomplete(accounts)))


def _created_day(random: Random, window: Window, is_legacy: bool) -> int:
    """Return a day four years ago for a customer of old, else one from shortly before the window to last month."""
    if is_legacy:
        return add_months(window.first, -20) + random.randrange(60)
    # The power lets more accounts come early: a team starts with a list of names.
    share = math.pow(random.random(), 1.3)
    return window.first - 200 + int(share * (window.today - window.first + 170))


def _account(random: Random, number: int, name: str, day: int, staff: Staff, *, is_legacy: bool) -> Account:
    # The first ones go round, so that no team of a small company is without a customer.
    team: Team = TEAMS[number] if number < len(TEAMS) else random.choices(TEAMS, _TEAM_WEIGHTS)[0]
    owners = [seller for seller in staff.by_team[team.name] if seller.left_on is None]
    employees = int(random.lognormvariate(5.5, 1.1)) + 10
    return Account(
        id=record_id("001", number + 1), name=name, team=team.name, country=random.choice(team.countries),
        market=random.choices(tuple(_MARKETS), tuple(_MARKETS.values()))[0],
        owner_id=random.choice(owners).id, parent_id="", revenue=employees * random.randrange(90, 260) * 100_000,
        employees=employees, created_at=day * DAY_SECONDS + random.randrange(DAY_SECONDS),
        appeal=random.lognormvariate(0, 0.7), is_legacy=is_legacy,
    )  # fmt: skip


def _incomplete(accounts: list[Account]) -> list[Account]:
    """Take the market from two accounts and the owner from one."""
    without_market = {len(accounts) // 3, len(accounts) // 2}
    without_owner = len(accounts) // 4
    return [
        replace(
            account,
            market="" if number in without_market else account.market,
            owner_id="" if number == without_owner else account.owner_id,
        )
        for number, account in enumerate(accounts)
    ]


def _with_parents(random: Random, accounts: list[Account]) -> Iterator[Account]:
    """Make every twentieth account a subsidiary of an older one."""
    for number, account in enumerate(accounts):
        is_subsidiary = number % 20 == 19
        yield replace(account, parent_id=random.choice(accounts[:number]).id) if is_subsidiary else account


def meet_contacts(random: Random, accounts: Sequence[Account]) -> tuple[Contact, ...]:
    """Return one to three people at each account."""
    contacts: list[Contact] = []
    for account in accounts:
        for _ in range(random.randint(1, 3)):
            first_name, last_name = words.person_name(random)
            contact_id = record_id("003", len(contacts) + 1)
            contacts.append(Contact(contact_id, first_name, last_name, random.choice(words.JOB_TITLES), account))
    return tuple(contacts)


def account_rows(accounts: Sequence[Account], customer_since: Mapping[str, int], window: Window) -> Iterator[Row]:
    """Yield the Account records; ``customer_since`` holds the instant of the first win by account id."""
    for account in accounts:
        won_at = customer_since.get(account.id)
        modified_at = iso_instant(min(window.now, max(account.created_at, won_at or 0)))
        yield {
            "Id": account.id, "Name": account.name, "Type": "Prospect" if won_at is None else "Customer",
            "Industry": account.market, "AnnualRevenue": money(account.revenue),
            "NumberOfEmployees": account.employees, "BillingCountry": account.country,
            "ParentId": account.parent_id, "OwnerId": account.owner_id,
            "CreatedDate": iso_instant(account.created_at), "LastModifiedDate": modified_at,
            "SystemModstamp": modified_at, "IsDeleted": flag(False),
        }  # fmt: skip


def contact_rows(contacts: Sequence[Contact]) -> Iterator[Row]:
    """Yield the Contact records."""
    for contact in contacts:
        stamp = iso_instant(contact.account.created_at)
        address = words.address(contact.first_name, contact.last_name, contact.account.name)
        yield {
            "Id": contact.id, "AccountId": contact.account.id, "FirstName": contact.first_name,
            "LastName": contact.last_name, "Name": f"{contact.first_name} {contact.last_name}",
            "Title": contact.title, "Email": address,
            "OwnerId": contact.account.owner_id, "CreatedDate": stamp, "LastModifiedDate": stamp,
            "SystemModstamp": stamp, "IsDeleted": flag(False),
        }  # fmt: skip
