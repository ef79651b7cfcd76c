"""Columns that stand in another object's records: the campaign of a lead is that of its first membership.

The other records are asked for page by page, only those of the rows at hand, so that nothing grows with the number
of rows. When one of them changes, the rows that it belongs to are read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from connectors.salesforce_client import SalesforceClient
from connectors.salesforce_mapping import Lookup
from connectors.salesforce_plan import where_of
from connectors.salesforce_rows import ID_PREFIX, Rows
from connectors.soql import Where, count, select

_CURRENCY: Final = "CurrencyIsoCode"  # there where an organisation has several
IDS_A_QUERY: Final = 400  # below the bytes that an address may have


def has_any(client: SalesforceClient, lookup: Lookup) -> bool:
    """Whether there is anything to look up at all; one call."""
    pages = client.pages(count(lookup.source, [Where(lookup.by, "!=", None)]), counts=True)
    return any(page.total for page in pages)


def changed_parents(client: SalesforceClient, lookup: Lookup, since: datetime) -> list[str]:
    """Return the ids of the records whose looked-up values may have changed since."""
    where = [Where(lookup.changed, ">=", since), Where(lookup.by, "!=", None)]
    found = (each for page in client.pages(select([lookup.by], lookup.source, where)) for each in page.records)
    return list(dict.fromkeys(str(each.get(lookup.by)) for each in found))


def look_up(client: SalesforceClient, lookup: Lookup, rows: Rows, currency: str = "") -> Rows:
    """Return the rows with the looked-up column filled; an amount only from records in ``currency``, if given."""
    ids = [str(row_id).removeprefix(ID_PREFIX) for row_id in rows.columns["id"]]
    first: dict[str, str | float] = {}
    for asked in chunks(ids):
        for key, value in _values(client, lookup, asked, currency if lookup.column.type == "number" else ""):
            first.setdefault(key, value)
    return replace(rows, columns={**rows.columns, lookup.column.name: [first.get(each) for each in ids]})


def without(lookup: Lookup, rows: Rows) -> Rows:
    """Return the rows with the column empty: there is nothing to look up."""
    return replace(rows, columns={**rows.columns, lookup.column.name: [None] * len(rows.columns["id"])})


def chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the ids in lists that one query can name."""
    for start in range(0, len(ids), IDS_A_QUERY):
        yield ids[start : start + IDS_A_QUERY]


def _values(
    client: SalesforceClient, lookup: Lookup, ids: Sequence[str], currency: str
) -> Iterator[tuple[str, str | float]]:
    where = [Where(lookup.by, "IN", ids), *map(where_of, lookup.where)]
    where += [Where(lookup.deleted, "=", False)] if lookup.deleted else []
    where += [Where(_CURRENCY, "=", currency)] if currency else []
    query = select([lookup.by, lookup.value], lookup.source, where, order=[lookup.first, "Id"])
    for page in client.pages(query):
        for record in page.records:
            value = record.get(lookup.value)
            if lookup.column.references and value:
                yield str(record.get(lookup.by)), f"{ID_PREFIX}{value}"
            elif lookup.column.type == "number" and isinstance(value, int | float):
                yield str(record.get(lookup.by)), float(value)
            elif lookup.column.type == "text" and value:
                yield str(record.get(lookup.by)), str(value)
