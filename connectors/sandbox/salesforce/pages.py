"""Queries answered page by page."""

from __future__ import annotations

import re

from connectors.sandbox.salesforce.call import ApiCall
from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.locators import Locators
from connectors.sandbox.salesforce.query import answer
from connectors.sandbox.salesforce.results import Result
from connectors.sandbox.server import Response, json_response

_PAGE_ROWS_MIN, _PAGE_ROWS_MAX = 200, 2_000
_BATCH_SIZE = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)


class Pages:
    """The queries of one org, and what is left of their results."""

    def __init__(self) -> None:
        self._locators = Locators()

    def first(self, call: ApiCall, rows_max: int, *, include_deleted: bool) -> Response:
        """Answer a query with its first page of at most ``rows_max`` rows. Raises `ApiError`."""
        text = call.request.parameter("q")
        if not text.strip():
            raise ApiError("MALFORMED_QUERY", "A query string has to be specified")
        with call.view.org.lock:
            result = answer(call.view, text, include_deleted=include_deleted)
        asked = _BATCH_SIZE.search(call.request.headers.get("sforce-query-options", ""))
        rows = min(max(int(asked[1]), _PAGE_ROWS_MIN), _PAGE_ROWS_MAX) if asked else _PAGE_ROWS_MAX
        if len(result.rows) <= min(rows, rows_max):
            return _written(call, result, 0, len(result.rows), "")
        return self._next(call, self._locators.keep(result, rows), result, min(rows, rows_max), 0)

    def following(self, call: ApiCall, text: str, rows_max: int) -> Response:
        """Answer the page that a locator leads to. Raises `ApiError`."""
        locator, result, rows, first = self._locators.find(text)
        return self._next(call, locator, result, min(rows, rows_max), first)

    def expire(self) -> None:
        """Forget every result whose pages are still being fetched."""
        self._locators.expire()

    def _next(self, call: ApiCall, locator: str, result: Result, rows: int, first: int) -> Response:
        last = min(first + rows, len(result.rows))
        following = f"{call.base}/query/{locator}-{last}" if last < len(result.rows) else ""
        return _written(call, result, first, last, following)


def _written(call: ApiCall, result: Result, first: int, last: int, following: str) -> Response:
    head: dict[str, object] = {"totalSize": result.total, "done": not following}
    if following:
        head["nextRecordsUrl"] = following
    return json_response({**head, "records": result.write(result.rows[first:last], call.base)})
