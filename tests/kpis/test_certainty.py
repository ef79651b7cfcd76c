"""Intervals of KPIs: against loops over the rows of random organisations, and in words where there is none."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from kpis.answers import Answerer
from kpis.catalogue import read_catalogue
from kpis.definitions import Catalogue, Kpi
from kpis.errors import DefinitionError
from kpis.estimates import Age, Daily, Mean, Quantile, Rest, Share, estimate_of
from kpis.floors import Floors
from kpis.formula import Formula, Name, Number, Operation, parse
from kpis.periods import Calendar, Period, business_days, parse_period
from kpis.questions import Question
from tests.support.canonical import Row
from tests.support.opened_org import CATALOGUE, opened_org
from tests.support.plain import Plain, meets
from tests.support.plain_intervals import quantile_interval, share_interval, sums_interval, t_quantile
from tests.support.plain_rows import Slice
from tests.support.random_org import Org, random_org

SHARES = {
    "win_rate", "email_open_rate", "email_reply_rate", "email_click_rate", "email_unsubscribe_rate",
    "lead_conversion_rate", "lead_to_opportunity_ratio", "end_to_end_conversion", "click_through_rate",
    "ad_conversion_rate", "crm_adoption", "reps_at_quota",
}  # fmt: skip
MEANS = {
    "sales_cycle_length": ({"won_cycle_days": 1}, {"won_cycles": 1}),
    "average_deal_size": ({"won_amount": 1}, {"won_deals": 1}),
    "lead_response_time": ({"lead_response_hours": 1}, {"contacted_leads": 1}),
    "discount_rate": ({"won_list_value": 1, "won_line_value": -1}, {"won_list_value": 1}),
    "online_order_share": ({"online_revenue": 1}, {"won_amount": 1}),
    "conversation_rate": ({"connected_calls": 1}, {"outbound_calls": 1}),
    "net_promoter_score": (
        {"promoters": 100, "detractors": -100},
        {"promoters": 1, "passives": 1, "detractors": 1},
    ),
    "customer_satisfaction": ({"csat_points": 1}, {"csat_answers": 1}),
    "recommendation_score": ({"nps_points": 1}, {"nps_answers": 1}),
}
DAYS = {  # what comes in day by day; the other side, and the rest of this one, is given
    "calls_per_day": "outbound_calls", "cost_per_lead": "created_leads", "customer_acquisition_cost": "first_wins",
    "campaign_roi": "campaign_revenue", "cost_to_revenue": "won_amount", "acquisition_rate": "first_wins",
    "rep_turnover": "reps_left", "revenue_churn_rate": "lost_recurring_value",
    "average_revenue_per_account": "won_amount",
}  # fmt: skip
PERIODS = ("2024", "2024-Q1", "2024-02", "this quarter", "last month", "2023", "2024-01-01..2025-05-01")
CALENDAR = Calendar()
Fields = dict[str, object]
Ends = tuple[float, float] | None


def test_each_kpi_that_is_an_estimate_is_known_as_what_it_is() -> None:
    kinds = {kpi.id: estimate_of(CATALOGUE, kpi) for kpi in CATALOGUE.kpis.values()}
    assert {name for name, kind in kinds.items() if isinstance(kind, Share)} >= SHARES
    assert {name for name, kind in kinds.items() if isinstance(kind, Mean)} >= set(MEANS)
    assert isinstance(kinds["sales_cycle_median"], Quantile)
    assert {name for name, kind in kinds.items() if isinstance(kind, Daily)} == DAYS.keys()
    assert [name for name, kind in kinds.items() if isinstance(kind, Age)] == ["days_since_contact"]
    assert [kinds[name] for name in ("revenue", "quota_attainment", "gross_margin", "revenue_growth")] == [None] * 4


def test_each_rate_mean_and_quotient_has_an_interval_or_a_reason_why_it_has_none() -> None:
    estimated = {kpi.id for kpi in CATALOGUE.kpis.values() if estimate_of(CATALOGUE, kpi)}
    reasoned = {kpi.id for kpi in CATALOGUE.kpis.values() if kpi.no_interval}
    quotients = {kpi.id for kpi in CATALOGUE.kpis.values() if is_quotient(Name(kpi.id))}
    assert quotients - estimated - reasoned == set()
    assert estimated & reasoned == set()
    assert len(quotients) > 70


def is_quotient(formula: Formula) -> bool:
    """Tell whether anything is divided by what is no mere number, or a quantile, on the way to a value."""
    if isinstance(formula, Operation):
        is_one = formula.operator == "/" and not isinstance(formula.right, Number)
        return is_one or is_quotient(formula.left) or is_quotient(formula.right)
    if not isinstance(formula, Name):
        return False
    kpi, measure = CATALOGUE.kpis.get(formula.name), CATALOGUE.measures.get(formula.name)
    below = kpi.formula if kpi else measure.formula or measure.of if measure else ""
    is_below = bool(below) and (measure is None or measure.kind in {"derived", "shift"})
    return is_quotient(parse(below)) if is_below else measure is not None and measure.kind == "quantile"


@pytest.mark.parametrize("seed", range(300, 308))
def test_the_engine_gives_the_intervals_that_loops_over_rows_give(seed: int, tmp_path: Path) -> None:
    org = tame(random_org(seed))
    opened = opened_org(org.tables, org.today, tmp_path / "org")
    answerer, plain, chance = opened.answerer(), Plain(org, CATALOGUE, CALENDAR), random.Random(seed)
    asked: list[tuple[Kpi, Slice, Period, str]] = []
    for name in (*sorted(SHARES), *MEANS, "sales_cycle_median"):
        kpi = CATALOGUE.kpis[name]
        for words in PERIODS:
            dimension = chance.choice(["", *kpi.dimensions])
            member = chance.choice(answerer.cube.members(dimension).all) if dimension else None
            chosen = {dimension: member.id} if member else {}
            who = f"{dimension}:{member.id or 'Unspecified'}" if member else ""
            asked.append((kpi, chosen, parse_period(words, CALENDAR, answerer.today), who))
    questions = [
        Question(kpi.id, who, period.label, show) for kpi, _, period, who in asked for show in ("low", "high")
    ]
    answers = answerer.answer_all(questions)
    wrong = []
    for place, (kpi, part, period, who) in enumerate(asked):
        found = answers[2 * place].value, answers[2 * place + 1].value
        expected = expected_ends(plain, kpi, part, period)
        if not same(found, expected):
            wrong.append((kpi.id, who, period.label, found, expected, answers[2 * place].message))
    assert wrong == []


def tame(org: Org) -> Org:
    """Return the organisation without its millions: beside them a spread of cents is no more than rounding."""
    tables: dict[str, list[Row]] = {
        name: [{key: 12_345.67 if value == 1e7 else value for key, value in row.items()} for row in rows]
        for name, rows in org.tables.items()
    }
    return Org(tables, org.today)


@pytest.mark.parametrize("seed", range(310, 314))
def test_deals_that_come_in_or_not_spread_a_forecast_by_their_chances(seed: int, tmp_path: Path) -> None:
    org = tame(random_org(seed))
    opened = opened_org(org.tables, org.today, tmp_path / "org")
    answerer, plain = opened.answerer(), Plain(org, CATALOGUE, CALENDAR)
    for name, is_rest in (("weighted_pipeline", False), ("sales_forecast", True)):
        for words in ("this quarter", "2024", "2025", "this month", "next quarter"):
            period = parse_period(words, CALENDAR, answerer.today)
            answer = answerer.answer(Question(name, "", period.label))
            rows = rows_of(plain, "open_weighted_amount_closing", {}, period)
            rows = [row for row in rows if not is_rest or cast("int", row["close_day"]) >= answerer.today]
            known = [(amount, cast("float", row.get("probability") or 0.0) / 100)
                     for row in rows if isinstance(amount := row["amount"], float)]  # fmt: skip
            reach = 1.959963984540054 * math.sqrt(sum(amount**2 * p * (1 - p) for amount, p in known))
            if answer.value is None:
                assert answer.low is None
                continue
            none = answer.value - sum(amount * p for amount, p in known)
            ends = sorted([none, none + sum(amount for amount, _ in known), answer.value])
            expected = (max(ends[0], answer.value - reach), min(ends[2], answer.value + reach))
            assert (answer.low, answer.high) == pytest.approx(expected, rel=1e-6, abs=1e-3), (name, words)
            assert answer.method == "weighted pipeline"


@pytest.mark.parametrize("seed", range(320, 324))
def test_a_mean_over_reps_spreads_as_the_reps_do(seed: int, tmp_path: Path) -> None:
    org = tame(random_org(seed))
    opened = opened_org(org.tables, org.today, tmp_path / "org")
    answerer, plain = opened.answerer(), Plain(org, CATALOGUE, CALENDAR)
    for name in ("revenue_per_rep", "training_time", "training_cost"):
        left, _, right = CATALOGUE.kpis[name].formula.partition(" / ")
        for words, team in (("2024", ""), ("this quarter", ""), ("2024", "West"), ("2024-Q1", "East")):
            period = parse_period(words, CALENDAR, answerer.today)
            answer = answerer.answer(Question(name, f"team:{team}" if team else "", period.label))
            teams = {key: str(rep.get("team") or "") for key, rep in plain.reps.items()}
            reps = [key for key in ("", *plain.reps) if not team or teams.get(key) == team]
            if answer.value is None:
                assert answer.low is None
                continue
            tops, bottoms = (
                [plain.formula(side, {"rep": key}, period, is_forward=False) or 0.0 for key in reps]
                for side in (left, right)
            )
            count = sum(1 for top, bottom in zip(tops, bottoms, strict=True) if top or bottom)
            assert same((answer.low, answer.high), sums_interval(tops, bottoms, count)), (name, words, team)


@pytest.mark.parametrize("seed", range(330, 333))
def test_what_comes_in_day_by_day_spreads_as_its_days_do(seed: int, tmp_path: Path) -> None:
    org = tame(random_org(seed))
    opened = opened_org(org.tables, org.today, tmp_path / "org")
    answerer, plain, told = opened.answerer(), Plain(org, CATALOGUE, CALENDAR), 0
    for name, measure in DAYS.items():
        tree = parse(CATALOGUE.kpis[name].formula)
        assert isinstance(tree, Operation)
        is_above = name not in {"cost_per_lead", "customer_acquisition_cost", "cost_to_revenue"}
        for words in ("2024-Q1", "2024-06", "this quarter", "last month"):
            period = parse_period(words, CALENDAR, answerer.today)
            answer = answerer.answer(Question(name, "", period.label))
            if answer.value is None:
                assert answer.low is None
                continue
            came = [plain.value(measure, {}, day, is_forward=True) or 0.0 for day in days_of(period)]
            weighs = [business_days(day.first, day.first, CALENDAR) for day in days_of(period)]
            count = business_days(period.first, min(period.last, answerer.today), CALENDAR)
            sides = (tree.left, tree.right)
            top, bottom = (plain.of_tree(side, {}, period, is_forward=False) for side in sides)
            assert top is not None
            assert bottom is not None
            expected = daily_ends(top, bottom, came, weighs, count, is_above=is_above)
            assert same((answer.low, answer.high), expected), (name, words, answer, expected)
            told += expected is not None
    assert told


def daily_ends(
    top: float, bottom: float, came: Sequence[float], weighs: Sequence[int], count: int, *, is_above: bool
) -> Ends:
    whole = math.fsum(came)
    if count < 2 or whole <= 0:
        return None
    mean = whole / count
    # Each business day that has come is one, whether anything came in on it or not.
    spread = math.fsum(one**2 - 2 * mean * one * weight for one, weight in zip(came, weighs, strict=True))
    error = math.sqrt(max(spread + mean**2 * count, 0.0) * count / (count - 1))
    factor = math.exp(t_quantile(count - 1) * error / whole)
    more = [whole * (one - 1) for one in (1 / factor, factor)]
    ends = [(top + one) / bottom if is_above else top / (bottom + one) for one in more]
    return min(ends), max(ends)


def days_of(period: Period) -> list[Period]:
    return [Period(day, day, "day", "") for day in range(period.first, period.last + 1)]


@pytest.mark.parametrize("seed", range(340, 343))
def test_a_mean_age_spreads_as_the_ages_do(seed: int, tmp_path: Path) -> None:
    org = tame(random_org(seed))
    opened = opened_org(org.tables, org.today, tmp_path / "org")
    answerer, plain = opened.answerer(), Plain(org, CATALOGUE, CALENDAR)
    for words in ("2024-Q1", "2024", "this month"):
        period = parse_period(words, CALENDAR, answerer.today)
        answer, until = (
            answerer.answer(Question("days_since_contact", "", period.label)),
            min(period.last, answerer.today),
        )
        if answer.value is None:
            assert answer.low is None
            continue
        there = [row for row in plain.facts["waiting"] if is_there(row, until)]
        ages = [float(until - cast("int", row["contact_day"])) for row in there]
        assert same((answer.low, answer.high), sums_interval(ages, [1.0] * len(ages), len(ages))), (words, ages)


def is_there(row: Fields, day: int) -> bool:
    begins, ends = cast("int", row["started_day"]), cast("int | None", row["ended_day"])
    return begins <= day and (ends is None or ends > day)


def test_what_has_no_interval_says_why(tmp_path: Path) -> None:
    org = random_org(1)
    answerer = opened_org(org.tables, org.today, tmp_path / "org").answerer()
    for name, words in (
        ("gross_margin", "whole sums"),
        ("quota_attainment", "a plan"),
        ("sales_velocity", "of each"),
    ):
        answer = answerer.answer(Question(name, "", "2024", "low"))
        assert (answer.state, words in answer.message) == ("error", True), answer.message


def expected_ends(plain: Plain, kpi: Kpi, chosen: Slice, period: Period) -> Ends:
    value = plain.kpi(kpi.id, chosen, period)
    if value is None:
        return None
    if kpi.id in SHARES:
        left, _, right = kpi.formula.partition(" / ")
        hits = plain.formula(left, chosen, period, is_forward=False)
        trials = plain.formula(right, chosen, period, is_forward=False)
        assert hits is not None
        assert trials is not None
        return share_interval(hits, trials) if 0 <= hits <= trials else None
    if kpi.id not in MEANS:
        measure = CATALOGUE.measures[kpi.formula]
        rows = rows_of(plain, measure.name, chosen, period)
        values = [cast("float", row[measure.value]) for row in rows if row[measure.value] is not None]
        return quantile_interval(values, measure.quantile)
    top, bottom = MEANS[kpi.id]
    rows = rows_of(plain, next(iter(bottom)), chosen, period, conditions=False)
    tops, bottoms = ([contribution(row, side) for row in rows] for side in (top, bottom))
    return sums_interval(tops, bottoms, len(rows_of(plain, kpi.count, chosen, period, ones=True)))


def rows_of(  # noqa: PLR0917 what to look at, and how
    plain: Plain, name: str, chosen: Slice, period: Period, conditions: bool = True, ones: bool = False
) -> list[Fields]:
    """Return the rows of a measure; all of the period without conditions, those that count one with ``ones``."""
    measure = CATALOGUE.measures[name]
    rows = plain.inside(measure.fact, chosen, f"{measure.axis}_day")
    rows = [row for row in rows if period.first <= cast("int", row[f"{measure.axis}_day"]) <= period.last]
    rows = [row for row in rows if not conditions or all(meets(row, one) for one in measure.where)]
    return [row for row in rows if not ones or row.get(measure.value)]


def contribution(row: Fields, side: dict[str, int]) -> float:
    total = 0.0
    for name, factor in side.items():
        measure = CATALOGUE.measures[name]
        if all(meets(row, one) for one in measure.where) and row.get(measure.value) is not None:
            total += factor * cast("float", row[measure.value])
    return total


def same(found: Sequence[float | None], expected: Ends) -> bool:
    if expected is None:
        return list(found) == [None, None]
    return all(
        one is not None and math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-4)
        for one, other in zip(found, expected, strict=True)
    )


OWN = """
family = "revenue"

