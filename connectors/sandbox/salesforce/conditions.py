"""Conditions of a query made into functions that say of a row whether it is wanted.

As in the real language, texts are compared without regard to case, an empty text is null, and a null is unequal to
every value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from connectors.sandbox.salesforce.columns import Column, Get
from connectors.sandbox.salesforce.days import Today, day_range, day_start
from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.ids import is_record_id, with_suffix
from connectors.sandbox.salesforce.syntax import (
    Call,
    Comparison,
    Condition,
    Expression,
    Junction,
    Literal,
    Negation,
    Select,
    refusal,
)
from connectors.sandbox.salesforce.table import Row
from connectors.sandbox.salesforce.values import NUMBER_TYPES, Value, moment_text, parse_moment

Test = Callable[[Row], bool]
_UNQUOTED = NUMBER_TYPES | {"boolean", "date", "datetime"}
_LITERALS = {"boolean": "boolean", "date": "date", "datetime": "moment"} | dict.fromkeys(NUMBER_TYPES, "number")
_TYPE_WORDS = {"datetime": "dateTime", "currency": "double", "percent": "double"}


@dataclass(frozen=True, slots=True)
class Conditions:
    """Makes the conditions of one query into functions.

    ``column`` says what an expression stands for, ``members`` what an inner query answers.
    """

    query: str
    today: Today
    column: Callable[[Expression], Column]
    members: Callable[[Select], frozenset[Value]]

    def test(self, condition: Condition) -> Test:
        """Return the function. Raises `ApiError` where types or operators do not fit."""
        if isinstance(condition, Negation):
            inner = self.test(condition.part)
            return lambda row: not inner(row)
        if isinstance(condition, Junction):
            return _joined(condition.word, [self.test(part) for part in condition.parts])
        column = self.column(condition.left)
        if not column.field.filterable:
            message = f"field '{column.field.name}' can not be filtered in a query call"
            raise refusal(self.query, condition.left.position, message)
        return self._comparison(column, condition)

    def _comparison(self, column: Column, condition: Comparison) -> Test:
        operator, right = condition.operator, condition.right
        get = _folded(column)
        if isinstance(right, Select):
            wanted = self.members(right)
            return _within(get, wanted, negated=operator == "not in")
        if isinstance(right, tuple):
            values = frozenset(self._value(column, each) for each in right)
            return _within(get, values, negated=operator == "not in")
        if operator == "like":
            return self._like(column, condition, right)
        if right.kind == "word" and column.field.type in {"date", "datetime"}:
            return self._in_days(get, column, operator, right)
        value = self._value(column, right)
        self._check_operator(column, condition, value)
        return _compared(get, operator, value)

    def _check_operator(self, column: Column, condition: Comparison, value: Value) -> None:
        if condition.operator in {"=", "!="} or (column.field.type != "boolean" and value is not None):
            return
        message = f"invalid operator on {column.field.type} field '{column.field.name}'"
        raise refusal(self.query, condition.left.position, message, "MALFORMED_QUERY")

    def _value(self, column: Column, literal: Literal) -> Value:
        field = column.field
        if literal.kind == "null" or (literal.kind == "string" and not literal.text and field.type not in _UNQUOTED):
            return None
        if literal.kind != _LITERALS.get(field.type, "string"):
            raise self._wrong_type(column, literal)
        if field.type in {"id", "reference"}:
            if not is_record_id(literal.text):
                message = f"invalid ID field: {literal.text}"
                raise refusal(self.query, literal.position, message, "INVALID_QUERY_FILTER_OPERATOR")
            return with_suffix(literal.text)
        if literal.kind == "number":
            return float(literal.text)
        if literal.kind == "boolean":
            return literal.text == "true"
        if literal.kind == "moment":
            return self._moment(literal)
        return literal.text if literal.kind == "date" else literal.text.lower()

    def _moment(self, literal: Literal) -> str:
        try:
            return moment_text(parse_moment(literal.text.upper()))
        except ValueError as error:
            message = f"line 1, no viable alternative at {literal.text}"
            raise refusal(self.query, literal.position, message, "MALFORMED_QUERY") from error

    def _wrong_type(self, column: Column, literal: Literal) -> ApiError:
        kind = column.field.type
        word = _TYPE_WORDS.get(kind, kind if kind in _UNQUOTED else "string")
        quotes = "should not be enclosed in quotes" if kind in _UNQUOTED else "should be enclosed in quotes"
        message = f"value of filter criterion for field '{column.field.name}' must be of type {word} and {quotes}"
        return refusal(self.query, literal.position, message)

    def _like(self, column: Column, condition: Comparison, right: Literal) -> Test:
        if column.field.type in _UNQUOTED or column.field.type in {"id", "reference"}:
            message = f"invalid operator on {column.field.type} field '{column.field.name}'"
            raise refusal(self.query, condition.left.position, message, "MALFORMED_QUERY")
        if right.kind != "string":
            raise self._wrong_type(column, right)
        matches, get = like_pattern(right.raw).match, column.get
        return lambda row: (text := get(row)) is not None and matches(str(text)) is not None

    def _in_days(self, get: Get, column: Column, operator: str, literal: Literal) -> Test:
        try:
            days = day_range(literal.text, self.today)
        except (ValueError, OverflowError):
            days = None
        if days is None:
            raise self._wrong_type(column, literal)
        first, after = (
            day_start(day, self.today.zone) if column.field.type == "datetime" else day.isoformat() for day in days
        )
        tests: dict[str, Test] = {
            "=": lambda row: (value := get(row)) is not None and first <= str(value) < after,
            "!=": lambda row: (value := get(row)) is None or not first <= str(value) < after,
            "<": lambda row: (value := get(row)) is not None and str(value) < first,
            "<=": lambda row: (value := get(row)) is not None and str(value) < after,
            ">": lambda row: (value := get(row)) is not None and str(value) >= after,
            ">=": lambda row: (value := get(row)) is not None and str(value) >= first,
        }
        return tests[operator]


def is_aggregate(expression: Expression) -> bool:
    """Tell whether the expression is a function over many rows."""
    return isinstance(expression, Call) and expression.function.upper() in AGGREGATES


AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})


def like_pattern(raw: str) -> re.Pattern[str]:
    """Return the expression for a text with wildcards; each part is found once, so that no text takes long."""
    parts: list[str] = [""]
    for piece in re.findall(r"\\.|.", raw, re.DOTALL):
        if piece == "%":
            parts.append("")
        else:
            parts[-1] += "." if piece == "_" else re.escape(piece[-1])
    if len(parts) == 1:
        body = parts[0]
    else:
        middle = "".join(f"(?>.*?{part})" for part in parts[1:-1] if part)
        body = f"{parts[0]}{middle}.*{parts[-1]}"
    return re.compile(rf"{body}\Z", re.IGNORECASE | re.DOTALL)


def _folded(column: Column) -> Get:
    """Return what reads the value as it is compared: texts in lower case."""
    get = column.get
    if column.field.type in _UNQUOTED or column.field.type in {"id", "reference"}:
        return get
    return lambda row: value.lower() if isinstance(value := get(row), str) else value


def _joined(word: str, tests: list[Test]) -> Test:
    if len(tests) == 2:
        first, second = tests
        if word == "and":
            return lambda row: first(row) and second(row)
        return lambda row: first(row) or second(row)
    if word == "and":
        return lambda row: all(test(row) for test in tests)
    return lambda row: any(test(row) for test in tests)


def _within(get: Get, values: frozenset[Value], *, negated: bool) -> Test:
    if negated:
        return lambda row: get(row) not in values
    return lambda row: get(row) in values


def _compared(get: Get, operator: str, wanted: Value) -> Test:
    if operator == "=":
        return lambda row: get(row) == wanted
    if operator == "!=":
        return lambda row: get(row) != wanted
    # The two sides are of one type: the literal was made to fit the field.
    tests: dict[str, Test] = {
        "<": lambda row: (value := get(row)) is not None and value < wanted,  # type: ignore[operator]
        "<=": lambda row: (value := get(row)) is not None and value <= wanted,  # type: ignore[operator]
        ">": lambda row: (value := get(row)) is not None and value > wanted,  # type: ignore[operator]
        ">=": lambda row: (value := get(row)) is not None and value >= wanted,  # type: ignore[operator]
    }
    return tests[operator]
