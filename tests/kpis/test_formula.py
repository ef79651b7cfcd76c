"""Formulas: what they mean, and that a wrong one is refused in words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpis.errors import DefinitionError
from kpis.formula import (
    Comparison,
    Formula,
    Name,
    Negative,
    Number,
    Operation,
    condition_names,
    evaluate,
    names,
    parse,
    parse_condition,
)

VALUES = {"won": 6.0, "lost": 4.0, "nothing": 0.0, "unknown": None}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("won / (won + lost)", 0.6),
        ("won - lost - 1", 1.0),
        ("won / 2 / 3", 1.0),
        ("2 + 3 * lost", 14.0),
        ("-won + -(-lost)", -2.0),
        ("  1.5*\twon ", 9.0),
    ],
)
def test_operators_bind_as_at_school(expression: str, expected: float) -> None:
    assert evaluate(expression, VALUES) == pytest.approx(expected)


@pytest.mark.parametrize(
    "expression",
    ["won / nothing", "won / unknown", "won / absent", "unknown * nothing", "1 + won / nothing", "-unknown"],
)
def test_a_missing_value_or_a_zero_divisor_leaves_no_value(expression: str) -> None:
    assert evaluate(expression, VALUES) is None


def test_the_tree_is_plain_values() -> None:
    assert parse("a / -2") == Operation("/", Name("a"), Negative(Number(2.0)))


def test_names_are_listed_once_in_the_order_written() -> None:
    assert names("(revenue - revenue_prior) / revenue_prior + quota") == ("revenue", "revenue_prior", "quota")
    assert condition_names("quota > 0 and revenue >= quota") == ("quota", "revenue")


def test_a_condition_is_comparisons_joined_by_and() -> None:
    assert parse_condition("quota > 0 and revenue >= 2 * quota") == (
        Comparison(Name("quota"), ">", Number(0.0)),
        Comparison(Name("revenue"), ">=", Operation("*", Number(2.0), Name("quota"))),
    )


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("", "ends where a name, a number or an opening parenthesis was expected"),
        ("won +", "ends where a name"),
        ("won lost", 'has "lost" where an operator or the end was expected'),
        ("(won + lost", "ends where a closing parenthesis was expected"),
        ("won) / 2", r'has "\)" where an operator'),
        ("won > 2", 'has ">" where an operator'),
        ("Won", 'cannot be read from "Won" on'),
        ("won.real", 'cannot be read from "won.real" on'),
        ("__import__('os')", "cannot be read from"),
        ("1e9", 'cannot be read from "1e9" on'),
        ("won ** 2", 'has "\\*" where a name'),
        ("won +" * 199 + "won", "nested deeper than 50 levels"),
        ("(" * 400 + "won" + ")" * 400, "nested deeper than 50 levels"),
        ("-" * 900 + "won", "nested deeper than 50 levels"),
        ("w" * 1_001, "longer than 1,000 characters"),
    ],
)
def test_a_wrong_formula_is_refused_with_what_is_wrong(expression: str, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        parse(expression)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("quota", "ends where a comparison such as > or <= was expected"),
        ("quota + 1 or revenue", 'has "or" where a comparison'),
        ("quota > 0 and", "ends where a name"),
        ("quota > 0 revenue", 'has "revenue" where an operator or the end'),
        ("quota > " + "1 + " * 60 + "1", "nested deeper"),
    ],
)
def test_a_wrong_condition_is_refused_with_what_is_wrong(condition: str, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        parse_condition(condition)


_LEAVES = st.one_of(
    st.sampled_from(["won", "lost", "nothing"]).map(Name),
    st.integers(0, 99).map(lambda n: Number(float(n))),
)
_FORMULAS: st.SearchStrategy[Formula] = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        inner.map(Negative), st.builds(Operation, st.sampled_from(["+", "-", "*", "/"]), inner, inner)
    ),
    max_leaves=12,
)


def _written(formula: Formula) -> str:
    match formula:
        case Number(value):
            return str(value)
        case Name(name):
            return name
        case Negative(operand):
            return f"-({_written(operand)})"
        case Operation(operator, left, right):
            return f"({_written(left)}) {operator} ({_written(right)})"


@settings(deadline=None)  # the machine may be busy: only the answer counts
@given(_FORMULAS)
def test_any_formula_is_read_back_from_how_it_is_written(formula: Formula) -> None:
    assert parse(_written(formula)) == formula


@settings(deadline=None)  # the machine may be busy: only the answer counts
@given(st.text(max_size=60))
def test_any_text_is_a_formula_or_is_refused_in_words(text: str) -> None:
    assert _answer(text).endswith(".")


def _answer(text: str) -> str:
    try:
        return f"It reads {parse(text)}."
    except DefinitionError as error:
        return str(error)
