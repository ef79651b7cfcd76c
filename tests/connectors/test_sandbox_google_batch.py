"""``spreadsheets.batchUpdate`` of the stand-in: every kind of request, and that a batch is one change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.sandbox.google import SERVICE_ACCOUNT, Spreadsheet, User
from connectors.sandbox.google.batch import run, run_as_user
from connectors.sandbox.google.errors import ApiError
from tests.support.google_client import Google, running_google
from tests.support.google_discovery import Validator, sheets_validator

_COUNTER = iter(range(1_000_000))
_NUMBER = "userEnteredValue,userEnteredFormat.numberFormat"


@pytest.fixture(scope="module")
def google() -> Iterator[Google]:
    with running_google() as google:
        yield google


@pytest.fixture(scope="module")
def validate() -> Validator:
    return sheets_validator()


@pytest.fixture
def book() -> Spreadsheet:
    book = Spreadsheet.new(f"Batch {next(_COUNTER)}")
    User(book).set_rows("A1", [["a", "1"], ["b", "2"], ["c", "3"]])
    return book


def _do(book: Spreadsheet, *requests: Any, actor: str | None = None) -> list[dict[str, Any]]:
    return run(book, requests, actor) if actor else run_as_user(book, requests)


def _number(value: float) -> Any:
    return {"userEnteredValue": {"numberValue": value}, "userEnteredFormat": {"numberFormat": {"type": "NUMBER"}}}


def _range(top: int, bottom: int, left: int, right: int, sheet_id: int = 0) -> Any:
    rows = {"startRowIndex": top, "endRowIndex": bottom}
    return {"sheetId": sheet_id, **rows, "startColumnIndex": left, "endColumnIndex": right}


def _span(dimension: str, start: int, end: int) -> Any:
    return {"sheetId": 0, "dimension": dimension, "startIndex": start, "endIndex": end}


def test_a_batch_with_one_bad_request_changes_nothing(google: Google, book: Spreadsheet) -> None:
    google.service.add(book)
    version, rows = book.version, User(book).rows("Sheet1")
    response = google.batch(
        book,
        {"addSheet": {"properties": {"title": "KPI"}}},
        {"updateCells": {"range": _range(0, 3, 0, 2), "fields": "userEnteredValue"}},
        {"addNamedRange": {"namedRange": {"name": "KPI_REVISION", "range": _range(0, 1, 0, 1)}}},
        {"deleteSheet": {"sheetId": 99}},
    )
    assert response.status_code == 400
    assert response.json()["error"]["message"] == "Invalid requests[3].deleteSheet: No sheet with id: 99"
    assert ([sheet.title for sheet in book.sheets], book.named_ranges) == (["Sheet1"], [])
    assert (User(book).rows("Sheet1"), book.version) == (rows, version)


def test_a_tab_is_built_found_and_rewritten_in_single_calls(
    google: Google, book: Spreadsheet, validate: Validator
) -> None:
    google.service.add(book)
    metadata = {"metadataKey": "kpi.tab", "metadataValue": "scorecard", "visibility": "PROJECT"}
    sources = [_range(0, 2, 0, 1, 7)]
    chart_range = {"sourceRange": {"sources": sources}}
    spec = {
        "basicChart": {"chartType": "LINE", "domains": [{"domain": chart_range}], "series": [{"series": chart_range}]}
    }
    anchor = {"overlayPosition": {"anchorCell": {"sheetId": 7, "rowIndex": 4, "columnIndex": 0}}}
    colour = {"type": "NUMBER_LESS", "values": [{"userEnteredValue": "0"}]}
    rule = {"ranges": sources, "booleanRule": {"condition": colour, "format": {"textFormat": {"bold": True}}}}
    response = google.batch(
        book,
        {
            "addSheet": {
                "properties": {"sheetId": 7, "title": "KPI", "gridProperties": {"rowCount": 10, "columnCount": 4}}
            }
        },
        {"createDeveloperMetadata": {"developerMetadata": {**metadata, "location": {"sheetId": 7}}}},
        {"updateCells": {"range": _range(0, 2, 0, 2, 7), "rows": [{"values": [_number(0.5)]}], "fields": _NUMBER}},
        {"addNamedRange": {"namedRange": {"name": "KPI_REVISION", "range": _range(0, 1, 0, 1, 7)}}},
        {"addProtectedRange": {"protectedRange": {"range": _range(0, 2, 0, 2, 7), "warningOnly": True}}},
        {"addConditionalFormatRule": {"rule": rule, "index": 0}},
        {"addChart": {"chart": {"chartId": 55, "spec": spec, "position": anchor}}},
    )
    assert response.status_code == 200, response.text
    assert validate("BatchUpdateSpreadsheetResponse", response.json()) == []
    assert [next(iter(reply), "") for reply in response.json()["replies"]] == [
        "addSheet", "createDeveloperMetadata", "", "addNamedRange", "addProtectedRange", "", "addChart",
    ]  # fmt: skip
    User(book).rename_tab("KPI", "Mine now")
    mask = "sheets(properties(sheetId,title),developerMetadata,conditionalFormats,protectedRanges,charts(chartId))"
    answer = google.call("GET", f"/v4/spreadsheets/{book.id}", params={"fields": f"{mask},namedRanges"}).json()
    assert validate("Spreadsheet", answer) == []
    found = [sheet for sheet in answer["sheets"] if "developerMetadata" in sheet]
    assert [sheet["properties"]["title"] for sheet in found] == ["Mine now"]
    assert found[0]["charts"] == [{"chartId": 55}]
    assert found[0]["developerMetadata"][0]["location"] == {"locationType": "SHEET", "sheetId": 7}
    lookup = {"dataFilters": [{"developerMetadataLookup": {"metadataKey": "kpi.tab"}}]}
    searched = google.call("POST", f"/v4/spreadsheets/{book.id}/developerMetadata:search", json=lookup).json()
    assert validate("SearchDeveloperMetadataResponse", searched) == []
    metadata_id = searched["matchedDeveloperMetadata"][0]["developerMetadata"]["metadataId"]
    one = google.call("GET", f"/v4/spreadsheets/{book.id}/developerMetadata/{metadata_id}")
    assert one.json()["metadataValue"] == "scorecard"
    assert google.call("GET", f"/v4/spreadsheets/{book.id}/developerMetadata/1").status_code == 404
    read = google.call("POST", f"/v4/spreadsheets/{book.id}/values:batchGetByDataFilter", json=lookup).json()
    assert validate("BatchGetValuesByDataFilterResponse", read) == []
    assert read["valueRanges"][0]["valueRange"]["values"] == [["0.50"]]


def test_updating_a_range_clears_what_has_no_data_and_leaves_other_fields(book: Spreadsheet) -> None:
    user = User(book)
    user.set_note("A3", "my note")
    user.set_colour("A3", 1, 0, 0)
    rows = [{"values": [_number(9)]}]
    _do(book, {"updateCells": {"range": _range(0, 3, 0, 2), "rows": rows, "fields": _NUMBER}})
    assert user.rows("Sheet1") == [["9.00"]]
    assert user.cell("A3") == {
        "note": "my note",
        "userEnteredFormat": {"backgroundColor": {"red": 1, "green": 0, "blue": 0}},
    }


def test_updating_from_a_start_touches_only_the_cells_given(book: Spreadsheet) -> None:
    start = {"sheetId": 0, "rowIndex": 1, "columnIndex": 1}
    _do(book, {"updateCells": {"start": start, "rows": [{"values": [_number(9)]}], "fields": "userEnteredValue"}})
    assert User(book).rows("Sheet1") == [["a", "1"], ["b", "9"], ["c", "3"]]


@pytest.mark.parametrize(
    ("request_sent", "words"),
    [
        (
            {"updateCells": {"range": _range(0, 1, 0, 1), "fields": ""}},
            "At least one field must be listed in 'fields'",
        ),
        ({"updateCells": {"fields": "note"}}, "Either a start or a range"),
        (
            {"updateCells": {"range": _range(0, 1, 0, 1), "rows": [{}, {}], "fields": "note"}},
            "Attempting to write row: 1, beyond the last requested row of: 0",
        ),
        ({"repeatCell": {"range": _range(0, 1001, 0, 1), "fields": "note"}}, "after last row in grid[1000]"),
        ({"repeatCell": {"range": _range(5, 5, 0, 1), "fields": "note"}}, "must be after"),
        ({"repeatCell": {"range": _range(0, 1, 0, 1, 3), "fields": "note"}}, "No grid with id: 3"),
        ({"repeatCell": {"range": _range(0, 1, 0, 1), "fields": "effectiveValue"}}, "read-only"),
        ({"addSheet": {"properties": {"title": "sheet1"}}}, 'A sheet with the name "sheet1" already exists.'),
        ({"addSheet": {"properties": {"sheetId": 0}}}, "already exists"),
        ({"deleteSheet": {"sheetId": 0}}, "You can't remove all the sheets in a document."),
        (
            {
                "updateSheetProperties": {
                    "properties": {"gridProperties": {"rowCount": 0}},
                    "fields": "gridProperties.rowCount",
                }
            },
            "at least one row",
        ),
        (
            {
                "updateSheetProperties": {
                    "properties": {"gridProperties": {"frozenRowCount": 1000}},
                    "fields": "gridProperties",
                }
            },
            "You can't freeze all visible rows",
        ),
        ({"addNamedRange": {"namedRange": {"name": "A1", "range": _range(0, 1, 0, 1)}}}, "name of the named range"),
        ({"updateChartSpec": {"chartId": 5, "spec": {"pieChart": {}}}}, "No embedded object with id: 5"),
        ({"deleteConditionalFormatRule": {"index": 0}}, "No conditional format on sheet: 0 at index: 0"),
        ({"deleteDimension": {"range": _span("ROWS", 0, 1000)}}, "You can't delete all the rows"),
        (
            {"createDeveloperMetadata": {"developerMetadata": {"metadataKey": "k", "visibility": "DOCUMENT"}}},
            "location",
        ),
        (
            {"updateSpreadsheetProperties": {"properties": {"timeZone": "Mars"}, "fields": "timeZone"}},
            "time zone: Mars",
        ),
        ({}, "No request set"),
    ],
)
def test_a_request_that_cannot_be_done_says_why(book: Spreadsheet, request_sent: Any, words: str) -> None:
    with pytest.raises(ApiError) as refusal:
        _do(book, request_sent)
    assert words in str(refusal.value)
    assert str(refusal.value).startswith("Invalid requests[0]")


def test_no_request_at_all_is_refused(book: Spreadsheet) -> None:
    with pytest.raises(ApiError, match="Must specify at least one request"):
        _do(book)


def test_a_workbook_has_ten_million_cells_at_most_and_rows_are_counted_with_the_old_columns(
    book: Spreadsheet,
) -> None:
    def grid(rows: int, columns: int) -> Any:
        properties = {"sheetId": 0, "gridProperties": {"rowCount": rows, "columnCount": columns}}
        return {"updateSheetProperties": {"properties": properties, "fields": "gridProperties(rowCount,columnCount)"}}

    with pytest.raises(ApiError, match="above the limit of 10000000 cells"):
        _do(book, grid(500_000, 2))
    _do(book, grid(1000, 2))
    _do(book, grid(500_000, 2))
    with pytest.raises(ApiError, match="above the limit of 10000000 cells"):
        _do(book, {"addSheet": {"properties": {"gridProperties": {"rowCount": 9_000_001, "columnCount": 1}}}})


def test_tabs_are_moved_by_the_places_of_before_the_move(book: Spreadsheet) -> None:
    user = User(book)
    for title in ("B", "C", "D"):
        user.add_tab(title)
    user.move_tab("Sheet1", 2)
    assert [sheet.title for sheet in book.sheets] == ["B", "Sheet1", "C", "D"]
    user.move_tab("D", 0)
    assert [sheet.title for sheet in book.sheets] == ["D", "B", "Sheet1", "C"]


def test_inserted_and_deleted_columns_move_all_that_lies_behind_them(book: Spreadsheet) -> None:
    user = User(book)
    user.add_named_range("BLOCK", "B1:B3")
    chart = user.add_chart("Chart", "A1:A3", "B1:B3", "D1")
    user.set_note("B2", "two")
    location = {"dimensionRange": _span("COLUMNS", 1, 2)}
    metadata = {"metadataKey": "column", "visibility": "DOCUMENT", "location": location}
    _do(book, {"createDeveloperMetadata": {"developerMetadata": metadata}})
    user.insert_column("Sheet1", 1)
    assert user.rows("Sheet1") == [["a", "", "1"], ["b", "", "2"], ["c", "", "3"]]
    assert book.resolve("BLOCK").text == "Sheet1!C1:C3"
    assert user.cell("C2")["note"] == "two"
    assert book.metadata[0]["location"]["dimensionRange"]["startIndex"] == 2
    drawn = book.sheets[0].charts[0]
    assert (drawn["chartId"], drawn["position"]["overlayPosition"]["anchorCell"]["columnIndex"]) == (chart, 4)
    assert drawn["spec"]["basicChart"]["series"][0]["series"]["sourceRange"]["sources"][0]["startColumnIndex"] == 2
    user.delete_column("Sheet1", 0)
    user.delete_column("Sheet1", 0)
    user.delete_column("Sheet1", 0)
    assert (book.named_ranges, book.metadata, user.rows("Sheet1")) == ([], [], [])


def test_a_range_grows_with_rows_inserted_inside_and_shrinks_with_rows_deleted(book: Spreadsheet) -> None:
    user = User(book)
    user.add_named_range("BLOCK", "A1:B3")
    user.insert_row("Sheet1", 1, 2)
    assert book.resolve("BLOCK").text == "Sheet1!A1:B5"
    _do(book, {"deleteDimension": {"range": _span("ROWS", 0, 3)}})
    assert book.resolve("BLOCK").text == "Sheet1!A1:B2"
    user.insert_row("Sheet1", 2)
    assert book.resolve("BLOCK").text == "Sheet1!A1:B2"


def test_somebody_elses_protection_holds_and_a_warning_does_not(book: Spreadsheet) -> None:
    user = User(book)
    user.protect("A1:A2")
    write: Any = {"updateCells": {"range": _range(1, 2, 0, 1), "rows": [], "fields": "userEnteredValue"}}
    with pytest.raises(ApiError, match="You are trying to edit a protected cell"):
        _do(book, write, actor=SERVICE_ACCOUNT)
    _do(book, {"updateCells": {**write["updateCells"], "range": _range(2, 3, 0, 1)}}, actor=SERVICE_ACCOUNT)
    user.set_cell("A1", "still mine")
    warning = {"protectedRange": {"range": _range(2, 3, 0, 2), "warningOnly": True}}
    _do(book, {"addProtectedRange": warning})
    _do(
        book,
        {"repeatCell": {"range": _range(2, 3, 0, 2), "cell": {"note": "n"}, "fields": "note"}},
        actor=SERVICE_ACCOUNT,
    )
    assert user.cell("A3") == {"note": "n"}


def test_the_other_kinds_of_requests_do_what_they_say(book: Spreadsheet) -> None:
    user = User(book)
    border = {"style": "SOLID"}
    validation = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "1"}]}, "strict": True}
    _do(
        book,
        {"mergeCells": {"range": _range(0, 1, 0, 2), "mergeType": "MERGE_ALL"}},
        {"updateBorders": {"range": _range(0, 2, 0, 2), "top": border, "innerVertical": border}},
        {"setDataValidation": {"range": _range(1, 2, 1, 2), "rule": validation}},
        {"setBasicFilter": {"filter": {"range": _range(0, 3, 0, 2)}}},
        {"appendDimension": {"sheetId": 0, "dimension": "ROWS", "length": 5}},
        {
            "updateDimensionProperties": {
                "range": _span("COLUMNS", 0, 1),
                "properties": {"pixelSize": 9},
                "fields": "pixelSize",
            }
        },
        {"autoResizeDimensions": {"dimensions": _span("COLUMNS", 1, 2)}},
    )
    sheet = book.sheets[0]
    assert (sheet.row_count, sheet.merges, sheet.column_properties[0]) == (
        1005,
        [_range(0, 1, 0, 2)],
        {"pixelSize": 9},
    )
    assert user.rows("Sheet1")[0] == ["a"]
    assert user.cell("A1")["userEnteredFormat"]["borders"] == {"top": border, "right": border}
    assert user.cell("B2")["dataValidation"] == validation
    with pytest.raises(ApiError, match="You must select all cells in a merged range"):
        _do(book, {"mergeCells": {"range": _range(0, 1, 1, 3), "mergeType": "MERGE_ALL"}})


def test_objects_are_changed_and_deleted_by_their_ids(book: Spreadsheet) -> None:
    user = User(book)
    chart = user.add_chart("Chart", "A1:A3", "B1:B3", "D1")
    name = user.add_named_range("BLOCK", "A1")
    user.protect("A1")
    protected = book.sheets[0].protected_ranges[0]["protectedRangeId"]
    rule = {"ranges": [_range(0, 1, 0, 1)], "booleanRule": {"condition": {"type": "BLANK"}, "format": {}}}
    lookup = {"developerMetadataLookup": {"metadataKey": "k"}}
    metadata = {"metadataKey": "k", "visibility": "DOCUMENT", "location": {"spreadsheet": True}}
    _do(
        book,
        {"updateChartSpec": {"chartId": chart, "spec": {"title": "New", "scorecardChart": {}}}},
        {"updateNamedRange": {"namedRange": {"namedRangeId": name, "range": _range(0, 2, 0, 2)}, "fields": "range"}},
        {
            "updateProtectedRange": {
                "protectedRange": {"protectedRangeId": protected, "warningOnly": True},
                "fields": "warningOnly",
            }
        },
        {"addConditionalFormatRule": {"rule": rule}},
        {"createDeveloperMetadata": {"developerMetadata": metadata}},
        {
            "updateDeveloperMetadata": {
                "dataFilters": [lookup],
                "developerMetadata": {"metadataValue": "v"},
                "fields": "metadataValue",
            }
        },
    )
    sheet = book.sheets[0]
    assert sheet.charts[0]["spec"]["title"] == "New"
    assert book.resolve("BLOCK").text == "Sheet1!A1:B2"
    assert sheet.protected_ranges[0]["warningOnly"] is True
    assert book.metadata[0]["metadataValue"] == "v"
    replies = _do(
        book,
        {"deleteEmbeddedObject": {"objectId": chart}},
        {"deleteNamedRange": {"namedRangeId": name}},
        {"deleteProtectedRange": {"protectedRangeId": protected}},
        {"deleteConditionalFormatRule": {"sheetId": 0, "index": 0}},
        {"deleteDeveloperMetadata": {"dataFilter": lookup}},
    )
    assert replies[3]["deleteConditionalFormatRule"]["rule"] == rule
    assert replies[4]["deleteDeveloperMetadata"]["deletedDeveloperMetadata"][0]["metadataValue"] == "v"
    sheet = book.sheets[0]
    assert (sheet.charts, book.named_ranges, sheet.protected_ranges, sheet.conditional_formats) == ([], [], [], [])


def test_a_range_on_the_first_sheet_does_not_name_it_as_google_answers(google: Google, book: Spreadsheet) -> None:
    google.service.add(book)
    User(book).add_named_range("FIRST", "A1:B2")
    answer = google.call("GET", f"/v4/spreadsheets/{book.id}").json()
    assert "sheetId" not in answer["namedRanges"][0]["range"]
    assert answer["sheets"][0]["properties"]["sheetId"] == 0
