"""The card that explains a number: what it is computed from, how sure it is, and what it is compared with."""

from __future__ import annotations

from typing import Final

from addon import widgets as w
from addon.cards import Frame, View, freshness_texts, number_markup, value_text, versus_text
from addon.formats import format_value
from addon.functions import Json
from addon.lines import Line, lines_of
from addon.maturities import maturity_lines
from addon.provenance import case_at, trust_of
from addon.reader import Desk
from addon.titles import reason_of, running_title, small_of, state_title, who_title
from addon.widgets import Card, Widget
from addon.words import say
from kpis.cases import Case, Check
from kpis.catalogue import resolve_kpi
from kpis.certainty import no_interval
from kpis.definitions import Language
from kpis.errors import QuestionError
from kpis.explain import Explanation, Part, explanation_of
from kpis.maturity import cohort_behind
from kpis.periods import parse_period
from kpis.questions import Answer, Question
from kpis.said import in_language

_MOST_PARTS: Final = 8
"""Parts of one number that a card shows; a sheet shows all of them (KPI_EXPLAIN)."""
_MOST_FILTERS: Final = 3


def explanation_card(desk: Desk, kpi_words: str, view: View, frame: Frame) -> Card:
    """Return the explanation of a KPI for a slice and period. Raises `QuestionError` for words that mean nothing."""
    answerer, language = desk.answerer, view.language
    kpi = resolve_kpi(answerer.catalogue, kpi_words)
    period = parse_period(view.period, answerer.calendar, answerer.today)
    line = lines_of(answerer, [kpi.id], view.who, view.period)[0]
    if line.value.state in {"error", "not_allowed"}:
        raise QuestionError(line.value.message)
    sections = [
        w.section([_number_widget(line, desk, view), *_interval_widgets(desk, line, view)]),
        w.section(_made_of(desk, line, view), header=say("explanation", language)),
        _source_section(desk, line, frame, language),
    ]
    who = who_title(answerer.cube, view.who, language)
    return w.card(
        "explanation", kpi.titles[language], f"{who} · {running_title(period, answerer, language)}", sections
    )


def cell_formula(line: Line) -> str:
    """Return the formula that gives this number in a cell."""
    asked = (line.kpi.id, line.value.who if line.value.who != "company" else "", line.value.period)
    quoted = ('"' + word.replace('"', '""') + '"' for word in asked)
    return f"=KPI({', '.join(quoted)})"


def _number_widget(line: Line, desk: Desk, view: View) -> Widget:
    language = view.language
    in_full = value_text(line.value.value, line.kpi, desk, language)
    markup = number_markup(line, desk, language)
    top = say("value", language) if w.escaped(in_full) in markup else in_full
    return w.decorated(markup, top=top, bottom=w.plain(_remark(line, desk, view)))


def _remark(line: Line, desk: Desk, view: View) -> str:
    language, answer = view.language, line.value
    state = "" if answer.state == "ok" else f"{state_title(answer, language)}: {reason_of(answer, language)}"
    target = value_text(line.number("target"), line.kpi, desk, language)
    parts = [
        state,
        say("target", language, value=target) if target else "",
        versus_text(line, desk, view, with_change=bool(line.status)),
    ]
    return " · ".join(part for part in parts if part)


def _interval_widgets(desk: Desk, line: Line, view: View) -> list[Widget]:
    """Return between which values an estimate lies, and that it rests on few records, or why it has no interval."""
    answer, language = line.value, view.language
    if line.kpi.no_interval and answer.value is not None:
        why = in_language(no_interval(line.kpi), language)
        return [w.decorated(w.coloured(why, w.MUTED), top=say("interval", language))]
    if answer.low is None or answer.high is None:
        return []
    low, high = (value_text(end, line.kpi, desk, language) for end in (answer.low, answer.high))
    text = w.escaped(say("between", language, low=low, high=high))
    return [w.decorated(text, top=say("interval", language), bottom=w.plain(small_of(answer, language)))]


