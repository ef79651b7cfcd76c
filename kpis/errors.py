"""The error family of the KPI package, and the one "did you mean"."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from kpis.said import LANGUAGES, Sentence, in_language, said


class KpiError(Exception):
    """Base of all errors of this package; the message is a sentence for a user."""


class DefinitionError(KpiError):
    """A catalogue file is wrong; names the file, the entry and the remedy."""


class QuestionError(KpiError):
    """A question cannot be understood; says what is wrong and what may have been meant."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence if isinstance(sentence, Sentence) else Sentence(sentence)


def suggest(word: str, known: Iterable[str], count: int = 3) -> Sentence:
    """Return `` Did you mean a, b or c?`` with up to ``count`` near matches, or an empty text."""
    return suggest_named(word, {name: name for name in known}, count)


def suggest_named(word: str, names: Mapping[str, str], count: int = 3) -> Sentence:
    """Suggest as `suggest` does, where ``names`` leads from each spelling to the name to suggest for it."""
    by_fold = {spelling.casefold(): name for spelling, name in names.items()}
    wanted = word.casefold()[:80]
    longer = [fold for fold in by_fold if wanted and fold.startswith(f"{wanted} ")]  # a first name, say
    close = difflib.get_close_matches(wanted, by_fold, 3 * count, 0.6)
    near = list(dict.fromkeys(by_fold[fold] for fold in [*longer, *close]))[:count]
    if not near:
        return Sentence()
    return said("did_you_mean", near=either(near))


def either(choices: Sequence[str]) -> Sentence:
    """Return the choices as ``a, b or c``."""
    if len(choices) < 2:
        return Sentence("".join(choices))
    first = ", ".join(choices[:-1])
    return Sentence(*(f"{first}{in_language(said('or'), language)}{choices[-1]}" for language in LANGUAGES))
