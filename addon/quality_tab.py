"""How the data-quality tab looks: a line for each check that found something, below it the worst records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from addon.provenance import link_of
from addon.quality import QualityReport, record_words, title_of
from addon.reader import Desk
from addon.target_rows import target_rows
from addon.words import say
from connectors.sheets_content import Cell, TabContent
from kpis.definitions import Language
from kpis.periods import date_of
from kpis.quality import Found

QUALITY_KEY: Final = "quality"
_HEADINGS: Final = ("quality_check", "quality_count", "quality_worth", "dimension_rep", "date", "quality_do", "link")


def quality_tab(report: QualityReport, language: Language) -> TabContent:
    """Return the tab with the report."""
    manifest = report.desk.snapshot.manifest
    created = manifest.created.astimezone(manifest.company.calendar.zone)
    facts = [say("data_of", language, moment=f"{created:%Y-%m-%d %H:%M}")]
    if report.currency:
        facts.append(say("money_in", language, currency=report.currency))
    lines = [line for found in report.doubtful for line in _lines(report, found, language)]
    nothing = [[Cell(say("quality_nothing", language, count=len(report.found)), style="muted")]]
    return TabContent(
        key=QUALITY_KEY,
        title=say("quality_title", language),
        rows=[
            [Cell(say("quality_title", language), style="title")],
            [Cell(" · ".join(facts), style="muted")],
            [],
            [Cell(say(word, language), style="heading") for word in _HEADINGS],
            *(lines or nothing),
            *_target_lines(report.desk, language),
        ],
        column_widths=(420, 90, 120, 160, 100, 420, 320),
        frozen_rows=4,
    )


def _target_lines(desk: Desk, language: Language) -> list[list[Cell]]:
    """Return what is to be doubted about targets, below a heading of its own; nothing if nothing is."""
    header, *doubts = target_rows(desk, language=language)
    if not doubts:
        return []
    heading = [Cell(str(word), style="heading") for word in header]
    return [[], heading, *([Cell(str(word)) for word in row] for row in doubts)]


def _lines(report: QualityReport, found: Found, language: Language) -> Iterator[list[Cell]]:
    title, remedy = title_of(found, report.limits, language), found.check.remedies[language]
    blank = Cell()
    yield [Cell(title), Cell(found.count, "count"), Cell(found.amount, "money"), blank, blank, Cell(remedy), blank]
    for record in found.worst:
        yield [
            Cell(f"– {record_words(record)}"),
            blank,
            Cell(record.amount, "money"),
            Cell(record.owner or None),
            Cell(None if record.day is None else date_of(record.day)),
            blank,
            Cell(link_of(report.desk, record.id) or None),
        ]
