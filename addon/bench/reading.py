"""Jobs of the benchmark ``extract``: all deals of an organisation, read by us and by the least that anyone needs.

Ours ends when the rows are in canonical form and on disk, as in a sync; the least only counts the records of the
same pages.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import requests

from addon.bench.children import Told, peak_megabytes
from addon.clock import utc_now
from addon.merge import Merge, Received
from addon.unfinished import Unfinished
from connectors.salesforce import SalesforceSource
from connectors.salesforce_plan import plan_object
from connectors.salesforce_queries import query
from connectors.salesforce_settings import SalesforceSettings
from connectors.sandbox.sandbox import CLIENT_ID, CLIENT_SECRET
from connectors.secret import Secret
from connectors.source import Cursor

_OBJECT: Final = "Opportunity"
_SECONDS: Final = 60.0


def deals_source(address: str, bulk_rows: int = sys.maxsize) -> SalesforceSource:
    """Return a source of nothing but deals; from ``bulk_rows`` rows on they are read by a bulk job."""
    settings = SalesforceSettings(
        address,
        client_id=CLIENT_ID,
        client_secret=Secret(CLIENT_SECRET),
        bulk_rows=bulk_rows,
        run_calls_percent=100,
        total_calls_percent=100,
    )
    source = SalesforceSource(settings)
    source.mappings = tuple(mapping for mapping in source.mappings if mapping.name == _OBJECT)
    return source


def read_deals(source: SalesforceSource, cursor: Cursor, folder: Path) -> Received:
    """Read the deals since a cursor as a sync does, up to the rows on disk."""
    merge = Merge(None, folder)
    unfinished = Unfinished(folder / "unfinished", "bench", utc_now())
    try:
        return merge.receive(source.changes(cursor), unfinished)
    finally:
        unfinished.discard()
        merge.close()


def read_by_rest(_started: float, address: str) -> Told:
    """Read all deals page by page."""
    return _read(deals_source(address))


def read_by_bulk(_started: float, address: str) -> Told:
    """Read all deals by a bulk job."""
    return _read(deals_source(address, bulk_rows=1))


def read_barely(_started: float, address: str) -> Told:
    """Ask for the same pages with nothing but requests, and count their records."""
    source = deals_source(address)
    plan = plan_object(source.mappings[0], source.client.describe([_OBJECT])).plan
    assert plan is not None  # noqa: S101 - the organisation has the object
    start = time.perf_counter()
    rows = sum(_pages(address, str(query(plan))))
    return _told(start, rows)


def _pages(address: str, soql: str) -> Iterator[int]:
    with requests.Session() as session:
        credentials = {"grant_type": "client_credentials"}
        login = f"{address}/services/oauth2/token"
        answer = session.post(login, data=credentials, auth=(CLIENT_ID, CLIENT_SECRET), timeout=_SECONDS).json()
        session.headers["Authorization"] = f"Bearer {answer['access_token']}"
        url = f"{address}/services/data/v59.0/queryAll/"
        page = session.get(url, params={"q": soql}, timeout=_SECONDS).json()
        yield len(page["records"])
        while not page["done"]:
            page = session.get(address + page["nextRecordsUrl"], timeout=_SECONDS).json()
            yield len(page["records"])


def _read(source: SalesforceSource) -> Told:
    with TemporaryDirectory(prefix="scorecell-bench-") as folder:
        start = time.perf_counter()
        received = read_deals(source, {}, Path(folder))
        return {**_told(start, received.row_count), "calls": source.call_count}


def _told(start: float, rows: int) -> Told:
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "rows": rows, "megabytes": peak_megabytes()}
