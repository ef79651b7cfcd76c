"""The benchmark ``workload``: our answers against hand-written SQL, the cube's build, and what both weigh."""

from __future__ import annotations

import shutil
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from addon.bench.children import run_child
from addon.bench.ground import Ground, median_of
from addon.bench.report import Goal, Note, Ratio, Report
from addon.bench.snapshots import megabytes_of
from addon.bench.workload import COLUMNS, MEMBERS, Values, largest_difference
from addon.bench.world import MONTHS
from addon.errors import AddonError

_AGAIN: Final = "5"
"""How often a process runs the workload again; its median counts."""
_LARGEST_DIFFERENCE: Final = 1e-9
_SQL: Final = "DuckDB, hand-written SQL"


def run(ground: Ground) -> Report:
    """Measure the workload. Raises `AddonError` if the answers differ."""
    snapshot = ground.snapshot.folder
    ours_file, sql_file = ground.folder / "ours.f8", ground.folder / "sql.f8"
    cube = ground.folder / "cube"
    ours, sql, built = ground.interleaved(
        partial(run_child, "workload-ours", str(snapshot), _AGAIN, str(ours_file)),
        partial(run_child, "workload-sql", str(ground.database), _AGAIN, str(sql_file)),
        partial(run_child, "build", str(snapshot / "facts"), str(cube)),
    )
    shutil.rmtree(cube)
    difference = largest_difference(_values(ours_file), _values(sql_file))
    if not difference <= _LARGEST_DIFFERENCE:
        raise AddonError(f"The answers of the workload differ from the SQL's by {difference:g}: a number is wrong.")
    again = median_of(sql, "again")
    return Report(
        "workload",
        ground.size,
        [
            Ratio("workload, again", median_of(ours, "again"), again, _SQL, Goal(1.0, 0.6)),
            Ratio("workload, first (fresh process)", median_of(ours, "first"), median_of(sql, "first"), _SQL),
            Ratio("building the whole cube", median_of(built, "seconds"), again, _SQL, Goal(later=6.0)),
        ],
        [
            Note("largest difference of answers", difference, "", _LARGEST_DIFFERENCE),
            Note("values compared", len(COLUMNS) * len(MEMBERS) * len(MONTHS), ""),
            Note("peak memory of the build", median_of(built, "megabytes"), "MB", 1500),
            Note("peak memory of answering", median_of(ours, "megabytes"), "MB"),
            Note("peak memory of the SQL", median_of(sql, "megabytes"), "MB"),
            Note("facts on disk", megabytes_of(snapshot / "facts"), "MB"),
            Note("cube on disk", megabytes_of(snapshot / "cube"), "MB"),
            Note("DuckDB file of the same rows", ground.database.stat().st_size / 1e6, "MB"),
        ],
    )


def _values(file: Path) -> Values:
    return np.fromfile(file).reshape(len(COLUMNS), len(MEMBERS), len(MONTHS))
