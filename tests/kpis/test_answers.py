"""What cells are told: words, states, shows and limits, over a company small enough to count by hand.

Ann and Bob sell in team West, Éva in team East; Max leads them and sells nothing. Today is Wednesday 2025-06-18.

    deal   owner  account  created     closes      amount           state
    d1     Ann    a1       2025-04-01  2025-04-20  1000             won, first of a1
    d2     Ann    a1       2025-05-05  2025-05-25  500              won
    d3     Ann    a2       2025-05-06  2025-05-31  200              lost
    d4     Bob    a2       2025-05-07  2025-06-02  3000             won, first of a2
    d5     Éva    -        2025-06-01  2025-09-30  4000 (50 %)      open
    d6     nobody a3       2025-06-03  2025-06-10  70               won, first of a3
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from kpis.answers import Answerer
from kpis.build import build_cube
from kpis.catalogue import load_catalogue
from kpis.crossing import SnapshotCrossing
from kpis.cube import Cube
from kpis.errors import QuestionError
from kpis.periods import Calendar, day_number
from kpis.questions import Answer, Question
from kpis.tables import TABLES
from tests.support.canonical import Row, arrow_table, connection_of
from tests.support.opened_org import opened_org

TODAY = day_number(date(2025, 6, 18))
CATALOGUE = load_catalogue()


def deal(  # noqa: PLR0917 one row of the table above
    key: str, owner: str | None, account: str | None, created: date, closes: date, amount: float, state: str
) -> Row:
    return {
        "id": key, "owner": owner, "account": account, "created_at": datetime(*created.timetuple()[:3], tzinfo=UTC),
        "close_date": closes, "amount": amount, "probability": 50.0, "is_closed": state != "open",
        "is_won": state == "won",
    }  # fmt: skip


def goal(  # noqa: PLR0917 one row of the tab
    key: str, kpi: str, dimension: str, member: str, first: date, last: date, value: float
) -> Row:
    return {
        "id": key, "kpi": kpi, "dimension": dimension, "member": member, "period_start": first, "period_end": last,
        "value": value,
    }  # fmt: skip


TABLE_ROWS: dict[str, Sequence[Row]] = {
    "rep": [
        {"id": "r1", "name": "Ann Lee", "email": "ann@x.example", "team": "West", "region": "EMEA", "manager": "r4"},
        {"id": "r2", "name": "Bob Ray", "email": "bob@x.example", "team": "West", "region": "EMEA", "manager": "r4"},
        {"id": "r3", "name": "Éva Noël", "email": "eva@x.example", "team": "East", "region": "Americas",
         "manager": "r4"},
        {"id": "r4", "name": "Max Boss", "team": "Heads", "region": "EMEA"},
    ],
    "account": [
        {"id": "a1", "name": "One", "market": "retail"}, {"id": "a2", "name": "Two", "market": "software"},
        {"id": "a3", "name": "Three", "market": "R&D: labs"},
    ],
    "product": [{"id": "p1", "name": "GTX Pro"}, {"id": "p2", "name": "GTX Pro"}],
    "opportunity": [
        deal("d1", "r1", "a1", date(2025, 4, 1), date(2025, 4, 20), 1000, "won"),
        deal("d2", "r1", "a1", date(2025, 5, 5), date(2025, 5, 25), 500, "won"),
        deal("d3", "r1", "a2", date(2025, 5, 6), date(2025, 5, 31), 200, "lost"),
        deal("d4", "r2", "a2", date(2025, 5, 7), date(2025, 6, 2), 3000, "won"),
        deal("d5", "r3", None, date(2025, 6, 1), date(2025, 9, 30), 4000, "open"),
        deal("d6", None, "a3", date(2025, 6, 3), date(2025, 6, 10), 70, "won"),
    ],
    "opportunity_line": [
        {"id": "l1", "opportunity": "d1", "product": "p1", "quantity": 1.0, "total": 600.0, "list_price": 800.0},
        {"id": "l2", "opportunity": "d1", "product": "p2", "quantity": 2.0, "total": 300.0, "list_price": 200.0},
        {"id": "l3", "opportunity": "d4", "product": "p1", "quantity": 1.0, "total": 3000.0, "list_price": None},
    ],
    "lead": [],
    "target": [
        goal("t1", "quota", "rep", "ANN LEE", date(2025, 4, 1), date(2025, 6, 30), 1500),
        goal("t2", "Revenue", "vendeur", "bob@x.example", date(2025, 4, 1), date(2025, 6, 30), 1500),
        goal("t3", "quota", "team", "East", date(2025, 4, 1), date(2025, 4, 30), 900),
        goal("t4", "win_rate", "company", "", date(2025, 1, 1), date(2025, 12, 31), 0.5),
        goal("t5", "quota", "rep", "Ann Leigh", date(2025, 4, 1), date(2025, 6, 30), 1),
        goal("t0", "quota", "rep", "r1", date(2025, 4, 1), date(2025, 6, 30), 7),
        goal("t6", "revenuee", "rep", "Ann Lee", date(2025, 4, 1), date(2025, 6, 30), 1),
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("snapshot")
    build_cube(connection_of(TABLE_ROWS), frozenset(TABLE_ROWS), CATALOGUE, Calendar(), TODAY, path / "cube")
    for name, rows in TABLE_ROWS.items():
        pq.write_table(arrow_table(TABLES[name], rows), path / f"{name}.parquet")
    return path


@pytest.fixture(scope="module")
def answerer(folder: Path) -> Answerer:
    return Answerer(Cube.open(folder / "cube"), CATALOGUE, Calendar(), TODAY, crossing=SnapshotCrossing(folder))


def limited(folder: Path, limit: str) -> Answerer:
    cube = Cube.open(folder / "cube")
    return Answerer(cube, CATALOGUE, Calendar(), TODAY, limit=limit, crossing=SnapshotCrossing(folder))


def ask(answerer: Answerer, kpi: str, who: str = "", period: str = "2025-Q2", show: str = "value") -> Answer:
    return answerer.answer(Question(kpi, who, period, show))


@pytest.mark.parametrize(
    ("kpi", "who", "expected"),
    [
        ("revenue", "", 4570), ("revenue", "Ann Lee", 1500), ("revenue", "rep:ann  LEE", 1500),
        ("revenue", "eva noel", 0), ("revenue", "bob@x.example", 3000), ("revenue", "équipe:west", 4500),
        ("revenue", "West", 4500), ("revenue", "rep:Unspecified", 70), ("revenue", "marché:R&D: labs", 70),
        ("revenue", "R&D: labs", 70), ("revenue", "r2", 3000), ("Taux de réussite", "Ann Lee", 2 / 3),
        ("revenue", "West & retail", 1500), ("revenue", "market:software & rep:Bob Ray", 3000),
        ("revenue", "product:p1", 3600), ("revenue", "product:p2", 300), ("revenue", "product:Unspecified", 670),
        ("won_opportunities", "product:p2", 1), ("revenue", "product:p1 & team:West", 3600),
        ("new_customers", "", 3), ("new_customer_revenue", "", 4070), ("existing_customer_revenue", "", 500),
        ("open_opportunities", "", 1), ("open_opportunities", "Éva Noël", 1), ("weighted_pipeline", "", 0),
        ("sales_cycle_length", "Ann Lee", 19.5), ("sales_cycle_median", "", 19.5), ("discount_rate", "", 0.25),
        ("revenue_per_rep", "team:West", 2250), ("average_revenue_per_account", "", 4570 / 3),
    ],
)  # fmt: skip
def test_values_are_those_counted_by_hand(answerer: Answerer, kpi: str, who: str, expected: float) -> None:
    answer = ask(answerer, kpi, who)
    assert answer.state == "ok", answer.message
    assert answer.value == pytest.approx(expected, rel=1e-12)


def test_a_rate_travels_with_its_parts_and_sample_size(answerer: Answerer) -> None:
    answer = ask(answerer, "win_rate", "Ann Lee")
    assert (answer.numerator, answer.denominator, answer.n, answer.unit) == (2, 3, 3, "percent")
    assert (answer.kpi, answer.who, answer.period) == ("win_rate", "rep:Ann Lee", "2025-Q2")


@pytest.mark.parametrize(
    ("kpi", "who", "period", "state", "words"),
    [
        ("win_rate", "Éva Noël", "2025-Q2", "zero_denominator", "nothing to divide by"),
        ("sales_cycle_median", "Éva Noël", "2025-Q2", "no_data", "There are no"),
        ("revenue", "", "2024", "no_data", "no deals before 2025-04-01"),
        ("revenue", "", "2025-Q3", "no_data", "has not begun"),
        ("calls_made", "", "2025-Q2", "not_synced", '"activity" was never read'),
        ("new_leads", "", "2025-Q2", "no_data", "There are no leads"),
        ("quota_attainment", "market:retail", "2025-Q2", "no_target", "No target for Total revenue"),
        ("revnue", "", "2025-Q2", "error", "Did you mean revenue"),
        ("revenue", "An Lee", "2025-Q2", "error", "Did you mean Ann Lee?"),
        ("revenue", "product:GTX Pro", "2025-Q2", "error", "product:p1 or product:p2"),
        ("revenue", "Unspecified", "2025-Q2", "error", "rep:Unspecified or team:Unspecified"),
        ("revenue", "planet:Mars", "2025-Q2", "error", '"planet" is no dimension'),
        ("revenue", "Ann Lee & Bob Ray", "2025-Q2", "error", "two different dimensions"),
        ("revenue", "West & ", "2025-Q2", "error", "empty side"),
        ("revenue", "", "the year of the cat", "error", "the year of the cat"),
        ("reps_at_quota", "market:retail", "2025-Q2", "error", "It can be by rep, team, region"),
    ],
)
def test_what_has_no_value_says_why(  # noqa: PLR0917 one row of the table above
    answerer: Answerer, kpi: str, who: str, period: str, state: str, words: str
) -> None:
    answer = ask(answerer, kpi, who, period)
    assert (answer.value, answer.state) == (None, state)
    assert words in answer.message


@pytest.mark.parametrize(
    ("kpi", "who", "period", "show", "expected"),
    [
        ("revenue", "Ann Lee", "2025-Q2", "target", 1500), ("revenue", "Ann Lee", "2025-Q2", "atteinte", 1),
        ("revenue", "Bob Ray", "2025-Q2", "gap", -1500), ("revenue", "West", "2025-Q2", "target", 3000),
        ("revenue", "West", "2025-05", "target", 3000 * 22 / 65), ("win_rate", "", "2025-05", "target", 0.5),
        ("win_rate", "", "2025-05-24..2025-05-25", "target", 0.5),
        ("reps_at_quota", "", "2025-Q2", "value", 1), ("reps_at_quota", "team:West", "2025-Q2", "n", 2),
        ("revenue", "", "2025-05", "change", -500), ("revenue", "", "2025-05", "vs prior", -0.5),
        ("revenue", "Bob Ray", "2025-Q2", "rank", 1), ("revenue", "Éva Noël", "2025-Q2", "rang", 3),
        ("revenue", "team:West", "2025-Q2", "share", 4500 / 4570), ("revenue", "Ann Lee", "2025-Q2", "status", 2),
        ("win_rate", "", "2025-Q2", "low", 0.3755346), ("win_rate", "", "2025-Q2", "high", 0.9637759),
    ],
)  # fmt: skip
def test_shows_compare_with_targets_the_past_and_others(  # noqa: PLR0917 one row of the table above
    answerer: Answerer, kpi: str, who: str, period: str, show: str, expected: float
) -> None:
    assert ask(answerer, kpi, who, period, show).value == pytest.approx(expected, rel=1e-6)


def test_a_running_month_grows_against_the_same_days_of_the_month_before(answerer: Answerer) -> None:
    growth = ask(answerer, "revenue_growth", "", "2025-06")  # 18 days of June, 18 days of May: d2 is not among them
    assert (growth.state, growth.denominator) == ("zero_denominator", 0)
    assert ask(answerer, "revenue", "", "2025-06", "change").value == 3070


def test_a_target_of_another_grain_is_prorated_and_says_so(answerer: Answerer) -> None:
    answer = ask(answerer, "revenue", "Ann Lee", "2025-05", "target")
    assert answer.state == "ok"
    assert answer.value == pytest.approx(1500 * 22 / 65)
    assert "business days" in answer.message


def test_a_target_for_part_of_the_period_is_partial(answerer: Answerer) -> None:
    answer = ask(answerer, "revenue", "team:East", "2025-Q2", "target")
    assert (answer.state, answer.value) == ("partial", 900)


def test_targets_that_cannot_be_used_are_reported_and_the_rest_is_used(answerer: Answerer) -> None:
    problems = answerer.cube.problems
    assert len(problems) == 3
    assert "Targets t0 and t1 are for the same KPI, member and days" in problems[0]
    assert 'there is no rep "Ann Leigh". Did you mean Ann Lee?' in problems[1]
    assert 'there is no KPI "revenuee"' in problems[2]


@pytest.mark.parametrize(("show", "words"), [
    ("rang", "Only a member"), ("low", "no share, mean or median"), ("shre", "Did you mean share"),
])  # fmt: skip
def test_a_show_without_meaning_is_an_error_in_its_cell(answerer: Answerer, show: str, words: str) -> None:
    answer = ask(answerer, "revenue", "", "2025-Q2", show)
    assert (answer.state, answer.value) == ("error", None)
    assert words in answer.message


def test_a_manager_who_owns_nothing_is_no_rep_but_has_a_name(answerer: Answerer) -> None:
    assert [member.name for member in answerer.cube.members("rep").listed] == ["Ann Lee", "Bob Ray", "Éva Noël"]
    assert [member.name for member in answerer.cube.members("team").listed] == ["East", "West"]
    assert ask(answerer, "revenue", "Max Boss").value == 0
    assert ask(answerer, "revenue_per_rep").denominator == 3


@pytest.mark.parametrize(("who", "is_inside"), [
    ("team:West", True), ("Ann Lee", True), ("team:West & retail", True), ("Bob Ray & software", True),
    ("", False), ("Éva Noël", False), ("team:East", False), ("region:EMEA", False), ("market:retail", False),
])  # fmt: skip
def test_a_limited_caller_sees_its_slice_and_nothing_else(folder: Path, who: str, is_inside: bool) -> None:
    answer = ask(limited(folder, "team:West"), "revenue", who)
    assert answer.state == ("ok" if is_inside else "not_allowed")
    assert (answer.value is not None) == is_inside


def test_a_limited_caller_learns_no_other_names(folder: Path) -> None:
    answer = ask(limited(folder, "region:EMEA"), "revenue", "Eva Noell")
    assert (answer.state, "Éva" in answer.message) == ("error", False)
    assert ask(limited(folder, "region:EMEA"), "revenue", "team:West").value == 4500
    assert ask(limited(folder, "region:EMEA"), "revenue", "Ann Lee", show="share").state == "not_allowed"


def test_numbers_from_incomplete_tables_are_partial_and_old_ones_stale(folder: Path) -> None:
    cube = Cube.open(folder / "cube")
    incomplete = Answerer(
        cube, CATALOGUE, Calendar(), TODAY, problems={"account": ["Account: 3 rows were left out."]}
    )
    assert ask(incomplete, "revenue").state == "partial"
    assert "3 rows were left out" in ask(incomplete, "revenue").message
    stale = Answerer(cube, CATALOGUE, Calendar(), TODAY, is_stale=True)
    assert (ask(stale, "revenue").state, ask(stale, "revenue").value) == ("stale", 4570)


def test_columns_of_words_and_rows_of_words_have_the_same_answers(answerer: Answerer) -> None:
    kpis, whos, periods, shows = ["revenue", "wn_rate"], ["", "Ann Lee", "nobody"], ["2025-Q2"], ["value", "n"]
    values, odd = answerer.values(kpis, whos, periods, shows)
    rows = [[kpi, who, period, show] for kpi in kpis for who in whos for period in periods for show in shows]
    assert answerer.values_of_rows(rows)[0] == values == [4570, 4, 1500, 2, *[None] * 8]
    assert sorted(odd) == list(range(4, 12))
    assert [odd[4].state, odd[6].question] == ["error", Question("wn_rate", "", "2025-Q2", "value")]
    assert dict(odd.reasons())[4].sentence == odd[4].message
    assert answerer.values(kpis, whos, periods, shows, [[0, 1, 0, 0]])[0] == [1500]
    with pytest.raises(QuestionError, match="outside the lists"):
        answerer.values(kpis, whos, periods, shows, [[2, 0, 0, 0]])


def test_what_is_used_up_in_a_period_that_is_over_tells_no_change_against_it(answerer: Answerer) -> None:
    change = ask(answerer, "pipeline_value", "", "this month", "vs prior")
    assert (change.value, change.state) == (None, "no_data")
    assert "looks ahead" in change.message
    assert ask(answerer, "pipeline_value", "", "next quarter", "change").value == 4000
    assert ask(answerer, "sales_forecast", "", "this month", "change").state == "ok"


def test_an_attainment_by_today_is_compared_with_that_by_the_same_day_of_the_whole_target(tmp_path: Path) -> None:
    months = ((5, 31), (6, 30))
    goals = [
        goal(f"q{month}", "revenue", "company", "", date(2025, month, 1), date(2025, month, days), 2000)
        for month, days in months
    ]
    early = deal("d9", "r1", "a1", date(2025, 5, 1), date(2025, 5, 10), 400, "won")
    tables = {**TABLE_ROWS, "target": goals, "opportunity": [*TABLE_ROWS["opportunity"], early]}
    own = opened_org(tables, date(2025, 6, 18), tmp_path / "org").answerer()
    assert ask(own, "quota_attainment", "", "2025-06").value == pytest.approx(3070 / 2000)
    assert ask(own, "quota_attainment", "", "2025-06", "change").value == pytest.approx((3070 - 400) / 2000)


def test_short_rows_ask_for_the_company_this_month(answerer: Answerer) -> None:
    assert answerer.values_of_rows([["revenue"]])[0] == [3070]
    assert answerer.values_of_rows([])[0] == []
