"""Log in through a browser, once: the web server flow with a proof key (PKCE, S256), for a lasting refresh token."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

import requests

from connectors.addresses import parse_address
from connectors.errors import CredentialsError, SourceError
from connectors.salesforce_login import ask_token, text_of
from connectors.salesforce_settings import SalesforceSettings
from connectors.secret import Secret

_SCOPES: Final = "api refresh_token"
_CODE: Final = re.compile(r"[a-z_]{1,60}")


@dataclass(frozen=True, slots=True)
class WebLogin:
    """A login that a browser is sent to. ``redirect_uri`` is where it comes back, as registered with the app.

    ``state`` comes back with it and proves that the answer is to this login; the proof key never leaves but to
    exchange the code, over the same host that tokens are always asked for.
    """

    settings: SalesforceSettings
    redirect_uri: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    proof_key: Secret = field(default_factory=lambda: Secret(secrets.token_urlsafe(64)))

    @property
    def address(self) -> str:
        """Return where the browser goes. Nothing in it is a secret."""
        digest = hashlib.sha256(self.proof_key.reveal().encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": _SCOPES,
            "state": self.state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{self.settings.authorize_address}?{urlencode(asked)}"

    def refresh_token(self, answer: Mapping[str, str], session: requests.Session) -> Secret:
        """Exchange what the browser brought back for a refresh token; one call.

        Raises `CredentialsError` for a login that was declined, is not this organisation's, or does not last.
        """
        host = self.settings.instance.host
        code = answer.get("code", "")
        if not code:
            raise _declined(answer.get("error", ""), host)
        form = {
            "grant_type": "authorization_code",
            "client_id": self.settings.client_id,
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.proof_key.reveal(),
        }
        form |= {"client_secret": self.settings.client_secret.reveal()} if self.settings.client_secret else {}
        given = ask_token(self.settings, session, form, "browser")
        self._check_organisation(text_of(given, "instance_url"))
        token = text_of(given, "refresh_token")
        if not token:
            raise CredentialsError(
                f"Salesforce at {host} gave no refresh token. Give the app the OAuth scope refresh_token, and a "
                "policy that lets it last until it is revoked."
            )
        return Secret(token)

    def _check_organisation(self, instance_url: str) -> None:
        """Refuse the token of another organisation: whoever logs in chooses it, not we."""
        try:
            host = parse_address(instance_url).host
        except SourceError:
            host = "an organisation that was not named"
        if host != self.settings.instance.host:
            raise CredentialsError(
                f"The login in the browser was for {host}, but salesforce.instance_url is "
                f"{self.settings.instance.origin}. Log out there and run it again, or change the setting."
            )


def _declined(code: str, host: str) -> CredentialsError:
    """Return why the browser brought no code."""
    if code == "access_denied":
        return CredentialsError(f"The login at {host} was declined in the browser; nothing is connected.")
    shown = f" ({code})" if _CODE.fullmatch(code) else ""
    return CredentialsError(
        f"Salesforce at {host} did not finish the login{shown}. Check the app's callback URL, scopes and policies."
    )
