"""A small HTTP server on loopback: the ground that the stand-ins for Salesforce and Google stand on.

It speaks HTTP/1.1 with keep-alive, bounds every body, remembers the calls, and makes the faults happen that it is
told to.
"""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import struct
import threading
from collections import deque
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from connectors.errors import SourceError
from connectors.sandbox.faults import Fault, FaultError, FaultKind, Faults, load_faults, refusal_body
from connectors.sandbox.messages import Call, Handler, Request, Response, json_response

__all__ = [
    "Call",
    "Fault",
    "FaultError",
    "FaultKind",
    "Faults",
    "Handler",
    "Request",
    "Response",
    "Server",
    "json_response",
    "load_faults",
]

BODY_BYTES_MAX = 10_000_000
_JOURNAL_MAX = 20_000
_QUERY_FIELDS_MAX = 1_000
_IDLE_SECONDS_MAX = 120.0
_STOP_SECONDS_MAX = 5.0
_SLOW_PIECES = 10
_SWITCHES = "/sandbox/"
_SECRETS = re.compile(r"(?i)\b(assertion|\w*token|\w*secret|password|code|key|sid)=[^&]*")
_LOG = logging.getLogger("scorecell.sandbox")


class Server:
    """Serves the handlers on 127.0.0.1, each call in a thread of its own, until it is stopped."""

    def __init__(self, handlers: Sequence[Handler], port: int = 0, faults: Faults | None = None) -> None:
        """Take the port at once (0: any free one), so that ``url`` is known; answer from `start` on.

        Raises `SourceError` where the port cannot be had.
        """
        self.handlers = tuple(handlers)
        self.faults = faults if faults is not None else Faults()
        self.stopping = threading.Event()
        self._journal: deque[Call] = deque(maxlen=_JOURNAL_MAX)
        try:
            self._http = _HttpServer(self, port)
        except (OSError, OverflowError) as error:
            message = f"The sandbox cannot have port {port} ({error}). Choose another one, or 0 for any that is free."
            raise SourceError(message) from error
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Return ``http://127.0.0.1:<port>``."""
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def journal(self) -> tuple[Call, ...]:
        """Return the last calls, oldest first."""
        return tuple(self._journal)

    def clear_journal(self) -> None:
        """Forget the calls so far."""
        self._journal.clear()

    def note(self, call: Call) -> None:
        """Write a call into the journal."""
        self._journal.append(call)

    def start(self) -> Self:
        """Begin to answer; returns the server itself."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox", daemon=True
            )
            self._thread.start()
        return self

    def stop(self) -> None:
        """End: nothing is accepted any more, open connections are closed. May be called again."""
        self.stopping.set()
        if self._thread is not None:
            self._http.shutdown()
            self._thread.join(_STOP_SECONDS_MAX)
            self._thread = None
        self._http.server_close()
        self._http.close_connections()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def answer(self, request: Request) -> Response:
        """Return what the first handler says that knows this path."""
        for handler in self.handlers:
            response = handler(request)
            if response is not None:
                return response
        return json_response([{"errorCode": "NOT_FOUND", "message": "The requested resource does not exist"}], 404)


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, server: Server, port: int) -> None:
        self.sandbox = server
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Connection)

    def server_bind(self) -> None:
        # The base class asks the resolver for our name, which can take seconds without a network.
        socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def opened(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.discard(connection)

    def close_connections(self) -> None:
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):  # it may have ended by itself
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 (the base class's form)
        _LOG.debug("A connection from %s ended early.", client_address, exc_info=True)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    timeout = _IDLE_SECONDS_MAX
    server: _HttpServer
    is_switch = False

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's form)
        _LOG.debug("Sandbox: %s", _SECRETS.sub(r"\1=...", format % args))

    def handle_call(self) -> None:
        sandbox = self.server.sandbox
        # The switches must work whatever is broken, and are no calls of the journal.
        self.is_switch = self.path.startswith(_SWITCHES)
        fault = None if self.is_switch else sandbox.faults.take(self.command, self.path)
        body = self._body()
        if body is None:
            return
        kind = fault.kind if fault is not None else ""
        if fault is not None and kind == "hang":
            sandbox.stopping.wait(fault.seconds)
        if kind in {"reset", "hang"}:
            self._break(fault)
            return
        is_made_up = kind in {"status", "html", "refusal"}
        response = _faulty(fault) if fault is not None and is_made_up else self._response(body)
        if kind == "lost":
            self._break(fault)
            return
        self._note(response.status, fault)
        self._send(response, fault)
        if kind == "close":
            self.close_connection = True

    do_GET = handle_call  # noqa: N815 (the base class calls these by name)
    do_POST = handle_call  # noqa: N815
    do_PUT = handle_call  # noqa: N815
    do_PATCH = handle_call  # noqa: N815
    do_DELETE = handle_call  # noqa: N815
    do_HEAD = handle_call  # noqa: N815

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.close_connection = True
            self._send(json_response({"error": "A body needs a Content-Length."}, 411), None)
            return None
        if int(length) > BODY_BYTES_MAX:
            self.close_connection = True
            self._send(json_response({"error": f"A body may have at most {BODY_BYTES_MAX} bytes."}, 413), None)
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        return body

    def _response(self, body: bytes) -> Response:
        target = urlsplit(self.path)
        try:
            query = parse_qs(target.query, keep_blank_values=True, max_num_fields=_QUERY_FIELDS_MAX)
            request = Request(
                self.command,
                target.path,
                {name: tuple(values) for name, values in query.items()},
                {name.lower(): value for name, value in self.headers.items()},
                body,
                len(self.path),
            )
            return self.server.sandbox.answer(request)
        except Exception:  # noqa: BLE001 (whatever a stand-in gets wrong must reach the client as a 500, as it would)
            _LOG.exception("The sandbox could not answer %s %s.", self.command, target.path)
            return json_response([{"errorCode": "UNKNOWN_EXCEPTION", "message": "An unexpected error occurred"}], 500)

    def _note(self, status: int, fault: Fault | None) -> None:
        if self.is_switch:
            return
        target = urlsplit(self.path)
        service = "salesforce" if target.path.startswith("/services/") else "google"
        query = _SECRETS.sub(r"\1=...", target.query)
        self.server.sandbox.note(
            Call(self.command, target.path, query, status, service, fault.kind if fault is not None else "")
        )

    def _send(self, response: Response, fault: Fault | None) -> None:
        head = self._head(response)
        body = b"" if self.command == "HEAD" else response.body
        if fault is None or fault.kind not in {"truncate", "slow"}:
            self.wfile.write(head + body)
            return
        if fault.kind == "truncate":
            self.close_connection = True
            self.wfile.write(head + body[: len(body) // 2])
            return
        self.wfile.write(head)
        size = max(1, -(-len(body) // _SLOW_PIECES))
        for start in range(0, len(body), size):
            self.server.sandbox.stopping.wait(fault.seconds / _SLOW_PIECES)
            self.wfile.write(body[start : start + size])

    def _head(self, response: Response) -> bytes:
        names = {name.lower() for name in response.headers}
        phrase = self.responses.get(response.status, ("",))[0]
        lines = [f"{self.protocol_version} {response.status} {phrase}"]
        lines += [f"{name}: {value}" for name, value in response.headers.items()]
        if "date" not in names:
            lines.append(f"Date: {self.date_time_string()}")
        if response.status != 204:
            lines.append(f"Content-Length: {len(response.body)}")
        if self.close_connection:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _break(self, fault: Fault | None) -> None:
        """Break the connection so that the other side sees a reset, not an orderly end."""
        self._note(0, fault)
        self.close_connection = True
        with contextlib.suppress(OSError):  # the other side may have gone first
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()


def _faulty(fault: Fault) -> Response:
    if fault.kind == "html":
        page = fault.body or "<html><head><title>Service Unavailable</title></head><body>We are down.</body></html>"
        return Response(fault.status, {"Content-Type": "text/html; charset=UTF-8", **fault.headers}, page.encode())
    status, body = refusal_body(fault.code) if fault.kind == "refusal" else (fault.status, fault.body.encode())
    return Response(status, {"Content-Type": "application/json;charset=UTF-8", **fault.headers}, body)
