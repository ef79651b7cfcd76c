"""What the dropdowns of a card offer: members, periods, scorecards; each with the words that a cell would use."""

from __future__ import annotations

from typing import Final

from addon.words import say
from kpis.answers import Answerer
from kpis.definitions import Dimension, Language
from kpis.limits import Limit
from kpis.members import resolve_who
from kpis.periods import parse_period, period_title

Choice = tuple[str, str]
"""The words, and the text that people see."""

_DIMENSIONS: Final[tuple[Dimension, ...]] = ("team", "region", "rep")
_PERIODS: Final = ("this month", "last month", "this quarter", "last quarter", "next quarter", "this year",
                   "last year", "last 30 days")  # fmt: skip
_FISCAL_MONTHS: Final = ("this fiscal month", "last fiscal month")
_FISCAL_PERIODS: Final = ("this fiscal quarter", "this fiscal year")


def who_choices(answerer: Answerer, limit: str, language: Language) -> list[Choice]:
    """Return the company, teams, regions and reps that lie inside the limit, in this order."""
    bound = Limit(answerer.cube, limit)
    choices = [] if bound.is_set else [("", say("whole_company", language))]
    for dimension in _DIMENSIONS:
        members = answerer.cube.members(dimension)
        for member in members.listed:
            words = members.reference(member)
            if not bound.is_set or bound.allows(resolve_who(words, answerer.cube.dimensions)):
                title = say(f"dimension_{dimension}", language)
                choices.append((words, say("choice_of_member", language, dimension=title, name=member.name)))
    return choices


def period_choices(answerer: Answerer, language: Language) -> list[Choice]:
    """Return the usual periods; fiscal ones where they are not those of the calendar year."""
    fiscal_months = _FISCAL_MONTHS if answerer.calendar.has_fiscal_months else ()
    fiscal_periods = _FISCAL_PERIODS if answerer.calendar.has_fiscal_years else ()
    choices = []
    for words in (*_PERIODS, *fiscal_months, *fiscal_periods):
        title = period_title(parse_period(words, answerer.calendar, answerer.today), language)
        text = say(words.replace(" ", "_"), language)
        choices.append((words, say("choice_of_period", language, words=text, title=title)))
    return choices


def scorecard_choices(answerer: Answerer, language: Language) -> list[Choice]:
    """Return all scorecards."""
    return [(one.id, one.titles[language]) for one in answerer.catalogue.scorecards.values()]
