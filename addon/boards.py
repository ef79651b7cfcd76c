"""Which numbers a KPI tab shows: scorecards and leaderboards asked from one pinned snapshot."""

from __future__ import annotations

from typing import Final

from addon.lines import dilution_note
from addon.reader import Desk
from addon.tabs import (
    LeaderboardColumn,
    LeaderboardRow,
    LeaderboardValue,
    ScorecardRow,
    TabHeading,
    leaderboard_tab,
    scorecard_tab,
)
from addon.titles import ahead_of, joined, note_of, small_of, value_text
from connectors.sheets_content import TabContent
from kpis.definitions import Language
from kpis.questions import Answer, Question

TABS: Final = ("scorecard", "leaderboard", "quality")
_PERIOD: Final = "this quarter"
_SCORECARD: Final = "manager"
_LEADERBOARD: Final = ("revenue", "quota_attainment", "won_opportunities", "win_rate", "pipeline_value")
_MOST_RANKED: Final = 200


def kpi_tabs(desk: Desk, language: Language) -> list[TabContent]:
    """Return the tabs that every spreadsheet gets: the company's scorecard and the reps' leaderboard."""
    return [scorecard(desk, "", _PERIOD, _SCORECARD, language), leaderboard(desk, _PERIOD, language)]


def scorecard(desk: Desk, who: str, period: str, name: str, language: Language) -> TabContent:
    """Return a scorecard of one slice and period."""
    catalogue = desk.answerer.catalogue
    kpis = catalogue.scorecards[name].kpis
    shows = ("value", "target", "attainment", "status", "vs prior", "vs year ago")
    answers = desk.answerer.answer_all([Question(kpi, who, period, show) for kpi in kpis for show in shows])
    by_kpi = [answers[place : place + len(shows)] for place in range(0, len(answers), len(shows))]
    rows = [
        ScorecardRow(
            title=catalogue.kpis[kpi].titles[language],
            value=value.value,
            unit=catalogue.kpis[kpi].unit,
            state=value.state,
            message=joined(note_of(value, language), ahead_of(catalogue.kpis[kpi], prior, language)),
            target=target.value,
            attainment=attainment.value,
            versus_prior=_change(value, prior),
            versus_year_ago=_change(value, year_ago),
            n=value.n,
            status="" if status.value is None else value_text(status.value, status, "", language),
        )
        for kpi, (value, target, attainment, status, prior, year_ago) in zip(kpis, by_kpi, strict=True)
    ]
    note = dilution_note(catalogue.scorecards[name], language)
    return scorecard_tab(_heading(desk, answers[0]), rows, language, note=note)


def _change(value: Answer, relative: Answer) -> float | None:
    """Return the relative change, or for a KPI in percent the difference, where both periods are known."""
    if relative.value is None or value.value is None or relative.state not in {"ok", "stale", "partial"}:
        return None
    if value.unit != "percent":
        return relative.value
    return None if relative.value == -1 else value.value - value.value / (1 + relative.value)


def leaderboard(desk: Desk, period: str, language: Language) -> TabContent:
    """Return all selling reps, best revenue first; who has none is last, by name."""
    catalogue = desk.answerer.catalogue
    reps = desk.answerer.cube.members("rep")
    listed = reps.listed[:_MOST_RANKED]
    team_of, teams = (
        desk.answerer.cube.groups_of_reps("team").on(desk.answerer.today),
        desk.answerer.cube.members("team").all,
    )
    shows = [(_LEADERBOARD[0], "rank"), *((kpi, "value") for kpi in _LEADERBOARD)]
    answers = desk.answerer.answer_all(
        [Question(kpi, reps.reference(rep), period, show) for rep in listed for kpi, show in shows]
    )
    rows = []
    for place, rep in enumerate(listed):
        rank, *values = answers[place * len(shows) : (place + 1) * len(shows)]
        rows.append(
            LeaderboardRow(
                rank=None if rank.value is None else int(rank.value),
                name=rep.name,
                team=teams[int(team_of[rep.code])].name,
                values=[_leaderboard_value(one, language) for one in values],
            )
        )
    rows.sort(key=lambda row: (row.rank is None, row.rank, row.name))
    columns = [
        LeaderboardColumn(catalogue.kpis[kpi].titles[language], catalogue.kpis[kpi].unit) for kpi in _LEADERBOARD
    ]
    company = desk.answerer.answer(Question(_LEADERBOARD[0], "", period))
    return leaderboard_tab(_heading(desk, company), columns, rows, language)


def _leaderboard_value(answer: Answer, language: Language) -> LeaderboardValue:
    message = small_of(answer, language) if answer.state == "ok" else note_of(answer, language)
    return LeaderboardValue(answer.value, answer.state, message)


def _heading(desk: Desk, answer: Answer) -> TabHeading:
    manifest = desk.snapshot.manifest
    created = manifest.created.astimezone(manifest.company.calendar.zone)
    return TabHeading(answer.who, answer.period, f"{created:%Y-%m-%d %H:%M}", manifest.id, manifest.company.currency)