[measures.closed]
kind = "flow"
fact = "opportunity"
axis = "close"
value = "deals"
where = [["is_closed", "=", true]]
words = { en = "closed", fr = "closes" }

[measures.big]
kind = "flow"
fact = "opportunity"
axis = "close"
value = "deals"
where = [["amount", ">", 10], ["is_closed", "=", true]]
words = { en = "big", fr = "grandes" }

[kpis.big_share]
titles = { en = "Big share", fr = "Part des grandes" }
formula = "big / closed"
formula_words = { en = "big / closed", fr = "grandes / closes" }
unit = "percent"
better = "higher"
horizon = "lagging"
count = "closed"
source = "own"
examples = [{ inputs = { big = 1, closed = 2 }, expected = 0.5 }]

[kpis.small_share]
titles = { en = "Small share", fr = "Part des petites" }
formula = "1 - big_share"
formula_words = { en = "1 - big share", fr = "1 - part" }
unit = "percent"
better = "lower"
horizon = "lagging"
count = "closed"
source = "own"
examples = [{ inputs = { big_share = 0.25 }, expected = 0.75 }]
"""


def own(old: str = "", new: str = "") -> Catalogue:
    return read_catalogue({"own.toml": OWN.replace(old, new) if old else OWN})


def test_what_is_left_of_a_share_is_as_sure_as_the_share() -> None:
    rest = estimate_of(own(), own().kpis["small_share"])
    assert isinstance(rest, Rest)
    assert (rest.whole, rest.of.id, rest.method, Floors().of(rest)) == (1, "big_share", "wilson", 20)


def test_a_part_that_may_hold_other_rows_is_no_share() -> None:
    loose = own('["amount", ">", 10], ["is_closed", "=", true]', '["amount", ">", 10]')
    assert isinstance(estimate_of(loose, loose.kpis["big_share"]), Mean)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('formula = "big / closed"\ninterval = "bayes"', 'interval "bayes" is unknown'),
        ('formula = "big / closed"\ninterval = "wilson"', ""),
        ('formula = "big / closed"\ninterval = "t"', ""),
        ('formula = "big / closed"\ninterval = "none"', ""),
        ('formula = "closed - big"\ninterval = "wilson"', 'interval = "wilson" is for a quotient of two counts'),
        ('formula = "closed - big"\ninterval = "t"', 'interval = "t" is for a quotient of sums over the same rows'),
        ('formula = "big / closed"\ninterval = "reps"', ""),
        ('formula = "closed - big"\ninterval = "reps"', 'interval = "reps" is for a quotient that can be split'),
        ('formula = "big / closed"\ninterval = "chances"', 'interval = "chances" is for a sum with weighted amounts'),
    ],
)
def test_a_definition_may_say_its_interval_if_its_formula_allows_it(line: str, words: str) -> None:
    text = OWN.replace('formula = "big / closed"', line)
    if "closed - big" in line:
        text = text.replace("closed = 2 }, expected = 0.5", "closed = 2 }, expected = 1")
    if words:
        with pytest.raises(DefinitionError, match=words):
            read_catalogue({"own.toml": text})
    else:
        assert read_catalogue({"own.toml": text}).kpis["big_share"].id == "big_share"


def test_below_which_size_a_sample_is_small_can_be_set(tmp_path: Path) -> None:
    org = random_org(1)
    opened = opened_org(org.tables, org.today, tmp_path / "org")
    cube, question = opened.answerer().cube, Question("win_rate", "", "2024")
    size = opened.answerer().answer(question).n
    assert size
    for floor, is_small in ((size, False), (size + 1, True)):
        answer = Answerer(cube, CATALOGUE, CALENDAR, opened.today, floors=Floors(rate=floor)).answer(question)
        assert (answer.is_small, f"small sample (n={size})" in answer.message) == (is_small, is_small)
