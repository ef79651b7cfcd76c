"""The words for periods that people write in cells, and what they are told when these make no period."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kpis.calendars import WHOLE_GRAINS, nth_period, ordinal_of
from kpis.definitions import Language
from kpis.errors import QuestionError
from kpis.period_phrases import PERIOD_CHOICES
from kpis.periods import Calendar, Period, parse_period, period_title
from tests.support.calendars import calendars, day, days, periods

TODAY = day("2026-09-14")  # a Monday, in the second month of the third fiscal quarter of FY2027
CALENDAR = Calendar(time_zone="Europe/Paris", fiscal_year_start_month=2)


SPELLINGS = {
    "2026": [
        "2026", "this year", "current year", "année 2026", "cette année", "l'année en cours", "l’an 2026",
        "in the year 2026",
    ],
    "2025": [
        "last year", "previous year", "année dernière", "l'année dernière", "L’ANNÉE  DERNIÈRE", "l'an dernier",
        "annee passee",
    ],
    "2027": [
        "next year", "année prochaine", "l'année suivante",
    ],
    "2026-Q3": [
        "Q3 2026", "q3-2026", "2026 Q3", "2026 - Q3", "2026T3", "T3 2026", "this quarter", "ce trimestre", "Q3",
        "T3", "quarter 3 2026",
    ],
    "2026-Q2": [
        "last quarter", "prior quarter", "trimestre dernier", "le dernier trimestre", "2nd quarter of 2026",
        "2e trimestre 2026",
    ],
    "2026-Q1": [
        "first quarter 2026", "premier trimestre 2026", "1er trimestre 2026", "Q1",
    ],
    "2026-09": [
        "", "  ", "this month", "This  Month", "this_month", "ce mois", "mois en cours", "2026-9", "09/2026",
        "2026/09", "September 2026", "sep 2026", "Sept. 2026", "septembre 2026", "SEPTEMBRE 2026", "septembre",
        "in September", "en septembre 2026", "2026 sep",
    ],
    "2026-08": [
        "last month", "the last month", "last 1 month", "mois dernier", "le mois dernier", "mois précédent",
        "août 2026", "aout",
    ],
    "2026-10": [
        "next month", "mois prochain", "le prochain mois", "Oct 2026",
    ],
    "2026-02": [
        "February 2026", "février 2026", "fevrier 2026", "Fe\u0301vrier 2026", "févr. 2026", "feb. 2026",
    ],
    "2026-W38": [
        "this week", "cette semaine", "W38 2026", "2026W38", "week 38, 2026", "semaine 38 2026", "semaine 38",
        "w38", "2026-w38",
    ],
    "2026-W37": [
        "last week", "semaine dernière", "la semaine passée",
    ],
    "2026-09-14": [
        "today", "aujourd'hui", "Aujourd’hui", "AUJOURD´HUI", "this day", "14 September 2026",
        "September 14, 2026", "last 1 day",
    ],
    "2026-09-13": [
        "yesterday", "hier", "13 septembre 2026", "2026/9/13",
    ],
    "2026-09-15": [
        "tomorrow", "demain", "next 1 days",
    ],
    "2026-09-01": [
        "1er septembre 2026", "1st September 2026", "２０２６-09-01",
    ],
    "FY2027": [
        "this fiscal year", "exercice en cours", "cet exercice", "FY27", "FY 2027", "exercice 2027",
        "année fiscale 2027", "this FY",
    ],
    "FY2026": [
        "last fiscal year", "exercice précédent", "l'exercice dernier", "previous financial year", "fy2026",
    ],
    "FY2027-Q3": [
        "this fiscal quarter", "ce trimestre fiscal", "Q3 FY27", "FY27 Q3", "T3 exercice 2027", "FQ3",
        "fy2027q3", "FQ3 FY2027",
    ],
    "FY2027-Q2": [
        "last fiscal quarter", "trimestre fiscal dernier", "dernier trimestre de l'exercice",
    ],
    "2026-09..2026-09-14": [
        "MTD", "mtd", "month to date", "month-to-date", "mois à ce jour", "depuis le début du mois",
        "2026-09..today",
    ],
    "2026-Q3..2026-09-14": [
        "QTD", "quarter to date", "trimestre à ce jour", "Q3 through 14 September 2026", "this quarter to date",
    ],
    "2026..2026-09-14": [
        "YTD", "year to date", "année à ce jour", "l'année à ce jour", "depuis le début de l'année",
        "cumul annuel",
    ],
    "FY2027..2026-09-14": [
        "FYTD", "fiscal year to date", "exercice à ce jour", "depuis le début de l'exercice",
    ],
    "FY2027-Q3..2026-09-14": [
        "FQTD", "fiscal quarter to date", "trimestre fiscal à ce jour",
    ],
    "2026-W38..2026-09-14": [
        "WTD", "week to date", "semaine à ce jour",
    ],
    "2026-08-16..2026-09-14": [
        "last 30 days", "the past 30 days", "30 derniers jours", "les 30 derniers jours", "derniers 30 jours",
    ],
    "2026-09-15..2026-09-21": [
        "next 7 days", "7 prochains jours",
    ],
    "2026-06-01..2026-08-31": [
        "last 3 months", "3 derniers mois", "les 3 derniers mois", "June..August", "juin à août",
    ],
    "2026-10-01..2027-03-31": [
        "next 2 quarters", "2 prochains trimestres", "Oct 2026 - Mar 2027",
    ],
    "2026-08-31..2026-09-13": [
        "last 2 weeks", "2 dernières semaines",
    ],
    "2024-02-01..2026-01-31": [
        "last 2 fiscal years", "2 derniers exercices", "FY25..FY26",
    ],
    "2026-01-01..2026-03-31": [
        "2026-01..2026-03", "2026-01-01 to 2026-03-31", "2026-01-01 - 2026-03-31", "2026-01-01…2026-03-31",
        "du 1er janvier au 31 mars 2026", "1 January to March 31, 2026", "from January to March 2026",
        "between January and March", "entre janvier et mars 2026", "de janvier à mars", "2026-01-01–2026-03-31",
    ],
    "2025-11-01..2026-09-14": [
        "since November 2025", "depuis novembre 2025", "2025-11..today", "de novembre 2025 à aujourd'hui",
    ],
}  # fmt: skip


def read(words: str) -> Period:
    return parse_period(words, CALENDAR, TODAY)


@pytest.mark.parametrize("label", SPELLINGS)
def test_people_write_one_period_in_many_ways(label: str) -> None:
    assert {words: read(words).label for words in SPELLINGS[label]} == dict.fromkeys(SPELLINGS[label], label)


@pytest.mark.parametrize(
    ("cell", "month"),
    [
        ("2026-08-31T22:00:00.000Z", "2026-09"),  # midnight in Paris
        ("2026-09-30T23:30:00-05:00", "2026-10"),
        ("2026-09-14T00:00:00", "2026-09"),
        ("2026-09-14 08:30:00", "2026-09"),
    ],
)
def test_a_date_cell_written_as_an_instant_means_its_month_where_the_organisation_is(cell: str, month: str) -> None:
    assert read(cell).label == month


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("lst quarter", "Did you mean last quarter?"),
        ("lastmonth", "Did you mean last month?"),
        ("mois denrier", "Did you mean mois dernier?"),
        ("annee dernire", "Did you mean année dernière?"),
        ("Setpember 2026", "Did you mean september 2026?"),
        ("2026-13", "names month 13: months go from 01 to 12"),
        ("2026-00", "names month 0: months go from 01 to 12"),
        ("2026-Q5", "names quarter 5: quarters go from Q1 to Q4"),
        ("FY2026-Q0", "names quarter 0: quarters go from Q1 to Q4"),
        ("2026-W54", "names week 54: 2026 has the ISO weeks 01 to 53"),
        ("2025-W53", "names week 53: 2025 has the ISO weeks 01 to 52"),
        ("2026-02-31", "names day 31: 2026-02 has the days 01 to 28"),
        ("2024-02-30", "names day 30: 2024-02 has the days 01 to 29"),
        ("31 avril 2026", "names day 31: 2026-04 has the days 01 to 30"),
        ("1066", "names the year 1066: years go from 1900 to 2200"),
        ("FY2201", "names the year 2201: years go from 1900 to 2200"),
        ("9999-12-31T00:00:00Z", "names the year 9999"),
        ("2026-09-14T99:00", "is no date and time"),
        ("2026-03-31..2026-01-01", "ends on 2026-01-01, before it starts on 2026-03-31: put the earlier end first"),
        ("since tomorrow", "ends on 2026-09-14, before it starts on 2026-09-15"),
        ("2026-01-01..2026-13-01", "names month 13"),
        ("last 0 days", "counts 0 days: it can be 1 to 36525"),
        ("last 5000 months", "counts 5000 months: it can be 1 to 1200"),
        ("14/09/2026", "two ways: write the day as 2026-09-14, the month as 2026-09"),
        ("Sep 26", "two ways: write the day as 2026-09-14, the month as 2026-09"),
        ("S1 2026", "a week or a half-year: write a week as 2026-W37, a half-year as 2026-01..2026-06"),
        ("2026" + "x" * 80, "is longer than 80 letters"),
        ("x\ny\0z", "'xyz' is not understood"),
    ],
)
def test_words_that_make_no_period_are_told_why(words: str, says: str) -> None:
    with pytest.raises(QuestionError) as caught:
        read(words)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "words", ["blue", "=A1", "2026.5", "46279", "-", "..", "to", "from 2026-01-01", "quarter last"]
)
def test_unknown_words_are_answered_with_three_examples_that_work(words: str) -> None:
    with pytest.raises(QuestionError, match=r"2026-Q3, last month or 2026-01-01\.\.2026-03-31\.$"):
        read(words)


@given(
    st.text(max_size=100)
    | st.lists(st.sampled_from(["last", "to", "2026", "Q3", "..", "-", "à", "13", "month", "fy", "sep"])).map(
        " ".join
    )
)
def test_any_text_makes_a_period_or_a_sentence(words: str) -> None:
    try:
        period = read(words)
    except QuestionError as error:
        said = str(error)
    else:
        said = ""
        assert period.first <= period.last
    assert said == "" or said.startswith("The period '")


@given(st.data(), calendars, days)
def test_labels_and_titles_read_back_as_the_same_period(data: st.DataObject, calendar: Calendar, today: int) -> None:
    period = data.draw(periods(calendar))
    assume(not period.label.startswith("FY") or 1900 <= int(period.label[2:6]) <= 2200)  # years that words may name
    written = [period.label, period_title(period, "en"), period_title(period, "fr")]
    assert [parse_period(words, calendar, today) for words in written] == [period] * 3


@given(days, st.sampled_from([-1, 0, 1]))
def test_near_periods_of_both_languages_are_found_from_today(today: int, offset: int) -> None:
    english = {-1: "last {}", 0: "this {}", 1: "next {}"}[offset]
    french = {-1: "{} précédent", 0: "{} en cours", 1: "{} prochain"}[offset]
    units = ["jour", "semaine", "mois", "trimestre", "année", "mois fiscal", "trimestre fiscal", "exercice"]
    for grain, unit in zip(WHOLE_GRAINS, units, strict=True):
        meant = nth_period(grain, ordinal_of(grain, today, CALENDAR) + offset, CALENDAR)
        assert parse_period(english.format(grain), CALENDAR, today) == meant
        assert parse_period(french.format(unit), CALENDAR, today) == meant


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_period_that_is_offered_to_choose_can_be_read(language: Language) -> None:
    assert all(read(words).first <= TODAY + 400 for words in PERIOD_CHOICES[language])


@pytest.mark.parametrize(
    ("words", "english", "french"),
    [
        ("2026-Q3", "Q3 2026", "T3 2026"),
        ("2026-09", "September 2026", "septembre 2026"),
        ("2026-09-01", "1 September 2026", "1er septembre 2026"),
        ("2026-W07", "Week 7, 2026", "Semaine 7, 2026"),
        ("2026", "2026", "2026"),
        ("FY2026-Q3", "Q3 FY2026", "T3 exercice 2026"),
        ("FY2026", "FY2026", "Exercice 2026"),
        ("2026-01..2026-03", "January 2026 – March 2026", "janvier 2026 – mars 2026"),
        ("2026-02-01..2026-02-28", "1 February 2026 – 28 February 2026", "1er février 2026 – 28 février 2026"),
        ("QTD", "Q3 2026 through 14 September 2026", "T3 2026 jusqu'au 14 septembre 2026"),
    ],
)
def test_titles_are_in_the_language_of_the_reader(words: str, english: str, french: str) -> None:
    assert period_title(read(words), "en") == english
    assert period_title(read(words), "fr") == french
