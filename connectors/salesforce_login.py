"""Get an access token, in one call, from the organisation's own token endpoint."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import jwt
import requests

from connectors.errors import CredentialsError, SourceError
from connectors.http import traffic_of
from connectors.salesforce_errors import login_error, refusal_of
from connectors.salesforce_settings import SalesforceSettings
from connectors.secret import Secret

_ASSERTION_MINUTES = 3  # Salesforce accepts no longer life
Clock = Callable[[], datetime.datetime]


def log_in(settings: SalesforceSettings, session: requests.Session, clock: Clock) -> Secret:
    """Return a new access token. Raises `CredentialsError`, or `SourceError` where Salesforce cannot be reached."""
    if settings.login == "session":
        return settings.session_id
    form = _jwt_form(settings, clock()) if settings.login == "jwt" else {"grant_type": "client_credentials"}
    login = None if settings.login == "jwt" else (settings.client_id, settings.client_secret.reveal())
    host = settings.instance.host
    try:
        response = session.post(settings.token_address, data=form, auth=login)
    except requests.RequestException as error:
        raise unreachable(host, error) from None
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if response.status_code != 200:
        raise login_error(refusal_of(response.status_code, answer, traffic_of(session).retry_after_seconds), host)
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(token, str) or not token:
        raise CredentialsError(
            f"Salesforce at {host} answered the login without a token; it is tried again later.", permanent=False
        )
    return Secret(token)


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
