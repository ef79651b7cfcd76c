"""All benchmarks by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from addon.bench import cold_bench, extract_bench, refresh_bench, request_bench, workload_bench
from addon.bench.ground import Ground
from addon.bench.report import Report

_BENCHMARKS: Final[Mapping[str, Callable[[Ground], Report]]] = {
    "workload": workload_bench.run,
    "request": request_bench.run,
    "cold": cold_bench.run,
    "refresh": refresh_bench.run,
    "extract": extract_bench.run,
}


def run_benchmarks(names: Sequence[str], ground: Ground) -> Iterator[Report]:
    """Run the benchmarks one after the other on one world. Raises `AddonError` where an answer is wrong."""
    for name in names:
        ground.tell(name)
        yield _BENCHMARKS[name](ground)
