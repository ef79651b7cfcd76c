"""Fit the mapping to what an organisation really has: wanted fields that exist, are shown to us and are of the type.

What is missing and matters is said as a `Problem`; the rest is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from connectors.salesforce_mapping import Choice, ColumnRule, Condition, FieldName, Lookup, ObjectMapping
from connectors.soql import Where
from connectors.source import Problem
from kpis.tables import ColumnType

_UNKNOWN: Final = ""  # the type of a field of an object that was not described
_COMPOUND: Final = frozenset({"address", "location", "base64", "complexvalue", "anyType"})
_FITTING: Final[Mapping[ColumnType, frozenset[str]]] = {
    "number": frozenset({"double", "currency", "percent", "int", "long"}),
    "integer": frozenset({"double", "int", "long"}),
    "boolean": frozenset({"boolean"}),
    "date": frozenset({"date", "datetime"}),
    "instant": frozenset({"date", "datetime"}),
}


@dataclass(frozen=True, slots=True)
class DescribedField:
    """What a describe tells of a field; ``refers_to`` names the objects that a reference may point to."""

    name: str
    type: str
    is_filterable: bool = True
    is_sortable: bool = True
    is_calculated: bool = False
    relationship: str = ""
    refers_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DescribedObject:
    """What a describe tells of an object: only what we may see of it. ``tells_deleted``: it can be asked for ids."""

    name: str
    key_prefix: str
    fields: Mapping[str, DescribedField]
    tells_deleted: bool = False


Described = Mapping[str, DescribedObject]
"""The objects that exist and that we may see, by API name."""


@dataclass(frozen=True, slots=True)
class MoneyPlan:
    """The amounts that are in the record's own currency, and the fields of that currency and of the rate's day."""

    columns: tuple[str, ...]
    currency: str
    day: str
    moves_with: str


@dataclass(frozen=True, slots=True)
class ObjectPlan:
    """What is read of an object: the mapping reduced to what is there, and every field that it takes.

    ``filters`` are those conditions of the mapping that the organisation can check for us. They are used only where
    all rows are read, or rows never change: a row that no longer meets them must be seen to be taken out.
    ``drifting`` are fields whose value changes without moving the stamp: formulas, and fields of a record above.
    ``types`` are the types of the fields, as a describe names them. ``order`` are the fields by which rows have their
    `Place`, none where the organisation cannot sort by them.
    """

    mapping: ObjectMapping
    paths: tuple[str, ...]
    filters: tuple[Where, ...]
    key_prefix: str
    fingerprint: str
    tells_erased: bool = False
    money: MoneyPlan | None = None
    drifting: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict, hash=False)
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fitted:
    """A plan, or None where the object cannot be read, and what is to be said about it."""

    plan: ObjectPlan | None
    problems: tuple[Problem, ...]


def plan_object(
    mapping: ObjectMapping, described: Described, time_zone: str = "UTC", rates_digest: str = "", host: str = ""
) -> Fitted:
    """Fit one object's mapping to the organisation at this host.

    The plan's fingerprint changes with everything that decides what a row becomes: when it does, rows that were read
    before must be read again.
    """
    known = described.get(mapping.name)
    if known is None:
        return Fitted(None, () if mapping.optional else (_absent(mapping),))
    needed = ["Id", *filter(None, (mapping.changed, mapping.deleted, mapping.heads))]
    needed += [condition.source.path for condition in mapping.keep]
    hidden = [path for path in needed if _found(path, known, described) is None]
    if hidden:
        return Fitted(None, (_hidden(mapping, hidden[0], "so none of its rows can be read"),))
    rules = [_fitting_rule(rule, known, described) for rule in mapping.columns]
    problems = [_missing(mapping, rule, known, described) for rule in mapping.columns]
    said = tuple(problem for problem in problems if problem is not None)
    kept = tuple(rule for rule in rules if rule.choices)
    needed_columns = {c.name for c in mapping.table.columns if c.required and c.name != "id"} | set(mapping.per)
    missing = needed_columns - {rule.column.name for rule in kept}
    if missing:
        return Fitted(None, said or (_unmapped(mapping, min(missing)),))
    plan = _plan_of(replace(mapping, columns=kept), needed, described, (time_zone, rates_digest, host))
    return Fitted(plan, said)


def _plan_of(
    mapping: ObjectMapping, needed: Sequence[str], described: Described, circumstances: tuple[str, str, str]
) -> ObjectPlan:
    """Return the plan of a mapping whose columns are all there. ``circumstances``: zone, digest of rates, host."""
    known, kept = described[mapping.name], mapping.columns
    money = _money_plan(mapping, kept, known, described)
    paths = [*needed, *(each.path for rule in kept for choice in rule.choices for each in choice.fields)]
    paths += [path for path in (money.currency, money.day) if path] if money else []
    types = {path: found.type for path in paths if (found := _found(path, known, described)) is not None}
    # A stamp that cannot be asked for (some objects refuse it) leaves only reading all rows each time.
    changed = mapping.changed if _is_filterable(mapping.changed, known) else ""
    lookups = tuple(lookup for lookup in mapping.lookups if _is_usable(lookup, described))
    fitted = replace(mapping, changed=changed, lookups=lookups)
    time_zone, rates_digest, host = circumstances
    return ObjectPlan(
        mapping=fitted,
        paths=tuple(types),
        types=types,
        filters=tuple(where_of(each) for each in mapping.keep if _can_be_asked(each, known)),
        key_prefix=known.key_prefix,
        fingerprint=_fingerprint(fitted, time_zone, "" if money is None else rates_digest, host),
        tells_erased=known.tells_deleted,
        money=money,
        drifting=() if fitted.is_read_whole else tuple(_drifting(kept, known)),
        order=(changed, "Id") if changed and all(known.fields[each].is_sortable for each in (changed, "Id")) else (),
    )


def _is_usable(lookup: Lookup, described: Described) -> bool:
    known = described.get(lookup.source)
    fields = [lookup.by, lookup.value, lookup.changed, lookup.first, *filter(None, (lookup.deleted,))]
    fields += [condition.source.path for condition in lookup.where]
    return known is not None and all(_found(each, known, described) is not None for each in fields)


def _money_plan(
    mapping: ObjectMapping, kept: Sequence[ColumnRule], known: DescribedObject, described: Described
) -> MoneyPlan | None:
    """Return how amounts are converted; None where the organisation has one currency, or no amount is read."""
    money, columns = mapping.money, {rule.column.name for rule in kept}
    if money is None or _found(money.currency, known, described) is None or not columns & set(money.columns):
        return None
    day = money.day if money.day and _found(money.day, known, described) is not None else ""
    amounts = tuple(column for column in money.columns if column in columns)
    return MoneyPlan(amounts, money.currency, day, money.moves_with if day else "")


def _drifting(kept: Sequence[ColumnRule], known: DescribedObject) -> Iterator[str]:
    for path in dict.fromkeys(each.path for rule in kept for choice in rule.choices for each in choice.fields):
        if "." in path or known.fields[path].is_calculated:
            yield path


def _can_be_asked(condition: Condition, known: DescribedObject) -> bool:
    return not condition.prefix and _is_filterable(condition.source.path, known)


def _is_filterable(path: str, known: DescribedObject) -> bool:
    found = known.fields.get(path)
    return found is not None and found.is_filterable


def _fitting_rule(rule: ColumnRule, known: DescribedObject, described: Described) -> ColumnRule:
    """Return the rule with only those choices whose fields are all there."""
    return replace(rule, choices=tuple(c for c in rule.choices if not list(_lacking(c, rule, known, described))))


def _lacking(choice: Choice, rule: ColumnRule, known: DescribedObject, described: Described) -> Iterator[FieldName]:
    """Yield the fields of a choice that are absent, hidden or of a type that the column cannot take."""
    for each in choice.fields:
        found = _found(each.path, known, described)
        column_type = rule.column.type if each is choice.source else "text"  # a condition can look at any plain value
        is_id_of_any = found is not None and found.type == "anyType" and bool(choice.prefix)
        if found is None or not (is_id_of_any or _fits(found.type, column_type)):
            yield each


def _fits(field_type: str, column_type: ColumnType) -> bool:
    if column_type == "text":
        return field_type not in _COMPOUND
    return field_type == _UNKNOWN or field_type in _FITTING[column_type]


def _found(path: str, known: DescribedObject, described: Described) -> DescribedField | None:
    """Return the field at the end of a path, if we may see the whole way.

    An object above that was not described is taken to have the field: the query itself would say otherwise.
    """
    *relationships, last = path.split(".")
    for relationship in relationships:
        way = next((f for f in known.fields.values() if f.relationship == relationship), None)
        if way is None:
            return None
        above = [described[target] for target in way.refers_to if target in described]
        if not above:
            return DescribedField(relationship, _UNKNOWN)
        known = above[0]
    return known.fields.get(last)


def _missing(
    mapping: ObjectMapping, rule: ColumnRule, known: DescribedObject, described: Described
) -> Problem | None:
    """Return what to say when a field that is not optional is not there; None when nothing is missed."""
    for choice in rule.choices:
        for each in _lacking(choice, rule, known, described):
            if each.optional:
                continue
            found = _found(each.path, known, described)
            if found is None:
                return _hidden(mapping, each.path, f"so {mapping.table.name}.{rule.column.name} is incomplete", rule)
            return Problem(
                _place(mapping),
                f"{each.path} is a {found.type}, which cannot be read as {rule.column.type}.",
                f"Name another field for {rule.column.name} under [salesforce.objects.{mapping.name}.fields].",
                (mapping.table.name,),
            )
    return None


def _place(mapping: ObjectMapping) -> str:
    return f"Salesforce {mapping.name}"


def _absent(mapping: ObjectMapping) -> Problem:
    return Problem(
        _place(mapping),
        "the object is absent or hidden from the integration user.",
        "Give its permission set read access to it, or enable the feature in the organisation.",
        (mapping.table.name,),
    )


def _hidden(mapping: ObjectMapping, path: str, effect: str, rule: ColumnRule | None = None) -> Problem:
    remedy = f"Give the integration user's permission set read access to {mapping.name}.{path}"
    if rule is not None and not rule.column.required:
        remedy += f', or write {rule.column.name} = "" under [salesforce.objects.{mapping.name}.fields] to do without'
    reason = f"the field {path} is absent or hidden from the integration user, {effect}."
    return Problem(_place(mapping), reason, remedy + ".", (mapping.table.name,))


def _unmapped(mapping: ObjectMapping, column: str) -> Problem:
    return Problem(
        _place(mapping),
        f"no field is named for {mapping.table.name}.{column}, so none of its rows can be read.",
        f"Name one for {column} under [salesforce.objects.{mapping.name}.fields].",
        (mapping.table.name,),
    )


def where_of(condition: Condition) -> Where:
    """Return a condition as the organisation checks it; that of a prefix it cannot."""
    if condition.is_empty is not None:
        return Where(condition.source.path, "=" if condition.is_empty else "!=", None)
    if condition.flag is not None:
        return Where(condition.source.path, "=", condition.flag)
    if condition.above is not None:
        return Where(condition.source.path, ">", condition.above)
    return Where(condition.source.path, "IN", condition.words)


def _fingerprint(*decides: object) -> str:
    return hashlib.sha256(repr(decides).encode()).hexdigest()[:12]
