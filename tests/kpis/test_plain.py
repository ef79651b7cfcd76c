"""The engine against a second, plain computation, on small random organisations full of odd rows."""

from __future__ import annotations

import math
import os
import random
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from kpis.additivity import adds_up_over_members, adds_up_over_time
from kpis.answers import Answerer
from kpis.build import build_cube
from kpis.catalogue import load_catalogue
from kpis.crossing import SnapshotCrossing
from kpis.cube import Cube
from kpis.definitions import Kpi
from kpis.members import Member
from kpis.memberships import WHENS, When
from kpis.periods import Calendar, date_of, day_number, parse_period
from kpis.questions import Question
from kpis.tables import TABLES
from kpis.tables_of import tables_of
from tests.support.canonical import arrow_table, connection_of
from tests.support.plain import Plain
from tests.support.random_org import FIRST, Org, random_org

CATALOGUE = load_catalogue()
CALENDAR = Calendar(fiscal_year_start_month=4, holidays=frozenset({day_number(FIRST) + 3}))
ORG_COUNT = int(os.environ.get("SCORECELL_RANDOM_ORGS", "20"))
QUESTIONS_PER_ORG = 400
COUNTS_MEMBERS = {"reps_at_quota", "products_below_target", "crm_adoption", "ramp_time", "reps_ramping"}


def answerer_of(org: Org, folder: Path, when: When = "now") -> Answerer:
    folder.mkdir(exist_ok=True)
    today, tables = day_number(org.today), frozenset(org.tables)
    build_cube(connection_of(org.tables), tables, CATALOGUE, CALENDAR, today, folder / "cube", when=when)
    for name, rows in org.tables.items():
        pq.write_table(arrow_table(TABLES[name], rows), folder / f"{name}.parquet")
    return Answerer(Cube.open(folder / "cube"), CATALOGUE, CALENDAR, today, crossing=SnapshotCrossing(folder))


def periods_of(org: Org) -> list[str]:
    today = org.today
    return [
        "this month", "last month", "this quarter", "last quarter", "2024", "2024-Q1", "2024-02", "FY2025-Q1", "MTD",
        f"{today}", f"{today + timedelta(days=70)}", "2023-Q2", "2024-01-06..2024-01-07", "this year", "2024-W05",
        f"{FIRST}..{today}", f"{today:%Y-%m}", "next quarter",
    ]  # fmt: skip


def random_slice(chance: random.Random, answerer: Answerer, kpi: Kpi) -> list[tuple[str, Member]]:
    """Return no member, one, or two of different dimensions by which the KPI can be split."""
    count = chance.choices([0, 1, 2], [2, 7, 1])[0]
    if kpi.id in COUNTS_MEMBERS or len(kpi.dimensions) < 2:
        count = min(count, 1, len(kpi.dimensions))
    dimensions = chance.sample(kpi.dimensions, count)
    return [(dimension, chance.choice(answerer.cube.members(dimension).all)) for dimension in dimensions]


def words_of(chosen: list[tuple[str, Member]]) -> str:
    return " & ".join(f"{dimension}:{member.id or 'Unspecified'}" for dimension, member in chosen)


@pytest.mark.parametrize(("seed", "when"), [(seed, when) for when in WHENS for seed in range(ORG_COUNT)])
def test_the_engine_agrees_with_the_plain_computation(seed: int, when: When, tmp_path: Path) -> None:
    org = random_org(seed)
    answerer = answerer_of(org, tmp_path, when)
    plain = Plain(org, CATALOGUE, CALENDAR, when)
    chance = random.Random(seed)
    kpis = list(CATALOGUE.kpis.values())
    asked = []
    for _ in range(QUESTIONS_PER_ORG):
        kpi = chance.choice(kpis)
        chosen = random_slice(chance, answerer, kpi)
        asked.append((kpi, chosen, chance.choice(periods_of(org))))
    answers = answerer.answer_all([Question(kpi.id, words_of(chosen), period) for kpi, chosen, period in asked])
    wrong = []
    for (kpi, chosen, words), answer in zip(asked, answers, strict=True):
        period = parse_period(words, CALENDAR, answerer.today)
        expected = plain.kpi(kpi.id, {dimension: member.id for dimension, member in chosen}, period)
        if not same(answer.value, expected) or answer.state == "error":
            wrong.append((kpi.id, words_of(chosen), words, answer.value, answer.state, answer.message, expected))
    assert wrong == []


def same(value: float | None, expected: float | None) -> bool:
    if value is None or expected is None:
        return value is expected
    return math.isclose(value, expected, rel_tol=1e-9, abs_tol=1e-8)


@pytest.mark.parametrize(("seed", "when"), [(seed, when) for when in WHENS for seed in range(100, 104)])
def test_parts_sum_to_the_whole_over_members_and_over_months(seed: int, when: When, tmp_path: Path) -> None:
    org = random_org(seed)
    answerer = answerer_of(org, tmp_path, when)
    months = [f"2024-{month:02}" for month in range(1, 13) if date(2024, month, 1) <= org.today]
    last = date_of(parse_period(months[-1], CALENDAR, answerer.today).last)
    period = f"{FIRST}..{last}"
    for kpi in CATALOGUE.kpis.values():
        if not is_sum_of_rows(kpi):
            continue
        whole = answerer.answer(Question(kpi.id, "", period)).value
        for dimension in kpi.dimensions:
            if dimension == "product" and kpi.unit == "count":
                continue  # a deal with two products counts in both
            parts = [(dimension, member) for member in answerer.cube.members(dimension).all]
            answers = answerer.answer_all([Question(kpi.id, words_of([part]), period) for part in parts])
            assert same(total(answer.value for answer in answers), whole), (kpi.id, dimension)
        if adds_up_over_time(CATALOGUE, kpi.id) and whole is not None:
            values = [one.value for one in answerer.answer_all([Question(kpi.id, "", month) for month in months])]
            assert same(total(value for value in values if value is not None), whole), kpi.id


def is_sum_of_rows(kpi: Kpi) -> bool:
    """Tell whether a KPI adds rows up; targets are set by people, and need not add up to anything."""
    return adds_up_over_members(CATALOGUE, kpi.id) and "target" not in tables_of(CATALOGUE, kpi.id)


def total(values: object) -> float | None:
    listed = list(values)  # type: ignore[call-overload]
    return None if any(value is None for value in listed) else float(sum(listed))


@pytest.mark.parametrize("seed", range(200, 204))
def test_rows_in_any_order_make_the_same_cube_byte_for_byte(seed: int, tmp_path: Path) -> None:
    org = random_org(seed)
    chance = random.Random(seed)
    shuffled = {name: chance.sample(list(rows), len(rows)) for name, rows in org.tables.items()}
    answerer_of(org, tmp_path / "one")
    answerer_of(Org(shuffled, org.today), tmp_path / "other")
    for name in ("cube.bin", "cube.json"):
        assert (tmp_path / "one" / "cube" / name).read_bytes() == (tmp_path / "other" / "cube" / name).read_bytes()
