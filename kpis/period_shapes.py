"""The shape of a period text: what it looks like when numbers, month names and units are put aside.

Case, accents, punctuation and articles are folded away, and the text is taken apart into words and numbers. In its
shape, four digits are a year, other digits a number, and month names and units are their kind: ``Last 30 days`` and
``last 7 day`` both have the shape ``last {number} <day>``. The templates of `PHRASES` have shapes, too, so that
reading a text is one look-up.
"""

from __future__ import annotations

import difflib
import itertools
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from kpis.calendars import RANGE_MARK, WHOLE_GRAINS, WholeGrain
from kpis.period_phrases import IGNORED, MONTHS, NUMBER_WORDS, ORDINAL_ENDINGS, PHRASES, RANGES, SINCE, UNITS, Phrase

_PUNCTUATION: Final = str.maketrans({
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "‐": "-", "‑": "-", "−": "-", "–": " - ", "—": " - ",
})  # fmt: skip
_SOFT_DASH: Final = "-"
_TOKEN: Final = re.compile(r"[a-z]+|[0-9]+|\.\.+|(?<= )-(?= )")
_READABLE: Final = re.compile(r"[a-z0-9 \-/,'_]|\.\.+|(?<=[a-z])\.")  # one point only ends an abbreviation: "sept."
_ORDINAL: Final = re.compile(rf"(?<=[0-9])(?:{ORDINAL_ENDINGS})\b")
_PART: Final = re.compile(r"\{[^}]*\}|\S+")
_SLOT: Final = re.compile(r"\{([^}]*)\}")
_SLOT_NAMES: Final[Mapping[str, str]] = {"month name": "month"}
_SAMPLES: Final[Mapping[str, str]] = {"year": "2026", "month name": "mai"}


@dataclass(frozen=True, slots=True)
class Shape:
    """A text without its numbers, and the numbers: a month name counts as the number of its month."""

    key: str
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Meaning:
    """A phrase with its unit filled in; ``slots`` name the numbers of its shape in order."""

    phrase: Phrase
    grain: WholeGrain
    slots: tuple[str, ...]


def fold_period(words: str) -> str:
    """Return the words in plain small letters with single blanks, their punctuation kept but made plain."""
    decomposed = unicodedata.normalize("NFKD", words.translate(_PUNCTUATION)).casefold()
    return " ".join("".join(letter for letter in decomposed if not unicodedata.combining(letter)).split())


def readings(text: str) -> Iterator[list[str]]:
    """Yield the tokens of a folded text, none if it holds anything that is no word, number or separator.

    A dash between blanks separates (`Q3 - 2026`) or makes a range (`2026-01-01 - 2026-03-31`): both are tried, but
    beside another dash it can only make a range.
    """
    plain = _ORDINAL.sub("", text)
    if _READABLE.sub("", plain):
        return
    tokens = [_number_words().get(token, token) for token in _TOKEN.findall(plain) if token not in IGNORED]
    tokens = [RANGE_MARK if token.startswith(RANGE_MARK) else token for token in tokens]
    if _SOFT_DASH not in tokens:
        yield tokens
        return
    if not re.search(r"\S-\S", plain):
        yield [token for token in tokens if token != _SOFT_DASH]
    yield [RANGE_MARK if token == _SOFT_DASH else token for token in tokens]


def shape_of(tokens: list[str]) -> Shape:
    """Return the shape of the tokens of a text."""
    parts, numbers = [], []
    at = 0
    while at < len(tokens):
        length = 2 if tuple(tokens[at : at + 2]) in _units() else 1
        word, unit = tokens[at], _units().get(tuple(tokens[at : at + length]))
        if unit:
            parts.append(f"<{unit}>")
        elif word.isdigit():
            parts.append("{year}" if len(word) == 4 else "{number}")
            numbers.append(int(word))
        elif word in _months():
            parts.append("<month name>")
            numbers.append(_months()[word])
        else:
            parts.append(word)
        at += length
    return Shape(" ".join(parts), tuple(numbers))


def meaning_of(shape: Shape) -> Meaning | None:
    """Return what a text of this shape means, if anything.

    Four digits where no year can be are a number: `last 1000 days`.
    """
    return _meanings().get(shape.key) or _meanings().get(shape.key.replace("{year}", "{number}"))


def ends_of(tokens: list[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Yield every way to split the tokens into the first and the last period of a range."""
    text = f" {' '.join(tokens)} "
    for before, between in _ranges():
        first, found, last = text[len(before) :].partition(between)
        if text.startswith(before) and found:
            yield first.split(), last.split()
    if tokens and tokens[0] in SINCE:
        yield tokens[1:], ["today"]


def corrected(tokens: list[str]) -> list[str]:
    """Return the tokens with every word replaced by the nearest one that periods are written with, if one is near."""
    return [next(iter(_near(token)), token) if token.isalpha() else token for token in tokens]


def _near(token: str) -> list[str]:
    return difflib.get_close_matches(token, _vocabulary(), 1, 0.7)


# The tables are folded and indexed once, when the first text is read, not when the module is imported.


@cache
def _meanings() -> dict[str, Meaning]:
    """Return the meaning of every shape. A template has the shape of the texts that it stands for."""
    table: dict[str, Meaning] = {}
    for phrase in PHRASES:
        slots = tuple(_SLOT_NAMES.get(slot, slot) for slot in _SLOT.findall(phrase.template) if slot != "unit")
        grains = WHOLE_GRAINS if "{unit}" in phrase.template else (phrase.grain or "day",)
        for grain, text in itertools.product(grains, _alternatives(phrase.template)):
            sample = _SLOT.sub(lambda slot: _SAMPLES.get(slot[1], "1"), text.replace("{unit}", grain))
            table.setdefault(shape_of(_tokens(sample)).key, Meaning(phrase, grain, slots))
    return table


def _alternatives(template: str) -> Iterator[str]:
    for words in itertools.product(*(part.split("|") for part in _PART.findall(template))):
        yield " ".join(words)


def _tokens(words: str) -> list[str]:
    return next(readings(fold_period(words)))


@cache
def _number_words() -> dict[str, str]:
    return {fold_period(word): digit for word, digit in NUMBER_WORDS.items()}


@cache
def _units() -> dict[tuple[str, ...], WholeGrain]:
    return {tuple(_tokens(word)): grain for word, grain in UNITS.items()}


@cache
def _months() -> dict[str, int]:
    return {
        fold_period(word): number
        for names in MONTHS.values()
        for number, spellings in enumerate(names, 1)
        for word in spellings.split("|")
    }


@cache
def _ranges() -> tuple[tuple[str, str], ...]:
    """Return the words of every range with a blank at both ends, so that they only match whole words."""
    return tuple((_padded(before), _padded(between)) for before, between in RANGES)


def _padded(words: str) -> str:
    return f" {' '.join(_tokens(words))} " if words else " "


@cache
def _vocabulary() -> frozenset[str]:
    """Return every word that periods are written with; single letters are nothing to correct a word to."""
    phrases = (word for key in _meanings() for word in key.split() if word.isalpha() and len(word) > 1)
    return frozenset(phrases) | frozenset(_months()) | frozenset(itertools.chain.from_iterable(_units()))
