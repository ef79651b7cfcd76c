"""What was reported, what is true now, and the records whose contributions sum to the difference."""

from __future__ import annotations

import random
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kpis.cases import Case, case_of
from kpis.questions import Question
from kpis.restatement import Restatement, restatement
from tests.support.canonical import Row
from tests.support.opened_org import CATALOGUE, OpenedOrg, opened_org
from tests.support.random_org import random_org
from tests.support.six_deals import TODAY, deal, six_deals

ORG_COUNT = 5
PERIODS = ("2024", "2024-Q3", "this quarter", "2024-11", "2025-Q1", "MTD")
WHOS = ("", "", "team:West", "region:EMEA", "product:unspecified", "kind:upsell")


def case(org: OpenedOrg, question: Question) -> Case | None:
    found = case_of(org.answerer(), org.facts, question)
    return found if isinstance(found, Case) else None


@cache
def pair_of(seed: int) -> tuple[OpenedOrg, OpenedOrg]:
    """Return an organisation, and the same some changes later."""
    org, chance = random_org(seed), random.Random(seed)
    tables: dict[str, list[Row]] = {name: list(rows) for name, rows in org.tables.items()}
    deals = [dict(row) for row in tables["opportunity"] if chance.random() > 0.15]
    for row in deals:
        if chance.random() < 0.3:
            row["amount"] = chance.choice([None, 12.5, 900.0])
        if chance.random() < 0.2:
            row["owner"] = chance.choice([None, "sf:rep000"])
        if chance.random() < 0.2:
            row["close_date"] = date(2024, chance.randrange(1, 13), 5)
    deals.append({**deals[0], "id": "sf:added"})
    leads = [row for row in tables.get("lead", []) if chance.random() > 0.2]
    later: dict[str, list[Row]] = {**tables, "opportunity": [*deals]}
    if "lead" in tables:
        later["lead"] = leads
    folder = Path(mkdtemp())
    return opened_org(tables, org.today, folder / "then"), opened_org(later, org.today, folder / "now")


@settings(max_examples=120, deadline=None)
@given(
    st.integers(0, ORG_COUNT - 1), st.sampled_from(sorted(CATALOGUE.kpis)), st.sampled_from(WHOS),
    st.sampled_from(PERIODS),
)  # fmt: skip
def test_the_records_that_moved_a_number_sum_to_the_difference(seed: int, kpi: str, who: str, period: str) -> None:
    cases = [case(org, Question(kpi, who, period)) for org in pair_of(seed)]
    then, now = cases
    if then is None or now is None:
        return  # this organisation has no such member, or the KPI cannot be split so
    found = restatement(then, now)
    if found.difference is None:
        assert all(one.value is None for one in found.moved)
        return
    sizes = [1.0, abs(found.difference), *(abs(one.value or 0.0) for one in found.moved)]
    assert found.residual is not None
    assert abs(found.residual) <= 1e-9 * max(sizes)
    fewer = restatement(then, now, most=1)
    assert (fewer.count, len(fewer.moved)) == (found.count, min(found.count, 1))
    assert abs(fewer.residual or 0.0) <= 1e-9 * max(sizes)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Restatement:
    """A quarter: one deal back-dated into it, one moved out, one deleted, one new, one with another amount."""
    tables = six_deals()
    then = opened_org(tables, TODAY, tmp_path_factory.mktemp("then"))
    kept = {str(row["id"]): dict(row) for row in tables["opportunity"] if row["id"] != "sf:6"}
    kept["sf:7"]["close_date"] = date(2026, 1, 2)
    kept["sf:5"]["close_date"] = date(2026, 4, 2)
    kept["sf:1"]["amount"] = 130.0
    new = deal("sf:8", "Eighth", "sf:bob", date(2026, 2, 2), "won", 11.0)
    now = opened_org({**tables, "opportunity": [*kept.values(), new]}, TODAY, tmp_path_factory.mktemp("now"))
    cases = [case(org, Question("revenue", "", "2026-Q1")) for org in (then, now)]
    assert cases[0] is not None
    assert cases[1] is not None
    return restatement(cases[0], cases[1])


def test_each_record_says_how_it_moved_the_number(moved: Restatement) -> None:
    assert (moved.then.value, moved.now.value, moved.difference, moved.residual) == (440.0, 341.0, -99.0, 0.0)
    assert [(one.record.id, one.movement, one.before, one.after, one.value) for one in moved.moved] == [
        ("sf:5", "dropped", 300.0, 0.0, -300.0),
        ("sf:7", "counted", 0.0, 200.0, 200.0),
        ("sf:6", "deleted", 40.0, 0.0, -40.0),
        ("sf:1", "changed", 100.0, 130.0, 30.0),
        ("sf:8", "new", 0.0, 11.0, 11.0),
    ]


def test_what_changed_in_a_record_is_named(moved: Restatement) -> None:
    notes = {one.record.id: one.note for one in moved.moved}
    assert notes["sf:7"] == "close_date 2025-11-11 -> 2026-01-02"
    assert notes["sf:1"] == "amount 100 -> 130"
    assert notes["sf:8"] == notes["sf:6"] == ""


def test_a_rate_is_moved_by_records_of_both_its_parts(tmp_path: Path) -> None:
    tables = six_deals()
    later = [{**row, "is_won": True} if row["id"] == "sf:3" else row for row in tables["opportunity"]]
    orgs = (
        opened_org(tables, TODAY, tmp_path / "then"),
        opened_org({**tables, "opportunity": later}, TODAY, tmp_path / "b"),
    )
    then, now = (case(org, Question("win_rate", "Ann Lee", "2026-Q1")) for org in orgs)
    assert then is not None
    assert now is not None
    found = restatement(then, now)
    assert (found.then.value, found.now.value) == (2 / 3, 1.0)
    assert {(one.record.part, one.record.id, one.movement) for one in found.moved} == {
        ("won_deals", "sf:3", "counted"), ("lost_deals", "sf:3", "dropped"),
    }  # fmt: skip
    assert found.residual == pytest.approx(0, abs=1e-12)


def test_stalled_deals_are_compared_though_what_is_old_has_moved() -> None:
    pairs = [[case(org, Question("stalled_opportunities")) for org in pair_of(seed)] for seed in range(ORG_COUNT)]
    found = [restatement(then, now) for then, now in pairs if then and now]
    told = [one for one in found if one.difference is not None]
    assert any(one.difference for one in told)
    assert all(abs(one.residual or 0.0) <= 1e-9 for one in told)
