"""Who works at the demo company: sellers in four teams of three regions, their managers, and the role tree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from connectors.sandbox.company import words
from connectors.sandbox.company.clock import (
    DAY_SECONDS,
    Window,
    add_months,
    iso_day,
    iso_instant,
    next_workday,
)
from connectors.sandbox.company.files import Row, flag
from connectors.sandbox.company.ids import record_id

SELLER_TITLE: Final = "Account Executive"
QUEUE_ID: Final = record_id("00G", 1)


@dataclass(frozen=True, slots=True)
class Team:
    """A team, the region it belongs to, its manager, and where its clocks stand (hours from UTC in winter)."""

    name: str
    region: str
    manager: str
    time_zone: str
    utc_offset_hours: int
    countries: tuple[str, ...]


TEAMS: Final = (
    Team("West", "AMER", "Laura Bennett", "America/Los_Angeles", -8, ("United States", "United States", "Mexico")),
    Team("East", "AMER", "David Goldberg", "America/New_York", -5, ("United States", "United States", "Canada")),
    Team("Europe", "EMEA", "Ingrid Hansen", "Europe/Paris", 1,
         ("Germany", "France", "United Kingdom", "Netherlands", "Italy")),
    Team("Pacific", "APAC", "Raj Patel", "Australia/Sydney", 10, ("Australia", "Japan", "Singapore", "India")),
)  # fmt: skip
REGIONS: Final = ("AMER", "EMEA", "APAC")


@dataclass(frozen=True, slots=True)
class _Seller:
    """A seller as planned: months since hiring and leaving, share of deals won, pace of work, size of deals."""

    name: str
    team: str
    hired_months_ago: int
    win_rate: float
    pace: float
    deal_size: float
    left_months_ago: int = 0


_SELLERS: Final = (
    _Seller("Ann Lee", "West", 52, 0.34, 1.25, 1.20),
    _Seller("Bob Martin", "West", 40, 0.24, 1.05, 0.95),
    _Seller("Diego Ramirez", "West", 31, 0.29, 1.00, 1.00),
    _Seller("Priya Natarajan", "West", 58, 0.38, 0.90, 1.15),
    _Seller("Tyler Brooks", "West", 45, 0.19, 0.85, 0.90, left_months_ago=13),
    _Seller("Hannah Kim", "West", 20, 0.27, 1.10, 0.95),
    _Seller("Marcus Johnson", "East", 55, 0.31, 1.15, 1.10),
    _Seller("Olivia Chen", "East", 36, 0.40, 0.95, 1.05),
    _Seller("Sean O'Connor", "East", 48, 0.22, 1.20, 0.85),
    _Seller("Fatima Haddad", "East", 29, 0.28, 1.00, 1.10),
    _Seller("Jack Wilson", "East", 34, 0.16, 0.80, 0.95, left_months_ago=4),
    _Seller("Nadia Petrova", "East", 15, 0.25, 1.05, 0.90),
    _Seller("Claire Martin", "Europe", 43, 0.30, 1.10, 1.05),
    _Seller("Lukas Schneider", "Europe", 57, 0.26, 1.00, 1.25),
    _Seller("Sofia Rossi", "Europe", 38, 0.33, 0.95, 0.95),
    _Seller("Pieter de Vries", "Europe", 27, 0.21, 1.15, 0.90),
    _Seller("Zoë Lindqvist", "Europe", 50, 0.36, 0.90, 1.10),
    _Seller("Mateusz Kowalski", "Europe", 11, 0.23, 1.10, 0.85),
    _Seller("Kenji Tanaka", "Pacific", 46, 0.32, 1.00, 1.20),
    _Seller("Mei Wong", "Pacific", 33, 0.28, 1.10, 1.00),
    _Seller("Liam Murphy", "Pacific", 41, 0.20, 1.05, 0.90),
    _Seller("Aarav Sharma", "Pacific", 28, 0.30, 1.00, 0.95),
    _Seller("Chloe Nguyen", "Pacific", 2, 0.24, 1.15, 0.90),
    _Seller("Noah Williams", "Pacific", 7, 0.18, 0.95, 0.85),
)
_ON_LEAVE: Final = "Sofia Rossi"
_LEAVE_DAYS: Final = 75

_HEAD: Final = ("Victoria Adams", "VP Sales", "Standard")
_PROCESS: Final = ("Automated Process", "", "AutomatedProcess")


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the org. Days are day numbers; only sellers have a win rate, a pace and a deal size."""

    id: str
    name: str
    title: str
    team: str
    region: str
    role_id: str
    manager_id: str
    time_zone: str
    utc_offset_hours: int
    hired_on: int
    left_on: int | None = None
    leave_from: int | None = None
    win_rate: float = 0.0
    pace: float = 0.0
    deal_size: float = 1.0
    user_type: str = "Standard"

    @property
    def is_seller(self) -> bool:
        """Whether the person owns deals; managers and others do not."""
        return self.title == SELLER_TITLE

    def is_employed(self, day: int) -> bool:
        """Whether the person has started and has not left on this day."""
        return self.hired_on <= day and (self.left_on is None or day < self.left_on)

    def is_working(self, day: int) -> bool:
        """Whether the person is employed and not on leave on this day."""
        return self.is_employed(day) and (self.leave_from is None or day < self.leave_from)


@dataclass(frozen=True, slots=True)
class Staff:
    """Everybody, and the sellers by team."""

    people: tuple[Person, ...]
    sellers: tuple[Person, ...]
    by_team: dict[str, tuple[Person, ...]]


