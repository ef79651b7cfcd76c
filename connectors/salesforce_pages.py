"""Read an object by the way that suits it: page by page, by a bulk job where it is large, or in spans of time.

Spans of time are for a query that runs for too long: one that still does is halved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from connectors.salesforce_bulk import bulk_cells
from connectors.salesforce_cells import Cells, cells_of
from connectors.salesforce_client import SalesforceClient
from connectors.salesforce_errors import QUERY_TIMEOUT, Refusal
from connectors.salesforce_plan import ObjectPlan
from connectors.soql import select


@dataclass(frozen=True, slots=True)
class BulkLimits:
    """From how many rows on a bulk job is used, and how long it may take."""

    rows: int
    seconds: float


_SHORTEST: Final = timedelta(minutes=1)
_QUERIES_MAX: Final = 1_000  # far more than any object needs; a bound all the same


def pages_of(
    client: SalesforceClient, plan: ObjectPlan, since: datetime | None, now: datetime, bulk: BulkLimits
) -> Iterator[Cells]:
    """Yield all records of an object, or those of what changed since; some perhaps twice. Raises `Refusal`.

    A whole object with many rows is read by a bulk job, unless the organisation refuses it.
    """
    pages = client.pages(plan.query(since))
    try:
        first = next(pages)
        if since is None and first.total >= bulk.rows:
            pages.close()
            yield from _in_bulk(client, plan, bulk)
            return
        yield cells_of(first.records)
        for page in pages:
            yield cells_of(page.records)
    except Refusal as refusal:
        if refusal.code != QUERY_TIMEOUT or plan.mapping.is_read_whole:
            raise
        start = since or _oldest(client, plan)
        if start is not None:
            yield from _in_spans(client, plan, start, now)


def _in_bulk(client: SalesforceClient, plan: ObjectPlan, bulk: BulkLimits) -> Iterator[Cells]:
    try:
        yield from bulk_cells(client, plan, bulk.seconds)
    except Refusal as refusal:
        if refusal.ends_the_run:
            raise
        for page in client.pages(plan.query()):
            yield cells_of(page.records)


def _in_spans(client: SalesforceClient, plan: ObjectPlan, first: datetime, now: datetime) -> Iterator[Cells]:
    """Yield the pages span by span, the last one open: what changes meanwhile is in it."""
    middle = first + (now - first) / 2
    spans: list[tuple[datetime, datetime | None]] = [(now, None), (middle, now), (first, middle)]
    for _ in range(_QUERIES_MAX):
        if not spans:
            return
        start, end = spans.pop()
        try:
            for page in client.pages(plan.query(start, end)):
                yield cells_of(page.records)
        except Refusal as refusal:
            if refusal.code != QUERY_TIMEOUT or end is None or end - start <= _SHORTEST:
                raise
            middle = start + (end - start) / 2
            spans += [(middle, end), (start, middle)]
    raise Refusal(QUERY_TIMEOUT, 400)


def _oldest(client: SalesforceClient, plan: ObjectPlan) -> datetime | None:
    """Return the stamp of the row that has not changed for the longest time; None where there is no row."""
    stamp = plan.mapping.changed
    for page in client.pages(select([stamp], plan.mapping.name, order=[stamp], limit=1)):
        for record in page.records:
            return datetime.fromisoformat(str(record.get(stamp)))
    return None
