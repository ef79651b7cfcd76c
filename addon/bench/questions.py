"""The questions of the benchmark ``request``: many cells of one sheet, in both forms of the body."""

from __future__ import annotations

from typing import Final

import numpy as np
import orjson

from addon.bench.workload import MEMBERS
from addon.bench.world import MONTHS

KPIS: Final = (
    "revenue", "won_opportunities", "lost_opportunities", "win_rate", "average_deal_size", "sales_cycle_length",
    "sales_cycle_median", "open_opportunities", "sales_velocity", "calls_made",
)  # fmt: skip
COUNT: Final = 10_000
_SEED: Final = 7


def bodies() -> dict[str, bytes]:
    """Return the same questions, drawn at random, as ``rows`` of words and as ``columns`` of words and places."""
    generator = np.random.default_rng(_SEED)
    cells = np.stack([generator.integers(0, len(words), COUNT) for words in (KPIS, MEMBERS, MONTHS)], axis=1)
    questions = [(KPIS[kpi], MEMBERS[who], MONTHS[period]) for kpi, who, period in cells.tolist()]
    columns = {
        "kpi": KPIS,
        "who": MEMBERS,
        "period": MONTHS,
        "show": ["value"],
        "cells": np.concatenate([cells, np.zeros((COUNT, 1), dtype=cells.dtype)], axis=1).tolist(),
    }
    return {"rows": orjson.dumps({"questions": questions}), "columns": orjson.dumps(columns)}
