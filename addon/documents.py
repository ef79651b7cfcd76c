"""Answers and definitions as JSON documents, as the contract of the command line and of HTTP has them."""

from __future__ import annotations

from addon.functions import Json
from addon.reader import Desk
from kpis.definitions import Kpi
from kpis.questions import Answer


def answer_document(answer: Answer, desk: Desk) -> dict[str, Json]:
    """Return one answer; ``membership`` says whether teams and regions are taken as they are now, or were then."""
    return {
        "kpi": answer.kpi,
        "who": answer.who,
        "period": answer.period,
        "show": answer.question.show or "value",
        "value": answer.value,
        "unit": answer.unit,
        "state": answer.state,
        "message": answer.message,
        "numerator": answer.numerator,
        "denominator": answer.denominator,
        "n": answer.n,
        "low": answer.low,
        "high": answer.high,
        "method": answer.method,
        "is_small": answer.is_small,
        "snapshot": desk.snapshot.id,
        "as_of": desk.as_of,
        "membership": desk.answerer.cube.when,
    }


def kpi_document(kpi: Kpi) -> dict[str, Json]:
    """Return one definition of the catalogue."""
    return {
        "id": kpi.id,
        "family": kpi.family,
        "title_en": kpi.titles["en"],
        "title_fr": kpi.titles["fr"],
        "synonyms": list(kpi.synonyms),
        "formula": kpi.formula_words["en"],
        "formula_fr": kpi.formula_words["fr"],
        "unit": kpi.unit,
        "better": kpi.better,
        "horizon": kpi.horizon,
        "dimensions": list(kpi.dimensions),
        "source": kpi.source,
        "version": kpi.version,
        "notes": (kpi.notes or {}).get("en", ""),
    }
