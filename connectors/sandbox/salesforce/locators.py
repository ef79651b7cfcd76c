"""Long results, kept for the pages that are still to be fetched."""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.ids import record_id
from connectors.sandbox.salesforce.results import Result

_KEPT_MAX = 50


class Locators:
    """Results by their locator: only the latest fifty are kept, as the real org keeps only some."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._results: OrderedDict[str, tuple[Result, int]] = OrderedDict()

    def keep(self, result: Result, page_rows: int) -> str:
        """Keep a result and return its locator."""
        locator = record_id("01g", next(self._numbers))
        with self._lock:
            self._results[locator] = (result, page_rows)
            while len(self._results) > _KEPT_MAX:
                self._results.popitem(last=False)
        return locator

    def find(self, text: str) -> tuple[str, Result, int, int]:
        """Return locator, result, rows a page and the first row of ``<locator>-<row>``. Raises `ApiError`."""
        locator, _, row = text.partition("-")
        with self._lock:
            kept = self._results.get(locator)
        if kept is None or not row.isdecimal() or not 0 <= int(row) <= kept[0].total:
            raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
        return locator, *kept, int(row)

    def expire(self) -> None:
        """Forget every result."""
        with self._lock:
            self._results.clear()
