"""How mature a cohort is, as JSON and as lines of an explanation."""

from __future__ import annotations

from dataclasses import asdict

from addon.formats import format_share, format_value
from addon.functions import Json
from addon.words import say
from kpis.definitions import Language
from kpis.maturity import Cohort

Line = tuple[str, float | None, str, str]
"""What it is about, its value and unit, and what there is to say."""


def maturity_document(cohort: Cohort) -> dict[str, Json]:
    """Return the cohort as JSON; shares are fractions, ages are days."""
    return {**asdict(cohort), "known": cohort.known, "known_share": cohort.known_share}


def maturity_lines(cohort: Cohort, language: Language) -> list[Line]:
    """Return how many outcomes are known, and the estimates beside the raw numbers; those that there are."""
    if cohort.known_share is None or cohort.open_share is None:
        return []
    counts = {
        "known": format_value(cohort.known, "count", "", language),
        "count": format_value(cohort.count, "count", "", language),
        "won": format_value(cohort.won, "count", "", language),
    }
    lines: list[Line] = [
        (say("maturity_known", language), cohort.known_share, "percent", say("maturity_known_of", language, **counts))
    ]
    if cohort.win_rate is not None:
        lines.append((say("maturity_win_rate", language), cohort.win_rate, "percent", _rate_text(cohort, language)))
    if cohort.cycle_days is not None:
        lines.append((say("maturity_cycle", language), cohort.cycle_days, "days", _cycle_text(cohort, language)))
    if cohort.median_days is not None:
        lines.append((say("maturity_median", language), cohort.median_days, "days", ""))
    return lines


def _rate_text(cohort: Cohort, language: Language) -> str:
    raw, low, high, still_open = (
        format_share(share or 0.0, language)
        for share in (cohort.raw_win_rate, cohort.low, cohort.high, cohort.open_share)
    )
    age = format_value(cohort.horizon_days, "days", "", language)
    between = say("between", language, low=low, high=high)
    return f"{between}; {say('maturity_raw_rate', language, raw=raw, open=still_open, age=age)}"


def _cycle_text(cohort: Cohort, language: Language) -> str:
    return say("maturity_raw_cycle", language, raw=format_value(cohort.raw_cycle_days or 0.0, "days", "", language))
