"""Who calls: Google's tokens checked by a table of claims. What a check does not cover is refused, not passed.

Two tokens reach us. The *system* token proves that Google's add-on service calls our endpoint; the *user* token says
which user it calls for. A custom function has neither: it signs with its spreadsheet's key (see `addon.keys`).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NewType

import requests
from google.auth import exceptions as google_exceptions
from google.auth import jwt as google_jwt

from addon.errors import AddonError, NotAllowedError
from addon.settings import Settings
from connectors.addresses import AllowedHosts, parse_address
from connectors.errors import SourceError
from connectors.http import Patience, open_session

Claims = NewType("Claims", Mapping[str, object])
"""The claims of a token whose signature, times and audience have been verified."""

ADDON_ENDPOINTS: Final = ("home", "granted", "act/show", "act/refresh", "act/explain", "act/grant")
"""What of us the add-on service calls, under ``/addon/``."""
_ISSUERS: Final = frozenset({"https://accounts.google.com", "accounts.google.com"})
_SKEW_SECONDS: Final = 60
_MOST_TOKEN_BYTES: Final = 16_384
_LEAST_FETCH_SECONDS: Final = 60.0
"""How soon an unknown key id may make us fetch the certificates again: a forger must not make us ask Google."""
_LEAST_RETRY_SECONDS: Final = 10.0
"""How soon they are asked for again after that failed: while Google is away, callers are told so at once."""
_LONGEST_CACHE_SECONDS: Final = 86_400.0


class Certificates:
    """Google's signing certificates by key id, kept as long as their answer says, fetched by one thread at a time."""

    def __init__(self, url: str, session: requests.Session, clock: Callable[[], float]) -> None:
        self._url = url
        self._session = session
        self._clock = clock
        self._lock = threading.Lock()
        self._by_id: dict[str, str] = {}
        self._fetched_at = float("-inf")
        self._good_until = float("-inf")
        self._failed_at = float("-inf")

    def get(self, key_id: str) -> str | None:
        """Return the certificate of this key in PEM, or None. Raises `AddonError` when Google cannot be asked."""
        with self._lock:
            now = self._clock()
            is_new_key = key_id not in self._by_id and now - self._fetched_at >= _LEAST_FETCH_SECONDS
            if now >= self._good_until or is_new_key:
                self._fetch(now)
            return self._by_id.get(key_id)

    def _fetch(self, now: float) -> None:
        away = AddonError("Google's certificates cannot be fetched just now; try again in a minute.")
        if now - self._failed_at < _LEAST_RETRY_SECONDS:
            raise away
        self._fetched_at = now
        try:
            response = self._session.get(self._url)
            response.raise_for_status()
            document = response.json()
        except (requests.RequestException, SourceError, ValueError) as error:
            self._failed_at = now
            raise away from error
        self._by_id = {str(key): str(value) for key, value in document.items()}
        self._good_until = now + _max_age(response.headers.get("Cache-Control", ""))


def _max_age(header: str) -> float:
    found = re.search(r"max-age=(\d{1,9})", header)
    return min(float(found.group(1)), _LONGEST_CACHE_SECONDS) if found else _LEAST_FETCH_SECONDS


Check = Callable[[object], bool]


@dataclass(frozen=True, slots=True)
class TokenKind:
    """What a kind of token must say: its audiences, and a check for each claim; a claim that is absent fails."""

    audiences: frozenset[str]
    checks: Mapping[str, Check] = field(default_factory=dict)


def _one_of(texts: frozenset[str]) -> Check:
    """Return the check that a claim is one of these texts; a list that holds one of them is not."""
    return lambda value: isinstance(value, str) and value in texts


def system_token_kind(settings: Settings) -> TokenKind:
    """Return what the add-on service's own token must say: that it was made for one of our endpoints.

    These are ``google.addon_audiences``, or else the add-on's endpoints under ``web.public_url``.
    """
    account = settings.text("google", "addon_service_account")
    base = settings.text("web", "public_url").rstrip("/")
    own = [f"{base}/addon/{name}" for name in ADDON_ENDPOINTS] if base else []
    return TokenKind(
        frozenset(settings.words("google", "addon_audiences") or own),
        {
            "iss": _one_of(_ISSUERS),
            "email": _one_of(frozenset({account}) - {""}),
            "email_verified": lambda value: value is True,
        },
    )


def user_token_kind(settings: Settings) -> TokenKind:
    """Return what a user's token must say: made for us, of a verified user of an allowed domain."""
    client_ids = (client_id.strip() for client_id in settings.text("google", "client_id").split(","))
    domains = frozenset(settings.words("google", "allowed_domains"))
    return TokenKind(
        frozenset(client_id for client_id in client_ids if client_id),
        {
            "iss": _one_of(_ISSUERS),
            "sub": lambda value: isinstance(value, str) and value != "",
            "email": lambda value: isinstance(value, str) and "@" in value,
            "email_verified": lambda value: value is True,
            "hd": _one_of(domains),
        },
    )


class Verifier:
    """Verifies one kind of token."""

    def __init__(self, kind: TokenKind, certificates: Certificates) -> None:
        self._kind = kind
        self._certificates = certificates

    def claims(self, token: str) -> Claims:
        """Return the token's claims. Raises `NotAllowedError`, which says no more than that it was not accepted."""
        refused = NotAllowedError("The Google token of this request was not accepted.")
        if not self._kind.audiences or not self._kind.checks or not 0 < len(token) <= _MOST_TOKEN_BYTES:
            raise refused
        try:
            header = google_jwt.decode_header(token)
            claims = self._verified(token, header)
        except (google_exceptions.GoogleAuthError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            # A forged token may hold any JSON in any place; whatever it breaks, it is refused.
            raise refused from None
        if claims is None or not all(check(claims.get(name)) for name, check in self._kind.checks.items()):
            raise refused
        return claims

    def _verified(self, token: str, header: Mapping[str, object]) -> Claims | None:
        key_id = header.get("kid")
        if header.get("alg") != "RS256" or not isinstance(key_id, str) or not key_id:
            return None
        certificate = self._certificates.get(key_id)
        if certificate is None:
            return None
        claims = google_jwt.decode(
            token,
            certs={key_id: certificate},
            verify=True,
            audience=sorted(self._kind.audiences),
            clock_skew_in_seconds=_SKEW_SECONDS,
        )
        return Claims(claims) if isinstance(claims, Mapping) and isinstance(claims.get("aud"), str) else None


def open_certificates(url: str, clock: Callable[[], float]) -> Certificates:
    """Return the certificates at ``google.certs_url``: https, or plain http on this machine only."""
    address = parse_address(url)
    allowed = AllowedHosts(names=frozenset({address.host}), loopback=address.is_loopback)
    session = open_session(allowed, patience=Patience(tries=2, read_seconds=5, body_seconds=10, waits_seconds=2))
    return Certificates(url, session, clock)
