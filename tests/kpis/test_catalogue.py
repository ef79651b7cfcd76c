"""The catalogue: what comes with the package says what it should; what is wrong is refused in words."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from kpis.catalogue import load_catalogue, read_catalogue, resolve_kpi
from kpis.definitions import Catalogue
from kpis.errors import DefinitionError, QuestionError
from kpis.formula import evaluate, names
from kpis.tables_of import parts_of_measure

SPEC = Path(__file__).parents[3] / "shared" / "spec"

VALID = """
family = "revenue"

[measures.won]
kind = "flow"
fact = "opportunity"
axis = "close"
value = "deals"
where = [["is_won", "=", true], ["kind", "in", ["new", "upsell"]], ["amount", ">", 0], ["account", "is not null"]]
words = { en = "won", fr = "gagnées" }

[measures.open]
kind = "stock"
fact = "opportunity"
axis = "created"
end_axis = "exit"
value = "deals"
words = { en = "open", fr = "ouvertes" }

[measures.calls]
kind = "flow"
fact = "activity"
axis = "occurred"
value = "activities"
words = { en = "calls", fr = "appels" }

[measures.goal]
kind = "target"
of = "wins"
words = { en = "goal", fr = "objectif" }

[measures.before]
kind = "shift"
of = "wins"
shift = "prior"
words = { en = "before", fr = "avant" }

[measures.winners]
kind = "members"
over = "rep"
condition = "wins > 0"
words = { en = "winners", fr = "gagnants" }

[measures.middle]
kind = "quantile"
fact = "opportunity"
axis = "close"
value = "cycle_days"
quantile = 0.9
words = { en = "middle", fr = "milieu" }

[measures.missing]
kind = "derived"
formula = "goal - wins"
words = { en = "missing", fr = "manquantes" }

[kpis.wins]
titles = { en = "Wins", fr = "Victoires" }
synonyms = ["deals won"]
formula = "won"
formula_words = { en = "won deals", fr = "affaires gagnées" }
unit = "count"
better = "higher"
horizon = "lagging"
count = "won"
source = "A"
examples = [{ inputs = { won = 3 }, expected = 3 }]

[kpis.wins_per_call]
titles = { en = "Wins per call", fr = "Victoires par appel" }
formula = "wins / calls"
formula_words = { en = "wins / calls", fr = "victoires / appels" }
unit = "ratio"
better = "higher"
horizon = "lagging"
count = "calls"
dimensions = ["rep", "team"]
by = "team"
source = "A"
notes = { en = "So.", fr = "Voilà." }
version = 2
examples = [{ inputs = { wins = 3, calls = 4 }, expected = 0.75 }]

[scorecards.small]
titles = { en = "Small", fr = "Petit" }
kpis = ["wins", "wins_per_call"]
"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_each_kpi_means_what_the_specification_says(catalogue: Catalogue) -> None:
    if not SPEC.exists():
        pytest.skip("the specification is not beside this repository")
    rows = _rows(SPEC / "kpis.csv")
    assert len(rows) == 100
    for row in rows:
        kpi = catalogue.kpis[row["id"]]
        said = [kpi.family, kpi.titles["en"], kpi.titles["fr"], kpi.unit, kpi.better, kpi.horizon, kpi.source]
        assert said == [row[key] for key in ("family", "title_en", "title_fr", "unit", "better", "horizon", "source")]


def test_published_examples_come_out_of_the_formulas(catalogue: Catalogue) -> None:
    if not SPEC.exists():
        pytest.skip("the specification is not beside this repository")
    for row in _rows(SPEC / "examples.csv"):
        kpi, inputs = catalogue.kpis[row["kpi"]], json.loads(row["inputs"])
        assert set(names(kpi.formula)) <= set(inputs), kpi.id
        assert evaluate(kpi.formula, inputs) == pytest.approx(float(row["expected"]), rel=2e-9), kpi.id


def test_no_word_in_any_language_means_two_kpis(catalogue: Catalogue) -> None:
    for kpi in catalogue.kpis.values():
        assert [resolve_kpi(catalogue, word).id for word in kpi.words] == [kpi.id] * len(kpi.words)


def test_every_measure_serves_a_kpi(catalogue: Catalogue) -> None:
    formulas = [kpi.formula for kpi in catalogue.kpis.values()]
    used = {name for formula in formulas for name in names(formula)} | {kpi.count for kpi in catalogue.kpis.values()}
    used |= {part for measure in catalogue.measures.values() for part in parts_of_measure(measure)}
    assert set(catalogue.measures) <= used


