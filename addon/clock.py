"""Where time comes from: the one place that reads the machine's clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def utc_now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells the instant and the day. ``fixed_today`` makes runs reproducible: the day no longer moves."""

    fixed_today: date | None = None
    now: Callable[[], datetime] = utc_now

    def today(self, time_zone: str) -> date:
        """Return today's date in the zone, or the fixed day."""
        return self.fixed_today or self.now().astimezone(ZoneInfo(time_zone or "UTC")).date()


def instant_text(moment: datetime) -> str:
    """Write an instant as ISO 8601 in UTC with seconds, as manifests and answers carry it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant_of(text: str) -> datetime:
    """Read what `instant_text` wrote."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
