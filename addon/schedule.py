"""The worker: APScheduler decides when, a lease decides who, the run table remembers what happened."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from addon.jobs import Jobs
from addon.lease import Lease
from addon.settings import Organisation

_LATE_SECONDS: Final = 3600
"""A run that is up to an hour late still runs (once); APScheduler's own default of one second loses runs."""
_POLL_SECONDS: Final = 1.0

Tell = Callable[[str], None]


class Worker:
    """Runs the schedule while this process has the lease."""

    def __init__(self, organisation: Organisation, jobs: Jobs, lease: Lease, tell: Tell) -> None:
        self._organisation = organisation
        self._jobs = jobs
        self._lease = lease
        self._tell = tell
        self._one_at_a_time = threading.Lock()

    def run(self, stop: threading.Event) -> None:
        """Wait for the lease, then refresh on schedule and on request until ``stop`` is set."""
        said_waiting = False
        while not stop.is_set():
            if self._lease.acquire():
                try:
                    self._lead(stop)
                finally:
                    self._lease.release()
                return
            if not said_waiting:
                self._tell("another worker has the lease; waiting to take over")
                said_waiting = True
            stop.wait(_POLL_SECONDS)

    def _lead(self, stop: threading.Event) -> None:
        now = self._now()
        interrupted = self._jobs.runs.close_interrupted(now)
        if interrupted:
            self._tell(f"{interrupted} run(s) of a stopped worker marked as interrupted")
        self._jobs.runs.forget_old(now)
        minutes = self._organisation.settings.integer("schedule", "every_minutes")
        scheduler = BackgroundScheduler(timezone=UTC)
        scheduler.add_job(
            self._scheduled,
            IntervalTrigger(minutes=minutes, timezone=UTC),
            id="refresh",
            coalesce=True,
            max_instances=1,
            misfire_grace_time=_LATE_SECONDS,
            replace_existing=True,
        )
        # A new leader refreshes at once, whatever the schedule: the one before may have died in the middle of a run.
        scheduler.add_job(self._started, id="start", misfire_grace_time=_LATE_SECONDS)
        scheduler.start()
        self._tell(f"leading: a refresh now and every {minutes} minutes")
        try:
            while not stop.wait(_POLL_SECONDS):
                self._requested()
        finally:
            scheduler.shutdown(wait=True)

    def _started(self) -> None:
        self._run("refresh", "start", f"start {self._now().isoformat()}")

    def _scheduled(self) -> None:
        slot = slot_of(self._now(), self._organisation.settings.integer("schedule", "every_minutes"))
        self._run("refresh", "schedule", f"schedule {slot}")

    def _requested(self) -> None:
        for request_id, job, requested_by in self._jobs.runs.take_requests(self._now()):
            self._run(job, requested_by[:40], f"request {request_id}")

    def _run(self, job: str, trigger: str, scheduled_for: str) -> None:
        with self._one_at_a_time:
            outcome = self._jobs.run(job, trigger=trigger, scheduled_for=scheduled_for)
        self._tell(
            f"{job} for {trigger}: {outcome.state}, {outcome.changed_count:,} changed. {outcome.error}".rstrip()
        )

    def _now(self) -> datetime:
        return self._organisation.settings.clock.now()


def slot_of(moment: datetime, minutes: int) -> str:
    """Return the start of the interval that the moment lies in: two workers name the same run alike."""
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    whole = timedelta(minutes=minutes)
    return (datetime(1970, 1, 1, tzinfo=UTC) + since // whole * whole).isoformat()
