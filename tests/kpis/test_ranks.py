"""Ranks: against loops over all pairs; members that cannot be told apart share places, in words too."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpis.answers import Answerer
from kpis.catalogue import load_catalogue
from kpis.questions import Answer, Question
from kpis.ranks import Rank, ranges_among, ranks_of
from tests.support.opened_org import opened_org

KPIS = load_catalogue().kpis
WON = {"Ann": (18, 20), "Bob": (9, 20), "Cy": (8, 20), "Dee": (0, 20), "Eve": (0, 0)}


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 10)), min_size=1, max_size=25))
def test_places_reach_from_behind_all_surely_better_to_before_all_surely_worse(pairs: list[tuple[int, int]]) -> None:
    ends = [(float(low), float(low + width)) for low, width in pairs]
    low, high = np.array(ends).T
    best, worst = ranges_among(low, high, low, high)
    for place, (own_low, own_high) in enumerate(ends):
        assert best[place] == 1 + sum(1 for other_low, _ in ends if other_low > own_high)
        assert worst[place] == sum(1 for _, other_high in ends if not other_high < own_low)
        assert 1 <= best[place] <= worst[place] <= len(ends)


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    rows = [
        {
            "id": f"d{name}{number}", "owner": name, "close_date": date(2026, 2, 1) + timedelta(days=number),
            "created_at": datetime(2026, 1, 1, tzinfo=UTC), "amount": 10.0, "is_closed": True, "is_won": number < won,
        }
        for name, (won, closed) in WON.items() for number in range(closed)
    ]  # fmt: skip
    tables = {
        "rep": [{"id": name, "name": name, "team": "West", "is_active": True} for name in WON],
        "opportunity": [*rows, {**rows[0], "id": "nobody's", "owner": None}],
    }
    return opened_org(tables, date(2026, 4, 1), tmp_path_factory.mktemp("ranks") / "org").answerer()


def ask(answerer: Answerer, who: str, kpi: str = "win_rate", show: str = "rank") -> Answer:
    return answerer.answer(Question(kpi, who, "2026-Q1", show))


@pytest.mark.parametrize(("who", "rank", "message"), [
    ("rep:Ann", 1, ""), ("rep:Bob", 2, "not distinguishable from ranks 2–3"),
    ("rep:Cy", 3, "not distinguishable from ranks 2–3"), ("rep:Dee", 4, ""),
    ("rep:Unspecified", 1, "not distinguishable from ranks 1–4"),
])  # fmt: skip
def test_a_rank_says_from_which_others_it_cannot_be_told(
    answerer: Answerer, who: str, rank: int, message: str
) -> None:
    answer = ask(answerer, who)
    assert (answer.value, answer.state, answer.message) == (rank, "ok", message)
    assert ask(answerer, who, kpi="revenue").message == ""


def test_members_of_a_leaderboard_have_the_ranks_that_single_questions_give(answerer: Answerer) -> None:
    answers = [ask(answerer, f"rep:{name}", show="value") for name in WON]
    assert ranks_of(answers, KPIS["win_rate"]) == [Rank(1, 1), Rank(2, 3), Rank(2, 3), Rank(4, 4), None]
    assert [str(rank) for rank in ranks_of(answers, KPIS["win_rate"])[:2]] == ["1", "2–3"]


@given(st.lists(st.one_of(st.none(), st.integers(0, 5)), max_size=12), st.sampled_from(["revenue", "quota_gap"]))
def test_sums_are_known_and_only_ties_share_a_place(values: list[int | None], kpi: str) -> None:
    answers = [Answer(Question(kpi), kpi, "", "", None if value is None else float(value), "ok") for value in values]
    sign = 1 if KPIS[kpi].better == "lower" else -1
    for value, rank in zip(values, ranks_of(answers, KPIS[kpi]), strict=True):
        if value is None:
            assert rank is None
        else:
            better = sum(1 for other in values if other is not None and sign * other < sign * value)
            assert rank == Rank(better + 1, better + 1)


def test_a_mean_of_one_record_may_have_any_rank() -> None:
    answers = [
        Answer(Question(""), "", "", "", value, "ok", low=low, high=high, method="t")
        for value, low, high in ((5.0, None, None), (9.0, 8.0, 10.0), (1.0, 0.0, 2.0))
    ]
    assert ranks_of(answers, KPIS["average_deal_size"]) == [Rank(1, 3), Rank(1, 2), Rank(2, 3)]
    assert ranks_of(answers, KPIS["sales_cycle_length"]) == [Rank(1, 3), Rank(2, 3), Rank(1, 2)]


@pytest.mark.parametrize(("kpi", "who", "words"), [
    ("win_rate", "rep:Dee", ""), ("win_rate", "rep:Unspecified", "small sample (n=1)"),
    ("average_deal_size", "rep:Unspecified", "small sample (n=1)"),
    ("average_deal_size", "rep:Bob", "small sample (n=9)"),
    ("average_deal_size", "rep:Ann", ""), ("revenue", "rep:Dee", ""),
])  # fmt: skip
def test_a_value_of_few_records_stays_and_is_called_a_small_sample(
    answerer: Answerer, kpi: str, who: str, words: str
) -> None:
    answer = ask(answerer, who, kpi, "value")
    assert (answer.state, answer.message, answer.is_small) == ("ok", words, bool(words))
    assert answer.value is not None


def test_an_answer_has_the_interval_of_its_value_and_its_method(answerer: Answerer) -> None:
    answer = ask(answerer, "rep:Ann", show="value")
    assert answer.low is not None
    assert answer.high is not None
    assert [answer.low, answer.high] == [ask(answerer, "rep:Ann", show=show).value for show in ("low", "high")]
    assert answer.low < 0.9 < answer.high
    assert answer.method == "wilson"
    assert ask(answerer, "rep:Ann", "revenue", "value").method == ""
    assert math.isclose(ask(answerer, "rep:Ann", "win_rate", "value").low or 0, answer.low)
    assert ask(answerer, "rep:Ann", show="target").low is None


def test_the_fast_path_has_values_only(answerer: Answerer, tmp_path: Path) -> None:
    values, odd = answerer.values(["win_rate"], ["rep:Ann", "rep:Unspecified"], ["2026-Q1"], ["value", "rank"])
    assert values == [0.9, 1, 1, 1]
    assert len(odd) == 0
