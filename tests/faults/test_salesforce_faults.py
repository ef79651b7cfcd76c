"""A fault at each call of a Salesforce run: the same rows, or an error of ours; never fewer rows in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.errors import SourceError
from connectors.sandbox.server import Fault, FaultKind
from tests.support.salesforce_org import FILES, MORE_FILES, Read, World, read, small_world

CODES = ("UNKNOWN_EXCEPTION", "INVALID_FIELD", "QUERY_TIMEOUT")


def faulty_runs(world: World, fault: dict[str, object]) -> list[tuple[int, Read | None]]:
    """Run once for each call of a run, with the fault at that call; None where it ended in an error of ours."""
    world.server.clear_journal()
    read(world.source())
    count = len(world.paths())
    results: list[tuple[int, Read | None]] = []
    for number in range(1, count + 1):
        world.server.faults.clear()
        world.server.clear_journal()
        world.server.faults.add(Fault(**fault, from_call=number))  # type: ignore[arg-type] # fields of a fault
        try:
            results.append((number, read(world.source())))
        except SourceError:
            results.append((number, None))
    return results


@pytest.mark.parametrize("kind", ["lost", "truncate"])
def test_a_fault_that_passes_at_any_call_changes_nothing(tmp_path: Path, kind: FaultKind) -> None:
    with small_world(tmp_path, {**FILES, **MORE_FILES}) as world:
        world.set(page_rows_max=2)
        expected = read(world.source())
        for number, result in faulty_runs(world, {"kind": kind, "times": 2}):
            assert result is not None, f"call {number}"
            assert result.rows == expected.rows, f"call {number}"
            assert result.problems == []


@pytest.mark.parametrize("code", CODES)
def test_a_refusal_at_any_call_is_overcome_or_said(tmp_path: Path, code: str) -> None:
    body = f'[{{"errorCode":"{code}","message":"x"}}]'
    with small_world(tmp_path, {**FILES, **MORE_FILES}) as world:
        expected = read(world.source())
        for number, result in faulty_runs(world, {"kind": "status", "status": 400, "body": body}):
            if result is None or result.problems:
                continue
            assert result.rows == expected.rows, f"call {number}"
            assert result.covered == expected.covered, f"call {number}"


def test_a_fault_that_stays_from_any_call_on_is_an_error_after_five_tries(tmp_path: Path) -> None:
    with small_world(tmp_path) as world:
        for number, result in faulty_runs(world, {"kind": "html", "times": None}):
            assert result is None, f"call {number}"
            assert [call.status for call in world.server.journal].count(503) == 5
