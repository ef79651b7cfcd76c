"""Range texts, what a typed text becomes, and how a cell is shown."""

from __future__ import annotations

import pytest

from connectors.sandbox.google.a1 import (
    Area,
    Bounds,
    area_text,
    column_index,
    column_letters,
    parse_bounds,
    split_title,
)
from connectors.sandbox.google.entered import typed
from connectors.sandbox.google.formatted import format_number
from connectors.sandbox.google.locales import LOCALES

_US, _FRENCH = LOCALES["en_US"], LOCALES["fr_FR"]


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("A1", Bounds(0, 1, 0, 1, is_cell=True)),
        ("$B$2", Bounds(1, 2, 1, 2, is_cell=True)),
        ("A1:B2", Bounds(0, 2, 0, 2)),
        ("B2:A1", Bounds(0, 2, 0, 2)),
        ("A:C", Bounds(None, None, 0, 3)),
        ("2:5", Bounds(1, 5, None, None)),
        ("A2:C", Bounds(1, None, 0, 3)),
        ("aa10", Bounds(9, 10, 26, 27, is_cell=True)),
        ("A", None),
        ("7", None),
        ("A0", None),
        ("KPI!A1", None),
        ("R1C1", None),
        ("A1:B2:C3", None),
        ("", None),
    ],
)
def test_a_range_text_has_half_open_bounds(text: str, bounds: Bounds | None) -> None:
    assert parse_bounds(text) == bounds


def test_a_title_is_quoted_where_it_must_be_and_read_back() -> None:
    area = Area(0, 2, 0, 2)
    written = [area_text(title, area) for title in ("KPI", "KPI tab", "It's", "Q1", "R1C1", "2026")]
    assert written == ["KPI!A1:B2", "'KPI tab'!A1:B2", "'It''s'!A1:B2", "'Q1'!A1:B2", "'R1C1'!A1:B2", "'2026'!A1:B2"]
    references = [split_title(text) for text in written]
    assert [each.title for each in references if each] == ["KPI", "KPI tab", "It's", "Q1", "R1C1", "2026"]
    assert all(column_index(column_letters(index)) == index for index in (0, 25, 26, 701, 702, 18_277))


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("12", {"numberValue": 12}, None),
        ("-0.5", {"numberValue": -0.5}, None),
        ("1,234.50", {"numberValue": 1234.5}, "NUMBER"),
        ("1,23", {"stringValue": "1,23"}, None),
        ("12.5%", {"numberValue": 0.125}, "PERCENT"),
        ("$1,200", {"numberValue": 1200}, "CURRENCY"),
        ("1e5", {"numberValue": 100000.0}, "SCIENTIFIC"),
        ("2026-10-01", {"numberValue": 46296}, "DATE"),
        ("10/1/2026", {"numberValue": 46296}, "DATE"),
        ("2026-13-01", {"stringValue": "2026-13-01"}, None),
        ("2026-10-01 12:00", {"numberValue": 46296.5}, "DATE_TIME"),
        ("6:00", {"numberValue": 0.25}, "TIME"),
        ("TRUE", {"boolValue": True}, None),
        ("=SUM(A1:A2)", {"formulaValue": "=SUM(A1:A2)"}, None),
        ("'=1+1", {"stringValue": "=1+1"}, None),
        ("nan", {"stringValue": "nan"}, None),
        ("1e999", {"stringValue": "1e999"}, None),
        ("Ann", {"stringValue": "Ann"}, None),
    ],
)
def test_a_typed_text_becomes_what_it_looks_like(text: str, value: dict[str, object], kind: str | None) -> None:
    cell = typed(text, _US)
    assert cell["userEnteredValue"] == value
    assert cell.get("userEnteredFormat", {}).get("numberFormat", {}).get("type") == kind


def test_the_locale_decides_what_a_comma_and_a_day_mean() -> None:
    assert typed("1,5", _FRENCH)["userEnteredValue"] == {"numberValue": 1.5}
    assert typed("1 234,5", _FRENCH)["userEnteredValue"] == {"numberValue": 1234.5}
    assert typed("1.5", _FRENCH)["userEnteredValue"] == {"stringValue": "1.5"}
    assert typed("1/10/2026", _FRENCH)["userEnteredValue"] == {"numberValue": 46296}
    assert typed("007", _US, {"type": "TEXT"})["userEnteredValue"] == {"stringValue": "007"}


@pytest.mark.parametrize(
    ("value", "kind", "pattern", "shown", "french"),
    [
        (0.1234, "PERCENT", "0.0%", "12.3%", "12,3%"),
        (1234567.5, "NUMBER", "#,##0", "1,234,568", "1\u202f234\u202f568"),
        (-1234.5, "CURRENCY", "$#,##0.00", "-$1,234.50", "-$1\u202f234,50"),
        (-3, "NUMBER", "0;(0)", "(3)", "(3)"),
        (-0.001, "NUMBER", "0.0", "0.0", "0,0"),
        (5, "CURRENCY", "[$€-40C] #,##0.0#", "€ 5.0", "€ 5,0"),
        (3.14159, "NUMBER", '0.0"x"', "3.1x", "3,1x"),
        (46296, "DATE", "yyyy-mm-dd", "2026-10-01", "2026-10-01"),
        (46296, "DATE", "", "10/1/2026", "01/10/2026"),
        (46296.5214, "DATE_TIME", "yyyy-mm-dd hh:mm:ss", "2026-10-01 12:30:49", "2026-10-01 12:30:49"),
        (0.9, "TIME", "h:mm AM/PM", "9:36 PM", "9:36 PM"),
        (46296, "DATE", "ddd, mmm d", "Thu, Oct 1", "Thu, Oct 1"),
        (1 / 3, "", "", "0.3333333333", "0,3333333333"),
        (4966215.0, "", "", "4966215", "4966215"),
    ],
)
def test_a_number_is_shown_in_its_pattern(value: float, kind: str, pattern: str, shown: str, french: str) -> None:
    number_format = {"type": kind, "pattern": pattern}
    assert format_number(value, number_format, _US) == shown
    assert format_number(value, number_format, _FRENCH) == french
