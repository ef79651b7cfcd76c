"""The benchmark ``refresh``: one deal in a hundred changed, against making the same snapshot anew from all rows.

Both end when the new snapshot is published and has answered a cell. The full one reads rows that are in canonical
form already: what a source takes to deliver all of them would only make it slower.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

import duckdb
import numpy as np

from addon.bench.changes import ChangedDeals, changed_deals
from addon.bench.ground import Ground
from addon.bench.questions import KPIS
from addon.bench.report import Goal, Note, Ratio, Report
from addon.bench.snapshots import SOURCE, organisation, table_state
from addon.bench.workload import MEMBERS, TODAY, Values, largest_difference
from addon.bench.world import LAST_DATE, MONTHS
from addon.clock import instant_text, utc_now
from addon.errors import AddonError
from addon.reader import Reader
from addon.refresh import sync
from addon.settings import Organisation
from addon.snapshot import Company, Manifest, Snapshot
from addon.store import Store
from kpis.answers import Answerer
from kpis.build import build_cube
from kpis.catalogue import load_catalogue
from kpis.cube import Cube
from kpis.questions import Question

_SHARE: Final = 100
"""One deal in so many has changed."""
_GOAL: Final = Goal(0.25, 0.2)
_LARGEST_DIFFERENCE: Final = 1e-9
"""Sums that were changed and sums that were made anew may be rounded differently in the last digit."""


def run(ground: Ground) -> Report:
    """Measure a refresh. Raises `AddonError` if the refreshed cube is not the one that is built anew."""
    folder, scratch = ground.folder / "refreshed", ground.folder / "anew"
    shutil.rmtree(folder, ignore_errors=True)
    ours = organisation(folder)
    reader, reader_anew = Reader(ours), Reader(organisation(scratch))
    _publish_anew(ground.snapshot, folder, reader)
    sync(ours, [changed_deals(_current(folder), 1, 0)])  # the first refresh also begins the history of teams
    changes: list[float] = []
    anew: list[float] = []
    changed = 0
    for number in range(ground.rounds):
        ground.tell(f"round {number + 1} of {ground.rounds}")
        source = changed_deals(_current(folder), ground.size.opportunities // _SHARE, number + 1)
        changes.append(_seconds(partial(_refresh, ours, source, reader)))
        shutil.rmtree(scratch, ignore_errors=True)
        current = _current(folder)
        anew.append(_seconds(partial(_publish_anew, current, scratch, reader_anew)))
        changed += source.row_count
        _check(current, _current(scratch))
    shutil.rmtree(folder)
    shutil.rmtree(scratch)
    ratio = Ratio("1 % of deals changed", median(changes), median(anew), "the same snapshot made anew", _GOAL)
    return Report("refresh", ground.size, [ratio], [Note("changed deals", changed / ground.rounds, "a round")])


def _seconds(job: Callable[[], None]) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def _current(folder: Path) -> Snapshot:
    snapshot = Store(folder).current()
    if snapshot is None:
        raise AddonError(f"{folder} has no snapshot.")
    return snapshot


def _refresh(ours: Organisation, source: ChangedDeals, reader: Reader) -> None:
    outcome = sync(ours, [source])
    if outcome.changed_count != source.row_count:
        raise AddonError(f"{outcome.changed_count} rows changed, but the source had {source.row_count}.")
    _ask(reader)


def _publish_anew(snapshot: Snapshot, folder: Path, reader: Reader) -> None:
    """Write the facts of a snapshot once more, build their cube and publish both."""
    store, now = Store(folder), utc_now()
    with store.writer(), duckdb.connect(config={"threads": 2, "preserve_insertion_order": False}) as connection:
        draft = store.draft(now)
        for name in snapshot.manifest.tables:
            connection.read_parquet(str(snapshot.fact_file(name))).create(name)
            connection.execute(
                f"COPY (SELECT * FROM {name} ORDER BY id) TO '{draft.fact_file(name)}' "  # noqa: S608 - names of tables
                "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
            )
        tables = frozenset(snapshot.manifest.tables)
        build_cube(connection, tables, load_catalogue(), Company().calendar, TODAY, draft.folder / "cube")
        states = {
            name: table_state(draft.fact_file(name), one.rows) for name, one in snapshot.manifest.tables.items()
        }
        manifest = Manifest(draft.id, instant_text(now), LAST_DATE.isoformat(), Company(), states, {SOURCE: {}})
        store.publish(draft, manifest)
    _ask(reader)


def _ask(reader: Reader) -> None:
    answer = reader.desk().answerer.answer(Question("revenue", "Team 07", "2024-03"))
    if answer.value is None:
        raise AddonError(f"There is no revenue of a team: {answer.message}")


def _check(refreshed: Snapshot, anew: Snapshot) -> None:
    difference = largest_difference(*(_answers(snapshot) for snapshot in (refreshed, anew)))
    if not difference <= _LARGEST_DIFFERENCE:
        raise AddonError(f"The refreshed cube differs from the one made anew by {difference:g}: a number is wrong.")


def _answers(snapshot: Snapshot) -> Values:
    cube = Cube.open(snapshot.cube_folder)
    answerer = Answerer(cube, load_catalogue(), Company().calendar, TODAY)
    return np.array(answerer.values(KPIS, MEMBERS, MONTHS, ["value"])[0], dtype=np.float64)
