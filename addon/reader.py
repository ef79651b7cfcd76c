"""The read line's start: pin one snapshot for a request, and hand out what answers from it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

from addon.clock import instant_text
from addon.errors import AddonError
from addon.own_catalogue import catalogue_of, kept_texts
from addon.past import Past, end_of, no_past
from addon.settings import Organisation
from addon.snapshot import Snapshot
from addon.store import Store
from addon.trust import Comparison, last_comparison
from kpis.answers import Answerer, Crossing
from kpis.cube import Cube
from kpis.definitions import Catalogue
from kpis.evaluate import Numbered
from kpis.floors import Floors
from kpis.memory import Memory
from kpis.periods import day_number

_MOST_OPEN: Final = 4
"""Snapshots kept open: the current one, the one before while requests end, and a little history."""
_MOST_CALLERS: Final = 16
"""Answerers that each thread keeps, one for each slice that callers are limited to."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One pinned snapshot with what answers from it; every part of a request uses the same one."""

    snapshot: Snapshot
    answerer: Answerer
    as_of: str
    freshness: dict[str, str]
    past: Callable[[date], Desk | None] = field(default=lambda _: None, compare=False)
    """Gives the desk of an earlier day, for the same caller; None where its state is not known, or not quickly."""

    trust: Callable[[], Comparison | None] = field(default=lambda: None, compare=False)
    """Gives the last comparison of the data with Salesforce; None where there was none, or it is not the caller's."""


@dataclass(frozen=True, slots=True)
class _Opened:
    """A snapshot with what its answers come from."""

    snapshot: Snapshot
    cube: Cube
    crossing: Crossing
    catalogue: Catalogue
    memories: dict[tuple[int, bool], Memory] = field(default_factory=dict)

    def memory(self, today: int, *, is_stale: bool) -> Memory:
        """Return what was answered on this day; that of an earlier day, or of fresher numbers, is forgotten."""
        found = self.memories.get((today, is_stale))
        if found is None:
            self.memories.clear()
            found = self.memories[today, is_stale] = Memory()
        return found


class _LaterCrossing:
    """Crosses dimensions over a snapshot's facts. What that needs is loaded by the first crossed cell: a cold cell
    must not pay for a database that it does not use."""

    def __init__(self, facts_folder: Path) -> None:
        self._facts_folder = facts_folder

    @cached_property
    def _crossing(self) -> Crossing:
        from kpis.crossing import SnapshotCrossing

        return SnapshotCrossing(self._facts_folder)

    def numbers(self, cube: Cube, catalogue: Catalogue, dimensions: tuple[str, str]) -> Numbered:
        """Return the numbers of all pairs of members (see `kpis.answers.Crossing`)."""
        return self._crossing.numbers(cube, catalogue, dimensions)


_MOST_REMADE: Final = 100_000
"""Of more deals than this, the state of a day that no snapshot is kept of is made only for who asks for that day."""


