"""Measures as SQL: one grouped query per fact, axis and dimension, with all its totals in one pass.

Built as syntax trees, so that the same catalogue compiles for every engine. Filters are CASE inside SUM, sums run
over decimals (exact, whatever the order of the rows), and results are doubles. Texts are kept: a process compiles a
catalogue once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, reduce
from typing import Final

import sqlglot
from sqlglot import exp

from kpis.blocks import ROWS
from kpis.definitions import Condition, Measure
from kpis.facts import ASSUMPTIONS, FACTS, Fact, view_text
from kpis.stays import FOR_EVER
from kpis.tables import Table
from kpis.totals import Total

DIALECTS: Final = ("duckdb", "spark")
_EXACT: Final = (29, 12)
"""The digits of the decimals that are added up, and how many stand behind the point. Their sum has 38, so that it is
exact and fits, whatever the values of a thousand million rows."""
TOO_LARGE: Final = 1e17
"""Numbers from here on do not fit into these decimals."""
_PRODUCTS_OF: Final[Mapping[str, Mapping[str, str]]] = {
    "opportunity_line": {
        "quantity * unit_price": "CASE WHEN total IS NULL THEN quantity * unit_price END",
        "list_price * quantity": "list_price * quantity",
    }
}
"""Products of two columns that views add up."""
_PRODUCTS: Final = (38, 6)
_LARGEST_PRODUCT: Final = 1e25
"""A larger product counts as this: spreads need no more, and no row may make a sum impossible."""
_HOURS: Final[Mapping[str, str]] = {
    "duckdb": "(EPOCH_US({later}) - EPOCH_US({earlier})) / 3.6e9",
    "spark": "(UNIX_MICROS({later}) - UNIX_MICROS({earlier})) / 3.6e9",
}
_COMPARED: Final[Mapping[str, type[exp.Binary]]] = {
    "=": exp.EQ, "!=": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
}  # fmt: skip


@lru_cache(maxsize=1024)
def grouped(fact: str, axis: str, columns: tuple[str, ...], totals: tuple[Total, ...], affected: str = "") -> str:
    """Return the query: for each day of the axis and each value of the columns, the number of rows and the totals.

    Result columns: ``c0``... the columns, ``day``, ``rows`` and ``t0``... the totals. ``affected``, if not empty,
    names a table with the ids of the rows that count.
    """
    day = exp.column(f"{axis}_day")
    return rendered(
        _selected(columns)
        .select(*_totalled(day, totals, FACTS[fact]), copy=False)
        .from_(FACTS[fact].view, copy=False)
        .where(_is_not_null(day), *_among(affected), copy=False)
        .group_by(*map(exp.column, columns), day, copy=False)
    )


@lru_cache(maxsize=1024)
def grouped_by_each(
    fact: str, axis: str, columns: tuple[str, ...], totals: tuple[Total, ...], affected: str = ""
) -> str:
    """Return the query that gives, in one pass over the rows, what `grouped` gives for each of the columns.

    There must be several columns; one without a name is none at all. Result columns: ``place`` in the columns, ``c0``
    the column's value, and the others of `grouped`.
    """
    named = [(place, exp.column(column)) for place, column in enumerate(columns) if column]
    is_in = [(place, column, exp.EQ(this=_grouping(column), expression=exp.convert(0))) for place, column in named]
    day = exp.column(f"{axis}_day")
    sets = [exp.Tuple(expressions=[exp.column(column), day] if column else [day]) for column in columns]
    none = exp.convert(columns.index("") if "" in columns else -1)
    place_of = exp.Case(ifs=[exp.If(this=one, true=exp.convert(place)) for place, _, one in is_in], default=none)
    value_of = exp.Case(ifs=[exp.If(this=one, true=column) for _, column, one in is_in])
    return rendered(
        exp.Select(expressions=[_named(place_of, "place"), _named(value_of, "c0")])
        .select(*_totalled(day, totals, FACTS[fact]), copy=False)
        .from_(FACTS[fact].view, copy=False)
        .where(_is_not_null(day), *_among(affected), copy=False)
        .group_by(exp.GroupingSets(expressions=sets), copy=False)
    )


@lru_cache(maxsize=1024)
def listed(  # noqa: PLR0917 each is a part of the query
    fact: str, axis: str, columns: tuple[str, ...], value: str, where: tuple[Condition, ...], affected: str = ""
) -> str:
    """Return the query: for each row that meets the conditions and has a value, the columns, its day and its value.

    Result columns: ``c0``... the columns, ``day`` and ``value``. ``affected`` as in `grouped`.
    """
    day = f"{axis}_day"
    has_both = map(_is_not_null, map(exp.column, (day, value)))
    return rendered(
        _selected(columns)
        .select(_named(exp.column(day), "day"), _named(exp.column(value), "value"), copy=False)
        .from_(FACTS[fact].view, copy=False)
        .where(*has_both, *map(condition_tree, where), *_among(affected), copy=False)
    )


@lru_cache(maxsize=1024)
def stays(  # noqa: PLR0917 each is a part of the query
    fact: str,
    axes: tuple[str, str],
    columns: tuple[str, ...],
    value: str,
    where: tuple[Condition, ...],
    affected: str = "",
) -> str:
    """Return the query: for each object that meets the conditions, the columns, its first and last day, its value.

    Result columns: ``c0``... the columns, ``day``, ``ended`` (`FOR_EVER` of one that has no end) and ``value``.
    """
    day, end = (f"{axis}_day" for axis in axes)
    ended = _named(exp.Coalesce(this=exp.column(end), expressions=[exp.convert(FOR_EVER)]), "ended")
    is_object = exp.NEQ(this=exp.column(FACTS[fact].values[0]), expression=exp.convert(0))
    has_both = map(_is_not_null, map(exp.column, (day, value)))
    return rendered(
        _selected(columns)
        .select(_named(exp.column(day), "day"), ended, _named(exp.column(value), "value"), copy=False)
        .from_(FACTS[fact].view, copy=False)
        .where(*has_both, is_object, *map(condition_tree, where), *_among(affected), copy=False)
    )


def too_large(table: Table) -> str:
    """Return the query for the numbers of a canonical table that sums leave out, as they have too many digits.

    Result columns: ``id`` and ``column``; no text if the table has no numbers.
    """
    own = {column.name: column.name for column in table.columns if column.type == "number"}
    queries = [
        exp.select("id", _named(exp.convert(name), "column"))
        .from_(table.name)
        .where(exp.GTE(this=exp.Abs(this=sqlglot.parse_one(number)), expression=exp.convert(TOO_LARGE)))
        for name, number in {**own, **_PRODUCTS_OF.get(table.name, {})}.items()
    ]
    return " UNION ALL ".join(map(rendered, queries))


def sampled(measure: Measure, fact: str, columns: tuple[str, ...], affected: str = "") -> str:
    """Return the query for the rows that the sample of a measure is made of."""
    if measure.kind in {"older", "survivors"}:
        axes = (measure.axis, measure.end_axis)
        return stays(fact, axes, columns, measure.value, measure.where, affected)
    return listed(fact, measure.axis, columns, measure.value, measure.where, affected)


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
def view_query(view: str, today: int, first_day: int, dialect: str = "duckdb") -> str:
    """Return the query of a view (see `kpis.facts.view_text`) in the dialect, with its numbers filled in."""
    days = {"today": today, "first_day": first_day, **ASSUMPTIONS}

    def filled(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Placeholder):
            return exp.convert(days[node.name])
        return node

    tree = sqlglot.parse_one(view_text(view), read="duckdb").transform(filled)
    return rendered(tree.transform(_in_dialect(dialect)), dialect)


def rendered(tree: exp.Expr, dialect: str = "duckdb") -> str:
    """Return the SQL text of a tree."""
    return tree.sql(dialect=dialect)


def _in_dialect(dialect: str) -> Callable[[exp.Expr], exp.Expr]:
    """Return the replacement of what the dialects write differently: this is all of it."""

    def replaced(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Anonymous) and node.name == "__HOURS":
            later, earlier = (part.sql(dialect=dialect) for part in node.expressions)
            return sqlglot.parse_one(_HOURS[dialect].format(later=later, earlier=earlier), read=dialect)
        return node

    return replaced


# Trees are put together from new nodes without copies: the builders' copies of whole trees took most of a small
# organisation's refresh.


def _among(table: str) -> list[exp.Expr]:
    """Return the condition that a row's id is in this table, none without a table."""
    ids = exp.Subquery(this=exp.select("id").from_(table)) if table else None
    return [exp.In(this=exp.column("id"), query=ids)] if ids else []


