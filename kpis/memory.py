"""Memory: values of cells that were asked before. A snapshot never changes, so what a cell was told stays true of it.

A sheet asks the same cells again with each recalculation, and many sheets ask the same. What was evaluated once is
kept in one flat array, so that any number of known cells is one read. Needs numpy alone.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kpis.blocks import Integers, Numbers
from kpis.cells import Cells
from kpis.definitions import Kpi
from kpis.members import Who
from kpis.periods import Period
from kpis.questions import SHOWS
from kpis.results import Codes, Reason, Reasons

_PERIODS: Final = 128
"""Different periods of one page; a year of months with their weeks has 65."""
_CELLS: Final = 4_000_000
"""Cells of one page: 44 MB if all are used, none before they are. That is every KPI of 300 members in 128 periods."""
_MOST_REASONS: Final = 10_000
_NOWHERE: Final = 0
"""The place of cells that are not kept: nothing is ever known there."""

Column = tuple[str, str, tuple[str, ...]]
"""A KPI, what to show of it, and the dimension that it is split by."""


@dataclass(slots=True)
class Page:
    """Values by place, the codes of their reasons, and which are known. Full pages are thrown away."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    values: Numbers = field(default_factory=lambda: np.empty(_CELLS))
    codes: Codes = field(default_factory=lambda: np.zeros(_CELLS, dtype=np.int16))
    is_known: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(_CELLS, dtype=np.bool_))
    reasons: Reasons = field(default_factory=Reasons)
    columns: dict[Column, int] = field(default_factory=dict)
    periods: dict[Period, int] = field(default_factory=dict)
    used: int = _NOWHERE + 1
    is_full: bool = False

    def places(self, cells: Cells, is_meant: NDArray[np.bool_], member_counts: Mapping[str, int]) -> Integers:
        """Return where each cell is kept; `_NOWHERE` for what means nothing, is crossed, or has no room."""
        kpis, shows, dimensions = _numbered_columns(cells)
        kpi, who, period, show = cells.places.T
        keys = (kpis[kpi] * len(SHOWS) + shows[show]) * len(dimensions.names) + dimensions.numbers[who]
        asked = np.flatnonzero(np.bincount(keys[is_meant], minlength=1))
        starts = np.zeros(int(keys.max(initial=0)) + 1, dtype=np.int64)
        kpi_ids = {
            number: one.id for number, one in zip(kpis.tolist(), cells.kpis, strict=True) if isinstance(one, Kpi)
        }
        with self.lock:
            for key in asked.tolist():
                rest, dimension = divmod(key, len(dimensions.names))
                kpi_number, show_number = divmod(rest, len(SHOWS))
                column = kpi_ids[kpi_number], SHOWS[show_number], dimensions.names[dimension]
                starts[key] = self._start(column, member_counts)
            slots = np.array([self._slot(one) for one in cells.periods], dtype=np.int64)
        start, slot = starts[keys], slots[period]
        has_room = is_meant & (start != _NOWHERE) & (slot >= 0)
        return np.where(has_room, start + dimensions.codes[who] * _PERIODS + slot, _NOWHERE)

    def keep(self, places: Integers, values: Numbers, codes: Integers, reasons: Reasons) -> None:
        """Keep evaluated cells. They are known only when both their parts are written."""
        kept = places != _NOWHERE
        places = places[kept]
        with self.lock:
            own = reasons.codes_in(self.reasons)
            self.is_full |= len(self.reasons) > _MOST_REASONS
        self.values[places], self.codes[places] = values[kept], own[codes[kept]]
        self.is_known[places] = True

    def _start(self, column: Column, member_counts: Mapping[str, int]) -> int:
        """Return the first place of a column, with a place for each member and period."""
        if column not in self.columns:
            if len(column[2]) > 1:
                return _NOWHERE
            size = _PERIODS * (member_counts[column[2][0]] if column[2] else 1)
            if self.used + size > _CELLS:
                self.is_full = True
                return _NOWHERE
            self.columns[column] = self.used
            self.used += size
        return self.columns[column]

    def _slot(self, period: Period | Reason) -> int:
        if isinstance(period, Reason):
            return -1
        if period not in self.periods:
            if len(self.periods) == _PERIODS:
                self.is_full = True
                return -1
            self.periods[period] = len(self.periods)
        return self.periods[period]


class Memory:
    """What was answered from one snapshot on one day, for answerers with the same remarks. Safe for threads."""

    def __init__(self) -> None:
        self._page = Page()

    def page(self) -> Page:
        """Return the page that is in use; a full one is replaced by an empty one."""
        page = self._page
        if page.is_full:
            page = self._page = Page()
        return page


@dataclass(frozen=True, slots=True)
class _Dimensions:
    """The dimensions of the whos of a request, with the number and the member's code of each who."""

    names: Sequence[tuple[str, ...]]
    numbers: Integers
    codes: Integers


def _numbered_columns(cells: Cells) -> tuple[Integers, Integers, _Dimensions]:
    """Return for each word its KPI, show and dimension as small numbers; 0 too for what means nothing."""
    known: dict[str, int] = {}
    kpis = [known.setdefault(one.id, len(known)) if isinstance(one, Kpi) else 0 for one in cells.kpis]
    shows = [0 if isinstance(one, Reason) else SHOWS.index(one) for one in cells.shows]
    names: dict[tuple[str, ...], int] = {}
    numbers = [names.setdefault(one.dimensions, len(names)) if isinstance(one, Who) else 0 for one in cells.whos]
    codes = [one.codes[0] if isinstance(one, Who) and one.codes else 0 for one in cells.whos]
    dimensions = _Dimensions(list(names) or [()], _array(numbers), _array(codes))
    return _array(kpis), _array(shows), dimensions


def _array(numbers: list[int]) -> Integers:
    return np.array(numbers, dtype=np.int64)
