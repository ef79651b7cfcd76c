"""The card that explains a number: what it is computed from, how sure it is, and what it is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from addon import widgets as w
from addon.cards import Frame, View, freshness_texts, number_markup, value_text, versus_text
from addon.formats import format_value
from addon.lines import Line, lines_of
from addon.reader import Desk
from addon.titles import reason_of, running_title, state_title, who_title
from addon.widgets import Card, Widget
from addon.words import say
from kpis.catalogue import resolve_kpi
from kpis.definitions import Catalogue, Kpi, Language
from kpis.errors import QuestionError
from kpis.formula import names, parse
from kpis.periods import parse_period
from kpis.questions import Question

_MOST_PARTS: Final = 8


def explanation_card(desk: Desk, kpi_words: str, view: View, frame: Frame) -> Card:
    """Return the explanation of a KPI for a slice and period. Raises `QuestionError` for words that mean nothing."""
    answerer, language = desk.answerer, view.language
    kpi = resolve_kpi(answerer.catalogue, kpi_words)
    period = parse_period(view.period, answerer.calendar, answerer.today)
    line = lines_of(answerer, [kpi.id], view.who, view.period)[0]
    if line.value.state in {"error", "not_allowed"}:
        raise QuestionError(line.value.message)
    who = who_title(answerer.cube, view.who, language)
    in_full = value_text(line.value.value, kpi, desk, language)
    markup = number_markup(line, desk, language)
    number = w.decorated(
        markup,
        top=say("value", language) if w.escaped(in_full) in markup else in_full,
        bottom=w.plain(_remark(line, desk, view)),
    )
    made_of = [*_formula_widgets(answerer.catalogue, kpi, language), *_part_widgets(line, language)]
    fresh = [w.paragraph(w.coloured(text, w.MUTED)) for text in freshness_texts(desk, frame, language)]
    sections = [
        w.section([number, *_interval_widgets(desk, line, view)]),
        w.section(made_of, header=say("explanation", language)),
        w.section([w.decorated(w.escaped(cell_formula(line)), top=say("as_formula", language)), *fresh]),
    ]
    title = running_title(period, answerer, language)
    return w.card("explanation", kpi.titles[language], f"{who} · {title}", sections)


def cell_formula(line: Line) -> str:
    """Return the formula that gives this number in a cell."""
    asked = (line.kpi.id, line.value.who if line.value.who != "company" else "", line.value.period)
    quoted = ('"' + word.replace('"', '""') + '"' for word in asked)
    return f"=KPI({', '.join(quoted)})"


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
    """Return between which values a share of a count lies; other KPIs have no interval."""
    if line.value.value is None or line.kpi.unit != "percent":
        return []
    questions = [Question(line.kpi.id, view.who, view.period, show) for show in ("low", "high")]
    low, high = desk.answerer.answer_all(questions)
    if low.value is None or high.value is None:
        return []
    ends = {name: format_value(bound, "percent", "", view.language) for name, bound in
            (("low", low.value), ("high", high.value))}  # fmt: skip
    return [w.decorated(say("between", view.language, **ends), top=say("interval", view.language))]


def _formula_widgets(catalogue: Catalogue, kpi: Kpi, language: Language) -> list[Widget]:
    widgets = [w.decorated(w.escaped(kpi.formula_words[language]), top=say("formula", language))]
    counted = "<br>".join(f"• {w.escaped(words)}" for words in _parts_in_words(catalogue, kpi, language))
    if counted:
        widgets.append(w.decorated(counted, top=say("counted", language)))
    if kpi.notes:
        widgets.append(w.decorated(w.escaped(kpi.notes[language]), top=say("good_to_know", language)))
    return widgets


def _parts_in_words(catalogue: Catalogue, kpi: Kpi, language: Language) -> list[str]:
    """Return which records the names of the formula count, in words."""
    words = []
    for name in list(names(parse(kpi.formula)))[:_MOST_PARTS]:
        part = catalogue.kpis.get(name)
        words.append(part.formula_words[language] if part else catalogue.measures[name].words[language])
    return [one for one in dict.fromkeys(words) if one != kpi.formula_words[language]]


def _part_widgets(line: Line, language: Language) -> list[Widget]:
    answer = line.value
    numbers: Mapping[str, float | None] = {
        "numerator": answer.numerator, "denominator": answer.denominator, "sample": answer.n,
    }  # fmt: skip
    return [
        w.decorated(format_value(value, "count", "", language), top=say(key, language))
        for key, value in numbers.items()
        if value is not None
    ]
