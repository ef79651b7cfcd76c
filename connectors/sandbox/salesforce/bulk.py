"""Bulk API 2.0 queries: jobs that are made, polled, read in pages of CSV, aborted and deleted."""

from __future__ import annotations

import base64
import binascii
import itertools
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import orjson

from connectors.sandbox.salesforce.columns import Column
from connectors.sandbox.salesforce.conditions import is_aggregate
from connectors.sandbox.salesforce.errors import ApiError, not_found
from connectors.sandbox.salesforce.ids import record_id
from connectors.sandbox.salesforce.org import SalesforceOrg
from connectors.sandbox.salesforce.query import run
from connectors.sandbox.salesforce.results import Result
from connectors.sandbox.salesforce.settings import SalesforceSettings
from connectors.sandbox.salesforce.soql import parse
from connectors.sandbox.salesforce.syntax import Select
from connectors.sandbox.salesforce.values import Value
from connectors.sandbox.salesforce.view import View
from connectors.sandbox.server import Request, Response, json_response

_JOBS_MAX = 100
_PAGE_ROWS_DEFAULT = 100_000
_DELIMITERS = {
    "COMMA": ",",
    "TAB": "\t",
    "SEMICOLON": ";",
    "PIPE": "|",
    "CARET": "^",
    "BACKQUOTE": "`",
}
_LINE_ENDS = {"LF": "\n", "CRLF": "\r\n"}
_NOT_IN_BULK = frozenset(
    {"taskstatus", "taskpriority", "casestatus", "contractstatus", "orderstatus", "partnerrole", "recentlyviewed"}
)


@dataclass(slots=True)
class _Job:
    """A job and its result, which is fixed when the job is made."""

    id: str
    operation: str
    object_name: str
    created_at: str
    version: float
    delimiter: str
    line_end: str
    result: Result
    polls_left: int
    state: str = "UploadComplete"
    error: str = ""


class BulkJobs:
    """The query jobs of one org: only the latest hundred are kept."""

    def __init__(self, org: SalesforceOrg) -> None:
        self._org = org
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._jobs: OrderedDict[str, _Job] = OrderedDict()

    def answer(
        self, view: View, request: Request, parts: tuple[str, ...], version: float, settings: SalesforceSettings
    ) -> Response:
        """Answer a call below ``jobs/query``; ``parts`` is what follows. Raises `ApiError`."""
        if not parts:
            if request.method == "POST":
                return json_response(_info(self._made(view, request, version, settings)))
            return json_response({"done": True, "records": [_info(job) for job in self._listed()]})
        job = self._job(parts[0])
        if parts[1:] == ("results",) and request.method == "GET":
            return _results(job, request, settings)
        if len(parts) > 1:
            raise not_found()
        if request.method == "PATCH":
            return json_response(_info(_aborted(job, request)))
        if request.method == "DELETE":
            return self._deleted(job)
        return json_response(_info(self._polled(job, settings), full=True))

    def _listed(self) -> Sequence[_Job]:
        with self._lock:
            return list(self._jobs.values())

    def _job(self, key: str) -> _Job:
        with self._lock:
            job = self._jobs.get(key)
        if job is None:
            raise not_found()
        return job

    def _made(self, view: View, request: Request, version: float, settings: SalesforceSettings) -> _Job:
        asked = _body(request)
        operation = asked.get("operation", "")
        if operation not in {"query", "queryAll"}:
            raise ApiError("INVALIDJOB", f"Unsupported operation: {operation}")
        delimiter, line_end = asked.get("columnDelimiter", "COMMA"), asked.get("lineEnding", "LF")
        if delimiter not in _DELIMITERS or line_end not in _LINE_ENDS:
            raise ApiError("INVALIDJOB", "Unsupported columnDelimiter or lineEnding.")
        select = parse(asked.get("query", ""))
        _check_allowed(select)
        with self._org.lock:
            result = run(view, select, include_deleted=operation == "queryAll")
        table = view.table(select.object.text)
        job = _Job(
            record_id("750", next(self._numbers)),
            operation,
            table.kind.name if table is not None else select.object.text,
            self._org.now,
            version,
            delimiter,
            line_end,
            result,
            settings.bulk_polls,
        )
        with self._lock:
            self._jobs[job.id] = job
            while len(self._jobs) > _JOBS_MAX:
                self._jobs.popitem(last=False)
        return job

    def _polled(self, job: _Job, settings: SalesforceSettings) -> _Job:
        with self._lock:
            if job.state not in {"UploadComplete", "InProgress"}:
                return job
            if job.polls_left > 0:
                job.polls_left -= 1
                job.state = "InProgress"
            elif settings.bulk_failure:
                job.state, job.error = "Failed", settings.bulk_failure
            else:
                job.state = "JobComplete"
        return job

    def _deleted(self, job: _Job) -> Response:
        if job.state in {"UploadComplete", "InProgress"}:
            raise ApiError("INVALIDJOBSTATE", "A job that is still running cannot be deleted.")
        with self._lock:
            self._jobs.pop(job.id, None)
        return Response(204)


