"""Salesforce as a source: what the organisation says, complete, fresh and cheap in calls.

A run costs a login, one call for the describes of up to 25 objects, and one call for each page of each object. Rows
are read by the stamp that moves with every change, from a little before the last run on, since rows become visible
after their stamp; reading one twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from connectors.salesforce_bulk import Job
from connectors.salesforce_cells import Cells, cells_of
from connectors.salesforce_client import SalesforceClient, SessionFactory
from connectors.salesforce_erased import Erased, ask_erased, due, rows_again
from connectors.salesforce_errors import Refusal, in_words, reason
from connectors.salesforce_lookup import changed_parents, has_any, look_up, without
from connectors.salesforce_mapping import Lookup, ObjectMapping, described_names, load_mapping
from connectors.salesforce_money import Rates, in_corporate_currency, no_rate, read_rates
from connectors.salesforce_pages import BulkLimits, Part, pages_of
from connectors.salesforce_plan import Described, ObjectPlan, plan_object
from connectors.salesforce_records import records_in_order, widened
from connectors.salesforce_resume import PART, Reading, resumed
from connectors.salesforce_rows import ID_PREFIX, Rows, read_rows
from connectors.salesforce_settings import SalesforceSettings, zone_of
from connectors.secret import Secret
from connectors.source import Batch, Change, Checkpoint, Covered, Cursor, Expected, Problem

_DEFAULT_ZONE: Final = "UTC"
_ASK_AGAIN: Final = frozenset({"INVALID_FIELD", "INVALID_TYPE", "INVALID_QUERY_LOCATOR", "ROWS_MISSING", "BAD_PAGE"})
_ERASED: Final = " erased"  # after an object's name: the checkpoint of records that were erased without a trace
_CLOCKS_APART: Final = timedelta(minutes=5)  # between the servers of one organisation
_NO_OBJECT: Final = "INVALID_TYPE"
_VANISHED: Final = frozenset({"INVALID_FIELD", _NO_OBJECT})


@dataclass(slots=True)
class _Run:
    """What is known while a run goes on. ``bookmark``: the server's time at our start, where the next run begins."""

    described: Described
    bookmark: datetime
    zone: str
    rates: Rates | None = None
    empty_lookups: set[Lookup] = field(default_factory=set)
    counts: Mapping[str, int] | None = None


