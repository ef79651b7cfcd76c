"""Data sets kept in a spreadsheet: their CSVs as tabs, read by the connector with settings as a user writes them."""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final, cast

import pytest

from connectors.sandbox.google.entered import typed
from connectors.sandbox.google.locales import LOCALES
from connectors.sheets import SheetsClient, SheetsSource, tab_mappings
from connectors.sheets_state import SpreadsheetState, Tab
from connectors.source import Batch, Problem
from kpis.answers import Answerer
from kpis.build import build_cube
from kpis.catalogue import load_catalogue
from kpis.cube import Cube
from kpis.periods import Calendar, day_number
from kpis.questions import Answer
from tests.support.canonical import Row, connection_of

DATASETS: Final = Path(__file__).resolve().parents[3] / "shared" / "datasets"
Cells = str | float | bool | None
Lines = Sequence[Mapping[str, str]]


def needs(dataset: str) -> pytest.MarkDecorator:
    """Return the mark that skips a test where the data set is not beside this repository."""
    is_absent = not (DATASETS / dataset).is_dir()
    return pytest.mark.skipif(is_absent, reason=f"the data set {dataset} is not beside this repository")


def lines_of(dataset: str, name: str) -> list[dict[str, str]]:
    """Return the rows of one of its CSVs."""
    with (DATASETS / dataset / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def expected_of(dataset: str) -> list[dict[str, str]]:
    """Return the data set's own answers."""
    return lines_of(dataset, "expected")


def tables_in(tabs: Mapping[str, Lines], settings: str) -> dict[str, list[Row]]:
    """Return the canonical tables that the connector reads out of these tabs; all of it, without a problem."""
    mappings = tab_mappings(tomllib.loads(settings)["google"]["tabs"])
    client = cast("SheetsClient", _TabsAtHand(tabs))
    source = SheetsSource(client, ["a-spreadsheet"], mappings=mappings, makes_members=True)
    tables: dict[str, list[Row]] = {}
    for change in source.changes({}):
        assert not isinstance(change, Problem), str(change)
        if isinstance(change, Batch):
            tables.setdefault(change.table, []).extend(_rows(change))
    return tables


def answerer_of(tables: Mapping[str, Sequence[Row]], today: date, folder: Path) -> Answerer:
    """Build the cube of these tables in the folder; return what answers from it."""
    catalogue, day = load_catalogue(), day_number(today)
    build_cube(connection_of(tables), frozenset(tables), catalogue, Calendar(), day, folder)
    return Answerer(Cube.open(folder), catalogue, Calendar(), day)


def period_of(row: Mapping[str, str], whole: str) -> str:
    """Return the period of an expected row in our words; ``whole`` is that of all data."""
    if row["period_grain"] == "all":
        return whole
    first = date.fromisoformat(row["period_start"])
    match row["period_grain"]:
        case "year":
            return f"{first.year}"
        case "quarter":
            return f"{first.year}-Q{(first.month + 2) // 3}"
    return f"{first:%Y-%m}"


def agrees(expected: str, answer: Answer) -> bool:
    """Tell whether an answer is the expected value; an empty one means that there is none."""
    if not expected:
        return answer.value is None and answer.state in {"zero_denominator", "no_data"}
    return answer.value is not None and math.isclose(answer.value, float(expected), rel_tol=1e-9, abs_tol=1e-12)


class _TabsAtHand:
    """In place of a client: it has the cells already, as Sheets gives them once these texts were typed in."""

    def __init__(self, tabs: Mapping[str, Lines]) -> None:
        self._grids = {title: _grid(lines) for title, lines in tabs.items()}

    def state(self, _spreadsheet_id: str) -> SpreadsheetState:
        shapes = ((title, len(grid), len(grid[0])) for title, grid in self._grids.items())
        tabs = tuple(Tab(number, *shape, True, ()) for number, shape in enumerate(shapes))
        return SpreadsheetState("Sales", "en_US", "Etc/UTC", tabs, (), ())

    def values(self, _spreadsheet_id: str, _ranges: Sequence[str]) -> list[list[list[Cells]]]:
        return list(self._grids.values())


def _grid(lines: Lines) -> list[list[Cells]]:
    return [list(lines[0]), *([_cell(text) for text in line.values()] for line in lines)]


@cache
def _cell(text: str) -> Cells:
    """Return what a cell holds after this text was typed into it."""
    value = typed(text, LOCALES["en_US"]).get("userEnteredValue", {})
    return next(iter(value.values()), None)


def _rows(batch: Batch) -> Iterable[Row]:
    return (dict(zip(batch.columns, values, strict=True)) for values in zip(*batch.columns.values(), strict=True))
