"""Where a number comes from: its question opened up in a pinned snapshot, its tables, the pages of its records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from addon.reader import Desk
from addon.trust_words import trust_lines
from kpis.cases import Case, case_of
from kpis.definitions import Language
from kpis.engine import opened
from kpis.errors import QuestionError
from kpis.questions import Answer, Question
from kpis.tables_of import tables_of

_FROM_TAB: Final = "sheet:"


@dataclass(frozen=True, slots=True)
class Source:
    """A table behind a number: how many rows it has, who delivered it and when, and what is missing in it.

    ``rows`` is None where the caller may not know how many there are in all, or the table was never read.
    """

    table: str
    rows: int | None
    delivered: Mapping[str, str]
    problems: tuple[str, ...]


def case_at(desk: Desk, question: Question) -> Case | Answer:
    """Return the case of a question, or the answer that it is not allowed. Raises `QuestionError`."""
    folder = desk.snapshot.folder / "facts"
    case = case_of(desk.answerer, lambda: opened(folder, desk.answerer.cube.today), question)
    if isinstance(case, Answer) and case.state == "error":
        raise QuestionError(case.message)
    return case


def sources_of(desk: Desk, kpi: str) -> list[Source]:
    """Return every table that the KPI rests on; totals of rows are for callers without a limit."""
    return [_source(desk, table) for table in sorted(tables_of(desk.answerer.catalogue, kpi))]


def trust_of(desk: Desk, kpi: str, language: Language) -> list[str]:
    """Return how the tables that the KPI rests on compare with Salesforce's own counts; nothing where that is not
    known or not the caller's business."""
    compared, currency = desk.trust(), desk.snapshot.manifest.company.currency
    tables = tables_of(desk.answerer.catalogue, kpi)
    return trust_lines(compared, language, currency=currency, tables=tables) if compared else []


def _source(desk: Desk, table: str) -> Source:
    found = desk.snapshot.manifest.tables.get(table)
    if found is None:
        return Source(table, None, {}, ())
    delivered = {source: desk.freshness.get(source, desk.as_of) for source in found.sources}
    return Source(table, None if desk.answerer.limit.is_set else found.rows, delivered, found.problems)


def link_of(desk: Desk, record_id: str) -> str:
    """Return the address of a record in Salesforce, or of its tab; an empty text where that is not known."""
    if record_id.startswith(_FROM_TAB):
        return _tab_of(desk, record_id)
    pattern, number = desk.snapshot.manifest.company.record_url, record_id.removeprefix("sf:")
    is_linked = pattern and record_id.startswith("sf:") and number.isalnum()
    return pattern.replace("{id}", number) if is_linked else ""


def _tab_of(desk: Desk, record_id: str) -> str:
    """Return the address of the tab that a row is from; of tabs whose names begin alike, the longest name counts."""
    places: dict[str, str] = json.loads(desk.snapshot.manifest.cursors.get("sheets", {}).get("places", "{}"))
    fitting = [tab for tab in places if record_id.startswith(f"{_FROM_TAB}{tab}:")]
    return places[max(fitting, key=len)] if fitting else ""
