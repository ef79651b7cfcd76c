"""The words for periods, as data: what people write in cells, in English and French.

A template is a line of words and slots. ``a|b`` are alternatives. Case, accents, punctuation between words and the
articles of `IGNORED` do not matter. Slots: ``{unit}`` is any name of `UNITS` (of one or two words), ``{month name}``
any of `MONTHS`, ``{year}`` four digits, every other slot a number. A further language is further rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from kpis.calendars import WholeGrain
from kpis.definitions import Language

PhraseKind = Literal[
    "named",  # a period by its number or name; without a year the one of the current year
    "relative",  # the period `offset` after the current one, of the template's unit or of `grain`
    "to date",  # the current period up to today
    "counted",  # so many periods: of days the last ones with today, of all else the whole ones before the current one
    "dated",  # a day without its year: understood where its range ends with a day, else refused (`Sep 26`)
    "refused",  # cannot be understood, for the reason given
]


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to write a period, and what it means."""

    template: str
    kind: PhraseKind
    grain: WholeGrain | None = None
    offset: int = 0
    refusal: str = ""


IGNORED: Final = frozenset(["the", "of", "in", "en", "le", "la", "les", "l", "de", "du", "d", "des"])
ORDINAL_ENDINGS: Final = "st|nd|rd|th|er|re|e|eme"
NUMBER_WORDS: Final[Mapping[str, str]] = {
    "first": "1", "second": "2", "third": "3", "fourth": "4",
    "premier": "1", "deuxième": "2", "troisième": "3", "quatrième": "4",
}  # fmt: skip

UNITS: Final[Mapping[str, WholeGrain]] = {
    "fiscal month": "fiscal month", "fiscal months": "fiscal month", "FM": "fiscal month",
    "fiscal period": "fiscal month", "fiscal periods": "fiscal month",
    "mois fiscal": "fiscal month", "mois fiscaux": "fiscal month", "mois de l'exercice": "fiscal month",
    "période fiscale": "fiscal month", "périodes fiscales": "fiscal month",
    "fiscal quarter": "fiscal quarter", "fiscal quarters": "fiscal quarter", "FQ": "fiscal quarter",
    "trimestre fiscal": "fiscal quarter", "trimestres fiscaux": "fiscal quarter",
    "trimestre de l'exercice": "fiscal quarter",
    "fiscal year": "fiscal year", "fiscal years": "fiscal year", "FY": "fiscal year", "financial year": "fiscal year",
    "exercice fiscal": "fiscal year", "exercice": "fiscal year", "exercices": "fiscal year",
    "année fiscale": "fiscal year", "années fiscales": "fiscal year",
    "day": "day", "days": "day", "jour": "day", "jours": "day",
    "week": "week", "weeks": "week", "semaine": "week", "semaines": "week",
    "month": "month", "months": "month", "mois": "month",
    "quarter": "quarter", "quarters": "quarter", "trimestre": "quarter", "trimestres": "quarter",
    "year": "year", "years": "year", "année": "year", "années": "year", "an": "year", "ans": "year",
}  # fmt: skip

MONTHS: Final[Mapping[Language, tuple[str, ...]]] = {
    "en": (
        "January|Jan", "February|Feb", "March|Mar", "April|Apr", "May", "June|Jun", "July|Jul", "August|Aug",
        "September|Sep|Sept", "October|Oct", "November|Nov", "December|Dec",
    ),
    "fr": (
        "janvier|janv", "février|févr|fév", "mars", "avril|avr", "mai", "juin", "juillet|juil", "août",
        "septembre|sept", "octobre|oct", "novembre|nov", "décembre|déc",
    ),
}  # fmt: skip

_TWO_WAYS: Final = "period_two_ways"
_WEEK_OR_HALF_YEAR: Final = "period_week_or_half_year"
"""Sentences by key; S is semaine to some and semestre to others."""

