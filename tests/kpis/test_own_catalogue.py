"""An organisation's own definitions over the shipped ones, and older versions of definitions."""

from __future__ import annotations

from pathlib import Path

import pytest

from kpis.answers import Answerer
from kpis.build import build_cube
from kpis.catalogue import load_catalogue, resolve_kpi
from kpis.cube import Cube
from kpis.definitions import Catalogue
from kpis.errors import DefinitionError, QuestionError
from kpis.periods import Calendar, day_number
from kpis.questions import Question
from tests.support.canonical import connection_of
from tests.support.six_deals import TODAY, six_deals

OWN = """
family = "ours"

[synonyms]
revenue = ["bookings", "prises de commande"]

[measures.large_wins]
kind = "flow"
fact = "opportunity"
axis = "close"
value = "deals"
where = [["is_won", "=", true], ["amount", ">=", 100]]
words = { en = "won opportunities of 100 or more", fr = "opportunités gagnées de 100 ou plus" }

[kpis.large_win_share]
titles = { en = "Share of large wins", fr = "Part des grandes victoires" }
synonyms = ["big wins"]
formula = "large_wins / won_opportunities"
formula_words = { en = "large wins / won opportunities", fr = "grandes victoires / opportunités gagnées" }
unit = "percent"
better = "higher"
horizon = "lagging"
count = "won_deals"
source = "own"
version = 3
examples = [{ inputs = { large_wins = 1, won_opportunities = 4 }, expected = 0.25 }]

[kpis."large_win_share@1"]
titles = { en = "Large wins", fr = "Grandes victoires" }
formula = "large_wins"
formula_words = { en = "large wins", fr = "grandes victoires" }
unit = "count"
better = "higher"
horizon = "lagging"
count = "large_wins"
source = "own"
examples = [{ inputs = { large_wins = 1 }, expected = 1 }]

[scorecards.ours]
titles = { en = "Ours", fr = "Le nôtre" }
kpis = ["large_win_share", "revenue"]
"""


@pytest.fixture(scope="module")
def own() -> Catalogue:
    return load_catalogue({"ours.toml": OWN})


@pytest.fixture(scope="module")
def answerer(own: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    folder, tables, today = tmp_path_factory.mktemp("cube"), six_deals(), day_number(TODAY)
    build_cube(connection_of(tables), frozenset(tables), own, Calendar(), today, folder)
    return Answerer(Cube.open(folder), own, Calendar(), today)


def without(text: str) -> str:
    return OWN.replace(text, "")


@pytest.mark.parametrize(
    ("kpi", "value", "named"),
    [
        ("large_win_share", 0.5, "large_win_share"), ("Big wins", 0.5, "large_win_share"),
        ("large_win_share@3", 0.5, "large_win_share"), ("large_win_share@1", 2.0, "large_win_share@1"),
        ("Share of large wins@1", 2.0, "large_win_share@1"), ("Bookings", 440.0, "revenue"),
        ("win_rate@1", 0.8, "win_rate"), ("REVENUE@1", 440.0, "revenue"),
    ],
)  # fmt: skip
def test_cells_ask_for_own_kpis_own_words_and_pinned_versions(
    answerer: Answerer, kpi: str, value: float, named: str
) -> None:
    answer = answerer.answer(Question(kpi, "", "2026-Q1"))
    assert (answer.value, answer.kpi, answer.state) == (value, named, "ok")


def test_own_kpis_split_by_what_their_parts_split_by(answerer: Answerer) -> None:
    assert answerer.answer(Question("large_win_share", "Ann Lee", "2026-Q1")).value == 0.5
    assert answerer.answer(Question("large_win_share@1", "team:East", "2026-Q1")).value == 1


def test_a_version_that_is_not_kept_is_refused_with_those_that_are(own: Catalogue) -> None:
    with pytest.raises(QuestionError, match=r"Version 2 of large_win_share is not kept\. There is large_win_share@1"):
        resolve_kpi(own, "large_win_share@2")
    with pytest.raises(QuestionError, match=r"Version 7 of revenue is not kept\. There is revenue@1"):
        resolve_kpi(own, "revenue@7")
    with pytest.raises(QuestionError, match="There is no KPI"):
        resolve_kpi(own, "winn_rate@1")


def test_older_versions_are_kept_for_who_pins_them_and_listed_nowhere(own: Catalogue) -> None:
    older = own.kpis["large_win_share@1"]
    assert (older.base, older.version, older.definition) == ("large_win_share", 1, "large_win_share@1")
    assert older not in own.present
    assert len(own.present) == len(load_catalogue().kpis) + 1
    with pytest.raises(QuestionError):
        resolve_kpi(own, "Grandes victoires")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[kpis.revenue]\n", r"own/x\.toml, line 1, \[kpis\.revenue\]: the name is already taken by"),
        ("[measures.won_deals]\n", "already taken"),
        ('[synonyms]\nrevenue = ["win rate"]', 'revenue: "win rate" already means the KPI win_rate'),
        ('[synonyms]\nrevenu = ["x"]', "there is no such KPI. Did you mean revenue"),
        ('[synonyms]\nrevenue = "x"', "must be a list of texts"),
        ("synonyms = 3", r"write \[synonyms\]"),
        ("[functions.x]\n", 'unknown section "functions"'),
        ("nonsense", r"own/x\.toml is not TOML"),
        (OWN.replace("version = 3", "version = 1"), r"\[kpis\.large_win_share\] is version 1\. Say version = 2"),
        (OWN.replace("version = 3", "version = 1.5"), "version is 1.5; it counts 1, 2, 3"),
        (OWN.replace('large_win_share@1"]', 'revenue@1"]'), r"no \[kpis\.revenue\] in this file"),
        (OWN.replace('large_win_share@1"]', 'large_win_share@0"]'), "a name has lower-case letters"),
        (OWN.replace('fact = "opportunity"', 'fact = "passwords"'), 'there is no fact "passwords"'),
        (OWN.replace('value = "deals"', 'value = "1; DROP TABLE rep"'), "the fact has no"),
        (OWN.replace('["amount", ">=", 100]', '["1=1) OR (amount", ">=", 100]'), "the fact has no"),
        (OWN.replace('"large_wins / won_opportunities"', '"__import__(1)"'), "cannot be read"),
        (OWN.replace('"large_wins / won_opportunities"', '"large_win_share * 2"'), "defined by itself"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_file_entry_and_remedy(text: str, says: str) -> None:
    with pytest.raises(DefinitionError, match=says):
        load_catalogue({"x.toml": text})


def test_words_in_conditions_are_data_and_never_sql(tmp_path: Path) -> None:
    hostile = OWN.replace('["amount", ">=", 100]', """["stage", "!=", "x'; DROP TABLE opportunity; --"]""")
    catalogue, tables, today = load_catalogue({"x.toml": hostile}), six_deals(), day_number(TODAY)
    build_cube(connection_of(tables), frozenset(tables), catalogue, Calendar(), today, tmp_path)
    answerer = Answerer(Cube.open(tmp_path), catalogue, Calendar(), today)
    assert answerer.answer(Question("large_win_share@1", "", "2026-Q1")).value == 4
