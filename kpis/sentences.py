"""The sentences that say why a value is missing, or what to know about it."""

from __future__ import annotations

from collections.abc import Callable

from kpis.definitions import Catalogue, Language
from kpis.formula import Formula, Name, Negative, Number, Operation
from kpis.periods import date_of
from kpis.said import LANGUAGES, Sentence, Words, said


def not_synced(table: str) -> Sentence:
    """Say that a table was never read."""
    return said("not_synced", table=table)


def no_rows(fact: str) -> Sentence:
    """Say that a fact has no row at all."""
    return said("no_rows", fact=_records(fact))


def too_early(fact: str, first: int) -> Sentence:
    """Say that a period lies before the first row."""
    return said("too_early", fact=_records(fact), day=date_of(first))


def not_split(words: Words, dimension: str) -> Sentence:
    """Say that a measure has no numbers by this dimension."""
    left, _, right = dimension.partition("&")
    crossed = Sentence(f"{left} and {right}", f"{left} et {right}") if right else Sentence(left)
    return said("not_split", name=words, dimension=crossed)


def zero_divisor(divisor: Formula, catalogue: Catalogue) -> Sentence:
    """Say that a divisor is zero."""
    words = {language: written(divisor, catalogue, language) for language in LANGUAGES}
    return said("zero_divisor", divisor=words)


def expected_by_now(share: float, method: str) -> Sentence:
    """Say which part of a period's value is expected by today."""
    return said(f"expected_by_{method.replace(' ', '_')}", share=_percent(share))


def outcomes_known(share: float, words: Words) -> Sentence:
    """Say how many of a cohort have an outcome."""
    return said("outcomes_known", share=_percent(share), words=words)


def _percent(share: float) -> Sentence:
    return Sentence(f"{share:.0%}", f"{share * 100:.0f}\N{NO-BREAK SPACE}%")


def _records(fact: str) -> Sentence:
    return said(f"records_{fact}")


def written(formula: Formula, catalogue: Catalogue, language: Language = "en") -> str:
    """Return a formula in words: the titles of its KPIs, and what its measures count."""

    def word(name: str) -> str:
        found = catalogue.kpis.get(name)
        return found.titles[language] if found else catalogue.measures[name].words[language]

    return spelled(formula, word)


def spelled(formula: Formula, word: Callable[[str], str]) -> str:
    """Return a formula as text, with a word for each name; what it means does not depend on how it was written."""
    match formula:
        case Number(value):
            return f"{value:g}"
        case Name(name):
            return word(name)
        case Negative(operand):
            return f"-({spelled(operand, word)})"
        case Operation(operator, left, right):
            is_last = operator in "-/"
            return f"{_enclosed(left, operator, word)} {operator} {_enclosed(right, operator, word, is_last=is_last)}"


def _enclosed(formula: Formula, operator: str, word: Callable[[str], str], *, is_last: bool = False) -> str:
    """Return a side of an operation, in parentheses where it would be read otherwise without."""
    text = spelled(formula, word)
    if not isinstance(formula, Operation):
        return text
    is_loose = formula.operator in "+-" and (operator in "*/" or is_last)
    return f"({text})" if is_loose or is_last else text