PHRASES: Final[tuple[Phrase, ...]] = (
    # both languages: numbers and letters
    Phrase("{year}", "named", "year"),
    Phrase("{year} {month}", "named", "month"),
    Phrase("{month} {year}", "named", "month"),
    Phrase("{year} {month} {day}", "named", "day"),
    Phrase("Q|T {quarter}", "named", "quarter"),
    Phrase("Q|T {quarter} {year}", "named", "quarter"),
    Phrase("{year} Q|T {quarter}", "named", "quarter"),
    Phrase("{year} W {week}", "named", "week"),
    Phrase("W {week} {year}", "named", "week"),
    Phrase("W {week}", "named", "week"),
    Phrase("{month name}", "named", "month"),
    Phrase("{month name} {year}", "named", "month"),
    Phrase("{year} {month name}", "named", "month"),
    Phrase("{day} {month name} {year}", "named", "day"),
    Phrase("{month name} {day} {year}", "named", "day"),
    # units with a number: FY2026, exercice 2026, week 37 2026, 3e trimestre 2026
    Phrase("year|année {year}", "named", "year"),
    Phrase("FY {year}", "named", "fiscal year"),
    Phrase("FY {short year}", "named", "fiscal year"),
    Phrase("FY {year} Q|T {quarter}", "named", "fiscal quarter"),
    Phrase("FY {short year} Q|T {quarter}", "named", "fiscal quarter"),
    Phrase("Q|T {quarter} FY {year}", "named", "fiscal quarter"),
    Phrase("Q|T {quarter} FY {short year}", "named", "fiscal quarter"),
    Phrase("FQ {quarter}", "named", "fiscal quarter"),
    Phrase("FQ {quarter} {year}", "named", "fiscal quarter"),
    Phrase("{quarter} FQ {year}", "named", "fiscal quarter"),
    Phrase("FQ {quarter} FY {year}", "named", "fiscal quarter"),
    Phrase("FY {year} M|P {part}", "named", "fiscal month"),
    Phrase("FY {short year} M|P {part}", "named", "fiscal month"),
    Phrase("M|P {part} FY {year}", "named", "fiscal month"),
    Phrase("M|P {part} FY {short year}", "named", "fiscal month"),
    Phrase("month {part} FY {year}", "named", "fiscal month"),
    Phrase("FY {year} month {part}", "named", "fiscal month"),
    Phrase("FM {part}", "named", "fiscal month"),
    Phrase("FM {part} {year}", "named", "fiscal month"),
    Phrase("FM {part} FY {year}", "named", "fiscal month"),
    Phrase("quarter {quarter} {year}", "named", "quarter"),
    Phrase("{quarter} quarter {year}", "named", "quarter"),
    Phrase("quarter {quarter}", "named", "quarter"),
    Phrase("week {week}", "named", "week"),
    Phrase("week {week} {year}", "named", "week"),
    # English
    Phrase("today", "relative", "day", 0),
    Phrase("yesterday", "relative", "day", -1),
    Phrase("tomorrow", "relative", "day", 1),
    Phrase("this|current {unit}", "relative"),
    Phrase("last|previous|prior|past {unit}", "relative", offset=-1),
    Phrase("next|coming {unit}", "relative", offset=1),
    Phrase("WTD", "to date", "week"),
    Phrase("MTD", "to date", "month"),
    Phrase("QTD", "to date", "quarter"),
    Phrase("YTD", "to date", "year"),
    Phrase("FMTD", "to date", "fiscal month"),
    Phrase("FQTD", "to date", "fiscal quarter"),
    Phrase("FYTD", "to date", "fiscal year"),
    Phrase("{unit} to date", "to date"),
    Phrase("this {unit} to date", "to date"),
    Phrase("last|past|previous|prior {count} {unit}", "counted", offset=-1),
    Phrase("next|coming {count} {unit}", "counted", offset=1),
    # French
    Phrase("aujourd'hui", "relative", "day", 0),
    Phrase("hier", "relative", "day", -1),
    Phrase("demain", "relative", "day", 1),
    Phrase("ce|cet|cette {unit}", "relative"),
    Phrase("{unit} en cours", "relative"),
    Phrase("{unit} courant|courante|actuel|actuelle", "relative"),
    Phrase("{unit} dernier|dernière|précédent|précédente|passé|passée", "relative", offset=-1),
    Phrase("dernier|dernière {unit}", "relative", offset=-1),
    Phrase("{unit} prochain|prochaine|suivant|suivante", "relative", offset=1),
    Phrase("prochain|prochaine {unit}", "relative", offset=1),
    Phrase("{unit} à ce jour", "to date"),
    Phrase("ce|cet|cette {unit} à ce jour", "to date"),
    Phrase("{unit} à date", "to date"),
    Phrase("depuis le début du {unit}", "to date"),
    Phrase("cumul hebdomadaire", "to date", "week"),
    Phrase("cumul mensuel", "to date", "month"),
    Phrase("cumul trimestriel", "to date", "quarter"),
    Phrase("cumul annuel", "to date", "year"),
    Phrase("{count} derniers|dernières|précédents|précédentes {unit}", "counted", offset=-1),
    Phrase("derniers|dernières {count} {unit}", "counted", offset=-1),
    Phrase("{count} prochains|prochaines {unit}", "counted", offset=1),
    Phrase("prochains|prochaines {count} {unit}", "counted", offset=1),
    # what has two meanings is not guessed
    Phrase("{day} {month} {year}", "refused", refusal=_TWO_WAYS),
    Phrase("{day} {month} {short year}", "refused", refusal=_TWO_WAYS),
    Phrase("{month name} {day}", "dated", "day", refusal=_TWO_WAYS),
    Phrase("{day} {month name}", "dated", "day", refusal=_TWO_WAYS),
    Phrase("S {week}", "refused", refusal=_WEEK_OR_HALF_YEAR),
    Phrase("S {week} {year}", "refused", refusal=_WEEK_OR_HALF_YEAR),
    Phrase("{year} S {week}", "refused", refusal=_WEEK_OR_HALF_YEAR),
)  # fmt: skip

