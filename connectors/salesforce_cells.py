"""Records of Salesforce, field by field, in whatever form they came: JSON of the REST API or CSV of a bulk job."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter

from connectors.salesforce_mapping import Condition

Record = Mapping[str, object]


class Cells:
    """Some records; the values of a field are taken out of them once, when they are first asked for."""

    def __init__(self, count: int, read: Callable[[str], Sequence[object]]) -> None:
        """``read`` gives the values of a field, None where a record has none."""
        self._count = count
        self._read = read
        self._values: dict[str, Sequence[object]] = {}

    def __len__(self) -> int:
        return self._count

    def values(self, path: str) -> Sequence[object]:
        """Return the values of a field, also of a record above (``Manager.Name``)."""
        if path not in self._values:
            self._values[path] = self._read(path)
        return self._values[path]

    def holds(self, condition: Condition) -> list[bool]:
        """Return in which records a condition holds. Each different value is looked at once."""
        values = self.values(condition.source.path)
        met = {value for value in set(values) if condition.holds(value)}
        return [value in met for value in values]

    def take(self, numbers: Sequence[int]) -> Cells:
        """Return only these records, counted from 0."""
        return Cells(len(numbers), lambda path: [self.values(path)[number] for number in numbers])


def cells_of(records: Sequence[Record], paths: Sequence[str] = ()) -> Cells:
    """Return records as the REST API gives them, with the record above inside its own.

    ``paths`` are the fields that will be asked for: they are taken out of every record at once, which is faster.
    """
    columns = _columns(records, [path for path in paths if "." not in path])

    def read(path: str) -> Sequence[object]:
        if path in columns:
            return columns[path]
        if "." in path:
            return [value_at(record, path) for record in records]
        return [record.get(path) for record in records]

    return Cells(len(records), read)


def _columns(records: Sequence[Record], names: Sequence[str]) -> Mapping[str, Sequence[object]]:
    """Return the values of some fields; none at all where a record lacks one."""
    if len(names) < 2 or not records:
        return {}
    try:
        return dict(zip(names, zip(*map(itemgetter(*names), records), strict=True), strict=True))
    except KeyError:
        return {}


def value_at(record: Record, path: str) -> object:
    """Return the value of a field, also of a record above; None where any record on the way is none."""
    value: object = record
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value
