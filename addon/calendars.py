"""The organisation's calendar: what its sources list, what the settings say over it, and days off."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from addon.errors import SettingsError
from addon.merge import Merge
from addon.settings import Settings
from addon.snapshot import Company
from kpis.days import WEEKDAYS, day_number
from kpis.fiscal import year_end
from kpis.fiscal_rows import FiscalRow, listed_years

_YEARS_BACK, _YEARS_AHEAD = 20, 5
"""For which years the holidays of a country are worked out; before and after, only weekends are no business days."""
_COUNTRY: Final = re.compile(r"([A-Z]{2})(?:-([A-Z0-9]{1,5}))?")
_MOST_ROWS: Final = 20_000


def with_calendar(company: Company, merge: Merge, settings: Settings, today: date) -> Company:
    """Return the company with its fiscal years, weeks and days off. Call it when the merge is finished.

    What the settings say about fiscal years is put over the periods that a source lists. Raises `SettingsError`.
    """
    weeks = settings.text("org", "fiscal_weeks")
    said = settings.flag("org", "fiscal_year_named_by_start")
    by_start = company.fiscal_year_named_by_start if said is None else said
    is_said = bool(weeks) or settings.integer("org", "fiscal_year_start_month") > 0
    end = settings.text("org", "fiscal_year_end")
    return replace(
        company,
        fiscal_year_named_by_start=by_start,
        fiscal_weeks=weeks,
        fiscal_year_end=end,
        fiscal_periods=None if is_said else listed_years(_fiscal_rows(merge), named_by_start=by_start),
        week_start=settings.text("org", "week_start") or (_day_after(end) if weeks else WEEKDAYS[0]),
        holidays=tuple(sorted({*days_off(settings.words("org", "holidays"), today), *_listed_holidays(merge)})),
    )


def days_off(words: Sequence[str], today: date) -> set[int]:
    """Return the days that these countries and dates mean, those of countries for some years around today.

    Raises `SettingsError` for a word that means none.
    """
    return {day_number(day) for word in words for day in _days_of(word, today)}


def _days_of(word: str, today: date) -> Iterable[date]:
    if found := _COUNTRY.fullmatch(word.upper()):
        return _holidays_of(found[1], found[2], range(today.year - _YEARS_BACK, today.year + _YEARS_AHEAD + 1))
    try:
        return [date.fromisoformat(word)]
    except ValueError:
        raise _unknown(word) from None


def _holidays_of(country: str, part: str | None, years: range) -> Iterable[date]:
    import holidays

    try:
        return list(holidays.country_holidays(country, subdiv=part, years=years))
    except NotImplementedError:  # how the library says that it does not know a country or a part of it
        raise _unknown(f"{country}-{part}" if part else country) from None


def _unknown(word: str) -> SettingsError:
    return SettingsError(
        f"org.holidays: no holidays are known for {word[:40]!r}. Write a country such as US or FR, a part of it such "
        "as DE-BY, or a date such as 2026-12-24."
    )


def _day_after(end: str) -> str:
    """Return the weekday on which fiscal years begin that end by this rule."""
    return WEEKDAYS[(year_end(end).weekday + 1) % 7]


def _fiscal_rows(merge: Merge) -> Iterator[FiscalRow]:
    columns = ("kind", "starts_on_day", "ends_on_day", "fiscal_year")
    for kind, first, last, name in merge.rows("fiscal_period", columns, _MOST_ROWS):
        if isinstance(first, int) and isinstance(last, int):
            yield FiscalRow(str(kind), first, last, str(name or ""))


def _listed_holidays(merge: Merge) -> Iterator[int]:
    return (day for (day,) in merge.rows("holiday", ("on_day",), _MOST_ROWS) if isinstance(day, int))
