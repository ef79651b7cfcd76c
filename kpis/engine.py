"""Facts in DuckDB: holds the views over the canonical tables and runs compiled queries, giving arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from sqlglot import exp

from kpis.blocks import Integers, Numbers
from kpis.errors import KpiError
from kpis.facts import FACTS, Fact, views_below
from kpis.measures import rendered, view_query
from kpis.tables import DAY_SUFFIX, TABLES, Table

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_SQL_TYPES: Final = {
    "text": "VARCHAR", "number": "DOUBLE", "integer": "BIGINT", "boolean": "BOOLEAN", "date": "DATE",
    "instant": "TIMESTAMP",
}  # fmt: skip
_STORED: Final = frozenset({
    "fact_opportunity", "fact_opportunity_product", "fact_lead", "fact_rep", "fact_stage_entry", "fact_customer",
    "fact_profit", "fact_relationship", "fact_waiting", "fact_campaign", "fact_credit", "account_name",
    "account_contact",
})  # fmt: skip
"""Views with joins and windows are computed once and kept; the others are no more than their table."""
_FIRST_DAYS: Final = (
    ("opportunity", "created_at"), ("opportunity", "close_date"), ("lead", "created_at"), ("activity", "occurred_at"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """A text column: for each row the place of its word in ``words``, or -1 for none."""

    codes: Integers
    words: Sequence[str]


class FactEngine:
    """The facts of one snapshot in a DuckDB connection that has the canonical tables under their names.

    Tables that are not there are taken as empty; facts that cannot do without one are left out. A fact's view is made
    when it is first asked for. ``first`` is the first day of the data, if the tables have only a part of it.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, tables: frozenset[str], today: int, first: int | None = None
    ) -> None:
        self._connection = connection
        self._today = today
        self._made: set[str] = set()
        for name in sorted(TABLES.keys() - tables):
            connection.execute(empty_table(TABLES[name]))
        self.first_day = first_day(connection, today) if first is None else first
        self.facts = {name: fact for name, fact in FACTS.items() if not fact.missing(tables)}

    def fact_rows(self, fact: Fact, query: exp.Select | str) -> pa.Table:
        """Run a query over the view of a fact and return its rows. Raises `KpiError` if a number is out of range."""
        self._make(fact.view)
        return self.rows(query if isinstance(query, str) else rendered(query))

    def rows(self, query: str) -> pa.Table:
        """Run a query over canonical tables and return its rows, column by column."""
        import duckdb

        try:
            return self._connection.sql(query).to_arrow_table()
        except duckdb.ConversionException as error:
            raise KpiError(f"A number in the data is too large to be added up exactly: {error}.") from error

    def _make(self, view: str) -> None:
        if view in self._made:
            return
        for other in views_below(view):
            self._make(other)
        kind = "TABLE" if view in _STORED else "VIEW"
        query = view_query(view, self._today, self.first_day)
        self._connection.execute(f"CREATE OR REPLACE TEMP {kind} {view} AS {query}")
        self._made.add(view)


def first_day(connection: duckdb.DuckDBPyConnection, today: int, schema: str = "") -> int:
    """Return the first day of the data in these canonical tables, today if there is none."""
    days = []
    for table, column in _FIRST_DAYS:
        earliest = exp.Min(this=exp.column(f"{column}{DAY_SUFFIX}"))
        query = exp.select(earliest).from_(exp.table_(table, db=schema or None))
        found = connection.execute(rendered(query)).fetchall()[0][0]
        days += [int(found)] if found is not None else []
    return min(days, default=today)


def opened(folder: Path, today: int) -> FactEngine:
    """Return the facts of a folder that has a parquet file for each table, in a connection of their own."""
    import duckdb

    connection = duckdb.connect()
    present = frozenset(name for name in TABLES if (folder / f"{name}.parquet").is_file())
    for name in sorted(present):
        kept_table(connection, folder / f"{name}.parquet", TABLES[name]).create_view(name)
    return FactEngine(connection, present, today)


def text_column(table: pa.Table, name: str) -> Words:
    """Return a text column as places in its list of words, sorted: the same rows in any order give the same list."""
    import pyarrow.compute as pc

    encoded = pc.dictionary_encode(table[name]).combine_chunks()
    if hasattr(encoded, "chunks"):
        encoded = encoded.chunk(0) if encoded.num_chunks else pc.dictionary_encode(table[name].slice(0, 0))
    words = encoded.dictionary.to_pylist()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    ordered = sorted(range(len(words)), key=words.__getitem__)
    places = np.full(len(words) + 1, -1, dtype=np.int64)
    places[ordered] = np.arange(len(words))
    return Words(places[codes], [words[place] for place in ordered])


def rows_where(table: pa.Table, name: str, number: int) -> pa.Table:
    """Return the rows whose column has this number."""
    import pyarrow.compute as pc

    return table.filter(pc.equal(table[name], number))


def integer_column(table: pa.Table, name: str) -> Integers:
    """Return a column of whole numbers without gaps."""
    return np.asarray(table[name].to_numpy(), dtype=np.int64)


def number_column(table: pa.Table, name: str) -> Numbers:
    """Return a column of numbers without gaps."""
    return np.asarray(table[name].to_numpy(), dtype=np.float64)


@lru_cache(maxsize=1024)
def empty_table(table: Table, schema: str = "") -> str:
    """Return the statement that makes a canonical table without rows, a temporary one if no schema is named."""
    query = exp.select(*_nulls(_columns_of(table))).where(exp.false())
    place = f"VIEW {schema}.{table.name}" if schema else f"TEMP VIEW {table.name}"
    return f"CREATE OR REPLACE {place} AS {rendered(query)}"


def kept_table(connection: duckdb.DuckDBPyConnection, file: Path, table: Table) -> duckdb.DuckDBPyRelation:
    """Return the rows of a table that was kept; columns that it did not have yet when it was written are empty."""
    rows = connection.read_parquet(str(file))
    missing = {name: kind for name, kind in _columns_of(table).items() if name not in rows.columns}
    return rows.project(", ".join(["*", *map(rendered, _nulls(missing))])) if missing else rows


def _columns_of(table: Table) -> dict[str, str]:
    """Return the SQL type of each column, the twins of dates and instants among them."""
    twins = {f"{column.name}{DAY_SUFFIX}": "INTEGER" for column in table.columns if column.is_dated}
    return {column.name: _SQL_TYPES[column.type] for column in table.columns} | twins


def _nulls(columns: Mapping[str, str]) -> list[exp.Expr]:
    return [exp.alias_(exp.cast(exp.null(), kind), name, quoted=True) for name, kind in columns.items()]
