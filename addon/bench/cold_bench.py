"""The benchmark ``cold``: one cell from a process that has just started, imports included."""

from __future__ import annotations

import time
from functools import partial
from statistics import median
from typing import Final

from addon.bench.children import run_child
from addon.bench.ground import Ground
from addon.bench.report import Goal, Ratio, Report
from addon.errors import AddonError

_REP: Final = "Rep 120"
_MONTH: Final = "2024-03"
_TURNS: Final = 3
"""Processes of each kind in a round: starting one takes little, and varies much."""


def run(ground: Ground) -> Report:
    """Measure a cold cell. Raises `AddonError` if the two values differ."""
    snapshot = ground.snapshot
    jobs = (
        partial(_timed, "cell-ours", str(ground.folder / "data"), "revenue", _REP, _MONTH),
        partial(_timed, "cell-sql", str(snapshot.folder / "facts"), _REP, _MONTH),
    )
    for job in jobs:
        job()  # the first process compiles what the others only load
    ours, sql = ground.interleaved(*jobs, turns=_TURNS)
    if abs(ours[0][1] - sql[0][1]) > 1e-9 * abs(sql[0][1]):
        raise AddonError(f"The cold cell is {ours[0][1]!r}, but the SQL says {sql[0][1]!r}: a number is wrong.")
    ours_seconds, sql_seconds = (median(seconds for seconds, _ in results) for results in (ours, sql))
    ratio = Ratio("first cell, cold", ours_seconds, sql_seconds, "DuckDB on the same parquet", Goal(2.0))
    return Report("cold", ground.size, [ratio])


def _timed(job: str, *arguments: str) -> tuple[float, float]:
    """Return how long the whole process takes, and the value."""
    start = time.perf_counter()
    told = run_child(job, *arguments)
    return time.perf_counter() - start, told["value"]
