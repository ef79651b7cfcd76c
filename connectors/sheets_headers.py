"""Which canonical table a tab holds, and in which columns: found by its header row and its name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from connectors.sheets_locale import Raw, fold, is_blank
from connectors.sheets_mapping import TabMapping
from connectors.sheets_periods import is_period_header, period_in_title, with_year, year_of
from connectors.sheets_words import Alternatives, Header, TableWords, Vocabulary
from connectors.source import Problem

Grid = Sequence[Sequence[Raw]]
"""The cells of a tab, row by row from A1; rows end with their last filled cell."""

_HEADER_ROWS: Final = 20  # a header stands within the first rows, under a title and a remark or two
_FEWEST_PERIODS: Final = 2  # so many headers that are periods make a wide table of targets


@dataclass(frozen=True, slots=True)
class HeaderMatch:
    """A tab that was understood: which table, the header's row (from 0), and the place of each column (from 0).

    ``constants`` are columns that every row has the same word in. ``periods`` are the columns of a wide table of
    targets: place and header. ``joins`` is the column by which rows add to those of another source.
    """

    words: TableWords
    row: int
    columns: Mapping[str, int]
    constants: Mapping[str, str]
    periods: Sequence[tuple[int, Raw]] = ()
    factors: Mapping[str, float] = field(default_factory=dict)
    joins: str = ""

    @property
    def names(self) -> set[str]:
        """The columns that rows get a value for; the periods of a wide table give period and value."""
        wide = {"period", "value"} if self.periods else set()
        return {*self.columns, *self.constants, *wide}


def match_tab(title: str, grid: Grid, vocabulary: Vocabulary, mapping: TabMapping) -> HeaderMatch | Problem | None:
    """Find out what a tab holds. None: nothing of ours, which is no problem. A Problem: it seems to, but does not."""
    match = _match_tab(title, grid, vocabulary, mapping)
    return (_unknown_columns(title, match.words, mapping) or match) if isinstance(match, HeaderMatch) else match


def _unknown_columns(title: str, words: TableWords, mapping: TabMapping) -> Problem | None:
    """Say if the settings name a column that the table does not have."""
    known = {*words.table.column_names, *(header.column for header in words.headers.values())}
    unknown = sorted({*mapping.columns.values(), *mapping.constants, *mapping.factors} - known)
    if not unknown:
        return None
    reason = f"The settings speak of its column {unknown[0]!r}, but {words.table.name} has none of that name."
    return Problem(title, reason, f"Write one of {', '.join(sorted(known))}.", (words.table.name,))


def _match_tab(title: str, grid: Grid, vocabulary: Vocabulary, mapping: TabMapping) -> HeaderMatch | Problem | None:
    if mapping.table == "ignore" or (not mapping.table and fold(title) in vocabulary.ignored_tabs):
        return None
    if mapping.table:
        return _match_mapped(title, grid, vocabulary, mapping)
    named = _named_tables(title, vocabulary)
    matches = [match for words in named if (match := _best_match(title, grid, words, mapping))]
    whole = [match for match in matches if not _missing(match, match.words.needs)]
    if whole:
        return max(whole, key=lambda match: len(match.names))
    return _match_unnamed(title, grid, vocabulary, mapping) or _nearly(title, matches)


def _match_mapped(title: str, grid: Grid, vocabulary: Vocabulary, mapping: TabMapping) -> HeaderMatch | Problem:
    words = vocabulary.tables.get(mapping.table)
    if words is None:
        remedy = f"Write one of {', '.join(vocabulary.tables)}."
        return Problem(title, f"It is mapped to {mapping.table!r}, which is no table.", remedy)
    match = _best_match(title, grid, words, mapping)
    if match is None:
        return Problem(title, f"No header of {mapping.table} was found in its first rows.", "", (mapping.table,))
    return _missing_problem(title, match) or match


def _match_unnamed(
    title: str, grid: Grid, vocabulary: Vocabulary, mapping: TabMapping
) -> HeaderMatch | Problem | None:
    """Match a tab whose name says nothing by the columns that only one table has together."""
    found = [
        match
        for words in vocabulary.tables.values()
        if words.signature
        and (match := _best_match(title, grid, words, mapping))
        and not _missing(match, words.signature + words.needs)
        and _vague_count(match, grid[match.row], vocabulary) <= 1
    ]
    if not found:
        return None
    most = max(len(match.names) for match in found)
    best = [match for match in found if len(match.names) == most]
    if len(best) == 1:
        return best[0]
    names = tuple(match.words.table.name for match in best)
    remedy = f'Name the tab after one of them, or map it in the settings: google.tabs."{title}".'
    return Problem(title, f"Its headers fit {' and '.join(names)} alike.", remedy, names)


def _vague_count(match: HeaderMatch, header: Sequence[Raw], vocabulary: Vocabulary) -> int:
    """Return how many columns of the signature have a header that could mean many things."""
    places = [match.columns[name] for names in match.words.signature for name in names if name in match.columns]
    return sum(fold(str(header[place])) in vocabulary.vague for place in places)


def _nearly(title: str, matches: Sequence[HeaderMatch]) -> Problem | None:
    """Say what is missing in a tab that is named like a table and has at least two of its columns."""
    close = [match for match in matches if len(match.columns) >= 2]
    best = max(close, key=lambda match: len(match.names), default=None)
    return _missing_problem(title, best) if best else None


def _missing_problem(title: str, match: HeaderMatch) -> Problem | None:
    missing = _missing(match, ((match.joins,),) if match.joins else match.words.needs)
    if not missing:
        return None
    table = match.words.table.name
    wanted = ", ".join(" or ".join(names) for names in missing)
    reason = f"It looks like {table}, but row {match.row + 1} has no column for {wanted}; nothing of it was read."
    return Problem(title, reason, "Add the column, or map a header to it in the settings.", (table,))


def _missing(match: HeaderMatch, needs: Alternatives) -> Alternatives:
    return tuple(names for names in needs if match.names.isdisjoint(names))


def _named_tables(title: str, vocabulary: Vocabulary) -> list[TableWords]:
    """Return the tables that a tab's name speaks of, the most telling name first."""
    padded = f" {fold(title)} "
    found = []
    for words in vocabulary.tables.values():
        longest = max((len(name) for name in words.tabs if f" {name} " in padded), default=0)
        if longest:
            found.append((longest, words))
    return [words for _, words in sorted(found, key=lambda pair: -pair[0])]


