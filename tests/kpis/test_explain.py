"""An explanation says what a number is made of, in words and values, and what it leaves out."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping
from datetime import date

import pytest

from kpis.evidence import Scope
from kpis.explain import Explanation, Part, explain
from kpis.facts import FACTS
from kpis.filters import condition_words, failure_words, noun, population_words
from kpis.formula import evaluate
from kpis.periods import Calendar, parse_period
from kpis.questions import Question
from kpis.records import records
from tests.support.canonical import Row
from tests.support.opened_org import CATALOGUE, OpenedOrg, opened_org
from tests.support.random_org import random_org
from tests.support.six_deals import TODAY, six_deals

QUARTER = "opportunities with close date from 2026-01-01 to 2026-03-31"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> OpenedOrg:
    return opened_org(six_deals(), TODAY, tmp_path_factory.mktemp("six"))


def explained(
    small: OpenedOrg, kpi: str, who: str = "Ann Lee", period: str = "2026-Q1", limit: str = ""
) -> Explanation:
    return explain(small.answerer(limit), small.facts, Question(kpi, who, period))


def left_out(explanation: Explanation) -> list[tuple[str, int]]:
    return [(one.reason["en"], one.count) for one in explanation.excluded]


def below(part: Part) -> Iterator[Part]:
    yield part
    for one in part.parts:
        yield from below(one)


def test_a_rate_is_its_two_sides_down_to_the_measures(small: OpenedOrg) -> None:
    explanation = explained(small, "win_rate")
    over, under = explanation.parts
    assert (over.name, over.role, over.value, over.words["fr"]) == (
        "won_opportunities", "numerator", 2, CATALOGUE.kpis["won_opportunities"].titles["fr"],
    )  # fmt: skip
    assert (under.name, under.value) == ("won_opportunities + lost_opportunities", 3)
    assert [(part.name, part.value) for part in under.parts] == [("won_opportunities", 2), ("lost_opportunities", 1)]
    assert over.parts[0].filter["en"] == f"{QUARTER}: won; rep Ann Lee"
    assert explanation.definition == "win_rate@1"
    assert (explanation.who["fr"], explanation.row_count) == ("représentant Ann Lee", 3)
    assert explanation.check is not None
    assert explanation.check.equals


def test_rows_that_do_not_count_are_counted_by_reason(small: OpenedOrg) -> None:
    assert left_out(explained(small, "win_rate")) == [("open", 1), ("without rep: counted under Unspecified", 1)]
    assert left_out(explained(small, "average_deal_size")) == [
        ("open", 1), ("lost", 1), ("without amount: nothing to add up", 1),
        ("without rep: counted under Unspecified", 1),
    ]  # fmt: skip
    assert left_out(explained(small, "average_deal_size", "")) == [
        ("open", 1), ("lost", 1), ("without amount: nothing to add up", 1),
    ]  # fmt: skip
    assert left_out(explained(small, "open_opportunities", "", "2026-01")) == [("gone by 2026-01-31", 4)]
    assert explained(small, "win_rate").excluded[0].rows["en"] == QUARTER


def test_members_that_do_not_count_are_told_from_those_that_cannot_be(small: OpenedOrg) -> None:
    assert left_out(explained(small, "reps_at_quota", "")) == [
        ("cannot be told: a value is missing", 1), ("cannot be told: a value is missing", 1),
    ]  # fmt: skip
    assert left_out(explained(small, "reps_at_quota", "team:West", "2026-Q2"))[0] == (
        "quota > 0 and revenue >= quota does not hold", 1,
    )  # fmt: skip


def test_a_growth_shows_the_period_that_it_is_compared_with(small: OpenedOrg) -> None:
    before = explained(small, "revenue_growth").parts[1]
    assert (before.name, before.kind, before.value, before.period.label) == ("revenue_prior", "shift", 200, "2025-Q4")
    assert list(below(before))[-1].filter["en"] == (
        "opportunities with close date from 2025-10-01 to 2025-12-31: won; rep Ann Lee"
    )


def test_a_target_for_other_days_is_said_to_be_prorated(small: OpenedOrg) -> None:
    assert explained(small, "quota_attainment").is_prorated
    assert not explained(small, "quota_attainment", period="2026").is_prorated
    assert not explained(small, "revenue").is_prorated


def test_an_answer_without_a_value_says_which_part_is_missing(small: OpenedOrg) -> None:
    over, under = explained(small, "quota_attainment", "Bob Ray").parts
    assert (over.value, over.state) == (300, "ok")
    assert (under.value, under.state) == (None, "no_target")
    (calls,) = explained(small, "calls_made", "").parts
    assert "never read" in calls.message


def test_a_limited_caller_learns_nothing_from_outside(small: OpenedOrg) -> None:
    times = small.times_opened
    refused = explained(small, "win_rate", "team:East", limit="team:West")
    assert (refused.answer.state, refused.parts, refused.excluded, refused.kpi) == ("not_allowed", (), (), None)
    assert small.times_opened == times
    assert left_out(explained(small, "win_rate", "Ann Lee", limit="team:West")) == [("open", 1)]


def test_what_is_not_understood_is_not_explained(small: OpenedOrg) -> None:
    assert explained(small, "win_rat").answer.message.startswith('There is no KPI "win_rat". Did you mean win_rate')
    assert explained(small, "win_rat").parts == ()


def test_everything_that_a_measure_can_ask_for_has_words_in_both_languages() -> None:
    period = parse_period("2026-Q1", Calendar(), 20_000)
    for measure in CATALOGUE.measures.values():
        for condition in measure.where:
            for words in (condition_words(condition), failure_words(condition)):
                assert words["en"] != words["fr"], condition
        if measure.kind not in {"shift", "derived"}:
            words = population_words(measure, Scope((), (), period), CATALOGUE, 20_000)
            assert words["en"] != words["fr"], measure.name
    assert {noun("facts", fact.table)["fr"] for fact in FACTS.values()}.isdisjoint(FACTS)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_value_of_each_part_follows_from_its_own_parts(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    random_one = random_org(seed)
    org = opened_org(random_one.tables, random_one.today, tmp_path_factory.mktemp("org"))
    chance = random.Random(seed)
    for kpi in CATALOGUE.kpis.values():
        dimension = chance.choice(["", *kpi.dimensions])
        members = org.answerer().cube.members(dimension).all if dimension else ()
        who = org.answerer().cube.members(dimension).reference(chance.choice(members)) if dimension else ""
        explanation = explain(org.answerer(), org.facts, Question(kpi.id, who, chance.choice(["2024", "2024-Q2"])))
        for part in explanation.parts:
            for one in below(part):
                assert one.parts == () or one.kind == "older" or closes(one), (kpi.id, who, one)
        assert all(one.count > 0 for one in explanation.excluded)


def closes(part: Part) -> bool:
    """Tell whether a part's value follows from those of its parts."""
    values: Mapping[str, float | None] = {one.name: one.value for one in part.parts}
    found = part.parts[0].value if part.kind == "shift" else evaluate(part.formula, values)
    if found is None or part.value is None:
        return found is part.value
    return math.isclose(found, part.value, rel_tol=1e-9, abs_tol=1e-9)


