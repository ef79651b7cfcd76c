"""Cells that people merged down a column: what the first says holds for all of them."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.sheets_locale import Raw, is_blank
from connectors.sheets_state import Area


def fill_merged(grid: list[list[Raw]], merges: Sequence[Area]) -> None:
    """Write the value of each merged area into the other rows of its first column, where these hold anything else.

    A title over several columns stays in its one cell: spread out, it would look like headers.
    """
    for area in merges:
        if area.row_count < 2 or area.top >= len(grid):
            continue
        first = grid[area.top]
        value = first[area.left] if area.left < len(first) else None
        if is_blank(value):
            continue
        for row in grid[area.top + 1 : area.bottom]:
            if any(not is_blank(raw) for raw in row):
                row.extend([None] * (area.left + 1 - len(row)))
                row[area.left] = value
