"""Targets of whole columns of cells: the goals that were set for a KPI, laid over each cell's period."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kpis import sentences
from kpis.additivity import adds_up_over_time
from kpis.blocks import Block, Integers, Numbers, bounds
from kpis.periods import BusinessDays
from kpis.results import Column, missing
from kpis.said import said
from kpis.targets import BUSINESS_DAYS, DAYS, JOINED, LEVEL, VALUE, WEIGHT

if TYPE_CHECKING:
    from kpis.evaluate import Evaluation


def target(evaluation: Evaluation, kpi: str) -> Column:
    """Return the targets set for a KPI; a cell without one says so, and one that is prorated or in part does, too."""
    numbers, reasons = evaluation.world.numbers, evaluation.world.reasons
    if "target" not in numbers.tables:
        return missing(reasons.code("not_synced", sentences.not_synced("target")), len(evaluation))
    none = reasons.code("no_target", said("no_target", title=evaluation.world.catalogue.kpis[kpi].titles))
    block = numbers.targets(kpi, evaluation.dimension)
    if block is None:
        return missing(none, len(evaluation))
    first, last = (days[evaluation.places] for days in evaluation.timeline.targeted())
    inside = bounds(block.keys, evaluation.members, first, last)
    values = block.sums(VALUE, *inside)
    if not adds_up_over_time(evaluation.world.catalogue, kpi):
        values = _mean_target(block, inside)
    column = Column(values).where((block.sums(DAYS, *inside) == 0) | np.isnan(values), none)
    business_days = BusinessDays(evaluation.timeline.calendar).between(first, last)
    in_part = block.sums(BUSINESS_DAYS, *inside) < business_days
    column = column.where(in_part, reasons.code("partial", said("target_in_part")), blank=False)
    cut = sum(block.sums(JOINED, *bounds(block.keys, evaluation.members, day, day)) for day in (first, last + 1)) != 0
    return column.where(np.asarray(cut), reasons.code("ok", said("prorated")), blank=False)


def _mean_target(block: Block, inside: tuple[Integers, Integers]) -> Numbers:
    """Return the mean target of the days that weigh, of all days where none does; nan of none."""
    value, weight, days = (block.sums(total, *inside) for total in (VALUE, WEIGHT, DAYS))
    # What an earlier version kept has no level.
    level = block.sums(LEVEL, *inside) if LEVEL in block.totals else np.full(len(days), np.nan)
    weighs = weight != 0
    found: Numbers = np.full(len(days), np.nan)
    np.divide(np.where(weighs, value, level), np.where(weighs, weight, days), out=found, where=days != 0)
    return found
