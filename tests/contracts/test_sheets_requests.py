"""What we send to Sheets is what its discovery document allows, member for member."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.sheets_content import Cell, TabContent
from connectors.sheets_plan import plan_replacement
from connectors.sheets_state import Area, Mark, NamedArea, SpreadsheetState, Tab

STRICT = Path(__file__).resolve().parents[3] / "shared" / "google" / "discovery_strict.py"
CONTENT = TabContent(
    "scorecard", "Scorecard", [[Cell("=A1", style="title")], [Cell(0.5, "percent"), Cell(2)]], (90,), 1
)


def known_errors() -> Callable[[str, str, object], list[str]]:
    spec = importlib.util.spec_from_file_location("discovery_strict", STRICT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[str, str, object], list[str]] = module.errors
    return found


def state(*tabs: Tab, named: tuple[NamedArea, ...] = ()) -> SpreadsheetState:
    return SpreadsheetState("Sales", "en_US", "Etc/GMT", tabs, named, (Mark(9, "scorecell.tabs", "old"),))


OURS = Tab(5, "Mine", 1, 40, True, (Mark(1, "scorecell.tab", "scorecard"), Mark(2, "scorecell.block", "1x1 abc")))


@pytest.mark.skipif(not STRICT.is_file(), reason="the discovery documents are not here")
@pytest.mark.parametrize(
    "before",
    [
        state(),
        state(OURS),
        state(OURS, named=(NamedArea("abc", "X", Area(5, 0, 0, 1, 1)), NamedArea("r", "KPI_REVISION", None))),
    ],
)
def test_every_request_of_a_batch_is_known_to_the_discovery_document(before: SpreadsheetState) -> None:
    plan = plan_replacement(before, [CONTENT], 3, itertools.count(77).__next__)
    body = {"requests": list(plan.requests)}
    assert known_errors()("sheets.v4.json", "BatchUpdateSpreadsheetRequest", body) == []
    kinds = {kind for request in plan.requests for kind in request}
    assert {"addSheet", "updateCells", "createDeveloperMetadata", "updateDeveloperMetadata"} <= kinds
    assert "formulaValue" not in str(body)