class Reader:
    """Opens snapshots for requests. Safe for threads; a cube is mapped once and shared."""

    def __init__(self, organisation: Organisation) -> None:
        self._organisation = organisation
        self._store = Store(organisation.data_folder)
        self._past = Past(self._store)
        self._lock = threading.Lock()
        self._open: OrderedDict[str, _Opened] = OrderedDict()
        self._own = threading.local()

    def desk(self, limit: str = "", as_of: date | None = None) -> Desk:
        """Pin the current snapshot, or the last one of the day ``as_of``; before the first one, the state of that day
        as the history of deals tells it.

        Raises `AddonError` when there is none: nothing was synced yet, or nothing is known of that day.
        """
        opened = self._pinned(as_of)
        snapshot = opened.snapshot
        today = as_of or self._organisation.settings.clock.today(snapshot.manifest.company.time_zone)
        checked = self._store.checked()
        is_stale = as_of is None and self._is_stale(checked)
        answerer = self._answerer(opened, day_number(today), limit, is_stale=is_stale)
        moments = checked if as_of is None else {}
        latest = min(moments.values(), default=snapshot.manifest.created)
        fresh = {name: instant_text(at) for name, at in moments.items()}
        trust = self._trust if as_of is None and not answerer.limit.is_set else lambda: None
        return Desk(snapshot, answerer, instant_text(latest), fresh, lambda day: self._past_desk(limit, day), trust)

    def _trust(self) -> Comparison | None:
        return last_comparison(self._organisation.data_folder)

    def _past_desk(self, limit: str, day: date) -> Desk | None:
        current = self._store.current()
        if current is None:
            return None
        deals = current.manifest.tables.get("opportunity")
        is_quick = deals is not None and deals.rows <= _MOST_REMADE
        kept = self._store.as_of(end_of(day, current.manifest.company.time_zone))
        try:
            return self.desk(limit, day) if kept is not None or is_quick else None
        except AddonError:
            return None

    def forget(self) -> None:
        """Forget earlier answers and what words meant: the next request is worked out like the very first."""
        with self._lock:
            for opened in self._open.values():
                opened.memories.clear()
        self._own = threading.local()

    def _answerer(self, opened: _Opened, today: int, limit: str, *, is_stale: bool) -> Answerer:
        """Return an answerer of this thread's own; it knows the words of earlier requests."""
        own: OrderedDict[tuple[str, int, str, bool], Answerer] | None = getattr(self._own, "answerers", None)
        if own is None:
            own = self._own.answerers = OrderedDict()
        key = (opened.snapshot.id, today, limit, is_stale)
        if key not in own:
            manifest = opened.snapshot.manifest
            own[key] = Answerer(
                opened.cube,
                opened.catalogue,
                manifest.company.calendar,
                today,
                limit=limit,
                crossing=opened.crossing,
                problems={name: table.problems for name, table in manifest.tables.items() if table.problems},
                is_stale=is_stale,
                memory=opened.memory(today, is_stale=is_stale),
                floors=self._floors(),
            )
            while len(own) > _MOST_CALLERS:
                own.popitem(last=False)
        own.move_to_end(key)
        return own[key]

    def _floors(self) -> Floors:
        settings = self._organisation.settings
        return Floors(settings.integer("org", "small_sample_rate"), settings.integer("org", "small_sample_mean"))

    def _is_stale(self, checked: dict[str, datetime]) -> bool:
        settings = self._organisation.settings
        allowed = timedelta(minutes=settings.integer("schedule", "stale_after_minutes"))
        return any(settings.clock.now() - at > allowed for at in checked.values())

    def _pinned(self, as_of: date | None) -> _Opened:
        if as_of is not None:
            return self._opened(self._snapshot_of(as_of))
        snapshot_id = self._store.current_id()
        if not snapshot_id:
            raise AddonError("There is no snapshot yet: run `scorecell sync`, or `scorecell demo` to try it out.")
        return self._known(snapshot_id) or self._opened(self._store.open(snapshot_id))

    def _known(self, snapshot_id: str) -> _Opened | None:
        with self._lock:
            if snapshot_id in self._open:
                self._open.move_to_end(snapshot_id)
            return self._open.get(snapshot_id)

    def _opened(self, snapshot: Snapshot) -> _Opened:
        with self._lock:
            if snapshot.id not in self._open:
                crossing = _LaterCrossing(snapshot.folder / "facts")
                catalogue = catalogue_of(kept_texts(snapshot.folder))
                self._open[snapshot.id] = _Opened(snapshot, Cube.open(snapshot.cube_folder), crossing, catalogue)
                while len(self._open) > _MOST_OPEN:
                    self._open.popitem(last=False)
            self._open.move_to_end(snapshot.id)
            return self._open[snapshot.id]

    def _snapshot_of(self, as_of: date) -> Snapshot:
        """Return the last snapshot made by the end of that day, or the state of that day made from history."""
        current = self._store.current()
        kept = self._store.as_of(end_of(as_of, current.manifest.company.time_zone if current else "UTC"))
        if kept is not None:
            return kept
        base = self._past.base()
        if base is None:
            raise no_past(as_of, "and there is no history of deals to make one from")
        return self._past.at(as_of, base, kept_texts(current.folder) if current else {})
