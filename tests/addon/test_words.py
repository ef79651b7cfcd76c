"""The texts of cards and tables: whole in both languages, with the same gaps, and every one of them used."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter

import pytest

from addon.words import LANGUAGES, all_words, language_of, say
from kpis.catalogue import load_catalogue

ROOT = Path(__file__).parents[2]
MADE = (
    "state_", "reason_", "show_", "dimension_", "better_", "source_", "family_", "recounted_", "effect_", "expected_",
    "movement_", "target_", "forecast_", "trust_", "quality_",
)  # fmt: skip
"""Beginnings of keys that are put together from a state, a dimension and the like."""


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", all_words())
def test_every_text_is_there_in_every_language_with_the_same_gaps(key: str) -> None:
    texts = all_words()[key]
    assert set(texts) == set(LANGUAGES)
    assert all(text.strip() for text in texts.values())
    assert len({frozenset(gaps(text)) for text in texts.values()}) == 1


def test_every_text_is_used() -> None:
    files = [*ROOT.glob("addon/**/*.py"), *ROOT.glob("addon/playground/templates/*.html")]
    sources = "\n".join(file.read_text(encoding="utf-8") for file in files)
    quoted = set(re.findall(r"""["']([a-z0-9_ ]+)["']""", sources))
    said = {text.replace(" ", "_") for text in quoted}  # a period's words are its key
    assert [key for key in all_words() if not key.startswith(MADE) and key not in said] == []


def test_every_family_has_a_title() -> None:
    for kpi in load_catalogue().kpis.values():
        assert say(f"family_{kpi.family}", "fr")


def test_values_are_filled_in_and_never_looked_into() -> None:
    assert say("connected", "en", title="{day} {0.__class__}", day=7) == (
        "The =KPI() formulas of {day} {0.__class__} are connected until 7."
    )


@pytest.mark.parametrize(
    ("locale", "language"),
    [("fr", "fr"), ("fr-CA", "fr"), ("FR_fr", "fr"), ("en-GB", "en"), ("de", "en"), ("frr", "en")],
)
def test_french_locales_read_french_and_all_others_english(locale: str, language: str) -> None:
    assert language_of(locale) == language
    assert language_of("", "fr") == "fr"
