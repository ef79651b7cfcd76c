"""Which Salesforce field becomes which canonical column: ``salesforce.toml``, an organisation's own entries over it.

This file reads and checks the entries; `connectors.salesforce_plan` fits them to what an organisation really has.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Final

from connectors.errors import SourceError
from connectors.soql import SoqlError, name
from kpis.tables import TABLES, Column, Table

Constant = str | bool | float
_OBJECT_KEYS: Final = (
    "table",
    "changed",
    "deleted",
    "optional",
    "read",
    "grows",
    "per",
    "heads",
    "keep",
    "money",
    "lookups",
    "fields",
)
_LOOKUP_KEYS: Final = ("object", "by", "field", "changed", "deleted", "first", "where")
_MONEY_KEYS: Final = ("columns", "currency", "day", "moves_with")
_CHOICE_KEYS: Final = ("field", "is", "when", "words", "prefix", "heads")
_CHOICES_MAX: Final = 50  # of one column


@dataclass(frozen=True, slots=True)
class FieldName:
    """A field, perhaps of a record above (``Manager.Name``). An optional one is not missed where it is absent."""

    path: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """What the field ``source`` must hold: one of the ``words``, the ``flag``, more than ``above``, an id of a kind.

    The case of a word does not matter: ``folded`` are the words without it. ``is_empty`` asks for no value at all, or
    for any. ``prefix`` is the beginning of the ids of a kind of record.
    """

    source: FieldName
    words: tuple[str, ...] = ()
    folded: frozenset[str] = field(default=frozenset(), repr=False)
    flag: bool | None = None
    above: float | None = None
    is_empty: bool | None = None
    prefix: str = ""

    def holds(self, value: object) -> bool:
        """Whether a value of the field meets the condition; by no value only that of being empty is met."""
        if self.is_empty is not None:
            return (value is None or value == "") is self.is_empty
        if self.prefix:
            return isinstance(value, str) and value.startswith(self.prefix)
        if self.flag is not None:
            return value is self.flag
        if self.above is not None:
            return isinstance(value, int | float) and value > self.above
        return isinstance(value, str) and value.casefold() in self.folded


@dataclass(frozen=True, slots=True)
class Choice:
    """One place where a column's value may come from: the field ``source`` or, without one, the ``constant``.

    It gives a value only where all conditions hold, and, with ``heads``, only in rows that others name as their head.
    """

    source: FieldName | None = None
    constant: Constant | None = None
    when: tuple[Condition, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    prefix: str = ""
    heads: bool = False

    @property
    def fields(self) -> tuple[FieldName, ...]:
        """All fields that it reads."""
        own = () if self.source is None else (self.source,)
        return (*own, *(condition.source for condition in self.when))


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """How a column gets its value: from the first choice that has one, or the earliest of them."""

    column: Column
    choices: tuple[Choice, ...]
    earliest: bool = False

    @property
    def sorts(self) -> bool:
        """Whether the column says what a row is, so that a row without a value is none of ours."""
        return all(choice.source is None for choice in self.choices)


@dataclass(frozen=True, slots=True)
class MoneyMapping:
    """Which columns are amounts in the record's own currency, and the day whose rate counts ("": today's).

    ``moves_with`` is the stamp of a record above that the day comes from: when that record changes, so may the rate.
    """

    columns: tuple[str, ...]
    currency: str
    day: str = ""
    moves_with: str = ""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A column whose value is the field ``value`` of another object's record, the ``first`` that names the row.

    ``by`` is the field that names the row; ``changed`` and ``deleted`` are as in an object's mapping. Only records
    that meet ``where`` count.
    """

    column: Column
    source: str
    by: str
    value: str
    changed: str
    deleted: str
    first: str
    where: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectMapping:
    """How the rows of an object become rows of a canonical table; see ``salesforce.toml`` for each word."""

    name: str
    table: Table
    columns: tuple[ColumnRule, ...]
    changed: str = ""
    deleted: str = ""
    optional: bool = False
    grows: bool = False
    per: tuple[str, ...] = ()
    heads: str = ""
    keep: tuple[Condition, ...] = ()
    money: MoneyMapping | None = None
    lookups: tuple[Lookup, ...] = ()

    @property
    def is_read_whole(self) -> bool:
        """Whether all its rows are read each time."""
        return not self.changed


