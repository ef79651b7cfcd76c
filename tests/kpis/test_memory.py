"""Answers from memory are those that would be worked out anew, whatever was asked before, by whom, and at once."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

import kpis.memory
from kpis.answers import Answerer, OddAnswers
from kpis.build import build_cube
from kpis.catalogue import load_catalogue
from kpis.cube import Cube
from kpis.memory import Memory
from kpis.periods import Calendar, day_number
from kpis.questions import SHOWS
from tests.support.canonical import connection_of
from tests.support.random_org import random_org

CATALOGUE = load_catalogue()
ORG = random_org(7)
TODAY = day_number(ORG.today)
PERIODS = ["this month", "2024-Q1", "2024", "last quarter", "YTD", "2024-02", "no period", "2024-W05", "2031"]
Rows = Sequence[Sequence[str]]


@pytest.fixture(scope="module")
def cube(tmp_path_factory: pytest.TempPathFactory) -> Cube:
    folder = tmp_path_factory.mktemp("memory")
    build_cube(connection_of(ORG.tables), frozenset(ORG.tables), CATALOGUE, Calendar(), TODAY, folder)
    return Cube.open(folder)


def answerer(cube: Cube, memory: Memory | None = None, limit: str = "") -> Answerer:
    return Answerer(cube, CATALOGUE, Calendar(), TODAY, limit=limit, memory=memory)


def rows(cube: Cube, seed: int, count: int = 600) -> Rows:
    chance = random.Random(seed)
    members = [found.reference(one) for found in cube.dimensions.values() for one in found.all[:4]]
    whos = ["", "company", "nobody at all", *members, f"{members[1]} & {members[-1]}"]
    kpis = [*list(CATALOGUE.kpis)[:40], "no such kpi"]
    return [
        [chance.choice(kpis), chance.choice(whos), chance.choice(PERIODS), chance.choice(SHOWS)] for _ in range(count)
    ]


def told(answers: tuple[list[float | None], OddAnswers]) -> tuple[list[float | None], dict[int, tuple[str, str]]]:
    values, odd = answers
    return values, {cell: (reason.state, reason.sentence) for cell, reason in odd.reasons()}


def test_known_cells_and_new_ones_are_answered_as_without_memory(cube: Cube) -> None:
    remembering, plain = answerer(cube, Memory()), answerer(cube)
    for seed in range(6):
        asked = [*rows(cube, seed), *rows(cube, seed - 1, 300)]
        assert told(remembering.values_of_rows(asked)) == told(plain.values_of_rows(asked))


def test_words_that_mean_nothing_may_come_before_all_others(cube: Cube) -> None:
    asked = [["no such kpi", "nobody at all", "no period"], ["revenue", "", "2024-Q1"], ["win_rate", "", "2024"]]
    assert told(answerer(cube, Memory()).values_of_rows(asked)) == told(answerer(cube).values_of_rows(asked))


def test_what_a_caller_may_not_see_stays_hidden_though_another_has_asked_it(cube: Cube) -> None:
    memory, asked = Memory(), rows(cube, 1)
    answerer(cube, memory).values_of_rows(asked)
    limit = cube.members("team").reference(cube.members("team").all[1])
    limited = answerer(cube, memory, limit).values_of_rows(asked)
    assert told(limited) == told(answerer(cube, limit=limit).values_of_rows(asked))


def test_a_full_page_is_replaced_and_answers_stay_the_same(cube: Cube, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kpis.memory, "_CELLS", 3_000)
    monkeypatch.setattr(kpis.memory, "_PERIODS", 4)
    memory, plain = Memory(), answerer(cube)
    for seed in range(4):
        asked = rows(cube, seed)
        page = memory.page()
        assert told(answerer(cube, memory).values_of_rows(asked)) == told(plain.values_of_rows(asked))
        assert page.used <= 3_000
    assert memory.page() is not page


def test_threads_share_one_memory(cube: Cube) -> None:
    memory = Memory()
    expected = [told(answerer(cube).values_of_rows(rows(cube, seed))) for seed in range(8)]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda seed: told(answerer(cube, memory).values_of_rows(rows(cube, seed))), range(8)))
    assert found == expected


def test_a_recalled_answer_says_what_an_evaluated_one_says(cube: Cube) -> None:
    remembering, asked = answerer(cube, Memory()), rows(cube, 3)
    first, second = (dict(remembering.values_of_rows(asked)[1]) for _ in range(2))
    assert first == second