def _body(request: Request) -> Mapping[str, str]:
    try:
        asked = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise ApiError("JSON_PARSER_ERROR", "The body is not JSON.") from error
    if not isinstance(asked, dict):
        raise ApiError("JSON_PARSER_ERROR", "The body must be an object.")
    return {str(name): str(value) for name, value in asked.items()}


def _check_allowed(select: Select) -> None:
    if select.object.text.lower() in _NOT_IN_BULK:
        raise ApiError("INVALIDENTITY", f"Entity '{select.object.text}' is not supported by the Bulk API.")
    if select.groups or select.offset or any(is_aggregate(item.expression) for item in select.items):
        raise ApiError("API_ERROR", "Aggregates, GROUP BY and OFFSET are not supported in Bulk Query.")


def _aborted(job: _Job, request: Request) -> _Job:
    if request.method != "PATCH" or _body(request).get("state") != "Aborted":
        raise ApiError("INVALIDJOBSTATE", "The only state that can be set is Aborted.")
    if job.state not in {"UploadComplete", "InProgress"}:
        raise ApiError("INVALIDJOBSTATE", f"A job in state {job.state} cannot be aborted.")
    job.state = "Aborted"
    return job


def _info(job: _Job, *, full: bool = False) -> Mapping[str, object]:
    info: dict[str, object] = {
        "id": job.id,
        "operation": job.operation,
        "object": job.object_name,
        "createdById": "005000000000001AAA",
        "createdDate": job.created_at,
        "systemModstamp": job.created_at,
        "state": job.state,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": job.version,
        "lineEnding": job.line_end,
        "columnDelimiter": job.delimiter,
    }
    if full:
        done = job.result.total if job.state == "JobComplete" else 0
        info |= {"jobType": "V2Query", "retries": 0, "totalProcessingTime": 1, "numberRecordsProcessed": done}
        info |= {"errorMessage": job.error} if job.error else {}
    return info


def _results(job: _Job, request: Request, settings: SalesforceSettings) -> Response:
    if job.state != "JobComplete":
        raise ApiError("INVALIDJOBSTATE", f"A job in state {job.state} has no results.")
    first = _first_row(request.parameter("locator"), job.result.total)
    asked = request.parameter("maxRecords", str(_PAGE_ROWS_DEFAULT))
    if not asked.isdecimal() or int(asked) < 1:
        raise ApiError("INVALID_ARGUMENT", "maxRecords must be a number from 1.")
    last = min(first + min(int(asked), settings.bulk_page_rows_max), job.result.total)
    locator = base64.b64encode(str(last).encode()).decode().rstrip("=") if last < job.result.total else "null"
    headers = {
        "Content-Type": "text/csv",
        "Sforce-Locator": locator,
        "Sforce-NumberOfRecords": str(last - first),
    }
    return Response(200, headers, _csv(job, first, last))


def _first_row(locator: str, total: int) -> int:
    if not locator or locator == "null":
        return 0
    try:
        row = int(base64.b64decode(locator + "=" * (-len(locator) % 4), validate=True))
    except (binascii.Error, ValueError) as error:
        raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator") from error
    if not 0 <= row <= total:
        raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return row


def _csv(job: _Job, first: int, last: int) -> bytes:
    """Return the rows as CSV, a header first, every value in quotes, as the real service writes them."""
    columns = job.result.columns
    rows = job.result.rows[first:last]
    # Column by column, and joined by hand: a million rows take the csv module twice as long.
    between, end = f'"{_DELIMITERS[job.delimiter]}"', _LINE_ENDS[job.line_end]
    texts = [list(map(_cell(column), map(column.get, rows))) for column in columns]
    header = between.join(".".join(column.path) for column in columns)
    lines = [header, *map(between.join, zip(*texts, strict=True))]
    return "".join(f'"{line}"{end}' for line in lines).encode()


def _cell(column: Column) -> Callable[[Value], str]:
    return _CELLS.get(column.field.type, _quotable)


def _quotable(value: Value) -> str:
    text = "" if value is None else str(value)
    return text.replace('"', '""') if '"' in text else text


def _moment(value: Value) -> str:
    # The bulk service ends moments with Z where the other calls write +0000.
    return "" if value is None else f"{str(value)[:-5]}Z"


_CELLS: Mapping[str, Callable[[Value], str]] = {
    "boolean": lambda value: "" if value is None else "true" if value else "false",
    "datetime": _moment,
}
