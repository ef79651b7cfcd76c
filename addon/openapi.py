"""The description of the HTTP interface, made from one table of routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Final, Literal

from addon.functions import MOST_QUESTIONS, Json

Proof = Literal["none", "signature", "user token", "both Google tokens"]
Schema = Mapping[str, Json]

_TEXT: Final[Schema] = {"type": "string"}
_WORDS: Final[Schema] = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
_LIST: Final[Schema] = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_CELL: Final[Schema] = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 4, "maxItems": 4}
_NUMBER: Final[Schema] = {"type": "integer"}
_DAY: Final[Schema] = {"type": "string", "format": "date"}
_LANGUAGE: Final[Schema] = {"type": "string", "enum": ["en", "fr"]}


def _body(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    return {"type": "object", "required": list(required), "properties": dict(properties)}


_QUESTIONS: Final[Schema] = {
    "oneOf": [
        _body(
            ("questions",),
            questions={
                "type": "array",
                "maxItems": MOST_QUESTIONS,
                "items": {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 4},
            },
            as_of=_DAY,
        ),
        _body(
            ("kpi",),
            kpi=_LIST,
            who=_LIST,
            period=_LIST,
            show=_LIST,
            cells={"type": "array", "maxItems": MOST_QUESTIONS, "items": _CELL},
            as_of=_DAY,
        ),
    ]
}


@dataclass(frozen=True, slots=True)
class Route:
    """One route: what it is for, how its caller proves who it is, and what the body holds."""

    method: Literal["get", "post"]
    path: str
    summary: str
    proof: Proof = "none"
    body: Schema | None = None


_SPREADSHEET: Final = _body(("spreadsheet",), spreadsheet=_TEXT, id_token=_TEXT)
_EVENT: Final[Schema] = {"type": "object", "description": "An EventObject of the Workspace add-on service."}

ROUTES: Final[tuple[Route, ...]] = (
    Route("post", "/v1/kpi", f"Answer up to {MOST_QUESTIONS:,} cells.", "signature", _QUESTIONS),
    Route("post", "/v1/table", "Rows of who and period, a column for each KPI.", "signature",
          _body(("kpis",), kpis=_WORDS, whos=_WORDS, periods=_WORDS, show=_TEXT, as_of=_DAY, language=_LANGUAGE)),
    Route("post", "/v1/scorecard", "The rows of a scorecard.", "signature",
          _body(who=_TEXT, period=_TEXT, scorecard=_TEXT, as_of=_DAY, language=_LANGUAGE)),
    Route("post", "/v1/trend", "A KPI over the last periods.", "signature",
          _body(("kpi",), kpi=_TEXT, who=_TEXT, grain=_TEXT, count=_NUMBER, as_of=_DAY, language=_LANGUAGE)),
    Route("post", "/v1/leaderboard", "The members of a dimension, the best first.", "signature",
          _body(("kpi",), kpi=_TEXT, dimension=_TEXT, period=_TEXT, as_of=_DAY, language=_LANGUAGE)),
    Route("post", "/v1/funnel", "From leads to won deals: counts, and the share of the step before.", "signature",
          _body(who=_TEXT, period=_TEXT, as_of=_DAY, language=_LANGUAGE)),
    Route("post", "/v1/bridge", "What a change between two periods is made of; the parts sum to it.", "signature",
          _body(("kpi",), kpi=_TEXT, who=_TEXT, period=_TEXT, against=_TEXT, by=_TEXT, as_of=_DAY,
                language=_LANGUAGE)),
    Route("post", "/v1/forecast", "What the revenue of a period will come to, and how wrong each method was before.",
          "signature", _body(who=_TEXT, period=_TEXT, as_of=_DAY, language=_LANGUAGE)),
    Route("post", "/v1/restated", "What was reported on a day, what is true now, and which records moved it.",
          "signature",
          _body(("kpi", "since"), kpi=_TEXT, who=_TEXT, period=_TEXT, since=_DAY, language=_LANGUAGE)),
    Route("post", "/v1/explain", "What a number is made of, down to its measures.", "signature",
          _body(("kpi",), kpi=_TEXT, who=_TEXT, period=_TEXT, as_of=_DAY, language=_LANGUAGE)),
    Route("post", "/v1/records", "The records behind a number, a page at a time.", "signature",
          _body(("kpi",), kpi=_TEXT, who=_TEXT, period=_TEXT, page=_NUMBER, as_of=_DAY, language=_LANGUAGE)),
    Route("get", "/v1/kpis", "The catalogue: definitions, no numbers. Query: family, language."),
    Route("post", "/v1/connect", "Make a key for a spreadsheet; it is told this once.", "user token", _SPREADSHEET),
    Route("post", "/v1/disconnect", "Revoke all keys of a spreadsheet.", "user token", _SPREADSHEET),
    Route("post", "/addon/home", "The scorecard card.", "both Google tokens", _EVENT),
    Route("post", "/addon/granted", "The scorecard card, once the file may be seen.", "both Google tokens", _EVENT),
    Route("post", "/addon/act/{name}", "What a click does: show, refresh, explain or grant.", "both Google tokens",
          _EVENT),
    Route("get", "/healthz", "Whether the process is alive."),
    Route("get", "/readyz", "Whether there is a snapshot to answer from."),
    Route("get", "/metrics", "Counters in Prometheus' text format."),
    Route("get", "/openapi.json", "This document."),
    Route("get", "/logo.png", "The picture that Google shows beside the add-on's name."),
)  # fmt: skip

_SCHEMES: Final[Mapping[Proof, tuple[str, ...]]] = {
    "none": (),
    "signature": ("spreadsheet", "timestamp", "signature"),
    "user token": ("user_token",),
    "both Google tokens": ("system_token",),
}


def openapi_document() -> dict[str, Json]:
    """Return the OpenAPI 3.1 document."""
    paths: dict[str, dict[str, Json]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Scorecell", "version": _version(), "description": "Sales KPIs for cells and cards."},
        "paths": paths,
        "components": {"securitySchemes": _security_schemes()},
    }


def _operation(route: Route) -> dict[str, Json]:
    error: Json = {"description": "What is wrong, in one sentence.",
                   "content": {"application/json": {"schema": _body(("error",), error=_TEXT)}}}  # fmt: skip
    operation: dict[str, Json] = {
        "summary": route.summary,
        "responses": {"200": {"description": "The answer."}, "default": error},
    }
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": route.body}}}
    if "{name}" in route.path:
        operation["parameters"] = [{"name": "name", "in": "path", "required": True, "schema": _TEXT}]
    if schemes := _SCHEMES[route.proof]:
        operation["security"] = [{scheme: [] for scheme in schemes}]
    return operation


def _security_schemes() -> dict[str, Json]:
    def header(name: str, words: str) -> Json:
        return {"type": "apiKey", "in": "header", "name": name, "description": words}

    def bearer(words: str) -> Json:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": words}

    return {
        "spreadsheet": header("X-Scorecell-Spreadsheet", "The spreadsheet's id."),
        "timestamp": header("X-Scorecell-Timestamp", "Seconds since 1970; good for 300 seconds."),
        "signature": header(
            "X-Scorecell-Signature", "Hex HMAC-SHA256 of timestamp, a dot and the raw body under the key."
        ),
        "user_token": bearer("The user's Google ID token; may stand in the body as id_token."),
        "system_token": bearer("The add-on service's ID token; the body carries the user's."),
    }


def _version() -> str:
    try:
        return version("scorecell")
    except PackageNotFoundError:  # run from a folder that was never installed
        return "0"
