"""The token endpoint: a service account's signed assertion against an access token."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs

from connectors.sandbox.google.errors import ApiError, Json, error_info
from connectors.sandbox.google.identity import SigningKey, Token, parse_token
from connectors.sandbox.google.settings import GoogleSettings
from connectors.sandbox.server import Request, Response, json_response

_AUDIENCE = "https://oauth2.googleapis.com/token"
"""What google-auth writes into every assertion, wherever the endpoint is."""
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SCOPE = "https://www.googleapis.com/auth/"
SHEETS_READ = ("drive", "drive.readonly", "drive.file", "spreadsheets", "spreadsheets.readonly")
SHEETS_WRITE = ("drive", "drive.file", "spreadsheets")
DRIVE_READ = ("drive", "drive.readonly", "drive.file", "drive.metadata", "drive.metadata.readonly")
DRIVE_WRITE = ("drive", "drive.file")
_KNOWN_SCOPES = frozenset(
    {
        *(
            _SCOPE + name
            for name in (*SHEETS_READ, *DRIVE_READ, "userinfo.email", "userinfo.profile", "script.locale")
        ),
        *("openid", "email", "profile", "https://spreadsheets.google.com/feeds"),
    }
)
_ASSERTION_SECONDS_MAX = 3_600
_SKEW_SECONDS = 300
_TOKENS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Grant:
    """Who an access token stands for, what it allows, and until when (seconds since the epoch)."""

    email: str
    scopes: frozenset[str]
    expires_at: float


class Accounts:
    """Service accounts with their keys, and the access tokens that were given out."""

    def __init__(self, settings: GoogleSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._keys: dict[str, SigningKey] = {}
        self._audiences: set[str] = {_AUDIENCE}
        self._grants: dict[str, Grant] = {}
        self._lock = threading.Lock()

    def key_file(self, token_uri: str, email: str = "") -> dict[str, str]:
        """Return the JSON key of a service account; the account is made if it is new, its key stays the same."""
        address = email or self._settings.service_account
        with self._lock:
            key = (
                self._keys.setdefault(address, SigningKey.new()) if address not in self._keys else self._keys[address]
            )
            self._audiences.add(token_uri)
        return {
            "type": "service_account",
            "project_id": address.partition("@")[2].partition(".")[0],
            "private_key_id": key.kid,
            "private_key": key.private_pem(),
            "client_email": address,
            "client_id": str(self._settings.project_number),
            "token_uri": token_uri,
            "universe_domain": "googleapis.com",
        }

    def access_token(self, email: str, *scopes: str, lifetime_seconds: float | None = None) -> str:
        """Return a new access token for an address, as a user's consent would give; full or short scope names."""
        lifetime = self._settings.access_token_lifetime_seconds if lifetime_seconds is None else lifetime_seconds
        full = frozenset(scope if scope in _KNOWN_SCOPES else _SCOPE + scope for scope in scopes)
        token = "ya29.sandbox-" + secrets.token_urlsafe(32)
        with self._lock:
            if len(self._grants) >= _TOKENS_MAX:
                del self._grants[next(iter(self._grants))]
            self._grants[token] = Grant(email, full, self._clock() + lifetime)
        return token

    def revoke_tokens(self) -> None:
        """Make every access token invalid, as if it had expired."""
        with self._lock:
            self._grants.clear()

    def authorised(self, request: Request, scopes: tuple[str, ...]) -> Grant:
        """Return who calls, if one of the scopes was granted. Raises `ApiError` 401 or 403."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if not token:
            raise _unauthenticated("Request is missing required authentication credential.", "CREDENTIALS_MISSING")
        grant = self._grants.get(token.strip()) if scheme.lower() == "bearer" else None
        if grant is None or grant.expires_at <= self._clock():
            raise _unauthenticated("Request had invalid authentication credentials.", "ACCESS_TOKEN_INVALID")
        if not any(_SCOPE + scope in grant.scopes for scope in scopes):
            detail = error_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT")
            raise ApiError(403, "Request had insufficient authentication scopes.", [detail])
        return grant

    def token_response(self, request: Request) -> Response:
        """Answer ``POST /token``."""
        form = parse_qs(request.body.decode("utf-8", "replace"), max_num_fields=20)
        grant_type, assertion = (form.get(name, [""])[0] for name in ("grant_type", "assertion"))
        if grant_type != GRANT:
            return _refused("unsupported_grant_type", f"Invalid grant_type: {grant_type}")
        token = parse_token(assertion)
        if token is None:
            return _refused("invalid_grant", "Invalid JWT: Failed to parse the assertion.")
        refusal = self._refusal(token)
        if refusal is not None:
            return refusal
        scopes = str(token.claims["scope"]).split()
        access_token = self.access_token(str(token.claims["iss"]), *scopes)
        lifetime = self._settings.access_token_lifetime_seconds
        return json_response({"access_token": access_token, "expires_in": lifetime, "token_type": "Bearer"})

    def _refusal(self, token: Token) -> Response | None:
        claims = token.claims
        key = self._keys.get(str(claims.get("iss", "")))
        if key is None:
            return _refused("invalid_grant", "Invalid grant: account not found")
        if token.header.get("kid", key.kid) != key.kid or not token.is_signed_by(key):
            return _refused("invalid_grant", "Invalid JWT Signature.")
        if claims.get("aud") not in self._audiences:
            text = f"Invalid JWT: Failed audience check. The right audience is {_AUDIENCE}"
            return _refused("invalid_grant", text)
        if not self._is_timely(claims):
            text = "Token must be a short-lived token (60 minutes) and in a reasonable timeframe."
            return _refused("invalid_grant", f"Invalid JWT: {text} Check your iat and exp values in the JWT claim.")
        scopes = str(claims.get("scope", "")).split()
        if not scopes or not _KNOWN_SCOPES.issuperset(scopes):
            return _refused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return None

    def _is_timely(self, claims: Json) -> bool:
        issued, expires, now = claims.get("iat"), claims.get("exp"), self._clock()
        if not isinstance(issued, int | float) or not isinstance(expires, int | float):
            return False
        is_short = 0 < expires - issued <= _ASSERTION_SECONDS_MAX
        return is_short and issued - _SKEW_SECONDS <= now < expires + _SKEW_SECONDS


def _unauthenticated(text: str, reason: str) -> ApiError:
    expected = "Expected OAuth 2 access token, login cookie or other valid authentication credential."
    more = "See https://developers.google.com/identity/sign-in/web/devconsole-project."
    challenge = {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'}
    return ApiError(401, f"{text} {expected} {more}", [error_info(reason)], challenge)


def _refused(error: str, description: str) -> Response:
    return json_response({"error": error, "error_description": description}, 400)
