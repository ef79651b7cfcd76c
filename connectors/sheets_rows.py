"""The rows of a tab that was understood -> typed values, and a problem for each cell that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from connectors.sheets_cells import Reader, readers_of
from connectors.sheets_deals import complete_deal
from connectors.sheets_headers import Grid, HeaderMatch
from connectors.sheets_locale import Locale, Raw, UnreadableError, fold, is_blank
from connectors.sheets_targets import complete_target
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
class _Reading:
    """How the records of a tab are read. In a wide table there is one for each period."""

    title: str
    match: HeaderMatch
    columns: Mapping[str, int]
    period: Raw
    readers: Mapping[str, Reader]
    required: frozenset[str]
    locale: Locale
    vocabulary: Vocabulary

    def place(self, row_number: int, column: str) -> str:
        """Return where a cell is: ``Targets!C7``; the whole row where the tab has no such column."""
        letters = column_letters(self.columns[column]) if column in self.columns else ""
        return f"{self.title}!{letters}{row_number}"


def read_rows(title: str, grid: Grid, match: HeaderMatch, locale: Locale, vocabulary: Vocabulary) -> TabRows:
    """Read all rows below the header. Blank rows, remarks and totals are left out; totals and remarks are told."""
    readings = _readings(title, match, locale, vocabulary)
    places = sorted({*match.columns.values(), *(place for place, _ in match.periods)})
    header = grid[match.row]
    rows: list[SheetRow] = []
    problems: list[Problem] = []
    for number, row in enumerate(grid[match.row + 1 :], start=match.row + 2):
        filled = [place for place in places if place < len(row) and not is_blank(row[place])]
        if not filled or all(row[place] == _cell(header, place) for place in filled):
            continue
        if (aside := _aside(readings[0], number, row, filled)) is not None:
            problems.append(aside)
            continue
        for reading in readings:
            if match.periods and is_blank(_cell(row, reading.columns["value"])):
                continue
            record, told = _record(reading, number, row)
            problems.extend(told)
            rows.extend([record] if record else [])
    return TabRows(rows, _bounded(readings[0], problems))


def _readings(title: str, match: HeaderMatch, locale: Locale, vocabulary: Vocabulary) -> list[_Reading]:
    table = match.words.table
    readers = readers_of(match, locale)
    required = frozenset(column.name for column in table.columns if column.required and column.name != "id")
    needed = frozenset({match.joins}) if match.joins else required
    narrow = _Reading(title, match, match.columns, None, readers, needed, locale, vocabulary)
    wide = [replace(narrow, columns={**match.columns, "value": place}, period=raw) for place, raw in match.periods]
    return wide or [narrow]


def _cell(row: Sequence[Raw], place: int) -> Raw:
    return row[place] if place < len(row) else None


def _aside(reading: _Reading, number: int, row: Sequence[Raw], filled: Sequence[int]) -> Problem | None:
    """Return what is told about a row that is no record: a total, or a remark in a single cell."""
    label = next(place for place, raw in enumerate(row) if not is_blank(raw))
    text = row[label]
    if not isinstance(text, str):
        return None
    others = [row[place] for place in filled if place != label]
    are_numbers = all(isinstance(raw, int | float) and not isinstance(raw, bool) for raw in others)
    if are_numbers and _is_total(text, reading.vocabulary):
        return Problem(f"{reading.title}!{number}", "This is a row of totals; it was left out.")
    if len(filled) == 1 and not others and len(reading.match.words.needs) > 1:
        return Problem(f"{reading.title}!{number}", "Only one cell of this row is filled; it was taken for a remark.")
    return None


def _is_total(text: str, vocabulary: Vocabulary) -> bool:
    """Whether a label is a word for totals, perhaps with a period: Total 2026, Somme T3."""
    return re.sub(r" (?:[qt]?[1-4] )?(?:\d{4}|[qt][1-4])$", "", fold(text)) in vocabulary.totals


def _record(reading: _Reading, number: int, row: Sequence[Raw]) -> tuple[SheetRow | None, list[Problem]]:
    """Return the record of a row unless something that it needs is missing, and the problems of its cells."""
    raws = {column: _cell(row, place) for column, place in reading.columns.items()}
    raws |= {column: word for column, word in reading.match.constants.items() if is_blank(raws.get(column))}
    if reading.period is not None:
        raws["period"] = reading.period
    values: dict[str, object] = {}
    problems: list[Problem] = []
    for column, raw in raws.items():
        try:
            values[column] = reading.readers[column](raw)
        except UnreadableError as error:
            is_lost = column in reading.required or column in _whose(reading)
            told = UnreadableError(error.reason, error.remedy, column=column)
            problems.append(_problem(reading, number, told, raw, is_lost))
            if is_lost:
                return None, problems
    try:
        return SheetRow(number, _complete(reading, values)), problems
    except UnreadableError as error:
        return None, [*problems, _problem(reading, number, error, raws.get(error.column), True)]


def _whose(reading: _Reading) -> Sequence[str]:
    """Return the columns that say whom a target is for: with one unreadable, it would become the whole company's."""
    return (*reading.match.words.members, "dimension", "member") if reading.match.words.members else ()


def _complete(reading: _Reading, values: dict[str, object]) -> dict[str, object]:
    """Conclude what the table needs and the tab says in another way. Raises UnreadableError for what is missing."""
    if reading.match.words.table.name == "target" and not reading.match.joins:
        values = complete_target(values, reading.match.words, reading.locale)
    if reading.match.words.table.name == "opportunity" and not reading.match.joins:
        values = complete_deal(values, reading.vocabulary)
    missing = sorted(name for name in reading.required if values.get(name) is None)
    if missing:
        raise UnreadableError(f"There is no {missing[0]}.", "Fill the cell.", column=missing[0])
    return values


def _problem(reading: _Reading, number: int, error: UnreadableError, raw: Raw, is_lost: bool) -> Problem:
    text = "" if is_blank(raw) else " ".join(str(raw).split())
    shown = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    outcome = "The row was left out." if is_lost else "The cell was taken as blank."
    place = reading.place(number, error.column)
    table = reading.match.words.table.name
    return Problem(place, f"{error.reason} {outcome}", error.remedy, (table,), value=shown)


def _bounded(reading: _Reading, problems: list[Problem]) -> list[Problem]:
    if len(problems) <= _MOST_PROBLEMS:
        return problems
    more = len(problems) - _MOST_PROBLEMS
    tables = tuple(sorted({table for problem in problems for table in problem.tables}))
    return [
        *problems[:_MOST_PROBLEMS],
        Problem(reading.title, f"There are {more:,} more problems of this kind.", "", tables),
    ]


def column_letters(index: int) -> str:
    """Return the letters of a column: A for 0, AA for 26."""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
