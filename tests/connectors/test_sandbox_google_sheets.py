"""The Sheets API of the stand-in, driven by the real gspread and google-auth over HTTP."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gspread
import pytest
from gspread.utils import DateTimeOption, Dimension, ValueRenderOption

from connectors.sandbox.google import SERVICE_ACCOUNT, GoogleService, GoogleSettings, Spreadsheet, User
from connectors.sandbox.server import Server
from tests.support.google_client import SHEETS, Clock, Google, running_google, session_for
from tests.support.google_discovery import Validator, sheets_validator


@pytest.fixture(scope="module")
def validate() -> Validator:
    return sheets_validator()


@pytest.fixture(scope="module")
def running() -> Iterator[Google]:
    with running_google() as google:
        yield google


_counter = iter(range(1_000_000))


@pytest.fixture
def google(running: Google) -> Google:
    return running


@pytest.fixture
def book(running: Google) -> Spreadsheet:
    book = Spreadsheet.new(f"Sales {next(_counter)}")
    User(book).set_rows("A1", [["Name", "Quota", "On"], ["Ann", "12.5%", "2026-10-01"], ["Bob", "7", "TRUE"]])
    return running.service.add(book)


def test_gspread_reads_what_the_user_typed(google: Google, book: Spreadsheet) -> None:
    sheet = google.client.open_by_key(book.id).sheet1
    assert sheet.get_all_values() == [["Name", "Quota", "On"], ["Ann", "12.50%", "2026-10-01"], ["Bob", "7", "TRUE"]]
    assert sheet.get("A2:C3", value_render_option=ValueRenderOption.unformatted) == [
        ["Ann", 0.125, 46296],
        ["Bob", 7, True],
    ]
    shown = sheet.get(
        "C2",
        value_render_option=ValueRenderOption.unformatted,
        date_time_render_option=DateTimeOption.formatted_string,
    )
    assert shown == [["2026-10-01"]]
    assert sheet.batch_get(["A2:A", "B:B", "2:2"], major_dimension=Dimension.cols) == [
        [["Ann", "Bob"]],
        [["Quota", "12.50%", "7"]],
        [["Ann"], ["12.50%"], ["2026-10-01"]],
    ]


def test_raw_text_stays_text_and_entered_text_is_parsed(google: Google, book: Spreadsheet) -> None:
    sheet = google.client.open_by_key(book.id).sheet1
    sheet.update([["=1+1", "12%", 5, True]], "E1", raw=True)
    sheet.update([["=1+1", "12%", "=7", "2026-01-31"]], "E2", raw=False)
    formulas = sheet.get("E1:H2", value_render_option=ValueRenderOption.formula)
    assert formulas == [["=1+1", "12%", 5, True], ["=1+1", 0.12, "=7", 46053]]
    assert User(book).cell("Sheet1!E1")["userEnteredValue"] == {"stringValue": "=1+1"}
    assert sheet.get("E2:H2") == [["Loading...", "12%", "7", "2026-01-31"]]


def test_a_null_leaves_a_cell_and_the_empty_text_clears_it(google: Google, book: Spreadsheet) -> None:
    sheet = google.client.open_by_key(book.id).sheet1
    sheet.update([[None, "", "x"]], "A2:C2")
    assert sheet.row_values(2) == ["Ann", "", "x"]
    User(book).set_note("A2", "keep me")
    sheet.clear()
    assert sheet.get_all_values() == [[]]
    assert sheet.get_note("A2") == "keep me"


def test_appending_goes_below_the_last_table_and_grows_the_grid(google: Google, book: Spreadsheet) -> None:
    sheet = google.client.open_by_key(book.id).sheet1
    sheet.resize(rows=4, cols=3)
    answer = sheet.append_rows([["Cid", 1], ["Dee", 2]], table_range="A1:C1")
    assert (answer["tableRange"], answer["updates"]["updatedRange"]) == ("Sheet1!A1:C3", "Sheet1!A4:B5")
    assert google.client.open_by_key(book.id).sheet1.row_count == 5


def test_appending_with_inserted_rows_moves_what_lies_below(google: Google, book: Spreadsheet) -> None:
    User(book).set_cell("A6", "below")
    path = f"/v4/spreadsheets/{book.id}/values/A1:append"
    query = {"valueInputOption": "RAW", "insertDataOption": "INSERT_ROWS", "includeValuesInResponse": "true"}
    answer = google.call("POST", path, params=query, json={"values": [["Cid"], ["Dee"]]}).json()
    assert answer["updates"]["updatedData"]["values"] == [["Cid"], ["Dee"]]
    assert [row[:1] for row in User(book).rows("Sheet1")[3:]] == [["Cid"], ["Dee"], [], [], ["below"]]


def test_a_changed_spreadsheet_comes_back_where_it_is_asked_for(
    google: Google, book: Spreadsheet, validate: Validator
) -> None:
    path = f"/v4/spreadsheets/{book.id}"
    body = {
        "requests": [{"addSheet": {"properties": {"title": "KPI"}}}],
        "includeSpreadsheetInResponse": True,
        "responseIncludeGridData": True,
        "responseRanges": ["Sheet1!A1:A2"],
    }
    answer = google.call("POST", f"{path}:batchUpdate", json=body).json()
    assert validate("BatchUpdateSpreadsheetResponse", answer) == []
    assert [sheet["properties"]["title"] for sheet in answer["updatedSpreadsheet"]["sheets"]] == ["Sheet1"]
    filters = {"dataFilters": [{"a1Range": "Sheet1!B2"}, {"gridRange": {"endRowIndex": 1}}], "includeGridData": True}
    filtered = google.call("POST", f"{path}:getByDataFilter", json=filters).json()
    assert validate("Spreadsheet", filtered) == []
    assert [data.get("startColumn", 0) for data in filtered["sheets"][0]["data"]] == [1, 0]


def test_gspread_manages_tabs_formats_notes_names_and_protection(google: Google, book: Spreadsheet) -> None:
    document = google.client.open("Sales " + book.title.split()[1])
    tab = document.add_worksheet("KPI tab", 20, 5)
    tab.update([["a", 1]], "A1")
    tab.format("A1:B1", {"textFormat": {"bold": True}})
    tab.resize(rows=30, cols=6)
    tab.freeze(rows=1)
    tab.insert_note("A1", "hello")
    tab.define_named_range("A1:B1", "KPI_BLOCK")
    tab.add_protected_range("A1:A2", warning_only=True)
    tab.update_title("It's KPIs")
    found = google.client.open_by_key(book.id).worksheet("It's KPIs")
    assert (found.id, found.row_count, found.col_count, found.frozen_row_count) == (tab.id, 30, 6, 1)
    assert found.get_note("A1") == "hello"
    assert found.get("KPI_BLOCK") == [["a", "1"]]
    assert document.list_protected_ranges(tab.id)[0]["warningOnly"] is True
    assert User(book).cell("'It''s KPIs'!A1")["userEnteredFormat"] == {"textFormat": {"bold": True}}
    document.del_worksheet(found)
    assert [sheet.title for sheet in document.worksheets()] == ["Sheet1"]
    assert document.list_named_ranges() == []


def test_a_field_mask_decides_what_is_answered(google: Google, book: Spreadsheet, validate: Validator) -> None:
    path = f"/v4/spreadsheets/{book.id}"
    mask = "sheets(properties(sheetId,title),data.rowData.values(formattedValue,userEnteredValue))"
    answer = google.call("GET", path, params={"fields": mask, "ranges": "A2:B2"}).json()
    values = answer["sheets"][0]["data"][0]["rowData"][0]["values"]
    assert values[1] == {"formattedValue": "12.50%", "userEnteredValue": {"numberValue": 0.125}}
    assert answer["sheets"][0]["properties"] == {"sheetId": 0, "title": "Sheet1"}
    whole = google.call("GET", path, params={"includeGridData": "true"}).json()
    assert validate("Spreadsheet", whole) == []
    assert whole["sheets"][0]["data"][0]["rowData"][1]["values"][2]["effectiveValue"] == {"numberValue": 46296}
    assert "data" not in google.call("GET", path).json()["sheets"][0]
    refused = google.call("GET", path, params={"fields": "sheets.nope"})
    assert (refused.status_code, refused.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


def _refusal(google: Google, method: str, path: str, **options: Any) -> tuple[int, str]:
    response = google.call(method, path, **options)
    error = response.json()["error"]
    assert error["code"] == response.status_code
    return response.status_code, error["message"]


@pytest.mark.parametrize(
    ("range_text", "values", "words"),
    [
        ("A999:B1001", [[1]], "Range (Sheet1!A999:B1001) exceeds grid limits. Max rows: 1000, max columns: 26"),
        ("AA1", [[1]], "exceeds grid limits. Max rows: 1000, max columns: 26"),
        ("Z1", [[1, 2]], "Range (Sheet1!Z1:AA1) exceeds grid limits"),
        ("A1:B1", [[1, 2, 3]], "Requested writing within range [Sheet1!A1:B1], but tried writing to column [C]"),
        ("A1:B1", [[1], [2]], "Requested writing within range [Sheet1!A1:B1], but tried writing to row [2]"),
        ("Nope!A1", [[1]], "Unable to parse range: Nope!A1"),
        ("A1", [[{"a": 1}]], "Invalid values[0][0]: struct_value"),
        ("A1", [["x" * 50_001]], "maximum of 50000 characters"),
    ],
)
def test_a_write_that_does_not_fit_is_refused_whole(
    google: Google, book: Spreadsheet, range_text: str, values: Any, words: str
) -> None:
    path = f"/v4/spreadsheets/{book.id}/values/{range_text}"
    before = User(book).rows("Sheet1")
    status, message = _refusal(google, "PUT", path, params={"valueInputOption": "RAW"}, json={"values": values})
    assert status == 400
    assert words in message
    assert User(book).rows("Sheet1") == before


def test_a_batch_of_values_is_written_whole_or_not_at_all(
    google: Google, book: Spreadsheet, validate: Validator
) -> None:
    path = f"/v4/spreadsheets/{book.id}/values:batchUpdate"
    body: dict[str, Any] = {
        "valueInputOption": "RAW",
        "data": [{"range": "A5", "values": [[1]]}, {"range": "ZZ1", "values": [[1]]}],
    }
    status, message = _refusal(google, "POST", path, json=body)
    assert (status, message.startswith("Invalid data[1]: Range (Sheet1!ZZ1) exceeds grid limits")) == (400, True)
    assert len(User(book).rows("Sheet1")) == 3
    body["data"] = [{"range": "A5", "values": [[1, 2]]}, {"range": "A6", "values": [[3]]}]
    answer = google.call("POST", path, json=body).json()
    assert validate("BatchUpdateValuesResponse", answer) == []
    assert (answer["totalUpdatedCells"], answer["totalUpdatedSheets"]) == (3, 1)
    assert _refusal(google, "POST", path, json={"data": [{"range": "A1"}]})[1] == (
        "'valueInputOption' is required but not specified"
    )


def test_calls_that_are_not_understood_are_refused(google: Google, book: Spreadsheet) -> None:
    path = f"/v4/spreadsheets/{book.id}"
    assert "Field 'nope' could not be found" in _refusal(google, "GET", path, params={"nope": "1"})[1]
    assert (
        "'value_render_option'" in _refusal(google, "GET", f"{path}/values/A1", params={"valueRenderOption": "X"})[1]
    )
    assert "at 'data'" in _refusal(google, "PUT", f"{path}/values/A1?valueInputOption=RAW", json={"rows": []})[1]
    assert _refusal(google, "POST", f"{path}:nope", json={})[0] == 404
    assert _refusal(google, "GET", "/v4/spreadsheets/none")[1] == "Requested entity was not found."


def test_a_spreadsheet_is_seen_and_written_only_as_it_is_shared(google: Google, book: Spreadsheet) -> None:
    User(book).share(SERVICE_ACCOUNT, "reader")
    sheet = google.client.open_by_key(book.id).sheet1
    assert sheet.acell("A1").value == "Name"
    with pytest.raises(gspread.exceptions.APIError, match="The caller does not have permission"):
        sheet.update([["x"]], "A1")
    User(book).unshare(SERVICE_ACCOUNT)
    with pytest.raises(PermissionError):
        google.client.open_by_key(book.id)
    with pytest.raises(gspread.exceptions.SpreadsheetNotFound):
        google.client.open(book.title)


def test_a_spreadsheet_is_created_and_belongs_to_who_created_it(google: Google, validate: Validator) -> None:
    sheets = [{"properties": {"title": "Targets", "gridProperties": {"rowCount": 5, "columnCount": 2}}}]
    body: Any = {"properties": {"title": "Fresh", "locale": "fr_FR", "timeZone": "Europe/Paris"}, "sheets": sheets}
    answer = google.call("POST", "/v4/spreadsheets", json=body).json()
    assert validate("Spreadsheet", answer) == []
    assert [sheet["properties"]["title"] for sheet in answer["sheets"]] == ["Targets"]
    assert google.service.spreadsheet(answer["spreadsheetId"]).role_of(SERVICE_ACCOUNT) == "owner"
    assert google.client.open("Fresh").locale == "fr_FR"


def test_a_folder_of_csvs_becomes_tabs_typed_as_a_user_would(tmp_path: Path) -> None:
    rows = [
        ["rep_id", "On", "Amount", "Share", "Done", "Zip"],
        ["0017", "2026-10-01", "1,200.5", "5%", "TRUE", "01234"],
    ]
    with (tmp_path / "Targets.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    (tmp_path / "Empty.csv").write_text("")
    user = User(Spreadsheet.from_folder(tmp_path, title="Team"))
    assert [sheet.title for sheet in user.spreadsheet.sheets] == ["Empty", "Targets"]
    values = [user.value(f"Targets!{column}2") for column in "ABCDEF"]
    assert values == ["0017", 46296, 1200.5, 0.05, True, "01234"]
    assert user.rows("Targets")[1] == ["0017", "2026-10-01", "1,200.50", "5%", "TRUE", "01234"]
    assert user.spreadsheet.id == Spreadsheet.from_folder(tmp_path, title="Team").id


def test_quotas_are_counted_for_each_minute_apart_for_reads_and_writes() -> None:
    clock = Clock(time.time())
    settings = GoogleSettings(reads_per_minute_per_user=2, writes_per_minute_per_user=1, retry_after_is_sent=True)
    book = Spreadsheet.new("Busy")
    service = GoogleService([book], settings, clock)
    with Server([service.handle]) as server, session_for(service, server) as session:
        url = f"{SHEETS}/v4/spreadsheets/{book.id}"

        def read() -> Any:
            return session.get(url, params={"fields": "spreadsheetId"}, timeout=10)

        assert [read().status_code for _ in range(3)] == [200, 200, 429]
        refused = read()
        assert refused.json()["error"]["status"] == "RESOURCE_EXHAUSTED"
        assert refused.json()["error"]["message"].startswith(
            "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per user'"
        )
        assert refused.headers["Retry-After"] == "60"
        body: Any = {"requests": [{"addSheet": {}}]}
        assert session.post(f"{url}:batchUpdate", json=body, timeout=10).status_code == 200
        assert session.post(f"{url}:batchUpdate", json=body, timeout=10).status_code == 429
        clock.now += 60
        assert read().status_code == 200
