"""The one way out: a requests session with timeouts, bounded retries, allowed hosts and bounded answers.

Whatever library uses the session, each call passes our `Gate`. It refuses a host that is not allowed before a byte
leaves, follows no redirect, gives every call a timeout, repeats what may be repeated a bounded number of times, and
keeps the count.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Final

import requests
from requests.adapters import HTTPAdapter

from connectors.addresses import AllowedHosts, check_address, parse_address
from connectors.errors import SourceError
from connectors.sockets import POOLS

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
# Answers after which the same call may succeed. 406 and 420 are what Salesforce's edge says when it is overrun.
_TRANSIENT: Final = frozenset({406, 408, 420, 429, 500, 502, 503, 504})
_NOT_DONE: Final = frozenset({420, 429})  # the call was turned away: even a write may be repeated
_BROKEN: Final = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)
_CHUNK_BYTES: Final = 1 << 18
_Outcome = requests.Response | requests.RequestException


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a call may take and how often it is tried. All bounds hold together; the first one met ends it."""

    tries: int = 5
    connect_seconds: float = 5.0
    read_seconds: float = 60.0  # between two pieces of an answer
    body_seconds: float = 300.0  # for one whole answer, so that a trickle ends too
    call_seconds: float = 300.0  # after this no new try begins
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 20.0
    waits_seconds: float = 60.0  # all waiting between the tries of one call
    body_bytes: int = 200_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """Time and chance, handed in so that tests need neither."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class Allowance:
    """The calls an organisation has used and may use in 24 hours."""

    used: int
    total: int


class Traffic:
    """What has gone over a session so far. Every try that left counts as a call."""

    def __init__(self) -> None:
        self.call_count = 0
        self.server_time: datetime | None = None
        self.allowance: Allowance | None = None
        self.retry_after_seconds: float | None = None
        self._lock = threading.Lock()

    def count(self) -> None:
        """Note that a call leaves."""
        with self._lock:
            self.call_count += 1

    def note(self, response: requests.Response) -> None:
        """Keep what the headers of an answer tell: the server's time, the allowance, how long to wait."""
        self.server_time = _server_time(response.headers) or self.server_time
        self.allowance = _allowance(response.headers) or self.allowance
        self.retry_after_seconds = _retry_after_seconds(response.headers)


