"""Explanations and records of a pinned snapshot as rows of a sheet, the header first, and line by line.

`explain_document` gives the same as JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from addon.explained_documents import explain_document
from addon.forecasts import forecast_lines
from addon.maturities import maturity_lines
from addon.provenance import Source, case_at, link_of, sources_of, trust_of
from addon.reader import Desk
from addon.spills import WARNING, Cell, Rows
from addon.titles import joined, reason_of, small_of, state_title
from addon.words import say
from kpis.cases import Case, Check
from kpis.certainty import no_interval
from kpis.definitions import Kpi, Language
from kpis.exclusions import Exclusion
from kpis.explain import Explanation, Part, explanation_of
from kpis.forecast import FORECAST_KPI
from kpis.maturity import cohort_behind
from kpis.periods import date_of
from kpis.questions import Answer, Question
from kpis.records import Record, RecordPage, page_of
from kpis.said import in_language

__all__ = ["Line", "explain_document", "explain_lines", "explain_rows", "record_page", "record_rows"]

_INDENT: Final = "\u2003"  # an em space: cells keep it, and a text that starts with it is still a text


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an explanation: what it is about, its value with its unit, and what there is to say."""

    item: str
    value: Cell
    unit: str
    meaning: str


def explain_rows(desk: Desk, question: Question, *, language: Language = "en") -> Rows:
    """Return the explanation as rows: item, value, unit, meaning. Raises `QuestionError`."""
    header: list[Cell] = [say(key, language) for key in ("item", "value", "unit", "meaning")]
    lines = explain_lines(desk, question, language=language)
    return [header, *([line.item, line.value, line.unit, line.meaning] for line in lines)]


def explain_lines(desk: Desk, question: Question, *, language: Language = "en") -> list[Line]:
    """Return the explanation line by line. Raises `QuestionError` where the question cannot be understood."""
    case = case_at(desk, question)
    if isinstance(case, Answer):
        return [Line(case.kpi, "", "", WARNING + reason_of(case, language))]
    explanation = explanation_of(desk.answerer, case)
    return [
        *_answer_lines(explanation, case, language),
        *(line for part in explanation.parts for line in _part_lines(part, language)),
        *_count_lines(explanation, case, language),
        *_maturity_lines(case, language),
        *_forecast_lines(desk, question, case, language),
        *(_exclusion_line(one, language) for one in explanation.excluded),
        _check_line(explanation.check, explanation.row_count, case.answer, language),
        *(_source_line(one, desk, language) for one in sources_of(desk, case.kpi.id)),
        *(Line(say("trust_header", language), "", "", said) for said in trust_of(desk, case.kpi.id, language)),
        Line(say("definition_header", language), "", "", explanation.definition),
        Line(say("snapshot_header", language), "", "", f"{desk.snapshot.id}, {desk.as_of}"),
    ]


