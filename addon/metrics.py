"""Counters of one web process, in Prometheus' text format. They hold counts alone: no caller, no question."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator


class Counters:
    """Requests by route and status, and cells answered. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._cells = 0

    def request(self, route: str, status: int) -> None:
        """Count one answered request. ``route`` is the pattern, never what a caller wrote."""
        with self._lock:
            self._requests[route, status] += 1

    def cells(self, count: int) -> None:
        """Count cells that were answered."""
        with self._lock:
            self._cells += count

    def text(self, snapshot_age_seconds: float | None) -> str:
        """Return everything in Prometheus' text format; without an age where there is no snapshot."""
        with self._lock:
            requests, cells = sorted(self._requests.items()), self._cells
        return "".join(_lines(requests, cells, snapshot_age_seconds))


def _lines(requests: list[tuple[tuple[str, int], int]], cells: int, age_seconds: float | None) -> Iterator[str]:
    yield _described("scorecell_requests_total", "counter", "Requests answered by this process.")
    for (route, status), count in requests:
        yield f'scorecell_requests_total{{route="{route}",status="{status}"}} {count}\n'
    yield _described("scorecell_cells_total", "counter", "Cells answered by this process.")
    yield f"scorecell_cells_total {cells}\n"
    if age_seconds is not None:
        yield _described("scorecell_snapshot_age_seconds", "gauge", "Age of the current snapshot.")
        yield f"scorecell_snapshot_age_seconds {age_seconds:.0f}\n"


def _described(name: str, kind: str, words: str) -> str:
    return f"# HELP {name} {words}\n# TYPE {name} {kind}\n"
