"""When members first reached something: the first month, since they began, in which a condition holds for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from kpis.blocks import Integers, Numbers, days_of, members_of
from kpis.definitions import Catalogue, Measure
from kpis.facts import FACTS
from kpis.formula import names
from kpis.periods import Calendar, Period, period_at
from kpis.results import Codes
from kpis.tables_of import parts_of_measure
from kpis.timeline import Timeline
from kpis.totals import total_of

if TYPE_CHECKING:
    from kpis.evaluate import Evaluation, Numbered

_MOST_MONTHS: Final = 1_200
NEVER: Final = 9_999_999


@dataclass(frozen=True, slots=True)
class FirstMonths:
    """Members who are known from their beginning on: when each began, and the first day of its first month.

    ``firsts`` is `NEVER` for who has not reached it. ``months`` are first days; ``truths`` has for each month and
    member whether the condition holds (1), not (0), or cannot be told (-1), as before the member began.
    """

    members: Integers
    begins: Integers
    firsts: Integers
    months: Integers
    truths: NDArray[np.int8]
    codes: Codes

    def counted(self, measure: Measure, first: int, last: int, until: int) -> Numbers:
        """Return what each member adds to a measure in a period of which the days up to ``until`` have come."""
        is_in = (self.firsts >= first) & (self.firsts <= last) & (self.begins <= until)
        if measure.counts == "members":
            return is_in.astype(np.float64)
        if measure.counts == "days":
            return np.where(is_in, np.maximum(self.firsts - self.begins, 0), 0).astype(np.float64)
        month = int(np.searchsorted(self.months, until, side="right")) - 1
        is_asked = self.truths[month] >= 0 if month >= 0 else np.zeros(len(self.members), dtype=bool)
        return (is_asked & (self.begins <= until) & (self.firsts > until)).astype(np.float64)

    def is_known(self, until: int) -> NDArray[np.bool_]:
        """Tell of which members the condition can be told in some month that began by a day."""
        return np.asarray((self.truths[self.months <= until] >= 0).any(axis=0) & (self.begins <= until), dtype=bool)


def first_months(evaluation: Evaluation, measure: Measure, today: int) -> FirstMonths:
    """Return when each listed member first met the condition of a measure of kind ``reached``.

    Who began before the data did is left out: nobody knows whether they met it then.
    """
    numbers, catalogue = evaluation.world.numbers, evaluation.world.catalogue
    known_from = first_known_day(numbers, catalogue, measure)
    members, begins = _beginnings(numbers, measure)
    kept = begins >= known_from
    members, begins = members[kept], begins[kept]
    periods = months_between(int(begins.min(initial=today)), today)
    months = np.array([period.first for period in periods], dtype=np.int64)
    timeline = Timeline(periods, evaluation.timeline.calendar, today)
    asked = evaluation.at(
        measure.over, timeline, np.tile(members, len(periods)), np.repeat(np.arange(len(periods)), len(members))
    )
    truths, codes = asked.holds(measure.condition)
    truths, codes = truths.reshape(len(periods), len(members)), codes.reshape(len(periods), len(members))
    last_days = np.array([period.last for period in periods], dtype=np.int64)
    truths = np.where(last_days[:, None] >= begins[None, :], truths, np.int8(-1))
    firsts = np.where(truths == 1, months[:, None], NEVER).min(axis=0, initial=NEVER)
    return FirstMonths(members, begins, firsts, months, truths, codes)


def months_between(first: int, last: int) -> list[Period]:
    """Return the calendar months from that of one day to that of another, the last ones if they are very many."""
    months = [period_at("month", last, Calendar())]
    while months[-1].first > first and len(months) < _MOST_MONTHS:
        months.append(period_at("month", months[-1].first - 1, Calendar()))
    return months[::-1]


def first_known_day(numbers: Numbered, catalogue: Catalogue, measure: Measure) -> int:
    """Return the first day of the data that the condition of a measure looks at."""
    waiting, seen, first = list(parts_of_measure(measure)), set[str](), -NEVER
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        kpi, part = catalogue.kpis.get(name), catalogue.measures.get(name)
        waiting += names(kpi.formula) if kpi else parts_of_measure(part) if part else ()
        span = numbers.span(FACTS[part.fact].table) if part and part.fact else None
        first = max(first, span.first) if span and span.rows else first
    return first


def _beginnings(numbers: Numbered, measure: Measure) -> tuple[Integers, Integers]:
    """Return the listed members of which a row says when they began, and that day, the first of several."""
    nobody = np.zeros(0, dtype=np.int64)
    block, total = numbers.block(FACTS[measure.fact].table, measure.axis, measure.over), total_of(measure).key
    if block is None or total not in block.totals:
        return nobody, nobody
    has_row = block.entry_sums()[block.totals.index(total)] > 0
    members, places = np.unique(members_of(block.keys[has_row]), return_index=True)
    listed = np.array([member.code for member in numbers.members(measure.over).listed], dtype=np.int64)
    is_listed = np.isin(members, listed)
    return members[is_listed], days_of(block.keys[has_row])[places][is_listed]
