"""Get tokens, each in one call, from the organisation's own token endpoint."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import jwt
import requests

from connectors.errors import CredentialsError, SourceError
from connectors.http import traffic_of
from connectors.salesforce_errors import login_error, refusal_of
from connectors.salesforce_settings import SalesforceSettings
from connectors.secret import Secret

_ASSERTION_MINUTES = 3  # Salesforce accepts no longer life
Clock = Callable[[], datetime.datetime]


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a login gives. ``refresh_token`` is empty unless Salesforce changed the one that was used."""

    access_token: Secret
    refresh_token: Secret = field(default_factory=Secret)


def log_in(
    settings: SalesforceSettings, session: requests.Session, clock: Clock, refresh_token: Secret | None = None
) -> Tokens:
    """Return a new access token. Raises `CredentialsError`, or `SourceError` where Salesforce cannot be reached.

    ``refresh_token`` is the latest one, where it is no longer that of the settings.
    """
    if settings.login == "session":
        return Tokens(settings.session_id)
    form = _form(settings, clock, refresh_token or settings.refresh_token)
    answer = ask_token(settings, session, form, settings.login)
    return Tokens(Secret(text_of(answer, "access_token")), Secret(text_of(answer, "refresh_token")))


def ask_token(
    settings: SalesforceSettings, session: requests.Session, form: Mapping[str, str], way: str
) -> Mapping[str, object]:
    """Return the answer to a login, an access token in it. ``way`` names the login, for what its refusal says.

    Raises `CredentialsError`, or `SourceError` where Salesforce cannot be reached.
    """
    host = settings.instance.host
    try:
        response = session.post(settings.token_address, data=form, auth=_basic(settings, way))
    except requests.RequestException as error:
        raise unreachable(host, error) from None
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if response.status_code != 200:
        refusal = refusal_of(response.status_code, answer, traffic_of(session).retry_after_seconds)
        raise login_error(refusal, host, way)
    if not isinstance(answer, dict) or not text_of(answer, "access_token"):
        raise CredentialsError(
            f"Salesforce at {host} answered the login without a token; it is tried again later.", permanent=False
        )
    return answer


def text_of(answer: Mapping[str, object], name: str) -> str:
    """Return a text of an answer; empty where it has none of that name."""
    value = answer.get(name)
    return value if isinstance(value, str) else ""


def unreachable(host: str, error: requests.RequestException) -> SourceError:
    """Return the error of a network that failed. Its text is ours: a library's may hold addresses with secrets."""
    if isinstance(error, requests.exceptions.SSLError):
        return SourceError(
            f"The certificate of {host} is not trusted; nothing was sent. Check salesforce.instance_url."
        )
    how = "did not answer in time" if isinstance(error, requests.Timeout) else "could not be reached"
    return SourceError(
        f"Salesforce at {host} {how}, after several tries. Check salesforce.instance_url and the network.",
        permanent=False,
    )


def _basic(settings: SalesforceSettings, way: str) -> tuple[str, str] | None:
    """Return the app's name and secret for the header, as the client credentials flow is mostly used."""
    if way != "client_credentials":
        return None
    return settings.client_id, settings.client_secret.reveal()


def _form(settings: SalesforceSettings, clock: Clock, refresh_token: Secret) -> dict[str, str]:
    """Return the body of the request for a token: a form, so that a secret is in no address and in no log."""
    if settings.login == "jwt":
        return _jwt_form(settings, clock())
    if settings.login == "client_credentials":
        return {"grant_type": "client_credentials"}
    if not refresh_token:
        raise CredentialsError(
            f"Salesforce at {settings.instance.host} is not connected yet. Run `scorecell connect salesforce`."
        )
    form = {
        "grant_type": "refresh_token",
        "client_id": settings.client_id,
        "refresh_token": refresh_token.reveal(),
    }
    return form | ({"client_secret": settings.client_secret.reveal()} if settings.client_secret else {})


def _jwt_form(settings: SalesforceSettings, now: datetime.datetime) -> dict[str, str]:
    claims = {
        "iss": settings.client_id,
        "sub": settings.username,
        "aud": settings.audience,
        "exp": int((now + datetime.timedelta(minutes=_ASSERTION_MINUTES)).timestamp()),
    }
    try:
        assertion = jwt.encode(claims, settings.private_key.reveal(), algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError):
        raise CredentialsError(
            "salesforce.private_key_file does not hold an RSA private key without a passphrase, in PEM form."
        ) from None
    return {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
