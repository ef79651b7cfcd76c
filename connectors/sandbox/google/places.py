"""Places in messages: grid ranges to areas and back, and how they move when rows or columns come and go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from connectors.sandbox.google.a1 import Area, Bounds
from connectors.sandbox.google.errors import Json

_Value = TypeVar("_Value")
_INDEXES = {
    *("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex"),
    *("startIndex", "endIndex", "rowIndex", "columnIndex"),
}
_AXES = {True: ("startRowIndex", "endRowIndex"), False: ("startColumnIndex", "endColumnIndex")}


def bounds_of(grid_range: Json) -> Bounds:
    """Return the bounds of a GridRange; absent indexes are open."""
    return Bounds(
        grid_range.get("startRowIndex"),
        grid_range.get("endRowIndex"),
        grid_range.get("startColumnIndex"),
        grid_range.get("endColumnIndex"),
    )


def grid_range_of(sheet_id: int, area: Area) -> Json:
    """Return an area as a GridRange."""
    return {
        "sheetId": sheet_id,
        "startRowIndex": area.top,
        "endRowIndex": area.bottom,
        "startColumnIndex": area.left,
        "endColumnIndex": area.right,
    }


def moved_dimension_keys(values: dict[int, _Value], start: int, count: int) -> dict[int, _Value]:
    """Return values by row or column after ``count`` were inserted before ``start``, or ``-count`` deleted there."""
    gone = range(start, start - count) if count < 0 else range(0)
    return {index + count if index >= start else index: value for index, value in values.items() if index not in gone}


def moved_places(values: Iterable[Json], move: Callable[[Json], Json | None]) -> list[Json]:
    """Return what the function makes of each value, without those that it drops."""
    return [moved for moved in map(move, values) if moved is not None]


def move(value: Any, sheet_id: int, is_rows: bool, start: int, count: int) -> Any:
    """Return a message with every place on the sheet moved; None if the message is a place that is deleted.

    A list loses the places that are deleted; what lay on a deleted place (a named range, a rule) goes with it.
    """
    if isinstance(value, list):
        moved = [move(item, sheet_id, is_rows, start, count) for item in value]
        return [item for item in moved if item is not None]
    if not isinstance(value, dict):
        return value
    if _is_place(value) and value.get("sheetId", 0) == sheet_id:
        return _moved_place(value, is_rows, start, count)
    inner = {name: move(item, sheet_id, is_rows, start, count) for name, item in value.items()}
    if any(inner.get(name, value) is None for name in ("range", "dimensionRange", "location")):
        return None
    if value.get("ranges") and not inner["ranges"]:
        return None
    return {name: item for name, item in inner.items() if item is not None}


def _is_place(value: Json) -> bool:
    return not value.keys().isdisjoint(_INDEXES)


def _moved_place(place: Json, is_rows: bool, start: int, count: int) -> Json | None:
    if "dimension" in place:
        if (place["dimension"] == "ROWS") != is_rows:
            return place
        return _moved_span(place, "startIndex", "endIndex", start, count)
    corner = "rowIndex" if is_rows else "columnIndex"
    if place.keys() & {"rowIndex", "columnIndex"}:
        index = place.get(corner, 0)
        return {**place, corner: max(start, index + count) if index >= start else index}
    first, last = _AXES[is_rows]
    return _moved_span(place, first, last, start, count)


def _moved_span(place: Json, first: str, last: str, start: int, count: int) -> Json | None:
    moved = dict(place)
    if first in place:
        moved[first] = _moved_edge(place[first], start, count, is_end=False)
    if last in place:
        moved[last] = _moved_edge(place[last], start, count, is_end=True)
        if moved[last] <= moved.get(first, 0):
            return None
    return moved


def _moved_edge(index: int, start: int, count: int, *, is_end: bool) -> int:
    if count < 0:
        return max(start, index + count) if index > start else index
    is_after = index > start if is_end else index >= start
    return index + count if is_after else index


def answered(value: Any) -> Any:
    """Return a message as it is sent: a place on the sheet with id 0 does not say so."""
    if isinstance(value, list):
        return [answered(item) for item in value]
    if not isinstance(value, dict):
        return value
    is_place = _is_place(value)
    sent = {name: answered(item) for name, item in value.items() if not (is_place and name == "sheetId" and not item)}
    if sent.get("range") == {"sheetId": 0}:
        sent["range"] = {}
    return sent
