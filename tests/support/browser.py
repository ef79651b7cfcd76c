"""A browser without a window, where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip


def browser() -> str:
    """Return the browser's command. Skips the test where there is none, unless everything is required."""
    found = next((path for path in map(shutil.which, _NAMES) if path), None)
    if found is None:
        if os.environ.get("SCORECELL_REQUIRE_ALL") == "1":
            pytest.fail("No browser: install chromium.")
        pytest.skip("No browser here; install chromium to test the page in one.")
    return found


def rendered(url: str, profile: Path) -> str:
    """Return the page as it stands after its scripts have run."""
    command = [browser(), *_QUIET, f"--user-data-dir={profile}", "--virtual-time-budget=3000", "--dump-dom", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)
    return done.stdout
