"""Finding the method that a call means, and reading its query: what is not known is refused, as Google does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar
from urllib.parse import unquote

from connectors.sandbox.google.errors import ApiError, Json, bad_fields
from connectors.sandbox.google.shapes import joined, shapes
from connectors.sandbox.server import Request

_Context = TypeVar("_Context")
_STANDARD = frozenset(
    {
        *("fields", "alt", "prettyPrint", "key", "quotaUser", "access_token", "oauth_token", "callback"),
        *("uploadType", "upload_protocol", "$.xgafv"),
    }
)


@dataclass(frozen=True)
class Method(Generic[_Context]):
    """A method of an API: its HTTP method and path template, its query parameters and what answers it.

    ``query`` gives the type of each parameter as ``shapes.toml`` writes types; ``answer`` is the message answered.
    """

    http_method: str
    template: str
    answer: str
    run: Callable[[_Context], Json]
    is_write: bool = False
    query: str = ""

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Return the template as a pattern over the path as it was sent."""
        parts = re.split(r"\{(\w+)\}", self.template)
        return re.compile(
            "".join(f"(?P<{part}>[^/]+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
        )

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """Return the types of the query parameters by name."""
        return dict(part.split(":") for part in self.query.split())


def find(methods: tuple[Method[_Context], ...], request: Request) -> tuple[Method[_Context], dict[str, str]] | None:
    """Return the first method that fits, with the decoded parts of the path; None if there is none."""
    for method in methods:
        match = method.pattern.fullmatch(request.path)
        if match is not None and method.http_method == request.method:
            return method, {name: unquote(part) for name, part in match.groupdict().items()}
    return None


def read_query(request: Request, parameters: Mapping[str, str]) -> Json:
    """Return the query by the types of the parameters. Raises `ApiError` for others and for wrong values."""
    result: Json = {}
    for name, values in request.query.items():
        if name in _STANDARD:
            continue
        if name not in parameters:
            bound = f"Cannot bind query parameter. Field '{name}' could not be found in request message."
            raise bad_fields([("", f'Invalid JSON payload received. Unknown name "{name}": {bound}')])
        kind = parameters[name]
        if kind.startswith("["):
            result[name] = list(values)
        elif len(values) > 1:
            text = "Proto field is not repeating, cannot start list."
            raise bad_fields([("", f'Invalid JSON payload received. Unknown name "{name}": {text}')])
        else:
            result[name] = _query_value(name, values[0], kind)
    return result


def _query_value(name: str, text: str, kind: str) -> object:
    if kind == "bool":
        if text.lower() not in {"true", "false"}:
            raise _wrong(name, "TYPE_BOOL", text)
        return text.lower() == "true"
    if kind == "int":
        if not re.fullmatch(r"-?\d{1,9}", text):
            raise _wrong(name, "TYPE_INT32", text)
        return int(text)
    if kind in shapes().enums and text not in shapes().enums[kind]:
        raise _wrong(name, f"type.googleapis.com/google.apps.sheets.v4.{kind}", text)
    return text


def _wrong(name: str, kind: str, text: str) -> ApiError:
    place = joined("", name)
    return bad_fields([(place, f"Invalid value at '{place}' ({kind}), \"{text}\"")])
