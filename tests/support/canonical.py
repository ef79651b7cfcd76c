"""Canonical tables in memory, made from plain rows: what a snapshot's folder would hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import duckdb
import pyarrow as pa

from kpis.periods import day_number
from kpis.tables import TABLES, Column, Table

Row = Mapping[str, object]
Tables = Mapping[str, Sequence[Row]]

_TYPES = {
    "text": pa.string(), "number": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_(), "date": pa.date32(),
    "instant": pa.timestamp("us"),
}  # fmt: skip


def connection_of(tables: Tables) -> duckdb.DuckDBPyConnection:
    """Return a connection that has these tables; instants are aware, and days are days in UTC."""
    connection = duckdb.connect()
    for name, rows in tables.items():
        connection.register(name, arrow_table(TABLES[name], rows))
    return connection


def arrow_table(table: Table, rows: Sequence[Row]) -> pa.Table:
    """Return the rows as a stored table has them: all columns, and a day for each date and instant."""
    arrays = {column.name: pa.array(_values(column, rows), _TYPES[column.type]) for column in table.columns}
    for column in table.columns:
        if column.is_dated:
            arrays[f"{column.name}_day"] = pa.array([_day(row.get(column.name)) for row in rows], pa.int32())
    return pa.table(arrays)


def _values(column: Column, rows: Sequence[Row]) -> list[object]:
    values = [row.get(column.name) for row in rows]
    if column.type == "instant":
        return [
            value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else None for value in values
        ]
    return values


def _day(value: object) -> int | None:
    if isinstance(value, datetime):
        return day_number(value.astimezone(UTC).date())
    return day_number(value) if isinstance(value, date) else None
