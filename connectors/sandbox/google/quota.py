"""Allowances per minute, for each user and for the project, as Google counts them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Literal

from connectors.sandbox.google.errors import ApiError, error_info
from connectors.sandbox.google.settings import GoogleSettings

Kind = Literal["read", "write"]
_WINDOW_SECONDS = 60.0


class Quota:
    """Counts calls in windows of a minute that begin with the first call."""

    def __init__(self, settings: GoogleSettings, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}
        self._lock = threading.Lock()

    def use(self, kind: Kind, user: str) -> None:
        """Count a call of a user. Raises `ApiError` 429 if an allowance is used up; refused calls do not count."""
        settings = self._settings
        per_user = settings.reads_per_minute_per_user if kind == "read" else settings.writes_per_minute_per_user
        of_all = settings.reads_per_minute if kind == "read" else settings.writes_per_minute
        with self._lock:
            now = self._clock()
            for owner, limit in ((user, per_user), ("", of_all)):
                start, count = self._window(kind, owner, now)
                if count >= limit:
                    raise self._refusal(kind, bool(owner), limit, start + _WINDOW_SECONDS - now)
            for owner in (user, ""):
                start, count = self._window(kind, owner, now)
                self._windows[kind, owner] = (start, count + 1)

    def _window(self, kind: Kind, owner: str, now: float) -> tuple[float, int]:
        start, count = self._windows.get((kind, owner), (now, 0))
        return (start, count) if now - start < _WINDOW_SECONDS else (now, 0)

    def _refusal(self, kind: Kind, is_of_user: bool, limit: int, wait_seconds: float) -> ApiError:
        metric = f"{kind.capitalize()} requests"
        name = f"{metric} per minute" + (" per user" if is_of_user else "")
        consumer = f"projects/{self._settings.project_number}"
        detail = error_info(
            "RATE_LIMIT_EXCEEDED",
            consumer=consumer,
            quota_limit=name.title().replace(" ", ""),
            quota_limit_value=str(limit),
            quota_metric=f"sheets.googleapis.com/{kind}_requests",
            service="sheets.googleapis.com",
        )
        headers = {"Retry-After": str(max(1, round(wait_seconds)))} if self._settings.retry_after_is_sent else {}
        text = f"Quota exceeded for quota metric '{metric}' and limit '{name}' of service 'sheets.googleapis.com'"
        return ApiError(
            429, f"{text} for consumer 'project_number:{self._settings.project_number}'.", [detail], headers
        )
