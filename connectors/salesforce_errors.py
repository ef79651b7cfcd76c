"""What Salesforce refuses, as a code we can act on and a sentence that helps. Bodies are never passed on: they may
hold customers' data or tokens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from connectors.errors import AccessError, CredentialsError, LimitError, NotFoundError, SourceError

QUERY_TIMEOUT: Final = "QUERY_TIMEOUT"
LOCATOR_EXPIRED: Final = "INVALID_QUERY_LOCATOR"
# Our own codes, for answers that are a success in form only.
NO_JSON: Final = "NO_JSON"
ROWS_MISSING: Final = "ROWS_MISSING"
JOB_FAILED: Final = "JOB_FAILED"
BAD_PAGE: Final = "BAD_PAGE"
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
LIMIT_SECONDS: Final = 900.0  # the allowance counts the last 24 hours and frees itself little by little


class Refusal(Exception):  # noqa: N818 (it is an answer; what users see is a SourceError)
    """An answer of Salesforce that is not a success: its code and status, nothing of its body."""

    def __init__(self, code: str, status: int, retry_after_seconds: float | None = None) -> None:
        super().__init__(f"{code} ({status})")
        self.code = code
        self.status = status
        self.retry_after_seconds = retry_after_seconds

    @property
    def ends_the_run(self) -> bool:
        """Whether the same would happen with every other object."""
        return self.status in {401, 420, 429, 502, 503, 504} or _meaning(self.code, self.status).ends_the_run


@dataclass(frozen=True, slots=True)
class _Meaning:
    kind: type[SourceError]
    words: str
    permanent: bool = True
    ends_the_run: bool = False


_BY_CODE: Final[Mapping[str, _Meaning]] = {
    "INVALID_SESSION_ID": _Meaning(
        CredentialsError,
        "Salesforce no longer accepts the session. Check that the integration user is active and its app allowed.",
        ends_the_run=True,
    ),
    "REQUEST_LIMIT_EXCEEDED": _Meaning(
        LimitError,
        "the organisation has used up its API calls of the last 24 hours. Reading goes on by itself when calls are "
        "free again, at the earliest in 15 minutes.",
        permanent=False,
        ends_the_run=True,
    ),
    "API_DISABLED_FOR_ORG": _Meaning(
        AccessError,
        "the API is not enabled for the integration user. Give its permission set the permission API Enabled.",
        ends_the_run=True,
    ),
    "API_CURRENTLY_DISABLED": _Meaning(
        AccessError, "the API is switched off at the moment. It is tried again later.", False, ends_the_run=True
    ),
    "SERVER_UNAVAILABLE": _Meaning(
        SourceError, "Salesforce is not available at the moment. It is tried again later.", False, ends_the_run=True
    ),
    "INVALID_TYPE": _Meaning(
        NotFoundError,
        "the object is absent or hidden from the integration user. Give its permission set read access to it.",
    ),
    "INVALID_FIELD": _Meaning(
        AccessError,
        "a field became hidden while it was read. Give the integration user's permission set read access to the "
        "fields and run it again.",
        permanent=False,
    ),
    "INSUFFICIENT_ACCESS": _Meaning(
        AccessError, "the integration user may not read it. Give its permission set read access to it."
    ),
    QUERY_TIMEOUT: _Meaning(
        SourceError, "the query ran for too long and was stopped. It is tried again with the next refresh.", False
    ),
    LOCATOR_EXPIRED: _Meaning(
        SourceError, "the pages of the query expired twice while they were read. It is tried again.", False
    ),
    "OPERATION_TOO_LARGE": _Meaning(
        AccessError,
        "the query touches too many records for the integration user's sharing rules. Give its permission set the "
        "permission View All Data.",
    ),
    ROWS_MISSING: _Meaning(
        SourceError,
        "fewer or more rows came than the query has, twice. Nothing is taken as complete; it is tried again.",
        False,
    ),
    JOB_FAILED: _Meaning(SourceError, "the bulk job failed or took too long. It is tried again.", False),
    BAD_PAGE: _Meaning(
        SourceError,
        "the next page of the query is empty or elsewhere, so it was not followed. It is tried again.",
        False,
    ),
    NO_JSON: _Meaning(SourceError, "the answer was cut short or is not JSON, three times. It is tried again.", False),
}

_LOGIN: Final[Mapping[str, str]] = {
    "invalid_client_id": "does not know this client_id. Check salesforce.client_id: the consumer key of the app.",
    "invalid_client": "does not accept the client_secret. Check salesforce.client_id and salesforce.client_secret.",
    "invalid_grant": (
        "does not accept the login. Check that the integration user is active, is chosen in the app (client "
        "credentials) or pre-authorised for it (jwt), and that the private key belongs to the app's certificate."
    ),
    "inactive_user": "says that the integration user is inactive. Activate it, or name another.",
    "inactive_org": "says that the organisation is locked or closed.",
    "invalid_app_access": "does not let the integration user use the app. Allow its profile or permission set there.",
    "unsupported_grant_type": "does not offer this login. Enable the flow in the app, and check salesforce.login.",
    "unauthorized_client": "does not offer this login to the app. Enable the flow in the app.",
    "rate_limit_exceeded": "has had too many logins of this user in an hour. It is tried again later.",
}

_INVALID_GRANT: Final[Mapping[str, str]] = {
    "refresh_token": (
        "no longer accepts the refresh token: it was revoked, replaced or has expired. "
        "Run `scorecell connect salesforce` again."
    ),
    "browser": "does not accept the login of the browser: it took too long or was used before. Run it again.",
}
"""What the same code means where no user is named in the settings."""


def refusal_of(status: int, content: object, retry_after_seconds: float | None) -> Refusal:
    """Return what an error body says: a list of errors, an OAuth error, or anything else."""
    if isinstance(content, list) and content and isinstance(content[0], Mapping):
        code = content[0].get("errorCode")
    else:
        code = content.get("error") if isinstance(content, Mapping) else None
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        code = "INVALID_SESSION_ID" if status == 401 else ""
    return Refusal(code, status, retry_after_seconds)


def in_words(refusal: Refusal, place: str) -> SourceError:
    """Return a refusal as the error that says what is wrong, at which place, and what to do."""
    meaning = _meaning(refusal.code, refusal.status)
    seconds = refusal.retry_after_seconds
    if meaning.kind is LimitError and seconds is None:
        seconds = LIMIT_SECONDS
    return meaning.kind(f"{place}: {meaning.words}", permanent=meaning.permanent, retry_after_seconds=seconds)


def reason(refusal: Refusal) -> str:
    """Return what a refusal means, without its place."""
    return _meaning(refusal.code, refusal.status).words


def login_error(refusal: Refusal, host: str, way: str = "") -> SourceError:
    """Return why a login was refused, in words; ``way`` is the login as the settings call it, or ``browser``."""
    words = _LOGIN.get(refusal.code)
    if refusal.code == "invalid_grant":
        words = _INVALID_GRANT.get(way, words)
    if refusal.status in {420, 429} or refusal.status >= 500:
        return in_words(refusal, f"Salesforce login at {host}")
    if words is None:
        shown = f" ({refusal.code})" if refusal.code else ""
        words = f"refused the login{shown}. Check the settings below [salesforce], and the login history of the user."
    return CredentialsError(f"Salesforce at {host} {words}", permanent=refusal.code != "rate_limit_exceeded")


def _meaning(code: str, status: int) -> _Meaning:
    if code in _BY_CODE:
        return _BY_CODE[code]
    if code.startswith("INSUFFICIENT_ACCESS"):
        return _BY_CODE["INSUFFICIENT_ACCESS"]
    if status == 401:
        return _BY_CODE["INVALID_SESSION_ID"]
    if status in {420, 429}:
        return _Meaning(
            LimitError, "Salesforce has too many calls at the moment. It is tried again later.", False, True
        )
    if status >= 500:
        return _Meaning(
            SourceError, f"Salesforce answered with an error of its own ({status}). It is tried again.", False
        )
    if status == 404:
        return _Meaning(
            NotFoundError, "there is nothing at this address. Check salesforce.instance_url and api_version."
        )
    return _Meaning(SourceError, f"Salesforce refused the call ({code or status}).")
