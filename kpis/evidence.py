"""Evidence: the rows behind a measure, found by the same facts and conditions as its number, by another select.

A row of a flow, a quantile or a count of different values lies in the period. A row of a stock, an age or an overlap
has come by the period's end and is still there; one that left before it came counts against, as in the number. A
survivor's row is there at the period's end, and one with the same value was there on the day before the period.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from sqlglot import exp

from kpis.blocks import Integers
from kpis.cube import Cube
from kpis.definitions import COMPANY, Measure
from kpis.directory import Directory
from kpis.engine import FactEngine, text_column
from kpis.facts import FACTS, Fact
from kpis.measures import condition_tree
from kpis.members import UNSPECIFIED
from kpis.memberships import GROUPS, Stint
from kpis.periods import Period
from kpis.totals import fact_of

if TYPE_CHECKING:
    import pyarrow as pa

STAYING: Final = frozenset({"stock", "overlap", "age", "survivors"})
"""The kinds of measures over what comes and may leave."""
DIFFERENT: Final = frozenset({"distinct", "survivors"})
"""The kinds of measures that count different values."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Some members of each of these dimensions, in a period; without a dimension, the company."""

    dimensions: tuple[str, ...]
    members: tuple[frozenset[int], ...]
    period: Period

    @property
    def dimension(self) -> str:
        """Return the name under which the cube holds these dimensions."""
        return "&".join(self.dimensions) or COMPANY


class Evidence:
    """Finds rows in one snapshot's facts. ``today`` is the day that running periods end on."""

    def __init__(self, engine: FactEngine, cube: Cube, today: int) -> None:
        self.engine = engine
        self.cube = cube
        self.today = today
        self.groups = {name: cube.groups_of_reps(name) for name in GROUPS}
        self._directory = Directory(cube.dimensions, self.groups)
        self._words: dict[tuple[str, str], Mapping[str, int]] = {}

    def fact(self, measure: Measure, dimensions: Sequence[str]) -> Fact | None:
        """Return the fact that holds the measure's rows by these dimensions; None if they cannot be split so."""
        fact = fact_of(measure, by_product="product" in dimensions)
        is_split = fact.name in self.engine.facts and fact.splits.issuperset(dimensions)
        return fact if is_split else None

    def values(self, measure: Measure, scope: Scope, *, by_member: bool = False) -> pa.Table:
        """Return the ``value`` of each row: what it contributes, or the word that is one of different ones.

        ``by_member`` adds whose it is, a word in ``member``, for a scope of one dimension that is no group of reps.
        """
        is_word = measure.kind in DIFFERENT
        value = exp.column(measure.value) if is_word else contribution(measure, scope, self.today)
        columns = [exp.alias_(value, "value")]
        fact = self.fact(measure, scope.dimensions)
        if by_member and fact is not None:
            columns.append(exp.alias_(exp.column(fact.dimensions[scope.dimension]), "member"))
        return self.selected(measure, scope, columns)

    def selected(self, measure: Measure, scope: Scope, columns: Iterable[exp.Expr]) -> pa.Table:
        """Return these columns of the rows behind a measure."""
        return self.engine.fact_rows(self._fact(measure, scope), self.query(measure, scope, columns))

    def query(self, measure: Measure, scope: Scope, columns: Iterable[exp.Expr]) -> exp.Select:
        """Return the query for these columns of the rows behind a measure."""
        fact = self._fact(measure, scope)
        return exp.select(*columns).from_(fact.view).where(*self.rows_of(measure, scope))

    def codes(self, dimension: str, table: pa.Table, column: str) -> Integers:
        """Return the member that each word of a column means."""
        return self._directory.codes(dimension, text_column(table, column))

    def rows_of(self, measure: Measure, scope: Scope) -> list[exp.Expr]:
        """Return the conditions that the rows behind a measure meet."""
        inside = [*self.slice_of(measure, scope), *map(condition_tree, measure.where)]
        counted = _counted(measure, scope, self.today)
        if measure.kind != "survivors":
            return [*inside, *counted]
        before = exp.select(exp.column(measure.value)).from_(self._fact(measure, scope).view)
        before = before.where(*(tree.copy() for tree in inside), *was_there(measure, scope))
        same = exp.In(this=exp.column(measure.value), query=exp.Subquery(this=before))
        return [*inside, *counted, same]

    def slice_of(self, measure: Measure, scope: Scope) -> list[exp.Expr]:
        """Return the conditions that the rows of the scope's members meet."""
        fact = self.fact(measure, scope.dimensions)
        if fact is None:
            return [exp.false()]
        pairs = zip(scope.dimensions, scope.members, strict=True)
        return [
            self._group_tree(fact, measure, scope.period, dimension, codes)
            if dimension in GROUPS
            else self._members_tree(fact, dimension, codes)
            for dimension, codes in pairs
        ]

    def members_within(self, group: str, codes: frozenset[int], day: int) -> frozenset[int]:
        """Return the reps that are in any of these teams or regions on a day."""
        return frozenset(np.flatnonzero(np.isin(self.groups[group].on(day), list(codes))).tolist())

    def _fact(self, measure: Measure, scope: Scope) -> Fact:
        """Return the fact to ask; of one that cannot be split so, no row meets the scope's conditions."""
        return self.fact(measure, scope.dimensions) or fact_of(measure)

    def _group_tree(
        self, fact: Fact, measure: Measure, period: Period, dimension: str, codes: frozenset[int]
    ) -> exp.Expr:
        """Return the condition for rows of reps in a group: on the row's day, or of what stays, at its moment."""
        if measure.kind in STAYING or self.groups[dimension].is_fixed:
            moment = period.first - 1 if measure.kind == "survivors" else min(period.last, self.today)
            return self._members_tree(fact, "rep", self.members_within(dimension, codes, moment))
        stints = self.groups[dimension].stints(codes)
        day = exp.column(f"{measure.axis}_day")
        return exp.or_(exp.false(), *(self._stint_tree(fact, stint, day.copy()) for stint in stints))

    def _stint_tree(self, fact: Fact, stint: Stint, day: exp.Expr) -> exp.Expr:
        is_theirs = self._members_tree(fact, "rep", frozenset(stint.members))
        is_then = exp.Between(this=day, low=exp.convert(stint.first), high=exp.convert(stint.last))
        return exp.and_(is_theirs, is_then)

    def _members_tree(self, fact: Fact, dimension: str, wanted: frozenset[int]) -> exp.Expr:
        column = exp.column(fact.dimensions[dimension])
        words = [word for word, code in self._words_of(fact, dimension).items() if code in wanted]
        tree: exp.Expr = exp.In(this=column, expressions=[exp.convert(word) for word in words])
        if not words:
            tree = exp.false()
        return exp.or_(tree, exp.Is(this=column.copy(), expression=exp.null())) if UNSPECIFIED in wanted else tree

    def _words_of(self, fact: Fact, dimension: str) -> Mapping[str, int]:
        """Return which member each word in a fact's rows means."""
        key = (fact.name, dimension)
        if key not in self._words:
            column = exp.column(fact.dimensions[dimension])
            query = exp.select(exp.alias_(column, "word")).distinct().from_(fact.view)
            found = self.engine.fact_rows(fact, query)
            codes = self.codes(dimension, found, "word").tolist()
            words = found["word"].to_pylist()
            self._words[key] = {word: code for word, code in zip(words, codes, strict=True) if word is not None}
        return self._words[key]


