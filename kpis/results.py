"""Results: columns of values, each value with a reason where it is missing or not the whole story."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kpis.blocks import Numbers
from kpis.questions import State

Codes = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a value is missing, or what has to be said about it. State ``ok`` is a remark, nothing more.

    The sentence is English, and knows its French (see `kpis.said`).
    """

    state: State
    sentence: str


class Reasons:
    """All reasons that occur in one evaluation, by code; 0 is none."""

    def __init__(self) -> None:
        self._codes: dict[Reason, int] = {}
        self._all = [Reason("ok", "")]

    def code(self, state: State, sentence: str) -> int:
        """Return the code of a reason."""
        reason = Reason(state, sentence)
        if reason not in self._codes:
            self._codes[reason] = len(self._all)
            self._all.append(reason)
        return self._codes[reason]

    def __getitem__(self, code: int) -> Reason:
        return self._all[code]

    def __len__(self) -> int:
        return len(self._all)

    def codes_in(self, other: Reasons) -> Codes:
        """Return, by code, the codes that the same reasons have in ``other``; it learns those that it has not."""
        codes = [other.code(reason.state, reason.sentence) for reason in self._all[1:]]
        return np.array([0, *codes], dtype=np.int16)

    def silent(self) -> NDArray[np.bool_]:
        """Return, for each code, whether its state is ok."""
        return np.array([reason.state == "ok" for reason in self._all])


@dataclass(frozen=True, slots=True)
class Column:
    """Values, nan where there is none, and the code of the reason of each; None if no value has a reason."""

    values: Numbers
    codes: Codes | None = None

    def where(self, mask: NDArray[np.bool_], code: int, *, blank: bool = True) -> Column:
        """Return the column with this reason where the mask holds, and, if ``blank``, without a value there.

        A reason why there is no value stays; a remark on a value that is taken away goes with it.
        """
        if not mask.any():
            return self
        codes = np.zeros(len(self.values), dtype=np.int16) if self.codes is None else self.codes
        is_open = codes == 0
        if blank:
            is_open |= np.isfinite(self.values)
        codes = np.where(mask & is_open, np.int16(code), codes)
        return Column(np.where(mask, np.nan, self.values) if blank else self.values, codes)


def plain(values: Numbers) -> list[float | None]:
    """Return the values as Python numbers, None where there is none."""
    listed: list[float | None] = values.tolist()
    for place in np.flatnonzero(~np.isfinite(values)).tolist():
        listed[place] = None
    return listed


def constant(value: float, count: int) -> Column:
    """Return a column of one value."""
    return Column(np.full(count, value))


def missing(code: int, count: int) -> Column:
    """Return a column without values, for one reason."""
    return Column(np.full(count, np.nan), np.full(count, code, dtype=np.int16))


def merged_codes(left: Column, right: Column) -> Codes | None:
    """Return the reasons of something computed from both: those of missing values first, then the left one's."""
    if left.codes is None or right.codes is None:
        return left.codes if right.codes is None else right.codes
    right_decides = (left.codes == 0) | (np.isnan(right.values) & ~np.isnan(left.values))
    return np.where(right_decides & (right.codes != 0), right.codes, left.codes)
