"""Turn records as the REST API gives them into columns of a canonical table, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from connectors.errors import SourceError
from connectors.salesforce_mapping import Choice, ColumnRule, ObjectMapping
from connectors.salesforce_plan import ObjectPlan

Record = Mapping[str, object]
Value = str | float | int | bool | date | datetime | None

ID_PREFIX: Final = "sf:"
_DATE_LENGTH: Final = len("2026-09-14")
_NOON: Final = time(12)


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of rows: the columns of those we take, the ids of those that are gone or not taken, and the unreadable.

    ``unreadable`` are ids of rows that lack what a row of the table must have; they are in neither of the others.
    ``no_rates`` are currencies whose amounts could not be converted.
    """

    columns: Mapping[str, Sequence[Value]]
    left_out: Sequence[str] = ()
    unreadable: Sequence[str] = ()
    no_rates: frozenset[str] = frozenset()


def read_rows(plan: ObjectPlan, records: Sequence[Record], zone: ZoneInfo) -> Rows:
    """Return the canonical rows of some records.

    An object whose mapping speaks of heads must be given all its records at once.
    """
    mapping = plan.mapping
    alive = [record for record in records if not (mapping.deleted and record.get(mapping.deleted) is True)]
    kept = [record for record in alive if _is_kept(mapping, record)]
    heads = _heads(mapping, alive)
    columns: dict[str, Sequence[Value]] = {"id": [row_id_of(record) for record in kept]}
    for rule in mapping.columns:
        columns[rule.column.name] = _column(rule, kept, heads, zone, mapping)
    sorted_out, unreadable = _incomplete(mapping, columns)
    drop = sorted_out | unreadable
    taken = set(columns["id"]) - drop
    left_out = [row_id for row_id in map(row_id_of, records) if row_id not in taken and row_id not in unreadable]
    if drop:
        columns = _only(columns, [number for number, row_id in enumerate(columns["id"]) if row_id not in drop])
    if mapping.per:
        return Rows(_apart(mapping, columns), (), sorted(unreadable))
    return Rows(columns, left_out, sorted(unreadable))


def value_at(record: Record, path: str) -> object:
    """Return the value of a field, also of a record above; None where any record on the way is none."""
    value: object = record
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def _only(columns: Mapping[str, Sequence[Value]], rows: Sequence[int]) -> dict[str, Sequence[Value]]:
    return {name: [values[number] for number in rows] for name, values in columns.items()}


def _apart(mapping: ObjectMapping, columns: Mapping[str, Sequence[Value]]) -> dict[str, Sequence[Value]]:
    """Return the rows with ids made of what tells them apart, each once."""
    parts = zip(*(columns[name] for name in mapping.per), strict=True)
    ids = [f"{ID_PREFIX}{mapping.name}:" + ":".join(map(str, part)).replace(ID_PREFIX, "") for part in parts]
    first = {row_id: number for number, row_id in reversed(list(enumerate(ids)))}
    return _only({**columns, "id": ids}, sorted(first.values()))


def row_id_of(record: Record) -> str:
    """Return the id of the row that a record becomes."""
    return f"{ID_PREFIX}{record['Id']}"


def _is_kept(mapping: ObjectMapping, record: Record) -> bool:
    return all(condition.holds(value_at(record, condition.source.path)) for condition in mapping.keep)


def _heads(mapping: ObjectMapping, records: Sequence[Record]) -> frozenset[object]:
    return frozenset(record.get(mapping.heads) for record in records) if mapping.heads else frozenset()


def _incomplete(mapping: ObjectMapping, columns: Mapping[str, Sequence[Value]]) -> tuple[set[str], set[str]]:
    """Return the ids of rows that are none of ours, and of those that lack a value they must have."""
    sorted_out: set[str] = set()
    unreadable: set[str] = set()
    for rule in mapping.columns:
        values = columns[rule.column.name]
        if rule.column.required and None in values:
            lacking = sorted_out if rule.sorts else unreadable
            lacking.update(str(row_id) for row_id, value in zip(columns["id"], values, strict=True) if value is None)
    return sorted_out, unreadable - sorted_out


def _column(
    rule: ColumnRule, records: Sequence[Record], heads: frozenset[object], zone: ZoneInfo, mapping: ObjectMapping
) -> list[Value]:
    """Return one column, in the order of the records."""
    try:
        candidates = [_choice_values(choice, rule, records, heads, zone) for choice in rule.choices]
    except (TypeError, ValueError) as error:
        raise SourceError(
            f"Salesforce {mapping.name}: a value for {mapping.table.name}.{rule.column.name} cannot be read "
            f"as {rule.column.type}. Name another field under [salesforce.objects.{mapping.name}.fields]."
        ) from error
    if len(candidates) == 1:
        return candidates[0]
    pick = _earliest if rule.earliest else _first
    return [pick(values) for values in zip(*candidates, strict=True)]


def _first(values: Sequence[Value]) -> Value:
    return next((value for value in values if value is not None), None)


def _earliest(values: Sequence[Value]) -> Value:
    instants = [value for value in values if isinstance(value, datetime)]
    return min(instants) if instants else None


def _choice_values(
    choice: Choice, rule: ColumnRule, records: Sequence[Record], heads: frozenset[object], zone: ZoneInfo
) -> list[Value]:
    """Return what one choice gives, None where its conditions do not hold."""
    convert = _converter(rule, choice, zone)
    if choice.source is None:
        constant = choice.constant
        values: list[Value] = [constant] * len(records)
    elif "." in choice.source.path:
        path = choice.source.path
        values = [None if (value := value_at(record, path)) is None else convert(value) for record in records]
    else:
        path = choice.source.path
        values = [None if (value := record.get(path)) is None else convert(value) for record in records]
    for condition in choice.when:
        path = condition.source.path
        holds = [condition.holds(value_at(record, path)) for record in records]
        values = [value if held else None for value, held in zip(values, holds, strict=True)]
    if choice.heads:
        values = [value if record["Id"] in heads else None for value, record in zip(values, records, strict=True)]
    return values


def _converter(rule: ColumnRule, choice: Choice, zone: ZoneInfo) -> Callable[[object], Value]:
    """Return what turns a value of the API, never None, into one of the column."""
    if rule.column.references:
        return lambda value: _reference(value, choice.prefix)
    match rule.column.type:
        case "number":
            return _number
        case "integer":
            return _integer
        case "boolean":
            return _boolean
        case "date":
            return lambda value: _date(value, zone)
        case "instant":
            return lambda value: _instant(value, zone)
        case "text":
            return lambda value: _text(value, choice.words)


def _reference(value: object, prefix: str) -> str | None:
    text = str(value)
    return f"{ID_PREFIX}{text}" if text and text.startswith(prefix) else None


def _text(value: object, words: Mapping[str, str]) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return words.get(text.casefold(), text) or None


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("not a number")
    return float(value)


def _integer(value: object) -> int:
    number = _number(value)
    if not number.is_integer():
        raise ValueError("not a whole number")
    return int(number)


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return value


def _date(value: object, zone: ZoneInfo) -> date:
    text = str(value)
    if len(text) == _DATE_LENGTH:
        return date.fromisoformat(text)
    return _aware(text).astimezone(zone).date()


def _instant(value: object, zone: ZoneInfo) -> datetime:
    text = str(value)
    if len(text) == _DATE_LENGTH:
        return datetime.combine(date.fromisoformat(text), _NOON, zone).astimezone(UTC)
    return _aware(text)


def _aware(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an instant without a zone")
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)
