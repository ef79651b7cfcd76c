"""Faults of the sandbox: what goes wrong, on which call, and how often. They may change while the server runs."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal, get_args

import orjson

from connectors.errors import SourceError

FaultKind = Literal["status", "refusal", "html", "reset", "lost", "truncate", "slow", "hang", "close"]

REFUSALS: Mapping[str, tuple[int, str]] = {
    "INVALID_SESSION_ID": (401, "Session expired or invalid"),
    "REQUEST_LIMIT_EXCEEDED": (403, "TotalRequests Limit exceeded."),
    "QUERY_TIMEOUT": (400, "Your query request was running for too long."),
    "INVALID_QUERY_LOCATOR": (400, "invalid query locator"),
    "INVALID_FIELD": (400, "No such column 'Gone__c' on entity 'Opportunity'."),
    "INVALID_TYPE": (400, "sObject type 'Gone__c' is not supported."),
    "INVALID_REPLICATION_DATE": (400, "startDate cannot be more than 15 days ago"),
    "OPERATION_TOO_LARGE": (400, "exceeded 100000 distinct who/what's"),
    "SERVER_UNAVAILABLE": (503, "The service is unavailable."),
    "UNABLE_TO_LOCK_ROW": (400, "unable to obtain exclusive access to this record"),
    "UNKNOWN_EXCEPTION": (500, "An unexpected error occurred."),
}
"""What Salesforce refuses a call with: the status and the message of each code."""

_FAULTS_MAX = 1_000  # a list that is searched on every call
_SECONDS_MAX = 3_600.0


class FaultError(SourceError):
    """A fault, or a file of faults, is not understood; says which and what is allowed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong on the matching calls.

    A call matches when its path and query contain ``path`` and its method is ``method`` (empty: any). Of the
    matching calls, counted from 1, those from ``from_call`` on go wrong, ``times`` of them (None: all).

    ``kind``: ``status`` answers ``status`` with ``body``; ``refusal`` answers as Salesforce does, with the error
    ``code``; ``html`` answers a page of HTML, as a proxy does; ``reset`` breaks the connection before the call is
    looked at, ``lost`` after it was carried out; ``truncate`` cuts the answer in half; ``slow`` spreads it over
    ``seconds``; ``hang`` gives no answer for ``seconds`` and then breaks the connection; ``close`` answers well and
    breaks the connection afterwards, though it was to stay open.
    """

    kind: FaultKind
    path: str = ""
    method: str = ""
    from_call: int = 1
    times: int | None = 1
    status: int = 503
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 5.0
    code: str = ""

    def __post_init__(self) -> None:
        """Raise `FaultError` for a fault that could never happen or never end."""
        if self.kind not in get_args(FaultKind):
            raise FaultError(f"There is no fault of kind {self.kind!r}; use one of {', '.join(get_args(FaultKind))}.")
        if self.from_call < 1 or (self.times is not None and self.times < 1):
            raise FaultError("A fault counts calls from 1: from_call and times must be at least 1.")
        if not 0 <= self.seconds <= _SECONDS_MAX:
            raise FaultError(f"A fault lasts from 0 to {_SECONDS_MAX:.0f} seconds, not {self.seconds}.")
        if not 200 <= self.status <= 599:
            raise FaultError(f"A fault answers a status from 200 to 599, not {self.status}.")
        if (self.kind == "refusal") != (self.code in REFUSALS) or (self.code and self.code not in REFUSALS):
            raise FaultError(f"A refusal, and nothing else, has a code, one of {', '.join(REFUSALS)}.")
        if any("\n" in text or "\r" in text for pair in self.headers.items() for text in pair):
            raise FaultError("A header of a fault may not contain a line break.")


def refusal_body(code: str) -> tuple[int, bytes]:
    """Return the status and the body of a refusal."""
    status, message = REFUSALS[code]
    return status, orjson.dumps([{"message": message, "errorCode": code}])


class Faults:
    """The faults in force, in order; safe to change from another thread while the server answers."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._seen: list[tuple[Fault, int]] = []
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> None:
        """Put a fault in force; its calls are counted from now."""
        with self._lock:
            if len(self._seen) >= _FAULTS_MAX:
                raise FaultError(f"At most {_FAULTS_MAX} faults can be in force; clear some.")
            self._seen.append((fault, 0))

    @property
    def count(self) -> int:
        """Return how many faults are in force, spent ones included."""
        return len(self._seen)

    def clear(self) -> None:
        """Let everything work again."""
        with self._lock:
            self._seen.clear()

    def take(self, method: str, target: str) -> Fault | None:
        """Count this call for every fault it matches, and return the first that strikes, if any."""
        struck: Fault | None = None
        with self._lock:
            for place, (fault, before) in enumerate(self._seen):
                if fault.path not in target or fault.method not in {"", method}:
                    continue
                self._seen[place] = (fault, before + 1)
                if struck is None and _strikes(fault, before + 1):
                    struck = fault
        return struck


def _strikes(fault: Fault, number: int) -> bool:
    return number >= fault.from_call and (fault.times is None or number < fault.from_call + fault.times)


def load_faults(path: Path) -> tuple[Fault, ...]:
    """Read a JSON list of faults, each an object with the fields of `Fault`. Raises `FaultError`."""
    try:
        entries = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise FaultError(f"The faults in {path} cannot be read ({error}). Give a JSON list of objects.") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise FaultError(f"{path} must be a JSON list of objects, each a fault.")
    return tuple(fault_of(f"{path}, fault {number}", entry) for number, entry in enumerate(entries, 1))


def fault_of(place: str, entry: Mapping[str, object]) -> Fault:
    """Return the fault that an object with its fields describes; errors begin with ``place``."""
    known = [each.name for each in fields(Fault)]
    unknown = sorted(set(entry) - set(known))
    if unknown:
        raise FaultError(f"{place}: there is no {unknown[0]!r}. Known: {', '.join(known)}.")
    try:
        return Fault(**entry)  # type: ignore[arg-type] # the types are checked by the values' own rules
    except (FaultError, TypeError, AttributeError) as error:
        raise FaultError(f"{place}: {error}") from error
