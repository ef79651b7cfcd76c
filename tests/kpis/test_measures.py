"""Measures as SQL: portable, and the same in every dialect but for the little that has to differ."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import sqlglot
from sqlglot import exp

from kpis.catalogue import load_catalogue
from kpis.definitions import Condition, Language, Measure
from kpis.errors import DefinitionError
from kpis.facts import FACTS
from kpis.measures import DIALECTS, condition_tree, grouped, grouped_by_each, listed, rendered, view_query
from kpis.plan import plan_of
from kpis.totals import Total, fact_of

WORDS: Mapping[Language, str] = {"en": "won", "fr": "gagné"}


def test_a_grouping_sums_each_total_over_the_rows_that_count() -> None:
    totals = (Total("deals", ()), Total("amount", (Condition("is_won", "=", True), Condition("kind", "!=", "new"))))
    assert grouped("opportunity", "close", ("owner",), totals) == (
        "SELECT owner AS c0, close_day AS day, COUNT(*) AS rows, CAST(COALESCE(SUM(deals), 0) AS DOUBLE) AS t0, "
        "CAST(COALESCE(SUM(CASE WHEN is_won = TRUE AND kind <> 'new' THEN TRY_CAST(amount AS DECIMAL(29, 12)) END), "
        "0) AS DOUBLE) AS t1 FROM fact_opportunity WHERE NOT close_day IS NULL GROUP BY owner, close_day"
    )


def test_groupings_by_several_columns_take_one_pass() -> None:
    assert grouped_by_each("opportunity", "close", ("owner", "", "kind"), (Total("deals", ()),)) == (
        "SELECT CASE WHEN GROUPING(owner) = 0 THEN 0 WHEN GROUPING(kind) = 0 THEN 2 ELSE 1 END AS place, "
        "CASE WHEN GROUPING(owner) = 0 THEN owner WHEN GROUPING(kind) = 0 THEN kind END AS c0, close_day AS day, "
        "COUNT(*) AS rows, CAST(COALESCE(SUM(deals), 0) AS DOUBLE) AS t0 FROM fact_opportunity "
        "WHERE NOT close_day IS NULL GROUP BY GROUPING SETS ((owner, close_day), (close_day), (kind, close_day))"
    )


def test_a_listing_has_the_rows_with_a_value() -> None:
    where = (Condition("kind", "in", ("new", "upsell")), Condition("competitor", "is null"))
    query = listed("opportunity", "close", ("product", "owner"), "account", where, "affected_opportunity")
    assert query == (
        "SELECT product AS c0, owner AS c1, close_day AS day, account AS value FROM fact_opportunity "
        "WHERE NOT close_day IS NULL AND NOT account IS NULL AND kind IN ('new', 'upsell') AND competitor IS NULL "
        "AND id IN (SELECT id FROM affected_opportunity)"
    )


def test_a_text_in_a_condition_stays_a_text() -> None:
    tree = condition_tree(Condition("kind", "=", "' OR TRUE --"))
    assert rendered(tree) == "kind = ''' OR TRUE --'"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_fact_compiles_and_reads_back_in_every_dialect(dialect: str) -> None:
    for fact in FACTS.values():
        text = view_query(fact.view, 20_000, 19_000, dialect)
        tree = sqlglot.parse_one(text, read=dialect)
        assert isinstance(tree, exp.Query)
        assert "__HOURS" not in text
        assert {column.alias_or_name for column in tree.selects} == fact.columns


def test_the_facts_need_nothing_that_engines_do_differently() -> None:
    for fact in FACTS.values():
        tree = sqlglot.parse_one(fact.sql(), read="duckdb")
        assert not list(tree.find_all(exp.Filter, exp.DateDiff, exp.DateTrunc, exp.Interval, exp.Extract))
        orders = [window.args["order"] for window in tree.find_all(exp.Window) if window.args.get("order")]
        ordered = [term for order in orders for term in order.expressions]
        assert all(term.args["nulls_first"] is False for term in ordered)


def test_every_measure_of_the_catalogue_has_a_place_in_the_plan() -> None:
    catalogue = load_catalogue()
    plan = plan_of(catalogue)
    planned = {total for grouping in plan.groupings.values() for total in grouping.totals}
    sampled = {name for _, name in plan.samplings}
    for measure in catalogue.measures.values():
        if measure.fact:
            fact_of(measure)
            assert measure.name in sampled or Total(measure.value, measure.where).key in planned, measure.name


@pytest.mark.parametrize(("measure", "words"), [
    (Measure("won", "flow", WORDS, "opportunities", "close", value="deals"), "Did you mean opportunity"),
    (Measure("won", "flow", WORDS, "opportunity", "closed", value="deals"), '"closed_day". Did you mean close_day'),
    (Measure("won", "flow", WORDS, "opportunity", "close", value="amunt"), "Did you mean amount"),
])  # fmt: skip
def test_a_measure_over_what_is_not_there_names_what_is(measure: Measure, words: str) -> None:
    with pytest.raises(DefinitionError, match=words):
        fact_of(measure)
