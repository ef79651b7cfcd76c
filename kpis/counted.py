"""Counts of members: of those that meet a condition in a period, and of those that first met it in one.

These are the measures of the kinds ``members`` and ``reached``; see `kpis.definitions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from kpis.blocks import Integers
from kpis.definitions import COMPANY, Measure
from kpis.memberships import GROUPS, Membership, fixed, together
from kpis.results import Column, missing
from kpis.said import said

if TYPE_CHECKING:
    from kpis.evaluate import Evaluation


def members(evaluation: Evaluation, measure: Measure) -> Column:
    """Count the members for which the condition holds: all of them are asked once, in every period."""
    groups = _groups(evaluation, measure)
    if groups is None:
        return _not_crossed(evaluation, measure)
    listed = [member.code for member in evaluation.world.numbers.members(measure.over).listed]
    period_count, group_count = len(evaluation.timeline), evaluation.member_count
    everyone = np.tile(np.array(listed, dtype=np.int64), period_count)
    asked = evaluation.over(measure.over, everyone, np.repeat(np.arange(period_count), len(listed)))
    truth, codes = asked.holds(measure.condition)
    group = groups.of(asked.members, evaluation.timeline.until[asked.places])
    slot, slots = asked.places * group_count + group, period_count * group_count
    counted = np.bincount(slot, weights=truth == 1, minlength=slots)
    is_known = truth >= 0
    known = np.bincount(slot, weights=is_known, minlength=slots)
    remarks, causes = np.zeros(slots, dtype=np.int16), np.zeros(slots, dtype=np.int16)
    np.maximum.at(remarks, slot[is_known], codes[is_known])
    np.maximum.at(causes, slot[~is_known], codes[~is_known])
    cell = evaluation.places * group_count + _group_of_cells(evaluation)
    is_blank = (known[cell] == 0) & (causes[cell] > 0)
    return Column(np.where(is_blank, np.nan, counted[cell]), np.where(is_blank, causes[cell], remarks[cell]))


def reached(evaluation: Evaluation, measure: Measure) -> Column:
    """Add up what the members that first met the condition in each period give."""
    groups = _groups(evaluation, measure)
    if groups is None:
        return _not_crossed(evaluation, measure)
    found, timeline = evaluation.first_months(measure), evaluation.timeline
    group_count = evaluation.member_count
    values = np.full((len(timeline), group_count), np.nan)
    codes = np.zeros((len(timeline), group_count), dtype=np.int16)
    cause = np.where(found.truths < 0, found.codes, 0).max(axis=0, initial=0)
    for place, period in enumerate(timeline.periods):
        until = int(timeline.until[place])
        group = groups.of(found.members, until)
        causes = np.zeros(group_count, dtype=np.int16)
        np.maximum.at(causes, group, cause)
        counted = found.counted(measure, period.first, period.last, until)
        totals = np.bincount(group, weights=counted, minlength=group_count)
        is_blank = (np.bincount(group, weights=found.is_known(until), minlength=group_count) == 0) & (causes > 0)
        values[place], codes[place] = np.where(is_blank, np.nan, totals), np.where(is_blank, causes, 0)
    slot = _group_of_cells(evaluation)
    return Column(values[evaluation.places, slot], codes[evaluation.places, slot])


def _groups(evaluation: Evaluation, measure: Measure) -> Membership | None:
    """Return of which member of the dimension each counted member is a part; None if that cannot be told.

    A member that moves counts where it is at the end of the period.
    """
    numbers, dimension = evaluation.world.numbers, evaluation.dimension
    count = len(numbers.members(measure.over))
    if dimension == COMPANY:
        return together(count)
    if dimension == measure.over:
        return fixed(np.arange(count, dtype=np.int64))
    if measure.over == "rep" and dimension in GROUPS:
        return numbers.groups_of_reps(dimension)
    return None


def _group_of_cells(evaluation: Evaluation) -> Integers:
    return evaluation.members if evaluation.dimension != COMPANY else np.zeros_like(evaluation.members)


def _not_crossed(evaluation: Evaluation, measure: Measure) -> Column:
    code = evaluation.world.reasons.code("error", said("not_crossed", name=measure.words))
    return missing(code, len(evaluation))
