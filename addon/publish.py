"""Write the KPI tabs into the spreadsheets that get them, once per snapshot."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, insert, select

from addon.boards import TABS, kpi_tabs
from addon.database import PUBLICATION, open_database
from addon.errors import AddonError
from addon.quality import quality_report
from addon.quality_tab import QUALITY_KEY, quality_tab
from addon.reader import Desk, Reader
from addon.runs import Outcome
from addon.settings import Organisation, Settings
from connectors.errors import SourceError
from connectors.sheets import SpreadsheetWriter, TabContent
from kpis.definitions import Language
from kpis.errors import suggest


def publish(organisation: Organisation, writer: SpreadsheetWriter, *, tab: str = "", force: bool = True) -> Outcome:
    """Write all tabs, or one, into every spreadsheet of ``google.publish_to``; two calls each.

    Without ``force``, a spreadsheet that already shows this content is left alone after one look whether all its tabs
    are still there: a deleted one is made again. A spreadsheet that cannot be written is reported, and the others
    are written. Raises `AddonError` when there is no snapshot.
    """
    if tab and tab not in TABS:
        raise AddonError(f"There is no tab {tab!r}; there are {', '.join(TABS)}.{suggest(tab, TABS)}")
    settings = organisation.settings
    desk = Reader(organisation).desk()
    language: Language = "fr" if settings.text("org", "language") == "fr" else "en"
    tabs = [content for content in _tabs(desk, settings, language, tab) if tab in {"", content.key}]
    today = settings.clock.today(desk.snapshot.manifest.company.time_zone)
    content = _digest(tabs, today.isoformat())
    publications = Publications(open_database(organisation.data_folder))
    errors: list[str] = []
    notes: list[str] = []
    written, calls_before = 0, writer.call_count
    for spreadsheet in settings.words("google", "publish_to"):
        try:
            is_shown = not force and publications.shows(spreadsheet, content)
            if is_shown and not writer.missing(spreadsheet, [each.key for each in tabs]):
                continue
            revision = publications.revision(spreadsheet) + 1
            replaced = writer.replace(spreadsheet, tabs, revision)
        except SourceError as error:
            errors.append(str(error))
            continue
        publications.remember(spreadsheet, desk.snapshot.id, content, revision, settings.clock.now())
        notes += replaced.notes
        written += 1
    state = "failed" if errors else "done" if written else "unchanged"
    calls = writer.call_count - calls_before
    return Outcome(state, call_count=calls, snapshot=desk.snapshot.id, problems=tuple(notes), error=" ".join(errors))


def _tabs(desk: Desk, settings: Settings, language: Language, tab: str) -> Iterator[TabContent]:
    """Yield the tabs that every spreadsheet gets, and the report of data quality where it is wanted."""
    if tab != QUALITY_KEY:
        yield from kpi_tabs(desk, language)
    if tab == QUALITY_KEY or settings.flag("quality", "tab"):
        yield quality_tab(quality_report(desk, settings), language)


def _digest(tabs: Sequence[TabContent], day: str) -> str:
    """Return a digest of everything that the tabs show."""
    return hashlib.sha256(repr((day, tabs)).encode()).hexdigest()


class Publications:
    """What each spreadsheet shows: the content's digest, and the revision that its cells recalculate by."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def shows(self, spreadsheet: str, content: str) -> bool:
        """Return whether the last publication had this content."""
        found = self._column(spreadsheet, "content")
        return found == content

    def revision(self, spreadsheet: str) -> int:
        """Return the last revision, 0 before the first."""
        found = self._column(spreadsheet, "revision")
        return int(str(found)) if found is not None else 0

    def remember(self, spreadsheet: str, snapshot: str, content: str, revision: int, now: datetime) -> None:
        """Note what was published."""
        row = {
            "spreadsheet": spreadsheet,
            "snapshot": snapshot,
            "content": content,
            "revision": revision,
            "published_at": now.astimezone(UTC).replace(tzinfo=None),
        }
        with self._engine.begin() as connection:
            connection.execute(delete(PUBLICATION).where(PUBLICATION.c.spreadsheet == spreadsheet))
            connection.execute(insert(PUBLICATION).values(**row))

    def _column(self, spreadsheet: str, name: str) -> object:
        statement = select(PUBLICATION.c[name]).where(PUBLICATION.c.spreadsheet == spreadsheet)
        with self._engine.connect() as connection:
            return connection.execute(statement).scalar_one_or_none()
