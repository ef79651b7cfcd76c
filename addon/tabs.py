"""How the KPI tabs look: from plain rows to cells. No answering, no spreadsheet, no clock.

A number that is unknown is an empty cell with the reason beside it, never a zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

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

_STATE_WORDS: Final[Mapping[Language, Mapping[State, str]]] = {
    "en": {
        "ok": "", "partial": "partial", "stale": "stale", "no_data": "no data", "no_target": "no target",
        "zero_denominator": "nothing to divide by", "not_synced": "not synced", "not_allowed": "not allowed",
        "error": "error",
    },
    "fr": {
        "ok": "", "partial": "partiel", "stale": "pas à jour", "no_data": "pas de données",
        "no_target": "pas d'objectif", "zero_denominator": "diviseur nul", "not_synced": "non synchronisé",
        "not_allowed": "accès refusé", "error": "erreur",
    },
}  # fmt: skip

_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "scorecard": "Scorecard", "leaderboard": "Leaderboard", "as_of": "As of", "snapshot": "snapshot",
        "money": "money in", "kpi": "KPI", "value": "Value", "target": "Target", "attainment": "Attainment",
        "versus_prior": "vs prior", "versus_year_ago": "vs year ago", "state": "State", "n": "n", "note": "Note",
        "rank": "Rank", "rep": "Rep", "team": "Team", "nobody": "There is nobody to show.", "company": "company",
        "nothing": "There is no KPI to show.",
    },
    "fr": {
        "scorecard": "Tableau de bord", "leaderboard": "Classement", "as_of": "Au", "snapshot": "instantané",
        "money": "montants en", "kpi": "Indicateur", "value": "Valeur", "target": "Objectif",
        "attainment": "Atteinte", "versus_prior": "vs période précédente", "versus_year_ago": "vs an dernier",
        "state": "État", "n": "n", "note": "Remarque", "rank": "Rang", "rep": "Commercial", "team": "Équipe",
        "nobody": "Personne à afficher.", "company": "entreprise", "nothing": "Aucun indicateur à afficher.",
    },
}  # fmt: skip


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
    """One KPI. ``attainment`` and the two changes are fractions; what is None is not known or does not apply."""

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
    heading: TabHeading, rows: Sequence[ScorecardRow], language: Language = "en", *, key: str = SCORECARD_KEY
) -> TabContent:
    """Return the tab with a line for each KPI; ``key`` tells several scorecards of one spreadsheet apart."""
    words = _WORDS[language]
    names = ("kpi", "value", "target", "attainment", "versus_prior", "versus_year_ago", "state", "n", "note")
    lines = [_scorecard_line(row, language) for row in rows] or [[Cell(words["nothing"], style="muted")]]
    title = words["scorecard"] if key == SCORECARD_KEY else f"{words['scorecard']} {_who(heading, words)}"
    return TabContent(
        key=key,
        title=title,
        rows=[
            *_head(heading, words["scorecard"], words),
            [Cell(words[name], style="heading") for name in names],
            *lines,
        ],
        column_widths=(260, 110, 110, 90, 90, 90, 110, 70, 360),
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
    words = _WORDS[language]
    names = [words["rank"], words["rep"], words["team"], *(column.title for column in columns), words["note"]]
    lines = [_leaderboard_line(row, columns, language) for row in rows] or [[Cell(words["nobody"], style="muted")]]
    return TabContent(
        key=key,
        title=words["leaderboard"],
        rows=[*_head(heading, words["leaderboard"], words), [Cell(name, style="heading") for name in names], *lines],
        column_widths=(60, 180, 140, *(110 for _ in columns), 360),
        frozen_rows=4,
    )


def format_of(unit: str) -> CellFormat:
    """Return how numbers of a unit are shown; a unit that is not known as a plain number."""
    return _FORMATS.get(unit, "number")


def state_words(state: State, language: Language = "en") -> str:
    """Return a state in words for people; nothing for ok."""
    return _STATE_WORDS[language][state]


def _who(heading: TabHeading, words: Mapping[str, str]) -> str:
    return heading.who if heading.who not in {"", "company"} else words["company"]


def _head(heading: TabHeading, title: str, words: Mapping[str, str]) -> list[list[Cell]]:
    """Return the first lines: what this is, how fresh it is, and a blank one."""
    subject = f"{title}: {_who(heading, words)}, {heading.period}"
    facts = [f"{words['as_of']} {heading.as_of}", f"{words['snapshot']} {heading.snapshot}"]
    if heading.currency:
        facts.append(f"{words['money']} {heading.currency}")
    return [[Cell(subject, style="title")], [Cell(" · ".join(facts), style="muted")], []]


def _scorecard_line(row: ScorecardRow, language: Language) -> list[Cell]:
    shown = format_of(row.unit)
    return [
        Cell(row.title),
        Cell(row.value, shown),
        Cell(row.target, shown),
        Cell(row.attainment, "percent"),
        Cell(row.versus_prior, "percent"),
        Cell(row.versus_year_ago, "percent"),
        Cell(state_words(row.state, language) or None),
        Cell(row.n, "count"),
        Cell(row.message or None),
    ]


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
    """Say why a number is missing or in doubt; its message where there is one, else its state."""
    state = state_words(value.state, language)
    return f"{column.title}: {value.message or state}" if state else ""
