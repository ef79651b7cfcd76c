"""What members, periods, states and units are called on cards and in tables."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from addon.formats import format_value, unit_of
from addon.words import say
from kpis.answers import Answerer
from kpis.cube import Cube
from kpis.definitions import Kpi, Language
from kpis.errors import QuestionError
from kpis.members import resolve_who
from kpis.periods import Period, day_number, elapsed, period_at, period_title
from kpis.questions import Answer
from kpis.said import in_language
from kpis.shows import resolve_show

STATUS_WORDS: Final[Mapping[int, str]] = {2: "ahead", 1: "on_track", 0: "at_risk", -1: "behind"}


def who_title(cube: Cube, words: str, language: Language) -> str:
    """Return the names of the members that the words mean; words that mean none as they are."""
    try:
        who = resolve_who(words, cube.dimensions)
    except QuestionError:
        return words
    names = [
        cube.members(dimension).all[code].name for dimension, code in zip(who.dimensions, who.codes, strict=True)
    ]
    return " & ".join(names) or say("whole_company", language)


def running_title(period: Period, answerer: Answerer, language: Language) -> str:
    """Return the period's title, and for a running one up to which day it goes."""
    so_far = elapsed(period, answerer.today)
    if so_far is period:
        return period_title(period, language)
    day = period_title(period_at("day", so_far.last, answerer.calendar), language)
    return say("through", language, period=period_title(period, language), day=day)


def day_title(moment: datetime, answerer: Answerer, language: Language) -> str:
    """Return the day of a moment in the organisation's zone."""
    day = day_number(moment.astimezone(answerer.calendar.zone).date())
    return period_title(period_at("day", day, answerer.calendar), language)


def moment_title(moment: datetime, answerer: Answerer, language: Language) -> str:
    """Return the time of a moment in the organisation's zone, with its day unless that is today."""
    local = moment.astimezone(answerer.calendar.zone)
    clock = f"{local:%H:%M}"
    is_today = day_number(local.date()) == answerer.today
    return clock if is_today else f"{day_title(moment, answerer, language)} {clock}"


def value_text(value: float, answer: Answer, currency: str, language: Language) -> str:
    """Return the number of an answer as people read it: with the unit of what is shown, or the word of a status."""
    show = resolve_show(answer.question.show)
    if show == "status":
        return say(STATUS_WORDS[round(value)], language)
    return format_value(value, unit_of(answer, show), currency, language)


def state_title(answer: Answer, language: Language) -> str:
    """Return the word for an answer's state."""
    return say(f"state_{answer.state}", language)


def note_of(answer: Answer, language: Language) -> str:
    """Return what to know about a number: why it is not ok, and that it rests on few records."""
    return reason_of(answer, language) or small_of(answer, language)


def ahead_of(kpi: Kpi, change: Answer, language: Language) -> str:
    """Return why no change is told of a KPI that is used up in a period that is over; nothing of any other."""
    return say("looks_ahead", language) if kpi.is_used_up and change.value is None else ""


def error_text(error: Exception, language: Language) -> str:
    """Return what went wrong, in the language if the error knows its words in it."""
    return in_language(error.sentence if isinstance(error, QuestionError) else str(error), language)


def joined(*notes: str) -> str:
    """Return the notes that say anything, one after the other."""
    return "; ".join(filter(None, notes))


def small_of(answer: Answer, language: Language) -> str:
    """Return that a number rests on few records, and on how many; nothing if it does not."""
    if not answer.is_small or answer.n is None:
        return ""
    return say("small_sample", language, count=format_value(answer.n, "count", "", language))


def reason_of(answer: Answer, language: Language) -> str:
    """Return why an answer is not ok: its own sentence, or the general one where it has none."""
    own = in_language(answer.message, language)
    return own if own or answer.state == "ok" else say(f"reason_{answer.state}", language)
