"""The lines of a scorecard: each KPI with its value and all that a reader weighs it against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from addon.titles import STATUS_WORDS
from addon.words import say
from kpis.answers import Answerer
from kpis.definitions import Kpi, Language, Scorecard
from kpis.errors import QuestionError, suggest
from kpis.questions import Answer, Question
from kpis.said import said
from kpis.words import fold

_SHOWS: Final = ("value", "target", "attainment", "vs prior", "change", "status", "expected")
_MOST_KPIS: Final = 8
"""More on one scorecard dilute each other."""
DEFAULT_SCORECARD: Final = "sales"


@dataclass(frozen=True, slots=True)
class Line:
    """One KPI of a scorecard with its answers by what they show."""

    kpi: Kpi
    answers: Mapping[str, Answer]

    @property
    def value(self) -> Answer:
        """Return the answer that is the value; it carries the sample size."""
        return self.answers["value"]

    @property
    def status(self) -> str:
        """Return the key of the status word, or an empty text where there is no target."""
        status = self.answers["status"].value
        return "" if status is None else STATUS_WORDS[round(status)]

    @property
    def expected(self) -> Answer | None:
        """Return the part of the value that is expected by today; None of a period that is not running."""
        return self.answers["expected"] if self.answers["expected"].method else None

    def number(self, show: str) -> float | None:
        """Return one of the numbers."""
        return self.answers[show].value


def scorecard_called(answerer: Answerer, words: str) -> Scorecard:
    """Return the scorecard with this id or title, the default one for no words. Raises `QuestionError`."""
    scorecards = answerer.catalogue.scorecards
    if not words.strip():
        return scorecards.get(DEFAULT_SCORECARD) or next(iter(scorecards.values()))
    by_word = {fold(word): one for one in scorecards.values() for word in (one.id, *one.titles.values())}
    found = by_word.get(fold(words))
    if found is None:
        near = suggest(words, scorecards) or said("there_are", names=", ".join(scorecards))
        raise QuestionError(said("no_scorecard", words=words[:80], near=near))
    return found


def dilution_note(scorecard: Scorecard, language: Language) -> str:
    """Return why a scorecard has too many KPIs; nothing if it has not."""
    count = len(scorecard.kpis)
    return say("many_kpis", language, count=str(count)) if count > _MOST_KPIS else ""


def lines_of(answerer: Answerer, kpis: Sequence[str], who: str, period: str) -> list[Line]:
    """Return the lines of these KPIs, in their order. Everything is asked at once."""
    questions = [Question(kpi, who, period, show) for kpi in kpis for show in _SHOWS]
    answers = answerer.answer_all(questions)
    count = len(_SHOWS)
    return [
        Line(answerer.catalogue.kpis[kpi], dict(zip(_SHOWS, answers[place * count :], strict=False)))
        for place, kpi in enumerate(kpis)
    ]


def whole_refusal(answers: Sequence[Answer]) -> Answer | None:
    """Return the answer that says why none of these has one, where the question itself is at fault."""
    refused = [answer for answer in answers if answer.state in {"error", "not_allowed"}]
    is_common = len(refused) == len(answers) > 0 and len({answer.message for answer in refused}) == 1
    return refused[0] if is_common else None
