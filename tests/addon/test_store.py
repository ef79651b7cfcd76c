"""The store: merging is idempotent, snapshots are whole, the pointer moves at once, old ones are thinned."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from addon.errors import StoreError
from addon.merge import Merge
from addon.snapshot import Company, Manifest, Snapshot, TableState
from addon.store import Store
from connectors.errors import SourceError
from connectors.source import Batch, Change, Checkpoint, Covered

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def deals(*rows: tuple[str, float | None], deleted: Sequence[str] = (), replaces: str = "") -> Batch:
    columns: dict[str, list[object]] = {
        "id": [row[0] for row in rows],
        "amount": [row[1] for row in rows],
        "close_date": [datetime(2026, 2, 3, tzinfo=UTC).date() for _ in rows],
        "created_at": [datetime(2026, 1, 1, 3, tzinfo=UTC) for _ in rows],
        "is_won": [True for _ in rows],
        "is_closed": [True for _ in rows],
    }
    return Batch("opportunity", columns, deleted, replaces)


def publish(store: Store, changes: Sequence[Change], moment: datetime = NOON, zone: str = "UTC") -> int:
    """Merge and publish as a refresh does; return how many ids changed."""
    previous = store.current()
    with store.writer():
        draft = store.draft(moment)
        merge = Merge(previous, store.data_folder)
        received = merge.receive(changes)
        merged = merge.finish(zone, moment.date())
        tables = {
            m.table: TableState(merge.row_count(m.table), merge.write(m.table, draft.fact_file(m.table)))
            for m in merged
        }
        merge.close()
        manifest = Manifest(
            draft.id, "2026-03-01T12:00:00Z", "2026-03-01", Company(time_zone=zone), tables, {"test": received.cursor}
        )
        store.publish(draft, manifest)
    return sum(m.changed_count for m in merged)


def rows(snapshot: Snapshot | None, columns: str = "id, amount") -> list[tuple[object, ...]]:
    assert snapshot is not None
    file = snapshot.fact_file("opportunity")
    return duckdb.execute(f"SELECT {columns} FROM read_parquet('{file}')").fetchall()


def test_rows_are_upserted_and_deleted_by_id(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert publish(store, [deals(("a", 1), ("b", 2)), deals(("b", 3))]) == 2
    assert rows(store.current()) == [("a", 1.0), ("b", 3.0)]
    assert publish(store, [deals(("c", None), deleted=["a", "never there"])]) == 2
    assert rows(store.current()) == [("b", 3.0), ("c", None)]


def test_the_same_changes_again_change_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    changes: list[Change] = [deals(("a", 1), ("b", None)), Checkpoint("Opportunity", "x")]
    publish(store, changes)
    first = store.current()
    assert publish(store, changes) == 0
    second = store.current()
    assert first is not None
    assert second is not None
    assert first.manifest.tables == second.manifest.tables
    assert second.manifest.cursors == {"test": {"Opportunity": "x"}}


def test_row_order_does_not_change_the_digest(tmp_path: Path) -> None:
    ids = [(f"{number:05d}", float(number)) for number in range(5000)]
    digests = set()
    for name, order in (("one", ids), ("two", ids[::-1])):
        store = Store(tmp_path / name)
        publish(store, [deals(*order[:1000]), deals(*order[1000:])])
        snapshot = store.current()
        assert snapshot is not None
        digests.add(snapshot.manifest.tables["opportunity"].sha256)
    assert len(digests) == 1


def test_a_replacing_batch_removes_what_it_no_longer_has(tmp_path: Path) -> None:
    store = Store(tmp_path)
    publish(store, [deals(("sf:1", 1)), deals(("sheet:T:1", 1), ("sheet:T:2", 2), replaces="sheet:T:")])
    publish(store, [deals(("sheet:T:2", 5), replaces="sheet:T:")])
    assert rows(store.current()) == [("sf:1", 1.0), ("sheet:T:2", 5.0)]
    publish(store, [Batch("opportunity", {}, replaces="sheet:T:")])
    assert rows(store.current()) == [("sf:1", 1.0)]


def test_days_are_those_of_the_organisation_and_follow_its_zone(tmp_path: Path) -> None:
    store = Store(tmp_path)
    publish(store, [deals(("a", 1))], zone="America/New_York")
    assert rows(store.current(), "created_at_day, close_date_day") == [(20453, 20487)]
    assert publish(store, [deals(("b", 1))], zone="UTC") == 2
    assert rows(store.current(), "id, created_at_day, close_date_day") == [("a", 20454, 20487), ("b", 20454, 20487)]


def test_a_covered_table_exists_with_no_rows(tmp_path: Path) -> None:
    store = Store(tmp_path)
    publish(store, [Covered(("opportunity",))])
    assert rows(store.current()) == []


def test_a_value_of_another_type_is_refused_in_words(tmp_path: Path) -> None:
    bad = Batch("opportunity", {"id": ["a"], "amount": ["much"]})
    with pytest.raises(StoreError, match=r"opportunity\.amount got a value that is not a number"):
        publish(Store(tmp_path), [bad])


def test_a_draft_that_was_never_published_is_invisible_and_swept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    publish(store, [deals(("a", 1))])
    with store.writer():
        store.draft(NOON)
    assert len(store.ids()) == 1
    publish(store, [deals(("a", 2))])
    assert [entry.name for entry in (tmp_path / "snapshots").iterdir() if entry.name.startswith(".")] == []


def test_only_one_writer_at_a_time(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.writer(), pytest.raises(StoreError, match="Another process is refreshing"), Store(tmp_path).writer():
        pass


def test_a_manifest_of_another_schema_is_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    publish(store, [deals(("a", 1))])
    path = tmp_path / "snapshots" / store.current_id() / "manifest.json"
    path.write_text(json.dumps({"schema": 99}))
    with pytest.raises(StoreError, match="schema 99"):
        store.current()


def test_old_snapshots_are_thinned_to_hours_days_and_months(tmp_path: Path) -> None:
    store = Store(tmp_path)
    moments = [NOON - timedelta(days=90 - day, minutes=minute) for day in range(90) for minute in (30, 20, 10)]
    for moment in moments:
        draft = store.draft(moment)
        store.publish(draft, Manifest(draft.id, "2026-03-01T12:00:00Z", "2026-03-01", Company(), {}))
    removed = store.thin(keep=5, now=NOON)
    left = store.ids()
    assert len(removed) + len(left) == len(moments)
    assert left[-5:] == [f"{number:08d}" + left[index - 5][8:] for index, number in enumerate(range(266, 271))]
    assert 60 <= len(left) <= 68
    snapshot = store.as_of(NOON - timedelta(days=10))
    assert snapshot is not None
    assert snapshot.id in left
    assert store.as_of(NOON - timedelta(days=400)) is None


def test_a_source_that_fails_half_way_leaves_nothing_staged(tmp_path: Path) -> None:
    merge = Merge(None, tmp_path)
    merge.receive([deals(("a", 1))])

    def broken() -> Iterator[Change]:
        yield deals(("b", 1), replaces="a")
        raise SourceError("The connection was reset.")

    with pytest.raises(SourceError):
        merge.receive(broken())
    merge.finish("UTC", NOON.date())
    assert merge.connection.execute("SELECT id FROM new.opportunity").fetchall() == [("a",)]
    merge.close()
