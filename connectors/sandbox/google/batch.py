"""``spreadsheets.batchUpdate``: a list of requests of which all happen, or none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from connectors.sandbox.google import cell_requests, dimension_requests, metadata, object_requests, tab_requests
from connectors.sandbox.google.errors import ApiError, Json, invalid
from connectors.sandbox.google.shapes import checked
from connectors.sandbox.google.spreadsheet import Spreadsheet

RequestHandler = Callable[[Spreadsheet, Json], Json]

_HANDLERS: Mapping[str, RequestHandler] = {
    "addChart": object_requests.add_chart,
    "addConditionalFormatRule": object_requests.add_conditional_format_rule,
    "addNamedRange": object_requests.add_named_range,
    "addProtectedRange": object_requests.add_protected_range,
    "addSheet": tab_requests.add_sheet,
    "appendDimension": dimension_requests.append_dimension,
    "autoResizeDimensions": dimension_requests.auto_resize_dimensions,
    "createDeveloperMetadata": metadata.create_developer_metadata,
    "deleteConditionalFormatRule": object_requests.delete_conditional_format_rule,
    "deleteDeveloperMetadata": metadata.delete_developer_metadata,
    "deleteDimension": dimension_requests.delete_dimension,
    "deleteEmbeddedObject": object_requests.delete_embedded_object,
    "deleteNamedRange": object_requests.delete_named_range,
    "deleteProtectedRange": object_requests.delete_protected_range,
    "deleteSheet": tab_requests.delete_sheet,
    "insertDimension": dimension_requests.insert_dimension,
    "mergeCells": cell_requests.merge_cells,
    "repeatCell": cell_requests.repeat_cell,
    "setBasicFilter": cell_requests.set_basic_filter,
    "setDataValidation": cell_requests.set_data_validation,
    "updateBorders": cell_requests.update_borders,
    "updateCells": cell_requests.update_cells,
    "updateChartSpec": object_requests.update_chart_spec,
    "updateDeveloperMetadata": metadata.update_developer_metadata,
    "updateDimensionProperties": dimension_requests.update_dimension_properties,
    "updateNamedRange": object_requests.update_named_range,
    "updateProtectedRange": object_requests.update_protected_range,
    "updateSheetProperties": tab_requests.update_sheet_properties,
    "updateSpreadsheetProperties": tab_requests.update_spreadsheet_properties,
}
REQUESTS_MAX = 100_000


def run(book: Spreadsheet, requests: Sequence[Json], actor: str | None = None) -> list[Json]:
    """Carry out checked requests as one change and return the replies, one each. Raises `ApiError`: then none was."""
    if not requests:
        raise invalid("Must specify at least one request.")
    if len(requests) > REQUESTS_MAX:
        raise invalid(f"A batch may have at most {REQUESTS_MAX} requests.")
    with book.changing(actor) as draft:
        return [_run_one(draft, index, request) for index, request in enumerate(requests)]


def _run_one(draft: Spreadsheet, index: int, request: Json) -> Json:
    if not request:
        raise invalid(f"Invalid requests[{index}]: No request set.")
    kind, body = next(iter(request.items()))
    try:
        reply = _HANDLERS[kind](draft, body)
    except ApiError as error:
        error.message = f"Invalid requests[{index}].{kind}: {error.message}"
        raise
    return {kind: reply} if reply else {}


def run_as_user(book: Spreadsheet, requests: Sequence[Json]) -> list[Json]:
    """Carry out requests of the owner at the screen, after the same checks as those that come over HTTP."""
    return run(book, checked("BatchUpdateSpreadsheetRequest", {"requests": list(requests)})["requests"])