class Gate(HTTPAdapter):
    """The adapter that every call passes; see the module. ``rewrites`` are added by `mount_rewrite`."""

    def __init__(
        self,
        allowed: AllowedHosts,
        patience: Patience,
        pace: Pace,
        repeatable_posts: tuple[str, ...],
    ) -> None:
        super().__init__(max_retries=0)
        self.poolmanager.pool_classes_by_scheme = POOLS
        self.traffic = Traffic()
        self.rewrites: dict[str, str] = {}
        self._allowed = allowed
        self.patience = patience
        self.pace = pace
        self._repeatable_posts = repeatable_posts

    def send(  # noqa: PLR0917 (the base class's form)
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a call, repeating it within the bounds; return the last answer or raise the last error.

        Raises `SourceError` for a host that is not allowed, a redirect, or an answer that is too large.
        """
        request = self._addressed(request)
        timeout = timeout or (self.patience.connect_seconds, self.patience.read_seconds)
        started, waited = self.pace.clock(), 0.0
        for tries in itertools.count(1):
            self.traffic.count()
            outcome: _Outcome
            try:
                outcome = super().send(request, stream, timeout, verify, cert, proxies)
                self._take(outcome, stream)
            except _BROKEN as broken:
                outcome = broken
            wait = self._wait(request, tries, outcome)
            late = self.pace.clock() - started > self.patience.call_seconds
            if wait is None or late or waited + wait > self.patience.waits_seconds:
                break
            self.pace.sleep(wait)
            waited += wait
        if isinstance(outcome, requests.RequestException):
            raise outcome
        return outcome

    def _addressed(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Return the call with its address checked, and rewritten where asked."""
        address = parse_address(request.url or "")
        target = self.rewrites.get(address.origin)
        if target is None:
            check_address(request.url or "", self._allowed)
            return request
        request = request.copy()
        request.url = target + address.rest
        return request

    def _take(self, response: requests.Response, stream: bool) -> None:
        """Note the headers, refuse a redirect, and read the body within its bounds."""
        self.traffic.note(response)
        if response.status_code in _REDIRECTS:
            response.close()
            raise SourceError(_redirect_words(response))
        if not stream:
            _read_body(response, self.patience)

    def _wait(self, request: requests.PreparedRequest, tries: int, outcome: _Outcome) -> float | None:
        """Return how many seconds to wait before the next try, or None if this outcome stands."""
        if tries >= self.patience.tries or not self._may_repeat(request, outcome):
            return None
        asked = _retry_after_seconds(outcome.headers) if isinstance(outcome, requests.Response) else None
        if asked is not None:
            return asked
        longest = min(self.patience.longest_wait_seconds, self.patience.first_wait_seconds * 2.0 ** (tries - 1))
        return self.pace.chance() * longest

    def _may_repeat(self, request: requests.PreparedRequest, outcome: _Outcome) -> bool:
        """Whether the call may succeed if it is sent again, and nothing is done twice by it."""
        if isinstance(outcome, requests.Response):
            if outcome.status_code not in _TRANSIENT:
                return False
            was_not_done = outcome.status_code in _NOT_DONE
        elif isinstance(outcome, requests.exceptions.SSLError):
            return False
        else:
            was_not_done = isinstance(outcome, requests.ConnectTimeout)
        path = (request.url or "").partition("?")[0].rstrip("/")
        is_marked = request.method == "POST" and path.endswith(self._repeatable_posts)
        return was_not_done or is_marked or request.method in {"GET", "HEAD"}


def open_session(
    allowed: AllowedHosts,
    *,
    repeatable_posts: tuple[str, ...] = (),
    patience: Patience | None = None,
    pace: Pace | None = None,
) -> requests.Session:
    """Return a new session whose every call passes the `Gate`.

    GET and HEAD are repeated; of the POSTs only those whose path ends with one of ``repeatable_posts``.
    """
    session = requests.Session()
    guard_session(session, allowed, repeatable_posts=repeatable_posts, patience=patience, pace=pace)
    return session


def guard_session(
    session: requests.Session,
    allowed: AllowedHosts,
    *,
    repeatable_posts: tuple[str, ...] = (),
    patience: Patience | None = None,
    pace: Pace | None = None,
) -> Traffic:
    """Put the `Gate` into a session that a library made, and return the count of its calls.

    Proxies, .netrc and other settings of the environment are not used, and cookies are not kept.
    """
    gate = Gate(allowed, patience or Patience(), pace or Pace(), repeatable_posts)
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.adapters.clear()
    session.mount("https://", gate)
    session.mount("http://", gate)
    return gate.traffic


def traffic_of(session: requests.Session) -> Traffic:
    """Return the count of the calls of a session made or guarded here."""
    return _gate_of(session).traffic


def pace_of(session: requests.Session) -> Pace:
    """Return the time that a session made or guarded here goes by."""
    return _gate_of(session).pace


def mount_rewrite(session: requests.Session, origin: str, target: str) -> None:
    """Send what a library addresses to ``origin`` to ``target`` on this machine instead.

    Both are ``scheme://host[:port]``. For stand-ins only: a target that is not this machine is refused.
    """
    check_address(target, AllowedHosts(loopback=True))
    _gate_of(session).rewrites[parse_address(origin).origin] = parse_address(target).origin


@contextlib.contextmanager
def body_within_bounds(session: requests.Session, response: requests.Response) -> Iterator[requests.Response]:
    """Give a streamed answer to a block that reads its body; it is cut off when that takes too long.

    Raises `requests.ReadTimeout` then.
    """
    with _deadline(response, _gate_of(session).patience.body_seconds) as is_over:
        yield response
        if is_over():
            raise requests.ReadTimeout("The answer came too slowly.")


def _gate_of(session: requests.Session) -> Gate:
    gate = session.get_adapter("https://")
    if not isinstance(gate, Gate):
        raise TypeError("The session was not made by open_session or guard_session.")
    return gate


def _read_body(response: requests.Response, patience: Patience) -> None:
    """Read the whole body into the response, so that a break counts as a failed try and a size as an error."""
    size, pieces = 0, []
    with _deadline(response, patience.body_seconds) as is_over:
        for piece in response.iter_content(_CHUNK_BYTES):
            size += len(piece)
            if size > patience.body_bytes:
                raise SourceError(
                    f"{_host(response)} answered with more than {patience.body_bytes:,} bytes; given up."
                )
            pieces.append(piece)
    if is_over():
        raise requests.ReadTimeout("The answer came too slowly.")
    response._content = b"".join(pieces)  # what `Response.content` does when it is first asked


@contextlib.contextmanager
def _deadline(response: requests.Response, seconds: float) -> Iterator[Callable[[], bool]]:
    """Cut the answer off after so many seconds: a timeout between two pieces alone would let a trickle go on."""
    over = threading.Event()

    def cut() -> None:
        over.set()
        with contextlib.suppress(OSError, ValueError, RuntimeError):  # it may have ended at this very moment
            response.raw.shutdown()

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield over.is_set
    except _BROKEN as broken:
        if over.is_set():
            raise requests.ReadTimeout("The answer came too slowly.") from broken
        raise
    finally:
        timer.cancel()
        response.close()


def _redirect_words(response: requests.Response) -> str:
    """Return a sentence that names the other host but shows nothing of its path, which may hold secrets."""
    target = re.match(r"https?://([A-Za-z0-9.-]+)", response.headers.get("Location", ""))
    where = f" to {target[1]}" if target else ""
    return (
        f"{_host(response)} answered with a redirect{where}, which is not followed; "
        "check the address in the settings."
    )


def _host(response: requests.Response) -> str:
    return parse_address(response.url).host


def _server_time(headers: Mapping[str, str]) -> datetime | None:
    try:
        moment = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _allowance(headers: Mapping[str, str]) -> Allowance | None:
    found = re.search(r"(?<!app-)\bapi-usage=(\d{1,12})/(\d{1,12})", headers.get("Sforce-Limit-Info", ""))
    return Allowance(int(found[1]), int(found[2])) if found else None


def _retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return what Retry-After asks for, in seconds or as a moment against the answer's own Date."""
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    now = _server_time(headers) or datetime.now(UTC)
    return max(0.0, ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds())