class SalesforceSource:
    """Reads canonical rows from one Salesforce organisation. Implements `connectors.source.Source`."""

    def __init__(
        self,
        settings: SalesforceSettings,
        session_factory: SessionFactory | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        keep_refresh_token: Callable[[Secret], None] = lambda _: None,
        latest_refresh_token: Callable[[], Secret] = Secret,
    ) -> None:
        """Check the mapping; nothing is called before `changes`. ``session_factory`` is for tests.

        ``keep_refresh_token`` is told when Salesforce replaces the refresh token: the one of the settings is then
        worth nothing any more. ``latest_refresh_token`` gives the one that was kept last, empty if none was.
        """
        self.settings = settings
        self.mappings = load_mapping(settings.objects)
        self.client = SalesforceClient(settings, session_factory, clock, keep_refresh_token, latest_refresh_token)
        self._overlap = timedelta(minutes=settings.overlap_minutes)

    @property
    def name(self) -> str:
        """Return ``salesforce``."""
        return "salesforce"

    @property
    def call_count(self) -> int:
        """Return how many HTTP calls this source has made so far."""
        return self.client.call_count

    @property
    def object_count(self) -> int:
        """Return how many objects are read: a run without changes makes at most two calls more."""
        return len(described_names(self.mappings))

    def record_url(self, row_id: str) -> str:
        """Return the page of a record in Salesforce."""
        return record_pattern(self.settings).format(id=row_id.removeprefix(ID_PREFIX))

    def changes(self, cursor: Cursor) -> Iterator[Change]:
        """Yield what changed since the cursor; see `connectors.source`.

        1. Describe all objects. 2. Read each, the organisation first; a deleted row arrives as a deletion. An object
        that cannot be read is said to be incomplete, gets no checkpoint, and the others go on. What would stop every
        object (login, network, no calls left) raises `SourceError`.
        """
        self.client.begin_run()
        try:
            run = self._begin()
        except Refusal as refusal:
            raise in_words(refusal, "Salesforce") from None
        for mapping in self.mappings:
            yield from self._object(mapping, run, cursor)

    def _begin(self) -> _Run:
        """Describe all objects, and read the rates where the organisation has several currencies."""
        described = self.client.describe(described_names(self.mappings))
        run = _Run(described, self.client.server_time, self.settings.time_zone or _DEFAULT_ZONE)
        fitted = [plan_object(mapping, described).plan for mapping in self.mappings]
        if any(plan is not None and plan.money is not None for plan in fitted):
            try:
                run.rates = read_rates(self.client)
            except Refusal as refusal:
                if refusal.code != _NO_OBJECT:
                    raise
        return run

    def _object(self, mapping: ObjectMapping, run: _Run, cursor: Cursor) -> Iterator[Change]:
        """Read one object. What failed in a way that may pass is asked again once, from the object's beginning."""
        for is_last in (False, True):
            fitted = plan_object(
                mapping, run.described, run.zone, run.rates.digest if run.rates else "", self.settings.instance.host
            )
            try:
                if fitted.plan is not None:
                    yield from self._read(fitted.plan, run, cursor)
            except Refusal as refusal:
                place = f"Salesforce {mapping.name}"
                if refusal.ends_the_run:
                    raise in_words(refusal, place) from None
                yield Checkpoint(mapping.name + PART, "")
                cursor = {name: text for name, text in cursor.items() if name != mapping.name + PART}
                if is_last or refusal.code not in _ASK_AGAIN:
                    yield Problem(place, reason(refusal), tables=(mapping.table.name,))
                    return
                if refusal.code in _VANISHED:
                    run.described = self._described_again(run.described, mapping.name)
            else:
                yield from fitted.problems
                return

    def _described_again(self, described: Described, object_name: str) -> Described:
        others = {name: each for name, each in described.items() if name != object_name}
        try:
            return {**others, **self.client.describe([object_name])}
        except Refusal as refusal:
            raise in_words(refusal, f"Salesforce {object_name}") from None

    def _read(self, plan: ObjectPlan, run: _Run, cursor: Cursor) -> Iterator[Change]:
        """Yield what became of an object's records since the cursor, and its checkpoints when all have come."""
        name = plan.mapping.name
        since = _since(cursor.get(name, ""), plan, run)
        erased_until = _instant(cursor.get(name + _ERASED, ""))
        todo = due(plan, erased_until, run.bookmark, timedelta(hours=self.settings.erased_hours))
        erased: Erased | None = None
        if since is not None and erased_until is not None and todo == "ask":
            erased = ask_erased(self.client, plan, erased_until - self._overlap, run.bookmark)
            todo = "nothing" if erased is not None else "read whole"
        if erased is not None:
            yield from self._again(plan, run, erased.ids)
        is_whole = since is None or todo == "read whole"
        from_then = None if since is None or is_whole else since - self._overlap
        fresh = Reading(run.bookmark, from_then, plan.fingerprint)
        reading = resumed(fresh, cursor.get(name + PART, ""), self._overlap)
        yield from self._looked_up(plan, run, reading)
        yield from self._rows(plan, run, reading)
        if not plan.mapping.is_read_whole and (is_whole or erased is not None):
            yield Checkpoint(name + _ERASED, _text(reading.begun_at if erased is None else erased.covered_until))

    def _looked_up(self, plan: ObjectPlan, run: _Run, reading: Reading) -> Iterator[Batch]:
        """Yield the rows whose looked-up values have changed; at the beginning, find out which lookups are empty."""
        since = reading.begun_at - self._overlap if reading.is_resumed else None
        since = reading.since or since
        for lookup in plan.mapping.lookups:
            if since is not None:
                yield from self._again(plan, run, changed_parents(self.client, lookup, since))
            elif not has_any(self.client, lookup):
                run.empty_lookups.add(lookup)

    def _again(self, plan: ObjectPlan, run: _Run, ids: Sequence[str]) -> Iterator[Batch]:
        """Yield what has become of some records, whether or not their stamps moved."""
        return rows_again(self.client, plan, ids, lambda cells: self._rows_of(plan, cells, run))

    def _rows(self, plan: ObjectPlan, run: _Run, reading: Reading) -> Iterator[Change]:
        """Yield the rows of one object page by page, and its checkpoint when all have come."""
        mapping, table = plan.mapping, plan.mapping.table.name
        unreadable: list[str] = []
        no_rates: set[str] = set()
        for part in self._parts(plan, run, reading):
            if part.total is not None:
                yield Expected(mapping.name, part.total)
            rows = self._rows_of(plan, part.cells, run)
            unreadable += rows.unreadable
            no_rates |= rows.no_rates
            if table == "organisation":
                rows = self._organisation(rows, run)
            yield Batch(table, rows.columns, rows.left_out)
            if part.mark is not None and not unreadable and not no_rates:
                # What cannot be read must be said when all has come: a later run must meet it again.
                yield Checkpoint(mapping.name + PART, reading.text_at(part.mark), isinstance(part.mark, Job))
        if reading.since is None and plan.key_prefix and not mapping.grows and not unreadable:
            # All there is has come: what is still stored and did not come was erased without a trace.
            yield Batch(table, {"id": ()}, replaces=ID_PREFIX + plan.key_prefix, goes_on=reading.is_resumed)
        yield Covered((table,))
        yield Checkpoint(mapping.name + PART, "")
        if unreadable:
            yield _unreadable(plan, unreadable)
        if no_rates:
            yield no_rate(plan, no_rates)
        if not unreadable and not no_rates:
            yield Checkpoint(mapping.name, f"{_text(reading.begun_at)} {plan.fingerprint}")

    def _parts(self, plan: ObjectPlan, run: _Run, reading: Reading) -> Iterator[Part]:
        """Yield the records page by page; all at once where one row's meaning hangs on the others."""
        if plan.mapping.heads:
            pages = [widened(self.client, plan, page.records) for page in records_in_order(self.client, plan)]
            yield Part(cells_of([record for records in pages for record in records]), None)
        else:
            # What every refresh reads whole is small: it is not worth a call to learn how small.
            is_first = reading.since is None and not reading.is_resumed and not plan.mapping.is_read_whole
            known_rows = self._count(plan.mapping.name, run) if is_first else 0
            limits = BulkLimits(self.settings.bulk_rows, self.settings.bulk_minutes * 60.0, known_rows)
            yield from pages_of(self.client, plan, reading.since, run.bookmark, bulk=limits, mark=reading.mark)

    def _count(self, object_name: str, run: _Run) -> int:
        """Return about how many records an object has, 0 where it is not told; one call a run, for all objects."""
        if run.counts is None:
            try:
                run.counts = self.client.record_counts(sorted(run.described))
            except Refusal as refusal:
                if refusal.ends_the_run:
                    raise
                run.counts = {}
        return run.counts.get(object_name, 0)

    def _rows_of(self, plan: ObjectPlan, cells: Cells, run: _Run) -> Rows:
        """Return the rows of some records, with what other objects say about them."""
        rows = read_rows(plan, cells, zone_of(run.zone))
        if plan.money is not None:
            rows = in_corporate_currency(rows, plan.money, cells, run.rates or Rates("", {}, {}))
        for lookup in plan.mapping.lookups:
            is_empty, currency = lookup in run.empty_lookups, run.rates.corporate if run.rates else ""
            rows = without(lookup, rows) if is_empty else look_up(self.client, lookup, rows, currency)
        return rows

    def _organisation(self, rows: Rows, run: _Run) -> Rows:
        """Take the organisation's zone for all that is read after it, and add where its records are shown."""
        zones = rows.columns.get("time_zone", ())
        if not self.settings.time_zone and zones and zones[0]:
            run.zone = str(zones[0])
        count = len(rows.columns["id"])
        columns = {**rows.columns, "record_url": [record_pattern(self.settings)] * count}
        if run.rates is not None and run.rates.corporate:
            columns["currency"] = [run.rates.corporate] * count
        return replace(rows, columns=columns)


