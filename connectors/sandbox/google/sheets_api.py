"""The methods of the Sheets API over HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connectors.sandbox.google import batch, values
from connectors.sandbox.google.a1 import Area
from connectors.sandbox.google.answers import spreadsheet_answer
from connectors.sandbox.google.errors import ApiError, Json, invalid
from connectors.sandbox.google.locales import LOCALES
from connectors.sandbox.google.masks import read_mask, selected
from connectors.sandbox.google.metadata import location_sheet, matches, metadata_by_id, search
from connectors.sandbox.google.places import answered, bounds_of
from connectors.sandbox.google.routes import Method
from connectors.sandbox.google.settings import GoogleSettings
from connectors.sandbox.google.shapes import parse_body
from connectors.sandbox.google.spreadsheet import Spreadsheet, Target
from connectors.sandbox.google.values import Rendering
from connectors.sandbox.server import Request

_ROOT = "/v4/spreadsheets"
_READING = "valueRenderOption:ValueRenderOption dateTimeRenderOption:DateTimeRenderOption majorDimension:Dimension"
_WRITING = (
    "valueInputOption:InputValueOption includeValuesInResponse:bool "
    "responseValueRenderOption:ValueRenderOption responseDateTimeRenderOption:DateTimeRenderOption"
)


@dataclass(frozen=True, slots=True)
class SheetsCall:
    """A call on a spreadsheet: the parts of its path, its query, and who calls."""

    request: Request
    book: Spreadsheet
    path: dict[str, str]
    query: Json
    caller: str

    def body(self, message: str, place: str = "") -> Json:
        """Return the body as this message. Raises `ApiError`."""
        return parse_body(message, self.request.body, place)


def _get(call: SheetsCall) -> Json:
    targets = [call.book.resolve(text) for text in call.query.get("ranges", [])]
    fields = call.request.parameter("fields")
    return spreadsheet_answer(
        call.book,
        call.caller,
        targets=targets,
        has_grid_data=call.query.get("includeGridData", False),
        mask=read_mask(fields, "Spreadsheet") if fields else None,
    )


def _get_by_data_filter(call: SheetsCall) -> Json:
    body = call.body("GetSpreadsheetByDataFilterRequest")
    targets = [target for _, target in _filtered(call.book, body)]
    return spreadsheet_answer(
        call.book, call.caller, targets=targets, has_grid_data=body.get("includeGridData", False)
    )


def _batch_update(call: SheetsCall) -> Json:
    body = call.body("BatchUpdateSpreadsheetRequest")
    replies = batch.run(call.book, body.get("requests", []), call.caller)
    answer: Json = {"spreadsheetId": call.book.id, "replies": answered(replies)}
    if body.get("includeSpreadsheetInResponse"):
        targets = [call.book.resolve(text) for text in body.get("responseRanges", [])]
        has_data = body.get("responseIncludeGridData", False)
        answer["updatedSpreadsheet"] = spreadsheet_answer(
            call.book, call.caller, targets=targets, has_grid_data=has_data
        )
    return answer


def _rendering(options: Json, prefix: str = "") -> Rendering:
    """Return how to read values, from options whose names may begin with ``response``."""
    value, date = ("responseV", "responseD") if prefix else ("v", "d")
    return Rendering(
        options.get(f"{value}alueRenderOption", "FORMATTED_VALUE"),
        options.get(f"{date}ateTimeRenderOption", "SERIAL_NUMBER"),
        options.get("majorDimension", "ROWS"),
    )


def _response_rendering(options: Json) -> Rendering | None:
    return _rendering(options, "response") if options.get("includeValuesInResponse") else None


def _values_get(call: SheetsCall) -> Json:
    return values.read(call.book, call.book.resolve(call.path["range"]), _rendering(call.query))


def _values_batch_get(call: SheetsCall) -> Json:
    targets = [call.book.resolve(text) for text in call.query.get("ranges", [])]
    read = [values.read(call.book, target, _rendering(call.query)) for target in targets]
    return {"spreadsheetId": call.book.id, "valueRanges": read}


def _values_batch_get_by_data_filter(call: SheetsCall) -> Json:
    body = call.body("BatchGetValuesByDataFilterRequest")
    read = [
        {"valueRange": values.read(call.book, target, _rendering(body)), "dataFilters": [data_filter]}
        for data_filter, target in _filtered(call.book, body)
    ]
    return {"spreadsheetId": call.book.id, "valueRanges": read}


def _values_update(call: SheetsCall) -> Json:
    body = call.body("ValueRange", "data")
    option = call.query.get("valueInputOption", "")
    with call.book.changing(call.caller) as draft:
        return values.write(draft, body, call.path["range"], option, _response_rendering(call.query))


def _values_append(call: SheetsCall) -> Json:
    body = call.body("ValueRange", "data")
    with call.book.changing(call.caller) as draft:
        return values.append(
            draft,
            body,
            call.path["range"],
            call.query.get("valueInputOption", ""),
            inserts_rows=call.query.get("insertDataOption") == "INSERT_ROWS",
            rendering=_response_rendering(call.query),
        )


def _values_batch_update(call: SheetsCall) -> Json:
    body = call.body("BatchUpdateValuesRequest")
    rendering = _response_rendering(body)
    responses: list[Json] = []
    with call.book.changing(call.caller) as draft:
        for index, value_range in enumerate(body.get("data", [])):
            try:
                text = value_range.get("range", "")
                response = values.write(draft, value_range, text, body.get("valueInputOption", ""), rendering)
            except ApiError as error:
                is_about_data = "valueInputOption" not in error.message
                error.message = f"Invalid data[{index}]: {error.message}" if is_about_data else error.message
                raise
            responses.append(response)
        sheets = {draft.resolve(response["updatedRange"]).sheet.id for response in responses}
    totals = {f"totalUpdated{name}": _total(responses, f"updated{name}") for name in ("Rows", "Columns", "Cells")}
    return {"spreadsheetId": call.book.id, **totals, "totalUpdatedSheets": len(sheets), "responses": responses}


def _total(responses: Iterable[Json], name: str) -> int:
    return sum(response.get(name, 0) for response in responses)


def _values_clear(call: SheetsCall) -> Json:
    call.body("ClearValuesRequest")
    with call.book.changing(call.caller) as draft:
        return {"spreadsheetId": draft.id, "clearedRange": values.clear(draft, call.path["range"])}


def _values_batch_clear(call: SheetsCall) -> Json:
    ranges = call.body("BatchClearValuesRequest").get("ranges", [])
    with call.book.changing(call.caller) as draft:
        return {"spreadsheetId": draft.id, "clearedRanges": [values.clear(draft, text) for text in ranges]}


def _metadata_get(call: SheetsCall) -> Json:
    found: Json = answered(metadata_by_id(call.book, call.path["metadata"]))
    return found


def _metadata_search(call: SheetsCall) -> Json:
    filters = call.body("SearchDeveloperMetadataRequest").get("dataFilters", [])
    matched = search(call.book, filters)
    return {"matchedDeveloperMetadata": answered(matched)} if matched else {}


def _filtered(book: Spreadsheet, body: Json) -> list[tuple[Json, Target]]:
    """Return the areas that data filters select, each with its filter."""
    found: list[tuple[Json, Target]] = []
    for data_filter in body.get("dataFilters", []):
        if "a1Range" in data_filter:
            found.append((data_filter, book.resolve(data_filter["a1Range"])))
        elif "gridRange" in data_filter:
            sheet = book.sheet(data_filter["gridRange"].get("sheetId", 0))
            found.append((data_filter, Target(sheet, sheet.area(bounds_of(data_filter["gridRange"])), is_cell=False)))
        else:
            places = [each["location"] for each in book.metadata if matches(book, each, data_filter)]
            found += [(data_filter, target) for place in places for target in _located(book, place)]
    return found


def _located(book: Spreadsheet, location: Json) -> list[Target]:
    sheet_id = location_sheet(location)
    sheets = book.sheets if sheet_id is None else [book.sheet(sheet_id)]
    span = location.get("dimensionRange")
    if span is None:
        return [Target(sheet, sheet.area_whole, is_cell=False) for sheet in sheets]
    whole, start, end = sheets[0].area_whole, span.get("startIndex", 0), span.get("endIndex", 0)
    is_rows = span["dimension"] == "ROWS"
    area = Area(start, end, 0, whole.right) if is_rows else Area(0, whole.bottom, start, end)
    return [Target(sheets[0], area, is_cell=False)]


def created(request: Request, count: int, settings: GoogleSettings) -> Spreadsheet:
    """Return the spreadsheet that the body of ``spreadsheets.create`` describes. Raises `ApiError`."""
    body = parse_body("Spreadsheet", request.body)
    properties: Json = body.get("properties", {})
    title, locale = properties.get("title", "Untitled spreadsheet"), properties.get("locale", settings.locale)
    others = set(body) - {"properties", "sheets"} | {name for each in body.get("sheets", []) for name in each}
    if others - {"properties", "sheets"} or locale not in LOCALES:
        raise invalid("The sandbox creates spreadsheets with properties and sheets with properties alone.")
    time_zone = properties.get("timeZone", settings.time_zone)
    book = Spreadsheet.new(title, key=f"created {count} {title}", locale=locale, time_zone=time_zone)
    wanted = [{"addSheet": {"properties": sheet.get("properties", {})}} for sheet in body.get("sheets", [])]
    if wanted:
        book.sheets = []
        batch.run(book, wanted)
    return book


def shaped(call: SheetsCall, method: Method[SheetsCall], answer: Json) -> Json:
    """Return the members of the answer that the ``fields`` parameter names."""
    fields = call.request.parameter("fields")
    return selected(answer, read_mask(fields, method.answer)) if fields else answer


CREATE: Method[SheetsCall] = Method("POST", _ROOT, "Spreadsheet", _get, is_write=True)
_DATA = f"{_ROOT}/{{id}}/values"
_GET_QUERY = "ranges:[string] includeGridData:bool excludeTablesInBandedRanges:bool"
_APPEND_QUERY = f"{_WRITING} insertDataOption:InsertDataOption"
METHODS: tuple[Method[SheetsCall], ...] = (
    Method("POST", f"{_ROOT}/{{id}}:batchUpdate", "BatchUpdateSpreadsheetResponse", _batch_update, is_write=True),
    Method("POST", f"{_ROOT}/{{id}}:getByDataFilter", "Spreadsheet", _get_by_data_filter),
    Method(
        "GET", f"{_DATA}:batchGet", "BatchGetValuesResponse", _values_batch_get, query=f"ranges:[string] {_READING}"
    ),
    Method("POST", f"{_DATA}:batchUpdate", "BatchUpdateValuesResponse", _values_batch_update, is_write=True),
    Method("POST", f"{_DATA}:batchClear", "BatchClearValuesResponse", _values_batch_clear, is_write=True),
    Method(
        "POST",
        f"{_DATA}:batchGetByDataFilter",
        "BatchGetValuesByDataFilterResponse",
        _values_batch_get_by_data_filter,
    ),
    Method("GET", f"{_DATA}/{{range}}", "ValueRange", _values_get, query=_READING),
    Method("PUT", f"{_DATA}/{{range}}", "UpdateValuesResponse", _values_update, is_write=True, query=_WRITING),
    Method("POST", f"{_DATA}/{{range}}:append", "AppendValuesResponse", _values_append, True, _APPEND_QUERY),
    Method("POST", f"{_DATA}/{{range}}:clear", "ClearValuesResponse", _values_clear, is_write=True),
    Method("POST", f"{_ROOT}/{{id}}/developerMetadata:search", "SearchDeveloperMetadataResponse", _metadata_search),
    Method("GET", f"{_ROOT}/{{id}}/developerMetadata/{{metadata}}", "DeveloperMetadata", _metadata_get),
    Method("GET", f"{_ROOT}/{{id}}", "Spreadsheet", _get, query=_GET_QUERY),
)
