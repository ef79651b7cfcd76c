"""The texts that people read on cards and in tables, by key and language; they stand in ``words.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, get_args

from kpis.definitions import Language

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
_FILE: Final = Path(__file__).with_name("words.toml")


@cache
def all_words() -> Mapping[str, Mapping[str, str]]:
    """Return every text by key and language."""
    words: Mapping[str, Mapping[str, str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return words


def say(key: str, language: Language, **values: object) -> str:
    """Return a text with its ``{names}`` filled in. Values are never looked into, whatever they hold."""
    return all_words()[key][language].format(**{name: str(value) for name, value in values.items()})


def family_title(family: str, language: Language) -> str:
    """Return what a family of KPIs is called; an organisation's own family is called by its name."""
    words = all_words().get(f"family_{family}")
    return words[language] if words else family.replace("_", " ").capitalize()


def language_of(locale: str, default: Language = "en") -> Language:
    """Return the language for a locale such as ``fr-CA``: French where it begins so, English for any other."""
    if not locale:
        return default
    return "fr" if locale.casefold().replace("_", "-").split("-")[0] == "fr" else "en"
