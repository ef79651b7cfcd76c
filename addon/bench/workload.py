"""The workload: 12 columns for 549 members in 36 months, answered from our cube and by hand-written SQL."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from addon.bench.world import LAST_DATE, MONTHS, REPS, TEAMS, TEAMS_PER_REGION
from kpis.answers import Answerer
from kpis.catalogue import read_catalogue
from kpis.cube import Cube
from kpis.definitions import Catalogue
from kpis.periods import Calendar, day_number

TODAY: Final = day_number(LAST_DATE)
COLUMNS: Final = (
    "revenue", "won_opportunities", "win_rate", "average_deal_size", "sales_cycle_length", "sales_cycle_median",
    "bench_open_pipeline", "sales_velocity", "bench_open_coverage", "revenue_growth_yoy", "calls_made",
    "bench_meetings_per_won",
)  # fmt: skip
MEMBERS: Final = (
    *(f"rep:Rep {number:03}" for number in range(REPS)),
    *(f"team:Team {number:02}" for number in range(TEAMS)),
    *(f"region:Region {number}" for number in range(TEAMS // TEAMS_PER_REGION)),
    "company",
)
_HERE: Final = Path(__file__).parent
_PACKAGED: Final = _HERE.parent.parent / "kpis" / "catalogue"

Values = NDArray[np.float64]
"""Values by column, member and month; nan where there is none."""


def bench_catalogue() -> Catalogue:
    """Return the catalogue of the package with the few KPIs that only the workload needs."""
    paths = [*sorted(_PACKAGED.glob("*.toml")), _HERE / "workload.toml"]
    return read_catalogue({path.name: path.read_text("utf-8") for path in paths})


def reference_sql() -> str:
    """Return the SQL of the workload."""
    return (_HERE / "workload.sql").read_text("utf-8")


def answered(cube: Cube, catalogue: Catalogue) -> list[float | None]:
    """Answer the workload as one request would: all words are looked up anew."""
    answerer = Answerer(cube, catalogue, Calendar(), TODAY)
    values, _ = answerer.values(COLUMNS, MEMBERS, MONTHS, ["value"])
    return values


def as_array(values: list[float | None]) -> Values:
    """Return answers as an array."""
    return np.array(values, dtype=np.float64).reshape(len(COLUMNS), len(MEMBERS), len(MONTHS))


def largest_difference(ours: Values, reference: Values) -> float:
    """Return the largest difference, relative or, below one, absolute; infinite where only one has a value."""
    if not np.array_equal(np.isnan(ours), np.isnan(reference)):
        return float("inf")
    scale = np.maximum(np.maximum(np.abs(ours), np.abs(reference)), 1.0)
    return float(np.nanmax(np.abs(ours - reference) / scale))
