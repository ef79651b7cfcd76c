"""The past: the tables of a snapshot as they were at the end of an earlier day, as far as their rows tell.

Deals are put back to their state of then from their history (``views/past/opportunity.sql``). Of other tables, rows
that came later are left out, and what happened to a row later has not happened; all else is as it is in the snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp

from kpis.build import build_cube
from kpis.engine import empty_table, kept_table
from kpis.measures import rendered
from kpis.tables import DAY_SUFFIX, TABLES

if TYPE_CHECKING:
    import duckdb

    from kpis.definitions import Catalogue
    from kpis.memberships import When
    from kpis.periods import Calendar

HISTORY: Final = "opportunity_event"
"""The table without which nothing is known of the past."""
_DEALS: Final = Path(__file__).with_name("views") / "past" / "opportunity.sql"
_CAME: Final[Mapping[str, str]] = {
    "account": "created_at", "opportunity_event": "at", "lead": "created_at", "activity": "occurred_at",
    **dict.fromkeys(
        ("login", "expense", "survey_response", "marketing_stat", "work_log", "training", "process_check",
         "assessment", "usage", "market_stat"), "on",
    ),
    "candidate": "applied_on",
}  # fmt: skip
"""The column that says when a row came. A row without it was always there."""
_HAPPENED: Final[Mapping[str, tuple[str, ...]]] = {
    "rep": ("left_on",),
    "lead": ("mql_at", "sql_at", "converted_at", "first_contacted_at"),
    "activity": ("opened_at", "clicked_at", "replied_at", "unsubscribed_at"),
    "candidate": ("hired_on",),
}
"""The columns that say when something happened to a row."""
_FOLLOWED: Final[Mapping[str, Mapping[str, str]]] = {
    "lead": {"opportunity": "converted_at", "account": "converted_at"}
}
"""The columns that were filled when another thing happened."""


def write_past(facts: Path, day: int, folder: Path) -> dict[str, int]:
    """Write the tables of one folder into another as they were at the end of a day; return their numbers of rows."""
    import duckdb

    with duckdb.connect(config={"temp_directory": str(folder)}) as connection:
        present = _opened(connection, facts)
        for name in sorted(present):
            rows = connection.sql(past_query(name, day)).order("id")
            rows.write_parquet(str(folder / f"{name}.parquet"), compression="zstd")
        return {name: _count(connection, folder / f"{name}.parquet") for name in sorted(present)}


def write_past_cube(  # noqa: PLR0917 each is one thing that a cube depends on
    facts: Path, catalogue: Catalogue, calendar: Calendar, day: int, folder: Path, when: When = "now"
) -> None:
    """Write the cube of tables that `write_past` has written, as of that day."""
    import duckdb

    with duckdb.connect() as connection:
        build_cube(connection, _opened(connection, facts), catalogue, calendar, day, folder, when=when)


def past_query(table: str, day: int) -> str:
    """Return the query for the rows of a table as they were at the end of a day."""
    if table == "opportunity":
        return rendered(sqlglot.parse_one(_DEALS.read_text("utf-8"), read="duckdb").transform(_with_day(day)))
    columns = [
        exp.alias_(_as_of(table, column.name, name, day), name, quoted=True)
        for column in TABLES[table].columns
        for name in ((column.name, f"{column.name}{DAY_SUFFIX}") if column.is_dated else (column.name,))
    ]
    query = exp.select(*columns).from_(table)
    if came := _CAME.get(table):
        came_day = exp.column(f"{came}{DAY_SUFFIX}", quoted=True)
        query = query.where(exp.or_(exp.Is(this=came_day, expression=exp.null()), came_day <= day))
    return rendered(query)


def _as_of(table: str, column: str, name: str, day: int) -> exp.Expr:
    """Return a column, or its day twin, without what came later."""
    value = exp.column(name, quoted=True)
    is_event = column in _HAPPENED.get(table, ())
    when = column if is_event else _FOLLOWED.get(table, {}).get(column, "")
    if not when:
        return value
    is_later = exp.column(f"{when}{DAY_SUFFIX}", quoted=True) > day
    return exp.Case(ifs=[exp.If(this=is_later, true=exp.null())], default=value)


def _with_day(day: int) -> Callable[[exp.Expr], exp.Expr]:
    def filled(node: exp.Expr) -> exp.Expr:
        return exp.convert(day) if isinstance(node, exp.Placeholder) else node

    return filled


def _opened(connection: duckdb.DuckDBPyConnection, folder: Path) -> frozenset[str]:
    """Give the connection a view of each table of a folder, and empty ones of the others; return those there are."""
    present = frozenset(name for name in TABLES if (folder / f"{name}.parquet").is_file())
    for name in sorted(present):
        kept_table(connection, folder / f"{name}.parquet", TABLES[name]).create_view(name)
    for name in sorted(TABLES.keys() - present):
        connection.execute(empty_table(TABLES[name]))
    return present


def _count(connection: duckdb.DuckDBPyConnection, file: Path) -> int:
    return len(connection.read_parquet(str(file)).project("id"))