def _selected(columns: Sequence[str]) -> exp.Select:
    return exp.Select(expressions=[_named(exp.column(column), f"c{place}") for place, column in enumerate(columns)])


def _named(tree: exp.Expr, name: str) -> exp.Alias:
    return exp.Alias(this=tree, alias=exp.to_identifier(name))


def _totalled(day: exp.Expr, totals: Sequence[Total], fact: Fact) -> list[exp.Expr]:
    """Return what a grouped query selects besides its columns."""
    sums = [_named(_sum(total, fact), f"t{place}") for place, total in enumerate(totals)]
    return [_named(day, "day"), _named(exp.Count(this=exp.Star()), ROWS), *sums]


def _grouping(column: exp.Expr) -> exp.Expr:
    """Return the call that is 0 where the row's set has this column."""
    return exp.Anonymous(this="GROUPING", expressions=[column])


def _sum(total: Total, fact: Fact) -> exp.Expr:
    """Return the total as a double; a count is a sum of whole numbers, exact as it is, and much faster so.

    A value that has too many digits (see `too_large`) is left out.
    """
    exact: exp.Expr = exp.column(total.value)
    if total.times:
        exact = exp.Cast(this=_product(total), to=_decimal(_PRODUCTS))
    elif total.value != fact.values[0]:
        exact = exp.TryCast(this=exact, to=_decimal(_EXACT))
    if total.where:
        conditions = reduce(
            lambda left, right: exp.And(this=left, expression=right), map(condition_tree, total.where)
        )
        exact = exp.Case(ifs=[exp.If(this=conditions, true=exact)])
    whole = exp.Coalesce(this=exp.Sum(this=exact), expressions=[exp.Literal.number(0)])
    return exp.Cast(this=whole, to=exp.DataType(this=exp.DataType.Type.DOUBLE))


def _all(conditions: Iterable[exp.Expr]) -> exp.Expr:
    return reduce(lambda left, right: exp.And(this=left, expression=right), conditions)


def _product(total: Total) -> exp.Expr:
    left, right = (
        exp.Cast(this=exp.column(column), to=exp.DataType(this=exp.DataType.Type.DOUBLE))
        for column in (total.value, total.times)
    )
    product: exp.Expr = exp.Mul(this=left, expression=right)
    for kind, bound in ((exp.Least, _LARGEST_PRODUCT), (exp.Greatest, -_LARGEST_PRODUCT)):
        product = kind(this=product, expressions=[exp.convert(bound)])
    return product


def _decimal(digit_counts: tuple[int, int]) -> exp.DataType:
    digits = [exp.DataTypeParam(this=exp.Literal.number(number)) for number in digit_counts]
    return exp.DataType(this=exp.DataType.Type.DECIMAL, expressions=digits)


def _is_not_null(column: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.Is(this=column, expression=exp.null()))
