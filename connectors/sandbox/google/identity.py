"""Keys and tokens that are signed: RS256 tokens, Google's rotating signing keys and their certificates."""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from connectors.sandbox.google.errors import Json
from connectors.sandbox.google.settings import GoogleSettings

ISSUER = "https://accounts.google.com"
_CERTIFICATE_DAYS = 30
_KEYS_MAX = 4


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """An RSA key and the id that tokens name it by."""

    kid: str
    private_key: rsa.RSAPrivateKey

    @classmethod
    def new(cls) -> SigningKey:
        """Return a fresh key of 2048 bits."""
        private_key = rsa.generate_private_key(public_exponent=65_537, key_size=2048)
        public = private_key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return cls(hashlib.sha256(public).hexdigest()[:40], private_key)

    def private_pem(self) -> str:
        """Return the private key as it stands in a service account's JSON key."""
        pem = self.private_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return pem.decode()

    def certificate_pem(self, now: float) -> str:
        """Return a self-signed certificate of the key that is valid around now."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "federated-signon.system.gserviceaccount.com")])
        at = datetime.datetime.fromtimestamp(now, datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.private_key.public_key())
            .serial_number(int(self.kid[:16], 16))
            .not_valid_before(at - datetime.timedelta(days=1))
            .not_valid_after(at + datetime.timedelta(days=_CERTIFICATE_DAYS))
            .sign(self.private_key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode()

    def signed(self, claims: Json, **header: str) -> str:
        """Return the claims as a signed token. Header members can be overridden, to forge wrong ones."""
        head = {"alg": "RS256", "kid": self.kid, "typ": "JWT", **header}
        content = f"{_encoded(head)}.{_encoded(claims)}"
        signature = self.private_key.sign(content.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{content}.{_base64(signature)}"


@dataclass(frozen=True, slots=True)
class Token:
    """A token taken apart; nothing about it is verified yet."""

    header: Json
    claims: Json
    content: bytes
    signature: bytes

    def is_signed_by(self, key: SigningKey) -> bool:
        """Return whether the signature is this key's, with RS256."""
        if self.header.get("alg") != "RS256":
            return False
        try:
            public_key = key.private_key.public_key()
            public_key.verify(self.signature, self.content, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        return True


def parse_token(text: str) -> Token | None:
    """Return the parts of a token, or None if it is not one."""
    parts = text.split(".")
    if len(parts) != 3:
        return None
    try:
        header, claims = (json.loads(_decoded(part)) for part in parts[:2])
        signature = _decoded(parts[2])
    except (ValueError, binascii.Error):
        return None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        return None
    return Token(header, claims, f"{parts[0]}.{parts[1]}".encode(), signature)


def _encoded(value: Json) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


class IdTokens:
    """Google as an issuer of ID tokens: what it signs, and the certificates to check it with."""

    def __init__(self, settings: GoogleSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._keys: list[SigningKey] = []
        self._lock = threading.Lock()

    @property
    def key(self) -> SigningKey:
        """Return the key that signs now. The first is made when it is first asked for."""
        with self._lock:
            if not self._keys:
                self._keys.append(SigningKey.new())
            return self._keys[-1]

    def rotate(self, *, retires_old: bool = False) -> SigningKey:
        """Sign with a new key from now on. The old certificates stay, unless they are retired."""
        with self._lock:
            kept = [] if retires_old else self._keys[-(_KEYS_MAX - 1) :]
            self._keys = [*kept, SigningKey.new()]
            return self._keys[-1]

    def certificates(self) -> dict[str, str]:
        """Return the certificates by key id, as ``/oauth2/v1/certs`` answers."""
        newest = self.key
        with self._lock:
            keys = list(self._keys) or [newest]
        return {key.kid: key.certificate_pem(self._clock()) for key in keys}

    def minted(self, audience: str, **claims: object) -> str:
        """Return an ID token for the audience; claims add to or override the usual ones, None takes one away."""
        now = int(self._clock())
        lifetime = self._settings.id_token_lifetime_seconds
        usual: Json = {"iss": ISSUER, "aud": audience, "iat": now, "exp": now + lifetime}
        merged = {**usual, **claims}
        return self.key.signed({name: value for name, value in merged.items() if value is not None})

    def system_token(self, endpoint_url: str, **claims: object) -> str:
        """Return the token by which Google shows an add-on's endpoint that it is Google who calls."""
        email = self._settings.addon_service_account
        own = {"email": email, "email_verified": True, "sub": _subject(email), "azp": _subject(email)}
        return self.minted(endpoint_url, **{**own, **claims})

    def user_token(self, email: str, *, audience: str = "", **claims: object) -> str:
        """Return a user's ID token for the add-on's client id, or for another audience.

        An address outside gmail.com carries its domain as ``hd``, as those of a Workspace do.
        """
        domain = email.partition("@")[2]
        hosted = None if domain == "gmail.com" else domain
        client_id = audience or self._settings.client_id
        own: Json = {"azp": client_id, "sub": _subject(email), "email": email, "email_verified": True, "hd": hosted}
        return self.minted(client_id, **{**own, **claims})


def _subject(email: str) -> str:
    """Return the account's number, which stays the same for an address."""
    return "1" + str(int(hashlib.sha256(email.casefold().encode()).hexdigest(), 16))[:20]
