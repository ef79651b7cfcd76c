"""The funnel: how many came to each step in a period, from leads to won deals, and which share of the step before.

Each step counts by its own day: a deal that is won now may come from a lead of a year ago, so that a share may be
more than one.
"""

from __future__ import annotations

from typing import Final

from addon.lines import whole_refusal
from addon.spills import Cell, Rows
from addon.titles import reason_of
from addon.words import say
from kpis.answers import Answerer
from kpis.definitions import Language
from kpis.errors import QuestionError
from kpis.questions import Answer, Question

STEPS: Final = (
    "new_leads", "marketing_qualified_leads", "sales_qualified_leads", "opportunities_created", "won_opportunities",
)  # fmt: skip


def funnel_rows(answerer: Answerer, who: str, period: str, *, language: Language) -> Rows:
    """Return a row for each step: title, count, share of the step before and of the first, and what is to be said.

    Raises `QuestionError` for words that mean nothing.
    """
    answers = answerer.answer_all([Question(step, who, period) for step in STEPS])
    refused = whole_refusal(answers)
    if refused is not None:
        raise QuestionError(refused.message)
    rows: Rows = [[say(key, language) for key in ("step", "show_n", "from_before", "from_first", "note")]]
    for place, (step, answer) in enumerate(zip(STEPS, answers, strict=True)):
        before = answers[place - 1] if place else None
        first = answers[0] if place else None
        note = "" if answer.state == "ok" else reason_of(answer, language)
        title = answerer.catalogue.kpis[step].titles[language]
        rows.append([title, _number(answer.value), _share(answer, before), _share(answer, first), note])
    return rows


def _share(answer: Answer, whole: Answer | None) -> Cell:
    if whole is None or answer.value is None or not whole.value:
        return ""
    return answer.value / whole.value


def _number(value: float | None) -> Cell:
    return "" if value is None else value
