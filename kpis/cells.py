"""Cells: many questions at once, as places in lists of words, and the groups that they are answered in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Final

import numpy as np

from kpis.blocks import Integers
from kpis.definitions import Kpi
from kpis.errors import QuestionError
from kpis.members import Who
from kpis.periods import Period
from kpis.questions import Show
from kpis.results import Reason, Reasons

Words = tuple[Sequence[str], Sequence[str], Sequence[str], Sequence[str]]
"""The different words for KPI, who, period and show."""

_DEFAULTS: Final = ("", "", "", "value")


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells by the places of their words, and what the words mean: a reason where they mean nothing."""

    words: Words
    kpis: Sequence[Kpi | Reason]
    whos: Sequence[Who | Reason]
    periods: Sequence[Period | Reason]
    shows: Sequence[Show | Reason]
    places: Integers

    def __len__(self) -> int:
        return len(self.places)


@dataclass(frozen=True, slots=True)
class Group:
    """The cells that are evaluated together: one KPI, one show, one dimension or pair of dimensions."""

    inside: Integers
    kpi: Kpi
    show: Show
    dimensions: tuple[str, ...]


def interned(rows: Sequence[Sequence[str]]) -> tuple[Words, Integers]:
    """Return the different words of questions ``[kpi, who, period, show]``, and each question as places in them."""
    full = [row if len(row) == 4 else (*row, *_DEFAULTS[len(row) :]) for row in rows]
    places = np.empty((len(full), 4), dtype=np.int64)
    words: list[list[str]] = []
    for column in range(4):
        word_of = itemgetter(column)
        different = {word: place for place, word in enumerate(dict.fromkeys(map(word_of, full)))}
        found = map(different.__getitem__, map(word_of, full))
        places[:, column] = np.fromiter(found, dtype=np.int64, count=len(full))
        words.append(list(different))
    return (words[0], words[1], words[2], words[3]), places


def placed(words: Words, cells: Integers | Sequence[Sequence[int]] | None) -> Integers:
    """Return the cells as an array; without any, all combinations, the last word changing fastest.

    Raises `QuestionError` if a cell has not four places or one is outside its list.
    """
    sizes = tuple(map(len, words))
    if cells is None:
        return np.stack([axis.reshape(-1) for axis in np.indices(sizes)], axis=1).astype(np.int64)
    flat = cells.reshape(-1) if isinstance(cells, np.ndarray) else np.fromiter(chain.from_iterable(cells), np.int64)
    if len(flat) != 4 * len(cells):
        raise QuestionError("A cell has four places: of the KPI, of who, of the period, of what to show.")
    places = np.asarray(flat, dtype=np.int64).reshape(-1, 4)
    if np.any(places < 0) or np.any(places >= np.array(sizes)):
        raise QuestionError("A cell names a place outside the lists of words. Places count from 0.")
    return places


def word_codes(cells: Cells, reasons: Reasons) -> Integers:
    """Return for each cell the reason of the first of its words that means nothing, 0 if all mean something."""
    codes = np.zeros(len(cells), dtype=np.int64)
    for column, meanings in enumerate((cells.kpis, cells.whos, cells.periods, cells.shows)):
        known = [reasons.code(m.state, m.sentence) if isinstance(m, Reason) else 0 for m in meanings]
        if any(known):
            own = np.array(known, dtype=np.int64)[cells.places[:, column]]
            codes = np.where(codes == 0, own, codes)
    return codes


def groups_of(cells: Cells, codes: Integers) -> Iterator[Group]:
    """Yield the groups of the cells without a code; inside, cells are ordered by who and period.

    That order makes neighbouring cells look at neighbouring entries, which is several times faster.
    """
    asked = dict.fromkeys(who.dimensions for who in cells.whos if isinstance(who, Who))
    number = {dimensions: place for place, dimensions in enumerate(asked)}
    dimension_of = np.array([number[w.dimensions] if isinstance(w, Who) else 0 for w in cells.whos], dtype=np.int64)
    kpi, who, period, show = cells.places.T
    keys = (kpi * len(cells.shows) + show) * max(len(number), 1) + dimension_of[who]
    inside = np.flatnonzero(codes == 0)
    fine = (keys * len(cells.whos) + who) * len(cells.periods) + period
    order = inside[np.argsort(fine[inside], kind="stable")]
    borders = np.flatnonzero(np.diff(keys[order])) + 1
    for group in np.split(order, borders) if len(order) else []:
        kpi_place, who_place, _, show_place = cells.places[group[0]].tolist()
        meant = cells.kpis[kpi_place], cells.whos[who_place], cells.shows[show_place]
        if isinstance(meant[0], Kpi) and isinstance(meant[1], Who) and not isinstance(meant[2], Reason):
            yield Group(group, meant[0], meant[2], meant[1].dimensions)