def is_count(measure: Measure) -> bool:
    """Tell whether a measure counts rows: a fact's first value is one for each of its objects."""
    return measure.value == FACTS[measure.fact].values[0]


def contribution(measure: Measure, scope: Scope, today: int) -> exp.Expr:
    """Return what a row contributes: its value; for what may leave, its value once if it is there."""
    value: exp.Expr = exp.column(measure.value)
    if measure.kind == "age":
        value = exp.paren(exp.Sub(this=exp.convert(min(scope.period.last, today)), expression=value))
    elif measure.kind not in STAYING:
        return exp.cast(value, "DOUBLE")
    return exp.cast(exp.Mul(this=value, expression=exp.paren(_presence(measure, scope, today))), "DOUBLE")


def population(measure: Measure, scope: Scope, today: int) -> exp.Expr:
    """Return the condition for the rows of a period, whether or not they count: those in it, or come by its end."""
    day = exp.column(f"{measure.axis}_day")
    if measure.kind in STAYING:
        return exp.LTE(this=day, expression=exp.convert(min(scope.period.last, today)))
    return exp.Between(this=day, low=exp.convert(scope.period.first), high=exp.convert(scope.period.last))


def has_left(measure: Measure, scope: Scope, today: int) -> exp.Expr:
    """Return the condition for rows that left: by the period's end, but an overlap's before it began."""
    last = scope.period.first - 1 if measure.kind == "overlap" else min(scope.period.last, today)
    return exp.LTE(this=exp.column(f"{measure.end_axis}_day"), expression=exp.convert(last))


def _counted(measure: Measure, scope: Scope, today: int) -> list[exp.Expr]:
    """Return the conditions of time, and that there is something to count."""
    value = exp.column(measure.value)
    conditions: list[exp.Expr] = [exp.Not(this=exp.Is(this=value, expression=exp.null()))]
    if is_count(measure):  # what a deal's lines leave over is a row of its own, but no deal
        conditions.append(exp.NEQ(this=value.copy(), expression=exp.convert(0)))
    if measure.kind in STAYING:
        presence = exp.paren(_presence(measure, scope, today))
        counts = exp.EQ if measure.kind == "survivors" else exp.NEQ
        return [*conditions, counts(this=presence, expression=exp.convert(1 if counts is exp.EQ else 0))]
    return [*conditions, population(measure, scope, today)]


def was_there(measure: Measure, scope: Scope) -> list[exp.Expr]:
    """Return the conditions for rows that were there on the day before the period."""
    begin, end = exp.column(f"{measure.axis}_day"), exp.column(f"{measure.end_axis}_day")
    day = exp.convert(scope.period.first)
    is_there = exp.or_(exp.Is(this=end, expression=exp.null()), exp.GTE(this=end.copy(), expression=day))
    return [exp.LT(this=begin, expression=day.copy()), is_there]


def _presence(measure: Measure, scope: Scope, today: int) -> exp.Expr:
    """Return 1 for a row that has come and not left, -1 for one that left without coming, else 0."""
    come, gone = population(measure, scope, today), has_left(measure, scope, today)
    return exp.Sub(this=_one_if(come), expression=_one_if(gone))


def _one_if(condition: exp.Expr) -> exp.Expr:
    return exp.Case(ifs=[exp.If(this=condition, true=exp.convert(1))], default=exp.convert(0))
