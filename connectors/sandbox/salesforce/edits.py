"""Records created, changed and deleted through the API, as a user's other programs would."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from connectors.sandbox.salesforce.errors import ApiError, OrgError, not_found
from connectors.sandbox.salesforce.ids import is_record_id, with_suffix
from connectors.sandbox.salesforce.org import SalesforceOrg
from connectors.sandbox.salesforce.view import View
from connectors.sandbox.server import Request, Response, json_response


def edit(org: SalesforceOrg, view: View, request: Request, parts: tuple[str, ...]) -> Response:
    """Answer POST ``<object>``, PATCH and DELETE ``<object>/<id>``. Raises `ApiError`."""
    table = view.table(parts[0]) if parts else None
    if table is None or len(parts) != (1 if request.method == "POST" else 2):
        raise not_found()
    name = table.kind.name
    try:
        if request.method == "POST":
            key = org.insert(name, visible_from=None, **_fields(view, name, request))
            return json_response({"id": key, "success": True, "errors": []}, 201)
        key = with_suffix(parts[1]) if is_record_id(parts[1]) else ""
        if key not in table.rows:
            raise not_found()
        if request.method == "DELETE":
            org.delete(name, key)
        else:
            org.update(name, key, visible_from=None, moves_stamp=True, **_fields(view, name, request))
    except OrgError as error:
        raise ApiError("INVALID_FIELD_FOR_INSERT_UPDATE", str(error)) from error
    return Response(204)


def _fields(view: View, object_name: str, request: Request) -> Mapping[str, object]:
    try:
        given = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise ApiError("JSON_PARSER_ERROR", "The body is not JSON.") from error
    table = view.table(object_name)
    if not isinstance(given, dict) or table is None:
        raise ApiError("JSON_PARSER_ERROR", "The body must be an object with the fields of the record.")
    unknown = [name for name in given if view.place(table.kind, name) is None or name.lower() == "id"]
    if unknown:
        raise ApiError("INVALID_FIELD", f"No such column '{unknown[0]}' on sobject of type {object_name}")
    return given
