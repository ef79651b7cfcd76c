"""Objects and single records: describes, records by id, what was deleted or updated, counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime

from connectors.sandbox.salesforce.call import ApiCall
from connectors.sandbox.salesforce.describe import describe, global_describe, object_summary
from connectors.sandbox.salesforce.errors import ApiError, not_found
from connectors.sandbox.salesforce.ids import is_record_id, with_suffix
from connectors.sandbox.salesforce.query import answer
from connectors.sandbox.salesforce.replication import deleted, updated
from connectors.sandbox.salesforce.table import Table
from connectors.sandbox.server import Response, json_response


def answer_objects(call: ApiCall, rest: tuple[str, ...], described_since: datetime) -> Response:
    """Answer a call below ``sobjects``; ``rest`` is what follows. Raises `ApiError`.

    ``described_since`` is when the objects and fields that may be seen last changed.
    """
    if not rest:
        return json_response(global_describe(call.view, call.base))
    table = _table(call, rest[0])
    if len(rest) == 1:
        return json_response({"objectDescribe": object_summary(table.kind, call.base), "recentItems": []})
    if len(rest) > 2:
        raise not_found()
    if rest[1] == "describe":
        return _describe(call, table, described_since)
    if rest[1] in {"deleted", "updated"}:
        replicate = deleted if rest[1] == "deleted" else updated
        start, end = call.request.parameter("start"), call.request.parameter("end")
        with call.view.org.lock:
            return json_response(replicate(table, start, end, call.view.org.clock()))
    return json_response(_record(call, table, rest[1]))


def _describe(call: ApiCall, table: Table, described_since: datetime) -> Response:
    since = call.request.headers.get("if-modified-since", "")
    changed = described_since.replace(microsecond=0)
    modified = {"Last-Modified": format_datetime(changed, usegmt=True)}
    if since and _is_after(since, changed.timestamp()):
        return Response(304, modified)
    with call.view.org.lock:
        return json_response(describe(call.view, table, call.base), headers=modified)


def _table(call: ApiCall, name: str) -> Table:
    table = call.view.table(name)
    if table is None:
        raise not_found()
    return table


def record_counts(call: ApiCall) -> Mapping[str, object]:
    """Return how many records each object has that was asked for; of all objects, if none was."""
    asked = [name for name in call.request.parameter("sObjects").split(",") if name]
    tables = [call.view.table(name) for name in asked] if asked else list(call.view.tables())
    return {"sObjects": [{"count": _count(table), "name": table.kind.name} for table in tables if table is not None]}


def _count(table: Table) -> int:
    """Return how many records there are, whether shared with the user or not."""
    place = table.deleted_place
    return len(table.rows) if place is None else sum(not row[place] for row in table.rows.values())


def _record(call: ApiCall, table: Table, key: str) -> object:
    row = table.rows.get(with_suffix(key)) if is_record_id(key) else None
    if row is None:
        raise not_found()
    if table.deleted_place is not None and row[table.deleted_place]:
        raise ApiError("ENTITY_IS_DELETED", "entity is deleted", 404)
    names = [field.name for field in call.view.fields(table.kind)]
    wanted = call.request.parameter("fields")
    chosen = wanted.split(",") if wanted else names
    text = f"SELECT {', '.join(chosen)} FROM {table.kind.name} WHERE Id = '{row[0]}'"  # noqa: S608 (parsed by us)
    result = answer(call.view, text)
    return result.write(result.rows, call.base)[0]


def _is_after(header: str, seconds: float) -> bool:
    try:
        return parsedate_to_datetime(header).timestamp() >= seconds
    except (TypeError, ValueError):
        return False
