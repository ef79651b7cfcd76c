"""Explanations and records as plain text for a terminal: aligned columns, one line each."""

from __future__ import annotations

from typing import Final

from addon.explained import Line, explain_lines, record_rows
from addon.formats import format_value
from addon.reader import Desk
from addon.spills import Cell
from kpis.questions import Question

_WIDEST: Final = 40
"""A longer cell is cut in a terminal; the JSON document has it whole."""


def explanation_text(desk: Desk, question: Question) -> list[str]:
    """Return the explanation: what it is about, the value, and what there is to say. Raises `QuestionError`."""
    currency = desk.snapshot.manifest.company.currency
    lines = explain_lines(desk, question)
    values = [_value(line, currency) for line in lines]
    widths = max(len(line.item) for line in lines), max(map(len, values))
    rows = [
        f"{line.item:<{widths[0]}}  {value:>{widths[1]}}  {line.meaning}"
        for line, value in zip(lines, values, strict=True)
    ]
    return [row.rstrip() for row in rows]


def records_text(desk: Desk, question: Question, page: int, page_size: int) -> list[str]:
    """Return a page of records with a header, and the check of all of them. Raises `QuestionError`."""
    rows = record_rows(desk, question, page, page_size)
    header, _, *records = [[_cut(cell) for cell in row] for row in rows]
    kept = [place for place in range(len(header)) if any(row[place] for row in records)]
    widths = [max(len(row[place]) for row in (header, *records)) for place in kept]
    table = [
        "  ".join(f"{row[place]:<{width}}" for place, width in zip(kept, widths, strict=True)).rstrip()
        for row in (header, *records)
    ]
    summary = ", ".join(_plain(cell) for cell in rows[1] if cell != "")
    return [*(table if records else []), summary]


def _value(line: Line, currency: str) -> str:
    if isinstance(line.value, str):
        return line.value
    return format_value(line.value, line.unit or "count", currency)


def _cut(cell: Cell) -> str:
    text = _plain(cell)
    is_whole = text.startswith("http") or len(text) <= _WIDEST
    return text if is_whole else f"{text[: _WIDEST - 1]}…"


def _plain(cell: Cell) -> str:
    return cell if isinstance(cell, str) else f"{cell:.12g}"
