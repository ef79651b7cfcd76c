"""Checks of targets: whether each is specific, measurable, within reach of history, and dated.

A target that misses one of these is still used where it can be: what is found here is for the people who set it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from kpis.answers import Answerer
from kpis.calendars import range_of
from kpis.definitions import COMPANY, Kpi
from kpis.engine import FactEngine
from kpis.estimates import Share, estimate_of
from kpis.periods import Calendar, Period, date_of, shifted, year_ago
from kpis.said import said
from kpis.targets import Goal, TargetRow, understood

Aspect = Literal["specific", "measurable", "within reach", "dated"]

_MOST_CHECKED: Final = 5_000
_MOST_TOLD: Final = 200
_PERIODS_BACK: Final = 8
_FEWEST_PERIODS: Final = 2
"""So many comparable periods there must be for a best and a worst one."""
_TOO_HIGH: Final = 2.0
"""A target of more than so many times the best comparable period is out of reach."""
_LOOKS_LIKE_PERCENT: Final = 2.0
"""Few teams plan to reach 200 %; many write 32 and mean 32 %."""
_NEVER_NEGATIVE: Final = frozenset({"count", "days", "hours", "years", "score", "count/day", "hours/day"})


@dataclass(frozen=True, slots=True)
class TargetEntry:
    """A row of the table ``target`` as it was read; None is an empty cell."""

    id: str
    kpi: str
    dimension: str
    member: str
    first: int | None
    last: int | None
    value: float | None


@dataclass(frozen=True, slots=True)
class TargetDoubt:
    """What is to be doubted about one target, and which of the four it misses."""

    target: str
    aspect: Aspect
    sentence: str


@dataclass(frozen=True, slots=True)
class _Aim:
    """A target that is understood."""

    id: str
    kpi: Kpi
    dimension: str
    goal: Goal


def target_entries(engine: FactEngine) -> list[TargetEntry]:
    """Return all rows of the table ``target``, also those that cannot be used."""
    table = engine.rows(
        "SELECT id, COALESCE(kpi, '') AS kpi, COALESCE(dimension, '') AS dimension, COALESCE(member, '') AS member, "
        "period_start_day, period_end_day, value FROM target ORDER BY id"
    )
    return [TargetEntry(*row) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)]


def check_targets(answerer: Answerer, entries: Sequence[TargetEntry]) -> list[TargetDoubt]:
    """Return what is to be doubted about these targets, at most some hundred doubts about some thousand targets."""
    found = [_aim_of(entry, answerer) for entry in entries[:_MOST_CHECKED]]
    aims = [one for one in found if isinstance(one, _Aim)]
    doubts = [one for one in found if isinstance(one, TargetDoubt)]
    of_units = {aim.id: list(_unit_doubts(aim, answerer)) for aim in aims}
    doubts += [doubt for group in of_units.values() for doubt in group]
    plausible = [aim for aim in aims if not of_units[aim.id]]
    doubts += [*_overlap_doubts(aims), *_reach_doubts(plausible, answerer)]
    doubts.sort(key=lambda doubt: doubt.target)
    return [*doubts[:_MOST_TOLD], *_untold(len(entries) - _MOST_CHECKED, len(doubts) - _MOST_TOLD)]


def _untold(unchecked: int, untold: int) -> Iterator[TargetDoubt]:
    if unchecked > 0:
        yield TargetDoubt("", "specific", said("targets_unchecked", count=f"{unchecked:,}"))
    if untold > 0:
        yield TargetDoubt("", "specific", said("targets_untold", count=f"{untold:,}"))


def _aim_of(entry: TargetEntry, answerer: Answerer) -> _Aim | TargetDoubt:
    """Return what a row aims at, or the first reason why it aims at nothing."""
    if entry.first is None or entry.last is None:
        side = "first" if entry.first is None else "last"
        return TargetDoubt(entry.id, "dated", said(f"target_without_{side}", id=entry.id))
    if entry.value is None or not math.isfinite(entry.value):
        return TargetDoubt(entry.id, "measurable", said("target_without_value", id=entry.id))
    row = TargetRow(entry.id, entry.kpi, entry.dimension, entry.member, entry.first, entry.last, entry.value)
    found = understood(row, answerer.catalogue, answerer.cube.dimensions)
    if isinstance(found, str):
        return TargetDoubt(entry.id, "dated" if "is no period" in found else "specific", found)
    kpi, dimension, goal = answerer.catalogue.kpis[found[0]], found[1], found[2]
    if dimension not in {COMPANY, *kpi.dimensions}:
        known = ", ".join(kpi.dimensions) or said("target_company_only")
        sentence = said("target_not_by", id=entry.id, title=kpi.titles, dimension=dimension, known=known)
        return TargetDoubt(entry.id, "specific", sentence)
    return _Aim(entry.id, kpi, dimension, goal)


def _unit_doubts(aim: _Aim, answerer: Answerer) -> Iterator[TargetDoubt]:
    """Yield what cannot be a goal in the KPI's unit."""
    value, about = aim.goal.value, {"id": aim.id, "title": aim.kpi.titles}
    is_share = isinstance(estimate_of(answerer.catalogue, aim.kpi), Share)
    problem = None
    if aim.kpi.unit == "percent" and value >= _LOOKS_LIKE_PERCENT:
        percent, meant = f"{value * 100:,.0f}", f"{value / 100:g}"
        problem = said("target_percent", value=f"{value:g}", percent=percent, meant=meant, **about)
    elif is_share and value > 1:
        problem = said("target_above_all", share=f"{value:.0%}", **about)
    elif value < 0 and (is_share or aim.kpi.unit in _NEVER_NEGATIVE):
        problem = said("target_below_zero", value=f"{value:g}", **about)
    elif value == 0 and aim.kpi.better == "higher":
        problem = said("target_zero", **about)
    if problem:
        yield TargetDoubt(aim.id, "measurable", problem)


