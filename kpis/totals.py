"""Totals: what measures add up, and of which fact. Needs no library."""

from __future__ import annotations

from dataclasses import dataclass

from kpis.definitions import Condition, Measure
from kpis.errors import DefinitionError, suggest
from kpis.facts import FACTS, Fact


@dataclass(frozen=True, slots=True)
class Total:
    """A sum of one column over the rows that meet all conditions; many measures may share it.

    ``times``, if it is not empty, is a second column that the first one is multiplied by in each row.
    """

    value: str
    where: tuple[Condition, ...]
    times: str = ""

    @property
    def key(self) -> str:
        """The name under which a block keeps it: it says what the total is, so equal ones share a name."""
        product = f"{self.value} * {self.times}" if self.times else self.value
        return "".join([product, *(f" & {c.column} {c.operator} {c.operand!r}" for c in self.where)])


def total_of(measure: Measure) -> Total:
    """Return what a measure of kind flow, stock or overlap adds up."""
    return Total(measure.value, measure.where)


def totals_of(measure: Measure) -> tuple[Total, ...]:
    """Return all that a measure adds up; an age also counts its rows."""
    own = total_of(measure)
    return (own, Total(FACTS[measure.fact].values[0], measure.where)) if measure.kind == "age" else (own,)


def fact_of(measure: Measure, *, by_product: bool = False) -> Fact:
    """Return the fact of a measure, or its twin with a row for each product. Raises `DefinitionError`."""
    fact = FACTS.get(measure.fact)
    if fact is None:
        raise DefinitionError(
            f'Measure {measure.name}: there is no fact "{measure.fact}".{suggest(measure.fact, FACTS)}'
        )
    _check_columns(measure, fact)
    return FACTS[fact.split_by_product] if by_product and fact.split_by_product else fact


def _check_columns(measure: Measure, fact: Fact) -> None:
    days = [f"{axis}_day" for axis in (measure.axis, measure.end_axis) if axis]
    for column in (measure.value, *days, *(condition.column for condition in measure.where)):
        if column not in fact.columns:
            raise DefinitionError(
                f'Measure {measure.name}: the fact {fact.name} has no "{column}".{suggest(column, fact.columns)} '
                f"It has {', '.join(sorted(fact.columns))}."
            )
