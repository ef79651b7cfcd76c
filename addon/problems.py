"""The tab "Scorecell problems": what could not be read in a spreadsheet, written into it for those who mend it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Engine, delete, insert, select

from addon.clock import instant_text
from addon.database import WRITTEN_TAB, open_database
from addon.settings import Organisation
from addon.words import language_of, say
from connectors.errors import SourceError
from connectors.sheets import SpreadsheetWriter
from connectors.sheets_content import Cell, TabContent
from connectors.source import Problem
from kpis.definitions import Language

PROBLEMS_KEY: Final = "problems"
_MOST_LISTED: Final = 1_000
_HEADINGS: Final = ("problems_tab", "problems_cell", "value", "problems_reason", "quality_do", "link")
_PLACE: Final = re.compile(r"(.*)!([A-Z]{0,3}[0-9]{1,7})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Told:
    """How the writing went: calls, and sentences about anything out of the ordinary."""

    call_count: int
    problems: tuple[str, ...]


def write_problems(organisation: Organisation, writer: SpreadsheetWriter, problems: Sequence[Problem]) -> Told:
    """Write the problems of each spreadsheet that is read into a tab of it, where they are others than before.

    Two calls for each that is written. One without problems gets no tab; where there is one, it says that all is
    well. A spreadsheet that cannot be written is told, and the others are written.
    """
    settings, now = organisation.settings, organisation.settings.clock.now()
    language = language_of(settings.text("org", "language"))
    written = WrittenTabs(open_database(organisation.data_folder))
    calls_before = writer.call_count
    told: list[str] = []
    for spreadsheet in settings.words("google", "spreadsheets"):
        own = [each for each in problems if each.document in {"", spreadsheet} and not _is_remark(each)]
        digest = _digest(own)
        before = written.content(spreadsheet, PROBLEMS_KEY)
        if digest == before or (not own and not before):
            continue
        try:
            told += writer.replace(spreadsheet, [problems_tab(own, now, language)], None).notes
        except SourceError as error:
            told.append(f"{say('problems_title', 'en')}: {error}")
        else:
            written.remember(spreadsheet, PROBLEMS_KEY, digest, now)
    return Told(writer.call_count - calls_before, tuple(told))


def problems_tab(problems: Sequence[Problem], now: datetime, language: Language) -> TabContent:
    """Return the tab that lists the problems: where, what stands there, why it was not read, what to do."""
    lines = [_line(problem) for problem in problems[:_MOST_LISTED]] or [[Cell(say("problems_none", language))]]
    if len(problems) > _MOST_LISTED:
        lines.append([Cell(say("problems_more", language, count=len(problems) - _MOST_LISTED), style="muted")])
    return TabContent(
        key=PROBLEMS_KEY,
        title=say("problems_title", language),
        rows=[
            [Cell(say("problems_title", language), style="title")],
            [Cell(say("problems_intro", language, moment=instant_text(now)), style="muted")],
            [],
            [Cell(say(word, language), style="heading") for word in _HEADINGS],
            *lines,
        ],
        column_widths=(180, 70, 160, 420, 360, 320),
        frozen_rows=4,
    )


def _line(problem: Problem) -> list[Cell]:
    found = _PLACE.fullmatch(problem.place)
    tab, cell = (found[1], found[2]) if found else (problem.place, "")
    return [Cell(text or None) for text in (tab, cell, problem.value, problem.reason, problem.remedy, problem.link)]


def _is_remark(problem: Problem) -> bool:
    """Whether this is told of a row that needs nothing: one of totals, say, which makes no table incomplete."""
    return not problem.tables and _PLACE.fullmatch(problem.place) is not None


def _digest(problems: Sequence[Problem]) -> str:
    """Return the same text for the same problems, and a word where there are none."""
    text = repr(list(problems)).encode("utf-8", "backslashreplace")
    return hashlib.sha256(text).hexdigest() if problems else "none"


class WrittenTabs:
    """What single tabs of ours show: a digest of their content, by spreadsheet and key."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def content(self, spreadsheet: str, tab: str) -> str:
        """Return the digest that was written last; empty before the first."""
        where = WRITTEN_TAB.c.spreadsheet == spreadsheet, WRITTEN_TAB.c.tab == tab
        with self._engine.connect() as connection:
            return str(connection.execute(select(WRITTEN_TAB.c.content).where(*where)).scalar_one_or_none() or "")

    def remember(self, spreadsheet: str, tab: str, content: str, now: datetime) -> None:
        """Note what was written."""
        row = {"spreadsheet": spreadsheet, "tab": tab, "content": content}
        written_at = now.astimezone(UTC).replace(tzinfo=None)
        with self._engine.begin() as connection:
            where = WRITTEN_TAB.c.spreadsheet == spreadsheet, WRITTEN_TAB.c.tab == tab
            connection.execute(delete(WRITTEN_TAB).where(*where))
            connection.execute(insert(WRITTEN_TAB).values(**row, written_at=written_at))
