"""Read an object in spans of time where its whole query runs for too long: a span that still does is halved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from connectors.salesforce_cells import Cells, cells_of
from connectors.salesforce_client import SalesforceClient
from connectors.salesforce_errors import QUERY_TIMEOUT, Refusal
from connectors.salesforce_plan import ObjectPlan
from connectors.soql import select

_SHORTEST: Final = timedelta(minutes=1)
_QUERIES_MAX: Final = 1_000  # far more than any object needs; a bound all the same


def pages_of(client: SalesforceClient, plan: ObjectPlan, since: datetime | None, now: datetime) -> Iterator[Cells]:
    """Yield all pages of an object, or those of what changed since; some rows perhaps twice. Raises `Refusal`."""
    try:
        for page in client.pages(plan.query(since)):
            yield cells_of(page.records)
    except Refusal as refusal:
        if refusal.code != QUERY_TIMEOUT or plan.mapping.is_read_whole:
            raise
    else:
        return
    first = since or _oldest(client, plan)
    if first is not None:
        yield from _in_spans(client, plan, first, now)


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
