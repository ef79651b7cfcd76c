"""Restatements: what a number was when it was reported, what it is now, and which records moved it.

The number of then and that of now come from two snapshots, each with its own rows, over the same days. Each measure
that the KPI comes down to is compared record by record; its change brings a share of the KPI's (see `kpis.spreads`),
so that the contributions of the records sum to the difference. What is no sum over records (a median, days) is one
contribution of its measure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from kpis.cases import Case, Leaf
from kpis.definitions import Measure
from kpis.errors import QuestionError
from kpis.evidence import Scope
from kpis.facts import FACTS
from kpis.formula import parse
from kpis.plan import all_measures
from kpis.questions import Answer
from kpis.record_changes import changed_fields, ids_in
from kpis.records import Record, records_of
from kpis.spreads import Leaf as LeafName
from kpis.spreads import Pair, spread_of_formula
from kpis.tables import TABLES

Movement = Literal[
    "new",  # the record was not there then
    "deleted",  # the record is not there any more
    "counted",  # it was there and counts now
    "dropped",  # it is there and counts no more
    "changed",  # it counted then and counts now, with another value
    "measure",  # what no single record brings
]
MOST_COMPARED: Final = 200_000
"""More records of one measure are not compared one by one."""
_NEGLIGIBLE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Moved:
    """One record that moved the number, or a measure as a whole.

    ``before`` and ``after`` are what it contributed to its part; ``value`` is what its change brings to the KPI, None
    where the KPI has no value in one of the two. ``note`` names the fields that differ.
    """

    record: Record
    movement: Movement
    before: float
    after: float
    value: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Restatement:
    """The answers of then and now, and what moved in between, the largest first.

    ``count`` is how many there are; the smallest may be left out and are then summed in ``others``.
    """

    then: Answer
    now: Answer
    moved: tuple[Moved, ...]
    count: int
    others: float = 0.0

    @property
    def difference(self) -> float | None:
        """Return now minus then."""
        return None if self.then.value is None or self.now.value is None else self.now.value - self.then.value

    @property
    def residual(self) -> float | None:
        """Return the difference minus all contributions: zero but for rounding."""
        if self.difference is None:
            return None
        return math.fsum([self.difference, -self.others, *(-(one.value or 0.0) for one in self.moved)])


def restatement(then: Case, now: Case, most: int = 1_000) -> Restatement:
    """Return what moved the answer of one case to that of another of the same question, ``most`` records at most.

    Raises `QuestionError` where the definition's measures are other ones now, or there are too many records.
    """
    found = sorted(_moved(then, now), key=lambda one: (-abs(one.value or 0.0), one.record.part, one.record.id))
    shown = [_noted(then, now, one) for one in found[:most]]
    others = math.fsum(one.value or 0.0 for one in found[most:])
    return Restatement(then.answer, now.answer, tuple(shown), len(found), others)


def _moved(then: Case, now: Case) -> Iterator[Moved]:
    formula = parse(now.kpi.formula)
    pairs: dict[LeafName, Pair] = {}

    def pair_of(leaf: LeafName) -> Pair:
        pairs[leaf] = _value(then, leaf), _value(now, leaf)
        return pairs[leaf]

    _check_same(then, now)
    factors = spread_of_formula(now.recount.catalogue, formula, pair_of).factors
    has_both = then.answer.value is not None and now.answer.value is not None
    for leaf, pair in pairs.items():
        factor = factors[leaf] if has_both and math.isfinite(factors[leaf]) else None
        yield from _moved_of(leaf, (then, now), pair, factor)


def _check_same(then: Case, now: Case) -> None:
    """Refuse two cases whose numbers are not made of the same measures: nothing could be compared."""
    before, after = ({one.name for one in all_measures(case.recount.catalogue, case.kpi)} for case in (then, now))
    if before != after:
        raise QuestionError(
            f"{now.kpi.titles['en']} was defined by other measures then, so its records cannot be compared. "
            f"It was {then.answer.value}, and is {now.answer.value}."
        )


def _moved_of(leaf: LeafName, cases: tuple[Case, Case], pair: Pair, factor: float | None) -> Iterator[Moved]:
    sides = [_by_id(_records(case, leaf)) for case in cases]
    moves = [_Move(leaf[-1], key, sides[0].get(key, ()), sides[1].get(key, ())) for key in {**sides[0], **sides[1]}]
    moves = [move for move in moves if move.is_one]
    is_sum = _is_sum(cases[1].recount.catalogue.measures[leaf[-1]])
    known = _known(cases, leaf, [move.key for move in moves])
    for move in moves:
        value = factor * (move.after - move.before) if factor is not None and is_sum else None
        yield Moved(move.record, move.movement(*known), move.before, move.after, value)
    before, after = (0.0 if math.isnan(value) else value for value in pair)
    listed = math.fsum(move.after - move.before for move in moves) if is_sum else 0.0
    left_over = (after - before) - listed
    if abs(left_over) > _NEGLIGIBLE * max(1.0, abs(before), abs(after)):
        value = None if factor is None else factor * left_over
        yield Moved(Record(leaf[-1], "", ""), "measure", before, after, value)


@dataclass(frozen=True, slots=True)
class _Move:
    """The rows of one record on both sides."""

    part: str
    key: str
    then: tuple[Record, ...]
    now: tuple[Record, ...]

    @property
    def before(self) -> float:
        return math.fsum(one.value for one in self.then)

    @property
    def after(self) -> float:
        return math.fsum(one.value for one in self.now)

    @property
    def is_one(self) -> bool:
        return self.before != self.after

    @property
    def record(self) -> Record:
        return (self.now or self.then)[0]

    def movement(self, there_then: frozenset[str], there_now: frozenset[str]) -> Movement:
        if self.then and self.now:
            return "changed"
        if self.now:
            return "counted" if self.key in there_then else "new"
        return "dropped" if self.key in there_now else "deleted"


def _is_sum(measure: Measure) -> bool:
    return measure.kind not in {"quantile", "calendar", "whole"}


def _by_id(records: Iterable[Record]) -> Mapping[str, tuple[Record, ...]]:
    found: dict[str, list[Record]] = {}
    for one in records:
        found.setdefault(one.id or one.name, []).append(one)
    return {key: tuple(ones) for key, ones in found.items()}


def _records(case: Case, leaf: LeafName) -> list[Record]:
    scope, measure = _scope(case, leaf), case.recount.catalogue.measures[leaf[-1]]
    concrete = case.recount.concrete(measure, scope)
    if concrete is None:
        return []
    found = Leaf(leaf[-1], concrete, scope, "part")
    count = case.count(found)
    if count > MOST_COMPARED:
        raise QuestionError(
            f"{count:,} records of {leaf[-1]} are more than the {MOST_COMPARED:,} that are compared one by one. "
            "Ask for a shorter period or a smaller slice."
        )
    return records_of(case, found) if count else []


def _known(cases: tuple[Case, Case], leaf: LeafName, keys: list[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Return which of these records are there in each case, whether or not they count."""
    table = _table_of(cases[1].recount.catalogue.measures[leaf[-1]])
    then, now = (ids_in(case.recount.evidence.engine, table, keys) for case in cases)
    return then, now


def _noted(then: Case, now: Case, one: Moved) -> Moved:
    if one.movement not in {"counted", "dropped", "changed"}:
        return one
    table = _table_of(now.recount.catalogue.measures[one.record.part])
    if table not in TABLES:
        return one
    note = changed_fields(then.recount.evidence.engine, now.recount.evidence.engine, table, one.record.id)
    return Moved(one.record, one.movement, one.before, one.after, one.value, note)


def _table_of(measure: Measure) -> str:
    """Return the canonical table whose rows a measure's records are, empty where they are members."""
    if measure.kind in {"members", "reached"}:
        return ""
    return FACTS[measure.fact].table if measure.fact else measure.kind


def _value(case: Case, leaf: LeafName) -> float:
    value = case.recount.value(leaf[-1], _scope(case, leaf))
    return math.nan if value is None else value


def _scope(case: Case, leaf: LeafName) -> Scope:
    scope = case.scope
    for shift in leaf[:-1]:
        scope = case.recount.shifted(scope, shift)
    return scope
