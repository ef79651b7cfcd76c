"""The jobs that answer from our snapshot: the whole workload, and one cell from a cold start."""

from __future__ import annotations

import time
from pathlib import Path

from addon.bench.children import Told, peak_megabytes


def answer_workload(started: float, folder: str, rounds: str, result: str) -> Told:
    """Answer the workload, in a fresh process and again; keep the answers in a file."""
    from addon.bench.workload import answered, as_array, bench_catalogue
    from kpis.cube import Cube

    catalogue = bench_catalogue()
    cube = Cube.open(Path(folder) / "cube")
    values = answered(cube, catalogue)
    first = time.monotonic() - started
    again = []
    for _ in range(int(rounds)):
        start = time.perf_counter()
        values = answered(cube, catalogue)
        again.append(time.perf_counter() - start)
    as_array(values).tofile(result)
    return {"first": first, "again": sorted(again)[len(again) // 2], "megabytes": peak_megabytes()}


def answer_cell(_started: float, data_folder: str, kpi: str, who: str, period: str) -> Told:
    """Answer one question, as ``scorecell kpi`` does."""
    from addon.bench.snapshots import organisation
    from addon.reader import Reader
    from kpis.questions import Question

    answer = Reader(organisation(Path(data_folder))).desk().answerer.answer(Question(kpi, who, period))
    assert answer.value is not None  # noqa: S101 - a rep of the world has revenue, if it be zero
    return {"value": answer.value}
