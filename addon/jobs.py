"""The jobs that a worker or a command runs, each remembered from start to end in the run table."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from addon.compare import compare_if_due
from addon.database import open_database
from addon.errors import AddonError
from addon.problems import write_problems
from addon.publish import publish
from addon.refresh import Progress, sync
from addon.runs import Outcome, Runs
from addon.settings import Organisation
from addon.sources import open_client, open_sources, open_writer
from addon.trust_words import trust_lines
from connectors.errors import SourceError
from connectors.sheets import SpreadsheetWriter
from connectors.sheets_read import SOURCE_NAME
from kpis.errors import KpiError, suggest

JOBS = ("refresh", "sync", "publish")
"""refresh = sync, then publish: what the schedule runs."""


class Jobs:
    """Runs jobs of one organisation and keeps their history."""

    def __init__(self, organisation: Organisation, *, progress: Progress | None = None) -> None:
        self._organisation = organisation
        self._progress = progress
        self.runs = Runs(open_database(organisation.data_folder))

    def run(self, job: str, *, trigger: str, scheduled_for: str = "", full: bool = False, tab: str = "") -> Outcome:
        """Run a job and return how it went; its start and end are in the run table whatever happens.

        A failure is an outcome, not an exception. A job that was already started for ``scheduled_for`` is not run.
        """
        if job not in JOBS:
            raise AddonError(f"There is no job {job!r}; there are {', '.join(JOBS)}.{suggest(job, JOBS)}")
        started = self._now()
        run_id = self.runs.start(job, scheduled_for or f"{trigger} {started.isoformat()}", trigger, started)
        if run_id is None:
            return Outcome("skipped")
        outcome = Outcome("failed", error="The process was stopped during this run.")
        try:
            outcome = self._outcome(job, full=full, tab=tab)
        finally:
            self.runs.end(run_id, outcome, self._now())
        return outcome

    def _outcome(self, job: str, *, full: bool, tab: str) -> Outcome:
        try:
            return self._run(job, full=full, tab=tab)
        except (AddonError, SourceError, KpiError) as error:
            return Outcome("failed", error=str(error))

    def _run(self, job: str, *, full: bool, tab: str) -> Outcome:
        if job == "publish":
            return publish(self._organisation, open_writer(self._organisation), tab=tab)
        synced = self._synced(full=full)
        if job == "sync" or not self._organisation.settings.words("google", "publish_to"):
            return synced
        published = publish(self._organisation, open_writer(self._organisation), force=False)
        return replace(
            synced,
            call_count=synced.call_count + published.call_count,
            problems=(*synced.problems, *published.problems),
            state="failed" if "failed" in {synced.state, published.state} else synced.state,
            error=" ".join(filter(None, (synced.error, published.error))),
        )

    def _synced(self, *, full: bool) -> Outcome:
        """Sync, and where it is due compare the outcome with what the sources themselves count."""
        sources = open_sources(self._organisation)
        synced = self._with_problems(sync(self._organisation, sources, full=full, progress=self._progress))
        if synced.state == "failed":
            return synced
        calls_before = sum(source.call_count for source in sources)
        compared = compare_if_due(self._organisation, sources, is_full=full)
        calls = sum(source.call_count for source in sources) - calls_before
        currency = self._organisation.settings.text("org", "currency")
        notes = trust_lines(compared, currency=currency) if compared else ()
        return replace(synced, call_count=synced.call_count + calls, notes=tuple(notes))

    def _with_problems(self, synced: Outcome) -> Outcome:
        """Write what could not be read in spreadsheets into them, if that is wanted and they were read."""
        problems = synced.told.get(SOURCE_NAME)
        if problems is None or not self._organisation.settings.flag("google", "problems_tab"):
            return synced
        writer = SpreadsheetWriter(open_client(self._organisation.settings))
        told = write_problems(self._organisation, writer, problems)
        calls = synced.call_count + told.call_count
        return replace(synced, call_count=calls, problems=(*synced.problems, *told.problems))

    def _now(self) -> datetime:
        return self._organisation.settings.clock.now()
