"""Names in a query made into something that reads a value out of a row: fields, relationships, functions of dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from operator import itemgetter

from connectors.sandbox.salesforce.rules import fiscal_period
from connectors.sandbox.salesforce.schema import Field, ObjectType, parse_field
from connectors.sandbox.salesforce.syntax import Call, Name, Select, refusal
from connectors.sandbox.salesforce.table import Row, Table
from connectors.sandbox.salesforce.values import Value
from connectors.sandbox.salesforce.view import View

LEVELS_MAX = 5
_ADVICE = "Please reference your WSDL or the describe call for the appropriate names."

Get = Callable[[Row], Value]
Follow = Callable[[Row], Row | None]

_NAME_FIELDS = (
    "Id id required",
    "Type string(40)",
    "Name string(255)",
    "FirstName string(40)",
    "LastName string(80)",
    "Title string(128)",
    "Email email(128)",
    "Phone phone(40)",
    "Alias string(8)",
    "Username string(80)",
    "IsActive boolean",
)
NAME = ObjectType("Name", "", "Name", "Names", tuple(parse_field(text, "Name") for text in _NAME_FIELDS))
"""What can be asked of a record that may be of several objects, such as the owner of a lead."""


@dataclass(frozen=True, slots=True)
class Hop:
    """The way from a row to another one: the relationship names gone through, and the object arrived at."""

    path: tuple[str, ...]
    kind: ObjectType
    follow: Follow


@dataclass(frozen=True, slots=True)
class Column:
    """A value of a row: how to read it, the field it comes from, and the way to it."""

    get: Get
    field: Field
    hops: tuple[Hop, ...] = ()
    place: int | None = None

    @property
    def path(self) -> tuple[str, ...]:
        """Return the names as the org spells them: ``("Owner", "Name")``."""
        return (*(self.hops[-1].path if self.hops else ()), self.field.name)


class Columns:
    """Finds what the names of one query stand for."""

    def __init__(self, view: View, select: Select, table: Table, fiscal: tuple[int, bool] = (1, False)) -> None:
        """Take the query's object, and how the fiscal year begins and is named."""
        self._view = view
        self._select = select
        self._table = table
        self._fiscal = fiscal

    def column(self, name: Name) -> Column:
        """Return what the name stands for. Raises `ApiError` INVALID_FIELD, pointing at it."""
        *path, last = self._without_alias(name.text.split("."))
        if len(path) > LEVELS_MAX:
            raise refusal(
                self._select.text, name.position, f"a path may go through at most {LEVELS_MAX} relationships"
            )
        hops: tuple[Hop, ...] = ()
        kind = self._table.kind
        for word in path:
            hops = (*hops, self._hop(hops, kind, word, name))
            kind = hops[-1].kind
        place = self._view.place(kind, last)
        if place is None:
            raise refusal(self._select.text, name.position, _no_such_column(last, kind.name))
        if not hops:
            return Column(itemgetter(place), kind.fields[place], place=place)
        return Column(_through(hops[-1].follow, place), kind.fields[place], hops)

    def function(self, call: Call) -> Column:
        """Return what a function of a date stands for. Raises `ApiError`, pointing at it."""
        name = call.function.upper()
        if name not in _PARTS or call.argument is None:
            message = f"Invalid function: {call.function}"
            raise refusal(self._select.text, call.position, message, "MALFORMED_QUERY")
        column = self.column(call.argument)
        if column.field.type not in {"date", "datetime"}:
            message = f"field {column.field.name} does not support {name}: it is not a date"
            raise refusal(self._select.text, call.position, message, "MALFORMED_QUERY")
        part, get = _PARTS[name], column.get
        start_month, named_by_start = self._fiscal

        def value(row: Row) -> Value:
            text = get(row)
            return None if text is None else part(date.fromisoformat(str(text)[:10]), start_month, named_by_start)

        kind = "date" if name == "DAY_ONLY" else "int"
        return Column(value, replace(column.field, name=column.field.name, type=kind))

    def _without_alias(self, parts: list[str]) -> list[str]:
        first = parts[0].lower()
        if len(parts) > 1 and first == self._select.alias.lower():
            return parts[1:]
        is_relationship = any(each.relationship.lower() == first for each in self._table.kind.fields)
        return (
            parts[1:] if len(parts) > 1 and first == self._table.kind.name.lower() and not is_relationship else parts
        )

    def _hop(self, hops: tuple[Hop, ...], kind: ObjectType, word: str, name: Name) -> Hop:
        before = hops[-1].follow if hops else None
        for field in self._view.fields(kind):
            if field.relationship.lower() != word.lower():
                continue
            place = kind.places[field.name.lower()]
            path = (*(hops[-1].path if hops else ()), field.relationship)
            targets = {
                table.kind.prefix: table
                for target in field.targets
                if (table := self._view.table(target)) is not None
            }
            if len(field.targets) > 1:
                return Hop(path, NAME, _after(before, _polymorphic(place, targets)))
            for target in targets.values():
                return Hop(path, target.kind, _after(before, _reference(place, target)))
        message = (
            f"Didn't understand relationship '{word}' in field path. If you are attempting to use a custom "
            f"relationship, be sure to append the '__r' after the custom relationship name. {_ADVICE}"
        )
        raise refusal(self._select.text, name.position, message)


def _no_such_column(name: str, object_name: str) -> str:
    return (
        f"No such column '{name}' on entity '{object_name}'. If you are attempting to use a custom field, be sure to "
        f"append the '__c' after the custom field name. {_ADVICE}"
    )


def _through(follow: Follow, place: int) -> Get:
    def value(row: Row) -> Value:
        parent = follow(row)
        return None if parent is None else parent[place]

    return value


def _reference(place: int, target: Table) -> Follow:
    rows = target.rows

    def follow(row: Row) -> Row | None:
        return rows.get(row[place])  # type: ignore[arg-type] # a null leads nowhere, as it should

    return follow


def _polymorphic(place: int, targets: Mapping[str, Table]) -> Follow:
    def follow(row: Row) -> Row | None:
        key = row[place]
        target = targets.get(str(key)[:3])
        found = target.rows.get(str(key)) if target is not None else None
        if target is None or found is None:
            return None
        values = {**target.named(found), "Type": target.kind.name}
        return tuple(values.get(each.name) for each in NAME.fields)

    return follow


def _after(before: Follow | None, then: Follow) -> Follow:
    if before is None:
        return then

    def follow(row: Row) -> Row | None:
        parent = before(row)
        return None if parent is None else then(parent)

    return follow


_PARTS: Mapping[str, Callable[[date, int, bool], Value]] = {
    "CALENDAR_YEAR": lambda day, _start, _named: day.year,
    "CALENDAR_QUARTER": lambda day, _start, _named: (day.month + 2) // 3,
    "CALENDAR_MONTH": lambda day, _start, _named: day.month,
    "DAY_IN_MONTH": lambda day, _start, _named: day.day,
    "DAY_IN_WEEK": lambda day, _start, _named: day.isoweekday() % 7 + 1,
    "DAY_IN_YEAR": lambda day, _start, _named: day.timetuple().tm_yday,
    "DAY_ONLY": lambda day, _start, _named: day.isoformat(),
    "FISCAL_YEAR": lambda day, start, named: fiscal_period(day, start, named)[0],
    "FISCAL_QUARTER": lambda day, start, named: fiscal_period(day, start, named)[1],
    "FISCAL_MONTH": lambda day, start, _named: (day.month - start) % 12 + 1,
}
DATE_FUNCTIONS = frozenset(_PARTS)
