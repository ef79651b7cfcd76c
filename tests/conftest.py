"""Property tests draw the same examples in every run; SCORECELL_DRAWS=random draws others, to look for more."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None)
settings.load_profile("random" if os.environ.get("SCORECELL_DRAWS") == "random" else "same")
