"""Slices taken apart: which members of a dimension lie inside one, and where their numbers come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from kpis.answers import Answerer
from kpis.blocks import Integers
from kpis.definitions import COMPANY, DIMENSIONS, Dimension, Kpi
from kpis.errors import QuestionError, suggest
from kpis.evaluate import Numbered
from kpis.members import Members, Who, dimension_called
from kpis.memberships import GROUPS
from kpis.said import Sentence, said

_MOST_DIMENSIONS: Final = 2
"""More than so many dimensions are not crossed."""


@dataclass(frozen=True, slots=True)
class Split:
    """The members of one dimension inside a slice. Without a dimension there is no member.

    ``name`` is what `numbers` call the dimension, or the pair of it with the slice's own.
    """

    dimension: str
    name: str
    codes: Integers
    names: tuple[str, ...]
    numbers: Numbered


def split_of(answerer: Answerer, kpi: Kpi, who: Who, by: str) -> Split:
    """Return the members of a slice by the dimension called ``by``: none for ``company``, the usual one for no words.

    Raises `QuestionError` for a dimension that there is not, or by which this KPI or slice cannot be split.
    """
    dimension = _dimension(kpi, who, by)
    if not dimension:
        return Split("", COMPANY, np.zeros(0, dtype=np.int64), (), answerer.cube)
    members = answerer.cube.members(dimension)
    every = np.arange(len(members), dtype=np.int64)
    if not who.dimensions:
        return Split(dimension, dimension, every, _names(members, every), answerer.cube)
    reps = answerer.cube.groups_of_reps(who.dimensions[0]) if who.dimensions[0] in GROUPS else None
    if dimension == "rep" and reps is not None and reps.is_fixed:
        inside = np.flatnonzero(reps.first == who.codes[0])
        return Split(dimension, dimension, inside, _names(members, inside), answerer.cube)
    left, right = sorted((dimension, who.dimensions[0]))
    width = len(answerer.cube.members(right))
    codes = every * width + who.codes[0] if left == dimension else who.codes[0] * width + every
    return Split(dimension, f"{left}&{right}", codes, _names(members, every), answerer.numbers((left, right)))


def code_of(answerer: Answerer, who: Who) -> int:
    """Return the code of a slice among the numbers of its dimension, or of its pair of them."""
    code = 0
    for dimension, own in zip(who.dimensions, who.codes, strict=True):
        code = code * len(answerer.cube.members(dimension)) + own
    return code


def _dimension(kpi: Kpi, who: Who, by: str) -> str:
    called = dimension_called(by)
    if by.strip() and not called:
        raise QuestionError(said("is_no_dimension", words=by[:40], near=suggest(by, DIMENSIONS)))
    possible = [one for one in kpi.dimensions if one not in who.dimensions and len(who.dimensions) < _MOST_DIMENSIONS]
    if called == COMPANY:
        return ""
    if called:
        if called not in possible:
            raise QuestionError(_not_possible(kpi, who, called, possible))
        return called
    return _usual(kpi, who, possible)


def _usual(kpi: Kpi, who: Who, possible: Sequence[Dimension]) -> str:
    """Return the dimension that people look at first: a group's reps, else what the KPI is usually split by."""
    wanted = ("rep", kpi.by) if who.dimensions and who.dimensions[0] in GROUPS else (kpi.by, "rep")
    not_above = [
        one for one in possible if not (who.dimensions and one in {"rep", *GROUPS} and "rep" in who.dimensions)
    ]
    return next((one for one in (*wanted, *not_above) if one in not_above), "")


def _not_possible(kpi: Kpi, who: Who, called: str, possible: Sequence[str]) -> Sentence:
    what = {
        language: f"{title} of {who.label}" if who.dimensions else title for language, title in kpi.titles.items()
    }
    return said("not_by", title=what, dimension=called, known=", ".join(possible) or said("no_dimension"))


def _names(members: Members, codes: Integers) -> tuple[str, ...]:
    """Return what each member is called: its name, or what else means it alone."""
    return tuple(_name(members, code) for code in codes.tolist())


def _name(members: Members, code: int) -> str:
    member = members.all[code]
    if len(members.called(member.name)) == 1 or not member.id:
        return member.name
    return members.reference(member).partition(":")[2]
