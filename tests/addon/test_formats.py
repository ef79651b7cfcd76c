"""Numbers are written as each language's readers expect them, in full and compact."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.formats import format_change, format_points, format_share, format_value, unit_of
from kpis.definitions import Language
from kpis.questions import Answer, Question

NO_BREAK, NARROW = "\u00a0", "\u202f"
FULL: list[tuple[float, str, str, str, str]] = [
    (0.631500521531, "percent", "", "63.2%", "63,2_%"),
    (10_005_534, "money", "USD", "$10,005,534", "10_005_534~$"),
    (10_005_534, "money", "EUR", "€10,005,534", "10_005_534~€"),
    (2360.90939122, "money", "USD", "$2,360.91", "2_360,91~$"),
    (1234.5, "money", "CHF", "CHF~1,234.50", "1_234,50~CHF"),
    (-1234.5, "money", "USD", "−$1,234.50", "−1_234,50~$"),
    (51.7819726286, "days", "", "51.8~days", "51,8~jours"),
    (57, "days", "", "57~days", "57~jours"),
    (1, "days", "", "1~day", "1~jour"),
    (1.5, "days", "", "1.5~days", "1,5~jour"),
    (2361, "count", "", "2,361", "2_361"),
    (3.14159, "ratio", "", "3.14×", "3,14×"),
    (12.25, "count/day", "", "12.3/day", "12,3/jour"),
    (3.25, "hours/day", "", "3.3~hours/day", "3,3~heures/jour"),
    (4.36, "score", "", "4.4", "4,4"),
    (0, "money", "EUR", "€0", "0~€"),
    (-0.00001, "percent", "", "0.0%", "0,0_%"),
]
COMPACT: list[tuple[float, str, str, str, str]] = [
    (10_005_534, "money", "USD", "$10.0M", "10,0~M$"),
    (10_005_534, "money", "EUR", "€10.0M", "10,0~M€"),
    (120_000, "money", "", "120K", "120~k"),
    (123_456, "money", "CHF", "CHF~123K", "123~k~CHF"),
    (1_234_000_000, "money", "USD", "$1.23B", "1,23~Md$"),
    (999_999, "money", "USD", "$1.00M", "1,00~M$"),
    (2360.90939122, "money", "USD", "$2,361", "2_361~$"),
    (51.7819726286, "days", "", "52~days", "52~jours"),
    (123_456, "count", "", "123K", "123~k"),
    (2361, "count", "", "2,361", "2_361"),
]


def written(text: str) -> str:
    """Put the blanks that do not break where the tables above have ~ and _."""
    return text.replace("~", NO_BREAK).replace("_", NARROW)


@pytest.mark.parametrize(("value", "unit", "currency", "english", "french"), FULL)
def test_a_full_number_keeps_what_tells_it_apart(
    value: float, unit: str, currency: str, english: str, french: str
) -> None:
    assert format_value(value, unit, currency) == written(english)
    assert format_value(value, unit, currency, "fr") == written(french)


@pytest.mark.parametrize(("value", "unit", "currency", "english", "french"), COMPACT)
def test_a_compact_number_has_three_or_four_digits(
    value: float, unit: str, currency: str, english: str, french: str
) -> None:
    assert format_value(value, unit, currency, compact=True) == written(english)
    assert format_value(value, unit, currency, "fr", compact=True) == written(french)


def test_changes_carry_their_sign_and_nothing_is_neither_up_nor_down() -> None:
    assert [format_change(change) for change in (0.0423, -0.3, 0.0, 0.0001)] == ["+4.2%", "−30%", "0%", "0%"]
    assert format_points(0.0123, "fr") == written("+1,2~pts")
    assert format_points(-0.5) == written("−50~pts")
    assert (format_share(0.83), format_share(1.234, "fr")) == ("83%", written("123_%"))


def test_what_is_shown_of_a_kpi_has_its_own_unit() -> None:
    answer = Answer(Question("revenue"), "revenue", "company", "2026", 0.5, "ok", unit="money")
    shown = {show: unit_of(answer, show) for show in ("value", "target", "attainment", "vs prior", "rank")}
    assert shown == {
        "value": "money", "target": "money", "attainment": "percent", "vs prior": "percent", "rank": "count",
    }  # fmt: skip


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_never_shown_as_one(value: float) -> None:
    with pytest.raises(ValueError, match="no value"):
        format_value(value, "money")


@given(
    st.floats(-1e15, 1e15),
    st.sampled_from(["money", "percent", "count", "days", "ratio"]),
    st.sampled_from(["en", "fr"]),
)
def test_every_number_has_a_short_text_without_a_breaking_blank(value: float, unit: str, language: Language) -> None:
    for compact in (False, True):
        text = format_value(value, unit, "EUR", language, compact=compact)
        assert " " not in text
        assert "nan" not in text
        assert text.count("−") <= 1
