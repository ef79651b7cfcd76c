"""What a comparison with Salesforce found, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Final

from addon.formats import format_value
from addon.trust import Comparison, Difference
from addon.words import say
from kpis.definitions import Language

MOST_TOLD: Final = 10
"""Differences that are told one by one; more are counted."""


def trust_lines(
    comparison: Comparison, language: Language = "en", *, currency: str = "", tables: Set[str] | None = None
) -> list[str]:
    """Return what there is to say, in all or of some tables: equal, or each difference with its likely reason.

    Nothing where none of the tables was compared.
    """
    at = f"{comparison.moment:%Y-%m-%d %H:%M} UTC"
    if comparison.error:
        return [say("trust_failed", language, moment=at, error=comparison.error)]
    if tables is not None and not tables & comparison.tables.keys():
        return []
    differences = [each for each in comparison.differences if tables is None or each.table in tables]
    told = [_difference(each, language, currency) for each in differences[:MOST_TOLD]]
    if len(differences) > MOST_TOLD:
        told.append(say("trust_more", language, count=len(differences) - MOST_TOLD))
    told += _others(comparison, language, tables)
    head = "trust_differs" if differences else "trust_equal"
    rows = sum(count for table, count in comparison.tables.items() if tables is None or table in tables)
    return [say(head, language, moment=at, rows=_count(rows, language), count=len(differences)), *told]


def _others(comparison: Comparison, language: Language, tables: Set[str] | None) -> Iterator[str]:
    """Yield what could not be compared, and what is not shown to us; all of it, or what bears upon deals."""
    if tables is None:
        for each in comparison.unseen:
            held, seen = _count(each.held, language), _count(each.seen, language)
            yield say("trust_unseen", language, object=each.object_name, held=held, seen=seen)
    if comparison.uncompared and (tables is None or "opportunity" in tables):
        yield say(f"trust_uncompared_{comparison.uncompared}", language)


def _difference(each: Difference, language: Language, currency: str) -> str:
    what = f"{each.object_name} {each.stage}".strip()
    ours, theirs = _count(each.ours, language), _count(each.theirs, language)
    if each.ours == each.theirs and each.our_amount is not None and each.their_amount is not None:
        ours, theirs = (format_value(a, "money", currency, language) for a in (each.our_amount, each.their_amount))
    reason = say(f"trust_{each.reason}", language, count=_count(each.changed, language))
    return say("trust_difference", language, what=what, ours=ours, theirs=theirs, reason=reason)


def _count(count: int, language: Language) -> str:
    return format_value(count, "count", "", language)
