"""Answering a query: which rows, in which order, and how they are written as records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from connectors.sandbox.salesforce.aggregates import grouped
from connectors.sandbox.salesforce.columns import Column, Columns
from connectors.sandbox.salesforce.conditions import Conditions, is_aggregate
from connectors.sandbox.salesforce.days import today_of
from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.ids import with_suffix
from connectors.sandbox.salesforce.records import writer
from connectors.sandbox.salesforce.results import Result, in_order
from connectors.sandbox.salesforce.soql import parse
from connectors.sandbox.salesforce.syntax import (
    Call,
    Comparison,
    Condition,
    Expression,
    Junction,
    Literal,
    Name,
    Order,
    Select,
    refusal,
)
from connectors.sandbox.salesforce.table import Row, Table
from connectors.sandbox.salesforce.values import Value, moment_text, parse_moment
from connectors.sandbox.salesforce.view import View

OFFSET_MAX = 2_000
_HIDING = ("IsDeleted", "IsArchived")
_FIRST_STAMP, _LAST_STAMP = "", "~"  # before and behind every moment


def answer(view: View, text: str, *, include_deleted: bool = False) -> Result:
    """Answer a query. Raises `ApiError`. ``write`` wants the rows and the path of the API version."""
    return run(view, parse(text), include_deleted=include_deleted)


def run(view: View, select: Select, *, include_deleted: bool = False) -> Result:
    """Answer a parsed query. Raises `ApiError`."""
    table = view.table(select.object.text)
    if table is None:
        raise _no_such_object(select.object.text)
    if select.offset > OFFSET_MAX:
        raise ApiError("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {OFFSET_MAX}")
    organization = view.org.organization
    start_month = int(organization.get("FiscalYearStartMonth") or 1)
    named_by_start = organization.get("UsesStartDateAsFiscalYearName") is True
    columns = Columns(view, select, table, (start_month, named_by_start))
    conditions = Conditions(
        select.text,
        today_of(view.org.clock(), str(organization.get("TimeZoneSidKey") or "UTC"), start_month),
        lambda expression: _column(columns, expression),
        lambda inner: _members(view, inner, include_deleted=include_deleted),
    )
    rows = _matching(view, table, select, conditions, include_deleted=include_deleted)
    if select.groups or any(is_aggregate(item.expression) for item in select.items):
        return _aggregate(select, columns, conditions, rows)
    return _plain(select, table, columns, rows)


def _no_such_object(name: str) -> ApiError:
    message = (
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object, be sure to append "
        "the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names."
    )
    return ApiError("INVALID_TYPE", message)


def _column(columns: Columns, expression: Expression) -> Column:
    return columns.column(expression) if isinstance(expression, Name) else columns.function(expression)


def _members(view: View, inner: Select, *, include_deleted: bool) -> frozenset[Value]:
    result = run(view, inner, include_deleted=include_deleted)
    if len(result.columns) != 1:
        raise refusal(
            inner.text, inner.object.position, "an inner query selects exactly one field", "MALFORMED_QUERY"
        )
    get = result.columns[0].get
    return frozenset(get(row) for row in result.rows)


def _matching(
    view: View, table: Table, select: Select, conditions: Conditions, *, include_deleted: bool
) -> list[Row]:
    test = conditions.test(select.where) if select.where is not None else None
    rows: Iterable[Row] = _candidates(table, select)
    if not include_deleted:
        hidden = [place for name in _HIDING if (place := _hiding_place(table, name)) is not None]
        for place in hidden:
            rows = [row for row in rows if not row[place]]
    owner = table.kind.place("OwnerId")
    if view.unseen_owners and owner is not None:
        rows = [row for row in rows if row[owner] not in view.unseen_owners]
    return list(rows) if test is None else [row for row in rows if test(row)]


def _hiding_place(table: Table, name: str) -> int | None:
    """Return where a flag stands that keeps a row out of plain queries: archived ones hide only activities."""
    return table.kind.place(name) if name == "IsDeleted" or table.kind.name in {"Task", "Event"} else None


def _candidates(table: Table, select: Select) -> Iterable[Row]:
    """Return the rows that the indexes leave: by id, or by stamp; all of them where neither helps."""
    low, high, bounded = _FIRST_STAMP, _LAST_STAMP, False
    for condition in _conjuncts(select.where):
        if not isinstance(condition, Comparison) or not isinstance(condition.left, Name):
            continue
        name, right = condition.left.text.lower(), condition.right
        if name == "id" and condition.operator in {"=", "in"} and not isinstance(right, Select):
            keys = right if isinstance(right, tuple) else (right,)
            return [row for each in keys for row in _by_prefix(table, each.text)]
        if name != "systemmodstamp" or not isinstance(right, Literal) or right.kind != "moment":
            continue
        stamp = _stamp(right)
        if condition.operator in {">=", ">", "="}:
            low, bounded = max(low, stamp), True
        if condition.operator in {"<=", "<", "="}:
            high, bounded = min(high, stamp), True
    return table.stamped(low, high) if bounded else table.rows.values()


def _by_prefix(table: Table, key: str) -> Iterable[Row]:
    row = table.rows.get(with_suffix(key))
    return [] if row is None else [row]


def _stamp(literal: Literal) -> str:
    return moment_text(parse_moment(literal.text.upper()))


def _conjuncts(condition: Condition | None) -> Sequence[Condition]:
    if condition is None:
        return ()
    return condition.parts if isinstance(condition, Junction) and condition.word == "and" else (condition,)


def _plain(select: Select, table: Table, columns: Columns, rows: list[Row]) -> Result:
    if select.having is not None:
        raise refusal(select.text, select.object.position, "HAVING needs GROUP BY", "MALFORMED_QUERY")
    chosen: list[Column] = []
    for item in select.items:
        expression = item.expression
        if isinstance(expression, Call):
            message = f"{expression.function}() must stand with GROUP BY"
            raise refusal(select.text, expression.position, message, "MALFORMED_QUERY")
        if item.alias:
            message = "only aggregate expressions use field aliasing"
            raise refusal(select.text, expression.position, message, "MALFORMED_QUERY")
        column = columns.column(expression)
        if any(column.path == each.path for each in chosen):
            raise ApiError("INVALID_FIELD", f"duplicate field selected: {expression.text}")
        chosen.append(column)
    ordered = in_order(rows, [(_sortable(select, columns, each), each) for each in select.orders])
    end = None if select.limit is None else select.offset + select.limit
    kept = ordered[select.offset : end]
    return Result(len(kept), kept, writer(table.kind.name, chosen), tuple(chosen))


def _sortable(select: Select, columns: Columns, order: Order) -> Column:
    column = _column(columns, order.expression)
    if not column.field.sortable:
        message = f"field '{column.field.name}' can not be sorted in a query call"
        raise refusal(select.text, order.expression.position, message)
    return column


def _aggregate(select: Select, columns: Columns, conditions: Conditions, rows: list[Row]) -> Result:
    first = select.items[0].expression
    if isinstance(first, Call) and first.function.upper() == "COUNT" and first.argument is None:
        if len(select.items) > 1 or select.groups:
            raise refusal(select.text, first.position, "COUNT() must stand alone", "MALFORMED_QUERY")
        total = len(rows) if select.limit is None else min(len(rows), select.limit)
        return Result(total, (), lambda _rows, _base: [], is_aggregate=True)
    return grouped(select, columns, conditions, rows)
