"""The rows of one object, by id and in the order of their stamps. A row never changes: an edit replaces it."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping

from connectors.sandbox.salesforce.schema import Field, ObjectType
from connectors.sandbox.salesforce.values import Value

Row = tuple[Value, ...]


class Table:
    """Rows of one object; whoever changes it holds the org's lock."""

    def __init__(self, kind: ObjectType, *, loaded: bool = False) -> None:
        """Start without rows. ``loaded`` says that the org's folder has a file for this object."""
        self.kind = kind
        self.loaded = loaded
        self.rows: dict[str, Row] = {}
        self.gone: dict[str, str] = {}
        """Deleted ids and when; undeleted ones are taken out."""
        self.version = 0
        self._next_number = 0
        self._stamps: list[tuple[str, str]] | None = None

    @property
    def stamp_place(self) -> int | None:
        """Return where SystemModstamp stands in a row, if the object has one."""
        return self.kind.place("SystemModstamp")

    @property
    def deleted_place(self) -> int | None:
        """Return where IsDeleted stands in a row, if the object has one."""
        return self.kind.place("IsDeleted")

    def put(self, row: Row) -> None:
        """Insert the row, or replace the one with the same id."""
        key = str(row[0])
        self._forget_stamp(key)
        self.rows[key] = row
        self.version += 1
        if self._stamps is not None and self.stamp_place is not None:
            insort(self._stamps, (str(row[self.stamp_place]), key))

    def remove(self, key: str) -> None:
        """Take the row out, as if it had never been."""
        self._forget_stamp(key)
        self.rows.pop(key, None)
        self.version += 1

    def _forget_stamp(self, key: str) -> None:
        old = self.rows.get(key)
        if self._stamps is None or self.stamp_place is None or old is None:
            return
        del self._stamps[bisect_left(self._stamps, (str(old[self.stamp_place]), key))]

    def stamped(self, low: str, high: str) -> Iterable[Row]:
        """Return the rows whose stamp is from ``low`` to ``high``, both included, in the order of stamp and id."""
        place = self.stamp_place
        if place is None:
            return self.rows.values()
        if self._stamps is None:
            self._stamps = sorted((str(row[place]), key) for key, row in self.rows.items())
        first = bisect_left(self._stamps, (low, ""))
        last = bisect_left(self._stamps, (high, "\x7f"))  # behind every id
        return [self.rows[key] for _, key in self._stamps[first:last]]

    def next_number(self, numbers: Iterable[int]) -> int:
        """Return a record number that was never used; ``numbers`` are those in use, read once only."""
        if not self._next_number:
            self._next_number = max(numbers, default=0)
        self._next_number += 1
        return self._next_number

    def add_fields(self, fields: Iterable[Field]) -> None:
        """Add fields to the object; they are null (or false) in every row."""
        added = tuple(fields)
        empty: Row = tuple(False if each.type == "boolean" else None for each in added)
        self.kind = self.kind.with_fields(added)
        self.rows = {key: row + empty for key, row in self.rows.items()}
        self.version += 1

    def named(self, row: Row) -> dict[str, Value]:
        """Return the row with its field names."""
        return dict(zip((each.name for each in self.kind.fields), row, strict=True))

    def row_of(self, values: Mapping[str, Value]) -> Row:
        """Return the row that holds these values by field name."""
        return tuple(values.get(each.name) for each in self.kind.fields)
