"""What is said to people: sentences in each language, whose templates stand in ``sentences.toml``.

A `Sentence` is its English text, on which programs may rely, and knows the French one that readers see.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, get_args

from kpis.definitions import Language

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
_FILE: Final = Path(__file__).with_name("sentences.toml")
Words = Mapping[Language, str]


class Sentence(str):
    """An English text that knows its French one."""

    __slots__ = ("french",)
    french: str

    def __new__(cls, english: str = "", french: str = "") -> Sentence:
        """Make a sentence; without French words it is the same in both languages."""
        made = super().__new__(cls, english)
        made.french = french or english
        return made


def in_language(text: str, language: Language) -> str:
    """Return the text in a language; one that is no `Sentence` is the same in all."""
    return text.french if language == "fr" and isinstance(text, Sentence) else str(text)


def said(key: str, **values: object) -> Sentence:
    """Return a sentence of the file with its ``{names}`` filled in. Values are never looked into, whatever they hold.

    A value may be words by language, a `Sentence`, or anything that has a text.
    """
    template = _templates()[key]
    return Sentence(
        *(
            template[language].format(**{name: _worded(value, language) for name, value in values.items()})
            for language in LANGUAGES
        )
    )


def joined(sentences: Iterable[str], mark: str = " ") -> Sentence:
    """Return the sentences that say anything, one after the other."""
    listed = [one for one in sentences if one]
    return Sentence(mark.join(listed), mark.join(in_language(one, "fr") for one in listed))


def any_of(choices: Sequence[str]) -> Sentence:
    """Return the choices as ``a or b or c``."""
    return Sentence(*(in_language(said("or"), language).join(choices) for language in LANGUAGES))


def _worded(value: object, language: Language) -> str:
    if isinstance(value, Mapping):
        return str(value[language])
    return in_language(value, language) if isinstance(value, str) else str(value)


@cache
def _templates() -> Mapping[str, Words]:
    templates: Mapping[str, Words] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return templates
