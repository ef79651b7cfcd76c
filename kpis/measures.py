"""Measures as SQL: one grouped query per fact, axis and dimension, with all its totals in one pass.

Built as syntax trees, so that the same catalogue compiles for every engine: `rendered` writes DuckDB's SQL, or
another dialect's. Filters are CASE inside SUM, sums run over decimals (exact, whatever the order of the rows), and
results are doubles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

import sqlglot
from sqlglot import exp

from kpis.blocks import ROWS
from kpis.definitions import Condition, Measure
from kpis.facts import FACTS, Fact
from kpis.totals import Total

DIALECTS: Final = ("duckdb", "spark")
_EXACT: Final = "DECIMAL(38, 12)"
_HOURS: Final[Mapping[str, str]] = {
    "duckdb": "(EPOCH_US({later}) - EPOCH_US({earlier})) / 3.6e9",
    "spark": "(UNIX_MICROS({later}) - UNIX_MICROS({earlier})) / 3.6e9",
}
_COMPARED: Final[Mapping[str, type[exp.Binary]]] = {
    "=": exp.EQ, "!=": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
}  # fmt: skip


def grouped(fact: Fact, axis: str, columns: Sequence[str], totals: Iterable[Total]) -> exp.Select:
    """Return the query: for each day of the axis and each value of the columns, the number of rows and the totals.

    Result columns: ``c0``... the columns, ``day``, ``rows`` and ``t0``... the totals.
    """
    day = exp.column(f"{axis}_day")
    keys = [exp.column(column) for column in columns]
    selected = [exp.alias_(key, f"c{place}") for place, key in enumerate(keys)]
    counted = exp.alias_(exp.Count(this=exp.Star()), ROWS)
    sums = [exp.alias_(_sum(total), f"t{place}") for place, total in enumerate(totals)]
    return (
        exp.select(*selected, exp.alias_(day.copy(), "day"), counted, *sums)
        .from_(fact.view)
        .where(_is_not_null(day))
        .group_by(*(key.copy() for key in keys), day.copy())
    )


def listed(fact: Fact, columns: Sequence[str], measure: Measure) -> exp.Select:
    """Return the query: for each row of the measure that has a value, the columns, its day and its value.

    Result columns: ``c0``... the columns, ``day`` and ``value``.
    """
    selected = [exp.alias_(exp.column(column), f"c{place}") for place, column in enumerate(columns)]
    day, value = exp.column(f"{measure.axis}_day"), exp.column(measure.value)
    return (
        exp.select(*selected, exp.alias_(day, "day"), exp.alias_(value, "value"))
        .from_(fact.view)
        .where(_is_not_null(day.copy()), _is_not_null(value.copy()), *map(condition_tree, measure.where))
    )


def condition_tree(condition: Condition) -> exp.Expr:
    """Return a condition as a syntax tree; a comparison with nothing does not hold, as in SQL."""
    column = exp.column(condition.column)
    operand = condition.operand
    match condition.operator:
        case "is null":
            return exp.Is(this=column, expression=exp.null())
        case "is not null":
            return _is_not_null(column)
        case "in":
            words = operand if isinstance(operand, tuple) else (operand,)
            return exp.In(this=column, expressions=[exp.convert(word) for word in words])
        case operator:
            return _COMPARED[operator](this=column, expression=exp.convert(operand))


@lru_cache(maxsize=256)
def view_query(fact_name: str, today: int, first_day: int, dialect: str = "duckdb") -> str:
    """Return a fact's query in the dialect, with its two days filled in."""
    days = {"today": today, "first_day": first_day}

    def filled(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Placeholder):
            return exp.convert(days[node.name])
        return node

    return rendered(sqlglot.parse_one(FACTS[fact_name].sql(), read="duckdb").transform(filled), dialect)


def rendered(tree: exp.Expr, dialect: str = "duckdb") -> str:
    """Return the SQL text of a tree; this is the only place where dialects differ."""
    return tree.transform(_in_dialect(dialect)).sql(dialect=dialect)


def _in_dialect(dialect: str) -> Callable[[exp.Expr], exp.Expr]:
    def replaced(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Anonymous) and node.name == "__HOURS":
            later, earlier = (part.sql(dialect=dialect) for part in node.expressions)
            return sqlglot.parse_one(_HOURS[dialect].format(later=later, earlier=earlier), read=dialect)
        return node

    return replaced


def _sum(total: Total) -> exp.Expr:
    exact: exp.Expr = exp.cast(exp.column(total.value), _EXACT)
    if total.where:
        exact = exp.Case(ifs=[exp.If(this=exp.and_(*map(condition_tree, total.where)), true=exact)])
    return exp.cast(exp.func("COALESCE", exp.Sum(this=exact), exp.Literal.number(0)), "DOUBLE")


def _is_not_null(column: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=column, expression=exp.null()))
