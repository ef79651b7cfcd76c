"""How a period is called on cards and tabs, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kpis.calendars import RANGE_MARK, Period, WholeGrain, date_of, day_number
from kpis.definitions import Language
from kpis.period_phrases import MONTHS

_TITLES: Final[Mapping[Language, Mapping[WholeGrain, str]]] = {
    "en": {
        "day": "{day} {month} {year}", "week": "Week {part}, {year}", "month": "{month} {year}",
        "quarter": "Q{part} {year}", "year": "{year}",
        "fiscal month": "Month {part} FY{year}", "fiscal quarter": "Q{part} FY{year}", "fiscal year": "FY{year}",
    },
    "fr": {
        "day": "{day} {month} {year}", "week": "Semaine {part}, {year}", "month": "{month} {year}",
        "quarter": "T{part} {year}", "year": "{year}",
        "fiscal month": "Mois {part} exercice {year}", "fiscal quarter": "T{part} exercice {year}",
        "fiscal year": "Exercice {year}",
    },
}  # fmt: skip
_THROUGH: Final[Mapping[Language, str]] = {"en": "{whole} through {last}", "fr": "{whole} jusqu'au {last}"}
_FIRST_OF_MONTH: Final[Mapping[Language, str]] = {"en": "1", "fr": "1er"}


def period_title(period: Period, language: Language) -> str:
    """Return the period's title, such as "Q3 2026" or "T3 2026"; `parse_period` reads it back.

    A range is its two days, or its two months if it consists of several whole months; a part of a period, such as a
    month to date, says up to which day it goes.
    """
    if period.grain == "range":
        return _range_title(period, language)
    whole, _, last = period.label.partition(RANGE_MARK)
    title = _whole_title(period.grain, whole, period.first, language)
    return _THROUGH[language].format(whole=title, last=_day_title(period.last, language)) if last else title


def _whole_title(grain: WholeGrain, label: str, first: int, language: Language) -> str:
    """Fill the grain's title from the label, which alone knows the name of a fiscal year."""
    year, _, part = label.removeprefix("FY").partition("-")
    on = date_of(first)
    return _TITLES[language][grain].format(
        year=year,
        part=part.lstrip("MQW0"),
        month=MONTHS[language][on.month - 1].partition("|")[0],
        day=_FIRST_OF_MONTH[language] if on.day == 1 else on.day,
    )


def _day_title(day: int, language: Language) -> str:
    return _whole_title("day", date_of(day).isoformat(), day, language)


def _range_title(period: Period, language: Language) -> str:
    first, last = date_of(period.first), date_of(period.last)
    if first.day == 1 and date_of(period.last + 1).day == 1 and period.days > 31:
        ends = [_whole_title("month", f"{on:%Y-%m}", day_number(on), language) for on in (first, last)]
    else:
        ends = [_day_title(day, language) for day in (period.first, period.last)]
    return " – ".join(ends)
