"""Talk to one Salesforce organisation through simple-salesforce: log in, describe, query page by page.

What the library leaves open is closed here: the session's bounds (`connectors.http`), one renewal of an expired
token, answers that are no JSON, and errors as a `Refusal` without the body.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar
from urllib.parse import quote_plus

import orjson
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError

from connectors.errors import LimitError, SourceError
from connectors.http import (
    Allowance,
    Pace,
    Patience,
    body_within_bounds,
    mount_rewrite,
    open_session,
    pace_of,
    traffic_of,
)
from connectors.salesforce_cells import Record
from connectors.salesforce_errors import BAD_PAGE, LIMIT_SECONDS, NO_JSON, ROWS_MISSING, Refusal, refusal_of
from connectors.salesforce_login import log_in, unreachable
from connectors.salesforce_plan import Described, DescribedField, DescribedObject
from connectors.salesforce_settings import SalesforceSettings
from connectors.secret import Secret
from connectors.soql import Soql

SessionFactory = Callable[[SalesforceSettings], requests.Session]
Answer = TypeVar("Answer")

_HEADERS: Final = {"X-PrettyPrint": "0"}
_DESCRIBES_MAX: Final = 25  # what one composite/batch may hold
_QUERY_BYTES_MAX: Final = 15_000  # Salesforce takes 16,384 for the address and the headers together
_NO_JSON_TRIES: Final = 3
_NEXT_PAGE: Final = re.compile(r"/services/data/v[0-9]{2}\.0/query(All)?/[A-Za-z0-9-]{1,100}")
# Reading only: nothing is done twice, but for a job that nobody takes the result of.
_REPEATABLE_POSTS: Final = ("/services/oauth2/token", "/composite/batch", "/jobs/query")


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a query, and how many rows the whole query has."""

    records: Sequence[Record]
    total: int


class _Api(Salesforce):
    def parse_result_to_json(self, result: requests.Response) -> object:
        """Read the body with the faster parser. Raises ValueError for what is no JSON."""
        return orjson.loads(result.content)


