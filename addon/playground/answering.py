"""Answer a formula of the page by the code that answers cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from addon import spills
from addon.errors import RequestError
from addon.forecasts import forecast_rows
from addon.formats import format_value
from addon.functions import read_cells
from addon.playground.formula import Call, read_formula
from addon.reader import Desk
from addon.spills import Rows
from addon.titles import error_text, reason_of, state_title, value_text
from addon.words import say
from kpis.definitions import Language
from kpis.errors import KpiError, suggest
from kpis.questions import Answer, Question


@dataclass(frozen=True, slots=True)
class Result:
    """What a formula gives: rows as a sheet gets them, one text to read, and what is to be said about it."""

    rows: Rows
    text: str = ""
    remark: str = ""
    is_error: bool = False


def answer_formula(desk: Desk, text: str, language: Language) -> Result:
    """Return what the formula gives. Whatever is wrong with it is said in the result."""
    try:
        call = read_formula(text)
        return _function_called(call.name)(desk, call, language)
    except (RequestError, KpiError) as error:
        words = error_text(error, language)
        return Result([[words]], "", words, is_error=True)


def _function_called(name: str) -> Callable[[Desk, Call, Language], Result]:
    if name not in _FUNCTIONS:
        raise RequestError(f"There is no function {name} on this page.{suggest(name, _FUNCTIONS)}")
    return _FUNCTIONS[name]


def _kpi(desk: Desk, call: Call, language: Language) -> Result:
    if any(len(call.texts(place)) > 1 for place in range(3)):
        return _range(desk, call, language)
    return _one(desk, call, call.text(3), language)


def _range(desk: Desk, call: Call, language: Language) -> Result:
    """Return a column of numbers: all combinations, as a range in a sheet gives them."""
    cells = read_cells(
        {
            "kpi": list(call.texts(0)),
            "who": list(call.texts(1)),
            "period": list(call.texts(2)),
            "show": [call.text(3)],
        }
    )
    values, not_ok = desk.answerer.values(cells.kpis, cells.whos, cells.periods, cells.shows, cells.cells)
    return Result(
        [[_warning(not_ok[place], language) if value is None else value] for place, value in enumerate(values)]
    )


def _warning(answer: Answer, language: Language) -> str:
    return spills.WARNING + (reason_of(answer, language) or answer.state)


def _one(desk: Desk, call: Call, show: str, language: Language) -> Result:
    question = Question(call.text(0), call.text(1), call.text(2), show)
    cells = read_cells({"questions": [[question.kpi, question.who, question.period, question.show]]})
    values, not_ok = desk.answerer.values(cells.kpis, cells.whos, cells.periods, cells.shows, cells.cells)
    answer = desk.answerer.answer(question)
    currency = desk.snapshot.manifest.company.currency
    if values[0] is None:
        said = reason_of(not_ok.get(0, answer), language)
        return Result([[""]], state_title(answer, language), said, is_error=answer.state == "error")
    return Result([[values[0]]], value_text(values[0], answer, currency, language), _remark(answer, language))


def _remark(answer: Answer, language: Language) -> str:
    if answer.state != "ok":
        return f"{state_title(answer, language)}: {reason_of(answer, language)}"
    if answer.denominator is not None and answer.numerator is not None:
        parts = [format_value(part, "count", "", language) for part in (answer.numerator, answer.denominator)]
        return " / ".join(parts)
    return (
        "" if answer.n is None else say("sample_size", language, count=format_value(answer.n, "count", "", language))
    )


def _target(desk: Desk, call: Call, language: Language) -> Result:
    return _one(desk, call, "target", language)


def _status(desk: Desk, call: Call, language: Language) -> Result:
    answer = desk.answerer.answer(Question(call.text(0), call.text(1), call.text(2)))
    said = "ok" if answer.state == "ok" else f"{state_title(answer, language)}: {reason_of(answer, language)}"
    return Result([[said]], said)


def _table(desk: Desk, call: Call, language: Language) -> Result:
    kpis, whos, periods = (call.texts(place) for place in range(3))
    return Result(spills.table(desk.answerer, kpis, whos, periods, show=call.text(3), language=language))


def _scorecard(desk: Desk, call: Call, language: Language) -> Result:
    return Result(spills.scorecard(desk.answerer, call.text(0), call.text(1), call.text(2), language=language))


def _trend(desk: Desk, call: Call, language: Language) -> Result:
    count = call.text(3) or "12"
    if not count.isascii() or not count.isdigit() or len(count) > 4:
        raise RequestError("The last argument of KPI_TREND is how many periods to show, such as 12.")
    return Result(
        spills.trend(desk.answerer, call.text(0), call.text(1), call.text(2), int(count), language=language)
    )


def _leaderboard(desk: Desk, call: Call, language: Language) -> Result:
    return Result(spills.leaderboard(desk.answerer, call.text(0), call.text(1), call.text(2), language=language))


def _forecast(desk: Desk, call: Call, language: Language) -> Result:
    return Result(forecast_rows(desk, call.text(0), call.text(1), language=language))


def _list(desk: Desk, call: Call, language: Language) -> Result:
    return Result(spills.catalogue_rows(desk.answerer.catalogue, call.text(0), language=language))


_FUNCTIONS: Final[Mapping[str, Callable[[Desk, Call, Language], Result]]] = {
    "KPI": _kpi, "KPI_TARGET": _target, "KPI_STATUS": _status, "KPI_TABLE": _table, "KPI_SCORECARD": _scorecard,
    "KPI_TREND": _trend, "KPI_LEADERBOARD": _leaderboard, "KPI_FORECAST": _forecast, "KPI_LIST": _list,
}  # fmt: skip
