"""The records behind a number are exactly those that it counts: recomputed from them it is the very same number."""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kpis.answers import Answerer
from kpis.cases import Case, Leaf, case_of
from kpis.definitions import Kpi
from kpis.errors import QuestionError
from kpis.formula import evaluate, names
from kpis.memberships import WHENS
from kpis.periods import Calendar, business_days, date_of, day_number, elapsed
from kpis.questions import Question
from kpis.records import Record, page_of, records
from tests.support.maven import FOLDER, maven_rows
from tests.support.maven import TODAY as MAVEN_TODAY
from tests.support.opened_org import CATALOGUE, OpenedOrg, opened_org
from tests.support.random_org import random_org
from tests.support.six_deals import TODAY, six_deals

DRAWS = int(os.environ.get("SCORECELL_EXPLAIN_DRAWS", "60"))
ORG_COUNT = min(3 + DRAWS // 200, 40)
CALENDAR = Calendar(fiscal_year_start_month=4, holidays=frozenset({day_number(date(2024, 5, 1))}))
PERIODS = (
    "2024", "2024-Q2", "FY2025", "FY2025-Q1", "this month", "MTD", "QTD", "last 30 days", "2024-07", "2025",
    "2024-W20", "2024-05-04", "2024-05-04..2024-06-11", "2025-Q1",
)  # fmt: skip


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> OpenedOrg:
    return opened_org(six_deals(), TODAY, tmp_path_factory.mktemp("six"))


@pytest.fixture(scope="module")
def random_orgs(tmp_path_factory: pytest.TempPathFactory) -> list[OpenedOrg]:
    folder = tmp_path_factory.mktemp("orgs")
    orgs = [random_org(seed) for seed in range(ORG_COUNT)]
    return [
        opened_org(org.tables, org.today, folder / str(seed), CALENDAR, WHENS[seed % 2])
        for seed, org in enumerate(orgs)
    ]


def shown(small: OpenedOrg, kpi: str, who: str = "Ann Lee", period: str = "2026-Q1") -> list[tuple[object, ...]]:
    page = records(small.answerer(), small.facts, Question(kpi, who, period))
    return [(one.part, one.id, one.name, one.value) for one in page.records]


def test_a_rate_lists_the_rows_of_both_its_parts_with_their_names(small: OpenedOrg) -> None:
    page = records(small.answerer(), small.facts, Question("win_rate", "Ann Lee", "2026-Q1"))
    assert [(part.name, part.role, part.count) for part in page.parts] == [
        ("won_deals", "both", 2), ("lost_deals", "denominator", 1),
    ]  # fmt: skip
    assert page.records[0] == Record(
        "won_deals", "sf:1", "First", "Acme", "Ann Lee", day_number(date(2026, 1, 10)), 1.0
    )
    assert [one.id for one in page.records] == ["sf:1", "sf:2", "sf:3"]
    assert page.check is not None
    assert page.check.equals
    assert page.check.recomputed == page.answer.value == 2 / 3


def test_a_sum_lists_amounts_and_a_growth_those_of_the_period_before_as_well(small: OpenedOrg) -> None:
    assert shown(small, "revenue") == [("won_amount", "sf:1", "First", 100.0)]
    assert shown(small, "revenue_growth") == [
        ("won_amount", "sf:1", "First", 100.0), ("won_amount 2025-Q4", "sf:7", "Earlier", 200.0),
    ]  # fmt: skip


def test_a_stock_lists_what_is_there_at_the_end(small: OpenedOrg) -> None:
    assert [row[1] for row in shown(small, "open_opportunities", period="2026-01")] == ["sf:2", "sf:3", "sf:4"]


def test_a_count_of_different_ones_takes_each_once(small: OpenedOrg) -> None:
    rows = [row for row in shown(small, "average_revenue_per_account", "") if row[0] == "accounts_with_revenue"]
    assert [row[3] for row in rows] == [1.0, 0.0, 0.0]


def test_a_target_lists_its_rows_with_the_share_that_falls_into_the_period(small: OpenedOrg) -> None:
    page = records(small.answerer(), small.facts, Question("quota_attainment", "Ann Lee", "2026-Q1"))
    target = page.records[-1]
    assert (target.part, target.id, target.name) == ("quota", "sheet:Targets:1", "Ann Lee")
    assert target.value == pytest.approx(64)  # 64 of the year's 261 business days, at one each
    assert target.note == "2026-01-01..2026-12-31 = 261"


def test_a_count_of_members_lists_them_with_the_values_that_decide(small: OpenedOrg) -> None:
    page = records(small.answerer(), small.facts, Question("reps_at_quota", "", "2026-Q1"))
    at_quota = [(one.name, one.value, one.note) for one in page.records if one.part == "reps_at_or_above_quota"]
    assert at_quota == [
        ("Ann Lee", 1.0, "quota = 64; revenue = 100"),
        ("Bob Ray", 0.0, "quota = no value; revenue = 300"),
    ]
    assert page.check is not None
    assert page.check.equals


def test_pages_repeat_and_lose_nothing(small: OpenedOrg) -> None:
    question = Question("sales_velocity", "", "2026-Q1")
    whole = records(small.answerer(), small.facts, question)
    pages = [records(small.answerer(), small.facts, question, page, 3) for page in range(1, whole.count // 3 + 2)]
    assert [one for page in pages for one in page.records] == list(whole.records)
    assert {page.count for page in pages} == {whole.count}
    assert records(small.answerer(), small.facts, question, 1_000, 3).records == ()


@pytest.mark.parametrize(("page", "page_size"), [(0, 10), (1, 0), (1, 10_001)])
def test_a_page_that_there_cannot_be_is_refused(small: OpenedOrg, page: int, page_size: int) -> None:
    with pytest.raises(QuestionError, match="Pages count from 1 and have 1 to 10,000"):
        records(small.answerer(), small.facts, Question("revenue"), page, page_size)


def test_a_caller_sees_no_record_outside_the_limit(small: OpenedOrg) -> None:
    before = small.times_opened
    page = records(small.answerer("team:West"), small.facts, Question("revenue", "team:East", "2026"))
    assert (page.answer.state, page.records, page.count, page.check) == ("not_allowed", (), 0, None)
    assert small.times_opened == before
    own = records(small.answerer("team:West"), small.facts, Question("revenue", "Ann Lee", "2026"))
    assert [one.id for one in own.records] == ["sf:1"]


@settings(max_examples=DRAWS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_listed_records_recompute_to_the_answer(random_orgs: list[OpenedOrg], data: st.DataObject) -> None:
    org = data.draw(st.sampled_from(random_orgs))
    kpi = data.draw(st.sampled_from(list(CATALOGUE.kpis.values())))
    who = data.draw(slices(org.answerer(), kpi))
    check(org, Question(kpi.id, who, data.draw(st.sampled_from(PERIODS))))


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the data set is not at hand")
def test_every_kpi_of_a_real_data_set_is_made_of_its_records(tmp_path: Path) -> None:
    org = opened_org(maven_rows(), date_of(MAVEN_TODAY), tmp_path)
    whos = ["rep:Anna Snelling", "Dustin Brinkmann", "product:GTX Pro", "region:Unspecified", "market:retail",
            "market:retail & team:Dustin Brinkmann"]  # fmt: skip
    pairs = [(kpi, who) for place, kpi in enumerate(CATALOGUE.kpis) for who in ("", whos[place % len(whos)])]
    assert sum(check(org, Question(kpi, who, "2017-Q3")) for kpi, who in pairs) > 40


def slices(answerer: Answerer, kpi: Kpi) -> st.SearchStrategy[str]:
    """Draw the company, a member of a dimension, Unspecified among them, or two crossed ones."""
    references = {
        dimension: [answerer.cube.members(dimension).reference(one) for one in answerer.cube.members(dimension).all]
        for dimension in kpi.dimensions
    }
    members = [st.sampled_from(found) for found in references.values()]
    pairs = [
        st.tuples(st.sampled_from(references[left]), st.sampled_from(references[right])).map(" & ".join)
        for left in references
        for right in references
        if left < right
    ]
    return st.one_of(st.just(""), *members, *pairs[:6])


def check(org: OpenedOrg, question: Question) -> bool:
    """Check that the listed records give the answer, by sums in plain Python; tell whether there is a number."""
    answerer = org.answerer()
    case = case_of(answerer, org.facts, question)
    if not isinstance(case, Case):
        return False
    page = page_of(case, 1, 10_000)
    assert page.check is not None
    assert page.check.equals, (question, case.answer, page.check)
    assert page.count == len(page.records)
    if case.answer.value is None:
        return False
    recomputed = from_records(case, by_part(page.records))
    assert math.isclose(recomputed, case.answer.value, rel_tol=1e-9, abs_tol=1e-9), (question, recomputed)
    return True


def by_part(listed: tuple[Record, ...]) -> Mapping[str, list[float]]:
    values: dict[str, list[float]] = defaultdict(list)
    for one in listed:
        values[one.part].append(one.value)
    return values


def from_records(case: Case, values: Mapping[str, list[float]]) -> float:
    """Return the KPI's value, knowing nothing but the listed values of each part."""
    leaves = {leaf.name: of_leaf(case, leaf, values[leaf.name]) for leaf in case.leaves()}
    found = of_name(case, case.kpi.id, "", leaves)
    assert found is not None
    return found


def of_leaf(case: Case, leaf: Leaf, values: list[float]) -> float:
    if leaf.measure.kind == "calendar":
        period = elapsed(leaf.scope.period, case.recount.evidence.today)
        return business_days(period.first, period.last, case.recount.calendar)
    if leaf.measure.kind == "quantile":
        return float(np.quantile(values, leaf.measure.quantile))
    return math.fsum(values)


def of_name(case: Case, name: str, suffix: str, leaves: Mapping[str, float]) -> float | None:
    kpi = CATALOGUE.kpis.get(name)
    if kpi is None:
        measure = CATALOGUE.measures[name]
        if measure.kind == "shift":
            period = case.recount.shifted(case.scope, measure.shift).period
            return of_name(case, measure.of, "" if period == case.scope.period else f" {period.label}", leaves)
        if measure.kind != "derived":
            return leaves[name + suffix]
    formula = kpi.formula if kpi else CATALOGUE.measures[name].formula
    return evaluate(formula, {part: of_name(case, part, suffix, leaves) for part in names(formula)})
