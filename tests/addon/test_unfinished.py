"""What a stopped run has kept is gone on with by the next one, and by no other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from addon.merge import Merge, Received
from addon.unfinished import Unfinished
from connectors.errors import SourceError
from connectors.source import Batch, Change, Checkpoint

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MANY = 20_000


def reps(first: int, count: int = MANY, **more: object) -> Batch:
    ids = [f"sf:{number:06d}" for number in range(first, first + count)]
    return Batch("rep", {"id": ids, "name": ids}, **more)  # type: ignore[arg-type] # fields of a batch


class StoppedError(Exception):
    """Stands for the end of the process."""


def stopping(changes: Sequence[Change]) -> Iterator[Change]:
    yield from changes
    raise StoppedError


def receive(folder: Path, changes: Sequence[Change], *, key: str = "k", at: datetime = NOON) -> Received:
    """Receive changes with what was kept before, and return what came."""
    merge = Merge(None, folder)
    received = merge.receive(changes, Unfinished(folder / "kept", key, at))
    merge.finish("UTC", NOON.date())
    received.row_count = merge.row_count("rep")
    merge.close()
    return received


def stop(folder: Path, changes: Sequence[Change], *, key: str = "k", at: datetime = NOON) -> None:
    merge = Merge(None, folder)
    with pytest.raises(StoppedError):
        merge.receive(stopping(changes), Unfinished(folder / "kept", key, at))
    merge.close()


def test_rows_and_checkpoint_of_a_stopped_run_are_kept_together(tmp_path: Path) -> None:
    stop(tmp_path, [reps(0), Checkpoint("part", "1"), reps(MANY, 5), Checkpoint("part", "2")])
    assert Unfinished(tmp_path / "kept", "k", NOON).cursor == {"part": "1"}, "five rows are not worth a file"
    received = receive(tmp_path, [reps(MANY, 10), Checkpoint("part", ""), Checkpoint("all", "3")])
    assert received.row_count == MANY + 10
    assert received.cursor == {"all": "3"}


def test_what_is_dear_is_kept_at_once(tmp_path: Path) -> None:
    stop(tmp_path, [reps(0, 3), Checkpoint("part", "job", is_dear=True), reps(3, 3), Checkpoint("part", "later")])
    kept = Unfinished(tmp_path / "kept", "k", NOON)
    assert kept.cursor == {"part": "job"}
    assert receive(tmp_path, []).row_count == 3


@pytest.mark.parametrize(("key", "hours"), [("other", 0), ("k", 25), ("k", -1)])
def test_what_was_kept_for_another_or_too_long_is_thrown_away(tmp_path: Path, key: str, hours: int) -> None:
    stop(tmp_path, [reps(0), Checkpoint("part", "1")])
    kept = Unfinished(tmp_path / "kept", key, NOON + timedelta(hours=hours))
    assert kept.cursor == {}
    assert list((tmp_path / "kept").iterdir()) == []


def test_files_of_no_checkpoint_are_thrown_away(tmp_path: Path) -> None:
    stop(tmp_path, [reps(0), Checkpoint("part", "1"), reps(MANY), reps(2 * MANY, 3)])
    Unfinished(tmp_path / "kept", "k", NOON)
    assert len(list((tmp_path / "kept").iterdir())) == 2, "the rows of the checkpoint, and what names them"
    assert receive(tmp_path, []).row_count == MANY


def test_a_file_that_is_lost_takes_the_rest_with_it(tmp_path: Path) -> None:
    stop(tmp_path, [reps(0), Checkpoint("part", "1")])
    next((tmp_path / "kept").glob("*.parquet")).unlink()
    assert Unfinished(tmp_path / "kept", "k", NOON).cursor == {}


@pytest.mark.parametrize(("goes_on", "count"), [(True, MANY), (False, 7)])
def test_all_there_is_counts_rows_of_the_stopped_run_only_where_it_is_gone_on_with(
    tmp_path: Path, goes_on: bool, count: int
) -> None:
    stop(tmp_path, [reps(0), Checkpoint("part", "1")])
    everything = Batch("rep", {"id": ()}, replaces="sf:", goes_on=goes_on)
    assert receive(tmp_path, [reps(0, 7), everything]).row_count == count


def test_a_source_that_fails_leaves_what_it_delivered_for_the_next_run(tmp_path: Path) -> None:
    def failing() -> Iterator[Change]:
        yield reps(0, 3)
        yield Checkpoint("part", "1")
        yield reps(3, 3)
        raise SourceError("no calls left")

    merge = Merge(None, tmp_path)
    with pytest.raises(SourceError):
        merge.receive(failing(), Unfinished(tmp_path / "kept", "k", NOON))
    assert merge.finish("UTC", NOON.date()) == []
    assert Unfinished(tmp_path / "kept", "k", NOON).cursor == {"part": "1"}
    assert receive(tmp_path, []).row_count == 6


def test_a_source_that_delivers_nothing_leaves_nothing(tmp_path: Path) -> None:
    def failing() -> Iterator[Change]:
        yield from ()
        raise SourceError("wrong secret")

    with pytest.raises(SourceError):
        Merge(None, tmp_path).receive(failing(), Unfinished(tmp_path / "kept", "k", NOON))
    assert not (tmp_path / "kept").exists()
