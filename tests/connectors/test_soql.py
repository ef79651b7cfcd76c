"""SOQL that we write is read back by an independent lexer as exactly the values that we meant."""

from __future__ import annotations

import datetime
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.soql import AnyOf, Scalar, SoqlError, Where, count, literal, literals, name, select, totals

TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<text>'(?:[^'\\\n\r]|\\.)*')"
    r"|(?P<instant>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"
    r"|(?P<date>\d{4}-\d\d-\d\d)"
    r"|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z][A-Za-z0-9_.]*)"
    r"|(?P<sign>[(),]|!=|<=|>=|[=<>])"
)
EARLIEST = datetime.datetime(1701, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone
LATEST = datetime.datetime(3999, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone
UNESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "\\": "\\", "'": "'", '"': '"'}


def tokens(soql: str) -> list[tuple[str, str]]:
    found, place = [], 0
    while place < len(soql):
        match = TOKEN.match(soql, place)
        assert match is not None, soql[place:]
        assert match.lastgroup is not None
        if match.lastgroup != "space":
            found.append((match.lastgroup, match[0]))
        place = match.end()
    return found


def text_of(token: str) -> str:
    def one(match: re.Match[str]) -> str:
        return chr(int(match[1][1:], 16)) if match[1][0] == "u" else UNESCAPED[match[1]]

    return re.sub(r"\\(u[0-9A-Fa-f]{4}|.)", one, token[1:-1])


@given(st.text(max_size=200, alphabet=st.characters(exclude_categories=["Cs"])))
def test_a_text_is_one_token_that_reads_back_equal(text: str) -> None:
    [(kind, token)] = tokens(literal(text))
    assert kind == "text"
    assert text_of(token) == text


@given(
    st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False)
)
def test_a_number_is_one_token_that_reads_back_equal(number: float | Decimal) -> None:
    [(kind, token)] = tokens(literal(number))
    assert kind == "number"
    assert type(number)(token) == number


@given(st.datetimes(EARLIEST, LATEST, timezones=st.timezones()))
def test_an_instant_keeps_its_milliseconds_and_is_never_later(instant: datetime.datetime) -> None:
    [(kind, token)] = tokens(literal(instant))
    assert kind == "instant"
    late = instant.astimezone(datetime.UTC) - datetime.datetime.fromisoformat(token)
    assert datetime.timedelta(0) <= late < datetime.timedelta(milliseconds=1)


@given(st.text(max_size=30))
def test_a_name_is_accepted_only_if_it_is_one_word(text: str) -> None:
    try:
        word = name(text)
    except SoqlError:
        return
    assert tokens(word) == [("word", text)]


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "1Name",
        "Na me",
        "Name--",
        "Name,Id",
        "Name FROM User",
        "a..b",
        ".Name",
        "Name.",
        "a.b.c.d.e.f.g",
        "N(Id)",
        "Né",
    ],
)
def test_a_name_that_could_be_syntax_is_refused(hostile: str) -> None:
    with pytest.raises(SoqlError):
        name(hostile)


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        datetime.datetime(2026, 1, 1),  # noqa: DTZ001 - an instant without a zone is what is refused
        datetime.date(1699, 12, 31),
        datetime.datetime(4001, 1, 1, tzinfo=datetime.UTC),
        "x" * 4_001,
        "\ud800",
    ],
)
def test_a_value_that_salesforce_cannot_hold_is_refused(value: Scalar) -> None:
    with pytest.raises(SoqlError):
        literal(value)


def test_a_query_is_put_together_from_checked_parts() -> None:
    since = datetime.datetime(2026, 9, 14, 8, 0, 0, 999_999, tzinfo=datetime.UTC)
    where = [
        Where("SystemModstamp", ">=", since),
        Where("UserType", "IN", ["Standard", "O'Hara"]),
        Where("IsActive", "=", True),
        Where("ManagerId", "!=", None),
        Where("Birth__c", "<", datetime.date(2000, 2, 29)),
    ]
    assert select(["Id", "Manager.Name"], "User", where, order=["SystemModstamp", "Id"], limit=5) == (
        "SELECT Id, Manager.Name FROM User WHERE SystemModstamp >= 2026-09-14T08:00:00.999Z"
        " AND UserType IN ('Standard','O\\'Hara') AND IsActive = true AND ManagerId != null"
        " AND Birth__c < 2000-02-29 ORDER BY SystemModstamp, Id LIMIT 5"
    )
    either = AnyOf((Where("IsWon", "=", True), Where("Account.Name", "=", "x) OR (y")))
    assert count("Opportunity", [either, Where("Amount", ">", 0)]) == (
        "SELECT COUNT() FROM Opportunity WHERE (IsWon = true OR Account.Name = 'x) OR (y') AND Amount > 0"
    )
    assert totals("Opportunity", "StageName", "Amount", [Where("IsWon", "=", True)]) == (
        "SELECT StageName, COUNT(Id) rows_total, SUM(Amount) amount_total FROM Opportunity WHERE IsWon = true"
        " GROUP BY StageName"
    )
    assert count("Lead") == "SELECT COUNT() FROM Lead"


@pytest.mark.parametrize(
    "where", [Where("Id", "IN", []), Where("Id", "IN", "abc"), Where("Id", "=", ["a"]), Where("Id", "IN", None)]
)
def test_a_list_and_a_single_value_are_not_confused(where: Where) -> None:
    with pytest.raises(SoqlError):
        select(["Id"], "User", [where])


def test_a_query_needs_a_field_and_a_list_has_a_bound() -> None:
    with pytest.raises(SoqlError):
        select([], "User")
    with pytest.raises(SoqlError):
        literals(range(2_001))
    with pytest.raises(SoqlError):
        count("User", [AnyOf(())])
