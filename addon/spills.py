"""Answers as rows of a sheet, the header first: numbers, texts, and an empty text where there is no value.

A word that cannot be understood is refused as a whole where the question has one of each (scorecard, trend,
leaderboard), and said in its cells, with a warning sign, where there are many (table).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from addon.errors import RequestError
from addon.functions import MOST_QUESTIONS
from addon.lines import lines_of, scorecard_called, whole_refusal
from addon.titles import STATUS_WORDS, reason_of, who_title
from addon.words import say
from kpis.answers import Answerer
from kpis.catalogue import resolve_kpi
from kpis.definitions import DIMENSIONS, Catalogue, Language
from kpis.errors import QuestionError, suggest
from kpis.members import dimension_called
from kpis.periods import Grain, WholeGrain, parse_period, period_title, shifted
from kpis.period_phrases import UNITS
from kpis.questions import Answer, Question
from kpis.shows import resolve_show
from kpis.words import fold

Cell = str | float
Rows = list[list[Cell]]

WARNING: Final = "⚠ "
MOST_PERIODS: Final = 400
"""A trend of more than a year of days is no trend that anybody reads."""
_GRAINS: Final = {fold(words): grain for words, grain in UNITS.items()}


def table(
    answerer: Answerer,
    kpis: Sequence[str],
    whos: Sequence[str],
    periods: Sequence[str],
    show: str,
    language: Language,
) -> Rows:
    """Return a row for each who and period, and a column for each KPI. Raises `RequestError` for too many cells."""
    count = len(kpis) * len(whos) * len(periods)
    if count > MOST_QUESTIONS:
        raise RequestError(f"{count:,} cells are more than the {MOST_QUESTIONS:,} of one table; ask for fewer.")
    values, not_ok = (
        answerer.values(whos, kpis, periods, [show]) if False else answerer.values(kpis, whos, periods, [show])
    )
    header = [say("who", language), say("period", language), *(_kpi_title(answerer, kpi, language) for kpi in kpis)]
    return [header]
