"""The error family of the KPI package, and the one "did you mean"."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class KpiError(Exception):
    """Base of all errors of this package; the message is a sentence for a user."""


class DefinitionError(KpiError):
    """A catalogue file is wrong; names the file, the entry and the remedy."""


class QuestionError(KpiError):
    """A question cannot be understood; says what is wrong and what may have been meant."""


def suggest(word: str, known: Iterable[str], count: int = 3) -> str:
    """Return `` Did you mean a, b or c?`` with up to ``count`` near matches, or an empty text."""
    by_fold = {name.casefold(): name for name in known}
    near = [by_fold[fold] for fold in difflib.get_close_matches(word.casefold(), by_fold, count, 0.6)]
    if not near:
        return ""
    listed = near[0] if len(near) == 1 else f"{', '.join(near[:-1])} or {near[-1]}"
    return f" Did you mean {listed}?"
