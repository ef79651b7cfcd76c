"""Arithmetic of columns: sums, products and comparisons of values that may be missing for a reason."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from kpis.blocks import Numbers
from kpis.formula import Comparison, Operator
from kpis.results import Column, merged_codes

_TOLERANCE: Final = 1e-9
"""Two sides of a condition that differ by less than this share are equal: 99.9999999999 % of a quota is the quota."""


def with_zero(column: Column, other: Column, code: int) -> Column:
    """Return the column with zero where it has no value for this reason, and the other one has a value."""
    if column.codes is None:
        return column
    is_zero = (column.codes == code) & np.isnan(column.values) & ~np.isnan(other.values)
    return Column(np.where(is_zero, 0.0, column.values), np.where(is_zero, np.int16(0), column.codes))


def combined(operator: Operator, left: Column, right: Column) -> Column:
    """Return the sum, difference or product; a value that is missing on one side is missing."""
    codes = merged_codes(left, right)
    match operator:
        case "+":
            return Column(left.values + right.values, codes)
        case "-":
            return Column(left.values - right.values, codes)
        case _:
            return Column(left.values * right.values, codes)


def compared(comparison: Comparison, left: Column, right: Column) -> NDArray[np.bool_]:
    """Return where the comparison holds, sides that differ by no more than rounding being equal."""
    difference = left.values - right.values
    slack: Numbers = _TOLERANCE * np.maximum(np.abs(left.values), np.abs(right.values))
    match comparison.operator:
        case "=":
            return np.abs(difference) <= slack
        case "!=":
            return np.abs(difference) > slack
        case ">":
            return difference > slack
        case ">=":
            return difference >= -slack
        case "<":
            return difference < -slack
        case "<=":
            return difference <= slack
