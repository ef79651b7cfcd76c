"""Queries over groups of rows: GROUP BY, and COUNT, SUM, AVG, MIN, MAX with or without it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from connectors.sandbox.salesforce.columns import Column, Columns
from connectors.sandbox.salesforce.conditions import AGGREGATES, Conditions, is_aggregate
from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.results import Record, Result, in_order
from connectors.sandbox.salesforce.schema import Field
from connectors.sandbox.salesforce.syntax import (
    Call,
    Comparison,
    Condition,
    Expression,
    Junction,
    Name,
    Negation,
    Select,
    refusal,
)
from connectors.sandbox.salesforce.table import Row
from connectors.sandbox.salesforce.values import NUMBER_TYPES, Value

GROUPS_MAX = 2_000
_ID = Field("Id", "id")


@dataclass(frozen=True, slots=True)
class _Output:
    """A value of a result row: its key (as written, without case), its name, the field, and how it is computed."""

    key: str
    name: str
    field: Field
    compute: Callable[[Sequence[Row]], Value]


def grouped(select: Select, columns: Columns, conditions: Conditions, rows: Sequence[Row]) -> Result:
    """Answer a query with groups or aggregates. Raises `ApiError`."""
    keys = [_column(columns, each) for each in select.groups]
    for column, expression in zip(keys, select.groups, strict=True):
        if isinstance(expression, Name) and not column.field.groupable:
            message = f"field '{column.field.name}' can not be grouped in a query call"
            raise refusal(select.text, expression.position, message)
    outputs = _outputs(select, columns)
    groups: dict[tuple[Value, ...], list[Row]] = {} if keys else {(): []}
    for row in rows:
        groups.setdefault(tuple([column.get(row) for column in keys]), []).append(row)
    results: list[Row] = [tuple(output.compute(members) for output in outputs) for members in groups.values()]
    at = {output.key: place for place, output in enumerate(outputs)}
    find = _finder(select, outputs, at)
    if select.having is not None:
        test = replace(conditions, column=find).test(select.having)
        results = [row for row in results if test(row)]
    results = in_order(results, [(find(order.expression), order) for order in select.orders])
    end = None if select.limit is None else select.offset + select.limit
    kept = results[select.offset : end]
    if len(kept) > GROUPS_MAX:
        message = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"
        raise ApiError("EXCEEDED_ID_LIMIT", message)
    return Result(len(kept), kept, _writer(outputs[: len(select.items)]), is_aggregate=True)


def _column(columns: Columns, expression: Expression) -> Column:
    if isinstance(expression, Name):
        return columns.column(expression)
    return columns.function(expression)


def _key(expression: Expression) -> str:
    if isinstance(expression, Name):
        return expression.text.lower()
    argument = expression.argument.text.lower() if expression.argument else ""
    return f"{expression.function.lower()}({argument})"


def _outputs(select: Select, columns: Columns) -> list[_Output]:
    """Return what is computed for each group: what is selected first, then what only HAVING and ORDER BY use."""
    groups = {_key(each) for each in select.groups}
    outputs: list[_Output] = []
    unnamed = 0
    for item in select.items:
        name = item.alias
        if not name and isinstance(item.expression, Call):
            name, unnamed = f"expr{unnamed}", unnamed + 1
        outputs.append(_output(select, columns, item.expression, name, groups))
    names = [output.name.lower() for output in outputs]
    for name in names:
        if names.count(name) > 1:
            raise ApiError("MALFORMED_QUERY", f"duplicate alias: {name}")
    known = {output.key for output in outputs}
    for expression in [*(order.expression for order in select.orders), *_expressions(select.having)]:
        if _key(expression) not in known and _key(expression) not in names:
            outputs.append(_output(select, columns, expression, "", groups))
            known.add(_key(expression))
    return outputs


def _output(select: Select, columns: Columns, expression: Expression, name: str, groups: set[str]) -> _Output:
    key = _key(expression)
    if isinstance(expression, Call) and is_aggregate(expression):
        field, compute = _aggregate(select, columns, expression)
        return _Output(key, name, field, compute)
    column = _column(columns, expression)
    if key not in groups:
        shown = expression.text if isinstance(expression, Name) else expression.function
        raise refusal(
            select.text, expression.position, f"Field must be grouped or aggregated: {shown}", "MALFORMED_QUERY"
        )
    return _Output(key, name or column.field.name, column.field, lambda rows: column.get(rows[0]))


def _aggregate(select: Select, columns: Columns, call: Call) -> tuple[Field, Callable[[Sequence[Row]], Value]]:
    function = call.function.upper()
    if call.argument is None:
        if function != "COUNT":
            raise refusal(select.text, call.position, f"{function} needs a field", "MALFORMED_QUERY")
        return replace(_ID, type="int"), len
    column = columns.column(call.argument)
    kind = column.field.type
    is_number = kind in NUMBER_TYPES
    unfit = kind in {"boolean", "textarea", "anyType"} and function not in {"COUNT", "COUNT_DISTINCT"}
    if unfit or (function in {"SUM", "AVG"} and not is_number):
        message = f"field {column.field.name} does not support aggregate operator {function}"
        raise refusal(select.text, call.argument.position, message, "MALFORMED_QUERY")
    result_type = {"COUNT": "int", "COUNT_DISTINCT": "int", "AVG": "double"}.get(function, kind)
    compute = _COMPUTES[function]
    return (
        replace(column.field, type=result_type, filterable=True),
        lambda rows: compute([value for row in rows if (value := column.get(row)) is not None]),
    )


def _sum(values: Sequence[Value]) -> Value:
    numbers = [value for value in values if isinstance(value, int | float)]
    if not numbers:
        return None
    return sum(numbers) if all(isinstance(number, int) for number in numbers) else math.fsum(numbers)


def _average(values: Sequence[Value]) -> Value:
    total = _sum(values)
    return total / len(values) if isinstance(total, int | float) else None


def _least(values: Sequence[Value]) -> Value:
    return min(values, default=None, key=_comparable)


def _greatest(values: Sequence[Value]) -> Value:
    return max(values, default=None, key=_comparable)


def _comparable(value: Value) -> str | float:
    if isinstance(value, str):
        return value.lower()
    return 0.0 if value is None else value


_COMPUTES: Mapping[str, Callable[[Sequence[Value]], Value]] = {
    "COUNT": len,
    "COUNT_DISTINCT": lambda values: len(set(values)),
    "SUM": _sum,
    "AVG": _average,
    "MIN": _least,
    "MAX": _greatest,
}
if frozenset(_COMPUTES) != AGGREGATES:
    raise AssertionError("Every aggregate that is read must be computed.")


def _expressions(condition: Condition | None) -> list[Expression]:
    if condition is None:
        return []
    if isinstance(condition, Comparison):
        return [condition.left]
    if isinstance(condition, Negation):
        return _expressions(condition.part)
    if isinstance(condition, Junction):
        return [each for part in condition.parts for each in _expressions(part)]
    return []


def _finder(select: Select, outputs: Sequence[_Output], at: Mapping[str, int]) -> Callable[[Expression], Column]:
    """Return what leads HAVING and ORDER BY to a value of a result row, by expression or by alias."""
    aliases = {output.name.lower(): place for place, output in enumerate(outputs) if output.name}

    def find(expression: Expression) -> Column:
        place = at.get(_key(expression), aliases.get(_key(expression)))
        if place is None:
            raise refusal(select.text, expression.position, "it is neither grouped nor aggregated", "MALFORMED_QUERY")
        return Column(itemgetter(place), outputs[place].field)

    return find


def _writer(outputs: Sequence[_Output]) -> Callable[[Sequence[Row], str], list[Record]]:
    names = [output.name for output in outputs]

    def write(rows: Sequence[Row], _base: str) -> list[Record]:
        return [{"attributes": {"type": "AggregateResult"}, **dict(zip(names, row, strict=False))} for row in rows]

    return write
