"""A query as a tree, and the errors that point into its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from connectors.sandbox.salesforce.errors import ApiError

_SHOWN_BEFORE, _SHOWN_AFTER = 60, 40


@dataclass(frozen=True, slots=True)
class Name:
    """A field, perhaps through relationships: ``Owner.Name``. ``position`` is where it stands in the query."""

    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of a field: ``SUM(Amount)``; ``COUNT()`` has no argument."""

    function: str
    argument: Name | None
    position: int


Expression = Name | Call


@dataclass(frozen=True, slots=True)
class Literal:
    """A value: its text without quotes and escapes, and (for LIKE) ``raw`` with the escapes.

    ``kind`` ``word`` is a range of days such as ``LAST_N_DAYS:30``.
    """

    kind: OneOf["string", "number", "boolean", "null", "date", "moment", "word"]
    text: str
    position: int
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field against a value, a list of values or (with IN) a query. The operator is in lower case."""

    left: Expression
    operator: str
    right: Literal | tuple[Literal, ...] | Select


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions that must hold together (``and``) or of which one must (``or``)."""

    word: OneOf["and", "or"]
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """A condition that must not hold."""

    part: Condition


Condition = Comparison | Junction | Negation


@dataclass(frozen=True, slots=True)
class Item:
    """What stands behind SELECT, with its alias if it has one."""

    expression: Expression
    alias: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """One part of ORDER BY."""

    expression: Expression
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    """A whole query. ``text`` is the query as it came, for the messages."""

    text: str
    items: tuple[Item, ...]
    object: Name
    alias: str = ""
    where: Condition | None = None
    groups: tuple[Expression, ...] = ()
    having: Condition | None = None
    orders: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0


def refusal(text: str, position: int, message: str, code: str = "INVALID_FIELD") -> ApiError:
    """Return an error that points at a place of the query, in the form of the API."""
    line_start = text.rfind("\n", 0, position) + 1
    row, column = text.count("\n", 0, position) + 1, position - line_start + 1
    first = max(line_start, position - _SHOWN_BEFORE)
    shown = text[first : position + _SHOWN_AFTER].split("\n", maxsplit=1)[0]
    caret = " " * (position - first) + "^"
    return ApiError(code, f"\n{shown}\n{caret}\nERROR at Row:{row}:Column:{column}\n{message}")
