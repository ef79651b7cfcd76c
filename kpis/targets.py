"""Targets: goals for a KPI, a member and some days, made into blocks that can be asked for any period.

A goal for what adds up over time (revenue, calls) is spread evenly over the business days of its days, over all its
days if none is a business day; any other goal (a rate, a stock) holds as it is on each of its days, and a period's is
the mean of its business days, of all its days if none of them weighs. Where several rows cover one day of one member,
the row with the fewest days counts there, then the one that begins last, then the last id.

A member's own rows count; on days without any, what adds up is added up from below: for a team or region from its
reps of that day, for the company from the reps, else the teams, else the regions, else one of the other dimensions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kpis.additivity import adds_up_over_time
from kpis.blocks import Block, Integers, Numbers, block_of, days_of, keys_of, members_of
from kpis.definitions import COMPANY, DIMENSIONS, Catalogue
from kpis.errors import suggest
from kpis.members import Members, dimension_called
from kpis.memberships import Membership, Memberships, together
from kpis.periods import BusinessDays, Calendar, date_of
from kpis.said import Sentence, any_of, said
from kpis.words import fold

VALUE: Final = "value"
WEIGHT: Final = "weight"
DAYS: Final = "days"
BUSINESS_DAYS: Final = "business_days"
JOINED: Final = "joined"
LEVEL: Final = "level"
TOTALS: Final = (VALUE, WEIGHT, DAYS, BUSINESS_DAYS, JOINED, LEVEL)
"""``value`` / ``weight`` is the target of what does not add up, or ``level`` / ``days`` where no day weighs anything;
``days`` and ``business_days`` say how much is covered; ``joined`` on a day says that it and the day before have one
and the same row, so a border there cuts it."""

_LONGEST_DAYS: Final = 3_660
_MOST_PROBLEMS: Final = 50
_DIGITS: Final = 12


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A row of the table ``target``, days as numbers."""

    id: str
    kpi: str
    dimension: str
    member: str
    first: int
    last: int
    value: float


@dataclass(frozen=True, slots=True)
class Goal:
    """A row that is understood: days and value for one member."""

    member: int
    first: int
    last: int
    value: float


@dataclass(frozen=True, slots=True)
class _Days:
    """Goals by member and day, sorted, one row each day; arrays of equal length."""

    members: Integers
    days: Integers
    sums: Numbers


def target_blocks(
    rows: Iterable[TargetRow],
    catalogue: Catalogue,
    dimensions: Mapping[str, Members],
    groups: Memberships,
    calendar: Calendar,
) -> tuple[dict[str, Block], list[str]]:
    """Return the blocks by ``kpi.dimension``, and a sentence for each row that cannot be used."""
    problems: list[str] = []
    goals: dict[str, dict[str, list[Goal]]] = {}
    first_ids: dict[tuple[str, str, int, int, int], str] = {}
    for row in sorted(rows, key=lambda row: row.id):
        found = understood(row, catalogue, dimensions)
        if isinstance(found, str):
            problems.append(found)
            continue
        kpi, dimension, goal = found
        goals.setdefault(kpi, {}).setdefault(dimension, []).append(goal)
        other = first_ids.setdefault((kpi, dimension, goal.member, goal.first, goal.last), row.id)
        if other != row.id:
            problems.append(said("target_twice", id=other, other=row.id))
    blocks: dict[str, Block] = {}
    for kpi, by_dimension in sorted(goals.items()):
        spread = adds_up_over_time(catalogue, kpi)
        own = {name: _by_day(parts, calendar, spread=spread) for name, parts in by_dimension.items()}
        for dimension, days in (_with_sums(own, groups) if spread else own).items():
            blocks[f"{kpi}.{dimension}"] = block_of(days.members, days.days, TOTALS, days.sums)
    return blocks, _bounded(problems)


def _bounded(problems: list[str]) -> list[str]:
    more = len(problems) - _MOST_PROBLEMS
    return problems if more <= 0 else [*problems[:_MOST_PROBLEMS], said("targets_unused", count=more)]


def understood(
    row: TargetRow, catalogue: Catalogue, dimensions: Mapping[str, Members]
) -> tuple[str, str, Goal] | str:
    """Return what the row means, or the sentence that says why it means nothing."""
    kpi = _kpi_called(row.kpi, catalogue)
    if not kpi:
        near = suggest(fold(row.kpi), catalogue.words)
        return said("target_no_kpi", id=row.id, words=row.kpi, near=near)
    dimension = dimension_called(row.dimension)
    if not dimension:
        near = suggest(row.dimension, DIMENSIONS)
        return said("target_no_dimension", id=row.id, words=row.dimension, near=near)
    if row.last < row.first or row.last - row.first >= _LONGEST_DAYS:
        return said("target_no_period", id=row.id, first=date_of(row.first), last=date_of(row.last))
    code = 0 if dimension == COMPANY else _member_called(row, dimensions[dimension])
    if isinstance(code, Sentence):
        return code
    return kpi, dimension, Goal(code, row.first, row.last, row.value)


