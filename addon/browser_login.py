"""Where a browser comes back to after a login elsewhere: one page on this machine, for one answer."""

from __future__ import annotations

import hmac
import html
import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self
from urllib.parse import parse_qsl, urlsplit

from addon.errors import AddonError
from addon.words import language_of, say
from connectors.errors import SourceError

Answer = Mapping[str, str]
Finish = Callable[[Answer], None]
"""Told what the browser brought; raises `AddonError` or `SourceError` where that is not good enough."""

_SILENT_SECONDS: Final = 5  # a browser opens connections that it never uses
_FIELDS_MAX: Final = 20
_PAGE: Final = """<!doctype html><html lang="{language}"><meta charset="utf-8"><title>Scorecell</title>
<body style="font: 18px/1.5 sans-serif; max-width: 34em; margin: 15vh auto; padding: 0 1em">
<h1 style="font-size: 1.3em">Scorecell</h1><p>{words}</p></body></html>
"""


class BrowserLogin:
    """Waits for one browser on a socket of this machine, as long as it is entered (``with``).

    An answer counts only with the ``state`` that the login began with, and only once. Other pages can call this
    address, too: they are told nothing and do not end the waiting.
    """

    def __init__(self, listener: socket.socket, path: str, state: str, finish: Finish) -> None:
        self.path = path
        self._state = state
        self._finish = finish
        self._is_taken = threading.Lock()
        self._error: Exception | None = None
        self._is_over = threading.Event()
        self._port = listener.getsockname()[1]
        self._server = _Server(listener, self)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="browser-login", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def wait(self, seconds: float) -> None:
        """Return when a login has been finished. Raises what finishing it raised, or `AddonError` after the time."""
        if not self._is_over.wait(seconds):
            raise AddonError(
                f"No login came back within {seconds:.0f} seconds. If the browser showed an error, it says why; the "
                f"app's callback URL must be http://localhost:{self._port}{self.path}."
            )
        if self._error is not None:
            raise self._error

    def answers(self, host: str, path: str) -> bool:
        """Whether a request is for this page, called by a name of this machine."""
        return host.lower() in {f"127.0.0.1:{self._port}", f"localhost:{self._port}"} and path == self.path

    def take(self, answer: Answer) -> str:
        """Finish the login with what a browser brought; return which page it sees."""
        is_ours = hmac.compare_digest(answer.get("state", "").encode(), self._state.encode())
        if not is_ours or not self._is_taken.acquire(blocking=False):
            return "connect_unknown"
        try:
            self._finish(answer)
        except (AddonError, SourceError) as error:
            self._error = error
            return "connect_failed"
        return "connect_done"

    def seen(self, page: str) -> None:
        """Let the waiting end, once the browser has its page."""
        if page != "connect_unknown":
            self._is_over.set()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listener: socket.socket, login: BrowserLogin) -> None:
        super().__init__(listener.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.login = login


class _Handler(BaseHTTPRequestHandler):
    timeout = _SILENT_SECONDS
    server: _Server

    def do_GET(self) -> None:
        """Answer a browser."""
        login, asked = self.server.login, urlsplit(self.path)
        if not login.answers(self.headers.get("Host", ""), asked.path):
            self.send_error(404)
            return
        page = login.take(_fields(asked.query))
        language = language_of(self.headers.get("Accept-Language", "").partition(",")[0].strip()[:20])
        body = _PAGE.format(language=language, words=html.escape(say(page, language))).encode()
        self.send_response(200 if page == "connect_done" else 400)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        try:
            self.wfile.write(body)
        finally:
            login.seen(page)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 (the base class's name)
        """Say nothing: the address holds the code of the login."""


def _fields(query: str) -> Answer:
    """Return the fields of a query, each with its first value; none where there are too many."""
    try:
        return dict(reversed(parse_qsl(query, max_num_fields=_FIELDS_MAX)))
    except ValueError:
        return {}
