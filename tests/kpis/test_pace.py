"""Pace: what is expected by today, by business days or by the season of two years, and the status against it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from kpis.answers import Answerer
from kpis.questions import Answer, Question
from tests.support.canonical import Row
from tests.support.opened_org import opened_org

TODAY = date(2026, 2, 14)


def deals(year: int, month: int, count: int, owner: str = "ann", amount: float = 100.0) -> list[Row]:
    """Return won deals of the 10th of a month."""
    return [
        {
            "id": f"{owner}{year}{month}-{number}", "owner": owner, "amount": amount, "is_closed": True,
            "is_won": True, "close_date": date(year, month, 10), "created_at": datetime(2022, 1, 1, tzinfo=UTC),
        }
        for number in range(count)
    ]  # fmt: skip


def goal(member: str, value: float, kpi: str = "revenue") -> Row:
    return {
        "id": f"{kpi} {member}", "kpi": kpi, "dimension": "rep" if member else "company", "member": member or None,
        "period_start": date(2026, 1, 1), "period_end": date(2026, 3, 31), "value": value,
    }  # fmt: skip


def answerer_of(rows: Sequence[Row], folder: Path, targets: Sequence[Row] = (), today: date = TODAY) -> Answerer:
    reps = [{"id": key, "name": key.title(), "is_active": True} for key in ("ann", "bob")]
    return opened_org(
        {"rep": reps, "opportunity": rows, "target": targets}, today, folder / f"{len(rows)}"
    ).answerer()


def ask(answerer: Answerer, who: str, show: str, kpi: str = "revenue", period: str = "2026-Q1") -> Answer:
    return answerer.answer(Question(kpi, who, period, show))


def late_quarters() -> list[Row]:
    """Return two years in which a tenth and a fifth of the quarter's revenue came by mid February, then this one."""
    return [
        *deals(2024, 1, 1), *deals(2024, 3, 9), *deals(2025, 2, 2), *deals(2025, 3, 8), *deals(2026, 2, 2),
        *deals(2025, 3, 3, "bob"), *deals(2024, 1, 3, "bob"), *deals(2026, 2, 2, "bob"),
    ]  # fmt: skip


def test_two_years_of_records_show_the_season(tmp_path: Path) -> None:
    answerer = answerer_of(late_quarters(), tmp_path, [goal("ann", 1300.0), goal("bob", 450.0)])
    expected = ask(answerer, "Ann", "expected")
    assert expected.value == pytest.approx(3 / 20)
    assert (expected.method, expected.state) == ("seasonality", "ok")
    assert "By today 15% of the period's value is expected, by the seasonality" in expected.message
    status = ask(answerer, "Ann", "status")  # 200 of 1,300 are 15.4 %, and 15 % were expected
    assert (status.value, status.method) == (1, "seasonality")


def test_few_records_or_years_leave_the_business_days(tmp_path: Path) -> None:
    answerer = answerer_of(late_quarters(), tmp_path, [goal("ann", 1300.0), goal("bob", 450.0)])
    expected = ask(answerer, "Bob", "expected")  # 32 of 64 business days until 14 February, a Saturday
    assert expected.value == pytest.approx(32 / 64)
    assert expected.method == "business days"
    assert "by the business days that have passed" in expected.message
    assert ask(answerer, "Bob", "status").value == 0  # 200 of 450 are 89 % of the half
    recent = [row for row in late_quarters() if row["close_date"] > date(2025, 1, 1)]  # type: ignore[operator]
    young = [{**row, "created_at": datetime(2025, 1, 2, tzinfo=UTC)} for row in recent]
    assert ask(answerer_of(young, tmp_path), "Ann", "expected").method == "business days"


def test_what_does_not_add_up_and_what_is_over_is_expected_whole(tmp_path: Path) -> None:
    answerer = answerer_of(late_quarters(), tmp_path)
    rate = ask(answerer, "Ann", "expected", "win_rate")
    assert (rate.value, rate.method, rate.message) == (1, "", "")
    over = ask(answerer, "Ann", "expected", period="2025-Q1")
    assert (over.value, over.method, over.message) == (1, "", "")


@pytest.mark.parametrize(("won", "status"), [(6, 2), (5, 1), (4, 0), (3, -1), (0, -1)])
def test_the_status_is_attainment_against_what_is_expected(tmp_path: Path, won: int, status: int) -> None:
    rows = [*deals(2026, 2, won), *deals(2025, 12, 1)]
    answerer = answerer_of(rows, tmp_path, [goal("", 1000.0)])
    assert ask(answerer, "", "status").value == status


def test_on_a_weekend_before_the_first_business_day_nothing_is_late(tmp_path: Path) -> None:
    answerer = answerer_of(deals(2026, 1, 1), tmp_path, [goal("", 1000.0)], today=date(2026, 2, 1))
    february = ask(answerer, "", "status", period="2026-02")
    assert (february.value, ask(answerer, "", "expected", period="2026-02").value) == (1, 0)


def test_of_less_is_better_too_much_too_early_is_behind(tmp_path: Path) -> None:
    lost = [{**row, "is_won": False} for row in deals(2026, 2, 8)]
    answerer = answerer_of(lost, tmp_path, [goal("", 10.0, "lost_opportunities")])
    assert ask(answerer, "", "status", "lost_opportunities").value == -1
