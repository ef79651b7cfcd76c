"""Where the reading of an object that was stopped half-way goes on, as a text among the checkpoints.

It is kept together with the rows that came before it. It is worth something for a day, and only as long as the object
is read in the same way from the same beginning; otherwise the object is read from its beginning again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import orjson

from connectors.salesforce_bulk import JOB_ID, LOCATOR, Job
from connectors.salesforce_pages import Mark
from connectors.salesforce_queries import Place

PART: Final = " part"  # after an object's name: the checkpoint of a reading that has not ended
_LONGEST: Final = timedelta(hours=24)
_CLOCKS_APART: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading of one object: the server's time when it began, from when on rows are read, and by which plan.

    ``since`` None: the whole object. ``mark`` is how far it came; None at its beginning.
    """

    begun_at: datetime
    since: datetime | None
    fingerprint: str
    mark: Mark | None = None

    @property
    def is_resumed(self) -> bool:
        """Whether an earlier run began it."""
        return self.mark is not None

    def text_at(self, mark: Mark) -> str:
        """Return the checkpoint behind which all up to the mark was yielded."""
        facts = {"begun": _text(self.begun_at), "since": _text(self.since), "plan": self.fingerprint}
        if isinstance(mark, Job):
            facts |= {"job": mark.id, "locator": mark.locator, "received": str(mark.received)}
        else:
            facts |= {"stamp": _text(mark.stamp), "id": mark.record_id}
        return orjson.dumps(facts).decode()


def resumed(fresh: Reading, text: str, overlap: timedelta) -> Reading:
    """Return the reading that goes on where a checkpoint's text says, or the fresh one where that is not possible.

    Rows become visible after their stamp: those of the last minutes before the earlier run are read once more.
    """
    facts = _facts(text)
    begun_at, mark = _instant(facts.get("begun", "")), _mark(facts)
    is_same = (facts.get("since"), facts.get("plan")) == (_text(fresh.since), fresh.fingerprint)
    if begun_at is None or mark is None or not is_same:
        return fresh
    if not -_CLOCKS_APART <= fresh.begun_at - begun_at <= _LONGEST:
        return fresh
    if isinstance(mark, Place) and mark.stamp > begun_at - overlap:
        mark = Place(begun_at - overlap)
    return Reading(begun_at, fresh.since, fresh.fingerprint, mark)


def _mark(facts: Mapping[str, str]) -> Mark | None:
    job, locator, received = (facts.get(name, "") for name in ("job", "locator", "received"))
    if JOB_ID.fullmatch(job) and (not locator or LOCATOR.fullmatch(locator)) and received.isdecimal():
        return Job(job, locator, int(received))
    stamp = _instant(facts.get("stamp", ""))
    return None if stamp is None or not facts.get("id", "").isalnum() else Place(stamp, facts["id"])


def _facts(text: str) -> Mapping[str, str]:
    """Return what the text says; nothing where it is not one of ours, for reading all is always right."""
    try:
        facts = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return {str(name): str(value) for name, value in facts.items()} if isinstance(facts, dict) else {}


def _text(instant: datetime | None) -> str:
    return "" if instant is None else instant.astimezone(UTC).isoformat(timespec="milliseconds")


def _instant(text: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None