def hire_staff(random: Random, window: Window) -> Staff:
    """Return the staff as of the window's last day; strengths vary a little with the seed, names do not."""
    # The head counts to the first team, so that nobody is a team of one.
    head = replace(_employee(1, *_HEAD, window), team=TEAMS[0].name, region=TEAMS[0].region)
    managers = [_manager(number, team, head, window) for number, team in enumerate(TEAMS, 2)]
    manager_of = {manager.team: manager for manager in managers}
    sellers = tuple(
        _seller(random, 6 + number, plan, manager_of[plan.team], window) for number, plan in enumerate(_SELLERS)
    )
    by_team = {team.name: tuple(s for s in sellers if s.team == team.name) for team in TEAMS}
    return Staff((head, *managers, *sellers, _employee(6 + len(sellers), *_PROCESS, window)), sellers, by_team)


def _employee(number: int, name: str, title: str, user_type: str, window: Window) -> Person:
    return Person(
        id=record_id("005", number), name=name, title=title, team="", region="", role_id=_role_id(0), manager_id="",
        time_zone="America/New_York", utc_offset_hours=-5, hired_on=add_months(window.today, -60),
        user_type=user_type,
    )  # fmt: skip


def _manager(number: int, team: Team, head: Person, window: Window) -> Person:
    return replace(
        _employee(number, team.manager, "Sales Manager", "Standard", window),
        team=team.name, region=team.region, role_id=_role_id(4 + TEAMS.index(team)), manager_id=head.id,
        time_zone=team.time_zone, utc_offset_hours=team.utc_offset_hours,
    )  # fmt: skip


def _seller(random: Random, number: int, plan: _Seller, manager: Person, window: Window) -> Person:
    hired_on = next_workday(add_months(window.today, -plan.hired_months_ago) + random.randrange(20))
    left_on = next_workday(add_months(window.today, -plan.left_months_ago) + 14) if plan.left_months_ago else None
    return replace(
        manager,
        id=record_id("005", number), name=plan.name, title=SELLER_TITLE, manager_id=manager.id, hired_on=hired_on,
        left_on=left_on, leave_from=window.today - _LEAVE_DAYS if plan.name == _ON_LEAVE else None,
        win_rate=plan.win_rate * random.uniform(0.95, 1.05), pace=plan.pace * random.uniform(0.9, 1.1),
        deal_size=plan.deal_size * random.uniform(0.95, 1.05),
    )  # fmt: skip


def _role_id(number: int) -> str:
    return record_id("00E", number + 1)


def user_rows(people: Sequence[Person], last_logins: Mapping[str, int]) -> Iterator[Row]:
    """Yield the User records; Division is the team, Department the region; days are kept of sellers."""
    for person in people:
        first_name, _, last_name = person.name.partition(" ")
        address = words.address(first_name, last_name, words.ORGANISATION)
        last_login = last_logins.get(person.id)
        modified_at = iso_instant((person.left_on or person.hired_on) * DAY_SECONDS)
        yield {
            "Id": person.id, "FirstName": first_name, "LastName": last_name, "Name": person.name,
            "Username": address, "Email": address, "Alias": (first_name[0] + last_name.replace(" ", ""))[:8].lower(),
            "UserRoleId": person.role_id, "ManagerId": person.manager_id, "Division": person.team,
            "Department": person.region, "Title": person.title, "IsActive": flag(person.left_on is None),
            "UserType": person.user_type, "TimeZoneSidKey": person.time_zone, "LocaleSidKey": "en_US",
            "LanguageLocaleKey": "en_US", "EmailEncodingKey": "UTF-8", "ForecastEnabled": flag(person.team != ""),
            "Hired_On__c": iso_day(person.hired_on) if person.is_seller else "",
            "Left_On__c": iso_day(person.left_on), "LastLoginDate": iso_instant(last_login),
            "CreatedDate": iso_instant(person.hired_on * DAY_SECONDS), "LastModifiedDate": modified_at,
            "SystemModstamp": modified_at,
        }  # fmt: skip


def role_rows(window: Window) -> Iterator[Row]:
    """Yield the UserRole tree: the head of sales, three regions, four teams."""
    names = ("VP Sales", *(f"{region} Sales" for region in REGIONS), *(f"Team {team.name}" for team in TEAMS))
    parents = ("", *(_role_id(0) for _ in REGIONS), *(_role_id(1 + REGIONS.index(team.region)) for team in TEAMS))
    stamp = iso_instant(window.first * DAY_SECONDS)
    for number, (name, parent) in enumerate(zip(names, parents, strict=True)):
        yield {
            "Id": _role_id(number), "Name": name, "DeveloperName": name.replace(" ", "_"), "ParentRoleId": parent,
            "OpportunityAccessForAccountOwner": "Edit", "LastModifiedDate": stamp, "SystemModstamp": stamp,
        }  # fmt: skip


def queue_rows(window: Window) -> Iterator[Row]:
    """Yield the one queue that leads wait in before a seller takes them."""
    stamp = iso_instant(window.first * DAY_SECONDS)
    yield {
        "Id": QUEUE_ID, "Name": "Inbound leads", "DeveloperName": "Inbound_leads", "Type": "Queue",
        "CreatedDate": stamp, "LastModifiedDate": stamp, "SystemModstamp": stamp,
    }  # fmt: skip
