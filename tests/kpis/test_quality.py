"""Each check of data quality finds the records that it is for, and nothing in clean data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kpis.engine import FactEngine
from kpis.periods import day_number
from kpis.quality import Found, Limits, quality_checks, run_checks, stalled_after
from kpis.questions import Question
from kpis.tables import TABLES
from tests.support.canonical import Row, Tables, connection_of
from tests.support.opened_org import opened_org

TODAY = day_number(date(2026, 5, 1))
REPS: Sequence[Row] = [
    {"id": "sf:ann", "name": "Ann Lee", "is_active": True},
    {"id": "sf:cy", "name": "Cy Fox", "is_active": False},
]
ACME: Row = {"id": "sf:acme", "name": "Acme"}


def deal(number: int, **changed: object) -> Row:
    """Return an open deal in order, with some columns changed."""
    usual = {"name": f"Deal {number}", "account": "sf:acme", "owner": "sf:ann", "is_closed": False, "is_won": False,
             "close_date": date(2026, 6, 1), "created_at": datetime(2026, 4, 1, tzinfo=UTC),
             "amount": 10.0 * number}  # fmt: skip
    return {"id": f"sf:{number}", **usual, **changed}


def won(number: int, closed: date, **changed: object) -> Row:
    return deal(number, is_closed=True, is_won=True, close_date=closed, **changed)


def found_in(tables: Tables, *, stalled_days: int | None = 90, most: int = 5) -> dict[str, Found]:
    engine = FactEngine(connection_of(tables), frozenset(tables), TODAY)
    limits = Limits(TODAY, day_number(date(2026, 1, 1)), 30, stalled_days)
    found = run_checks(engine, limits, frozenset(TABLES), most)
    return {each.check.id: each for each in found if each.count}


@pytest.mark.parametrize(
    ("check", "doubtful"),
    [
        ("past_close", deal(2, close_date=date(2026, 4, 30))),
        ("closed_in_future", won(2, date(2026, 5, 2))),
        ("closed_before_created", won(2, date(2026, 3, 31))),
        ("without_amount", deal(2, amount=None)),
        ("without_amount", won(2, date(2026, 4, 30), amount=0.0)),
        ("without_owner", deal(2, owner=None)),
        ("without_owner", deal(2, owner="sf:nobody")),
        ("owner_left", deal(2, owner="sf:cy")),
        ("without_account", deal(2, account=None)),
        ("stalled", deal(2, created_at=datetime(2026, 1, 30, tzinfo=UTC))),
    ],
)
def test_a_check_finds_the_deal_that_it_is_for(check: str, doubtful: Row) -> None:
    found = found_in({"rep": REPS, "account": [ACME], "opportunity": [deal(1), doubtful, won(3, date(2026, 5, 1))]})
    assert {name: [each.id for each in one.worst] for name, one in found.items()} == {check: ["sf:2"]}


def test_the_same_deal_and_the_same_account_are_found_however_they_are_written() -> None:
    deals = [
        deal(1, name="Café – Phase 2"),
        deal(2, name="CAFE phase  2"),
        deal(3, name="Café 2", account=None),
    ]
    far = deal(4, name="cafe phase 2", close_date=date(2026, 9, 1))
    accounts = [ACME, {"id": "sf:2", "name": "ACME "}, {"id": "sf:3", "name": "!!"}, {"id": "sf:4", "name": "??"}]
    found = found_in({"rep": REPS, "account": accounts, "opportunity": [*deals, far]})
    assert [each.id for each in found["same_deal"].worst] == ["sf:2", "sf:1"]
    assert {each.id for each in found["same_account"].worst} == {"sf:acme", "sf:2"}


def test_open_leads_of_one_person_at_one_company_are_found() -> None:
    people = [("Jo Roe", "Roe Ltd"), ("JO ROE", "Roe, Ltd."), ("Jo Roe", "Other"), ("Al", "Roe Ltd")]
    leads: list[Row] = [
        {"id": f"sf:{number}", "name": name, "employer": company, "owner": "sf:ann",
         "created_at": datetime(2026, 4, number, tzinfo=UTC)}
        for number, (name, company) in enumerate(people, start=1)
    ]  # fmt: skip
    found = found_in({"rep": REPS, "lead": leads})
    assert {name: [each.name for each in one.worst] for name, one in found.items()} == {
        "same_lead": ["Jo Roe", "JO ROE"]
    }


def test_what_was_found_is_counted_in_full_and_the_worst_come_first() -> None:
    late = [deal(number, close_date=date(2025, 12, 1)) for number in range(1, 8)]
    found = found_in({"rep": REPS, "account": [ACME], "opportunity": late}, most=2)["past_close"]
    assert (found.count, found.amount) == (7, 280.0)
    assert [(each.name, each.owner, each.account, each.amount) for each in found.worst] == [
        ("Deal 7", "Ann Lee", "Acme", 70.0),
        ("Deal 6", "Ann Lee", "Acme", 60.0),
    ]
    assert found_in({"rep": REPS, "opportunity": late})["past_year"].count == 7


def test_the_limit_of_stalled_deals_is_that_of_the_kpi(tmp_path: Path) -> None:
    old = datetime(2026, 2, 1, tzinfo=UTC)
    tables: Mapping[str, Sequence[Row]] = {
        "rep": REPS,
        "account": [ACME],
        "opportunity": [
            won(1, date(2026, 4, 21)), won(2, date(2026, 4, 11)), deal(3), deal(4, created_at=old),
            deal(5, created_at=datetime(2026, 3, 1, tzinfo=UTC)),
        ],
    }  # fmt: skip
    engine = FactEngine(connection_of(tables), frozenset(tables), TODAY)
    assert stalled_after(engine) == 30  # twice the median of 20 and 10 days
    found = found_in(tables, stalled_days=30)["stalled"].count
    assert found == 2
    answerer = opened_org(tables, date(2026, 5, 1), tmp_path / "org").answerer()
    assert answerer.answer(Question("stalled_opportunities", "", "2026")).value == found


def test_nothing_has_stalled_before_anything_was_won() -> None:
    assert "stalled" not in found_in({"opportunity": [deal(1, created_at=datetime(2020, 1, 1, tzinfo=UTC))]},
                                     stalled_days=None)  # fmt: skip


def test_every_check_runs_over_empty_tables_and_is_said_in_both_languages() -> None:
    checks = quality_checks()
    assert found_in({}) == {}
    assert len({check.id for check in checks}) == len(checks) >= 10
    assert all(set(check.titles) == set(check.remedies) == {"en", "fr"} for check in checks)