def _overlap_doubts(aims: Iterable[_Aim]) -> Iterator[TargetDoubt]:
    """Yield targets for one KPI and member whose days overlap, unless one lies within the other as a part."""
    groups: dict[tuple[str, str, int], list[_Aim]] = {}
    for aim in aims:
        groups.setdefault((aim.kpi.id, aim.dimension, aim.goal.member), []).append(aim)
    for group in groups.values():
        group.sort(key=lambda aim: (aim.goal.first, -aim.goal.last, aim.id))
        for place, aim in enumerate(group):
            for other in group[place + 1 :]:
                if other.goal.first > aim.goal.last:
                    break
                if sentence := _overlap(aim, other):
                    yield TargetDoubt(other.id, "dated", sentence)


def _overlap(aim: _Aim, other: _Aim) -> str:
    same = (aim.goal.first, aim.goal.last) == (other.goal.first, other.goal.last)
    if same:
        return said("target_twice", id=aim.id, other=other.id)
    if other.goal.last <= aim.goal.last:
        return ""
    first, last = date_of(other.goal.first), date_of(aim.goal.last)
    return said("target_overlap", id=aim.id, other=other.id, first=first, last=last)


def _reach_doubts(aims: Iterable[_Aim], answerer: Answerer) -> Iterator[TargetDoubt]:
    """Yield targets that are not over, and are far above or below all that comparable periods had."""
    running = [aim for aim in aims if aim.goal.last >= answerer.today and aim.kpi.better != "neutral"]
    pasts = [_comparable_periods(range_of(aim.goal.first, aim.goal.last), answerer) for aim in running]
    asked = [
        [aim.kpi.id, _who(aim, answerer), period.label]
        for aim, periods in zip(running, pasts, strict=True)
        for period in periods
    ]
    values, _ = answerer.values_of_rows(asked)
    start = 0
    for aim, periods in zip(running, pasts, strict=True):
        own = values[start : start + len(periods)]
        start += len(periods)
        known = {period.label: value for period, value in zip(periods, own, strict=True) if value is not None}
        if len(known) >= _FEWEST_PERIODS and (sentence := _reach(aim, known)):
            yield TargetDoubt(aim.id, "within reach", sentence)


def _comparable_periods(period: Period, answerer: Answerer) -> list[Period]:
    """Return the periods of the same length before this one, and the same one of the year before, that are over."""
    calendar: Calendar = answerer.calendar
    found = [shifted(period, -back, calendar) for back in range(1, _PERIODS_BACK + 1)]
    unique = {one.first: one for one in [*found, year_ago(period, calendar)]}
    return [one for one in unique.values() if one.last < answerer.today]


def _who(aim: _Aim, answerer: Answerer) -> str:
    if aim.dimension == COMPANY:
        return ""
    members = answerer.cube.members(aim.dimension)
    return members.reference(members.all[aim.goal.member])


def _reach(aim: _Aim, known: Mapping[str, float]) -> str:
    """Return why a target is out of reach, or asks for nothing; an empty text if it is neither."""
    sign = 1 if aim.kpi.better == "higher" else -1
    best, worst = (choose(known, key=lambda label: sign * known[label]) for choose in (max, min))
    value = aim.goal.value
    about = {"id": aim.id, "value": _written(value, aim.kpi), "title": aim.kpi.titles, "count": len(known)}
    hardest = known[best] * _TOO_HIGH if sign > 0 else known[best] / _TOO_HIGH
    if known[best] > 0 and sign * value > sign * hardest:
        key = "target_too_high" if sign > 0 else "target_too_low"
        return said(key, best=_written(known[best], aim.kpi), period=best, **about)
    if sign * value < sign * known[worst]:
        return said("target_too_easy", worst=_written(known[worst], aim.kpi), period=worst, **about)
    return ""


def _written(value: float, kpi: Kpi) -> str:
    return f"{value:.1%}" if kpi.unit == "percent" else f"{value:,.10g}"
