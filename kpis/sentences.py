"""The sentences that say why a value is missing, or what to know about it."""

from __future__ import annotations

from collections.abc import Callable

from kpis.definitions import Catalogue, Language
from kpis.formula import Formula, Name, Negative, Number, Operation
from kpis.periods import date_of

_OF_FACT = {
    "opportunity": "deals", "lead": "leads", "activity": "activities", "rep": "reps", "expense": "costs",
    "survey_response": "survey answers", "marketing_stat": "marketing figures", "work_log": "logged hours",
    "candidate": "candidates", "training": "trainings", "process_check": "process checks",
    "assessment": "assessments", "usage": "usage records", "market_stat": "market figures",
    "subscription": "subscriptions", "campaign": "campaigns", "login": "logins", "customer": "customers",
    "stage_entry": "entries into stages", "profit": "deals of customers", "relationship": "accounts or leads",
    "waiting": "contacts with accounts that have a deal",
}  # fmt: skip


def not_synced(table: str) -> str:
    """Say that a table was never read."""
    return f'The table "{table}" was never read: connect a source that has it, then sync.'


def no_rows(fact: str) -> str:
    """Say that a fact has no row at all."""
    return f"There are no {_OF_FACT.get(fact, fact)} in the data."


def too_early(fact: str, first: int) -> str:
    """Say that a period lies before the first row."""
    return f"There are no {_OF_FACT.get(fact, fact)} before {date_of(first)}."


def not_begun() -> str:
    """Say that a period lies ahead."""
    return "The period has not begun."


def used_up(title: str) -> str:
    """Say that what looks ahead has nothing to be compared with in a period that is over."""
    return f"{title} looks ahead: little of it is left in a period that is over, so there is no change to tell."


def nothing_counts(words: str) -> str:
    """Say that no row meets the conditions."""
    return f"There are no {words}."


def not_split(name: str, dimension: str) -> str:
    """Say that a measure has no numbers by this dimension."""
    return f"{name} is not known by {dimension.replace('&', ' and ')}."


def not_crossed(name: str) -> str:
    """Say that a count of members cannot be crossed."""
    return f"{name} counts members; it cannot be asked for two crossed slices."


def no_target(title: str) -> str:
    """Say that nobody set a target."""
    return f"No target for {title} is set for this slice and period."


def prorated() -> str:
    """Say that a target was set for other days."""
    return "The target was set for another period; its part is by business days."


def target_in_part() -> str:
    """Say that a target does not reach over the whole period."""
    return "Targets are set for a part of the period only."


def zero_divisor(divisor: Formula, catalogue: Catalogue) -> str:
    """Say that a divisor is zero."""
    return f"There is nothing to divide by: {written(divisor, catalogue)} is zero."


def no_interval(title: str) -> str:
    """Say that a KPI is no estimate."""
    return f"{title} has no interval: it is no share, mean or median of single records."


def part_above_whole() -> str:
    """Say that a share cannot be one."""
    return "There is no interval: the part is larger than the whole."


def one_value() -> str:
    """Say that there are not enough rows for a spread."""
    return "There is no interval: one record shows no spread."


def few_values() -> str:
    """Say that there are not enough values for an interval by their order."""
    return "There is no interval: so few values have none at 95 %."


def no_squares() -> str:
    """Say that the spread of the rows is not known here."""
    return "There is no interval: the spread of the records is not known here."


def rank_range(best: int, worst: int) -> str:
    """Say between which places a member may lie."""
    return f"not distinguishable from ranks {best}–{worst}"


def expected_by_now(share: float, method: str) -> str:
    """Say which part of a period's value is expected by today."""
    by = "seasonality of the two years before" if method == "seasonality" else "business days that have passed"
    return f"By today {share:.0%} of the period's value is expected, by the {by}."


def by_weighted_pipeline() -> str:
    """Say how a forecast is made."""
    return "By weighted pipeline: open deals count with their probability."


def outcomes_known(share: float, words: str) -> str:
    """Say how many of a cohort have an outcome."""
    return f"{share:.0%} of the {words} have an outcome."


def small_sample(count: int) -> str:
    """Say that a value rests on few records."""
    return f"small sample (n={count})"


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
