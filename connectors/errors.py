"""The error family of the connectors: each a sentence that says what is wrong, where, and what to do."""

from __future__ import annotations


class SourceError(Exception):
    """A source or a spreadsheet could not be read or written.

    ``permanent`` is False where trying again later may help; only a retry loop reads it.
    ``retry_after_seconds`` is how long the other side asked to wait, if it did.
    """

    def __init__(self, message: str, *, permanent: bool = True, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after_seconds = retry_after_seconds


class CredentialsError(SourceError):
    """The other side did not accept who we are."""


class AccessError(SourceError):
    """We are known, but may not see this (a sheet not shared, an object or a field hidden)."""


class NotFoundError(SourceError):
    """It is not there: an object, a spreadsheet, a tab."""


class LimitError(SourceError):
    """The other side's allowance is used up; says when it goes on."""
