"""Read an object by the way that suits it: page by page, by a bulk job where it is large, or in spans of time.

Spans of time are for a query that runs for too long: one that still does is halved. With every part comes the mark
from which a later run can go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from connectors.salesforce_bulk import Job, bulk_parts
from connectors.salesforce_cells import Cells, cells_of
from connectors.salesforce_client import SalesforceClient
from connectors.salesforce_errors import QUERY_TIMEOUT, Refusal
from connectors.salesforce_plan import ObjectPlan
from connectors.salesforce_queries import Place, query_in_bulk
from connectors.salesforce_records import Records, records_in_order, widened
from connectors.soql import select

Mark = Place | Job
"""How far an object was read: up to a place, or up to a page of a job's result."""


@dataclass(frozen=True, slots=True)
class BulkLimits:
    """From how many rows on a bulk job is used, and how long it may take.

    ``known_rows`` is about how many there are, 0 where it is not known.
    """

    rows: int
    seconds: float
    known_rows: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """Some records of an object, how many there are in all (None: as was said), and the mark behind them, if any."""

    cells: Cells
    mark: Mark | None
    total: int | None = None


_SHORTEST: Final = timedelta(minutes=1)
_QUERIES_MAX: Final = 1_000  # far more than any object needs; a bound all the same
_QUERY_CHARACTERS_MAX: Final = 100_000  # what a query may have that stands in no address


def pages_of(
    client: SalesforceClient,
    plan: ObjectPlan,
    since: datetime | None,
    now: datetime,
    *,
    bulk: BulkLimits,
    mark: Mark | None = None,
) -> Iterator[Part]:
    """Yield all records of an object, or those of what changed since; some perhaps twice. Raises `Refusal`.

    A whole object with many rows is read by a bulk job, unless the organisation refuses it. With a mark only what
    is behind it comes.
    """
    place = mark if isinstance(mark, Place) else None
    try:
        for part in _parts(client, plan, since, bulk, mark):
            yield part
            place = part.mark if isinstance(part.mark, Place) else place
    except Refusal as refusal:
        if refusal.code != QUERY_TIMEOUT or plan.mapping.is_read_whole:
            raise
        moves_with = plan.money is not None and plan.money.moves_with
        start = place.stamp if place else None if moves_with else since
        start = start or _oldest(client, plan)
        if start is not None:
            yield from _in_spans(client, plan, since, place or Place(start), now)


def _parts(
    client: SalesforceClient, plan: ObjectPlan, since: datetime | None, bulk: BulkLimits, mark: Mark | None
) -> Iterator[Part]:
    after = mark if isinstance(mark, Place) else None
    may_be_bulk = since is None and after is None and len(query_in_bulk(plan)) <= _QUERY_CHARACTERS_MAX
    if isinstance(mark, Job) or (may_be_bulk and bulk.known_rows >= bulk.rows):
        yield from _in_bulk(client, plan, bulk, mark if isinstance(mark, Job) else None)
        return
    for number, page in enumerate(records_in_order(client, plan, since, after)):
        if may_be_bulk and not number and page.total >= bulk.rows:
            yield from _in_bulk(client, plan, bulk, None)
            return
        yield Part(_cells(client, plan, page), page.last, None if number else page.total)


def _in_bulk(client: SalesforceClient, plan: ObjectPlan, bulk: BulkLimits, job: Job | None) -> Iterator[Part]:
    try:
        for cells, mark, total in bulk_parts(client, plan, bulk.seconds, job):
            yield Part(cells, mark, total)
    except Refusal as refusal:
        if refusal.ends_the_run:
            raise
        for page in records_in_order(client, plan):
            yield Part(_cells(client, plan, page), page.last, page.total)


def _in_spans(
    client: SalesforceClient, plan: ObjectPlan, since: datetime | None, first: Place, now: datetime
) -> Iterator[Part]:
    """Yield the pages span by span, the last one open: what changes meanwhile is in it."""
    middle = first.stamp + (now - first.stamp) / 2
    spans: list[tuple[Place, datetime | None]] = [(Place(now), None), (Place(middle), now), (first, middle)]
    for _ in range(_QUERIES_MAX):
        if not spans:
            return
        start, end = spans.pop()
        try:
            for page in records_in_order(client, plan, since, start, end):
                yield Part(_cells(client, plan, page), page.last)
                start = page.last or start
        except Refusal as refusal:
            if refusal.code != QUERY_TIMEOUT or end is None or end - start.stamp <= _SHORTEST:
                raise
            middle = start.stamp + (end - start.stamp) / 2
            spans += [(Place(middle), end), (start, middle)]
    raise Refusal(QUERY_TIMEOUT, 400)


def _cells(client: SalesforceClient, plan: ObjectPlan, page: Records) -> Cells:
    return cells_of(widened(client, plan, page.records), plan.paths)


def _oldest(client: SalesforceClient, plan: ObjectPlan) -> datetime | None:
    """Return the stamp of the row that has not changed for the longest time; None where there is no row."""
    stamp = plan.mapping.changed
    for page in client.pages(select([stamp], plan.mapping.name, order=[stamp], limit=1)):
        for record in page.records:
            return datetime.fromisoformat(str(record.get(stamp)))
    return None
