"""Exclusions: which rows of a question's slice and period its number does not count, how many, and why.

Rows are taken together by fact and date. A row that no measure counts is told apart by the first condition that it
fails, of the measure that it comes nearest to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sqlglot import exp

from kpis.cases import Case, Leaf
from kpis.definitions import Condition
from kpis.evidence import Evidence, has_left, is_count, population, was_there
from kpis.facts import Fact
from kpis.filters import Texts, failure_words, noun, population_words, texts
from kpis.measures import condition_tree
from kpis.members import UNSPECIFIED
from kpis.periods import date_of

_WON: Final = Condition("is_won", "=", True)
_CLOSED: Final = Condition("is_closed", "=", True)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """So many ``rows`` (what they are, and when) do not count in the ``parts``, for this ``reason``."""

    parts: tuple[str, ...]
    rows: Texts
    reason: Texts
    count: int


@dataclass(frozen=True, slots=True)
class _Group:
    """Leaves that choose from the same rows: one fact, one date, one period."""

    fact: Fact
    leaves: tuple[Leaf, ...]

    @property
    def first(self) -> Leaf:
        return self.leaves[0]


def exclusions(case: Case, *, is_limited: bool) -> list[Exclusion]:
    """Return what a case leaves out, and of a slice of somebody also what belongs to nobody.

    ``is_limited``: not what would tell a caller of what lies outside the limit.
    """
    found: list[Exclusion] = []
    leaves = case.leaves()
    for group in _groups(case, [leaf for leaf in leaves if not (is_limited and _looks_outside(case, leaf))]):
        found += _not_survived(case, group) if group.first.measure.kind == "survivors" else _not_counted(case, group)
        found += _without_value(case, group)
        if not is_limited:
            found += _of_nobody(case, group)
    for leaf in leaves:
        if leaf.measure.kind in {"members", "reached"}:
            found += _members(case, leaf)
    return [one for one in found if one.count]


def _looks_outside(case: Case, leaf: Leaf) -> bool:
    """Tell whether a condition of a leaf rests on another number, such as one of the whole company."""
    return case.recount.catalogue.measures[leaf.measure.name].kind == "older"


def _groups(case: Case, leaves: Sequence[Leaf]) -> Iterator[_Group]:
    groups: dict[tuple[object, ...], list[Leaf]] = {}
    for leaf in leaves:
        measure = leaf.measure
        if measure.fact and measure.kind != "reached" and case.recount.can_be(measure, leaf.scope):
            key = (measure.fact, measure.axis, measure.end_axis, measure.end_axis and measure.kind, leaf.scope)
            groups.setdefault(key, []).append(leaf)
    for members in groups.values():
        if fact := case.recount.evidence.fact(members[0].measure, members[0].scope.dimensions):
            yield _Group(fact, tuple(members))


def _not_counted(case: Case, group: _Group) -> list[Exclusion]:
    """Count the rows by which of the conditions they meet, and keep those that no measure counts."""
    evidence, leaf = case.recount.evidence, group.first
    conditions = list(dict.fromkeys(one for part in group.leaves for one in part.measure.where))
    asked = [*conditions, *([_CLOSED] if _WON in conditions and _CLOSED not in conditions else [])]
    atoms: list[exp.Expr] = [condition_tree(condition) for condition in asked]
    if leaf.measure.end_axis:
        atoms.append(has_left(leaf.measure, leaf.scope, evidence.today))
    if not atoms:
        return []
    counts: dict[tuple[str, ...], tuple[Texts, int]] = {}
    for truths, count in _patterns(evidence, group, atoms):
        meets = dict(zip(asked, truths[: len(asked)], strict=True))
        has_gone = bool(leaf.measure.end_axis) and truths[-1]
        if (reason := _reason(case, group, meets, has_gone=has_gone)) is not None:
            key = tuple(reason.values())
            counts[key] = (reason, counts.get(key, (reason, 0))[1] + count)
    rows = population_words(leaf.measure, leaf.scope, case.recount.catalogue, evidence.today)
    parts = tuple(one.name for one in group.leaves)
    return [Exclusion(parts, rows, reason, count) for reason, count in counts.values()]


def _not_survived(case: Case, group: _Group) -> Iterator[Exclusion]:
    """Count the rows that were there before the period and are not at its end, nor is another with their value."""
    evidence = case.recount.evidence
    for leaf in group.leaves:
        present = evidence.query(leaf.measure, leaf.scope, [exp.column(leaf.measure.value)])
        is_back = exp.In(this=exp.column(leaf.measure.value), query=exp.Subquery(this=present))
        where = [*map(condition_tree, leaf.measure.where), *was_there(leaf.measure, leaf.scope), exp.not_(is_back)]
        day = {"first": str(date_of(leaf.scope.period.first))}
        rows = texts("periods", "were_there", day | {"fact": noun("facts", group.fact.table)})
        yield Exclusion((leaf.name,), rows, _gone(case, leaf), _count(evidence, group, leaf, where))


def _patterns(evidence: Evidence, group: _Group, atoms: Sequence[exp.Expr]) -> Iterator[tuple[tuple[bool, ...], int]]:
    """Yield how many rows there are for each pattern of conditions that hold and do not hold."""
    leaf = group.first
    flags = [exp.Case(ifs=[exp.If(this=atom, true=exp.true())], default=exp.false()) for atom in atoms]
    columns = [exp.alias_(flag, f"a{place}") for place, flag in enumerate(flags)]
    query = (
        exp.select(*columns, exp.alias_(exp.Count(this=exp.Star()), "n"))
        .from_(group.fact.view)
        .where(*evidence.slice_of(leaf.measure, leaf.scope), *_objects(evidence, group))
        .group_by(*(flag.copy() for flag in flags))
        .order_by(*(f"a{place}" for place in range(len(flags))))
    )
    found = evidence.engine.fact_rows(group.fact, query)
    truths = zip(*(found[f"a{place}"].to_pylist() for place in range(len(flags))), strict=True)
    yield from zip(truths, found["n"].to_pylist(), strict=True)


def _objects(evidence: Evidence, group: _Group) -> list[exp.Expr]:
    """Return the conditions for the objects of a period: what a deal's lines leave over of it is no object."""
    leaf = group.first
    is_object = exp.NEQ(this=exp.column(group.fact.values[0]), expression=exp.convert(0))
    return [population(leaf.measure, leaf.scope, evidence.today), is_object]


