"""Targets are checked for being specific, measurable, within reach of history, and dated."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kpis.periods import day_number
from kpis.target_checks import TargetEntry, check_targets, target_entries
from tests.support.canonical import Row
from tests.support.opened_org import OpenedOrg, opened_org

TODAY = date(2026, 5, 1)
Q2 = (date(2026, 4, 1), date(2026, 6, 30))


def quarter_of(number: int) -> date:
    year, quarter = divmod(number, 4)
    return date(2024 + year, quarter * 3 + 2, 10)


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> OpenedOrg:
    """Nine quarters in which Ann wins 100, 200 and so on to 900, and loses one deal in each; all close in 9 days."""
    rows: list[Row] = [
        {
            "id": f"{outcome}{number}", "owner": "ann", "amount": 100.0 * (number + 1), "is_closed": True,
            "is_won": outcome == "won", "close_date": quarter_of(number),
            "created_at": datetime.combine(quarter_of(number), datetime.min.time(), UTC).replace(day=1),
        }
        for number in range(9) for outcome in ("won", "lost")
    ]  # fmt: skip
    tables: dict[str, list[Row]] = {
        "rep": [{"id": "ann", "name": "Ann", "is_active": True}],
        "opportunity": rows,
        "target": [
            {"id": "t1", "kpi": "revenue", "dimension": "rep", "member": "Ann", "period_start": Q2[0],
             "period_end": Q2[1], "value": 900.0},
            {"id": "t2", "kpi": "revenue", "dimension": "rep", "member": "Ann", "period_start": None,
             "period_end": Q2[1], "value": None},
        ],
    }  # fmt: skip
    return opened_org(tables, TODAY, tmp_path_factory.mktemp("targets") / "org")


def entry(  # noqa: PLR0917 one row of the table
    key: str = "x", kpi: str = "revenue", value: float | None = 900.0, first: date | None = Q2[0],
    last: date | None = Q2[1], dimension: str = "rep", member: str = "Ann",
) -> TargetEntry:  # fmt: skip
    days = [None if day is None else day_number(day) for day in (first, last)]
    return TargetEntry(key, kpi, dimension, member, days[0], days[1], value)


def doubts(org: OpenedOrg, *entries: TargetEntry) -> list[tuple[str, str]]:
    return [(doubt.aspect, doubt.sentence) for doubt in check_targets(org.answerer(), entries)]


@pytest.mark.parametrize(
    ("row", "aspect", "words"),
    [
        (entry(kpi="revenu e"), "specific", 'there is no KPI "revenu e"'),
        (entry(member="Anne"), "specific", 'there is no rep "Anne". Did you mean Ann?'),
        (entry(dimension="planet"), "specific", 'there is no dimension "planet"'),
        (entry(kpi="reps_at_quota", dimension="market", member="Unspecified", value=0.5), "specific",
         "cannot be split by market. Set it for rep, team, region"),
        (entry(value=None), "measurable", "has no number"),
        (entry(kpi="win_rate", value=32), "measurable", "32 for Win rate means 3,200 %. Write 0.32 for 32 %."),
        (entry(kpi="win_rate", value=1.2), "measurable", "120% for Win rate is more than there can be"),
        (entry(kpi="won_opportunities", value=-3), "measurable", "-3 for Closed-won opportunities is below zero"),
        (entry(value=0), "measurable", "0 for Total revenue is reached by doing nothing"),
        (entry(first=None), "dated", "has no first day"),
        (entry(last=None), "dated", "has no last day"),
        (entry(first=Q2[1], last=Q2[0]), "dated", "is no period of one day to ten years"),
        (entry(value=1801), "within reach",
         "1,801 for Total revenue is more than twice the best of 8 comparable periods (900 in 2026-01-01.."),
        (entry(value=199), "within reach", "asks for less than the worst of 8 comparable periods had (200 in 2024"),
        (entry(kpi="sales_cycle_length", value=4), "within reach", "is less than half the best"),
        (entry(kpi="sales_cycle_length", value=30), "within reach", "asks for less than the worst"),
    ],
)  # fmt: skip
def test_what_a_target_misses_is_said_in_a_sentence(
    org: OpenedOrg, row: TargetEntry, aspect: str, words: str
) -> None:
    found = doubts(org, row)
    assert found[-1][0] == aspect
    assert words in found[-1][1]


@pytest.mark.parametrize("row", [
    entry(), entry(value=1800), entry(value=200), entry(kpi="win_rate", value=0.6), entry(kpi="quota", value=800),
    entry(kpi="quota_attainment", value=1.2), entry(value=5000, first=date(2025, 1, 1), last=date(2025, 3, 31)),
    entry(kpi="sales_cycle_length", value=5), entry(dimension="company", member="", value=800),
    entry(kpi="calls_made", value=10),
])  # fmt: skip
def test_a_good_target_and_one_without_history_raise_no_doubt(org: OpenedOrg, row: TargetEntry) -> None:
    assert doubts(org, row) == []


def test_targets_that_overlap_are_named_and_parts_of_a_whole_are_not(org: OpenedOrg) -> None:
    month = entry("april", value=300, last=date(2026, 4, 30))
    assert doubts(org, entry("q2"), month) == []
    late = entry("late", first=date(2026, 5, 15), last=date(2026, 7, 31))
    [(aspect, sentence)] = doubts(org, entry("q2"), month, late)
    assert aspect == "dated"
    assert "Targets q2 and late overlap from 2026-05-15 to 2026-06-30: there the shorter one counts." in sentence
    [(aspect, sentence)] = doubts(org, entry("q2"), entry("again"))
    assert (aspect, "for the same KPI, member and days" in sentence) == ("dated", True)
    assert doubts(org, entry("q2"), entry("count", kpi="won_opportunities", value=1)) == []


def test_the_rows_of_a_snapshot_are_read_with_their_gaps(org: OpenedOrg) -> None:
    entries = target_entries(org.facts())
    assert [(one.id, one.value) for one in entries] == [("t1", 900.0), ("t2", None)]
    assert [doubt.target for doubt in check_targets(org.answerer(), entries)] == ["t2"]


def test_only_so_many_doubts_are_told(org: OpenedOrg) -> None:
    found = doubts(org, *(entry(f"t{number}", value=None) for number in range(5_002)))
    assert len(found) == 202
    assert found[-2][1].startswith("2 more targets are not checked")
    assert found[-1][1].startswith("4,800 more doubts")


def test_nothing_is_written_while_targets_are_checked(org: OpenedOrg, tmp_path: Path) -> None:
    before = sorted(path.name for path in org.folder.rglob("*"))
    doubts(org, entry())
    assert sorted(path.name for path in org.folder.rglob("*")) == before
