"""Forecasts: against loops over dated amounts, with their intervals, and against what earlier periods came to."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from kpis.answers import Answerer
from kpis.errors import QuestionError
from kpis.forecast import Forecast, Outlook, Track, forecast
from kpis.periods import date_of
from tests.support.canonical import Row
from tests.support.opened_org import opened_org
from tests.support.plain_intervals import t_quantile

TODAY = date(2026, 5, 20)
FIRST = date(2022, 1, 1)


def won(day: date, amount: float, owner: str = "ann") -> Row:
    return deal(day, amount, owner, is_closed=True)


def deal(day: date, amount: float, owner: str = "ann", probability: float = 0.0, *, is_closed: bool = False) -> Row:
    return {
        "id": f"{owner}{day}{amount}{probability}", "owner": owner, "close_date": day, "amount": amount,
        "created_at": datetime(2021, 12, 1, tzinfo=UTC), "is_closed": is_closed, "is_won": is_closed,
        "probability": probability,
    }  # fmt: skip


def answerer_of(rows: Sequence[Row], folder: Path, today: date = TODAY, limit: str = "") -> Answerer:
    reps = [{"id": key, "name": key.title(), "team": f"Team {key}", "is_active": True} for key in ("ann", "bob")]
    return opened_org({"rep": reps, "opportunity": rows}, today, folder / f"{today}-{len(rows)}").answerer(limit)


def random_rows(seed: int) -> list[Row]:
    chance = random.Random(seed)
    days = [FIRST + timedelta(days=chance.randrange(1_600)) for _ in range(600)]
    past = [won(day, float(chance.randrange(1, 500))) for day in days if day <= TODAY]
    coming = [deal(TODAY + timedelta(days=n), 100.0 * n, probability=5.0 * n) for n in range(12)]
    return [*past, *coming, won(TODAY - timedelta(days=1), 77.0, "bob")]


def outlook(found: Forecast, method: str) -> Outlook:
    return next(one for one in found.outlooks if one.method == method)


def track(found: Forecast, method: str) -> Track:
    return next(one for one in found.tracks if one.method == method)


def between(rows: Sequence[Row], first: date, last: date) -> float:
    closed = [(cast("date", row["close_date"]), cast("float", row["amount"])) for row in rows if row["is_won"]]
    return sum(amount for day, amount in closed if first <= day <= last)


def plain_run_rate(rows: Sequence[Row], quarter: date, days: int) -> tuple[float, float, float | None]:
    """Return value and ends for the quarter that begins here, by the same quarter of the years before."""
    shares = []
    for year in range(quarter.year - 6, quarter.year):
        first = quarter.replace(year=year)
        whole = between(rows, first, end_of(first))
        if first >= FIRST and whole > 0:
            shares.append(between(rows, first, first + timedelta(days=days - 1)) / whole)
    usual = sum(shares) / len(shares)
    variance = sum((share - usual) ** 2 for share in shares) / (len(shares) - 1)
    reach = t_quantile(len(shares) - 1) * (variance * (1 + 1 / len(shares))) ** 0.5
    so_far = between(rows, quarter, quarter + timedelta(days=days - 1))
    return so_far / usual, so_far / min(usual + reach, 1), so_far / (usual - reach) if usual > reach else None


def end_of(quarter: date) -> date:
    return date(quarter.year + quarter.month // 10, (quarter.month + 2) % 12 + 1, 1) - timedelta(days=1)


@pytest.mark.parametrize("seed", range(4))
def test_a_run_rate_is_what_loops_over_earlier_years_give(seed: int, tmp_path: Path) -> None:
    rows = random_rows(seed)
    found = forecast(answerer_of(rows, tmp_path), "Ann", "2026-Q2")
    own = [row for row in rows if row["owner"] == "ann"]
    value, low, high = plain_run_rate(own, date(2026, 4, 1), 50)
    run_rate = outlook(found, "run rate")
    assert (found.by_season, len(found.seasons)) == (True, 4)
    assert (run_rate.value, run_rate.low) == pytest.approx((value, low), rel=1e-6)
    assert run_rate.high == (pytest.approx(high, rel=1e-6) if high is not None else None)
    assert run_rate.reason == ("" if high is not None else "unbounded")
    assert found.so_far == pytest.approx(between(own, date(2026, 4, 1), TODAY))


def test_of_few_years_the_periods_just_before_show_how_much_periods_differ(tmp_path: Path) -> None:
    first = date(2024, 1, 1)
    rows = [row for row in random_rows(7) if cast("date", row["close_date"]) >= first and row["owner"] == "ann"]
    rows = [{**row, "created_at": datetime(2024, 1, 1, tzinfo=UTC)} for row in rows]
    found = forecast(answerer_of(rows, tmp_path), "Ann", "2026-Q2")
    assert [season.period.label for season in found.seasons] == ["2025-Q2", "2024-Q2"]
    parts = []
    for back in range(1, 9):
        quarter = date(2026 - (back + 2) // 4, (1 - back) % 4 * 3 + 1, 1)
        parts.append(between(rows, quarter, quarter + timedelta(days=49)) / between(rows, quarter, end_of(quarter)))
    usual = sum(season.share for season in found.seasons) / 2
    mean = sum(parts) / 8
    reach = t_quantile(7) * (sum((part - mean) ** 2 for part in parts) / 7 * 1.5) ** 0.5
    run_rate, so_far = outlook(found, "run rate"), found.so_far or 0
    assert (run_rate.value, run_rate.low) == pytest.approx((so_far / usual, so_far / min(usual + reach, 1)), rel=1e-6)
    assert run_rate.high == (pytest.approx(so_far / (usual - reach), rel=1e-6) if usual > reach else None)


def test_a_weighted_pipeline_is_the_answer_with_its_interval(tmp_path: Path) -> None:
    found = forecast(answerer_of(random_rows(0), tmp_path), "", "2026-Q2")
    weighted = outlook(found, "weighted pipeline")
    chances = [(100.0 * n, 0.05 * n) for n in range(12)]
    expected = (found.so_far or 0) + sum(amount * chance for amount, chance in chances)
    spread = 1.959964 * sum(amount**2 * chance * (1 - chance) for amount, chance in chances) ** 0.5
    assert weighted.value == found.answer.value == pytest.approx(expected)
    assert (weighted.low, weighted.high) == pytest.approx((expected - spread, expected + spread), rel=1e-6)
    assert found.answer.method == "weighted pipeline"
    assert "weighted pipeline" in found.answer.message


def test_past_run_rates_are_made_as_they_would_have_been(tmp_path: Path) -> None:
    rows = random_rows(5)
    found = track(forecast(answerer_of(rows, tmp_path), "Ann", "2026-Q2"), "run rate")
    own = [row for row in rows if row["owner"] == "ann"]
    assert [past.period.label for past in found.pasts] == [
        "2026-Q1", "2025-Q4", "2025-Q3", "2025-Q2", "2025-Q1", "2024-Q4", "2024-Q3", "2024-Q2",
    ]  # fmt: skip
    for past in found.pasts:
        quarter = date_of(past.period.first)
        assert past.actual == pytest.approx(between(own, quarter, end_of(quarter)))
        assert past.forecast == pytest.approx(plain_run_rate(own, quarter, 50)[0], rel=1e-9)
        assert past.error == pytest.approx(past.forecast / past.actual - 1)
    errors = [past.error or 0.0 for past in found.pasts]
    assert found.mean_error == pytest.approx(sum(map(abs, errors)) / 8)
    assert found.bias == pytest.approx(sum(errors) / 8)


def test_past_pipelines_are_those_that_were_known_on_the_day(tmp_path: Path) -> None:
    rows = random_rows(6)
    kept = {
        date(2026, 2, 19): answerer_of([*rows, deal(date(2026, 3, 1), 1000.0, probability=50.0)], tmp_path,
                                       date(2026, 2, 19)),
    }  # fmt: skip
    asked: list[date] = []

    def history(day: int) -> Answerer | None:
        asked.append(date_of(day))
        return kept.get(date_of(day))

    found = track(forecast(answerer_of(rows, tmp_path), "Ann", "2026-Q2", history), "weighted pipeline")
    assert asked[:2] == [date(2026, 2, 19), date(2025, 11, 19)]
    [past] = found.pasts
    assert past.period.label == "2026-Q1"
    own = [row for row in rows if row["owner"] == "ann"]
    assert past.actual == pytest.approx(between(own, date(2026, 1, 1), date(2026, 3, 31)))
    # That day's state had all that closed since as closed already; the open deal counts half.
    assert past.forecast == pytest.approx(past.actual + 500)
    none = track(forecast(answerer_of(rows, tmp_path), "Ann", "2026-Q2"), "weighted pipeline")
    assert (none.pasts, none.reason, none.mean_error) == ((), "no past state", None)


def test_without_two_years_the_periods_just_before_show_what_comes_late(tmp_path: Path) -> None:
    rows = [
        won(date(2025, month, day), amount)
        for month in (9, 10, 11, 12) for day, amount in ((5, 100.0), (25, 300.0))
    ]  # fmt: skip
    rows = [{**row, "created_at": datetime(2025, 9, 1, tzinfo=UTC)} for row in rows]
    rows.append({**won(date(2026, 1, 5), 50.0), "created_at": datetime(2026, 1, 2, tzinfo=UTC)})
    found = forecast(answerer_of(rows, tmp_path, date(2026, 1, 10)), "", "2026-01")
    assert (found.by_season, [season.share for season in found.seasons]) == (False, [0.25] * 4)
    run_rate = outlook(found, "run rate")
    assert (run_rate.value, run_rate.low, run_rate.high) == pytest.approx((200, 200, 200))


@pytest.mark.parametrize(
    ("period", "rows", "reason"),
    [
        ("2026-Q1", [won(date(2026, 2, 1), 10.0)], "over"),
        ("2026-Q3", [won(date(2026, 2, 1), 10.0)], "not begun"),
        ("2026-Q2", [won(date(2026, 4, 2), 10.0)], "no history"),
        ("2026-Q2", [won(date(year, 4, 2), 10.0) for year in (2023, 2024, 2025)], "no revenue"),
        ("2026-Q2", [won(date(year, month, 5), 10.0) for year in (2023, 2024, 2025, 2026) for month in (4, 6)], ""),
        ("2026-Q2", [*(won(date(year, 6, 5), 10.0) for year in (2023, 2024, 2025)), won(date(2026, 4, 5), 1.0)],
         "too early"),
        ("2026-Q2", [won(date(2024, 4, 5), 9.0), won(date(2024, 6, 5), 1.0), won(date(2025, 4, 5), 1.0),
                     won(date(2025, 6, 5), 9.0), won(date(2026, 4, 5), 1.0)], "unbounded"),
    ],
)  # fmt: skip
def test_a_run_rate_that_there_is_not_says_why(period: str, rows: Sequence[Row], reason: str, tmp_path: Path) -> None:
    found = forecast(answerer_of(rows, tmp_path), "", period)
    run_rate = outlook(found, "run rate")
    assert run_rate.reason == reason
    assert (run_rate.value is None) == (reason not in {"", "unbounded"})
    assert outlook(found, "weighted pipeline").method == "weighted pipeline"


def test_what_may_not_be_seen_is_not_forecast(tmp_path: Path) -> None:
    answerer = answerer_of(random_rows(1), tmp_path, limit="team:Team bob")
    with pytest.raises(QuestionError, match="lies outside"):
        forecast(answerer, "Ann", "2026-Q2")
    with pytest.raises(QuestionError, match="is no member of"):
        forecast(answerer, "Nobody", "2026-Q2")
    assert forecast(answerer, "Bob", "2026-Q2").so_far == 77


def test_intervals_of_run_rates_hold_what_came_about_95_times_of_100() -> None:
    chance = np.random.default_rng(3)
    parts = chance.normal(0.5, 0.05, (20_000, 6))
    past, present = parts[:, :5], parts[:, 5]
    usual, spread = past.mean(axis=1), past.std(axis=1, ddof=1) * np.sqrt(1 + 1 / 5) * t_quantile(4)
    # A period that comes to 1 has had its own part by now; the truth lies inside where that part does.
    held = (present / np.minimum(usual + spread, 1) <= 1) & (present / (usual - spread) >= 1)
    assert float(held.mean()) == pytest.approx(0.95, abs=0.01)
