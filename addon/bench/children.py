"""Fresh processes: each measured job starts in one, and tells its times as one line of JSON.

``python -m addon.bench.children JOB STARTED [ARGUMENT ...]``: STARTED is the clock when the process was started, so
that starting Python and importing count. This module imports nothing heavy, for the same reason.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Final

Told = Mapping[str, float]

_JOBS: Final = {
    "build": "addon.bench.building:build",
    "workload-ours": "addon.bench.answering:answer_workload",
    "workload-sql": "addon.bench.reference:run_workload",
    "cell-ours": "addon.bench.answering:answer_cell",
    "cell-sql": "addon.bench.reference:run_cell",
    "extract-bare": "addon.bench.reading:read_barely",
    "extract-rest": "addon.bench.reading:read_by_rest",
    "extract-bulk": "addon.bench.reading:read_by_bulk",
}
_LONGEST_SECONDS: Final = 3_600


def run_child(job: str, *arguments: str) -> Told:
    """Run a job in a fresh process and return what it told. Raises CalledProcessError with the job's traceback."""
    command = [sys.executable, "-m", __name__, job, repr(time.monotonic()), *arguments]
    done = subprocess.run(  # noqa: S603 - our own module
        command, env=_environment(), capture_output=True, check=False, timeout=_LONGEST_SECONDS
    )
    if done.returncode:
        sys.stderr.write(done.stderr.decode())
        done.check_returncode()
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _environment() -> dict[str, str]:
    """Return the environment of a process that keeps compiled modules, as an installed package has them."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def peak_megabytes() -> float:
    """Return the most memory that this process had at once, as Linux counts it."""
    status = Path("/proc/self/status").read_text("ascii")  # getrusage would count what the parent had, too
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kilobytes) / 1024


def main(arguments: Sequence[str]) -> None:
    """Run one job and print what it tells."""
    job, started, *rest = arguments
    module, function = _JOBS[job].split(":")
    told = getattr(import_module(module), function)(float(started), *rest)
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])
