"""The strict check of bodies against Google's discovery documents, where they lie beside the repository."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "shared" / "google"
Validator = Callable[[str, Any], list[str]]


def sheets_validator() -> Validator:
    """Return what says how a body differs from a Sheets message; without the documents it never does."""
    file = FOLDER / "discovery_strict.py"
    if not file.exists():
        return lambda _message, _body: []
    spec = importlib.util.spec_from_file_location("discovery_strict", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda message, body: list(module.errors("sheets.v4.json", message, body))
