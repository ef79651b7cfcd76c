"""How two spellings are told to be the same word."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_BLANKS: Final = re.compile(r"[\s_-]+")
_MARKS: Final = str.maketrans({"’": "'", "‘": "'", "‐": "-", "‑": "-", "–": "-", "œ": "oe", "æ": "ae"})


@lru_cache(maxsize=8_192)  # a word is looked for in one dimension after the other
def fold(text: str) -> str:
    """Return the text without case and accents, with ``_``, ``-`` and any white space as one blank.

    ``Taux_de-Réussite`` and ``taux de reussite`` fold to the same.
    """
    plain = text if text.isascii() else _without_accents(text)
    return _BLANKS.sub(" ", plain.casefold()).strip()


def _without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_MARKS))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
