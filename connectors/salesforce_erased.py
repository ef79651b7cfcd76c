"""Find what changed without leaving a trace in the rows' stamps.

Records emptied out of the recycle bin, or deleted for good: Salesforce tells their ids for 15 days. Asking costs a
call for each object, so it is done once a day; where it cannot tell, the object is read whole now and then, which
finds them too. Formulas and fields of a record above: an object of which such are read is read whole once a day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from connectors.salesforce_cells import Cells, cells_of
from connectors.salesforce_client import SalesforceClient
from connectors.salesforce_errors import Refusal
from connectors.salesforce_lookup import chunks
from connectors.salesforce_plan import ObjectPlan
from connectors.salesforce_records import records_of
from connectors.salesforce_rows import ID_PREFIX, Rows
from connectors.source import Batch

_TOLD: Final = timedelta(days=14)  # of the 15 days that are kept, with a day to spare
_UNTOLD: Final = timedelta(days=7)  # how often an object is read whole that cannot be asked
_BEYOND_ASKING: Final = frozenset({"INVALID_REPLICATION_DATE", "EXCEEDED_ID_LIMIT"})

Due = Literal["nothing", "ask", "read whole"]


@dataclass(frozen=True, slots=True)
class Erased:
    """The ids that Salesforce says were deleted, and up to when it knows."""

    ids: Sequence[str]
    covered_until: datetime


def due(plan: ObjectPlan, known_until: datetime | None, now: datetime, every: timedelta) -> Due:
    """Return what is to be done about changes without a trace, which are known up to ``known_until``."""
    if plan.drifting:
        return "nothing" if known_until is not None and now - known_until < every else "read whole"
    if not plan.mapping.deleted or plan.mapping.grows:
        return "nothing"
    if known_until is None or now - known_until > (_TOLD if plan.tells_erased else _UNTOLD):
        return "read whole"
    return "ask" if plan.tells_erased and now - known_until >= every else "nothing"


def ask_erased(client: SalesforceClient, plan: ObjectPlan, since: datetime, until: datetime) -> Erased | None:
    """Return what was deleted in that time, or None where only reading the object whole can tell."""
    try:
        ids, covered_until = client.deleted(plan.mapping.name, since, until)
    except Refusal as refusal:
        if refusal.code in _BEYOND_ASKING:
            return None
        raise
    return Erased(ids, covered_until)


def rows_again(
    client: SalesforceClient, plan: ObjectPlan, ids: Sequence[str], rows_of: Callable[[Cells], Rows]
) -> Iterator[Batch]:
    """Yield what has become of these records: those that are there, perhaps brought back, and those that are gone."""
    for asked in chunks(ids):
        rows = rows_of(cells_of(records_of(client, plan, asked)))
        alive = set(rows.columns["id"])
        gone = [row_id for row_id in (f"{ID_PREFIX}{each}" for each in asked) if row_id not in alive]
        yield Batch(plan.mapping.table.name, rows.columns, gone)
