"""What a body may contain: the table of messages in ``shapes.toml`` and the check of a body against it."""

from __future__ import annotations

import functools
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connectors.sandbox.google.errors import ApiError, Json, bad_fields, invalid

_FILE = Path(__file__).with_name("shapes.toml")
_NESTING_MAX = 60
_PROTO_TYPES = {"bool": "TYPE_BOOL", "int": "TYPE_INT32", "number": "TYPE_DOUBLE", "string": "TYPE_STRING"}
_INT32 = range(-(2**31), 2**31)


@dataclass(frozen=True, slots=True)
class FieldType:
    """The type of a field: its name, how many lists lie around it, and whether it is the value of a map."""

    name: str
    lists: int = 0
    is_map: bool = False


@dataclass(frozen=True, slots=True)
class Shapes:
    """All messages, enums and groups of which one field may be set."""

    messages: Mapping[str, Mapping[str, FieldType]]
    enums: Mapping[str, frozenset[str]]
    oneofs: Mapping[str, tuple[str, frozenset[str]]]


@functools.cache
def shapes() -> Shapes:
    """Return the table, read once."""
    with _FILE.open("rb") as file:
        table = tomllib.load(file)
    messages = {name: _fields(text) for name, text in table["messages"].items()}
    enums = {name: frozenset(text.split()) for name, text in table["enums"].items()}
    oneofs = {}
    for name, text in table["oneofs"].items():
        group, *members = text.split()
        oneofs[name] = (group, frozenset(messages[name] if members == ["*"] else members))
    return Shapes(messages, enums, oneofs)


def _fields(text: str) -> dict[str, FieldType]:
    return {name: _field_type(kind) for name, kind in (part.split(":") for part in text.split())}


def _field_type(text: str) -> FieldType:
    lists = text.count("[")
    return FieldType(text.strip("[]{}"), lists, text.startswith("{"))


def parse_body(message: str, body: bytes, place: str = "") -> Json:
    """Return the body as a checked message, null members dropped and numbers in the type of their field.

    ``place`` is where Google says the body belongs, if not at the top. Raises `ApiError`.
    """
    return checked(message, parse_json(body), place)


def parse_json(body: bytes) -> object:
    """Return what the body says; an empty one is an empty message. Raises `ApiError`."""
    try:
        value: object = json.loads(body or b"{}", parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        text = "Invalid JSON payload received. Unexpected token."
        raise bad_fields([("", f"{text}\n{body[:40].decode(errors='replace')}")]) from error
    return value


def _no_constant(name: str) -> float:
    raise ValueError(name)


def checked(message: str, value: object, place: str = "") -> Json:
    """Return the value as a message of this kind. Raises `ApiError` with every unknown field and wrong type."""
    check = _Check()
    result = check.message(message, value, place, 0)
    if check.violations:
        raise bad_fields(check.violations)
    assert isinstance(result, dict)  # noqa: S101 (anything else is a violation)
    return result


@dataclass(slots=True)
class _Check:
    table: Shapes = field(default_factory=shapes)
    violations: list[tuple[str, str]] = field(default_factory=list)

    def message(self, name: str, value: object, place: str, depth: int) -> object:
        if depth > _NESTING_MAX:
            raise invalid("Invalid JSON payload received. Message too deep.")
        if not isinstance(value, dict):
            return self._wrong(place, f"type.googleapis.com/google.apps.sheets.v4.{name}", value)
        fields = self.table.messages[name]
        present = {key: item for key, item in value.items() if item is not None}
        result: Json = {}
        for key, item in present.items():
            if key not in fields:
                at = f" at '{place}'" if place else ""
                text = f'Invalid JSON payload received. Unknown name "{key}"{at}: Cannot find field.'
                self.violations.append((place, text))
            elif fields[key].name == "-":
                raise _unsupported(key, place)
            else:
                result[key] = self._field(fields[key], item, joined(place, key), depth + 1)
        if name in self.table.oneofs:
            self._only_one(name, present, place)
        return result

    def _only_one(self, name: str, present: Json, place: str) -> None:
        group, members = self.table.oneofs[name]
        both = [key for key in present if key in members]
        if len(both) > 1:
            text = f"oneof field '{group}' is already set. Cannot set '{both[1]}'"
            self.violations.append((place, f"Invalid value at '{place}' (oneof), {text}"))

    def _field(self, kind: FieldType, value: object, place: str, depth: int) -> object:
        if kind.is_map:
            if not isinstance(value, dict):
                return self._wrong(place, "TYPE_MESSAGE", value)
            inner = FieldType(kind.name)
            return {key: self._field(inner, item, f"{place}[{key}]", depth) for key, item in value.items()}
        if kind.lists:
            return self._list(kind, value, place, depth)
        if kind.name in self.table.messages:
            return self.message(kind.name, value, place, depth)
        return self._scalar(kind.name, value, place)

    def _list(self, kind: FieldType, value: object, place: str, depth: int) -> object:
        if not isinstance(value, list):
            return self._wrong(place, "type.googleapis.com/google.protobuf.ListValue", value)
        inner = FieldType(kind.name, kind.lists - 1)
        return [self._field(inner, item, f"{place}[{index}]", depth) for index, item in enumerate(value)]

    def _scalar(self, name: str, value: object, place: str) -> object:
        if name == "any":
            return value
        if name in self.table.enums:
            if isinstance(value, str) and value in self.table.enums[name]:
                return value
            return self._wrong(place, f"type.googleapis.com/google.apps.sheets.v4.{name}", value)
        if name in {"string", "mask"}:
            return value if isinstance(value, str) else self._wrong(place, "TYPE_STRING", value)
        if name == "bool":
            return value if isinstance(value, bool) else self._wrong(place, "TYPE_BOOL", value)
        number = _number(value)
        if number is None or (name == "int" and (number != int(number) or int(number) not in _INT32)):
            return self._wrong(place, _PROTO_TYPES[name], value)
        return int(number) if name == "int" else number

    def _wrong(self, place: str, kind: str, value: object) -> object:
        """Note the violation and return what stands in for the value."""
        shown = json.dumps(value) if isinstance(value, str | int | float) else type(value).__name__
        self.violations.append((place, f"Invalid value at '{place}' ({kind}), {shown}"))
        return None


def _number(value: object) -> int | float | None:
    """Return a number, also one that is written as text, as proto JSON allows."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", value):
        return float(value) if "." in value else int(value)
    if isinstance(value, int | float) and abs(value) < float("inf"):
        return value
    return None


def _unsupported(key: str, place: str) -> ApiError:
    at = f" at '{place}'" if place else ""
    return invalid(f"'{key}'{at} is a part of the Sheets API that is not supported by the sandbox.")


def joined(place: str, key: str) -> str:
    """Return the place of a field inside a place, in the spelling of Google's errors (snake_case)."""
    return f"{place}.{_snake(key)}" if place else _snake(key)


@functools.lru_cache(maxsize=1_000)
def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