def test_every_deal_of_a_period_is_either_counted_or_left_out(small: OpenedOrg) -> None:
    for who in ("", "Ann Lee", "rep:Unspecified", "market:retail"):
        explanation = explained(small, "won_opportunities", who)
        deals = [row for row in six_deals()["opportunity"] if str(row["close_date"]).startswith("2026")]
        if who not in {"", "market:retail"}:
            deals = [row for row in deals if row["owner"] == ("sf:ann" if who == "Ann Lee" else None)]
        not_counted = sum(one.count for one in explanation.excluded if "Unspecified" not in one.reason["en"])
        assert explanation.row_count + not_counted == len(deals)


def test_a_churn_lists_who_stayed_and_counts_who_did_not(tmp_path_factory: pytest.TempPathFactory) -> None:
    contracts: dict[str, list[tuple[date, date | None]]] = {
        "stays": [(date(2025, 1, 1), None)], "leaves": [(date(2025, 1, 1), date(2026, 2, 1))],
        "returns": [(date(2025, 1, 1), date(2026, 1, 10)), (date(2026, 2, 10), None)],
        "left": [(date(2025, 1, 1), date(2025, 6, 1))], "new": [(date(2026, 3, 1), None)],
    }  # fmt: skip
    rows: dict[str, list[Row]] = {
        "account": [{"id": name, "name": name} for name in contracts],
        "subscription": [
            {"id": f"{name}{first}", "account": name, "started_on": first, "ended_on": last}
            for name, times in contracts.items()
            for first, last in times
        ],
    }
    org = opened_org(rows, TODAY, tmp_path_factory.mktemp("contracts"))
    question = Question("churn_rate", "", "2026-Q1")
    explanation = explain(org.answerer(), org.facts, question)
    assert explanation.answer.value == pytest.approx(1 / 3)
    assert ("gone by 2026-03-31", 1) in left_out(explanation)
    stayed = [one.id for one in records(org.answerer(), org.facts, question).records if one.part == "of_them_at_end"]
    assert stayed == ["stays", "returns"]


def test_a_limited_caller_is_not_told_the_numbers_of_the_company(small: OpenedOrg) -> None:
    def company(limit: str) -> Part:
        (stalled,) = explained(small, "stalled_opportunities", limit=limit).parts
        return stalled.parts[0]

    assert (company("").value, company("").kind) == (106, "whole")
    assert (company("team:West").value, company("team:West").state) == (None, "not_allowed")
    assert [reason for reason, _ in left_out(explained(small, "stalled_opportunities", limit="team:West"))] == []