def _best_match(title: str, grid: Grid, words: TableWords, mapping: TabMapping) -> HeaderMatch | None:
    """Return the row of the first ones that has the most columns of the table, the earliest of equals."""
    matches = [
        match
        for number in range(min(len(grid), _HEADER_ROWS))
        if (match := _match_row(title, number, grid, words, mapping))
    ]
    return max(matches, key=lambda match: (len(match.names), -match.row), default=None)


def _match_row(title: str, number: int, grid: Grid, words: TableWords, mapping: TabMapping) -> HeaderMatch | None:
    row = grid[number]
    columns: dict[str, tuple[int, int]] = {}
    constants = {**_implied_by_tab(title, words), **mapping.constants}
    for place, header in _headers_of(row, words, mapping):
        if header.column not in columns or header.rank < columns[header.column][0]:
            columns[header.column] = (header.rank, place)
            constants = {
                **constants,
                **{name: word for name, word in header.implied.items() if name not in constants},
            }
    periods = _periods_of(row, words, {place for _, place in columns.values()})
    if not columns:
        return None
    if words.table.name == "target" and "year" not in columns:
        above = grid[number - 1] if number else ()
        periods = [(place, with_year(raw, _year_above(above, place) or _year_in(title))) for place, raw in periods]
        constants = {**_period_by_title(title, columns, has_periods=bool(periods)), **constants}
    places = {column: place for column, (_, place) in columns.items() if not (periods and column == "value")}
    return HeaderMatch(words, number, places, constants, periods, mapping.factors, mapping.joins)


def _headers_of(row: Sequence[Raw], words: TableWords, mapping: TabMapping) -> Iterator[tuple[int, Header]]:
    mapped = {fold(header): column for header, column in mapping.columns.items()}
    for place, raw in enumerate(row):
        if not isinstance(raw, str) or not raw.strip():
            continue
        text = fold(raw)
        bare = fold(re.sub(r"\(.*?\)|\[.*?\]", " ", raw))  # "Amount (EUR)"
        if text in mapped:
            yield place, Header(mapped[text], -1, {})
        elif header := words.headers.get(text) or words.headers.get(bare):
            yield place, header


def _implied_by_tab(title: str, words: TableWords) -> Mapping[str, str]:
    padded = f" {fold(title)} "
    return next((constants for name, constants in words.implied_by_tab.items() if f" {name} " in padded), {})


def _year_above(above: Sequence[Raw], place: int) -> int | None:
    """Return the year that stands over a column, or over the nearest one to its left as a merged cell does."""
    over = next((raw for raw in reversed(above[: place + 1]) if not is_blank(raw)), None)
    return year_of(over)


def _year_in(title: str) -> int | None:
    return year_of(period_in_title(title)[-4:])


def _period_by_title(title: str, columns: Mapping[str, object], *, has_periods: bool) -> Mapping[str, str]:
    """Return what the title adds: the period of a tab a month, or the year of a tab with columns of months."""
    period = period_in_title(title)
    if not period or has_periods or not {"period_start", "period"}.isdisjoint(columns):
        return {}
    if {"month", "quarter"}.isdisjoint(columns):
        return {"period": period}
    year = _year_in(title)
    return {"year": str(year)} if year else {}


def _periods_of(row: Sequence[Raw], words: TableWords, taken: set[int]) -> Sequence[tuple[int, Raw]]:
    """Return the headers that are periods, if this is a table of targets with a column for each period."""
    if words.table.name != "target":
        return ()
    found = [(place, raw) for place, raw in enumerate(row) if place not in taken and is_period_header(raw)]
    return found if len(found) >= _FEWEST_PERIODS else ()
