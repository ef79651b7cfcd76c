"""Calls, emails, proposals and to-dos: the Task records of the demo company."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from connectors.sandbox.company import words
from connectors.sandbox.company.clock import DAY_SECONDS, HOUR_SECONDS, Window, day_of, iso_day, iso_instant
from connectors.sandbox.company.files import Row, flag
from connectors.sandbox.company.ids import record_id
from connectors.sandbox.company.people import Person

TaskKind = Literal["Call", "Email", "Proposal", "To-do"]

_OUTCOMES: Final = {"Connected": 0.38, "No answer": 0.38, "Left voicemail": 0.17, "Busy": 0.05, "Wrong number": 0.02}


@dataclass(frozen=True, slots=True)
class Link:
    """What an activity is about: ids of a person (contact or lead), a deal or an account, and its account."""

    who_id: str = ""
    what_id: str = ""
    account_id: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """A task. ``completed_at`` is None while it is open, and for a done one whose instant was not kept."""

    kind: TaskKind
    owner_id: str
    link: Link
    subject: str
    created_at: int
    due_day: int
    is_closed: bool = True
    completed_at: int | None = None
    subtype: str = "Task"
    call_type: str = ""
    outcome: str = ""
    call_seconds: int | None = None
    opened_at: int | None = None
    clicked_at: int | None = None
    replied_at: int | None = None
    unsubscribed_at: int | None = None
    is_recurrence: bool = False
    is_deleted: bool = False

    @property
    def modified_at(self) -> int:
        """Return when the task last changed."""
        later = (self.completed_at, self.opened_at, self.clicked_at, self.replied_at, self.unsubscribed_at)
        return max(self.created_at, *(at for at in later if at is not None), 0)


def call(random: Random, owner: Person, link: Link, at: int) -> Task:
    """Return a call that was made (or taken) at this instant."""
    draw = random.random()
    call_type = "Outbound" if draw < 0.9 else "Inbound" if draw < 0.99 else "Internal"
    outcome = (
        random.choices(tuple(_OUTCOMES), tuple(_OUTCOMES.values()))[0] if call_type == "Outbound" else "Connected"
    )
    talked = int(random.lognormvariate(5.7, 0.8)) + 30 if outcome == "Connected" else random.randrange(45)
    return Task(
        kind="Call", owner_id=owner.id, link=link, subject=random.choice(words.CALL_SUBJECTS),
        created_at=at - random.randrange(120), due_day=day_of(at),
        completed_at=at if random.random() < 0.98 else None, call_type=call_type, outcome=outcome,
        call_seconds=min(talked, 2 * HOUR_SECONDS),
        # Some telephone tools log calls as plain tasks of type Call.
        subtype="Call" if random.random() < 0.9 else "Task",
    )  # fmt: skip


def email(random: Random, owner: Person, link: Link, at: int, window: Window) -> Task:
    """Return an email that was sent at this instant, with what the receiver did where that time has come."""
    opened_at = replied_at = clicked_at = unsubscribed_at = None
    if random.random() < 0.46:
        opened_at = at + 60 + int(random.lognormvariate(1.0, 1.3) * HOUR_SECONDS)
        draw = random.random()
        replied_at = opened_at + random.randrange(120, DAY_SECONDS) if draw < 0.36 else None
        clicked_at = opened_at + random.randrange(20, 900) if 0.25 < draw < 0.5 else None
        unsubscribed_at = opened_at + random.randrange(20, 300) if draw > 0.985 else None
    return Task(
        kind="Email", owner_id=owner.id, link=link, subject=random.choice(words.EMAIL_SUBJECTS), created_at=at,
        due_day=day_of(at), completed_at=at, subtype="Email", opened_at=_until(opened_at, window),
        clicked_at=_until(clicked_at, window), replied_at=_until(replied_at, window),
        unsubscribed_at=_until(unsubscribed_at, window),
    )  # fmt: skip


def _until(at: int | None, window: Window) -> int | None:
    return at if at is not None and at <= window.now else None


def proposal(owner: Person, link: Link, at: int) -> Task:
    """Return a proposal that was sent at this instant."""
    return Task("Proposal", owner.id, link, "Proposal sent", created_at=at, due_day=day_of(at), completed_at=at)


def to_do(random: Random, owner: Person, link: Link, created_at: int, due_day: int) -> Task:
    """Return a call that is still to be made, or another thing to do."""
    kind: TaskKind = "Call" if random.random() < 0.6 else "To-do"
    subject = "Call back" if kind == "Call" else "Prepare documents"
    return Task(kind, owner.id, link, subject, created_at=created_at, due_day=due_day, is_closed=False)


def task_rows(tasks: Sequence[Task], end_of_recurrence: int) -> Iterator[Row]:
    """Yield the Task records; what became of an email is in custom fields. Recurring masters end on the given day."""
    for number, task in enumerate(tasks, 1):
        modified_at = iso_instant(task.modified_at)
        yield {
            "Id": record_id("00T", number), "OwnerId": task.owner_id, "WhoId": task.link.who_id,
            "WhatId": task.link.what_id, "AccountId": task.link.account_id, "Subject": task.subject,
            "Status": "Completed" if task.is_closed else "Not Started", "IsClosed": flag(task.is_closed),
            "Priority": "Normal", "TaskSubtype": task.subtype, "Type": "Other" if task.kind == "To-do" else task.kind,
            "CallType": task.call_type, "CallDurationInSeconds": task.call_seconds, "CallDisposition": task.outcome,
            "ActivityDate": iso_day(task.due_day), "CompletedDateTime": iso_instant(task.completed_at),
            "IsRecurrence": flag(task.is_recurrence),
            "RecurrenceEndDateOnly": iso_day(end_of_recurrence) if task.is_recurrence else "",
            "Opened_At__c": iso_instant(task.opened_at), "Clicked_At__c": iso_instant(task.clicked_at),
            "Replied_At__c": iso_instant(task.replied_at), "Unsubscribed_At__c": iso_instant(task.unsubscribed_at),
            "CreatedDate": iso_instant(task.created_at), "LastModifiedDate": modified_at,
            "SystemModstamp": modified_at, "IsDeleted": flag(task.is_deleted),
        }  # fmt: skip
