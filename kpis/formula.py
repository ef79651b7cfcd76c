"""Formulas over names: + - * / and parentheses, and the comparisons that conditions are made of. No eval."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, cast

from kpis.errors import DefinitionError

MAX_LENGTH: Final = 1_000
MAX_DEPTH: Final = 50

Operator = Literal["+", "-", "*", "/"]
Comparator = Literal["=", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Number:
    """A number written in the formula."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a measure or of another KPI."""

    name: str


@dataclass(frozen=True, slots=True)
class Negative:
    """Minus the operand."""

    operand: Formula


@dataclass(frozen=True, slots=True)
class Operation:
    """Two operands and what is done with them. A quotient over zero has no value."""

    operator: Operator
    left: Formula
    right: Formula


Formula = Number | Name | Negative | Operation


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left operator right``; it does not hold where either side has no value."""

    left: Formula
    operator: Comparator
    right: Formula


@lru_cache(maxsize=4096)
def parse(expression: str) -> Formula:
    """Return the tree of a formula. Raises `DefinitionError` that says where the formula is wrong.

    ``*`` and ``/`` bind before ``+`` and ``-``; equal ones from left to right. At most 1,000 characters, and no
    part may lie deeper than 50 levels.
    """
    parser = _Parser(expression)
    formula = parser.sum()
    parser.expect_end()
    _check_depth(formula, expression)
    return formula


@lru_cache(maxsize=1024)
def parse_condition(text: str) -> tuple[Comparison, ...]:
    """Return the comparisons of a condition such as ``quota > 0 and revenue >= quota``; all must hold.

    Raises `DefinitionError`. Each side is a formula; the comparators are ``= != < <= > >=``.
    """
    parser = _Parser(text)
    comparisons = [parser.comparison()]
    while parser.take("and"):
        comparisons.append(parser.comparison())
    parser.expect_end()
    for comparison in comparisons:
        _check_depth(comparison.left, text)
        _check_depth(comparison.right, text)
    return tuple(comparisons)


def names(expression: Formula | str) -> tuple[str, ...]:
    """Return the different names in a formula, in the order in which they are first written."""
    tree = parse(expression) if isinstance(expression, str) else expression
    return tuple(dict.fromkeys(node.name for node, _ in _nodes(tree) if isinstance(node, Name)))


def condition_names(text: str) -> tuple[str, ...]:
    """Return the different names in a condition, in the order in which they are first written."""
    sides = (side for comparison in parse_condition(text) for side in (comparison.left, comparison.right))
    return tuple(dict.fromkeys(name for side in sides for name in names(side)))


def evaluate(expression: Formula | str, values: Mapping[str, float | None]) -> float | None:
    """Return the formula's value, or None where a name has no value or a divisor is zero."""
    tree = parse(expression) if isinstance(expression, str) else expression
    match tree:
        case Number(value):
            return value
        case Name(name):
            return values.get(name)
        case Negative(operand):
            positive = evaluate(operand, values)
            return None if positive is None else -positive
        case Operation(operator, left, right):
            return _apply(operator, evaluate(left, values), evaluate(right, values))


def _apply(operator: Operator, left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right if right else None


def _nodes(formula: Formula) -> Iterator[tuple[Formula, int]]:
    """Yield each node with its depth, from left to right; without recursion, so that any depth can be checked."""
    stack = [(formula, 1)]
    while stack:
        node, depth = stack.pop()
        yield node, depth
        if isinstance(node, Operation):
            stack += [(node.right, depth + 1), (node.left, depth + 1)]
        elif isinstance(node, Negative):
            stack.append((node.operand, depth + 1))


def _check_depth(formula: Formula, expression: str) -> None:
    if max(depth for _, depth in _nodes(formula)) > MAX_DEPTH:
        raise _too_deep(expression)


def _too_deep(expression: str) -> DefinitionError:
    return _wrong(expression, f"is nested deeper than {MAX_DEPTH} levels. Split it into several.")


def _wrong(expression: str, what: str) -> DefinitionError:
    shown = expression if len(expression) <= 80 else f"{expression[:77]}..."
    return DefinitionError(f'The formula "{shown}" {what}')


_TOKEN: Final = re.compile(r"\s*(?:([0-9]+(?:\.[0-9]+)?)(?![\w.])|([a-z][a-z0-9_]*)(?![\w.])|(!=|<=|>=|[-+*/()=<>]))")
_COMPARATORS: Final = ("=", "!=", "<", "<=", ">", ">=")


class _Parser:
    """Reads the tokens of one formula from left to right, by recursive descent; `_nesting` bounds the descent."""

    def __init__(self, expression: str) -> None:
        if len(expression) > MAX_LENGTH:
            raise _wrong(expression, f"is longer than {MAX_LENGTH:,} characters. Split it into several.")
        self._expression = expression
        self._tokens = _tokens(expression)
        self._at = 0
        self._nesting = 0

    def sum(self) -> Formula:
        """Read products joined by + and -."""
        left = self._product()
        while operator := self.take("+") or self.take("-"):
            left = Operation(cast("Operator", operator), left, self._product())
        return left

    def comparison(self) -> Comparison:
        """Read two sums with a comparator between them."""
        left = self.sum()
        operator = self._next()
        if operator not in _COMPARATORS:
            raise self._unexpected(operator, "a comparison such as > or <=")
        self._at += 1
        return Comparison(left, cast("Comparator", operator), self.sum())

    def take(self, token: str) -> str:
        """Step over the next token and return it, if it is this one; else return an empty text."""
        if self._next() != token:
            return ""
        self._at += 1
        return token

    def expect_end(self) -> None:
        """Raise if anything is left."""
        if token := self._next():
            raise self._unexpected(token, "an operator or the end")

    def _product(self) -> Formula:
        left = self._factor()
        while operator := self.take("*") or self.take("/"):
            left = Operation(cast("Operator", operator), left, self._factor())
        return left

    def _factor(self) -> Formula:
        self._nesting += 1
        if self._nesting > MAX_DEPTH:
            raise _too_deep(self._expression)
        formula = self._signed_or_enclosed() or self._number_or_name()
        self._nesting -= 1
        return formula

    def _signed_or_enclosed(self) -> Formula | None:
        if self.take("-"):
            return Negative(self._factor())
        if not self.take("("):
            return None
        formula = self.sum()
        if not self.take(")"):
            raise self._unexpected(self._next(), "a closing parenthesis")
        return formula

    def _number_or_name(self) -> Formula:
        word = self._next()
        if not word or word == "and" or not word[0].isalnum():
            raise self._unexpected(word, "a name, a number or an opening parenthesis")
        self._at += 1
        return Number(float(word)) if word[0].isdigit() else Name(word)

    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _unexpected(self, token: str, expected: str) -> DefinitionError:
        what = f'has "{token}"' if token else "ends"
        return _wrong(self._expression, f"{what} where {expected} was expected.")


def _tokens(expression: str) -> list[str]:
    tokens, at, end = [], 0, len(expression.rstrip())
    while at < end:
        match = _TOKEN.match(expression, at)
        if match is None:
            raise _wrong(expression, _stranger(expression, at))
        tokens.append(match[0].strip())
        at = match.end()
    return tokens


def _stranger(expression: str, at: int) -> str:
    word = expression[at:].split(maxsplit=1)[0]
    return (
        f'cannot be read from "{word[:40]}" on. It may hold names in lower case (letters, digits, _), '
        "numbers such as 0.5, + - * / and parentheses."
    )
