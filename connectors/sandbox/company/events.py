"""Meetings and demos: the Event records of the demo company."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from connectors.sandbox.company import words
from connectors.sandbox.company.clock import DAY_SECONDS, HOUR_SECONDS, day_of, iso_day, iso_instant
from connectors.sandbox.company.files import Row, flag
from connectors.sandbox.company.ids import record_id
from connectors.sandbox.company.people import Person
from connectors.sandbox.company.tasks import Link

EventKind = Literal["Meeting", "Demo"]


@dataclass(frozen=True, slots=True)
class Event:
    """An event in a calendar. A child is the copy of an invited colleague, a recurrence the pattern of a series."""

    kind: EventKind
    owner_id: str
    link: Link
    subject: str
    created_at: int
    starts_at: int
    minutes: int
    shows_as: str = "Busy"
    is_child: bool = False
    is_recurrence: bool = False
    is_all_day: bool = False
    is_deleted: bool = False


def meeting(
    random: Random,
    owner: Person,
    link: Link,
    starts_at: int,
    *,
    not_before: int,
    now: int,
    kind: EventKind = "Meeting",
) -> Event:
    """Return a meeting or demo, booked up to two weeks ahead, but not before ``not_before`` and not after now."""
    booked_at = starts_at - random.randrange(HOUR_SECONDS, 14 * DAY_SECONDS)
    return Event(
        kind=kind, owner_id=owner.id, link=link,
        subject="Product demo" if kind == "Demo" else random.choice(words.MEETING_SUBJECTS),
        created_at=min(max(booked_at, not_before), starts_at, now), starts_at=starts_at,
        minutes=random.choice((30, 30, 45, 60, 60, 90)), shows_as="Free" if random.random() < 0.03 else "Busy",
        is_child=random.random() < 0.02,
    )  # fmt: skip


def all_day(owner: Person, link: Link, day: int) -> Event:
    """Return an event that takes the whole day: midnight to midnight in UTC, as Salesforce keeps it."""
    at = day * DAY_SECONDS
    return Event("Meeting", owner.id, link, "Trade fair", at - 9 * DAY_SECONDS, at, minutes=1440, is_all_day=True)


def event_rows(events: Sequence[Event]) -> Iterator[Row]:
    """Yield the Event records."""
    for number, event in enumerate(events, 1):
        created_at = iso_instant(event.created_at)
        yield {
            "Id": record_id("00U", number), "OwnerId": event.owner_id, "WhoId": event.link.who_id,
            "WhatId": event.link.what_id, "AccountId": event.link.account_id, "Subject": event.subject,
            "Type": event.kind, "EventSubtype": "Event", "StartDateTime": iso_instant(event.starts_at),
            "EndDateTime": iso_instant(event.starts_at + event.minutes * 60),
            "ActivityDate": iso_day(day_of(event.starts_at)), "DurationInMinutes": event.minutes,
            "IsAllDayEvent": flag(event.is_all_day), "ShowAs": event.shows_as, "IsChild": flag(event.is_child),
            "IsRecurrence": flag(event.is_recurrence), "CreatedDate": created_at, "LastModifiedDate": created_at,
            "SystemModstamp": created_at, "IsDeleted": flag(event.is_deleted),
        }  # fmt: skip
