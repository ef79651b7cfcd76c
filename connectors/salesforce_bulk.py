"""Read a large object through Bulk API 2.0: a job on Salesforce's side, whose result comes as CSV in large pages.

It costs a fraction of the calls. Rows are worked on while the CSV arrives, so that memory does not grow with them; a
page that breaks off is asked for again from its beginning, for a row read twice changes nothing. A job stays where it
is until all its rows have come, so that a later run can go on with it.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Final, cast

import requests
from urllib3.exceptions import HTTPError

from connectors.salesforce_cells import Cells
from connectors.salesforce_client import SalesforceClient
from connectors.salesforce_errors import JOB_FAILED, NO_JSON, ROWS_MISSING, Refusal
from connectors.salesforce_plan import ObjectPlan
from connectors.salesforce_queries import query_in_bulk
from connectors.soql import Soql

_ROWS_A_PAGE: Final = 50_000  # of the CSV
_ROWS_AT_ONCE: Final = 2_000  # worked on together
_PAGES_MAX: Final = 100_000
_PAGE_TRIES: Final = 3
_FIRST_POLL_SECONDS, _LONGEST_POLL_SECONDS = 0.5, 15.0  # each poll is an API call
LOCATOR: Final = re.compile(r"[A-Za-z0-9+/=_-]{1,100}")
JOB_ID: Final = re.compile(r"[A-Za-z0-9]{15,18}")
_RUNNING: Final = frozenset({"UploadComplete", "InProgress"})
_NO_CELLS: Final = Cells(0, lambda _path: ())


@dataclass(frozen=True, slots=True)
class Job:
    """A job, the page of its result that comes next, and how many rows came before that.

    Without a locator it is the first page, or, where rows have come, none: all are there.
    """

    id: str
    locator: str = ""
    received: int = 0

    @property
    def is_read(self) -> bool:
        """Whether all its rows have come."""
        return self.received > 0 and not self.locator


BulkPart = tuple[Cells, Job | None, int | None]
"""Some rows, the mark behind them where a page has ended, and how many there are in all, said at the beginning."""


def bulk_parts(client: SalesforceClient, plan: ObjectPlan, seconds: float, job: Job | None) -> Iterator[BulkPart]:
    """Yield all rows of an object, or those that an earlier job still has. Raises `Refusal`.

    ``seconds`` is how long the job may take; it is then ended. A job that is no longer there is made anew.
    """
    if job is not None and job.is_read:
        client.end_job(job.id, is_done=True)
        return
    total = None if job is None else _total_of_earlier(client, job, seconds)
    if job is None or total is None:
        job = Job(_made(client, query_in_bulk(plan)))
    is_done = total is not None
    try:
        if total is None:
            yield _NO_CELLS, job, None
            total = _wait(client, job.id, seconds)
            is_done = True
        yield _NO_CELLS, job, total
        yield from _results(client, plan, job, total)
    except Refusal as refusal:
        if not refusal.ends_the_run:
            client.end_job(job.id, is_done=is_done)
        raise
    client.end_job(job.id, is_done=True)


def _total_of_earlier(client: SalesforceClient, job: Job, seconds: float) -> int | None:
    """Return how many rows an earlier job has found; None where it has none for us any more."""
    try:
        return _wait(client, job.id, seconds)
    except Refusal as refusal:
        if refusal.ends_the_run:
            raise
        if refusal.code == JOB_FAILED:
            client.end_job(job.id, is_done=False)
        return None


def _results(client: SalesforceClient, plan: ObjectPlan, job: Job, total: int) -> Iterator[BulkPart]:
    """Yield the pages from the job's locator on. All of them together must have as many rows as the job found."""
    with closing(_Ahead(client, job.id)) as ahead:
        for _ in range(_PAGES_MAX):
            page = _Page(client, plan, ahead, job.locator)
            for cells in page.cells():
                yield cells, None, None
            job = Job(job.id, page.next_locator, job.received + page.row_count)
            if not job.locator or job.received > total:
                break
            yield _NO_CELLS, job, None
    if job.received != total:
        raise Refusal(ROWS_MISSING, 200)
    yield _NO_CELLS, job, None  # to be kept before the job is ended


def _made(client: SalesforceClient, query: Soql) -> str:
    job = client.bulk("POST", "", {"operation": "queryAll", "query": query}).get("id")
    if not isinstance(job, str) or not JOB_ID.fullmatch(job):
        raise Refusal(NO_JSON, 200)
    return job


