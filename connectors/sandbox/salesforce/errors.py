"""What the stand-in refuses: the errors that the API sends, and the errors of whoever sets up the org."""

from __future__ import annotations

from connectors.errors import SourceError


class OrgError(SourceError):
    """The org's files or an edit of the org are not understood; says where and what to do."""


class ApiError(Exception):
    """An error that is sent to the client: status, code and message as the API words them."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def not_found() -> ApiError:
    """Return what the API says to a path, an object or an id that is not there."""
    return ApiError("NOT_FOUND", "The requested resource does not exist", 404)
