"""Bridges of a pinned snapshot as rows of a sheet, as one JSON document, and as lines for a terminal."""

from __future__ import annotations

from typing import Final

from addon.functions import Json
from addon.reader import Desk
from addon.spills import WARNING, Cell, Rows
from addon.titles import reason_of, state_title, who_title
from addon.words import say
from kpis.bridge import Bridge, bridge, shortened
from kpis.definitions import Catalogue, Language
from kpis.effects import Contribution
from kpis.periods import period_title
from kpis.questions import Answer, Question
from kpis.said import in_language

MOST_CONTRIBUTIONS: Final = 1_000
"""A longer list tells nobody anything; its smallest are added up."""
_SIGNIFICANT: Final = 9


def bridge_of(desk: Desk, question: Question, against: str = "", by: str = "") -> Bridge | Answer:
    """Return the bridge, at most `MOST_CONTRIBUTIONS` long, or the answer that is not allowed.

    Raises `QuestionError` for words that mean nothing.
    """
    found = bridge(desk.answerer, question, against, by)
    return found if isinstance(found, Answer) else shortened(found, MOST_CONTRIBUTIONS)


def bridge_rows(
    desk: Desk, question: Question, against: str = "", by: str = "", *, language: Language = "en"
) -> Rows:
    """Return a row for each contribution, the largest first, and the total.

    The columns are member, effect, before, after and contribution. Raises `QuestionError`.
    """
    found = bridge_of(desk, question, against, by)
    if isinstance(found, Answer):
        return [_header("part", language), [found.kpi, WARNING + reason_of(found, language), "", "", ""]]
    catalogue = desk.answerer.catalogue
    whole = who_title(desk.answerer.cube, question.who, language)
    first = f"dimension_{found.dimension}" if found.dimension else "part"
    rows = [
        [one.member or whole, _effect(one, catalogue, language), _cell(one.before), _cell(one.after), one.value]
        for one in found.contributions
    ]
    return [_header(first, language), *rows, _total(found, whole, language)]


def bridge_document(desk: Desk, question: Question, against: str = "", by: str = "") -> dict[str, Json]:
    """Return the bridge as JSON; ``residual`` is what rounding leaves between the change and the contributions."""
    found = bridge_of(desk, question, against, by)
    pinned: dict[str, Json] = {"snapshot": desk.snapshot.id, "as_of": desk.as_of}
    if isinstance(found, Answer):
        said: dict[str, Json] = {"kpi": found.kpi, "who": found.who, "period": found.period}
        return {**said, "state": found.state, "message": found.message, **pinned}
    return {
        "kpi": found.kpi.id,
        "who": found.answer.who,
        "period": found.period.label,
        "against": found.against.label,
        "by": found.dimension,
        "unit": found.kpi.unit,
        "before": found.before,
        "after": found.after,
        "change": found.change,
        "state": found.answer.state if found.state == "ok" else found.state,
        "message": found.reason or found.answer.message,
        "contributions": [_contribution(one) for one in found.contributions],
        "residual": found.residual,
        **pinned,
    }


def bridge_text(desk: Desk, question: Question, against: str = "", by: str = "") -> list[str]:
    """Return the bridge with aligned columns. Raises `QuestionError`."""
    rows = [[_plain(cell) for cell in row] for row in bridge_rows(desk, question, against, by)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [_aligned(row, widths) for row in rows]


def _header(first: str, language: Language) -> list[Cell]:
    return [say(key, language) for key in (first, "effect", "before", "after", "contribution")]


def _effect(one: Contribution, catalogue: Catalogue, language: Language) -> str:
    effect = say(f"effect_{one.effect}", language, count=one.member)
    words = catalogue.measures[one.part].words[language] if one.part else ""
    return words if words and one.effect == "part" else f"{effect}: {words}" if words else effect


def _total(found: Bridge, whole: str, language: Language) -> list[Cell]:
    between = f"{period_title(found.against, language)} → {period_title(found.period, language)}"
    change = found.change
    if change is None:
        reason = in_language(found.reason, language)
        return [whole, WARNING + reason, _cell(found.before), _cell(found.after), ""]
    mark = "" if found.answer.state == "ok" else f" ({state_title(found.answer, language)})"
    title = found.kpi.titles[language]
    return [say("total", language), f"{title}, {between}{mark}", _cell(found.before), _cell(found.after), change]


def _contribution(one: Contribution) -> dict[str, Json]:
    return {
        "member": one.member if one.effect != "others" else "",
        "effect": one.effect,
        "measure": one.part,
        "before": one.before,
        "after": one.after,
        "contribution": one.value,
    }


def _cell(value: float | None) -> Cell:
    return "" if value is None else value


def _plain(cell: Cell) -> str:
    return cell if isinstance(cell, str) else f"{cell:,.{_SIGNIFICANT}g}"


def _aligned(row: list[str], widths: list[int]) -> str:
    words = [f"{cell:<{width}}" for cell, width in zip(row[:2], widths[:2], strict=True)]
    numbers = [f"{cell:>{width}}" for cell, width in zip(row[2:], widths[2:], strict=True)]
    return "  ".join([*words, *numbers]).rstrip()
