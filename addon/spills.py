"""Answers as rows of a sheet, the header first: numbers, texts, and an empty text where there is no value.

A word that cannot be understood is refused as a whole where the question has one of each (scorecard, trend,
leaderboard), and said in its cells, with a warning sign, where there are many (table).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from addon.errors import RequestError
from addon.functions import MOST_QUESTIONS
from addon.lines import Line, dilution_note, lines_of, scorecard_called, whole_refusal
from addon.titles import STATUS_WORDS, ahead_of, joined, note_of, reason_of, small_of, who_title
from addon.words import say
from kpis.answers import Answerer
from kpis.catalogue import resolve_kpi
from kpis.definitions import DIMENSIONS, Catalogue, Kpi, Language
from kpis.errors import QuestionError, suggest
from kpis.members import Member, dimension_called
from kpis.period_phrases import UNITS
from kpis.periods import WholeGrain, parse_period, period_at, period_title, shifted
from kpis.questions import Answer, Question, Show
from kpis.ranks import Rank, ranks_of
from kpis.said import said
from kpis.shows import resolve_show
from kpis.words import fold

Cell = str | float
Rows = list[list[Cell]]

WARNING: Final = "⚠ "
MOST_PERIODS: Final = 400
"""A year of days, and a month; nobody reads a longer trend."""
_GRAINS: Final[Mapping[str, WholeGrain]] = {fold(words): grain for words, grain in UNITS.items()}


def table(
    answerer: Answerer,
    kpis: Sequence[str],
    whos: Sequence[str],
    periods: Sequence[str],
    *,
    show: str,
    language: Language,
) -> Rows:
    """Return a row for each who and period, and a column for each KPI. Raises `RequestError` for too many cells."""
    count = len(kpis) * len(whos) * len(periods)
    if count > MOST_QUESTIONS:
        raise RequestError(f"{count:,} cells are more than the {MOST_QUESTIONS:,} of one table; ask for fewer.")
    shown = resolve_show(show)
    values, not_ok = answerer.values(kpis, whos, periods, [show])
    rows: Rows = [[say("who_header", language), say("period", language), *_headers(answerer, kpis, shown, language)]]
    for place in range(len(whos) * len(periods)):
        who, period = divmod(place, len(periods))
        cells = range(place, count, len(whos) * len(periods))
        rows.append(
            [
                who_title(answerer.cube, whos[who], language),
                _period_title(answerer, periods[period], language),
                *(_cell(values[cell], not_ok.get(cell), shown, language) for cell in cells),
            ]
        )
    return rows


def scorecard(answerer: Answerer, who: str, period: str, words: str, *, language: Language) -> Rows:
    """Return a row for each KPI of a scorecard. Raises `QuestionError` for words that mean nothing."""
    asked = scorecard_called(answerer, words)
    lines = lines_of(answerer, asked.kpis, who, period)
    _refuse(whole_refusal([line.value for line in lines]))
    keys = ("kpi", "value", "unit", "show_target", "show_attainment", "show_status", "show_vs_prior", "show_n",
            "definition_header", "note")  # fmt: skip
    rows: Rows = [[say(key, language) for key in keys], *(_scorecard_row(line, language) for line in lines)]
    note = dilution_note(asked, language)
    return [*rows, [note, *[""] * (len(keys) - 1)]] if note else rows


def trend(answerer: Answerer, kpi: str, who: str, grain: str, count: int, *, language: Language) -> Rows:
    """Return a row for each of the last ``count`` periods, the present one last. Raises `QuestionError`."""
    whole = _GRAINS.get(fold(grain or "month"))
    if whole is None:
        raise QuestionError(said("no_grain", words=grain[:40], near=suggest(grain, _GRAINS)))
    if not 1 <= count <= MOST_PERIODS:
        raise QuestionError(said("trend_length", most=MOST_PERIODS, count=count))
    present = period_at(whole, answerer.today, answerer.calendar)
    periods = [shifted(present, -back, answerer.calendar) for back in reversed(range(count))]
    answers = answerer.answer_all([Question(kpi, who, period.label) for period in periods])
    _refuse(whole_refusal(answers))
    rows: Rows = [[say("period", language), _title(answerer.catalogue, kpi, language), say("show_n", language)]]
    for period, answer in zip(periods, answers, strict=True):
        rows.append([period_title(period, language), _number(answer.value), _number(answer.n)])
    return rows


def leaderboard(answerer: Answerer, kpi: str, dimension: str, period: str, *, language: Language) -> Rows:
    """Return a row for each member that the caller may see, the best first. Raises `QuestionError`.

    A rank is a number, or a range such as 2–4 where intervals overlap and members cannot be told apart. Equal values
    share the better rank; members without a value come last, without one.
    """
    definition = resolve_kpi(answerer.catalogue, kpi)
    split = dimension_called(dimension or definition.by or "rep")
    if split not in DIMENSIONS:
        raise QuestionError(said("is_no_dimension", words=dimension[:40], near=suggest(dimension, DIMENSIONS)))
    members = answerer.cube.members(split).listed
    references = [answerer.cube.members(split).reference(member) for member in members]
    shows: tuple[Show, ...] = ("value", "attainment")
    answers = answerer.answer_all([Question(kpi, who, period, show) for who in references for show in shows])
    _refuse(whole_refusal(answers[::2]))
    pairs = [(member, answers[2 * place], answers[2 * place + 1]) for place, member in enumerate(members)]
    visible = [pair for pair in pairs if pair[1].state != "not_allowed"]
    _refuse(pairs[0][1] if pairs and not visible else None)
    keys = ("show_rank", f"dimension_{split}", "show_attainment", "show_n", "show_low", "show_high", "note")
    rank, split_title, *others = (say(key, language) for key in keys)
    return [[rank, split_title, definition.titles[language], *others], *_ranked(visible, definition, language)]


def catalogue_rows(catalogue: Catalogue, family: str, *, language: Language) -> Rows:
    """Return a row for each KPI, of one family or all. Raises `QuestionError` for a family that there is not."""
    families = dict.fromkeys(kpi.family for kpi in catalogue.present)
    if family and fold(family) not in families:
        raise QuestionError(said("no_family", words=family[:40], names=", ".join(families)))
    keys = ("kpi", "title", "definition_header", "unit", "better", "family", "split_by")
    rows: Rows = [[say(key, language) for key in keys]]
    for kpi in catalogue.present:
        if not family or kpi.family == fold(family):
            split_by = ", ".join(say(f"dimension_{dimension}", language) for dimension in kpi.dimensions)
            rows.append([kpi.id, kpi.titles[language], kpi.formula_words[language], kpi.unit,
                         say(f"better_{kpi.better}", language), kpi.family, split_by])  # fmt: skip
    return rows


def _scorecard_row(line: Line, language: Language) -> list[Cell]:
    return [
        line.kpi.titles[language],
        _number(line.value.value),
        line.kpi.unit,
        _number(line.number("target")),
        _number(line.number("attainment")),
        say(line.status, language) if line.status else "",
        _number(line.number("vs prior")),
        _number(line.value.n),
        line.kpi.formula_words[language],
        joined(_note(line.value, language), ahead_of(line.kpi, line.answers["vs prior"], language)),
    ]


def _ranked(pairs: Sequence[tuple[Member, Answer, Answer]], kpi: Kpi, language: Language) -> Rows:
    sign = 1.0 if kpi.better == "lower" else -1.0
    ordered = sorted(pairs, key=lambda pair: (pair[1].value is None, sign * (pair[1].value or 0.0)))
    ranks = ranks_of([value for _, value, _ in ordered], kpi)
    return [
        [
            _rank(rank),
            member.name,
            _number(value.value),
            _number(attainment.value),
            _number(value.n),
            _number(value.low),
            _number(value.high),
            _note(value, language),
        ]
        for rank, (member, value, attainment) in zip(ranks, ordered, strict=True)
    ]


def _rank(rank: Rank | None) -> Cell:
    if rank is None:
        return ""
    return rank.best if rank.is_sure else str(rank)


def _note(answer: Answer, language: Language) -> str:
    """Return what a row says of its number besides: why it is not ok, or that it rests on few records."""
    return small_of(answer, language) if answer.state == "ok" else note_of(answer, language)


def _headers(answerer: Answerer, kpis: Sequence[str], show: Show, language: Language) -> list[str]:
    shown = "" if show == "value" else f", {say('show_' + show.replace(' ', '_'), language)}"
    return [_title(answerer.catalogue, kpi, language) + shown for kpi in kpis]


def _title(catalogue: Catalogue, words: str, language: Language) -> str:
    try:
        return resolve_kpi(catalogue, words).titles[language]
    except QuestionError:
        return words


def _period_title(answerer: Answerer, words: str, language: Language) -> str:
    try:
        return period_title(parse_period(words, answerer.calendar, answerer.today), language)
    except QuestionError:
        return words


def _cell(value: float | None, not_ok: Answer | None, show: Show, language: Language) -> Cell:
    if value is not None:
        return say(STATUS_WORDS[round(value)], language) if show == "status" else value
    if not_ok is not None and not_ok.state in {"error", "not_allowed"}:
        return WARNING + reason_of(not_ok, language)
    return ""


def _number(value: float | None) -> Cell:
    return "" if value is None else value


def _refuse(answer: Answer | None) -> None:
    """Raise what is wrong with a question that has no answer at all."""
    if answer is not None:
        raise QuestionError(answer.message)