def test_a_scorecard_is_short_and_looks_ahead_as_well_as_back(catalogue: Catalogue) -> None:
    assert set(catalogue.scorecards) >= {"sales", "rep", "manager", "pipeline", "activity"}
    for scorecard in catalogue.scorecards.values():
        assert 5 <= len(scorecard.kpis) <= 7
        assert {catalogue.kpis[kpi].horizon for kpi in scorecard.kpis} == {"leading", "lagging"}, scorecard.id


@pytest.mark.parametrize(
    ("words", "kpi_id"),
    [
        ("win_rate", "win_rate"),
        ("  Closing   RATIO ", "win_rate"),
        ("taux de reussite", "win_rate"),
        ("Sales_Value", "revenue"),
        ("Valeur des ventes", "revenue"),
        ("chiffre d’affaires", "revenue"),
        ("Écart au quota", "quota_gap"),
    ],
)
def test_a_kpi_is_found_by_any_of_its_words(catalogue: Catalogue, words: str, kpi_id: str) -> None:
    assert resolve_kpi(catalogue, words).id == kpi_id


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("winrat", r'There is no KPI "winrat". Did you mean win_rate\?'),
        ("zzzz", r'There is no KPI "zzzz". KPI_LIST\(\) lists them all.'),
        ("", r'Which KPI\? Give its name, as in "win_rate".'),
    ],
)
def test_an_unknown_kpi_is_answered_with_near_ones(catalogue: Catalogue, words: str, message: str) -> None:
    with pytest.raises(QuestionError, match=message):
        resolve_kpi(catalogue, words)


def test_dimensions_are_those_that_all_parts_can_be_split_by() -> None:
    small = read_catalogue({"own.toml": VALID})
    assert small.kpis["wins_per_call"].dimensions == ("rep", "team")
    assert "product" in small.kpis["wins"].dimensions
    per_call = VALID.replace('dimensions = ["rep", "team"]\n', "")
    common = set(read_catalogue({"own.toml": per_call}).kpis["wins_per_call"].dimensions)
    assert {"rep", "team", "region"} <= common
    assert "product" not in common


def test_an_entry_is_read_as_it_is_written() -> None:
    small = read_catalogue({"own.toml": VALID})
    assert small.kpis["wins_per_call"].version == 2
    assert small.kpis["wins_per_call"].notes == {"en": "So.", "fr": "Voilà."}
    assert [condition.operand for condition in small.measures["won"].where] == [True, ("new", "upsell"), 0, None]
    assert small.measures["middle"].quantile == 0.9
    assert small.scorecards["small"].kpis == ("wins", "wins_per_call")


