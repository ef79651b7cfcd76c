"""The records of an object in the order of their places, page by page, with every field however many there are.

Whoever reads can stop behind any page and go on from its place later. A locator that expires is no reason to begin
again: the query is asked once more from behind the last record. Fields for which an address has no room are asked for
in queries of their own, and joined by the id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from connectors.salesforce_cells import Record
from connectors.salesforce_client import SalesforceClient
from connectors.salesforce_errors import LOCATOR_EXPIRED, ROWS_MISSING, Refusal
from connectors.salesforce_plan import ObjectPlan
from connectors.salesforce_queries import Place, chunks, query, query_between, query_of

IDS_A_QUERY: Final = 200  # beside a chunk of fields in one address
_QUERIES_MAX: Final = 10_000  # far more than any object needs; a bound all the same


@dataclass(frozen=True, slots=True)
class Records:
    """Some records, with the first chunk of their fields: `widened` adds the others.

    ``last`` is the place of the last record, None where there is no order; ``total`` is how many the query has.
    """

    records: Sequence[Record]
    last: Place | None
    total: int


def records_in_order(
    client: SalesforceClient,
    plan: ObjectPlan,
    since: datetime | None = None,
    after: Place | None = None,
    until: datetime | None = None,
) -> Iterator[Records]:
    """Yield all records, or those that changed since, from behind a place and before a stamp. Raises `Refusal`."""
    for _ in range(_QUERIES_MAX):
        begun = after
        try:
            for page in client.pages(query(plan, since, after, until)):
                last = _place(plan, page.records[-1]) if page.records else None
                yield Records(page.records, last, page.total)
                after = last or after
        except Refusal as refusal:
            if refusal.code != LOCATOR_EXPIRED or after == begun:
                raise
        else:
            return
    raise Refusal(LOCATOR_EXPIRED, 400)


def widened(client: SalesforceClient, plan: ObjectPlan, records: Sequence[Record]) -> Sequence[Record]:
    """Return the records with the fields of the other chunks, too."""
    others = chunks(plan)[1:]
    if not others or not records:
        return records
    parts = [_same(client, plan, records, fields) for fields in others]
    return [_joined([record, *(part[str(record.get("Id"))] for part in parts)]) for record in records]


def records_of(client: SalesforceClient, plan: ObjectPlan, ids: Sequence[str]) -> list[Record]:
    """Return these records, wherever they are; those that are not there are left out."""
    found: list[Record] = []
    for start in range(0, len(ids), IDS_A_QUERY):
        asked = ids[start : start + IDS_A_QUERY]
        parts = [_by_id(client, plan, asked, fields) for fields in chunks(plan)]
        found += [_joined([part[each] for part in parts]) for each in asked if all(each in part for part in parts)]
    return found


def _place(plan: ObjectPlan, record: Record) -> Place | None:
    if not plan.order:
        return None
    stamp = record.get(plan.mapping.changed)
    return None if stamp is None else Place(datetime.fromisoformat(str(stamp)), str(record.get("Id")))


def _same(
    client: SalesforceClient, plan: ObjectPlan, records: Sequence[Record], fields: Sequence[str]
) -> Mapping[str, Record]:
    """Return other fields of the same records, by id: those that lie between the first and the last place.

    One that has changed meanwhile lies elsewhere, and is asked for by its id.
    """
    first, last = _place(plan, records[0]), _place(plan, records[-1])
    found: dict[str, Record] = {}
    if first is not None and last is not None:
        pages = client.pages(query_between(plan, first, last, fields))
        found = {str(record.get("Id")): record for page in pages for record in page.records}
    lacking = [key for key in (str(record.get("Id")) for record in records) if key not in found]
    for start in range(0, len(lacking), IDS_A_QUERY):
        found |= _by_id(client, plan, lacking[start : start + IDS_A_QUERY], fields)
    if any(key not in found for key in lacking):
        raise Refusal(ROWS_MISSING, 200)  # erased between two queries: the object is asked again
    return found


def _by_id(
    client: SalesforceClient, plan: ObjectPlan, ids: Sequence[str], fields: Sequence[str]
) -> dict[str, Record]:
    pages = client.pages(query_of(plan, ids, fields))
    return {str(record.get("Id")): record for page in pages for record in page.records}


def _joined(parts: Sequence[Record]) -> Record:
    """Return one record of several parts of it; records above that are in more than one are joined likewise."""
    joined: dict[str, object] = {}
    for part in parts:
        for name, value in part.items():
            known = joined.get(name)
            both = isinstance(known, Mapping) and isinstance(value, Mapping)
            joined[name] = _joined([known, value]) if both else value  # type: ignore[list-item] # both are records
    return joined