RANGES: Final[tuple[tuple[str, str], ...]] = (
    ("", ".."), ("", "through"), ("", "until"), ("", "to"),
    ("from", ".."), ("from", "through"), ("from", "until"), ("from", "to"), ("between", "and"),
    ("", "jusqu'au"), ("", "jusqu'à"), ("", "au"), ("", "à"), ("entre", "et"),
)  # fmt: skip
"""Words before and between the first and the last period of a range."""
SINCE: Final = frozenset(["since", "depuis"])
"""Words before the first period of a range that ends today."""

PERIOD_CHOICES: Final[Mapping[Language, tuple[str, ...]]] = {
    "en": (
        "today", "yesterday", "this week", "last week", "next week", "this month", "last month", "next month",
        "this quarter", "last quarter", "next quarter", "this year", "last year", "next year",
        "this fiscal month", "last fiscal month", "next fiscal month",
        "this fiscal quarter", "last fiscal quarter", "next fiscal quarter",
        "this fiscal year", "last fiscal year", "next fiscal year", "MTD", "QTD", "YTD", "WTD", "FQTD", "FYTD",
        "month to date", "quarter to date", "year to date", "last 7 days", "last 30 days", "last 90 days",
        "last 4 weeks", "last 3 months", "last 12 months", "last 4 quarters",
    ),
    "fr": (
        "aujourd'hui", "hier", "cette semaine", "semaine dernière", "semaine prochaine", "ce mois", "mois dernier",
        "mois prochain", "ce trimestre", "trimestre dernier", "trimestre prochain", "cette année", "année dernière",
        "année prochaine", "ce mois fiscal", "mois fiscal dernier", "mois fiscal prochain",
        "ce trimestre fiscal", "trimestre fiscal dernier", "trimestre fiscal prochain",
        "exercice en cours", "cet exercice", "exercice précédent", "exercice prochain",
        "semaine à ce jour", "mois à ce jour", "trimestre à ce jour", "année à ce jour", "exercice à ce jour",
        "7 derniers jours", "30 derniers jours", "90 derniers jours", "4 dernières semaines", "3 derniers mois",
        "12 derniers mois", "4 derniers trimestres",
    ),
}  # fmt: skip
"""Periods to choose from and to suggest, written as people write them."""
