"""The jobs of the reference: hand-written SQL in DuckDB over the same rows, with two threads.

It imports nothing of ours that would slow it down.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import duckdb

from addon.bench.children import Told, peak_megabytes

_TABLES: Final = ("opportunity", "activity", "rep", "target")
_CELL: Final = """
    SELECT COALESCE(SUM(o.amount), 0)
    FROM read_parquet('{opportunity}') AS o JOIN read_parquet('{rep}') AS r ON r.id = o.owner
    WHERE r.name = ? AND o.is_won AND o.close_date BETWEEN ?::DATE AND last_day(?::DATE)
"""


def write_database(facts: Path, database: Path) -> None:
    """Load the tables that the workload reads into a DuckDB file: what the SQL is fastest on."""
    with duckdb.connect(str(database), config={"threads": 2}) as connection:
        for table in _TABLES:
            connection.read_parquet(str(facts / f"{table}.parquet")).create(table)


def run_workload(started: float, database: str, rounds: str, result: str) -> Told:
    """Run the workload's SQL, in a fresh process and again; keep the answers in a file."""
    import numpy as np

    query = Path(__file__).with_name("workload.sql").read_text("utf-8")
    with duckdb.connect(database, read_only=True, config={"threads": 2}) as connection:
        columns = connection.execute(query).fetchnumpy()
        first = time.monotonic() - started
        again = []
        for _ in range(int(rounds)):
            start = time.perf_counter()
            columns = connection.execute(query).fetchnumpy()
            again.append(time.perf_counter() - start)
    filled = [np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan) for column in columns.values()]
    np.stack(filled).tofile(result)
    return {"first": first, "again": sorted(again)[len(again) // 2], "megabytes": peak_megabytes()}


def run_cell(_started: float, facts: str, rep: str, month: str) -> Told:
    """Compute the revenue of one rep in one month from the parquet files."""
    files = {table: f"{facts}/{table}.parquet" for table in ("opportunity", "rep")}
    first = f"{month}-01"
    with duckdb.connect(config={"threads": 2}) as connection:
        rows = connection.execute(_CELL.format(**files), [rep, first, first]).fetchall()
    return {"value": float(rows[0][0])}
