"""What a query answers: rows in their order, and how they are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connectors.sandbox.salesforce.columns import Column
from connectors.sandbox.salesforce.syntax import Order
from connectors.sandbox.salesforce.table import Row
from connectors.sandbox.salesforce.values import Value

Record = dict[str, object]


@dataclass(frozen=True, slots=True)
class Result:
    """What a query answers: the rows found, and how some of them are written as records.

    ``total`` counts them all; for ``COUNT()`` there are no rows but a total. ``columns`` are the selected fields.
    """

    total: int
    rows: Sequence[Row]
    write: Callable[[Sequence[Row], str], list[Record]]
    columns: tuple[Column, ...] = ()
    is_aggregate: bool = False


def in_order(rows: list[Row], orders: Sequence[tuple[Column, Order]]) -> list[Row]:
    """Return the rows sorted: texts without regard to case, nulls first unless asked otherwise."""
    ordered = rows
    for column, order in reversed(orders):
        ordered = sorted(ordered, key=_sort_key(column, order), reverse=order.descending)
    return ordered


def _sort_key(column: Column, order: Order) -> Callable[[Row], tuple[bool, Value]]:
    get = column.get
    # Descending order turns the keys round, so the mark of a null is turned as well.
    null_mark = order.nulls_last != order.descending

    def key(row: Row) -> tuple[bool, Value]:
        value = get(row)
        if value is None:
            return null_mark, ""
        return not null_mark, value.lower() if isinstance(value, str) and column.field.type != "id" else value

    return key
