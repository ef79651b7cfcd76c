"""What a row of a table of targets leaves to be concluded: whom it is for, and from when to when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from connectors.sheets_locale import Locale, Raw, UnreadableError, fold
from connectors.sheets_periods import Days, Unit, read_period, unit_around
from connectors.sheets_values import read_text
from connectors.sheets_words import TableWords

PERIOD_COLUMNS: Final = ("period", "month", "quarter", "year")
"""Columns that hold periods in any form; their cells are read here, not by the type of a column."""
_UNITS: Final[Mapping[str, Unit]] = {"period": "month", "month": "month", "quarter": "quarter", "year": "year"}
_COMPANY: Final = "company"
_DESCRIBES_REP: Final = frozenset({"team", "region"})


def complete_target(values: dict[str, object], words: TableWords, locale: Locale) -> dict[str, object]:
    """Return the row with dimension, member, period_start and period_end, without the columns they came from."""
    dimension, member = _slice(values, words)
    first, last = _period(values, locale)
    rest = {name: value for name, value in values.items() if name in words.table.column_names}
    return {**rest, "dimension": dimension, "member": member, "period_start": first, "period_end": last}


def _slice(values: Mapping[str, object], words: TableWords) -> tuple[str, str | None]:
    """Return dimension and member, both as typed; the company has no member."""
    companies = {word for word, ours in words.words.get("dimension", {}).items() if ours == _COMPANY}
    dimension = values.get("dimension")
    if isinstance(dimension, str):
        member = _text(values.get("member")) or _text(values.get(dimension.casefold()))
        is_company = dimension.casefold() == _COMPANY
        if member is None and not is_company:
            raise UnreadableError(
                f"It is not said which {dimension} it is for.", "Fill the member.", column="dimension"
            )
        return dimension, None if is_company else member
    who = _text(values.get("member"))
    if who is None:
        return _named_member(values, words)
    if fold(who) in companies:
        return _COMPANY, None
    dimension, colon, member = (part.strip() for part in who.partition(":"))
    if not (colon and dimension and member):
        remedy = "Add a column 'dimension', or write it like team:West."
        raise UnreadableError(
            "It is not said whether this is a rep, a team or something else.", remedy, column="member"
        )
    return dimension, member


def _named_member(values: Mapping[str, object], words: TableWords) -> tuple[str, str | None]:
    """Return the member from a column that is named after its dimension; the company if none is filled."""
    filled = [name for name in words.members if _text(values.get(name))]
    if not filled:
        return _COMPANY, None
    first, *others = filled
    if others and not (first == "rep" and _DESCRIBES_REP.issuperset(others)):
        remedy = "Set targets for one of them at a time."
        raise UnreadableError(
            f"A target for {first} and {others[0]} together cannot be read.", remedy, column=others[0]
        )
    return first, _text(values[first])


def _period(values: Mapping[str, object], locale: Locale) -> Days:
    first, last = values.get("period_start"), values.get("period_end")
    if isinstance(first, date):
        end = last if isinstance(last, date) else unit_around(first, "month")[1]
        if end < first:
            raise UnreadableError("The period ends before it starts.", "Swap the dates.", column="period_end")
        return first, end
    year = _year(values, locale)
    for column in PERIOD_COLUMNS:
        raw = values.get(column)
        try:
            days = read_period(_raw(raw), _UNITS[column], locale, year)
        except UnreadableError as error:
            raise UnreadableError(error.reason, error.remedy, column=column) from None
        if days is not None:
            return days
    raise UnreadableError("The period is missing.", "Type it like 2026-09, 2026-Q3 or 2026.", column="period")


def _year(values: Mapping[str, object], locale: Locale) -> int | None:
    try:
        days = read_period(_raw(values.get("year")), "year", locale)
    except UnreadableError as error:
        raise UnreadableError(error.reason, "Type a year, such as 2026.", column="year") from None
    return days[0].year if days else None


def _raw(value: object) -> Raw:
    return value if isinstance(value, str | int | float | bool) else None


def _text(value: object) -> str | None:
    return read_text(_raw(value))