def load_mapping(overrides: Mapping[str, object] | None = None) -> tuple[ObjectMapping, ...]:
    """Return the mapping with an organisation's entries over it; `SourceError` names a wrong one and the remedy.

    ``overrides`` is what stands below ``salesforce.objects`` in the settings.
    """
    text = resources.files("connectors").joinpath("salesforce.toml").read_text(encoding="utf-8")
    entries: dict[str, object] = dict(tomllib.loads(text)["objects"])
    for object_name, own in (overrides or {}).items():
        place = f"salesforce.objects.{object_name}"
        entries[object_name] = _laid_over(entries.get(object_name, {}), _table(own, place), place)
    mappings = [
        _object(object_name, read)
        for object_name, entry in entries.items()
        if _flag((read := _table(entry, object_name)).get("read", True), f"salesforce.objects.{object_name}.read")
    ]
    # What the organisation is comes first: its zone is needed to read the others.
    return tuple(sorted(mappings, key=lambda mapping: mapping.table.name != "organisation"))


def described_names(mappings: Sequence[ObjectMapping]) -> tuple[str, ...]:
    """Return the objects that the mapping speaks of, each once."""
    names = [name for mapping in mappings for name in (mapping.name, *(lookup.source for lookup in mapping.lookups))]
    return tuple(dict.fromkeys(names))


def _laid_over(base: object, own: Mapping[str, object], place: str) -> dict[str, object]:
    """Return an object's entry with the own entries over it: field by field, all else whole."""
    merged = dict(_table(base, place))
    for key, value in own.items():
        if key in {"fields", "keep", "lookups"}:
            merged[key] = {**_table(merged.get(key, {}), place), **_table(value, f"{place}.{key}")}
        else:
            merged[key] = value
    return merged


def _object(object_name: str, entry: Mapping[str, object]) -> ObjectMapping:
    place = f"salesforce.objects.{object_name}"
    _known(entry, _OBJECT_KEYS, place)
    table = TABLES.get(_text(entry.get("table", ""), f"{place}.table"))
    if table is None:
        raise SourceError(f"{place}.table must be one of {', '.join(TABLES)}.")
    rules = _table(entry.get("fields", {}), f"{place}.fields")
    return ObjectMapping(
        name=_name(object_name, place).path,
        table=table,
        columns=tuple(
            _rule(table, column, rule, f"{place}.fields.{column}") for column, rule in rules.items() if rule != ""
        ),
        changed=_optional_name(entry.get("changed", ""), f"{place}.changed"),
        deleted=_optional_name(entry.get("deleted", ""), f"{place}.deleted"),
        optional=_flag(entry.get("optional", False), f"{place}.optional"),
        grows=_flag(entry.get("grows", False), f"{place}.grows"),
        per=_columns(table, entry.get("per", []), f"{place}.per"),
        heads=_optional_name(entry.get("heads", ""), f"{place}.heads"),
        keep=_conditions(entry.get("keep", {}), f"{place}.keep"),
        money=_money(table, entry["money"], f"{place}.money") if "money" in entry else None,
        lookups=_lookups(table, entry.get("lookups", {}), f"{place}.lookups"),
    )


def _rule(table: Table, column_name: str, entry: object, place: str) -> ColumnRule:
    known = {column.name: column for column in table.columns if column.name != "id"}
    if column_name not in known:
        raise SourceError(f"{place}: {table.name} has no such column; it has {', '.join(known)}.")
    earliest = isinstance(entry, Mapping) and "earliest" in entry
    if isinstance(entry, Mapping) and earliest:
        _known(entry, ("earliest",), place)
        entry = entry["earliest"]
    entries = list(entry) if isinstance(entry, Sequence) and not isinstance(entry, str) else [entry]
    if not 0 < len(entries) <= _CHOICES_MAX:
        raise SourceError(f"{place} must name from 1 to {_CHOICES_MAX} fields.")
    return ColumnRule(known[column_name], tuple(_choice(each, place) for each in entries), earliest)


def _choice(entry: object, place: str) -> Choice:
    if isinstance(entry, str):
        return Choice(_name(entry, place))
    if not isinstance(entry, Mapping):
        raise SourceError(f'{place} must be a field name such as "Channel__c", or a list of them.')
    _known(entry, _CHOICE_KEYS, place)
    if ("field" in entry) == ("is" in entry):
        raise SourceError(f"{place} must have either field or is.")
    constant = entry.get("is")
    if constant is not None and not isinstance(constant, Constant):
        raise SourceError(f"{place}.is must be a text, a number, true or false.")
    words = _table(entry.get("words", {}), f"{place}.words")
    return Choice(
        source=_name(entry["field"], place) if "field" in entry else None,
        constant=constant,
        when=_conditions(entry.get("when", {}), f"{place}.when"),
        words={word.casefold(): _text(meaning, f"{place}.words.{word}") for word, meaning in words.items()},
        prefix=_text(entry.get("prefix", ""), f"{place}.prefix"),
        heads=_flag(entry.get("heads", False), f"{place}.heads"),
    )


