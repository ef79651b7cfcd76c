"""The stand-in's table of messages, its check of bodies, and field masks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.sandbox.google.errors import ApiError
from connectors.sandbox.google.masks import read_mask, selected, write_mask, written
from connectors.sandbox.google.shapes import FieldType, checked, parse_body, shapes
from tests.support.google_discovery import FOLDER

_DRIVE = ("File", "FileList", "Permission", "PermissionList")
_TYPES = {
    "boolean": "bool",
    "int32": "int",
    "double": "number",
    "float": "number",
    "google-fieldmask": "mask",
    "int64": "string",
}


def _document(name: str) -> dict[str, Any]:
    file = FOLDER / name
    if not file.exists():
        pytest.skip("Google's discovery documents are not beside the repository")
    schemas: dict[str, Any] = json.loads(file.read_text())["schemas"]
    return schemas


def _difference(kind: FieldType, schema: dict[str, Any]) -> str:
    """Say where a type of our table is not the one of the discovery document."""
    if kind.name == "-":
        return ""
    lists = 0
    while schema.get("type") == "array":
        schema, lists = schema["items"], lists + 1
    is_map = "additionalProperties" in schema
    schema = schema.get("additionalProperties", schema)
    expected = schema.get("$ref") or _TYPES.get(schema.get("format", ""), _TYPES.get(schema["type"], schema["type"]))
    if (lists, is_map) != (kind.lists, kind.is_map):
        return "lists"
    if "enum" in schema:
        return "" if frozenset(schema["enum"]) == shapes().enums.get(kind.name) else "enum"
    return "" if expected == kind.name else f"{expected}, not {kind.name}"


def test_every_sheets_message_has_exactly_the_fields_and_types_of_the_discovery_document() -> None:
    schemas = _document("sheets.v4.json")
    wrong = []
    for message, fields in shapes().messages.items():
        if message in _DRIVE:
            continue
        known = schemas[message].get("properties", {})
        wrong += [f"{message}.{name}" for name in known.keys() ^ fields.keys()]
        wrong += [f"{message}.{name}: {text}" for name in fields if (text := _difference(fields[name], known[name]))]
    assert wrong == []


def test_every_drive_field_is_one_of_the_discovery_document() -> None:
    schemas = _document("drive.v3.json")
    for message in _DRIVE:
        known = schemas[message]["properties"]
        for name, kind in shapes().messages[message].items():
            assert _difference(kind, known[name]) == "", f"{message}.{name}"


def test_every_type_that_a_message_names_is_in_the_table() -> None:
    table = shapes()
    known = {*table.messages, *table.enums, "bool", "int", "number", "string", "mask", "any", "-"}
    assert {kind.name for fields in table.messages.values() for kind in fields.values()} <= known
    assert all(members <= table.messages[name].keys() for name, (_, members) in table.oneofs.items())


def test_unknown_names_are_refused_together_in_googles_words() -> None:
    requests: list[Any] = [{"addSheet": {"properties": {"x": "a"}}}, {"addSheat": {}}]
    body = {"requests": requests, "y": 1}
    with pytest.raises(ApiError) as refusal:
        checked("BatchUpdateSpreadsheetRequest", body)
    assert str(refusal.value).splitlines() == [
        "Invalid JSON payload received. Unknown name \"x\" at 'requests[0].add_sheet.properties': Cannot find field.",
        "Invalid JSON payload received. Unknown name \"addSheat\" at 'requests[1]': Cannot find field.",
        'Invalid JSON payload received. Unknown name "y": Cannot find field.',
    ]
    assert refusal.value.details[0]["fieldViolations"][1]["field"] == "requests[1]"


@pytest.mark.parametrize(
    ("message", "body", "words"),
    [
        ("GridRange", {"sheetId": "x"}, "Invalid value at 'sheet_id' (TYPE_INT32), \"x\""),
        ("GridRange", {"sheetId": 2**31}, "(TYPE_INT32)"),
        ("GridRange", {"startRowIndex": 1.5}, "(TYPE_INT32)"),
        ("DimensionRange", {"dimension": "ROW"}, '(type.googleapis.com/google.apps.sheets.v4.Dimension), "ROW"'),
        ("ExtendedValue", {"numberValue": 1, "stringValue": "1"}, "oneof field 'value' is already set"),
        (
            "Request",
            {"addSheet": {}, "deleteSheet": {}},
            "oneof field 'kind' is already set. Cannot set 'deleteSheet'",
        ),
        (
            "Request",
            {"addBanding": {}},
            "'addBanding' is a part of the Sheets API that is not supported by the sandbox",
        ),
        (
            "ValueRange",
            {"values": ["a"]},
            "Invalid value at 'values[0]' (type.googleapis.com/google.protobuf.ListValue)",
        ),
        ("SheetProperties", {"hidden": "yes"}, "(TYPE_BOOL)"),
        ("SheetProperties", [], "SheetProperties"),
    ],
)
def test_a_value_of_a_wrong_type_is_refused_with_its_place(message: str, body: object, words: str) -> None:
    with pytest.raises(ApiError) as refusal:
        checked(message, body)
    assert words in str(refusal.value)
    assert refusal.value.code == 400


def test_null_members_are_unset_but_null_values_stay() -> None:
    body = b'{"majorDimension": null, "values": [[1, null]], "range": null}'
    assert parse_body("ValueRange", body) == {"values": [[1, None]]}


def test_numbers_may_be_written_as_text_and_whole_numbers_with_a_point() -> None:
    assert checked("GridRange", {"startRowIndex": "26", "endRowIndex": 34.0}) == {
        "startRowIndex": 26,
        "endRowIndex": 34,
    }


@pytest.mark.parametrize("body", [b"{", b"[1,2", b'{"a": NaN}', b"\xff\xfe", b'{"range":' * 2000])
def test_a_body_that_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(ApiError, match="Invalid JSON payload received"):
        parse_body("ValueRange", body)


def test_a_read_mask_selects_members_through_lists_and_parentheses() -> None:
    answer = {
        "sheets": [
            {"properties": {"sheetId": 1, "title": "A", "index": 0}, "charts": [{"chartId": 7, "spec": {}}]},
            {"properties": {"sheetId": 2, "title": "B", "index": 1}},
        ],
        "namedRanges": [{"name": "N"}],
        "properties": {"title": "T", "locale": "en_US"},
    }
    mask = read_mask("sheets(properties(sheetId,title), charts.chartId),properties/title", "Spreadsheet")
    assert selected(answer, mask) == {
        "sheets": [
            {"properties": {"sheetId": 1, "title": "A"}, "charts": [{"chartId": 7}]},
            {"properties": {"sheetId": 2, "title": "B"}},
        ],
        "properties": {"title": "T"},
    }
    assert selected(answer, read_mask("*", "Spreadsheet")) == answer
    assert selected(answer, read_mask("sheets.properties.title,sheets", "Spreadsheet")) == {
        "sheets": answer["sheets"]
    }


@pytest.mark.parametrize(
    "text", ["nope", "sheets(nope)", "sheets(", "sheets)", "a,,b", "sheets.properties.title.x", "(", "."]
)
def test_a_read_mask_that_names_nothing_is_refused(text: str) -> None:
    with pytest.raises(ApiError, match="invalid argument"):
        read_mask(text, "Spreadsheet")


def test_a_write_mask_sets_and_clears_only_what_it_names() -> None:
    old = {"note": "mine", "userEnteredFormat": {"backgroundColor": {"red": 1}, "numberFormat": {"type": "DATE"}}}
    new = {"userEnteredValue": {"numberValue": 1}, "userEnteredFormat": {"numberFormat": {"type": "PERCENT"}}}
    mask = write_mask("userEnteredValue,userEnteredFormat(numberFormat)", "CellData")
    assert written(old, new, mask) == {
        "note": "mine",
        "userEnteredValue": {"numberValue": 1},
        "userEnteredFormat": {"backgroundColor": {"red": 1}, "numberFormat": {"type": "PERCENT"}},
    }
    assert written(old, {}, mask) == {"note": "mine", "userEnteredFormat": {"backgroundColor": {"red": 1}}}
    assert written(old, new, write_mask("*", "CellData")) == new
    with pytest.raises(ApiError, match="At least one field must be listed"):
        write_mask("", "CellData")
    with pytest.raises(ApiError, match=r"Invalid field: userEnteredFormat\.colour"):
        write_mask("userEnteredFormat.colour", "CellData")