def record_rows(
    desk: Desk, question: Question, page: int = 1, page_size: int = 1_000, *, language: Language = "en"
) -> Rows:
    """Return a page of records as rows, after a row with the check of all of them. Raises `QuestionError`."""
    keys = ("part", "record", "name", "account", "dimension_rep", "date", "value", "note", "link")
    header: list[Cell] = [say(key, language) for key in keys]
    found = record_page(desk, question, page, page_size)
    if isinstance(found, Answer):
        return [header, [found.kpi, "", WARNING + reason_of(found, language), "", "", "", "", "", ""]]
    pages = -(-found.count // found.page_size) or 1
    which = say("records_page", language, count=f"{found.count:,}", page=found.page, pages=pages)
    check = _check_line(found.check, found.count, found.answer, language)
    summary: list[Cell] = ["", "", check.item, "", "", "", check.value, f"{check.meaning} {which}".strip(), ""]
    return [header, summary, *(_record_row(desk, record) for record in found.records)]


def record_page(desk: Desk, question: Question, page: int, page_size: int) -> RecordPage | Answer:
    """Return a page of records, or the answer alone where it is not allowed. Raises `QuestionError`."""
    case = case_at(desk, question)
    return case if isinstance(case, Answer) else page_of(case, page, page_size)


def _answer_lines(explanation: Explanation, case: Case, language: Language) -> Iterator[Line]:
    answer, kpi, period = case.answer, case.kpi, case.scope.period
    yield Line(kpi.titles[language], _cell(answer.value), kpi.unit, kpi.formula_words[language])
    if answer.state != "ok" or answer.message:
        state = say("state", language) if answer.state == "ok" else state_title(answer, language)
        yield Line(state, "", "", reason_of(answer, language))
    if explanation.is_prorated:
        yield Line(say("prorated", language), "", "", say("prorated_meaning", language))
    yield Line(say("formula", language), "", "", kpi.formula)
    yield Line(say("who", language), "", "", explanation.who[language])
    if explanation.membership:
        yield Line(say("membership", language), "", "", explanation.membership[language])
    yield Line(say("period", language), "", "", f"{period.label}: {date_of(period.first)} – {date_of(period.last)}")


def _part_lines(part: Part, language: Language, depth: int = 0) -> Iterator[Line]:
    is_side = part.role in {"numerator", "denominator"}
    item = say("labelled", language, label=say(part.role, language), value=part.name) if is_side else part.name
    words = part.filter.get(language) or part.formula
    meaning = f"{part.words[language]} [{words}]" if words and words != part.name else part.words[language]
    words_of_part = in_language(part.message, language)
    note = f"{WARNING}{words_of_part}" if words_of_part and part.value is None else words_of_part
    meaning = f"{meaning} {note}".strip()
    yield Line(f"{_INDENT * depth}{item}", _cell(part.value), part.unit, meaning)
    for below in part.parts:
        yield from _part_lines(below, language, depth + 1)


def _count_lines(explanation: Explanation, case: Case, language: Language) -> Iterator[Line]:
    if explanation.answer.n is not None:
        counted = case.recount.catalogue.measures[case.kpi.count].words[language]
        yield Line(say("sample", language), explanation.answer.n, "count", counted)
    yield from _interval_lines(explanation.answer, case.kpi, language)


def _interval_lines(answer: Answer, kpi: Kpi, language: Language) -> Iterator[Line]:
    """Yield both ends of a number's interval, or why it has none."""
    if answer.low is not None and answer.high is not None:
        meaning = joined(say("interval", language), small_of(answer, language))
        yield Line(say("show_low", language), answer.low, kpi.unit, meaning)
        yield Line(say("show_high", language), answer.high, kpi.unit, meaning)
    elif kpi.no_interval and answer.value is not None:
        yield Line(say("interval", language), "", "", in_language(no_interval(kpi), language))


def _maturity_lines(case: Case, language: Language) -> Iterator[Line]:
    """Yield what the open deals of a cohort leave of the number."""
    cohort = cohort_behind(case)
    for item, value, unit, said in maturity_lines(cohort, language) if cohort else ():
        yield Line(item, _cell(value), unit, said)


def _forecast_lines(desk: Desk, question: Question, case: Case, language: Language) -> Iterator[Line]:
    """Yield what each method of a forecast says, and how wrong it was before."""
    if case.kpi.id != FORECAST_KPI:
        return
    for item, value, said in forecast_lines(desk, question.who, question.period, language=language):
        yield Line(item, _cell(value), "" if value is None else case.kpi.unit, said)


def _exclusion_line(one: Exclusion, language: Language) -> Line:
    meaning = f"{one.reason[language]} ({one.rows[language]}; {', '.join(one.parts)})"
    return Line(say("left_out", language), one.count, "count", meaning)


def _check_line(check: Check | None, count: int, answer: Answer, language: Language) -> Line:
    if check is None:
        return Line(say("recounted", language), "", "", say("not_recounted", language, count=f"{count:,}"))
    key = "recounted_other" if not check.equals else "recounted_none" if answer.value is None else "recounted_equal"
    meaning = say(key, language, count=f"{count:,}")
    return Line(say("recounted", language), _cell(check.recomputed), answer.unit, meaning)


def _source_line(source: Source, desk: Desk, language: Language) -> Line:
    item = say("labelled", language, label=say("source", language), value=source.table)
    if source.table not in desk.snapshot.manifest.tables:
        return Line(item, "", "", say("never_read", language))
    moments = [say("as_of", language, source=name, moment=at) for name, at in source.delivered.items()]
    return Line(item, _cell(source.rows), "count", " ".join([", ".join(moments), *source.problems]))


def _record_row(desk: Desk, record: Record) -> list[Cell]:
    day = "" if record.day is None else date_of(record.day).isoformat()
    return [record.part, record.id, record.name, record.account, record.owner, day, record.value, record.note,
            link_of(desk, record.id)]  # fmt: skip


def _cell(value: float | None) -> Cell:
    return "" if value is None else value
