"""What is to be doubted about the targets of a snapshot: as findings of a check, and as rows of a sheet."""

from __future__ import annotations

from addon.reader import Desk
from addon.spills import Rows
from addon.words import say
from kpis.definitions import Language
from kpis.engine import opened
from kpis.said import in_language
from kpis.target_checks import TargetDoubt, TargetEntry, check_targets, target_entries


def doubts_of(desk: Desk) -> tuple[list[TargetEntry], list[TargetDoubt]]:
    """Return the targets of a desk's snapshot, and what is to be doubted about them."""
    engine = opened(desk.snapshot.folder / "facts", desk.answerer.cube.today)
    entries = target_entries(engine)
    return entries, check_targets(desk.answerer, entries)


def target_rows(desk: Desk, *, language: Language = "en") -> Rows:
    """Return a row for each doubt: the target, which of the four it misses, and why."""
    header = [say("target_header", language), say("misses", language), say("note", language)]
    _, doubts = doubts_of(desk)
    rows: Rows = [list(header)]
    for doubt in doubts:
        aspect = say("target_" + doubt.aspect.replace(" ", "_"), language)
        rows.append([doubt.target, aspect, in_language(doubt.sentence, language)])
    return rows
