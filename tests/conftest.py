"""What holds for all tests.

Property tests draw the same examples in every run; SCORECELL_DRAWS=random draws others, to look for more. And a test
fails that prints or logs one of the secrets that tests log in with.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from hypothesis import settings

from tests.support.canaries import KNOWN, leaks

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None)
settings.load_profile("random" if os.environ.get("SCORECELL_DRAWS") == "random" else "same")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test whose captured output or log holds a secret."""
    report = yield
    found = leaks(dict(zip(KNOWN, KNOWN, strict=True)), report.sections)
    if found and report.passed:
        report.outcome = "failed"
        report.longrepr = f"A secret was printed or logged: {', '.join(found)}."
    return report
