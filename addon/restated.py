"""What was reported on a day, what is true now, and which records moved it: as rows, as a document, as lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from addon.errors import RequestError
from addon.formats import format_value
from addon.functions import Json
from addon.provenance import case_at, link_of
from addon.reader import Desk
from addon.spills import WARNING, Cell, Rows
from addon.titles import reason_of, who_title
from addon.words import say
from kpis.cases import Case
from kpis.definitions import Language
from kpis.errors import QuestionError
from kpis.periods import date_of, parse_period, period_title
from kpis.questions import Answer, Question
from kpis.restatement import Moved, Restatement, restatement

MOST_RECORDS: Final = 1_000
_KEYS: Final = (
    "record", "name", "account", "dimension_rep", "part", "movement", "then", "now", "contribution", "note", "link",
)  # fmt: skip
_LINES: Final = 50
"""So many records are printed in a terminal; the document has more."""


@dataclass(frozen=True, slots=True)
class Restated:
    """Two pinned states of the data, and what moved one number between them."""

    then: Desk
    now: Desk
    question: Question
    found: Restatement


def restated(
    pin: Callable[[date | None], Desk], question: Question, since: date | None, most: int = MOST_RECORDS
) -> Restated | Answer:
    """Return what moved a number since a day, or the answer that may not be explained.

    ``pin`` gives the state of a day, and of now for None. The period is the one that its words mean now. Raises
    `QuestionError`, `RequestError` without a day, and `AddonError` where nothing is known of that day.
    """
    if since is None:
        raise RequestError('Since when? Give a day, as in "since": "2026-11-24".')
    now, then = pin(None), pin(since)
    period = parse_period(question.period, now.answerer.calendar, now.answerer.today)
    same_days = replace(question, period=period.label)
    case = case_at(now, same_days)
    if isinstance(case, Answer):
        return case
    before = _case_then(then, same_days, since)
    return before if isinstance(before, Answer) else Restated(then, now, same_days, restatement(before, case, most))


def restated_rows(found: Restated | Answer, *, language: Language = "en") -> Rows:
    """Return a row with the number of then and of now, and one for each record, the largest first."""
    header: list[Cell] = [say(key, language) for key in _KEYS]
    if isinstance(found, Answer):
        return [header, _row(found.kpi, WARNING + reason_of(found, language))]
    rows = [_moved_row(one, found, language) for one in found.found.moved]
    left = found.found.count - len(found.found.moved)
    if left:
        others = _row("", say("effect_others", language, count=left))
        rows.append([*others[:8], found.found.others, "", ""])
    return [header, _summary(found, language), *rows]


def restated_document(found: Restated | Answer) -> dict[str, Json]:
    """Return all of it as JSON; ``residual`` is what rounding leaves between the difference and the contributions."""
    if isinstance(found, Answer):
        said: dict[str, Json] = {"kpi": found.kpi, "who": found.who, "period": found.period}
        return {**said, "state": found.state, "message": found.message}
    answer = found.found.now
    return {
        "kpi": answer.kpi,
        "who": answer.who,
        "period": answer.period,
        "unit": answer.unit,
        "then": _state(found.found.then, found.then),
        "now": _state(answer, found.now),
        "difference": found.found.difference,
        "count": found.found.count,
        "records": [_document(one, found) for one in found.found.moved],
        "others": found.found.others,
        "residual": found.found.residual,
    }


def restated_text(found: Restated | Answer) -> list[str]:
    """Return the two numbers, and a line for each record that moved one to the other."""
    if isinstance(found, Answer):
        return [f"{found.state}: {found.message}"]
    then, now = found.found.then, found.found.now
    lines = [
        f"{_shown(then, found.then)}\tas of {found.then.as_of}, snapshot {found.then.snapshot.id}",
        f"{_shown(now, found.now)}\tas of {found.now.as_of}, snapshot {found.now.snapshot.id}",
    ]
    listed = found.found.moved[:_LINES]
    lines += [_line(one) for one in listed]
    left = found.found.count - len(listed)
    return [*lines, f"and {left:,} records more"] if left else lines


def _case_then(desk: Desk, question: Question, since: date) -> Case | Answer:
    try:
        return case_at(desk, question)
    except QuestionError as error:
        raise QuestionError(f"As of {since}: {error}") from error


def _summary(found: Restated, language: Language) -> list[Cell]:
    answer, desk = found.found.now, found.now
    period = parse_period(answer.period, desk.answerer.calendar, desk.answerer.today)
    title = desk.answerer.catalogue.kpis[answer.kpi].titles[language]
    states = f"{found.then.as_of} ({found.then.snapshot.id}) -> {desk.as_of} ({desk.snapshot.id})"
    reasons = [reason_of(one, language) for one in (found.found.then, answer) if one.state != "ok"]
    note = " ".join([states, *(WARNING + reason for reason in dict.fromkeys(reasons))])
    who = who_title(desk.answerer.cube, found.question.who, language)
    numbers = [_cell(value) for value in (found.found.then.value, answer.value, found.found.difference)]
    return [say("total", language), who, "", "", f"{title}, {period_title(period, language)}", "", *numbers, note, ""]


def _moved_row(one: Moved, found: Restated, language: Language) -> list[Cell]:
    record = one.record
    words = found.now.answerer.catalogue.measures[record.part].words[language]
    movement = say(f"movement_{one.movement}", language)
    numbers = [one.before, one.after, _cell(one.value)]
    return [record.id, record.name, record.account, record.owner, words, movement, *numbers, _note(one),
            link_of(found.now, record.id)]  # fmt: skip


def _document(one: Moved, found: Restated) -> dict[str, Json]:
    record = one.record
    return {
        "part": record.part,
        "id": record.id,
        "name": record.name,
        "account": record.account,
        "owner": record.owner,
        "day": None if record.day is None else str(date_of(record.day)),
        "movement": one.movement,
        "then": one.before,
        "now": one.after,
        "contribution": one.value,
        "note": _note(one),
        "link": link_of(found.now, record.id),
    }


def _note(one: Moved) -> str:
    return one.note or one.record.note


def _state(answer: Answer, desk: Desk) -> dict[str, Json]:
    return {
        "value": answer.value,
        "state": answer.state,
        "message": answer.message,
        "snapshot": desk.snapshot.id,
        "as_of": desk.as_of,
    }


def _shown(answer: Answer, desk: Desk) -> str:
    currency = desk.snapshot.manifest.company.currency
    return answer.state if answer.value is None else format_value(answer.value, answer.unit, currency)


def _line(one: Moved) -> str:
    value = "" if one.value is None else f"{one.value:+,.6g}"
    words = (one.record.id or one.record.part, one.record.name, one.movement, _note(one))
    return "\t".join([value, *(word for word in words if word)])


def _row(first: str, second: str) -> list[Cell]:
    return [first, second, *[""] * (len(_KEYS) - 2)]


def _cell(value: float | None) -> Cell:
    return "" if value is None else value
