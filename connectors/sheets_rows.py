"""The rows of a tab that was understood -> typed values, and a problem for each cell that cannot be read."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.sheets_dates import read_date, read_instant
from connectors.sheets_deals import complete_deal
from connectors.sheets_headers import Grid, HeaderMatch
from connectors.sheets_locale import Locale, Raw, UnreadableError, fold, is_blank
from connectors.sheets_periods import read_period
from connectors.sheets_targets import PERIOD_COLUMNS, complete_target
from connectors.sheets_values import read_boolean, read_integer, read_number, read_text
from connectors.sheets_words import Vocabulary
from connectors.source import Problem

_MOST_PROBLEMS: Final = 50  # of one tab; more are counted, since nobody reads a longer list
_SHOWN: Final = 40  # characters of a cell in a problem


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row that was read: its number as the tab shows it, and a value for each of the table's columns it fills.

    A column of another row is written with a dot: ``owner.team``. ``id`` is what the tab's id column says, or None.
    """

    number: int
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TabRows:
    """What a tab gave."""

    rows: list[SheetRow]
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class _Context:
    title: str
    match: HeaderMatch
    locale: Locale
    vocabulary: Vocabulary

    def place(self, row_number: int, column: str) -> str:
        """Return where a cell is: ``Targets!C7``; the whole row where the tab has no such column."""
        index = self.match.columns.get(column)
        return (
            f"{self.title}!{column_letters(index)}{row_number}" if index is not None else f"{self.title}!{row_number}"
        )


def read_rows(title: str, grid: Grid, match: HeaderMatch, locale: Locale, vocabulary: Vocabulary) -> TabRows:
    """Read all rows below the header. Blank rows, remarks and totals are left out; totals and remarks are told."""
    context = _Context(title, match, locale, vocabulary)
    header = grid[match.row]
    rows: list[SheetRow] = []
    problems: list[Problem] = []
    for number, row in enumerate(grid[match.row + 1 :], start=match.row + 2):
        filled = [place for place in _places(match) if not is_blank(_cell(row, place))]
        if not filled or all(_cell(row, place) == _cell(header, place) for place in filled):
            continue
        if (aside := _aside(context, number, row, filled)) is not None:
            problems.append(aside)
            continue
        for parts in _parts(context, number, row):
            if isinstance(parts, SheetRow):
                rows.append(parts)
            else:
                problems.append(parts)
    return TabRows(rows, _bounded(context, problems))


def _places(match: HeaderMatch) -> list[int]:
    return sorted({*match.columns.values(), *(place for place, _ in match.periods)})


def _cell(row: Sequence[Raw], place: int) -> Raw:
    return row[place] if place < len(row) else None


def _aside(context: _Context, number: int, row: Sequence[Raw], filled: Sequence[int]) -> Problem | None:
    """Return what is told about a row that is no record: a total, or a remark in a single cell."""
    label = next((place for place, raw in enumerate(row) if not is_blank(raw)), 0)
    text = row[label]
    if not isinstance(text, str):
        return None
    others = [_cell(row, place) for place in filled if place != label]
    are_numbers = all(isinstance(raw, int | float) and not isinstance(raw, bool) for raw in others)
    words = re.sub(r" (?:[qt]?[1-4] )?(?:\d{4}|[qt][1-4])$", "", fold(text))
    if words in context.vocabulary.totals and are_numbers:
        return Problem(f"{context.title}!{number}", "This is a row of totals; it was left out.")
    if len(filled) == 1 and not others and len(context.match.words.needs) > 1:
        return Problem(f"{context.title}!{number}", "Only one cell of this row is filled; it was taken for a remark.")
    return None


def _parts(context: _Context, number: int, row: Sequence[Raw]) -> Iterator[SheetRow | Problem]:
    """Yield the record of a row, or in a wide table one for each period that is filled; and the problems."""
    raws = {column: _cell(row, place) for column, place in context.match.columns.items()}
    if not context.match.periods:
        yield from _record(context, number, raws)
        return
    for place, period in context.match.periods:
        if not is_blank(_cell(row, place)):
            columns = {**context.match.columns, "value": place}
            match = HeaderMatch(
                context.match.words, context.match.row, columns, context.match.constants, (), context.match.factors
            )
            part = _Context(context.title, match, context.locale, context.vocabulary)
            yield from _record(part, number, {**raws, "period": period, "value": _cell(row, place)})


