"""The error family of the KPI package, and the one "did you mean"."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping


class KpiError(Exception):
    """Base of all errors of this package; the message is a sentence for a user."""


class DefinitionError(KpiError):
    """A catalogue file is wrong; names the file, the entry and the remedy."""


class QuestionError(KpiError):
    """A question cannot be understood; says what is wrong and what may have been meant."""


def suggest(word: str, known: Iterable[str], count: int = 3) -> str:
    """Return `` Did you mean a, b or c?`` with up to ``count`` near matches, or an empty text."""
    return suggest_named(word, {name: name for name in known}, count)


def suggest_named(word: str, names: Mapping[str, str], count: int = 3) -> str:
    """Suggest as `suggest` does, where ``names`` leads from each spelling to the name to suggest for it."""
    by_fold = {spelling.casefold(): name for spelling, name in names.items()}
    wanted = word.casefold()[:80]
    longer = [fold for fold in by_fold if wanted and fold.startswith(f"{wanted} ")]  # a first name, say
    close = difflib.get_close_matches(wanted, by_fold, 3 * count, 0.6)
    near = list(dict.fromkeys(by_fold[fold] for fold in [*longer, *close]))[:count]
    if not near:
        return ""
    listed = near[0] if len(near) == 1 else f"{', '.join(near[:-1])} or {near[-1]}"
    return f" Did you mean {listed}?"