def _kpi_called(word: str, catalogue: Catalogue) -> str:
    """Return the KPI that a target row is for; the name of a target, such as quota, means the KPI it is set for."""
    measure = catalogue.measures.get(fold(word).replace(" ", "_"))
    if measure and measure.kind == "target":
        return measure.of
    return catalogue.words.get(fold(word), "")


def _member_called(row: TargetRow, members: Members) -> int | Sentence:
    word, found = row.member, members.called(row.member)
    if len(found) == 1:
        return found[0].code
    if found:
        choices = [members.reference(member) for member in found[:6]]
        return said("target_ambiguous", id=row.id, words=word, choices=any_of(choices))
    near = suggest(word, members.names())
    return said("target_no_member", id=row.id, dimension=members.dimension, words=word, near=near)


def _by_day(goals: Sequence[Goal], calendar: Calendar, *, spread: bool) -> _Days:
    """Lay the goals out by day, and keep of each member's day the row that counts."""
    member = np.array([goal.member for goal in goals], dtype=np.int64)
    first = np.array([goal.first for goal in goals], dtype=np.int64)
    last = np.array([goal.last for goal in goals], dtype=np.int64)
    lengths = last - first + 1
    row = np.repeat(np.arange(len(goals)), lengths)
    days = first[row] + np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    order = np.lexsort((-row, -first[row], lengths[row], days, member[row]))
    row, days = row[order], days[order]
    counts = np.ones(len(row), dtype=bool)
    counts[1:] = (days[1:] != days[:-1]) | (member[row][1:] != member[row][:-1])
    row, days = row[counts], days[counts]
    joined = np.zeros(len(row))
    joined[1:] = (row[1:] == row[:-1]) & (days[1:] == days[:-1] + 1)
    values = np.array([goal.value for goal in goals], dtype=np.float64)[row]
    business_days = BusinessDays(calendar)
    is_business = business_days.between(days, days).astype(np.float64)
    has_business = business_days.between(first[row], last[row]) > 0
    weights = np.where(has_business, is_business, 1.0)
    shares = _shares(values, days, first[row], last[row], business_days) if spread else values * weights
    return _Days(member[row], days, np.stack([shares, weights, np.ones(len(row)), is_business, joined, values]))


def _shares(values: Numbers, days: Integers, first: Integers, last: Integers, calendar: BusinessDays) -> Numbers:
    """Return each day's share of its row's value: equal ones of its business days, of all its days if it has none."""
    business = calendar.between(first, last)
    parts = np.where(business > 0, business, last - first + 1)
    through = np.where(business > 0, calendar.between(first, days), days - first + 1)
    before = np.where(business > 0, calendar.between(first, days - 1), days - first)
    return rounded_part(values, through / parts) - rounded_part(values, before / parts)


def rounded_part(whole: Numbers, share: Numbers) -> Numbers:
    """Return this share of each whole, to twelve digits of it, so that the shares of all days make it exactly."""
    grid = 10.0 ** np.clip(_DIGITS - np.ceil(np.log10(np.maximum(np.abs(whole), 1e-12))), 0, _DIGITS)
    return np.asarray(np.where(share == 1, whole, np.rint(whole * share * grid) / grid), dtype=np.float64)


def _with_sums(own: Mapping[str, _Days], groups: Memberships) -> dict[str, _Days]:
    """Return the goals of each dimension, completed from the ones below on days without own rows."""
    full = dict(own)
    for dimension, reps in groups.items():
        if "rep" in own:
            full[dimension] = _completed(full.get(dimension), _summed(own["rep"], reps))
    company = full.get(COMPANY)
    for dimension in DIMENSIONS:
        if dimension in own:
            below = own[dimension]
            company = _completed(company, _summed(below, together(int(below.members.max()) + 1)))
    if company is not None:
        full[COMPANY] = company
    return full


def _summed(days: _Days, groups: Membership) -> _Days:
    """Add goals up by group and day; a day is covered, and joined to the day before, if it is for any member."""
    keys = keys_of(groups.of(days.members, days.days), days.days)
    pairs, place = np.unique(keys, return_inverse=True)
    sums = np.zeros((len(TOTALS), len(pairs)))
    for total, row in enumerate(days.sums):
        sums[total] = np.bincount(place, weights=row, minlength=len(pairs))
    sums[1:] = sums[1:] > 0
    return _Days(members_of(pairs), days_of(pairs), sums)


def _completed(own: _Days | None, below: _Days) -> _Days:
    """Return own goals, and those from below on the days that have none."""
    if own is None:
        return below
    fills = ~np.isin(keys_of(below.members, below.days), keys_of(own.members, own.days))
    return _Days(
        np.concatenate([own.members, below.members[fills]]),
        np.concatenate([own.days, below.days[fills]]),
        np.concatenate([own.sums, below.sums[:, fills]], axis=1),
    )
