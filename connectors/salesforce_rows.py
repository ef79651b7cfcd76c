"""Turn records of Salesforce into columns of a canonical table, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from connectors.errors import SourceError
from connectors.salesforce_cells import Cells
from connectors.salesforce_mapping import Choice, ColumnRule, Condition, Constant, ObjectMapping
from connectors.salesforce_plan import ObjectPlan

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


@dataclass(frozen=True, slots=True)
class _Page:
    """The records of a page that we take, and the ids of those that others name as their head."""

    cells: Cells
    heads: frozenset[object]


def read_rows(plan: ObjectPlan, cells: Cells, zone: ZoneInfo) -> Rows:
    """Return the canonical rows of some records.

    An object whose mapping speaks of heads must be given all its records at once.
    """
    mapping = plan.mapping
    alive = _alive(mapping, cells)
    heads = frozenset(alive.values(mapping.heads)) if mapping.heads else frozenset()
    page = _Page(_kept(mapping, alive), heads)
    columns: dict[str, Sequence[Value]] = {"id": row_ids(page.cells)}
    for rule in mapping.columns:
        columns[rule.column.name] = _column(rule, page, zone, mapping)
    sorted_out, unreadable = _incomplete(mapping, columns)
    drop = sorted_out | unreadable
    if drop:
        columns = _only(columns, [number for number, row_id in enumerate(columns["id"]) if row_id not in drop])
    if mapping.per:
        return Rows(_apart(mapping, columns), (), sorted(unreadable))
    return Rows(columns, _left_out(cells, columns["id"], unreadable), sorted(unreadable))


def row_ids(cells: Cells) -> list[str]:
    """Return the ids of the rows that records become."""
    return [f"{ID_PREFIX}{record_id}" for record_id in cells.values("Id")]


def _alive(mapping: ObjectMapping, cells: Cells) -> Cells:
    if not mapping.deleted or True not in cells.values(mapping.deleted):
        return cells
    return cells.take([number for number, gone in enumerate(cells.values(mapping.deleted)) if gone is not True])


def _kept(mapping: ObjectMapping, cells: Cells) -> Cells:
    masks = [mask for mask in map(cells.holds, mapping.keep) if not all(mask)]
    if not masks:
        return cells
    return cells.take([number for number, held in enumerate(zip(*masks, strict=True)) if all(held)])


def _left_out(cells: Cells, taken: Sequence[Value], unreadable: set[str]) -> list[str]:
    """Return the ids of the records that are gone or none of ours."""
    if len(taken) + len(unreadable) == len(cells):
        return []
    known = set(taken) | unreadable
    return [row_id for row_id in row_ids(cells) if row_id not in known]


def _only(columns: Mapping[str, Sequence[Value]], rows: Sequence[int]) -> dict[str, Sequence[Value]]:
    return {name: [values[number] for number in rows] for name, values in columns.items()}


def _apart(mapping: ObjectMapping, columns: Mapping[str, Sequence[Value]]) -> dict[str, Sequence[Value]]:
    """Return the rows with ids made of what tells them apart, each once."""
    parts = zip(*(columns[name] for name in mapping.per), strict=True)
    ids = [f"{ID_PREFIX}{mapping.name}:" + ":".join(map(str, part)).replace(ID_PREFIX, "") for part in parts]
    first = {row_id: number for number, row_id in reversed(list(enumerate(ids)))}
    return _only({**columns, "id": ids}, sorted(first.values()))


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


def _column(rule: ColumnRule, page: _Page, zone: ZoneInfo, mapping: ObjectMapping) -> list[Value]:
    """Return one column, in the order of the records."""
    try:
        if rule.earliest:
            candidates = [_choice_values(choice, rule, page, zone) for choice in rule.choices]
            return [_earliest(values) for values in zip(*candidates, strict=True)]
        return _first(rule, page, zone)
    except (TypeError, ValueError) as error:
        raise SourceError(
            f"Salesforce {mapping.name}: a value for {mapping.table.name}.{rule.column.name} cannot be read "
            f"as {rule.column.type}. Name another field under [salesforce.objects.{mapping.name}.fields]."
        ) from error


def _first(rule: ColumnRule, page: _Page, zone: ZoneInfo) -> list[Value]:
    """Return for each record the value of the first choice that has one; a later one is only asked where needed."""
    values = _choice_values(rule.choices[0], rule, page, zone)
    for choice in rule.choices[1:]:
        lacking = [number for number, value in enumerate(values) if value is None]
        if not lacking:
            break
        rest = _Page(page.cells.take(lacking), page.heads)
        for number, value in zip(lacking, _choice_values(choice, rule, rest, zone), strict=True):
            values[number] = value
    return values


def _earliest(values: Sequence[Value]) -> Value:
    instants = [value for value in values if isinstance(value, datetime)]
    return min(instants) if instants else None


def _choice_values(choice: Choice, rule: ColumnRule, page: _Page, zone: ZoneInfo) -> list[Value]:
    """Return what one choice gives, None where its conditions do not hold."""
    if choice.source is not None:
        values = _converted(rule, choice, page.cells.values(choice.source.path), zone)
    elif len(choice.when) == 1 and not choice.heads:
        return _constants(choice.constant, page.cells.values(choice.when[0].source.path), choice.when[0])
    else:
        values = [choice.constant] * len(page.cells)
    for condition in choice.when:
        values = [value if held else None for value, held in zip(values, page.cells.holds(condition), strict=True)]
    if choice.heads:
        is_head = [record_id in page.heads for record_id in page.cells.values("Id")]
        values = [value if head else None for value, head in zip(values, is_head, strict=True)]
    return values


def _constants(constant: Constant | None, values: Sequence[object], condition: Condition) -> list[Value]:
    met = {value: constant for value in set(values) if condition.holds(value)}
    return [met.get(value) for value in values]


def _converted(rule: ColumnRule, choice: Choice, values: Sequence[object], zone: ZoneInfo) -> list[Value]:
    """Return values of the API as values of the column. The common form of each type takes the short way."""
    if rule.column.references:
        prefix = choice.prefix
        if not prefix and all(type(value) is str or value is None for value in values):
            return [ID_PREFIX + value if value else None for value in values]  # type: ignore[operator] # all are texts
        return [ID_PREFIX + str(value) if value and str(value).startswith(prefix) else None for value in values]
    match rule.column.type:
        case "number":
            return [value if value is None or type(value) is float else _number(value) for value in values]
        case "integer":
            return [None if value is None else _integer(value) for value in values]
        case "boolean":
            return [
                value if value is None or value is True or value is False else _boolean(value) for value in values
            ]
        case "date":
            return _by_value(values, lambda value: _date(value, zone))
        case "instant":
            return _instants(values, zone)
        case "text" if choice.words:
            return _by_value(values, lambda value: _text(value, choice.words))
        case "text":
            return [value or None if type(value) is str else _text(value, {}) for value in values]


def _by_value(values: Sequence[object], convert: Callable[[object], Value]) -> list[Value]:
    """Convert each different value once: for fields in which few values come often."""
    known = {value: None if value is None else convert(value) for value in set(values)}
    return [known[value] for value in values]


def _instants(values: Sequence[object], zone: ZoneInfo) -> list[Value]:
    """Read instants the short way where all are in UTC, as the API writes them."""
    instants = [None if value is None else datetime.fromisoformat(str(value)) for value in values]
    if all(instant is None or instant.tzinfo is UTC for instant in instants):
        return list(instants)
    return [None if value is None else _instant(value, zone) for value in values]


def _text(value: object, words: Mapping[str, str]) -> str | None:
    if value is None:
        return None
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
    raise TypeError(f"{type(value).__name__} is neither true nor false")


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
