"""Rows that are dated ahead: they count on their day, and what has none of them says so."""

from __future__ import annotations

from datetime import date

import pytest

from kpis.explain import explain
from kpis.questions import Answer, Question
from tests.support.opened_org import OpenedOrg, opened_org

TODAY = date(2026, 3, 31)


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> OpenedOrg:
    stats = [
        {"id": "m1", "on": date(2026, 3, 2), "likes": 5.0, "comments": 2.0},
        {"id": "m2", "on": date(2026, 4, 6), "likes": 7.0},
    ]
    return opened_org({"marketing_stat": stats}, TODAY, tmp_path_factory.mktemp("ahead") / "org")


def ask(org: OpenedOrg, kpi: str, period: str) -> Answer:
    return org.answerer().answer(Question(kpi, "", period))


def test_a_sum_of_which_one_part_is_dated_ahead_is_that_part(org: OpenedOrg) -> None:
    assert ask(org, "social_engagement", "2026-04").value == 7
    assert ask(org, "social_engagement", "2026-Q2").value == 7
    assert ask(org, "social_engagement", "2026").value == 14


def test_a_sum_of_which_no_part_is_dated_ahead_has_not_begun(org: OpenedOrg) -> None:
    answer = ask(org, "social_engagement", "2026-05")
    assert (answer.value, answer.state, answer.message) == (None, "no_data", "The period has not begun.")


def test_the_rows_behind_such_a_sum_make_the_same_number(org: OpenedOrg) -> None:
    for period in ("2026-04", "2026-05"):
        found = explain(org.answerer(), org.facts, Question("social_engagement", "", period)).check
        assert found is not None
        assert found.equals, period