class SalesforceClient:
    """The calls that the connector makes. Safe to use from several threads; the token is renewed by one of them."""

    def __init__(
        self,
        settings: SalesforceSettings,
        session_factory: SessionFactory | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        keep_refresh_token: Callable[[Secret], None] = lambda _: None,
        latest_refresh_token: Callable[[], Secret] = Secret,
    ) -> None:
        self._settings = settings
        self._refresh_token = settings.refresh_token
        self._keep_refresh_token = keep_refresh_token
        self._latest_refresh_token = latest_refresh_token
        self._session = (session_factory or open_salesforce_session)(settings)
        self._traffic = traffic_of(self._session)
        self._clock = clock
        self._lock = threading.Lock()
        self._api: _Api | None = None
        self._calls_before_run = 0

    @property
    def call_count(self) -> int:
        """Return how many calls have left so far."""
        return self._traffic.call_count

    @property
    def allowance(self) -> Allowance | None:
        """Return the organisation's calls of the last 24 hours, as its last answer told them."""
        return self._traffic.allowance

    @property
    def server_time(self) -> datetime:
        """Return the time of Salesforce's last answer; our own where it told none."""
        return self._traffic.server_time or self._clock()

    def begin_run(self) -> None:
        """Count the calls of a run from now."""
        self._calls_before_run = self.call_count

    def describe(self, names: Sequence[str]) -> Described:
        """Return what we may see of these objects; those that are absent or hidden are left out."""
        found: dict[str, DescribedObject] = {}
        for start in range(0, len(names), _DESCRIBES_MAX):
            asked = names[start : start + _DESCRIBES_MAX]
            for each, result in zip(asked, self._describes(asked), strict=True):
                status = result.get("statusCode")
                if status == 200:
                    found[each] = _described(result.get("result"))
                elif status != 404:
                    raise refusal_of(status if isinstance(status, int) else 0, result.get("result"), None)
        return found

    def pages(self, query: Soql, *, counts: bool = False) -> Generator[Page]:
        """Yield the pages of a query, deleted and archived rows included; every row came when it ends.

        ``counts``: the query is a COUNT(), whose one page has a total and no rows. Raises `Refusal`, also for a
        result that is not as long as it said.
        """
        size = len(quote_plus(query))
        if size > _QUERY_BYTES_MAX:
            source = query.partition(" FROM ")[2].partition(" ")[0]
            raise SourceError(
                f"The query of {source} is {size:,} bytes long and Salesforce takes {_QUERY_BYTES_MAX:,}: "
                "map fewer fields under [salesforce.objects]."
            )
        answer = self._call(lambda api: api.query(query, include_deleted=True, headers=_HEADERS))
        total, received = answer.get("totalSize"), 0
        if not isinstance(total, int):
            raise Refusal(NO_JSON, 200)
        with ThreadPoolExecutor(1, "salesforce-page") as ahead:  # a page is fetched while the one before is worked on
            while True:
                records = answer.get("records")
                if not isinstance(records, list):
                    raise Refusal(NO_JSON, 200)
                received += len(records)
                is_last = answer.get("done") is not False
                if not is_last and (not records or received > total):  # so that pages end, whatever the server says
                    raise Refusal(BAD_PAGE, 200)
                following = None if is_last else ahead.submit(self._next, _next_page(answer.get("nextRecordsUrl")))
                yield Page(records, total)
                if following is None:
                    break
                answer = following.result()
        if received != total and not counts:
            raise Refusal(ROWS_MISSING, 200)

    def deleted(self, object_name: str, since: datetime, until: datetime) -> tuple[Sequence[str], datetime]:
        """Return the ids of the records deleted in that time, and up to when Salesforce knows."""
        span = {"start": _moment(since), "end": _moment(until)}
        path = f"sobjects/{object_name}/deleted/"
        answer = self._call(lambda api: api.restful(path, params=span, headers=_HEADERS))
        records = answer.get("deletedRecords")
        try:
            covered_until = datetime.fromisoformat(str(answer.get("latestDateCovered")))
        except ValueError:
            raise Refusal(NO_JSON, 200) from None
        if not isinstance(records, list) or covered_until.tzinfo is None:
            raise Refusal(NO_JSON, 200)
        return [str(each["id"]) for each in records if isinstance(each, Mapping) and "id" in each], covered_until

    def record_counts(self, names: Sequence[str]) -> dict[str, int]:
        """Return about how many records these objects have, shared with us or not; absent ones are left out."""
        asked = {"sObjects": ",".join(names)}
        answer = self._call(lambda api: api.restful("limits/recordCount", params=asked, headers=_HEADERS))
        counts = answer.get("sObjects")
        if not isinstance(counts, list):
            raise Refusal(NO_JSON, 200)
        found = [each for each in counts if isinstance(each, Mapping) and isinstance(each.get("count"), int)]
        return {str(each.get("name")): each["count"] for each in found}

    def bulk(self, method: str, job: str, body: Mapping[str, str] | None = None) -> Mapping[str, object]:
        """Make a query job (POST) or look at one. Raises `Refusal`."""
        path = f"jobs/query/{job}".rstrip("/")
        arguments = {} if body is None else {"json": dict(body)}
        return self._call(lambda api: api.restful(path, method=method, headers=_HEADERS, **arguments))

    def bulk_page(self, job: str, rows: int, locator: str) -> requests.Response:
        """Return one page of a job's result, its body not read yet. Raises `Refusal`."""
        parameters = {"maxRecords": str(rows), **({"locator": locator} if locator else {})}

        def ask(api: _Api) -> requests.Response:
            address = f"{api.base_url}jobs/query/{job}/results"
            try:
                response = self._session.get(address, params=parameters, headers=api.headers, stream=True)
            except requests.RequestException as error:
                raise unreachable(self._settings.instance.host, error) from None
            if response.status_code != 200:
                with response:
                    raise refusal_of(response.status_code, _json(response), self._traffic.retry_after_seconds)
            return response

        return self._renewing(ask)

    def within_bounds(self, response: requests.Response) -> AbstractContextManager[requests.Response]:
        """Return the answer for a block that reads its body, which is cut off when it takes too long."""
        return body_within_bounds(self._session, response)

    def end_job(self, job: str, *, is_done: bool) -> None:
        """Give up a job or its result. What fails here is left to Salesforce, which forgets jobs after 7 days."""
        method, body = ("DELETE", None) if is_done else ("PATCH", {"state": "Aborted"})
        with contextlib.suppress(SourceError, requests.RequestException):
            api = self._connected()
            self._session.request(method, f"{api.base_url}jobs/query/{job}", json=body, headers=api.headers)

    def sleep(self, seconds: float) -> None:
        """Wait, as the session does."""
        pace_of(self._session).sleep(seconds)

    def _next(self, address: str) -> Mapping[str, object]:
        return self._call(lambda api: api.query_more(address, identifier_is_url=True, headers=_HEADERS))

    def _describes(self, names: Sequence[str]) -> list[Mapping[str, object]]:
        version = f"v{self._settings.api_version}"
        body = {
            "haltOnError": False,
            "batchRequests": [{"method": "GET", "url": f"{version}/sobjects/{name}/describe"} for name in names],
        }
        answer = self._call(lambda api: api.restful("composite/batch", method="POST", json=body, headers=_HEADERS))
        results = answer.get("results")
        if not isinstance(results, list) or len(results) != len(names):
            raise Refusal(NO_JSON, 200)
        return results

    def _call(self, ask: Callable[[_Api], object]) -> Mapping[str, object]:
        """Return the answer to a call, an object of JSON. Raises `Refusal`."""
        return self._renewing(lambda api: self._asked(ask, api))

    def _renewing(self, ask: Callable[[_Api], Answer]) -> Answer:
        """Ask once; once more with a new token where the session has expired."""
        self._mind_the_allowance()
        api = self._connected()
        try:
            return ask(api)
        except Refusal as refusal:
            if refusal.status != 401 or self._settings.login == "session":
                raise
        return ask(self._connected(instead_of=api))

    def _mind_the_allowance(self) -> None:
        """Raise `LimitError` before a call that would take from what is left to others."""
        allowance, settings = self._traffic.allowance, self._settings
        if allowance is None or not allowance.total:
            return
        own = self.call_count - self._calls_before_run
        percents = (allowance.used, settings.total_calls_percent), (own, settings.run_calls_percent)
        if all(percent == 100 or 100 * used < percent * allowance.total for used, percent in percents):
            return
        raise LimitError(
            f"Salesforce: {allowance.used:,} of the organisation's {allowance.total:,} daily API calls are used, "
            f"{own:,} of them by this run; the rest is left to others. Reading goes on by itself when fewer are "
            "used, or raise salesforce.run_calls_percent and salesforce.total_calls_percent.",
            permanent=False,
            retry_after_seconds=LIMIT_SECONDS,
        )

    def _asked(self, ask: Callable[[_Api], object], api: _Api) -> Mapping[str, object]:
        """Return the answer, an object of JSON. An answer that is cut so that only its JSON tells is asked again."""
        for _ in range(_NO_JSON_TRIES):
            try:
                answer = ask(api)
            except SalesforceError as error:
                raise refusal_of(error.status, error.content, self._traffic.retry_after_seconds) from None
            except requests.RequestException as error:
                raise unreachable(self._settings.instance.host, error) from None
            except ValueError:
                continue
            if isinstance(answer, Mapping):
                return answer
        raise Refusal(NO_JSON, 200)

    def _connected(self, instead_of: _Api | None = None) -> _Api:
        """Return the library with a token, logging in where there is none or it is the one that expired."""
        with self._lock:
            if self._api is None or self._api is instead_of:
                self._api = _connect(self._settings, self._log_in(), self._session)
            return self._api

    def _log_in(self) -> Secret:
        """Return a new access token; where Salesforce changed the refresh token with it, have that kept at once."""
        # Another process may have been given a newer one since.
        self._refresh_token = self._latest_refresh_token() or self._refresh_token
        tokens = log_in(self._settings, self._session, self._clock, self._refresh_token)
        if tokens.refresh_token and tokens.refresh_token != self._refresh_token:
            self._refresh_token = tokens.refresh_token
            self._keep_refresh_token(tokens.refresh_token)
        return tokens.access_token


