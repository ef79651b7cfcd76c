"""The benchmarks on a tiny world: each runs, agrees with its reference, and says its ratios. Nothing is timed."""

from __future__ import annotations

import numpy as np
import orjson
import pytest
from click.testing import CliRunner

from addon.bench.benchmarks import run_benchmarks
from addon.bench.ground import Ground
from addon.bench.report import Goal, Note, Ratio, Report
from addon.bench.workload import largest_difference
from addon.bench.world import Size, draw
from addon.commands.benching import BENCHMARKS, bench
from addon.errors import AddonError

_TINY = Size(2_000, 20_000)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground(tmp_path_factory.mktemp("bench"), _TINY, rounds=1)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_each_benchmark_agrees_with_its_reference_and_says_its_ratios(ground: Ground, name: str) -> None:
    (report,) = run_benchmarks([name], ground)
    assert report.benchmark == name
    assert all(ratio.value > 0 for ratio in report.ratios)
    text = "\n".join(report.lines())
    assert "2,000 opportunities" in text
    assert "met" in text or "missed" in text


def test_the_command_prints_one_json_document(ground: Ground) -> None:
    arguments = ["cold", "--opportunities", "2000", "--rounds", "1", "--folder", str(ground.folder), "--json"]
    result = CliRunner().invoke(bench, arguments, catch_exceptions=False)
    (report,) = orjson.loads(result.stdout)
    assert report["benchmark"] == "cold"
    assert report["ratios"][0].keys() >= {"ratio", "ours_seconds", "reference_seconds", "goal", "is_met"}


def test_a_kept_world_of_another_size_is_refused(ground: Ground) -> None:
    _ = ground.snapshot
    with pytest.raises(AddonError, match="another folder"):
        _ = Ground(ground.folder, Size(3_000, 30_000)).snapshot


def test_the_same_size_gives_the_same_world() -> None:
    for (name, part), (other_name, other) in zip(draw(_TINY), draw(_TINY), strict=True):
        assert name == other_name
        assert all((part[column] == other[column]).all() for column in part)


def test_a_goal_that_is_missed_is_said_to_be_missed() -> None:
    report = Report(
        "some", _TINY, [Ratio("job", 3.0, 2.0, "the floor", Goal(2.0, 1.0))], [Note("memory", 9, "MB", 5)]
    )
    assert "goal 2: met, later goal 1: missed" in report.lines()[1]
    assert "missed" in report.lines()[2]


def test_a_value_on_one_side_only_is_an_infinite_difference() -> None:
    assert largest_difference(np.array([1.0, np.nan]), np.array([1.0, 2.0])) == float("inf")
    assert largest_difference(np.array([1.0, np.nan]), np.array([1.5, np.nan])) == pytest.approx(1 / 3)
