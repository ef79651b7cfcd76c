"""Ranges of days that a query may name instead of a date: ``TODAY``, ``LAST_N_DAYS:30``, ``THIS_FISCAL_QUARTER``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from connectors.sandbox.salesforce.values import moment_text

_STEPS = {"LAST": -1, "THIS": 0, "NEXT": 1}
_NAMED = re.compile(r"(LAST|THIS|NEXT)_(FISCAL_)?(WEEK|MONTH|QUARTER|YEAR)")
_COUNTED = re.compile(r"(LAST|NEXT)_N_(FISCAL_)?(DAY|WEEK|MONTH|QUARTER|YEAR)S:(\d{1,4})")
_AGO = re.compile(r"N_DAYS_AGO:(\d{1,4})")
_FIXED = {"LAST_90_DAYS": "LAST_N_DAYS:90", "NEXT_90_DAYS": "NEXT_N_DAYS:90"}
_ALONE = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


@dataclass(frozen=True, slots=True)
class Today:
    """What the words are counted from: the present day, its zone, and the month the fiscal year begins in."""

    day: date
    zone: str = "UTC"
    fiscal_year_start_month: int = 1


def today_of(moment: datetime, zone: str, fiscal_year_start_month: int) -> Today:
    """Return the day that it is in this zone."""
    return Today(moment.astimezone(ZoneInfo(zone)).date(), zone, fiscal_year_start_month)


def day_range(word: str, today: Today) -> tuple[date, date] | None:
    """Return the first day of the range and the first day after it, or None if there is no such word."""
    word = _FIXED.get(word, word)
    if word in _ALONE:
        first = today.day + timedelta(days=_ALONE[word])
        return first, first + timedelta(days=1)
    if match := _AGO.fullmatch(word):
        first = today.day - timedelta(days=int(match[1]))
        return first, first + timedelta(days=1)
    if match := _NAMED.fullmatch(word):
        step = _STEPS[match[1]]
        return _span(match[3], today, bool(match[2]), step, step + 1)
    if match := _COUNTED.fullmatch(word):
        count = int(match[4])
        if match[3] == "DAY":
            return _days(match[1], count, today.day)
        steps = (-count, 0) if match[1] == "LAST" else (1, count + 1)
        return _span(match[3], today, bool(match[2]), *steps)
    return None


def day_start(day: date, zone: str) -> str:
    """Return the moment at which a day begins in a zone, as the org keeps moments."""
    return moment_text(datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC))


def _days(word: str, count: int, day: date) -> tuple[date, date]:
    tomorrow = day + timedelta(days=1)
    if word == "LAST":
        return day - timedelta(days=count), tomorrow
    return tomorrow, tomorrow + timedelta(days=count)


def _span(unit: str, today: Today, fiscal: bool, first_step: int, last_step: int) -> tuple[date, date]:
    if unit == "WEEK":
        sunday = today.day - timedelta(days=today.day.isoweekday() % 7)
        return sunday + timedelta(weeks=first_step), sunday + timedelta(weeks=last_step)
    length = _MONTHS[unit]
    start = today.fiscal_year_start_month if fiscal else 1
    month = today.day.year * 12 + today.day.month - 1
    this = month - (month - (start - 1)) % length
    return _month_start(this + first_step * length), _month_start(this + last_step * length)


def _month_start(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)
