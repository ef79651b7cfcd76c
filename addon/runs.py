"""The history of refreshes, and the requests for more: who asked, what ran, how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from addon.database import JOB_REQUEST, RUN, RUN_NOTE
from connectors.source import Problem

_KEPT: Final = timedelta(days=90)
"""How long ended runs are kept; people look back a quarter."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job. ``state``: running, done, unchanged, failed or interrupted."""

    id: int
    job: str
    trigger: str
    started_at: datetime
    ended_at: datetime | None
    state: str
    row_count: int
    changed_count: int
    call_count: int
    snapshot: str
    problems: tuple[str, ...]
    error: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    state: str
    row_count: int = 0
    changed_count: int = 0
    call_count: int = 0
    snapshot: str = ""
    problems: tuple[str, ...] = ()
    error: str = ""
    notes: tuple[str, ...] = ()
    """What else there is to say: how the copy compares with its source."""
    told: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    """The problems of each source that was read, by its name."""


class Runs:
    """The run table and the request table."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def start(self, job: str, scheduled_for: str, trigger: str, now: datetime) -> int | None:
        """Note the start and return the run's id; None if this job was already started for that moment.

        The row is unique, so that even two schedulers start a run once.
        """
        values = {
            "job": job,
            "scheduled_for": scheduled_for,
            "trigger": trigger,
            "started_at": _naive(now),
            "state": "running",
        }
        try:
            with self._engine.begin() as connection:
                result = connection.execute(insert(RUN).values(**values))
        except IntegrityError:
            return None
        key = result.inserted_primary_key
        assert key is not None  # noqa: S101 - an insert of one row has one
        return int(key[0])

    def end(self, run_id: int, outcome: Outcome, now: datetime) -> None:
        """Note how the run ended."""
        values = {
            "ended_at": _naive(now),
            "state": outcome.state,
            "row_count": outcome.row_count,
            "changed_count": outcome.changed_count,
            "call_count": outcome.call_count,
            "snapshot": outcome.snapshot,
            "problems": "\n".join(outcome.problems),
            "error": outcome.error,
        }
        with self._engine.begin() as connection:
            connection.execute(update(RUN).where(RUN.c.id == run_id).values(**values))
            if outcome.notes:
                rows = [{"run": run_id, "note": note} for note in outcome.notes]
                connection.execute(insert(RUN_NOTE), rows)

    def close_interrupted(self, now: datetime) -> int:
        """Mark runs that never ended as interrupted; call it as the one worker, before the first run."""
        statement = (
            update(RUN)
            .where(RUN.c.state == "running")
            .values(state="interrupted", ended_at=_naive(now), error="The worker stopped during this run.")
        )
        with self._engine.begin() as connection:
            return connection.execute(statement).rowcount

    def last(self, count: int = 20) -> list[Run]:
        """Return the latest runs, newest first."""
        statement = select(RUN).order_by(RUN.c.id.desc()).limit(count)
        with self._engine.connect() as connection:
            notes = _notes(connection, count)
            return [
                Run(
                    row.id,
                    row.job,
                    row.trigger,
                    _aware(row.started_at),
                    _aware(row.ended_at) if row.ended_at else None,
                    row.state,
                    row.row_count,
                    row.changed_count,
                    row.call_count,
                    row.snapshot,
                    tuple(row.problems.splitlines()),
                    row.error,
                    tuple(notes.get(row.id, ())),
                )
                for row in connection.execute(statement)
            ]

    def request(self, job: str, requested_by: str, now: datetime) -> None:
        """Ask the worker for a run; any process may. A request that is still waiting will do for this one, too."""
        table = JOB_REQUEST
        values = {"job": job, "requested_by": requested_by, "requested_at": _naive(now)}
        waiting = select(table.c.id).where(table.c.job == job, table.c.taken_at.is_(None)).limit(1)
        with self._engine.begin() as connection:
            if connection.execute(waiting).first() is None:
                connection.execute(insert(table).values(**values))

    def take_requests(self, now: datetime) -> Sequence[tuple[int, str, str]]:
        """Claim all open requests; return (id, job, requested by) of those that this call claimed."""
        table = JOB_REQUEST
        claimed = []
        with self._engine.begin() as connection:
            waiting = connection.execute(select(table).where(table.c.taken_at.is_(None)).limit(100)).fetchall()
            for row in waiting:
                claim = update(table).where(table.c.id == row.id, table.c.taken_at.is_(None))
                if connection.execute(claim.values(taken_at=_naive(now))).rowcount == 1:
                    claimed.append((int(row.id), str(row.job), str(row.requested_by)))
        return claimed

    def forget_old(self, now: datetime) -> None:
        """Remove runs and requests that nobody looks at any more."""
        before = _naive(now - _KEPT)
        with self._engine.begin() as connection:
            old = select(RUN.c.id).where(RUN.c.ended_at < before)
            connection.execute(delete(RUN_NOTE).where(RUN_NOTE.c.run.in_(old)))
            connection.execute(delete(RUN).where(RUN.c.ended_at < before))
            connection.execute(delete(JOB_REQUEST).where(JOB_REQUEST.c.taken_at < before))


def _notes(connection: Connection, count: int) -> dict[int, list[str]]:
    """Return the notes of the latest runs, in their order."""
    latest = select(RUN.c.id).order_by(RUN.c.id.desc()).limit(count)
    statement = select(RUN_NOTE).where(RUN_NOTE.c.run.in_(latest)).order_by(RUN_NOTE.c.id)
    notes: dict[int, list[str]] = {}
    for row in connection.execute(statement):
        notes.setdefault(int(row.run), []).append(str(row.note))
    return notes


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
