"""Writes the world as canonical tables: one parquet file each, as a snapshot holds them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from addon.bench.world import ACTIVITY_KINDS, FIRST_DATE, KINDS, MARKETS, SOURCES, STAGES, Columns, Size, draw
from kpis.tables import DAY_SUFFIX, TABLES, Column

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_ROW_GROUP: Final = 500_000
_TYPES: Final = {
    "text": "VARCHAR", "number": "DOUBLE", "integer": "BIGINT", "boolean": "BOOLEAN", "date": "DATE",
    "instant": "TIMESTAMP",
}  # fmt: skip


def _id(prefix: str, column: str = "number") -> str:
    """Return the SQL of a Salesforce id of 18 characters, as our tables hold it."""
    return f"'sf:{prefix}' || lpad(CAST({column} AS VARCHAR), 12, '0') || 'AAA'"


def _word(words: tuple[str, ...], column: str) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"([{listed}])[{column} + 1]"


def _day(column: str) -> str:
    return f"(DATE '{FIRST_DATE}' + CAST({column} AS INTEGER))"


def rep_id(number: int) -> str:
    """Return the id of a rep."""
    return f"sf:005{number:012}AAA"


_QUARTER: Final = f"(DATE '{FIRST_DATE}' + to_months(CAST(3 * quarter AS INTEGER)))"
_EXPRESSIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "opportunity": {
        "id": _id("006"),
        "name": "'Deal ' || number",
        "account": _id("001", "account"),
        "owner": _id("005", "owner"),
        "created_at": f"CAST({_day('created')} AS TIMESTAMP)",
        "close_date": _day('"close"'),
        "stage": _word(STAGES, "stage"),
        "is_closed": "is_closed",
        "is_won": "is_won",
        "amount": "amount",
        "probability": "CASE WHEN is_won THEN 100 WHEN is_closed THEN 0 ELSE 10 + 20 * stage END",
        "kind": _word(KINDS, "kind"),
        "source": _word(SOURCES, "source"),
    },
    "activity": {
        "id": _id("00T"),
        "kind": _word(ACTIVITY_KINDS, "kind"),
        "owner": _id("005", "owner"),
        "account": _id("001", "account"),
        "opportunity": _id("006", "opportunity"),
        "occurred_at": f"TIMESTAMP '{FIRST_DATE}' + to_seconds(second)",
        "scheduled_at": f"TIMESTAMP '{FIRST_DATE}' + to_seconds(second) - to_days(CAST(number % 7 AS INTEGER))",
        "is_done": "true",
        "is_outbound": "true",
    },
    "lead": {
        "id": _id("00Q"),
        "owner": _id("005", "owner"),
        "created_at": f"CAST({_day('created')} AS TIMESTAMP)",
        "source": _word(SOURCES, "source"),
        "status": "CASE WHEN is_converted THEN 'Converted' ELSE 'Open' END",
        "converted_at": f"CASE WHEN is_converted THEN CAST({_day('created + 14')} AS TIMESTAMP) END",
    },
    "account": {
        "id": _id("001"),
        "name": "'Account ' || number",
        "market": _word(MARKETS, "market"),
        "owner": _id("005", "owner"),
    },
    "rep": {
        "id": _id("005"),
        "name": "'Rep ' || lpad(CAST(number AS VARCHAR), 3, '0')",
        "team": "'Team ' || lpad(CAST(team AS VARCHAR), 2, '0')",
        "region": "'Region ' || region",
        "is_active": "true",
    },
    "target": {
        "id": "'sheet:targets:' || number",
        "kpi": "'revenue'",
        "dimension": "'rep'",
        "member": _id("005", "owner"),
        "period_start": f"CAST({_QUARTER} AS DATE)",
        "period_end": f"CAST({_QUARTER} + INTERVAL 3 MONTH - INTERVAL 1 DAY AS DATE)",
        "value": "value",
    },
}
"""How each column is made from a drawn part; columns that are not here are unknown."""


def write_facts(size: Size, folder: Path) -> dict[str, int]:
    """Draw the world and write one parquet file per table into the folder; return the number of rows of each."""
    import duckdb
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[str, int] = {}
    writers: dict[str, pq.ParquetWriter] = {}
    with duckdb.connect(config={"threads": 2}) as connection:
        try:
            for name, part in draw(size):
                table = _canonical(connection, name, part)
                if name not in writers:
                    path = folder / f"{name}.parquet"
                    writers[name] = pq.ParquetWriter(path, table.schema, compression="zstd", compression_level=1)
                writers[name].write_table(table, row_group_size=_ROW_GROUP)
                rows[name] = rows.get(name, 0) + table.num_rows
        finally:
            for writer in writers.values():
                writer.close()
    return rows


def _canonical(connection: duckdb.DuckDBPyConnection, name: str, part: Columns) -> pa.Table:
    import pyarrow as pa

    known = _EXPRESSIONS[name]
    columns = TABLES[name].columns
    values = [f'CAST({known.get(c.name, "NULL")} AS {_TYPES[c.type]}) AS "{c.name}"' for c in columns]
    days = [_day_twin(column) for column in columns if column.is_dated]
    connection.register("part", pa.table({key: pa.array(column) for key, column in part.items()}))
    twins = "".join(f", {day}" for day in days)
    query = f"SELECT *{twins} FROM (SELECT {', '.join(values)} FROM part)"  # noqa: S608 - names and words of ours
    return connection.sql(query).to_arrow_table()


def _day_twin(column: Column) -> str:
    days = f"date_diff('day', DATE '1970-01-01', CAST(\"{column.name}\" AS DATE))"
    return f'CAST({days} AS INTEGER) AS "{column.name}{DAY_SUFFIX}"'
