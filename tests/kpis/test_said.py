"""Sentences: what programs rely on stays English, what readers see is in their language."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from string import Formatter

import pytest

import kpis
from kpis.errors import QuestionError
from kpis.questions import Question
from kpis.said import Sentence, in_language, joined, said
from tests.support.opened_org import OpenedOrg, opened_org

TEMPLATES = tomllib.loads((Path(kpis.__file__).parent / "sentences.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> OpenedOrg:
    stats = [{"id": "m1", "on": date(2026, 3, 2), "likes": 5.0}]
    return opened_org({"marketing_stat": stats}, date(2026, 3, 31), tmp_path_factory.mktemp("said") / "org")


def names_in(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("key", TEMPLATES)
def test_each_sentence_says_the_same_in_both_languages(key: str) -> None:
    english, french = TEMPLATES[key]["en"], TEMPLATES[key]["fr"]
    assert names_in(english) >= names_in(french)
    assert names_in(english) - names_in(french) <= {"grain"}
    assert english[:1].isspace() == french[:1].isspace()


def test_what_a_sentence_is_about_is_never_looked_into() -> None:
    assert said("no_kpi", words="{near}", near="") == 'There is no KPI "{near}".'
    assert in_language(said("no_kpi", words="{near}", near=""), "fr") == "Le KPI « {near} » n'existe pas."


def test_sentences_are_joined_language_by_language() -> None:
    both = joined((Sentence("One.", "Un."), "", "Same."))
    assert (both, in_language(both, "fr")) == ("One. Same.", "Un. Same.")


@pytest.mark.parametrize(("question", "words"), [
    (Question("likess"), "Le KPI « likess » n'existe pas."),
    (Question("social_engagement", "", "2026-05"), "La période n'a pas commencé."),
    (Question("social_engagement", "", "2026-13"), "La période « 2026-13 » nomme le mois 13"),
    (Question("social_engagement", "nobody at all"), "Personne et rien ne s'appelle « nobody at all »."),
    (Question("social_engagement", "", "2026-03", "rnk"), "« rnk » ne peut pas être affiché. Vouliez-vous"),
    (Question("win_rate", "", "2026-03"), "La table « opportunity » n'a jamais été lue"),
])  # fmt: skip
def test_an_answer_knows_its_sentence_in_french(org: OpenedOrg, question: Question, words: str) -> None:
    message = org.answerer().answer(question).message
    assert in_language(message, "fr").startswith(words)
    assert not message.startswith(words)


def test_an_error_knows_its_sentence_in_french(org: OpenedOrg) -> None:
    error = QuestionError(org.answerer().answer(Question("likess")).message)
    assert str(error).startswith("There is no KPI")
    assert in_language(error.sentence, "fr").startswith("Le KPI")
