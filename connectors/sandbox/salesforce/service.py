"""The org's REST API: which path is answered by what."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from email.utils import format_datetime
from urllib.parse import parse_qs, urlsplit

import orjson

from connectors.sandbox.salesforce.bulk import BulkJobs
from connectors.sandbox.salesforce.call import ApiCall
from connectors.sandbox.salesforce.edits import edit
from connectors.sandbox.salesforce.errors import ApiError, not_found
from connectors.sandbox.salesforce.oauth import OAuth, wall_clock
from connectors.sandbox.salesforce.objects import answer_objects, record_counts
from connectors.sandbox.salesforce.org import SalesforceOrg
from connectors.sandbox.salesforce.pages import Pages
from connectors.sandbox.salesforce.settings import ConnectedApp, SalesforceSettings
from connectors.sandbox.salesforce.tokens import Tokens
from connectors.sandbox.salesforce.view import View
from connectors.sandbox.server import Request, Response, json_response

_VERSION = re.compile(r"v(\d\d)\.0")
_OLDEST_VERSION, _NEWEST_VERSION = 31, 66
_TARGET_BYTES_MAX = 16_384
_BATCH_MAX = 25


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
        self._pages = Pages()
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
        self._pages.expire()

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
                self.tokens.revoke(parse_qs(request.body.decode("utf-8", "replace")).get("token", [""])[0])
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
        audiences, rotates = self.settings.jwt_audiences | own, self.settings.rotates_refresh_tokens
        return self._oauth.token(request, instance_url, audiences, self._clock(), rotates=rotates)

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
        settings = self.settings
        view = View(self.org, settings.absent_objects, settings.hidden_fields, settings.unseen_owners)
        call = ApiCall(request, f"/services/data/{parts[0]}", parts[1:], view)
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

    def _read(self, call: ApiCall) -> Response:
        first, rest = call.parts[0] if call.parts else "", call.parts[1:]
        if first in {"query", "queryAll"}:
            rows_max = self.settings.page_rows_max
            if rest:
                return self._pages.following(call, rest[0], rows_max)
            return self._pages.first(call, rows_max, include_deleted=first == "queryAll")
        if first == "sobjects":
            return answer_objects(call, rest, max(self._settings_since, self.org.schema_changed_at))
        if call.parts == ("limits",):
            return json_response(self._limits())
        if call.parts == ("limits", "recordCount"):
            return json_response(record_counts(call))
        if not call.parts:
            return json_response(
                {name: f"{call.base}/{name}" for name in ("limits", "query", "queryAll", "sobjects")}
            )
        raise not_found()

    def _batch(self, call: ApiCall) -> Response:
        if call.request.method != "POST":
            raise ApiError("METHOD_NOT_ALLOWED", "HTTP Method not allowed. Allowed are POST", 405)
        requests = _batch_requests(call.request.body)
        results: list[object] = []
        for each in requests:
            response = self._batched(call, each) if self._spend(1) else _over_limit()
            results.append({"statusCode": response.status, "result": orjson.Fragment(response.body or b"null")})
        has_errors = any(isinstance(each, dict) and each["statusCode"] >= 400 for each in results)
        return json_response({"hasErrors": has_errors, "results": results})

    def _batched(self, call: ApiCall, asked: Mapping[str, object]) -> Response:
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