def _reason(case: Case, group: _Group, meets: Mapping[Condition, bool], *, has_gone: bool) -> Texts | None:
    """Return why rows that meet these conditions do not count; None if some measure counts them."""
    failures = [[one for one in leaf.measure.where if not meets[one]] for leaf in group.leaves]
    fewest = min(failures, key=len)
    if not fewest:
        return _gone(case, group.first) if has_gone else None
    if fewest[0] == _WON:
        return texts("reasons", "lost" if meets[_CLOSED] else "open")
    return failure_words(fewest[0])


def _gone(case: Case, leaf: Leaf) -> Texts:
    days = {"first": leaf.scope.period.first, "until": min(leaf.scope.period.last, case.recount.evidence.today)}
    key = "gone_overlap" if leaf.measure.kind == "overlap" else "gone_stock"
    return texts("reasons", key, {name: str(date_of(day)) for name, day in days.items()})


def _without_value(case: Case, group: _Group) -> Iterator[Exclusion]:
    """Count the rows that meet a measure's conditions but have nothing to add up."""
    evidence = case.recount.evidence
    for leaf in group.leaves:
        if is_count(leaf.measure):
            continue
        has_none = exp.Is(this=exp.column(leaf.measure.value), expression=exp.null())
        where = [has_none, *map(condition_tree, leaf.measure.where), *_still_there(leaf, evidence)]
        reason = texts("reasons", "without_value", {"column": noun("columns", leaf.measure.value)})
        rows = population_words(leaf.measure, leaf.scope, case.recount.catalogue, evidence.today)
        yield Exclusion((leaf.name,), rows, reason, _count(evidence, group, leaf, where))


def _of_nobody(case: Case, group: _Group) -> Iterator[Exclusion]:
    """Count the rows that would count, but belong to no member of the slice's dimension."""
    evidence = case.recount.evidence
    for place, (dimension, codes) in enumerate(
        zip(group.first.scope.dimensions, group.first.scope.members, strict=True)
    ):
        if UNSPECIFIED in codes:
            continue
        members = tuple(
            frozenset({UNSPECIFIED}) if place == other else one for other, one in enumerate(group.first.scope.members)
        )
        leaf = replace(group.first, scope=replace(group.first.scope, members=members))
        counted = [exp.and_(exp.true(), *map(condition_tree, one.measure.where)) for one in group.leaves]
        where = [exp.or_(*counted), *_still_there(leaf, evidence)]
        reason = texts("reasons", "unspecified", {"dimension": noun("dimensions", dimension)})
        rows = population_words(leaf.measure, leaf.scope, case.recount.catalogue, evidence.today)
        yield Exclusion(tuple(one.name for one in group.leaves), rows, reason, _count(evidence, group, leaf, where))


def _still_there(leaf: Leaf, evidence: Evidence) -> list[exp.Expr]:
    if not leaf.measure.end_axis:
        return []
    gone = has_left(leaf.measure, leaf.scope, evidence.today)
    return [exp.Case(ifs=[exp.If(this=gone, true=exp.false())], default=exp.true())]


def _count(evidence: Evidence, group: _Group, leaf: Leaf, where: Sequence[exp.Expr]) -> int:
    query = (
        exp.select(exp.alias_(exp.Count(this=exp.Star()), "n"))
        .from_(group.fact.view)
        .where(*evidence.slice_of(leaf.measure, leaf.scope), *_objects(evidence, group), *where)
    )
    return int(evidence.engine.fact_rows(group.fact, query)["n"].to_pylist()[0])


def _members(case: Case, leaf: Leaf) -> Iterator[Exclusion]:
    """Count the members for which the condition does not hold, and those of which it cannot be told."""
    verdicts = case.recount.verdicts(leaf.measure, leaf.scope)
    rows = noun("members", leaf.measure.over)
    key = "not_met" if leaf.measure.kind == "members" else "not_reached"
    key = "not_waiting" if leaf.measure.counts == "waiting" else key
    not_met = texts("reasons", key, {"condition": leaf.measure.condition})
    yield Exclusion((leaf.name,), rows, not_met, sum(one.holds is False for one in verdicts))
    not_told = texts("reasons", "not_told")
    yield Exclusion((leaf.name,), rows, not_told, sum(one.holds is None for one in verdicts))
