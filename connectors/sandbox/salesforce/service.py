"""The org's REST API: which path is answered by what."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import parse_qs, urlsplit

import orjson

from connectors.sandbox.salesforce.bulk import BulkJobs
from connectors.sandbox.salesforce.describe import describe, global_describe, object_summary
from connectors.sandbox.salesforce.edits import edit
from connectors.sandbox.salesforce.errors import ApiError, not_found
from connectors.sandbox.salesforce.ids import is_record_id, with_suffix
from connectors.sandbox.salesforce.locators import Locators
from connectors.sandbox.salesforce.oauth import OAuth, wall_clock
from connectors.sandbox.salesforce.org import SalesforceOrg
from connectors.sandbox.salesforce.query import answer
from connectors.sandbox.salesforce.replication import deleted, updated
from connectors.sandbox.salesforce.results import Result
from connectors.sandbox.salesforce.settings import ConnectedApp, SalesforceSettings
from connectors.sandbox.salesforce.table import Table
from connectors.sandbox.salesforce.tokens import Tokens
from connectors.sandbox.salesforce.view import View
from connectors.sandbox.server import Request, Response, json_response

_VERSION = re.compile(r"v(\d\d)\.0")
_OLDEST_VERSION, _NEWEST_VERSION = 31, 66
_TARGET_BYTES_MAX = 16_384
_PAGE_ROWS_MIN, _PAGE_ROWS_MAX = 200, 2_000
_BATCH_MAX = 25
_BATCH_SIZE = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Call:
    """A call to the API: who asks what, at which version. ``base`` is the path of the version."""

    request: Request
    base: str
    parts: tuple[str, ...]
    view: View


class SalesforceService:
    """Answers for one org. ``handle`` is the `connectors.sandbox.server.Handler`; ``settings`` may be replaced."""

    def __init__(
        self,
        org: SalesforceOrg,
        apps: Sequence[ConnectedApp] = (),
        settings: SalesforceSettings | None = None,
        clock: Callable[[], float] = wall_clock,
    ) -> None:
        """Take the org and who may log in. ``clock`` gives wall-clock seconds, for the life of tokens."""
        self.org = org
        self._settings = settings or SalesforceSettings()
        self.tokens = Tokens(str(org.organization.get("Id", "")), clock)
        self._oauth = OAuth(org, {app.client_id: app for app in apps}, self.tokens)
        self._clock = clock
        self._locators = Locators()
        self._jobs = BulkJobs(org)
        self._calls = 0
        self._calls_lock = threading.Lock()
        self._settings_since = org.clock()

    @property
    def settings(self) -> SalesforceSettings:
        """Return the settings in force; assign others to change them."""
        return self._settings

    @settings.setter
    def settings(self, settings: SalesforceSettings) -> None:
        self._settings = settings
        self._settings_since = self.org.clock()

    @property
    def calls_used(self) -> int:
        """Return how many calls count against the daily allowance."""
        return self._calls

    def reset_allowance(self) -> None:
        """Begin a new day."""
        with self._calls_lock:
            self._calls = 0

    def expire_tokens(self) -> None:
        """End the life of every access token, as an administrator or the time would."""
        self.tokens.expire()

    def expire_locators(self) -> None:
        """Forget every result whose pages are still being fetched."""
        self._locators.expire()

    def handle(self, request: Request) -> Response | None:
        """Answer a request below ``/services/``; None for any other path."""
        parts = request.segments
        if parts[:1] != ("services",):
            return None
        response = self._answer(request, parts[1:])
        date = {"Date": format_datetime(self.org.clock().replace(microsecond=0), usegmt=True)}
        return Response(response.status, {**date, **response.headers}, response.body)

    def _answer(self, request: Request, parts: tuple[str, ...]) -> Response:
        try:
            if parts == ("oauth2", "token") and request.method == "POST":
                return self._token(request)
            if parts == ("oauth2", "authorize") and request.method == "GET":
                return self._oauth.authorize(request)
            if parts == ("oauth2", "revoke") and request.method == "POST":
                self.tokens.revoke(parse_qs(request.body.decode("utf-8")).get("token", [""])[0])
                return Response(200)
            if parts[:1] != ("data",):
                raise not_found()
            if len(parts) == 1:
                return json_response(_versions())
            return self._authorized(request, parts[1:])
        except ApiError as error:
            return _refused(error)

    def _token(self, request: Request) -> Response:
        host = request.headers.get("host", "")
        scheme = "http" if host.startswith(("127.0.0.1", "localhost", "[::1]")) else "https"
        instance_url = self.settings.instance_url or f"{scheme}://{host}"
        own = {instance_url.rstrip("/"), f"https://{host}", f"{scheme}://{host}"}
        return self._oauth.token(request, instance_url, self.settings.jwt_audiences | own, self._clock())

    def _authorized(self, request: Request, parts: tuple[str, ...]) -> Response:
        if request.target_bytes > _TARGET_BYTES_MAX:
            return Response(414, {"Content-Type": "text/html"}, b"<h1>Bad Message 414</h1><pre>URI Too Long</pre>")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        known = scheme.lower() in {"bearer", "oauth"}
        settings = self.settings
        if not known or not self.tokens.use(token.strip(), settings.token_seconds, settings.token_calls):
            raise ApiError("INVALID_SESSION_ID", "Session expired or invalid", 401)
        if not self._spend(1):
            return self._counted(_refused(ApiError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403)))
        try:
            self.org.settle()
            response = self._versioned(request, parts)
        except ApiError as error:
            response = _refused(error)
        return self._counted(response)

    def _spend(self, calls: int) -> bool:
        with self._calls_lock:
            if self._calls + calls > self.settings.daily_calls:
                return False
            self._calls += calls
            return True

    def _counted(self, response: Response) -> Response:
        usage = {"Sforce-Limit-Info": f"api-usage={self._calls}/{self.settings.daily_calls}"}
        return Response(response.status, {**response.headers, **usage}, response.body)

    def _versioned(self, request: Request, parts: tuple[str, ...]) -> Response:
        match = _VERSION.fullmatch(parts[0])
        if match is None or not _OLDEST_VERSION <= int(match[1]) <= _NEWEST_VERSION:
            raise not_found()
        view = View(self.org, self.settings.absent_objects, self.settings.hidden_fields)
        call = _Call(request, f"/services/data/{parts[0]}", parts[1:], view)
        if call.parts[:2] == ("composite", "batch"):
            return self._batch(call)
        if call.parts[:2] == ("jobs", "query"):
            return self._jobs.answer(view, request, call.parts[2:], float(parts[0][1:]), self.settings)
        if call.parts[:1] == ("sobjects",) and request.method in {"POST", "PATCH", "DELETE"}:
            return edit(self.org, view, request, call.parts[1:])
        if request.method not in {"GET", "HEAD"}:
            message = f"HTTP Method '{request.method}' not allowed. Allowed are HEAD,GET"
            raise ApiError("METHOD_NOT_ALLOWED", message, 405)
        return self._read(call)

    def _read(self, call: _Call) -> Response:
        first, rest = call.parts[0] if call.parts else "", call.parts[1:]
        if first in {"query", "queryAll"}:
            return self._page(call, rest[0]) if rest else self._query(call, include_deleted=first == "queryAll")
        if first == "sobjects":
            return self._objects(call, rest)
        if call.parts == ("limits",):
            return json_response(self._limits())
        if call.parts == ("limits", "recordCount"):
            return json_response(_record_counts(call))
        if not call.parts:
            return json_response(
                {name: f"{call.base}/{name}" for name in ("limits", "query", "queryAll", "sobjects")}
            )
        raise not_found()

    def _query(self, call: _Call, *, include_deleted: bool) -> Response:
        text = call.request.parameter("q")
        if not text.strip():
            raise ApiError("MALFORMED_QUERY", "A query string has to be specified")
        with self.org.lock:
            result = answer(call.view, text, include_deleted=include_deleted)
        asked = _BATCH_SIZE.search(call.request.headers.get("sforce-query-options", ""))
        rows = min(max(int(asked[1]), _PAGE_ROWS_MIN), _PAGE_ROWS_MAX) if asked else _PAGE_ROWS_MAX
        if len(result.rows) <= min(rows, self.settings.page_rows_max):
            return self._written(call, result, 0, len(result.rows), "")
        return self._next(call, self._locators.keep(result, rows), result, rows, 0)

    def _page(self, call: _Call, text: str) -> Response:
        locator, result, rows, first = self._locators.find(text)
        return self._next(call, locator, result, rows, first)

    def _next(self, call: _Call, locator: str, result: Result, rows: int, first: int) -> Response:
        last = min(first + min(rows, self.settings.page_rows_max), len(result.rows))
        following = f"{call.base}/query/{locator}-{last}" if last < len(result.rows) else ""
        return self._written(call, result, first, last, following)

    def _written(self, call: _Call, result: Result, first: int, last: int, following: str) -> Response:
        head: dict[str, object] = {"totalSize": result.total, "done": not following}
        if following:
            head["nextRecordsUrl"] = following
        return json_response({**head, "records": result.write(result.rows[first:last], call.base)})

    def _objects(self, call: _Call, rest: tuple[str, ...]) -> Response:
        if not rest:
            return json_response(global_describe(call.view, call.base))
        table = _table(call, rest[0])
        if len(rest) == 1:
            return json_response({"objectDescribe": object_summary(table.kind, call.base), "recentItems": []})
        if len(rest) > 2:
            raise not_found()
        if rest[1] == "describe":
            return self._describe(call, table)
        if rest[1] in {"deleted", "updated"}:
            replicate = deleted if rest[1] == "deleted" else updated
            start, end = call.request.parameter("start"), call.request.parameter("end")
            with self.org.lock:
                return json_response(replicate(table, start, end, self.org.clock()))
        return json_response(_record(call, table, rest[1]))

    def _describe(self, call: _Call, table: Table) -> Response:
        since = call.request.headers.get("if-modified-since", "")
        changed = max(self._settings_since, self.org.schema_changed_at).replace(microsecond=0)
        modified = {"Last-Modified": format_datetime(changed, usegmt=True)}
        if since and _is_after(since, changed.timestamp()):
            return Response(304, modified)
        with self.org.lock:
            return json_response(describe(call.view, table, call.base), headers=modified)

    def _batch(self, call: _Call) -> Response:
        if call.request.method != "POST":
            raise ApiError("METHOD_NOT_ALLOWED", "HTTP Method not allowed. Allowed are POST", 405)
        requests = _batch_requests(call.request.body)
        results: list[object] = []
        for each in requests:
            response = self._batched(call, each) if self._spend(1) else _over_limit()
            results.append({"statusCode": response.status, "result": orjson.Fragment(response.body or b"null")})
        has_errors = any(isinstance(each, dict) and each["statusCode"] >= 400 for each in results)
        return json_response({"hasErrors": has_errors, "results": results})

    def _batched(self, call: _Call, asked: Mapping[str, object]) -> Response:
        target = urlsplit(str(asked.get("url", "")).removeprefix("/services/data"))
        parts = tuple(part for part in target.path.split("/") if part)
        query = {name: tuple(values) for name, values in parse_qs(target.query, keep_blank_values=True).items()}
        inner = Request(str(asked.get("method", "GET")), target.path, query, call.request.headers, b"")
        if inner.method != "GET" or parts[1:2] == ("composite",) or not parts:
            return _refused(ApiError("INVALID_BATCH", "only GET of resources is supported in a batch here"))
        try:
            return self._versioned(inner, parts)
        except ApiError as error:
            return _refused(error)

    def _limits(self) -> Mapping[str, object]:
        settings = self.settings
        return {
            "DailyApiRequests": {"Max": settings.daily_calls, "Remaining": settings.daily_calls - self._calls},
            "DailyBulkV2QueryJobs": {"Max": 10_000, "Remaining": 10_000},
            "DailyBulkV2QueryFileStorageMB": {"Max": 976_562, "Remaining": 976_562},
        }


def _versions() -> Sequence[Mapping[str, str]]:
    numbers = range(_OLDEST_VERSION, _NEWEST_VERSION + 1)
    return [{"label": f"API {n}", "url": f"/services/data/v{n}.0", "version": f"{n}.0"} for n in numbers]


def _refused(error: ApiError) -> Response:
    return json_response([{"message": error.message, "errorCode": error.code}], error.status)


def _over_limit() -> Response:
    return _refused(ApiError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403))


def _table(call: _Call, name: str) -> Table:
    table = call.view.table(name)
    if table is None:
        raise not_found()
    return table


def _record_counts(call: _Call) -> Mapping[str, object]:
    asked = [name for name in call.request.parameter("sObjects").split(",") if name]
    tables = [call.view.table(name) for name in asked] if asked else list(call.view.tables())
    return {
        "sObjects": [
            {"count": answer(call.view, f"SELECT COUNT() FROM {table.kind.name}").total, "name": table.kind.name}  # noqa: S608 (a name of the org's own objects)
            for table in tables
            if table is not None
        ]
    }


def _record(call: _Call, table: Table, key: str) -> object:
    row = table.rows.get(with_suffix(key)) if is_record_id(key) else None
    if row is None:
        raise not_found()
    if table.deleted_place is not None and row[table.deleted_place]:
        raise ApiError("ENTITY_IS_DELETED", "entity is deleted", 404)
    names = [field.name for field in call.view.fields(table.kind)]
    wanted = call.request.parameter("fields")
    chosen = wanted.split(",") if wanted else names
    text = f"SELECT {', '.join(chosen)} FROM {table.kind.name} WHERE Id = '{row[0]}'"  # noqa: S608 (parsed by us)
    result = answer(call.view, text)
    return result.write(result.rows, call.base)[0]


def _batch_requests(body: bytes) -> Sequence[Mapping[str, object]]:
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ApiError("JSON_PARSER_ERROR", "The body is not JSON.") from error
    requests = asked.get("batchRequests") if isinstance(asked, dict) else None
    if not isinstance(requests, list) or not all(isinstance(each, dict) for each in requests):
        raise ApiError("JSON_PARSER_ERROR", "batchRequests must be a list of requests.")
    if not 1 <= len(requests) <= _BATCH_MAX:
        raise ApiError("INVALID_BATCH", f"A batch holds from 1 to {_BATCH_MAX} requests.")
    return requests


def _is_after(header: str, seconds: float) -> bool:
    try:
        return parsedate_to_datetime(header).timestamp() >= seconds
    except (TypeError, ValueError):
        return False