def record_pattern(settings: SalesforceSettings) -> str:
    """Return the address of a record in Salesforce, with ``{id}`` where its id goes."""
    return settings.instance.origin + "/{id}"


def _since(text: str, plan: ObjectPlan, run: _Run) -> datetime | None:
    """Return up to when rows are known; None if all must be read.

    That is so the first time, where the mapping or what we may see has changed, and where Salesforce's own clock has
    gone back, as that of a copied or restored organisation does.
    """
    stamp, _, fingerprint = text.partition(" ")
    known_until = _instant(stamp)
    if plan.mapping.is_read_whole or fingerprint != plan.fingerprint or known_until is None:
        return None
    return known_until if known_until <= run.bookmark + _CLOCKS_APART else None


def _instant(text: str) -> datetime | None:
    """Read what `_text` wrote; None for anything else, for reading all is always right."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else None


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _unreadable(plan: ObjectPlan, row_ids: Sequence[str]) -> Problem:
    mapping = plan.mapping
    required = ", ".join(rule.column.name for rule in mapping.columns if rule.column.required)
    return Problem(
        f"Salesforce {mapping.name}",
        f"{len(row_ids):,} rows lack what every row of {mapping.table.name} must have ({required}), "
        f"such as {row_ids[0].removeprefix(ID_PREFIX)}; they are left out.",
        "Fill the fields in Salesforce, or name others under [salesforce.objects].",
        (mapping.table.name,),
    )
