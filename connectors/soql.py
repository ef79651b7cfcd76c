"""SOQL without string pasting: typed literals, checked names and a small SELECT builder.

Only these functions make a `Soql`, so whatever holds one cannot hold a value that was read as syntax.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, NewType

Soql = NewType("Soql", str)
Scalar = str | int | float | Decimal | bool | datetime.date | datetime.datetime | None
Operator = Literal["=", "!=", "<", "<=", ">", ">=", "IN", "NOT IN"]

_PART: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
_RELATIONSHIPS_MAX: Final = 5  # Salesforce goes up five levels from child to parent
_TEXT_MAX: Final = 4_000  # the longest text literal of a WHERE clause
_LIST_MAX: Final = 2_000  # keeps a query below the 16 kB that a URL may have
_ESCAPES: Final = {
    "\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f",
}  # fmt: skip
_FIRST_DAY, _LAST_DAY = datetime.date(1700, 1, 1), datetime.date(4000, 12, 31)  # what Salesforce can hold


class SoqlError(ValueError):
    """A value or a name cannot be written in SOQL; says which and why."""


@dataclass(frozen=True, slots=True)
class Where:
    """``field operator value``; the value is a sequence for IN and NOT IN. Several are joined by AND."""

    field: str
    operator: Operator
    value: Scalar | Sequence[Scalar]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Conditions of which one must hold."""

    conditions: tuple[Where, ...]


def name(text: str) -> str:
    """Return an object or field name, with relationships before dots, or raise `SoqlError`."""
    parts = text.split(".")
    if len(parts) > _RELATIONSHIPS_MAX + 1 or not all(_PART.fullmatch(part) for part in parts):
        raise SoqlError(
            f"{text[:100]!r} is not a name of Salesforce; write letters, digits and _, such as Channel__c."
        )
    return text


def literal(value: Scalar) -> str:
    """Return a value as SOQL. An instant keeps its milliseconds, cut, not rounded, and must have a zone."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, datetime.datetime):
        return _instant(value)
    if isinstance(value, datetime.date):
        return _dated(value).isoformat()
    return _number(value)


def literals(values: Sequence[Scalar]) -> str:
    """Return values as the list that IN takes. An empty list is refused: what it means is nobody's guess."""
    if not values or len(values) > _LIST_MAX:
        raise SoqlError(f"IN takes from 1 to {_LIST_MAX:,} values, not {len(values):,}.")
    return "(" + ",".join(map(literal, values)) + ")"


def select(
    fields: Sequence[str],
    source: str,
    where: Sequence[Where | AnyOf] = (),
    *,
    order: Sequence[str] = (),
    limit: int | None = None,
) -> Soql:
    """Return a SELECT; all conditions must hold, and rows come in ascending order."""
    if not fields:
        raise SoqlError(f"A query of {source[:100]} needs at least one field.")
    return _query(", ".join(map(name, fields)), source, where, order, limit)


def count(source: str, where: Sequence[Where | AnyOf] = ()) -> Soql:
    """Return a query for the number of rows."""
    return _query("COUNT()", source, where, (), None)


def totals(source: str, by: str, added: str = "", where: Sequence[Where | AnyOf] = ()) -> Soql:
    """Return a query for ``rows_total``, the rows of each value of ``by``, and ``amount_total``, a field added up."""
    what = f"{name(by)}, COUNT(Id) rows_total" + (f", SUM({name(added)}) amount_total" if added else "")
    return Soql(_query(what, source, where, (), None) + f" GROUP BY {name(by)}")


def _query(what: str, source: str, where: Sequence[Where | AnyOf], order: Sequence[str], limit: int | None) -> Soql:
    text = f"SELECT {what} FROM {name(source)}"  # noqa: S608 (every part is a checked name or a typed literal)
    if where:
        text += " WHERE " + " AND ".join(map(_condition, where))
    if order:
        text += " ORDER BY " + ", ".join(map(name, order))
    if limit is not None:
        text += f" LIMIT {int(limit)}"
    return Soql(text)


def _condition(where: Where | AnyOf) -> str:
    if isinstance(where, AnyOf):
        if not where.conditions:
            raise SoqlError("One of no conditions cannot hold.")
        return "(" + " OR ".join(map(_condition, where.conditions)) + ")"
    if where.operator in {"IN", "NOT IN"}:
        if isinstance(where.value, str) or not isinstance(where.value, Sequence):
            raise SoqlError(f"{where.operator} takes a list of values.")
        return f"{name(where.field)} {where.operator} {literals(where.value)}"
    if isinstance(where.value, Sequence) and not isinstance(where.value, str):
        raise SoqlError(f"{where.operator} takes one value, not a list.")
    return f"{name(where.field)} {where.operator} {literal(where.value)}"


def _text(value: str) -> str:
    if len(value) > _TEXT_MAX:
        raise SoqlError(f"A text in a query may have {_TEXT_MAX:,} characters, not {len(value):,}.")
    return "'" + "".join(map(_escaped, value)) + "'"


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character < " " or "\x7f" <= character <= "\x9f" or character in "\u2028\u2029":
        return f"\\u{ord(character):04X}"
    if "\ud800" <= character <= "\udfff":
        raise SoqlError("A text with half a character cannot be written in a query.")
    return character


def _number(value: float | Decimal) -> str:
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        raise SoqlError(f"{value} is not a number that a query can hold.")
    return format(Decimal(repr(value)) if isinstance(value, float) else value, "f")


def _dated(value: datetime.date) -> datetime.date:
    if not _FIRST_DAY <= value <= _LAST_DAY:
        raise SoqlError(f"{value.isoformat()} is outside the years 1700 to 4000 that Salesforce holds.")
    return value


def _instant(value: datetime.datetime) -> str:
    if value.utcoffset() is None:
        raise SoqlError(f"{value.isoformat()} has no time zone, so it is no instant.")
    instant = value.astimezone(datetime.UTC).replace(tzinfo=None)
    _dated(instant.date())
    return instant.isoformat(timespec="milliseconds") + "Z"
