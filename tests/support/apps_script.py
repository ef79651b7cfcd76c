"""Runs ``manifests/apps-script`` under Node as Google Sheets would, against a real server over HTTP.

`run_cells` is what most tests want: formulas in, the values of their cells out. `run_steps` plays a whole story:
cells set, time passed, menu entries called. What Sheets forbids in a cell is forbidden here too.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

SCRIPTS: Final = Path(__file__).resolve().parents[2] / "manifests" / "apps-script"
_HOST: Final = Path(__file__).with_name("apps_script_host.js")
_SECONDS: Final = 120
"""A whole story; a cell has 30 seconds of its own."""


@dataclass(frozen=True, slots=True)
class CellError:
    """What a cell shows when its formula fails, and the sentence in its note."""

    shown: str
    message: str


CellValue = str | float | bool | datetime | CellError
Argument = str | float | bool | datetime


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens in a spreadsheet: time passes, a menu entry is called, cells and names are set."""

    cells: Mapping[str, Argument] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    advance_seconds: float = 0
    properties: Mapping[str, str] = field(default_factory=dict)
    run: str = ""
    arguments: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Fetch:
    """A request that a script sent."""

    method: str
    path: str
    status: int
    body: str


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """What there is after a step: all cells, and of this step the requests, executions, dialogs and the result."""

    cells: Mapping[str, CellValue]
    fetches: Sequence[Fetch]
    executions: int
    dialogs: Sequence[Mapping[str, object]]
    properties: Mapping[str, str]
    value: CellValue | None
    error: str


@dataclass(frozen=True, slots=True)
class Document:
    """A spreadsheet, its user and their account."""

    server_url: str
    key: str
    spreadsheet: str
    locale: str = "en"
    time_zone: str = "Europe/Paris"
    parallel: int = 30
    fetch_quota: int = 20_000
    fetch_seconds: float = 0.0
    limit_seconds: float = 30
    is_bound: bool = True
    identity_token: str | None = None
    script_properties: Mapping[str, str] = field(default_factory=dict)
    button: str = "OK"

    def properties(self) -> dict[str, str]:
        """Return what "Connect this spreadsheet" left behind."""
        connected = {"SCORECELL_SERVER": self.server_url, "SCORECELL_KEY": self.key}
        return {name: value for name, value in connected.items() if value}


def run_cells(server_url: str, key: str, spreadsheet: str, formulas: Sequence[str]) -> list[CellValue]:
    """Return what the cells of these formulas show; of a formula that spills, its first cell."""
    places = [f"A{1 + 1000 * index}" for index in range(len(formulas))]
    step = Step(dict(zip(places, formulas, strict=True)))
    cells = run_steps(Document(server_url, key, spreadsheet), [step])[0].cells
    return [cells[place] for place in places]


def run_steps(document: Document, steps: Sequence[Step]) -> list[StepOutcome]:
    """Play the steps in one spreadsheet and return what came of each."""
    job = {
        "folder": str(SCRIPTS),
        "properties": document.properties(),
        "script_properties": dict(document.script_properties),
        "steps": [_step(step) for step in steps],
    } | {
        name: getattr(document, name)
        for name in (
            "spreadsheet", "locale", "time_zone", "parallel", "fetch_quota", "fetch_seconds", "limit_seconds",
            "is_bound", "identity_token", "button",
        )
    }  # fmt: skip
    done = subprocess.run(
        [_node(), str(_HOST)], input=json.dumps(job), capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return [_outcome(each) for each in json.loads(done.stdout)]


def run_script(expression: str) -> object:
    """Return the value of an expression over the scripts, in a plain realm without services."""
    program = (
        "const fs = require('fs'), vm = require('vm'), context = vm.createContext({});"
        "for (const file of process.argv.slice(2)) vm.runInContext(fs.readFileSync(file, 'utf8'), context);"
        "process.stdout.write(JSON.stringify(vm.runInContext(process.argv[1], context)));"
    )
    scripts = [str(path) for path in sorted(SCRIPTS.glob("*.js"))]
    done = subprocess.run(
        [_node(), "-e", program, expression, *scripts], capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _node() -> str:
    found = shutil.which("node")
    if found is None and os.environ.get("SCORECELL_REQUIRE_ALL") == "1":
        pytest.fail("Node 18 or later is missing, and SCORECELL_REQUIRE_ALL asks for every test.")
    if found is None:
        pytest.skip("Node 18 or later is not installed.")
    return found


def _step(step: Step) -> dict[str, object]:
    return {
        "set": {place: _given(value) for place, value in step.cells.items()},
        "names": dict(step.names),
        "advance_seconds": step.advance_seconds,
        "properties": dict(step.properties),
        "run": step.run,
        "args": list(step.arguments),
    }


def _given(value: Argument) -> object:
    return {"date": value.isoformat()} if isinstance(value, datetime) else value


def _outcome(document: Mapping[str, object]) -> StepOutcome:
    cells, fetches, dialogs = document["cells"], document["fetches"], document["dialogs"]
    properties, executions = document["properties"], document["executions"]
    assert isinstance(cells, dict)
    assert isinstance(fetches, list)
    assert isinstance(dialogs, list)
    assert isinstance(properties, dict)
    assert isinstance(executions, int)
    return StepOutcome(
        cells={place: _value(value) for place, value in cells.items()},
        fetches=[Fetch(**fetch) for fetch in fetches],
        executions=executions,
        dialogs=dialogs,
        properties=properties,
        value=None if document["value"] is None else _value(document["value"]),
        error=str(document["error"]),
    )


def _value(value: object) -> CellValue:
    if isinstance(value, dict) and "date" in value:
        return datetime.fromisoformat(value["date"]).astimezone(UTC)
    if isinstance(value, dict):
        return CellError(value["error"], value["message"])
    assert isinstance(value, str | int | float)
    return value
