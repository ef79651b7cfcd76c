"""Who signed in when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from connectors.sandbox.company.clock import Window, iso_instant, office_instant, workdays
from connectors.sandbox.company.files import Row
from connectors.sandbox.company.ids import record_id
from connectors.sandbox.company.people import Person


@dataclass(frozen=True, slots=True)
class Login:
    """An attempt to sign in."""

    user_id: str
    at: int
    succeeded: bool


def sign_in(random: Random, people: Sequence[Person], window: Window) -> tuple[Login, ...]:
    """Return the sign-ins of all who are at work, on most workdays; one in a hundred fails."""
    found = []
    habits = {person.id: random.uniform(0.75, 0.98) for person in people}
    for day in workdays(window.first, window.today - 1):
        for person in people:
            if person.user_type == "Standard" and person.is_working(day) and random.random() < habits[person.id]:
                at = min(window.now, office_instant(random, day, person.utc_offset_hours))
                found.append(Login(person.id, at, random.random() > 0.01))
    return tuple(sorted(found, key=lambda login: (login.at, login.user_id)))


def last_logins(logins: Sequence[Login]) -> dict[str, int]:
    """Return the instant of the last successful sign-in by user id."""
    return {login.user_id: login.at for login in logins if login.succeeded}


def login_rows(logins: Sequence[Login]) -> Iterator[Row]:
    """Yield the LoginHistory records. They have no SystemModstamp; addresses are from the block for examples."""
    for number, login in enumerate(logins, 1):
        yield {
            "Id": record_id("0Ya", number), "UserId": login.user_id, "LoginTime": iso_instant(login.at),
            "LoginType": "Application", "Status": "Success" if login.succeeded else "Invalid Password",
            "SourceIp": f"203.0.113.{number % 250 + 1}", "Application": "Browser", "Browser": "Chrome 130",
            "Platform": "Windows 11",
        }  # fmt: skip
