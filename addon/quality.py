"""The data-quality report of a snapshot: what each check found, with names, links and words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from addon.formats import format_value
from addon.functions import Json
from addon.provenance import link_of
from addon.reader import Desk
from addon.settings import Settings
from addon.words import say
from kpis.definitions import Language
from kpis.engine import opened
from kpis.periods import date_of, period_at
from kpis.quality import Doubtful, Found, Limits, run_checks, stalled_after

USUAL_WORST: Final = 5


@dataclass(frozen=True, slots=True)
class QualityReport:
    """What the checks found in the snapshot of a desk, on its day and within these limits."""

    desk: Desk
    limits: Limits
    found: tuple[Found, ...]

    @property
    def currency(self) -> str:
        """Return the currency of all amounts; empty where it is not known."""
        return self.desk.snapshot.manifest.company.currency

    @property
    def doubtful(self) -> list[Found]:
        """Return the checks that found something."""
        return [each for each in self.found if each.count]


def quality_report(desk: Desk, settings: Settings, most: int = USUAL_WORST) -> QualityReport:
    """Run all checks over the snapshot of a desk; of each, list ``most`` records at most."""
    today, manifest = desk.answerer.today, desk.snapshot.manifest
    engine = opened(desk.snapshot.folder / "facts", today)
    limits = Limits(
        today=today,
        year_start=period_at("fiscal year", today, manifest.company.calendar).first,
        near_days=settings.integer("quality", "duplicate_days"),
        stalled_days=settings.integer("quality", "stalled_days") or stalled_after(engine),
    )
    return QualityReport(desk, limits, tuple(run_checks(engine, limits, frozenset(manifest.tables), most)))


def quality_document(report: QualityReport) -> dict[str, Json]:
    """Return the report as one JSON document."""
    return {
        "snapshot": report.desk.snapshot.id,
        "as_of": report.desk.as_of,
        "today": date_of(report.limits.today).isoformat(),
        "currency": report.currency,
        "limits": dict(report.limits.numbers),
        "checks": [_check_document(report, found) for found in report.found],
    }


def quality_text(report: QualityReport, language: Language) -> list[str]:
    """Return the report line by line: the checks that found something, each with its worst records."""
    if not report.doubtful:
        return [say("quality_nothing", language, count=len(report.found))]
    return [line for found in report.doubtful for line in _check_lines(report, found, language)]


def quality_summary(report: QualityReport) -> str:
    """Return in one sentence how much was found."""
    if not report.doubtful:
        return say("quality_nothing", "en", count=len(report.found))
    counts = "; ".join(f"{title_of(found, report.limits, 'en')}: {found.count:,}" for found in report.doubtful)
    return f"{counts}. `scorecell quality` lists them."


def title_of(found: Found, limits: Limits, language: Language) -> str:
    """Return what a check looks for, with its limits filled in."""
    return found.check.titles[language].format(**limits.numbers)


def record_words(record: Doubtful) -> str:
    """Return what a record is called: by its name, else its account, else its id."""
    return record.name or record.account or record.id.partition(":")[2]


def _check_lines(report: QualityReport, found: Found, language: Language) -> Iterator[str]:
    worth = "" if found.amount is None else f", {format_value(found.amount, 'money', report.currency, language)}"
    count = format_value(found.count, "count", "", language)
    yield say("labelled", language, label=title_of(found, report.limits, language), value=f"{count}{worth}")
    yield f"    {found.check.remedies[language]}"
    for record in found.worst:
        amount = "" if record.amount is None else format_value(record.amount, "money", report.currency, language)
        day = "" if record.day is None else date_of(record.day).isoformat()
        parts = (record_words(record), record.owner, amount, day, link_of(report.desk, record.id))
        yield "    - " + ", ".join(part for part in parts if part)


def _check_document(report: QualityReport, found: Found) -> dict[str, Json]:
    check = found.check
    return {
        "id": check.id,
        "table": check.table,
        "title": title_of(found, report.limits, "en"),
        "title_fr": title_of(found, report.limits, "fr"),
        "remedy": check.remedies["en"],
        "remedy_fr": check.remedies["fr"],
        "count": found.count,
        "amount": found.amount,
        "worst": [_record_document(report, record) for record in found.worst],
    }


def _record_document(report: QualityReport, record: Doubtful) -> dict[str, Json]:
    return {
        "id": record.id,
        "name": record.name,
        "account": record.account,
        "owner": record.owner,
        "amount": record.amount,
        "day": None if record.day is None else date_of(record.day).isoformat(),
        "link": link_of(report.desk, record.id),
    }
