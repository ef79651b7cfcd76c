"""Explanations and their records as one JSON document."""

from __future__ import annotations

from collections.abc import Mapping

from addon.documents import answer_document
from addon.forecasts import forecast_document
from addon.functions import Json
from addon.maturities import maturity_document
from addon.provenance import case_at, link_of, sources_of, trust_of
from addon.reader import Desk
from kpis.cases import Check
from kpis.definitions import Kpi, Language
from kpis.explain import Explanation, Part, explanation_of
from kpis.forecast import FORECAST_KPI
from kpis.maturity import cohort_behind
from kpis.periods import date_of
from kpis.questions import Answer, Question
from kpis.records import Record, RecordPage, page_of


def explain_document(
    desk: Desk, question: Question, *, with_records: bool = False, page: int = 1, page_size: int = 1_000
) -> dict[str, Json]:
    """Return the explanation of an answer, and with it a page of its records; of one that is not allowed, no more.

    Raises `QuestionError` where the question cannot be understood.
    """
    case = case_at(desk, question)
    if isinstance(case, Answer):
        return answer_document(case, desk)
    document = answer_document(case.answer, desk) | _explanation(explanation_of(desk.answerer, case), case.kpi)
    document["sources"] = [
        {"table": one.table, "rows": one.rows, "sources": _texts(one.delivered), "problems": list(one.problems)}
        for one in sources_of(desk, case.kpi.id)
    ]
    document["compared"] = [*trust_of(desk, case.kpi.id, "en")]
    if cohort := cohort_behind(case):
        document["maturity"] = maturity_document(cohort)
    if case.kpi.id == FORECAST_KPI:
        document["forecast"] = forecast_document(desk, question.who, question.period)
    if with_records:
        document["records"] = _page(desk, page_of(case, page, page_size))
    return document


def _explanation(explanation: Explanation, kpi: Kpi) -> dict[str, Json]:
    period = explanation.period
    return {
        "titles": _texts(kpi.titles),
        "definition": explanation.definition,
        "formula": kpi.formula,
        "formula_words": _texts(kpi.formula_words),
        "notes": _texts(kpi.notes or {}),
        "filter": {
            "who": _texts(explanation.who),
            "membership": _texts(explanation.membership),
            "first": str(date_of(period.first)) if period else "",
            "last": str(date_of(period.last)) if period else "",
        },
        "parts": [_part(part) for part in explanation.parts],
        "excluded": [
            {"count": one.count, "reason": _texts(one.reason), "rows": _texts(one.rows), "parts": list(one.parts)}
            for one in explanation.excluded
        ],
        "prorated": explanation.is_prorated,
        "record_count": explanation.row_count,
        "check": _check(explanation.check),
    }


def _part(part: Part) -> dict[str, Json]:
    return {
        "name": part.name,
        "role": part.role,
        "kind": part.kind,
        "words": _texts(part.words),
        "value": part.value,
        "unit": part.unit,
        "state": part.state,
        "message": part.message,
        "period": part.period.label,
        "formula": part.formula,
        "filter": _texts(part.filter),
        "prorated": part.is_prorated,
        "parts": [_part(below) for below in part.parts],
    }


def _check(check: Check | None) -> Json:
    return None if check is None else {"recomputed": check.recomputed, "equals": check.equals}


def _page(desk: Desk, page: RecordPage) -> dict[str, Json]:
    return {
        "count": page.count,
        "page": page.page,
        "page_size": page.page_size,
        "parts": [{"name": part.name, "role": part.role, "count": part.count} for part in page.parts],
        "rows": [_record(desk, record) for record in page.records],
        "check": _check(page.check),
    }


def _record(desk: Desk, record: Record) -> dict[str, Json]:
    return {
        "part": record.part,
        "id": record.id,
        "name": record.name,
        "account": record.account,
        "owner": record.owner,
        "day": None if record.day is None else str(date_of(record.day)),
        "value": record.value,
        "note": record.note,
        "link": link_of(desk, record.id),
    }


def _texts(texts: Mapping[Language, str] | Mapping[str, str]) -> dict[str, Json]:
    return {str(key): text for key, text in texts.items()}
