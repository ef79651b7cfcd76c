"""What was deleted or changed within a span of time, as the API tells it for copies of the org."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.table import Table
from connectors.sandbox.salesforce.values import moment_text, parse_moment

_DELETED_DAYS_MAX = 15
_UPDATED_DAYS_MAX = 30
_IDS_MAX = 600_000


def deleted(table: Table, start: str, end: str, now: datetime) -> Mapping[str, object]:
    """Return the ids of the records deleted from ``start`` to ``end``. Raises `ApiError`."""
    first, last = _span(start, end, now, _DELETED_DAYS_MAX)
    found = [{"id": key, "deletedDate": moment} for key, moment in table.gone.items() if first <= moment < last]
    _check_count(len(found))
    return {
        "deletedRecords": found,
        "earliestDateAvailable": moment_text(now - timedelta(days=_DELETED_DAYS_MAX)),
        "latestDateCovered": min(last, moment_text(now)),
    }


def updated(table: Table, start: str, end: str, now: datetime) -> Mapping[str, object]:
    """Return the ids of the records that changed from ``start`` to ``end`` and still exist. Raises `ApiError`."""
    first, last = _span(start, end, now, _UPDATED_DAYS_MAX)
    if table.stamp_place is None:
        raise ApiError("INVALID_TYPE", f"{table.kind.name} is not replicateable")
    dead = table.deleted_place
    ids = [
        str(row[0])
        for row in table.stamped(first, last)
        if str(row[table.stamp_place]) < last and (dead is None or not row[dead])
    ]
    _check_count(len(ids))
    return {"ids": ids, "latestDateCovered": min(last, moment_text(now))}


def _check_count(count: int) -> None:
    if count > _IDS_MAX:
        raise ApiError("EXCEEDED_ID_LIMIT", "too many ids in the time span; ask for a shorter one")


def _span(start: str, end: str, now: datetime, days_max: int) -> tuple[str, str]:
    """Return both ends, with their seconds cut off as the API does."""
    try:
        # A plus that was not encoded arrives as a blank.
        first, last = (parse_moment(text.replace(" ", "+")).replace(second=0, microsecond=0) for text in (start, end))
    except ValueError as error:
        raise ApiError("INVALID_REPLICATION_DATE", f"invalid date: {error}") from error
    if last - first < timedelta(minutes=1):
        raise ApiError("INVALID_REPLICATION_DATE", "startDate must be more than one minute before endDate")
    if first < now - timedelta(days=days_max):
        raise ApiError("INVALID_REPLICATION_DATE", f"startDate cannot be more than {days_max} days ago")
    return moment_text(first), moment_text(last)
