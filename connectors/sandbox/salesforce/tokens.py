"""Access and refresh tokens: minted, counted, expired."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_TOKENS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Code:
    """A login in a browser that is waiting to be exchanged: by which app, from where, proven by what."""

    client_id: str
    redirect_uri: str
    challenge: str


@dataclass(slots=True)
class _Access:
    issued_at: float
    calls: int = 0


class Tokens:
    """The tokens of one org; safe to use from several threads. Times are seconds of ``wall_clock``."""

    def __init__(self, organization_id: str, wall_clock: Callable[[], float]) -> None:
        self._prefix = organization_id[:15] or "00D000000000001"
        self._wall_clock = wall_clock
        self._lock = threading.Lock()
        self._access: OrderedDict[str, _Access] = OrderedDict()
        self._refresh: OrderedDict[str, str] = OrderedDict()
        self._codes: OrderedDict[str, Code] = OrderedDict()

    def mint(self) -> str:
        """Return a new access token. Only the latest thousand are kept."""
        token = f"{self._prefix}!{secrets.token_urlsafe(60)}"
        with self._lock:
            self._access[token] = _Access(self._wall_clock())
            while len(self._access) > _TOKENS_MAX:
                self._access.popitem(last=False)
        return token

    def mint_refresh(self, client_id: str) -> str:
        """Return a new refresh token of this app."""
        token = f"5Aep{secrets.token_urlsafe(60)}"
        with self._lock:
            self._refresh[token] = client_id
            while len(self._refresh) > _TOKENS_MAX:
                self._refresh.popitem(last=False)
        return token

    def mint_code(self, code: Code) -> str:
        """Return a new authorization code; it can be taken once."""
        text = f"aPrx{secrets.token_urlsafe(40)}"
        with self._lock:
            self._codes[text] = code
            while len(self._codes) > _TOKENS_MAX:
                self._codes.popitem(last=False)
        return text

    def take_code(self, text: str) -> Code | None:
        """Return what the code stands for, and forget it."""
        with self._lock:
            return self._codes.pop(text, None)

    def refreshes(self, token: str, client_id: str) -> bool:
        """Tell whether this app may refresh with this token."""
        with self._lock:
            return self._refresh.get(token) == client_id

    def use(self, token: str, seconds: float | None, calls: int | None) -> bool:
        """Count a call made with the token; False if it is unknown or has lived too long."""
        with self._lock:
            access = self._access.get(token)
            if access is None:
                return False
            access.calls += 1
            too_old = seconds is not None and self._wall_clock() - access.issued_at >= seconds
            if too_old or (calls is not None and access.calls > calls):
                del self._access[token]
                return False
            return True

    def expire(self) -> None:
        """End the life of every access token; refresh tokens stay."""
        with self._lock:
            self._access.clear()

    def revoke(self, token: str) -> None:
        """End the life of one token of either kind."""
        with self._lock:
            self._access.pop(token, None)
            self._refresh.pop(token, None)