def _conditions(entry: object, place: str) -> tuple[Condition, ...]:
    return tuple(
        _condition(_name(field_name, place), wanted, f"{place}.{field_name}")
        for field_name, wanted in _table(entry, place).items()
    )


def _condition(field_name: FieldName, wanted: object, place: str) -> Condition:
    if isinstance(wanted, bool):
        return Condition(field_name, flag=wanted)
    if isinstance(wanted, Mapping) and set(wanted) == {"above"} and isinstance(wanted["above"], int | float):
        return Condition(field_name, above=float(wanted["above"]))
    if isinstance(wanted, Mapping) and set(wanted) == {"empty"}:
        return Condition(field_name, is_empty=_flag(wanted["empty"], f"{place}.empty"))
    if isinstance(wanted, Mapping) and set(wanted) == {"prefix"}:
        return Condition(field_name, prefix=_text(wanted["prefix"], f"{place}.prefix"))
    if isinstance(wanted, list) and wanted and all(isinstance(word, str) for word in wanted):
        return Condition(field_name, words=tuple(wanted), folded=frozenset(map(str.casefold, wanted)))
    raise SourceError(
        f'{place} must be a list of words such as ["Call"], true, false, {{ above = 0 }} or {{ empty = true }}.'
    )


def _money(table: Table, value: object, place: str) -> MoneyMapping:
    entry = _table(value, place)
    _known(entry, _MONEY_KEYS, place)
    return MoneyMapping(
        columns=_columns(table, entry.get("columns", []), f"{place}.columns"),
        currency=_name(entry.get("currency", "CurrencyIsoCode"), f"{place}.currency").path,
        day=_optional_name(entry.get("day", ""), f"{place}.day"),
        moves_with=_optional_name(entry.get("moves_with", ""), f"{place}.moves_with"),
    )


def _lookups(table: Table, value: object, place: str) -> tuple[Lookup, ...]:
    entries = _table(value, place)
    _columns(table, list(entries), place)
    return tuple(
        _lookup(table.column(column), entry, f"{place}.{column}") for column, entry in entries.items() if entry != ""
    )


def _lookup(column: Column, value: object, place: str) -> Lookup:
    entry = _table(value, place)
    _known(entry, _LOOKUP_KEYS, place)
    if not column.references and column.type not in {"text", "number"}:
        raise SourceError(f"{place}: only ids, texts and numbers can be looked up, no {column.type}.")
    names = {
        key: _name(entry.get(key, ""), f"{place}.{key}").path for key in ("object", "by", "field", "changed", "first")
    }
    return Lookup(
        column=column,
        source=names["object"],
        by=names["by"],
        value=names["field"],
        changed=names["changed"],
        deleted=_optional_name(entry.get("deleted", ""), f"{place}.deleted"),
        first=names["first"],
        where=_conditions(entry.get("where", {}), f"{place}.where"),
    )


def _columns(table: Table, entry: object, place: str) -> tuple[str, ...]:
    if not isinstance(entry, list) or not all(isinstance(name, str) for name in entry):
        raise SourceError(f"{place} must be a list of columns.")
    unknown = [name for name in entry if name not in table.column_names]
    if unknown:
        raise SourceError(
            f"{place}: {table.name} has no column {unknown[0]}; it has {', '.join(table.column_names)}."
        )
    return tuple(entry)


def _known(entry: Mapping[str, object], keys: Sequence[str], place: str) -> None:
    for key in entry:
        if key not in keys:
            raise SourceError(f"{place}.{key} is not known; known here: {', '.join(keys)}.")


def _table(value: object, place: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise SourceError(f"{place} must be a table of entries.")
    return value


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise SourceError(f"{place} must be a text.")
    return value


def _flag(value: object, place: str) -> bool:
    if not isinstance(value, bool):
        raise SourceError(f"{place} must be true or false.")
    return value


def _name(value: object, place: str) -> FieldName:
    text = _text(value, place)
    try:
        return FieldName(name(text.removesuffix("?")), text.endswith("?"))
    except SoqlError as error:
        raise SourceError(f"{place}: {error}") from error


def _optional_name(value: object, place: str) -> str:
    return _name(value, place).path if value != "" else ""
