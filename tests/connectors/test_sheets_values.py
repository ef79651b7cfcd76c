"""Cells are read for certain or refused, in the locale of their spreadsheet; whatever people type is read or told."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sheets_dates import read_date, read_instant
from connectors.sheets_headers import match_tab
from connectors.sheets_links import TabRecords, identify, link
from connectors.sheets_locale import Locale, Raw, UnreadableError, fold, locale_of, zone_of
from connectors.sheets_mapping import TabMapping
from connectors.sheets_periods import read_period
from connectors.sheets_rows import read_rows
from connectors.sheets_values import read_boolean, read_integer, read_number, read_text
from connectors.sheets_words import load_vocabulary
from connectors.source import Problem

AMERICAN, FRENCH = Locale(), Locale(has_decimal_comma=True, is_month_first=False)


def number(text: Raw, locale: Locale = AMERICAN) -> float | str | None:
    try:
        return read_number(text, locale)
    except UnreadableError:
        return "refused"


@pytest.mark.parametrize(
    ("text", "american", "french"),
    [
        ("1,234", 1234.0, 1.234),
        ("1.234", 1.234, 1234.0),
        ("1,234.5", 1234.5, 1234.5),
        ("1.234.567,8", 1234567.8, 1234567.8),
        ("12,34,567", 1234567.0, 1234567.0),
        ("1 234\u202f567", 1234567.0, 1234567.0),
        ("1'234", 1234.0, 1234.0),
        ("0,5", 0.5, 0.5),
        ("12 %", 0.12, 0.12),
        ("$1,000", 1000.0, "refused"),
        ("€1.000", "refused", 1000.0),
        ("1 200 EUR", 1200.0, 1200.0),
        ("−5", -5.0, -5.0),
        ("-$5", -5.0, -5.0),
        ("n/a", None, None),
        ("–", None, None),
        *[(wrong, "refused", "refused") for wrong in ("1.2k", "12 34", "1,23,4", "1e5", "--5")],
        *[(wrong, "refused", "refused") for wrong in ("(-5)", "$", "nan", "٣", "5.")],
    ],
)  # fmt: skip
def test_numbers_typed_as_text_are_read_for_certain_or_refused(
    text: str, american: float | str | None, french: float | str | None
) -> None:
    assert (number(text), number(text, FRENCH)) == (american, french)


@pytest.mark.parametrize(
    ("raw", "american", "french"),
    [
        (46279, "2026-09-14", "2026-09-14"),
        (46279.99, "2026-09-14", "2026-09-14"),
        ("20260914", "2026-09-14", "2026-09-14"),
        ("03/04/2026", "2026-03-04", "2026-04-03"),
        ("31/12/26", "2026-12-31", "2026-12-31"),
        ("3.4.2026", "2026-04-03", "2026-04-03"),
        ("1er août 2026", "2026-08-01", "2026-08-01"),
        ("Sep 14, 2026", "2026-09-14", "2026-09-14"),
        *[(wrong, "refused", "refused") for wrong in (2026, 9, "2026-02-30", "13/13/2026", "tomorrow")],
        ("2026-09-14 25:00", "refused", "refused"),
    ],
)  # fmt: skip
def test_dates_are_read_for_certain_or_refused(raw: Raw, american: str, french: str) -> None:
    def date(locale: Locale) -> str:
        try:
            return str(read_date(raw, locale))
        except UnreadableError:
            return "refused"

    assert (date(AMERICAN), date(FRENCH)) == (american, french)


def test_times_are_in_the_zone_of_the_spreadsheet() -> None:
    paris = locale_of("fr_FR", "Europe/Paris")
    west = locale_of("en_US", "GMT-07:00")
    assert str(read_instant(46279.4375, paris)) == "2026-09-14 08:30:00+00:00"
    assert str(read_instant("2026-09-14 10:30", west)) == "2026-09-14 17:30:00+00:00"
    assert str(read_instant("2026-09-14T10:30:00+02:00", west)) == "2026-09-14 08:30:00+00:00"
    assert str(read_date("2026-09-14T23:30:00Z", paris)) == "2026-09-15"
    assert zone_of("Moon/Base") is None
    assert locale_of("fr_FR", "Moon/Base") == Locale(has_decimal_comma=True, is_month_first=False)


def test_periods_are_read_in_english_and_french() -> None:
    same = ("2026-Q3", "Q3 2026", "T3 2026", "2026 q3")
    assert {str(read_period(text, "month", AMERICAN)) for text in same} == {
        str(read_period(46266, "quarter", FRENCH))
    }
    months = ("2026-09", "09/2026", "Sept. 2026", "septembre 2026", "Sep-26", 202609, 46279)
    assert len({read_period(text, "month", AMERICAN) for text in months}) == 1
    assert read_period(9, "month", AMERICAN, 2026) == read_period("M09", "month", FRENCH, 2026)
    for wrong in ("FY2026", "Q5 2026", "2026-13", "Sep", 3, True):
        with pytest.raises(UnreadableError):
            read_period(wrong, "month", AMERICAN)


def test_ids_keep_their_zeros_and_words_their_meaning() -> None:
    assert [read_text(raw) for raw in ("0012", 12.0, 0.5, "  a\u00a0 b ", True, "-")] == [
        "0012",
        "12",
        "0.5",
        "a b",
        "TRUE",
        None,
    ]
    assert [read_boolean(raw) for raw in ("Oui", "x", 0, "faux", True, "")] == [True, True, False, False, True, None]
    assert read_text("NA") == "NA"
    assert fold("  Date de CLÔTURE_(prévue) ") == "date de cloture prevue"
    with pytest.raises(UnreadableError):
        read_integer(1.5, AMERICAN)
    with pytest.raises(UnreadableError):
        read_boolean("maybe")


NUMBERS = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-10, 100_000))
HEADERS = ("KPI", "Value", "Month", "Date", "Amount", "Category", "Close date", "Stage", "Deal ID", "Rep", "Name")
TEXTS = ("2026-09", "Total", "12/31/2026", "1,234.50", "won", "team:West", "company", "#N/A", "Q1")
CELLS = st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=12), st.sampled_from(HEADERS + TEXTS))


@settings(max_examples=150, deadline=None)
@given(
    title=st.sampled_from(["Targets", "Deals", "Expenses", "Reps", "Q1", "Market"]),
    grid=st.lists(st.lists(CELLS, max_size=8), max_size=8),
)
def test_whatever_people_type_is_read_or_told(title: str, grid: list[list[Raw]]) -> None:
    vocabulary = load_vocabulary()
    match = match_tab(title, grid, vocabulary, TabMapping())
    if match is None or isinstance(match, Problem):
        return
    read = read_rows(title, grid, match, AMERICAN, vocabulary)
    records, doubles = identify(TabRecords(title, match.words, read.rows))
    linked = link(records, makes_members=True)
    assert len({record.id for record in linked}) == len(linked)
    assert all(problem.reason for problem in [*read.problems, *doubles])