def open_salesforce_session(
    settings: SalesforceSettings, pace: Pace | None = None, patience: Patience | None = None
) -> requests.Session:
    """Return a session that can call this organisation's hosts and no other."""
    session = open_session(settings.allowed_hosts, repeatable_posts=_REPEATABLE_POSTS, pace=pace, patience=patience)
    instance = settings.instance
    if instance.is_loopback and instance.scheme == "http":
        # simple-salesforce always writes https://
        mount_rewrite(session, instance.origin.replace("http://", "https://", 1), instance.origin)
    return session


def _connect(settings: SalesforceSettings, token: Secret, session: requests.Session) -> _Api:
    # The address is always the one of the settings, whatever the login answered: a token goes nowhere else.
    host = settings.instance.origin.partition("://")[2]
    return _Api(session_id=token.reveal(), instance=host, version=settings.api_version, session=session)


def _moment(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds")


def _json(response: requests.Response) -> object:
    try:
        return response.json()
    except ValueError:
        return None


def _next_page(address: object) -> str:
    if not isinstance(address, str) or not _NEXT_PAGE.fullmatch(address):
        raise Refusal(BAD_PAGE, 200)
    return address


def _described(result: object) -> DescribedObject:
    if not isinstance(result, Mapping) or not isinstance(result.get("fields"), list):
        raise Refusal(NO_JSON, 200)
    fields = [_described_field(each) for each in result["fields"] if isinstance(each, Mapping)]
    return DescribedObject(
        name=str(result.get("name", "")),
        key_prefix=str(result.get("keyPrefix") or ""),
        fields={each.name: each for each in fields},
        tells_deleted=result.get("replicateable") is True,
    )


def _described_field(entry: Mapping[str, object]) -> DescribedField:
    targets = entry.get("referenceTo")
    return DescribedField(
        name=str(entry.get("name", "")),
        type=str(entry.get("type", "")),
        is_filterable=entry.get("filterable") is not False,
        is_sortable=entry.get("sortable") is not False,
        is_calculated=entry.get("calculated") is True,
        relationship=str(entry.get("relationshipName") or ""),
        refers_to=tuple(map(str, targets)) if isinstance(targets, list) else (),
    )
