"""Calls, answers, and the lines of the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

import orjson


@dataclass(frozen=True, slots=True)
class Request:
    """One call as it arrived. ``path`` is still percent-encoded; header names are in lower case.

    ``target_bytes`` is how long path and query were as they were sent.
    """

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]]
    headers: Mapping[str, str]
    body: bytes
    target_bytes: int = 0

    @property
    def segments(self) -> tuple[str, ...]:
        """Return the decoded parts between the slashes; a trailing slash adds none."""
        return tuple(unquote(part) for part in self.path.split("/") if part)

    def parameter(self, name: str, default: str = "") -> str:
        """Return the first value of a query parameter."""
        return self.query.get(name, (default,))[0]


@dataclass(frozen=True, slots=True)
class Response:
    """What is sent back. ``Date`` and ``Content-Length`` are added where they are missing."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


Handler = Callable[[Request], Response | None]
"""Answers a request, or returns None if it is not for this handler."""


def json_response(
    value: object,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    default: Callable[[object], object] | None = None,
) -> Response:
    """Return the value as a JSON answer; ``default`` turns what JSON does not know into something it does."""
    content_type = {"Content-Type": "application/json;charset=UTF-8"}
    return Response(status, {**content_type, **(headers or {})}, orjson.dumps(value, default))


@dataclass(frozen=True, slots=True)
class Call:
    """A line of the journal: a call that was answered or broken, without bodies, headers and secrets.

    ``status`` is 0 where the connection was broken instead; ``fault`` names the fault that struck, if any.
    """

    method: str
    path: str
    query: str
    status: int
    service: str
    fault: str = ""
