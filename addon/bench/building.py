"""The job that builds the cube of a snapshot's facts, with the time and memory that it takes."""

from __future__ import annotations

import time
from pathlib import Path

import duckdb

from addon.bench.children import Told, peak_megabytes
from addon.bench.workload import TODAY, bench_catalogue
from kpis.build import build_cube
from kpis.periods import Calendar


def build(_started: float, facts: str, cube: str) -> Told:
    """Build the cube of all KPIs for all slices; the time does not count imports and the catalogue."""
    tables = sorted(path.stem for path in Path(facts).glob("*.parquet"))
    catalogue = bench_catalogue()
    start = time.perf_counter()
    with duckdb.connect(config={"threads": 2, "preserve_insertion_order": False}) as connection:
        for table in tables:
            connection.read_parquet(str(Path(facts) / f"{table}.parquet")).create_view(table)
        build_cube(connection, frozenset(tables), catalogue, Calendar(), TODAY, Path(cube))
    return {"seconds": time.perf_counter() - start, "megabytes": peak_megabytes()}
