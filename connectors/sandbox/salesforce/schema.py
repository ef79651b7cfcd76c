"""Objects and fields of the org: what is standard, read from our own list, and what a file of the org adds."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources

from connectors.sandbox.salesforce.errors import OrgError
from connectors.sandbox.salesforce.ids import is_record_id
from connectors.sandbox.salesforce.values import NUMBER_TYPES, looks_like_date, looks_like_moment

_LINE = re.compile(r"(?P<name>\w+) (?P<type>\w+)(?:\((?P<detail>[\w,]*)\))?(?P<flags>(?: \w+)*)")
_FLAGS = frozenset({"required", "unfilterable", "cascade", "optional", "formula", "bare"})
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d+)?(?:[eE][+-]?\d{1,2})?")
_TEXT_LENGTH_MAX = 255
_SYSTEM: Mapping[str, tuple[str, ...]] = {
    "created": ("CreatedDate datetime required", "CreatedById reference(User) required"),
    "modified": ("LastModifiedDate datetime required", "LastModifiedById reference(User) required"),
    "stamp": ("SystemModstamp datetime required",),
    "deleted": ("IsDeleted boolean required",),
}
_UNGROUPABLE = frozenset({"currency", "double", "percent", "datetime", "anyType", "combobox"})


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object, as far as queries and describes need it.

    ``targets`` are the objects a reference may point to; ``length`` is in characters (texts), and for numbers
    ``precision`` and ``scale`` are digits altogether and behind the point. A ``bare`` reference has an id, but no
    name that leads to the record.
    """

    name: str
    type: str
    targets: tuple[str, ...] = ()
    length: int = 0
    precision: int = 0
    scale: int = 0
    required: bool = False
    filterable: bool = True
    cascade: bool = False
    optional: bool = False
    calculated: bool = False
    bare: bool = False

    @property
    def custom(self) -> bool:
        """Tell whether the organisation added this field itself."""
        return self.name.endswith("__c")

    @property
    def relationship(self) -> str:
        """Return the name that leads to the record referred to: ``Owner`` for ``OwnerId``; empty if there is none."""
        if self.type != "reference" or not self.targets or self.bare:
            return ""
        return self.name[:-1] + "r" if self.custom else self.name.removesuffix("Id")

    @property
    def groupable(self) -> bool:
        """Tell whether it may stand in GROUP BY."""
        return self.filterable and self.type not in _UNGROUPABLE

    @property
    def sortable(self) -> bool:
        """Tell whether it may stand in ORDER BY."""
        return self.filterable and self.type != "anyType"


@dataclass(frozen=True, slots=True)
class ObjectType:
    """An object: its names, its key prefix and its fields, ``Id`` first."""

    name: str
    prefix: str
    label: str
    plural: str
    fields: tuple[Field, ...]
    optional: bool = False
    places: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Remember where each field stands, by its name in lower case."""
        object.__setattr__(self, "places", {each.name.lower(): place for place, each in enumerate(self.fields)})

    def place(self, name: str) -> int | None:
        """Return where the field stands in a row; names are not case-sensitive. None: there is no such field."""
        return self.places.get(name.lower())

    def with_fields(self, added: Iterable[Field]) -> ObjectType:
        """Return the same object with more fields at its end."""
        return replace(self, fields=(*self.fields, *added))


@cache
def standard_objects() -> Mapping[str, ObjectType]:
    """Return the objects of a standard org by name, every optional field included."""
    text = resources.files(__package__).joinpath("fields.toml").read_text("utf-8")
    return {name: _object_of(name, entry) for name, entry in tomllib.loads(text).items()}


def objects_from(text: str) -> Mapping[str, ObjectType]:
    """Return the objects that a text of the form of our own list describes. Raises `OrgError`."""
    try:
        return {name: _object_of(name, entry) for name, entry in tomllib.loads(text).items()}
    except tomllib.TOMLDecodeError as error:
        raise OrgError(f"The list of fields is not TOML: {error}") from error


def _object_of(name: str, entry: Mapping[str, object]) -> ObjectType:
    system = entry.get("system", [])
    lines = str(entry.get("fields", "")).splitlines()
    if not isinstance(system, list) or any(word not in _SYSTEM for word in system):
        raise OrgError(f"{name}: 'system' lists some of {', '.join(_SYSTEM)}.")
    texts = ["Id id required", *(text for word in system for text in _SYSTEM[word]), *filter(None, lines)]
    label = str(entry.get("label", label_of(name)))
    return ObjectType(
        name,
        str(entry.get("prefix", "")),
        label,
        str(entry.get("plural", f"{label}s")),
        tuple(parse_field(text, name) for text in texts),
        entry.get("optional") is True,
    )


def parse_field(text: str, place: str) -> Field:
    """Return the field that a line such as ``Name string(120) required`` describes. Raises `OrgError`."""
    match = _LINE.fullmatch(text.strip())
    flags = frozenset(match["flags"].split()) if match else frozenset()
    if match is None or not flags <= _FLAGS:
        raise OrgError(f"{place}: the field {text!r} is not of the form 'Name type(detail) flags'.")
    parts = tuple(part for part in (match["detail"] or "").split(",") if part)
    numbers = tuple(int(part) for part in parts) if parts and all(part.isdecimal() for part in parts) else ()
    kind = match["type"]
    is_number = kind in NUMBER_TYPES
    return Field(
        match["name"],
        kind,
        targets=parts if kind == "reference" else (),
        length=_length(kind, numbers),
        precision=numbers[0] if is_number and numbers else 0,
        scale=numbers[1] if is_number and len(numbers) > 1 else 0,
        required="required" in flags or kind == "boolean",
        filterable="unfilterable" not in flags,
        cascade="cascade" in flags,
        optional="optional" in flags,
        calculated="formula" in flags,
        bare="bare" in flags,
    )


def _length(kind: str, numbers: Sequence[int]) -> int:
    if kind in {"id", "reference"}:
        return 18
    if kind in NUMBER_TYPES or kind in {"boolean", "date", "datetime"}:
        return 0
    return numbers[0] if numbers else _TEXT_LENGTH_MAX


def label_of(name: str) -> str:
    """Return a readable label for an API name: ``Close Date`` for ``CloseDate``."""
    words = name.removesuffix("__c").removesuffix("2").replace("_", " ")
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", words)
    return re.sub(r" Id$", " ID", spaced)


def infer_field(name: str, texts: Iterable[str], prefixes: Mapping[str, str]) -> Field:
    """Return a field for a column that is in no list, from the values that stand in it.

    ``prefixes`` leads from the first three characters of an id to the object. A column without any value is a text.
    """
    seen = [text for text in texts if text]
    if seen and all(is_record_id(text) and len(text) == 18 and text[:3] in prefixes for text in seen):
        return Field(name, "reference", targets=tuple(sorted({prefixes[text[:3]] for text in seen})), length=18)
    if seen and all(text in {"true", "false"} for text in seen):
        return Field(name, "boolean", required=True)
    if seen and all(map(looks_like_date, seen)):
        return Field(name, "date")
    if seen and all(map(looks_like_moment, seen)):
        return Field(name, "datetime")
    if seen and all(map(_NUMBER.fullmatch, seen)):
        return Field(name, "double", precision=18, scale=2)
    longest = max(map(len, seen), default=0)
    if longest > _TEXT_LENGTH_MAX:
        return Field(name, "textarea", length=32_000, filterable=False)
    return Field(name, "string", length=_TEXT_LENGTH_MAX)