def _made_of(desk: Desk, line: Line, view: View) -> list[Widget]:
    """Return formula, parts, sample size, what is left out and why, and whether the records add up to the number."""
    language = view.language
    case = case_at(desk, Question(line.kpi.id, view.who, view.period))
    if isinstance(case, Answer):
        raise QuestionError(case.message)
    explanation = explanation_of(desk.answerer, case)
    widgets = [w.decorated(w.escaped(line.kpi.formula_words[language]), top=say("formula", language))]
    widgets += [_part_widget(part, desk, language) for part in explanation.parts[:_MOST_PARTS]]
    if line.value.n is not None:
        widgets.append(_fact_widget("sample", format_value(line.value.n, "count", "", language), language))
    if explanation.excluded:
        widgets.append(w.decorated(_exclusions_markup(explanation, language), top=say("left_out", language)))
    widgets += _maturity_widgets(case, language)
    if explanation.membership:
        widgets.append(_fact_widget("membership", explanation.membership[language], language))
    widgets.append(_fact_widget("recounted", _check_text(explanation, language), language))
    if line.kpi.notes:
        widgets.append(_fact_widget("good_to_know", line.kpi.notes[language], language))
    return widgets


def _maturity_widgets(case: Case, language: Language) -> list[Widget]:
    """Return how many of a cohort's outcomes are known, and the estimates of the others."""
    cohort = cohort_behind(case)
    return [
        w.decorated(
            w.bold(format_value(value, unit, "", language)) if value is not None else "–",
            top=w.plain(title),
            bottom=w.plain(said),
        )
        for title, value, unit, said in (maturity_lines(cohort, language) if cohort else [])
    ]


def _part_widget(part: Part, desk: Desk, language: Language) -> Widget:
    """Return a part with its value, and below it which records it takes."""
    words = part.words[language]
    if part.role in {"numerator", "denominator"}:
        words = say("labelled", language, label=say(part.role, language), value=words)
    currency = desk.snapshot.manifest.company.currency
    value = (
        in_language(part.message, language)
        if part.value is None
        else format_value(part.value, part.unit or "count", currency, language)
    )
    filters = list(dict.fromkeys(_filters_of(part, language)))[:_MOST_FILTERS]
    return w.decorated(w.bold(value or "–"), top=w.plain(words), bottom=w.plain("; ".join(filters)))


def _filters_of(part: Part, language: Language) -> list[str]:
    """Return in words which records a part takes, and those that it is made of."""
    own = [part.filter[language]] if part.filter else []
    return own + [words for below in part.parts for words in _filters_of(below, language)]


def _exclusions_markup(explanation: Explanation, language: Language) -> str:
    return "<br>".join(
        w.escaped(f"{format_value(one.count, 'count', '', language)} {one.reason[language]} ({one.rows[language]})")
        for one in explanation.excluded[:_MOST_PARTS]
    )


def _check_text(explanation: Explanation, language: Language) -> str:
    count = format_value(explanation.row_count, "count", "", language)
    return say(_check_key(explanation.check, explanation.answer), language, count=count)


def _check_key(check: Check | None, answer: Answer) -> str:
    if check is None:
        return "not_recounted"
    if not check.equals:
        return "recounted_other"
    return "recounted_none" if answer.value is None else "recounted_equal"


def _fact_widget(key: str, text: str, language: Language) -> Widget:
    return w.decorated(w.escaped(text), top=say(key, language))


def _source_section(desk: Desk, line: Line, frame: Frame, language: Language) -> Json:
    fresh = [w.paragraph(w.coloured(text, w.MUTED)) for text in freshness_texts(desk, frame, language)]
    fresh += [w.paragraph(w.escaped(said)) for said in trust_of(desk, line.kpi.id, language)]
    return w.section([_fact_widget("as_formula", cell_formula(line), language), *fresh])