def _wait(client: SalesforceClient, job: str, seconds: float) -> int:
    """Wait until the job is done, asking less and less often; return how many rows it found."""
    waited, pause = 0.0, _FIRST_POLL_SECONDS
    while True:
        answer = client.bulk("GET", job)
        state, total = answer.get("state"), answer.get("numberRecordsProcessed")
        if state == "JobComplete" and isinstance(total, int):
            return total
        if state not in _RUNNING or waited >= seconds:
            raise Refusal(JOB_FAILED, 200)
        client.sleep(pause)
        waited += pause
        pause = min(_LONGEST_POLL_SECONDS, pause * 1.5)


class _Ahead:
    """Asks for the page after the one that is worked on, so that the organisation and we work at the same time."""

    def __init__(self, client: SalesforceClient, job: str) -> None:
        self._client = client
        self._job = job
        self._pool = ThreadPoolExecutor(1, "salesforce-bulk")
        self._asked: dict[str, Future[requests.Response]] = {}

    def ask(self, locator: str) -> None:
        """Ask for a page that will be taken soon."""
        if locator not in self._asked:
            self._asked[locator] = self._pool.submit(self._open, locator)

    def take(self, locator: str) -> requests.Response:
        """Return a page, its body not read yet."""
        asked = self._asked.pop(locator, None)
        return self._open(locator) if asked is None else asked.result()

    def close(self) -> None:
        """Let go of what nobody took."""
        self._pool.shutdown(cancel_futures=True)
        for asked in self._asked.values():
            if asked.done() and not asked.cancelled() and asked.exception() is None:
                asked.result().close()

    def _open(self, locator: str) -> requests.Response:
        return self._client.bulk_page(self._job, _ROWS_A_PAGE, locator)


class _Page:
    """One page of a job's result. ``row_count`` and ``next_locator`` are known when all its cells were taken."""

    def __init__(self, client: SalesforceClient, plan: ObjectPlan, ahead: _Ahead, locator: str) -> None:
        self._client = client
        self._plan = plan
        self._ahead = ahead
        self._locator = locator
        self.row_count = 0
        self.next_locator = ""

    def cells(self) -> Iterator[Cells]:
        """Yield the rows as they arrive; from the beginning once more where the page breaks off."""
        for number in range(1, _PAGE_TRIES + 1):
            self.row_count = 0
            try:
                yield from self._cells_once()
            except (requests.RequestException, HTTPError, csv.Error, UnicodeDecodeError) as error:
                if number == _PAGE_TRIES:
                    raise Refusal(NO_JSON, 200) from error
            else:
                return

    def _cells_once(self) -> Iterator[Cells]:
        with self._client.within_bounds(self._ahead.take(self._locator)) as response:
            following = _next_locator(response.headers.get("Sforce-Locator", "null"))
            if following:
                self._ahead.ask(following)
            lines = csv.reader(_text(response), strict=True)
            header = next(lines, [])
            if not set(self._plan.paths) <= set(header):
                raise csv.Error("a field is not among the columns")
            for rows in iter(lambda: list(islice(lines, _ROWS_AT_ONCE)), []):
                self.row_count += len(rows)
                yield _cells(self._plan, header, rows)
            told = response.headers.get("Sforce-NumberOfRecords", "")
            if told.isdecimal() and int(told) != self.row_count:
                raise requests.ConnectionError("The page broke off.")
            self.next_locator = following


def _text(response: requests.Response) -> Iterable[str]:
    """Return the lines of a body as they arrive, their ends untouched: inside quotes they belong to the value."""
    response.raw.decode_content = True
    response.raw.auto_close = False  # the readers over it ask once more at its end
    return io.TextIOWrapper(io.BufferedReader(cast("io.RawIOBase", response.raw)), encoding="utf-8", newline="")


def _next_locator(text: str) -> str:
    if text in {"", "null"}:
        return ""
    if not LOCATOR.fullmatch(text):
        raise Refusal(NO_JSON, 200)
    return text


def _cells(plan: ObjectPlan, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Cells:
    """Return rows of CSV as cells whose values are those that the REST API would give."""
    if any(len(row) != len(header) for row in rows):
        raise csv.Error("a row of another length")
    columns = dict(zip(header, zip(*rows, strict=True), strict=True))

    def read(path: str) -> Sequence[object]:
        convert = _CONVERTERS.get(plan.types.get(path, ""))
        texts = columns[path]
        return [text or None for text in texts] if convert is None else [convert(t) if t else None for t in texts]

    return Cells(len(rows), read)


def _truth(text: str) -> bool:
    return text == "true"


_CONVERTERS: Final[Mapping[str, Callable[[str], object]]] = {
    "boolean": _truth,
    "double": float, "currency": float, "percent": float,
    "int": int, "long": int,
}  # fmt: skip
