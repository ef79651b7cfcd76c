"""How the KPI tabs look: from plain rows to cells. No answering, no spreadsheet, no clock.

A number that is unknown is an empty cell with the reason beside it, never a zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from addon.words import say
from connectors.sheets_content import Cell, CellFormat, TabContent
from kpis.definitions import Language
from kpis.questions import State

SCORECARD_KEY: Final = "scorecard"
LEADERBOARD_KEY: Final = "leaderboard"

_FORMATS: Final[Mapping[str, CellFormat]] = {
    "money": "money", "money/day": "money", "percent": "percent", "count": "count", "ratio": "ratio",
    "days": "number", "hours": "number", "years": "number", "points": "number", "score": "number",
    "count/day": "number", "hours/day": "number",
}  # fmt: skip

_SCORECARD_HEADINGS: Final = (
    "kpi", "value", "show_target", "show_attainment", "show_status", "show_vs_prior", "show_vs_year_ago", "state",
    "show_n", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TabHeading:
    """What the first lines of a tab say. ``who`` and ``period`` are resolved names; an empty who is the company.

    ``as_of`` is the moment of the data as text in the organisation's zone, ``currency`` an ISO code or empty.
    """

    who: str
    period: str
    as_of: str
    snapshot: str
    currency: str = ""


@dataclass(frozen=True, slots=True)
class ScorecardRow:
    """One KPI. ``status`` says in words how it stands; ``attainment`` and the two changes are fractions; what is None
    is not known or does not apply.

    The changes are relative, but differences for a KPI in percent: 30 % after 20 % is +10 points, not +50 %.
    """

    title: str
    value: float | None
    unit: str
    state: State = "ok"
    message: str = ""
    target: float | None = None
    attainment: float | None = None
    versus_prior: float | None = None
    versus_year_ago: float | None = None
    n: int | None = None
    status: str = ""


@dataclass(frozen=True, slots=True)
class LeaderboardColumn:
    """One KPI of a leaderboard."""

    title: str
    unit: str


@dataclass(frozen=True, slots=True)
class LeaderboardValue:
    """One KPI of one member."""

    value: float | None
    state: State = "ok"
    message: str = ""


@dataclass(frozen=True, slots=True)
class LeaderboardRow:
    """One member, with a value for each column. ``rank`` is None for who cannot be ranked."""

    rank: int | None
    name: str
    team: str
    values: Sequence[LeaderboardValue]


def scorecard_tab(
    heading: TabHeading,
    rows: Sequence[ScorecardRow],
    language: Language = "en",
    *,
    key: str = SCORECARD_KEY,
    note: str = "",
) -> TabContent:
    """Return the tab with a line for each KPI, and a note below if there is one.

    ``key`` tells several scorecards of one spreadsheet apart.
    """
    name = say("scorecard", language)
    headings = [say(word, language) for word in _SCORECARD_HEADINGS]
    lines = [_scorecard_line(row, language) for row in rows]
    if note:
        lines.append([Cell(note, style="muted")])
    return TabContent(
        key=key,
        title=name if key == SCORECARD_KEY else f"{name} {_who(heading, language)}",
        rows=_page(heading, name, headings, lines, language),
        column_widths=(260, 110, 110, 90, 100, 90, 90, 110, 70, 360),
        frozen_rows=4,
    )


def leaderboard_tab(
    heading: TabHeading,
    columns: Sequence[LeaderboardColumn],
    rows: Sequence[LeaderboardRow],
    language: Language = "en",
    *,
    key: str = LEADERBOARD_KEY,
) -> TabContent:
    """Return the tab with a line for each member. Raises ValueError for a row with another number of values."""
    name = say("leaderboard", language)
    first = [say(word, language) for word in ("show_rank", "dimension_rep", "dimension_team")]
    headings = [*first, *(column.title for column in columns), say("note", language)]
    lines = [_leaderboard_line(row, columns, language) for row in rows]
    return TabContent(
        key=key,
        title=name if key == LEADERBOARD_KEY else f"{name} {_who(heading, language)}",
        rows=_page(heading, name, headings, lines, language),
        column_widths=(60, 180, 140, *(110 for _ in columns), 360),
        frozen_rows=4,
    )


def format_of(unit: str) -> CellFormat:
    """Return how numbers of a unit are shown; a unit that is not known as a plain number."""
    return _FORMATS.get(unit, "number")


def state_words(state: State, language: Language = "en") -> str:
    """Return a state in words for people; nothing for ok."""
    return "" if state == "ok" else say(f"state_{state}", language)


def _who(heading: TabHeading, language: Language) -> str:
    return heading.who if heading.who not in {"", "company"} else say("whole_company", language)


def _page(
    heading: TabHeading, name: str, headings: Sequence[str], lines: Sequence[list[Cell]], language: Language
) -> list[list[Cell]]:
    """Return all rows: what this is, how fresh it is, a blank one, the headings, and a line for each thing."""
    facts = [say("data_of", language, moment=heading.as_of), say("snapshot", language, number=heading.snapshot)]
    if heading.currency:
        facts.append(say("money_in", language, currency=heading.currency))
    return [
        [Cell(f"{name}: {_who(heading, language)}, {heading.period}", style="title")],
        [Cell(" · ".join(facts), style="muted")],
        [],
        [Cell(text, style="heading") for text in headings],
        *(lines or [[Cell(say("nothing_to_show", language), style="muted")]]),
    ]


def _scorecard_line(row: ScorecardRow, language: Language) -> list[Cell]:
    shown = format_of(row.unit)
    return [
        Cell(row.title),
        Cell(row.value, shown),
        Cell(row.target, shown),
        Cell(row.attainment, "percent"),
        Cell(row.status or None),
        _change(row.versus_prior, row.unit),
        _change(row.versus_year_ago, row.unit),
        Cell(state_words(row.state, language) or None),
        Cell(row.n, "count"),
        Cell(row.message or None),
    ]


def _change(change: float | None, unit: str) -> Cell:
    if unit == "percent" and change is not None:
        return Cell(change * 100, "points")
    return Cell(change, "change")


def _leaderboard_line(row: LeaderboardRow, columns: Sequence[LeaderboardColumn], language: Language) -> list[Cell]:
    pairs = list(zip(columns, row.values, strict=True))
    remarks = (_remark(column, value, language) for column, value in pairs)
    return [
        Cell(row.rank, "count"),
        Cell(row.name),
        Cell(row.team or None),
        *(Cell(value.value, format_of(column.unit)) for column, value in pairs),
        Cell("; ".join(remark for remark in remarks if remark) or None),
    ]


def _remark(column: LeaderboardColumn, value: LeaderboardValue, language: Language) -> str:
    """Say why a number is missing or in doubt: its message where there is one, else its state."""
    state = state_words(value.state, language)
    return f"{column.title}: {value.message or state}" if value.message or state else ""
