"""Fiscal years as they are listed in the table ``fiscal_period``: rows checked and put together without a gap."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from kpis.days import date_of, months_later
from kpis.fiscal import ListedYears

_YEAR_NAME: Final = re.compile(r"(?<![0-9])(?:19|20|21)[0-9]{2}(?![0-9])")
_MOST_PARTS: Final = 60  # of one year: more than weeks


@dataclass(frozen=True, slots=True)
class FiscalRow:
    """A row of the table: ``kind`` is year, quarter or month, days are numbers, ``name`` is that of its year."""

    kind: str
    first: int
    last: int
    name: str = ""


def listed_years(rows: Iterable[FiscalRow], *, named_by_start: bool) -> ListedYears | None:
    """Return the longest run of listed years without a gap, the latest of equals; None if no year is listed.

    A year whose quarters are not listed, or do not fill it, has four, the last of which has a thirteenth month; one
    whose months are not listed has three in a quarter.
    """
    usable = sorted((row.first, row.last, row.kind, row.name) for row in rows if row.first <= row.last)
    ordered = [FiscalRow(kind, first, last, name) for first, last, kind, name in usable]
    years = _longest_run([row for row in ordered if row.kind == "year"])
    if not years:
        return None
    end = years[-1].last + 1
    quarters: list[int] = []
    months: list[int] = []
    for year in years:
        own_quarters, own_months = _parts(year, ordered)
        quarters += own_quarters
        months += own_months
    starts = tuple(year.first for year in years)
    return ListedYears(
        _first_name(years, named_by_start=named_by_start), (*starts, end), (*quarters, end), (*months, end)
    )


def _longest_run(years: Sequence[FiscalRow]) -> list[FiscalRow]:
    best: list[FiscalRow] = []
    run: list[FiscalRow] = []
    for year in years:
        run = [*run, year] if run and year.first == run[-1].last + 1 else [year]
        best = run if len(run) >= len(best) else best
    return best


def _parts(year: FiscalRow, rows: Sequence[FiscalRow]) -> tuple[list[int], list[int]]:
    """Return the first days of a year's quarters and months; every quarter begins with a month."""
    months = _filling(year, [row for row in rows if row.kind == "month"])
    quarters = _filling(year, [row for row in rows if row.kind == "quarter"])
    if not quarters and len(months) >= 4:
        quarters = [months[place * (len(months) // 4)] for place in range(4)]
    if not quarters:
        quarters = _thirds([year.first], year.last, 4, 3)
    if not months or not set(months).issuperset(quarters):
        months = _thirds(quarters, year.last, 3, 1)
    return quarters, months


def _filling(year: FiscalRow, rows: Sequence[FiscalRow]) -> list[int]:
    """Return the first days of those rows that lie in the year, if together they are the year."""
    own = [row for row in rows if year.first <= row.first and row.last <= year.last][:_MOST_PARTS]
    follow = all(later.first == earlier.last + 1 for earlier, later in itertools.pairwise(own))
    is_filled = bool(own) and follow and (own[0].first, own[-1].last) == (year.first, year.last)
    return [row.first for row in own] if is_filled else []


def _thirds(starts: Sequence[int], last: int, count: int, months: int) -> list[int]:
    """Return so many starts, so many months apart, from each of these on, as far as they lie before the next one."""
    found: list[int] = []
    for start, after in itertools.pairwise((*starts, last + 1)):
        found += [day for place in range(count) if (day := months_later(start, place * months)) < after]
    return found


def _first_name(years: Sequence[FiscalRow], *, named_by_start: bool) -> int:
    """Return the name of the first year: what the rows say if they count on from it, else the calendar year."""
    told = [_YEAR_NAME.search(year.name) for year in years]
    names = [int(found[0]) for found in told if found]
    if len(names) == len(years) and names == list(range(names[0], names[0] + len(names))):
        return names[0]
    return date_of(years[0].first if named_by_start else years[0].last).year
