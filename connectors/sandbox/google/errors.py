"""Refusals in the form and, where it is known, in the words that Google gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.server import Response, json_response

Json = dict[str, Any]
"""A JSON object. Bodies are checked against the table of shapes before anything reads them."""

_STATUS_NAMES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
_DRIVE_REASONS = {400: "invalid", 401: "authError", 403: "insufficientFilePermissions", 404: "notFound"}


@dataclass(slots=True)
class ApiError(Exception):
    """A call is refused: the HTTP status, Google's sentence and its machine-readable details."""

    code: int
    message: str
    details: Sequence[Json] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message

    def response(self) -> Response:
        """Return the error as the Sheets API sends it."""
        error: Json = {"code": self.code, "message": self.message, "status": _STATUS_NAMES[self.code]}
        if self.details:
            error["details"] = list(self.details)
        return json_response({"error": error}, self.code, self.headers)

    def drive_response(self) -> Response:
        """Return the error as the Drive API sends it; of its refusals only one of a token has details here."""
        reason = "insufficientPermissions" if self.details else _DRIVE_REASONS.get(self.code, "backendError")
        single = {"message": self.message, "domain": "global", "reason": reason}
        return json_response({"error": {"code": self.code, "message": self.message, "errors": [single]}}, self.code)


def invalid(message: str) -> ApiError:
    """Return the refusal of an argument."""
    return ApiError(400, message)


def bad_fields(violations: Sequence[tuple[str, str]], message: str = "") -> ApiError:
    """Return the refusal of a body or a mask: pairs of the place and the sentence about it."""
    listed = [{"field": place, "description": text} if place else {"description": text} for place, text in violations]
    detail: Json = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": listed}
    return ApiError(400, message or "\n".join(text for _, text in violations), [detail])


def error_info(reason: str, **metadata: str) -> Json:
    """Return the detail that names the reason of a refusal to programs."""
    return {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": metadata,
    }
