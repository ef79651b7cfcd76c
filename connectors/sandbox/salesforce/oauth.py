"""The logins: client credentials, JWT bearer, a browser with PKCE, refresh token; refused as the real org does."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote_plus, urlencode

import orjson
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from connectors.sandbox.salesforce.org import SalesforceOrg
from connectors.sandbox.salesforce.settings import ConnectedApp
from connectors.sandbox.salesforce.tokens import Code, Tokens
from connectors.sandbox.server import Request, Response, json_response

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_JWT_SECONDS_MAX = 300.0
_FORM_FIELDS_MAX = 50


class OAuthError(Exception):
    """A login that is refused: the code, and the description, as they are sent."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


@dataclass(frozen=True, slots=True)
class OAuth:
    """The logins of one org."""

    org: SalesforceOrg
    apps: Mapping[str, ConnectedApp]
    tokens: Tokens

    def token(
        self, request: Request, instance_url: str, audiences: frozenset[str], now: float, *, rotates: bool = False
    ) -> Response:
        """Answer a login. ``now`` is in seconds since 1970, of the wall clock that clients sign with.

        ``rotates``: a refresh token is replaced when it is used.
        """
        try:
            return json_response(self._grant(_form(request), instance_url, audiences, now, rotates=rotates))
        except OAuthError as error:
            return json_response({"error": error.code, "error_description": error.description}, 400)

    def _grant(
        self, form: Mapping[str, str], instance_url: str, audiences: frozenset[str], now: float, *, rotates: bool
    ) -> object:
        grant = form.get("grant_type", "")
        if grant == "client_credentials":
            app = self._app(form, needs_secret=True)
            if not app.run_as:
                raise OAuthError("invalid_grant", "no client credentials user enabled")
            username = app.run_as
        elif grant == JWT_BEARER:
            username = self._jwt_user(form.get("assertion", ""), audiences, now)
        elif grant == "authorization_code":
            app = self._app(form, needs_secret=False)
            self._check_code(form)
            refresh = {"refresh_token": self.tokens.mint_refresh(app.client_id)}
            return {**self._answer(app.run_as, instance_url, now), **refresh}
        elif grant == "refresh_token":
            app = self._app(form, needs_secret=False)
            if not self.tokens.refreshes(form.get("refresh_token", ""), app.client_id):
                raise OAuthError("invalid_grant", "expired access/refresh token")
            username = app.run_as
            if rotates:
                self.tokens.revoke(form["refresh_token"])
                refresh = {"refresh_token": self.tokens.mint_refresh(app.client_id)}
                return {**self._answer(username, instance_url, now), **refresh}
        else:
            raise OAuthError("unsupported_grant_type", "grant type not supported")
        return self._answer(username, instance_url, now)

    def authorize(self, request: Request) -> Response:
        """Answer a browser that wants to log in: it is sent back with a code at once, for the app's user."""
        app = self.apps.get(request.parameter("client_id"))
        redirect_uri = request.parameter("redirect_uri")
        if app is None or redirect_uri not in app.redirect_uris:
            return json_response({"error": "redirect_uri_mismatch"}, 400)
        answer = {"state": request.parameter("state")}
        challenge, method = request.parameter("code_challenge"), request.parameter("code_challenge_method", "S256")
        if request.parameter("response_type") != "code" or not challenge or method != "S256":
            answer |= {"error": "invalid_request", "error_description": "missing required code challenge"}
        else:
            answer["code"] = self.tokens.mint_code(Code(app.client_id, redirect_uri, challenge))
        return Response(302, {"Location": f"{redirect_uri}?{urlencode(answer)}"})

    def _check_code(self, form: Mapping[str, str]) -> None:
        code = self.tokens.take_code(form.get("code", ""))
        if code is None or code.client_id != form.get("client_id"):
            raise OAuthError("invalid_grant", "invalid authorization code")
        if code.redirect_uri != form.get("redirect_uri"):
            raise OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=")
        if not hmac.compare_digest(challenge, code.challenge.rstrip("=").encode()):
            raise OAuthError("invalid_grant", "invalid code verifier")

    def _app(self, form: Mapping[str, str], *, needs_secret: bool) -> ConnectedApp:
        app = self.apps.get(form.get("client_id", ""))
        if app is None:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        given = form.get("client_secret", "")
        if (needs_secret or given) and not hmac.compare_digest(given.encode(), app.client_secret.encode()):
            raise OAuthError("invalid_client", "invalid client credentials")
        return app

    def _jwt_user(self, assertion: str, audiences: frozenset[str], now: float) -> str:
        claims, signed, signature = _jwt(assertion)
        app = self.apps.get(str(claims.get("iss", "")))
        if app is None or not app.public_key:
            raise OAuthError("invalid_client_id", "client identifier invalid")
        if not _is_signed_by(app.public_key, signed, signature):
            raise OAuthError("invalid_grant", "invalid assertion")
        audience = claims.get("aud", "")
        given = audience if isinstance(audience, list) else [audience]
        if not any(str(each).rstrip("/") in audiences for each in given):
            raise OAuthError("invalid_grant", "audience is invalid")
        if not now < _seconds(claims.get("exp")) <= now + _JWT_SECONDS_MAX:
            raise OAuthError("invalid_grant", "expired authorization code")
        username = str(claims.get("sub") or claims.get("prn") or "")
        allowed = not app.usernames or username in app.usernames
        if not allowed or self._user_id(username) is None:
            raise OAuthError("invalid_grant", "user hasn't approved this consumer")
        return username

    def _user_id(self, username: str) -> str | None:
        users = self.org.table("User")
        for row in users.rows.values() if users else ():
            values = users.named(row) if users else {}
            if str(values.get("Username", "")).lower() == username.lower() and values.get("IsActive"):
                return str(values["Id"])
        return None

    def _answer(self, username: str, instance_url: str, now: float) -> Mapping[str, str]:
        organization = str(self.org.organization.get("Id") or "00D000000000001EAA")
        identity = f"https://login.salesforce.com/id/{organization}/{self._user_id(username) or '005000000000001AAA'}"
        issued_at = str(int(now * 1000))
        key = hashlib.sha256(organization.encode()).digest()
        signature = hmac.new(key, f"{identity}{issued_at}".encode(), hashlib.sha256).digest()
        return {
            "access_token": self.tokens.mint(),
            "signature": base64.b64encode(signature).decode(),
            "scope": "api",
            "instance_url": instance_url,
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued_at,
        }


