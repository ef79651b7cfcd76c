"""JSON replies, and which status each kind of error is."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

import orjson
from flask import Response
from werkzeug.exceptions import HTTPException

from addon.errors import AddonError, NotAllowedError, RequestError
from kpis.errors import KpiError, QuestionError

_LOG: Final = logging.getLogger(__name__)
_BUSY: Final = 503
_STATUS: Final[tuple[tuple[type[Exception], int], ...]] = (
    (RequestError, 400),
    (QuestionError, 400),
    (NotAllowedError, 401),
    (AddonError, _BUSY),
    (KpiError, _BUSY),
)
_HTTP_SENTENCES: Final[Mapping[int, str]] = {
    400: "The request is not well formed.",
    404: "There is nothing at this address; /openapi.json lists what there is.",
    405: "This address does not take this method; /openapi.json says which.",
    413: "The body is too large; ask in several requests.",
}


def json_reply(document: object, status: int = 200) -> Response:
    """Return a document as the reply."""
    return Response(orjson.dumps(document), status, mimetype="application/json")


def error_reply(error: Exception) -> Response:
    """Return an error as ``{"error": sentence}``. What nobody foresaw says no more than that, and is logged."""
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return json_reply({"error": str(error)}, status)
    if isinstance(error, HTTPException):
        status = error.code or 500
        reply = json_reply({"error": _HTTP_SENTENCES.get(status, f"{error.name}.")}, status)
        allowed = dict(error.get_headers()).get("Allow")
        if allowed:
            reply.headers["Allow"] = allowed
        return reply
    _LOG.error("A request failed.", exc_info=error)
    return json_reply({"error": "The server failed; the operator's log says why."}, 500)