WRONG = [
    ('family = "revenue"', "family = 3", 'own.toml: "family" must be a text'),
    ('family = "revenue"', "", '"family" is missing'),
    ('family = "revenue"', 'family = "revenue"\n[kpi.x]', 'unknown section "kpi". Did you mean kpis'),
    ('family = "revenue"', 'family = "revenue"\n[kpis]\nx = 1', r'\[kpis\]: "x" must be a table'),
    ('family = "revenue"', 'kpis = 1', "own.toml is not TOML"),
    ('family = "revenue"', "family = ", "own.toml is not TOML"),
    ("[kpis.wins]", "[kpis.Wins]", r"line \d+, \[kpis.Wins\]: a name has lower-case letters"),
    ("[kpis.wins_per_call]", "[kpis.won]", r"the name is already taken by \[measures.won\] in own.toml"),
    ("[scorecards.small]", "[scorecards.and]", "a name has lower-case letters"),
    ('kind = "flow"', 'kind = "flows"', r'line 4, \[measures.won\]: kind "flows" is unknown. Did you mean flow'),
    ('axis = "close"', 'axes = "close"', 'unknown key "axes". Did you mean axis'),
    ('axis = "close"\n', "", '"axis" is missing. Add axis'),
    ('axis = "close"', "axis = 3", '"axis" must be a text'),
    ('axis = "close"', 'axis = "closed"', 'the fact has no "closed" for axis. Did you mean close'),
    ('end_axis = "exit"', 'end_axis = "out"', 'the fact has no "out" for end_axis'),
    ('value = "deals"', 'value = "deal"', 'the fact has no "deal" for value. Did you mean deals'),
    ('fact = "opportunity"', 'fact = "oportunity"', 'no fact "oportunity". Did you mean opportunity'),
    ('["is_won", "=", true]', '["won", "=", true]', 'the fact has no "won" for where. Did you mean is_won'),
    ('["is_won", "=", true]', '["is_won", "~", true]', "the condition .* cannot be read. Write"),
    ('["kind", "in", ["new", "upsell"]]', '["kind", "in", []]', "the condition .* cannot be read"),
    ('where = [["is_won", "=", true], ', 'where = 1 # ', '"where" must be a list'),
    ('{ en = "won", fr = "gagnées" }', '{ en = "won" }', '"words" must have a text in English and in French'),
    ("quantile = 0.9", "quantile = 1", "quantile is 1; it lies between 0 and 1"),
    ("quantile = 0.9", 'quantile = "x"', '"quantile" must be a number'),
    ('shift = "prior"', 'shift = "next"', 'shift "next" is unknown. It is one of prior, year_ago'),
    ('over = "rep"', 'over = "reps"', 'over "reps" is unknown. Did you mean rep'),
    ('condition = "wins > 0"', 'condition = "wins"', 'The formula "wins" ends where a comparison'),
    ('condition = "wins > 0"', 'condition = "win > 0"', 'no measure and no KPI "win". Did you mean'),
    ('of = "wins"', 'of = "won"', r'\[measures.goal\]: of = "won" is no KPI'),
    ('formula = "goal - wins"', 'formula = "missing - wins"', "by itself: missing -> missing. Break"),
    ('formula = "won"', 'formula = "missing"', "defined by itself: .* -> "),
    ('formula = "won"', 'formula = "won +"', r'\[kpis.wins\]: The formula "won \+" ends'),
    ('formula = "won"', 'formula = "wonn"', 'no measure and no KPI "wonn". Did you mean won'),
    ('en = "Wins", fr', 'fr', '"titles" must have a text in English and in French'),
    ('synonyms = ["deals won"]', 'synonyms = "deals won"', '"synonyms" must be a list of texts'),
    ('synonyms = ["deals won"]', 'synonyms = ["Wins-per call"]', '"wins_per_call" already means the KPI wins'),
    ('unit = "count"', 'unit = "counts"', 'unit "counts" is unknown. Did you mean count'),
    ('count = "won"', 'count = "wins"', 'count "wins" is no measure. Did you mean'),
    ('dimensions = ["rep", "team"]', 'dimensions = ["rep", "teams"]', 'the unknown "teams". Did you mean team'),
    ('dimensions = ["rep", "team"]', 'dimensions = ["team", "product"]', 'cannot be split by "product". Leave'),
    ('by = "team"', 'by = "product"', 'by = "product" is none of its dimensions, rep, team'),
    ("version = 2", "is_forward = 1", '"is_forward" must be true or false'),
    ("examples = [{ inputs = { won = 3 }, expected = 3 }]", "", "there is no worked example. Add"),
    ("inputs = { won = 3 }, expected = 3", "inputs = { won = 3 }", "the example .* cannot be read"),
    ("inputs = { won = 3 }", "inputs = { wins = 3 }", "exactly the formula's names as inputs; look at wins, won"),
    ("expected = 0.75", "expected = 0.5", "the example's answer is 0.75, not 0.5"),
    ("calls = 4 }, expected = 0.75", "calls = 0 }, expected = 0", "the example's answer is None"),
    ('kpis = ["wins", "wins_per_call"]', "kpis = []", "a scorecard needs KPIs"),
    ('kpis = ["wins", "wins_per_call"]', 'kpis = ["win"]', 'no KPI "win". Did you mean wins'),
    ('kpis = ["wins", "wins_per_call"]', 'kpis = ["wins", "wins"]', "a KPI is on it twice"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message"), WRONG)
def test_a_wrong_entry_is_refused_with_place_and_remedy(old: str, new: str, message: str) -> None:
    assert old in VALID
    with pytest.raises(DefinitionError, match=message) as refusal:
        read_catalogue({"own.toml": VALID.replace(old, new, 1)})
    assert str(refusal.value).startswith("own.toml")


def test_a_calendar_measure_is_one_that_the_calendar_has() -> None:
    wrong = VALID + '\n[measures.moons]\nkind = "calendar"\nwords = { en = "moons", fr = "lunes" }\n'
    with pytest.raises(DefinitionError, match="a calendar measure is named days or business_days"):
        read_catalogue({"own.toml": wrong})


def test_a_name_may_be_used_once_over_all_files() -> None:
    with pytest.raises(DefinitionError, match=r"own.toml, line 4, \[measures.won\]: .*taken by .* in base.toml"):
        read_catalogue({"base.toml": VALID, "own.toml": VALID})