def _record(context: _Context, number: int, raws: Mapping[str, Raw]) -> Iterator[SheetRow | Problem]:
    """Yield the problems of a record's cells, and the record unless something that it needs is missing."""
    table = context.match.words.table
    values: dict[str, object] = {}
    required = {column.name for column in table.columns if column.required and column.name != "id"}
    for column, raw in {**raws, **_constants(context, raws)}.items():
        try:
            values[column] = _read(context, column, raw)
        except UnreadableError as error:
            is_lost = column in required
            yield _problem(context, number, UnreadableError(error.reason, error.remedy, column=column), raw, is_lost)
            if is_lost:
                return
    try:
        values = _complete(context, values)
    except UnreadableError as error:
        yield _problem(context, number, error, raws.get(error.column), True)
        return
    missing = sorted(name for name in required if values.get(name) is None)
    if missing:
        nothing = UnreadableError(f"There is no {missing[0]}.", "Fill the cell.", column=missing[0])
        yield _problem(context, number, nothing, None, True)
        return
    yield SheetRow(number, values)


def _constants(context: _Context, raws: Mapping[str, Raw]) -> dict[str, Raw]:
    return {column: word for column, word in context.match.constants.items() if is_blank(raws.get(column))}


def _read(context: _Context, column: str, raw: Raw) -> object:
    """Read a cell as its column says."""
    table = context.match.words.table
    if table.name == "target" and column in PERIOD_COLUMNS:
        return raw
    kind = table.column(column).type if column in table.column_names else "text"
    if kind == "text":
        return _our_word(context, column, read_text(raw))
    if kind == "boolean":
        return read_boolean(raw)
    if kind == "instant":
        return read_instant(raw, context.locale)
    if kind == "date":
        return _read_day(context, column, raw)
    if kind == "integer":
        return read_integer(raw, context.locale)
    return _scaled(context, column, read_number(raw, context.locale))


def _read_day(context: _Context, column: str, raw: Raw) -> datetime.date | None:
    """Read a date; the ends of a target's period may also be written as periods (from 2026-01 to 2026-03)."""
    try:
        return read_date(raw, context.locale)
    except UnreadableError:
        days = read_period(raw, "month", context.locale) if column in {"period_start", "period_end"} else None
        if days is None:
            raise
        return days[0] if column == "period_start" else days[1]


def _our_word(context: _Context, column: str, text: str | None) -> str | None:
    words = context.match.words.words.get(column)
    return words.get(fold(text), text) if words and text is not None else text


def _scaled(context: _Context, column: str, number: float | None) -> float | None:
    if number is None:
        return None
    if column in context.match.words.percents and abs(number) <= 1:
        number *= 100  # 60 % arrives as 0.6
    return number * context.match.factors.get(column, 1)


def _complete(context: _Context, values: dict[str, object]) -> dict[str, object]:
    """Conclude what the table needs and the tab says in another way."""
    if context.match.words.table.name == "target":
        return complete_target(values, context.match.words, context.locale)
    if context.match.words.table.name == "opportunity":
        return complete_deal(values, context.vocabulary)
    return values


def _problem(context: _Context, number: int, error: UnreadableError, raw: Raw, is_lost: bool) -> Problem:
    text = "" if is_blank(raw) else " ".join(str(raw).split())
    shown = f'"{text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"}": ' if text else ""
    outcome = "The row was left out." if is_lost else "The cell was taken as blank."
    place = context.place(number, error.column)
    return Problem(place, f"{shown}{error.reason} {outcome}", error.remedy, (context.match.words.table.name,))


def _bounded(context: _Context, problems: list[Problem]) -> list[Problem]:
    if len(problems) <= _MOST_PROBLEMS:
        return problems
    more = len(problems) - _MOST_PROBLEMS
    tables = tuple(sorted({table for problem in problems for table in problem.tables}))
    return [
        *problems[:_MOST_PROBLEMS],
        Problem(context.title, f"There are {more:,} more problems of this kind.", "", tables),
    ]


def column_letters(index: int) -> str:
    """Return the letters of a column: A for 0, AA for 26."""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
