"""Read the small bodies of the routes that answer in rows, and say in a sentence what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from addon.errors import RequestError
from addon.functions import Json, word
from addon.words import LANGUAGES
from kpis.definitions import Language


def text_of(document: Mapping[str, Json], name: str, default: str | None = None) -> str:
    """Return a field as text. Raises `RequestError` for a list or an object, or if there is no default."""
    value = document.get(name)
    if value is None and default is not None:
        return default
    if value is None or isinstance(value, list | dict):
        raise RequestError(f'The body needs "{name}" as one text, as in {{"{name}": "..."}}.')
    return word(value).strip()


def texts_of(document: Mapping[str, Json], name: str, default: str | None = None) -> list[str]:
    """Return a field as a list of texts; one text is a list of one, and a sheet's range is read cell by cell."""
    value = document.get(name)
    if value is None and default is not None:
        return [default]
    listed = value if isinstance(value, list) else [value]
    cells = [cell for row in listed for cell in (row if isinstance(row, list) else [row])]
    if value is None or not cells or any(isinstance(cell, list | dict) for cell in cells):
        raise RequestError(f'The body needs "{name}" as a list of texts, as in {{"{name}": ["..."]}}.')
    return [word(cell).strip() for cell in cells]


def count_of(document: Mapping[str, Json], name: str, default: int) -> int:
    """Return a field as a whole number."""
    value = document.get(name)
    if value is None or value == "":
        return default
    text = word(value).strip()
    if len(text) > 9 or not text.isascii() or not text.isdigit():
        raise RequestError(f'"{name}" must be a whole number, not {text[:20]!r}.')
    return int(text)


def day_of(document: Mapping[str, Json], name: str) -> date | None:
    """Return a field as a day, None where there is none."""
    text = text_of(document, name, "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RequestError(f'"{name}" must be a day like 2026-11-24, not {text[:20]!r}.') from None


def language_asked(document: Mapping[str, Json], default: Language) -> Language:
    """Return the language that the body asks for."""
    asked = text_of(document, "language", default)
    for language in LANGUAGES:
        if asked == language:
            return language
    raise RequestError(f'"language" must be one of {", ".join(LANGUAGES)}, not {asked[:20]!r}.')
