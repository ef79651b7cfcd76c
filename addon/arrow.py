"""Batches as Arrow tables, the form in which rows are staged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import pyarrow as pa

from addon.errors import StoreError
from kpis.tables import Column, ColumnType, Table

_ARROW_TYPES: Final[dict[ColumnType, pa.DataType]] = {
    "text": pa.string(), "number": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_(), "date": pa.date32(),
    "instant": pa.timestamp("us"),
}  # fmt: skip


def arrow_table(table: Table, columns: Mapping[str, Iterable[object]]) -> pa.Table:
    """Return a batch as an Arrow table with every canonical column; `StoreError` where a value has another type."""
    count = len(list(columns["id"]))
    arrays = []
    for column in table.columns:
        values = columns.get(column.name)
        try:
            arrays.append(
                pa.nulls(count, _ARROW_TYPES[column.type]) if values is None else _array(column, list(values))
            )
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError) as error:
            raise StoreError(
                f"{table.name}.{column.name} got a value that is not a {column.type}: {error}"
            ) from error
    return pa.table(arrays, names=[column.name for column in table.columns])


def _array(column: Column, values: list[object]) -> pa.Array:
    if column.type != "instant":
        return pa.array(values, _ARROW_TYPES[column.type])
    for value in values:
        if value is not None and getattr(value, "tzinfo", None) is None:
            raise ValueError(f"{value!r} is not an aware instant")
    return pa.array(values, pa.timestamp("us", "UTC")).cast(_ARROW_TYPES[column.type])