def _form(request: Request) -> Mapping[str, str]:
    """Return the fields of the body, with the client's name and secret out of the header where they stand there."""
    try:
        fields = parse_qs(request.body.decode("utf-8"), keep_blank_values=True, max_num_fields=_FORM_FIELDS_MAX)
    except ValueError as error:
        raise OAuthError("invalid_request", "the body is not a form") from error
    form = {name: values[0] for name, values in fields.items()}
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(encoded, validate=True).decode("utf-8").partition(":")
        except (binascii.Error, ValueError) as error:
            raise OAuthError("invalid_client", "invalid client credentials") from error
        form |= {"client_id": unquote_plus(client_id), "client_secret": unquote_plus(secret)}
    return form


def _jwt(assertion: str) -> tuple[Mapping[str, object], bytes, bytes]:
    """Return the claims of a JWT, the bytes that were signed, and the signature; nothing is verified yet."""
    parts: Sequence[str] = assertion.split(".")
    try:
        header, claims, signature = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts)
        head, body = orjson.loads(header), orjson.loads(claims)
    except (ValueError, binascii.Error) as error:
        raise OAuthError("invalid_grant", "invalid assertion") from error
    if not isinstance(head, dict) or not isinstance(body, dict) or head.get("alg") != "RS256":
        raise OAuthError("invalid_grant", "invalid assertion")
    return body, ".".join(parts[:2]).encode(), signature


def _is_signed_by(pem: bytes, signed: bytes, signature: bytes) -> bool:
    if b"BEGIN CERTIFICATE" in pem:
        key = x509.load_pem_x509_certificate(pem).public_key()
    else:
        key = serialization.load_pem_public_key(pem)  # type: ignore[assignment] # narrowed in the next line
    if not isinstance(key, rsa.RSAPublicKey):
        raise OAuthError("invalid_grant", "invalid assertion")
    try:
        key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _seconds(given: object) -> float:
    """Return the moment in a claim, which some clients write as a text; 0 where it is no number."""
    try:
        return float(str(given))
    except ValueError:
        return 0.0


def wall_clock() -> float:
    """Return the seconds since 1970."""
    return time.time()
