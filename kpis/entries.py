"""One entry of a catalogue file, read into the value that it defines; what is wrong is said with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar, cast, get_args

from kpis.definitions import (
    VERSION_MARK,
    Better,
    Condition,
    ConditionOperator,
    Counts,
    Dimension,
    Example,
    Horizon,
    Interval,
    Kpi,
    Language,
    Measure,
    MeasureKind,
    NoInterval,
    Scorecard,
    Shift,
    Unit,
)
from kpis.errors import DefinitionError, suggest

Choice = TypeVar("Choice", bound=str)

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_OLDER: Final = re.compile(rf"[a-z][a-z0-9_]{{0,63}}{VERSION_MARK}[1-9][0-9]{{0,3}}")
_CALENDAR_NAMES: Final = ("days", "business_days")
_KPI_KEYS: Final = frozenset({
    "family", "titles", "synonyms", "formula", "formula_words", "unit", "better", "horizon", "count", "dimensions",
    "source", "examples", "by", "is_forward", "is_used_up", "interval", "no_interval", "cohort", "notes", "version",
})  # fmt: skip
_ROW_KEYS: Final = ("fact", "axis", "value")
_MEASURE_KEYS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    # kind: the keys it must have, and the keys that it may have besides
    "flow": (_ROW_KEYS, ("where",)),
    "stock": ((*_ROW_KEYS, "end_axis"), ("where",)),
    "overlap": ((*_ROW_KEYS, "end_axis"), ("where",)),
    "age": ((*_ROW_KEYS, "end_axis"), ("where",)),
    "older": ((*_ROW_KEYS, "end_axis", "than"), ("where",)),
    "survivors": ((*_ROW_KEYS, "end_axis"), ("where",)),
    "quantile": (_ROW_KEYS, ("where", "quantile")),
    "distinct": (_ROW_KEYS, ("where",)),
    "members": (("over", "condition"), ()),
    "reached": ((*_ROW_KEYS, "over", "condition"), ("where", "counts")),
    "shift": (("of", "shift"), ()),
    "whole": (("of",), ()),
    "target": (("of",), ()),
    "calendar": ((), ()),
    "derived": (("formula",), ()),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One table of a catalogue file, ``[section.name]``, read with its types; errors name file, line and entry."""

    file: str
    text: str
    section: str
    name: str
    values: Mapping[str, object]

    def wrong(self, what: str) -> DefinitionError:
        """Return the error that says what is wrong here, and where here is."""
        name = f'"{self.name}"' if VERSION_MARK in self.name else self.name
        header = f"[{self.section}.{name}]"
        at = self.text.find(header)
        line = f", line {self.text.count(chr(10), 0, at) + 1}" if at >= 0 else ""
        return DefinitionError(f"{self.file}{line}, {header}: {what}")

    def check_name(self) -> None:
        """Refuse a name that no formula could use."""
        if not _NAME.fullmatch(self.name) or self.name == "and":
            raise self.wrong(
                "a name has lower-case letters, digits and _ only, begins with a letter, and is not long."
            )

    def check_keys(self, allowed: Iterable[str]) -> None:
        """Refuse keys that mean nothing here."""
        known = sorted(allowed)
        for key in self.values:
            if key not in known:
                raise self.wrong(f'unknown key "{key}".{suggest(key, known)} Known here: {", ".join(known)}.')

    def string(self, key: str, default: str | None = None) -> str:
        """Return a text; without a default the key must be there."""
        value = self.values.get(key, default)
        if value is None:
            raise self.wrong(f'"{key}" is missing. Add {key} = "...".')
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.wrong(f'"{key}" must be a text, as in {key} = "...".')
        return value

    def choice(self, key: str, options: tuple[Choice, ...]) -> Choice:
        """Return one of the options."""
        value = self.string(key)
        if value not in options:
            raise self.wrong(
                f'{key} "{value}" is unknown.{suggest(value, options)} It is one of {", ".join(options)}.'
            )
        return value

    def choices(self, key: str, options: tuple[Choice, ...]) -> tuple[Choice, ...]:
        """Return some of the options, none if the key is absent."""
        for value in self.strings(key):
            if value not in options:
                known = ", ".join(options)
                raise self.wrong(f'{key} has the unknown "{value}".{suggest(value, options)} Known are {known}.')
        return cast("tuple[Choice, ...]", self.strings(key))

    def strings(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, empty if the key is absent."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.wrong(f'"{key}" must be a list of texts, as in {key} = ["...", "..."].')
        return tuple(value)

    def words(self, key: str) -> Mapping[Language, str]:
        """Return a text in each language."""
        value = self.values.get(key)
        languages = get_args(Language)
        if not isinstance(value, dict) or set(value) != set(languages) or not all(map(_is_text, value.values())):
            raise self.wrong(
                f'"{key}" must have a text in English and in French: {key} = {{ en = "...", fr = "..." }}.'
            )
        return {language: value[language] for language in languages}

    def number(self, key: str, default: float) -> float:
        """Return a number."""
        value = self.values.get(key, default)
        if not _is_number(value):
            raise self.wrong(f'"{key}" must be a number, as in {key} = {default}.')
        return cast("float", value)

    def flag(self, key: str) -> bool:
        """Return true or false; false if the key is absent."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise self.wrong(f'"{key}" must be true or false.')
        return value


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def read_measure(entry: Entry) -> Measure:
    """Return the measure of a ``[measures.<name>]`` entry. Raises `DefinitionError`."""
    entry.check_name()
    kind: MeasureKind = entry.choice("kind", get_args(MeasureKind))
    needed, optional = _MEASURE_KEYS[kind]
    entry.check_keys(("kind", "words", *needed, *optional))
    if kind == "calendar" and entry.name not in _CALENDAR_NAMES:
        raise entry.wrong(f"a calendar measure is named {' or '.join(_CALENDAR_NAMES)}.")
    texts = {key: entry.string(key) for key in needed if key not in {"shift", "over"}}
    return Measure(
        entry.name,
        kind,
        entry.words("words"),
        **texts,
        over=entry.choice("over", get_args(Dimension)) if "over" in needed else "",
        shift=entry.choice("shift", get_args(Shift)) if "shift" in needed else "",
        where=_conditions(entry),
        quantile=_quantile(entry),
        counts=entry.choice("counts", get_args(Counts)) if "counts" in entry.values else "members",
    )


def _quantile(entry: Entry) -> float:
    quantile = entry.number("quantile", 0.5)
    if not 0 < quantile < 1:
        raise entry.wrong(f"quantile is {quantile}; it lies between 0 and 1, and 0.5 is the median.")
    return quantile


def _conditions(entry: Entry) -> tuple[Condition, ...]:
    where = entry.values.get("where", [])
    if not isinstance(where, list):
        raise entry.wrong('"where" must be a list, as in where = [["is_won", "=", true]].')
    return tuple(_condition(entry, part) for part in where)


def _condition(entry: Entry, part: object) -> Condition:
    match part:
        case [str(column), ("is null" | "is not null") as operator]:
            return Condition(column, operator)
        case [str(column), "in", [*operands]] if operands and all(map(_is_text, operands)):
            return Condition(column, "in", tuple(str(operand) for operand in operands))
        case [str(column), ("=" | "!=" | "<" | "<=" | ">" | ">=") as operator, (str() | int() | float()) as operand]:
            return Condition(column, operator, operand)
    known = ", ".join(get_args(ConditionOperator))
    raise entry.wrong(
        f'the condition {part!r} cannot be read. Write ["column", "operator", operand]; known are {known}.'
    )


def _version(entry: Entry) -> int:
    """Return the version that an entry defines: an older one says it in its name."""
    _, mark, named = entry.name.partition(VERSION_MARK)
    version = entry.number("version", int(named) if mark else 1)
    if version < 1 or version != int(version) or (mark and version != int(named)):
        raise entry.wrong(f'version is {version:g}; it counts 1, 2, 3 ..., and [kpis."x@2"] is version 2 of x.')
    return int(version)


def read_kpi(entry: Entry, family: str) -> Kpi:
    """Return the KPI of a ``[kpis.<id>]`` entry; ``family`` is the file's own. Raises `DefinitionError`."""
    if not _OLDER.fullmatch(entry.name):
        entry.check_name()
    entry.check_keys(_KPI_KEYS)
    return Kpi(
        id=entry.name,
        family=entry.string("family", family or None),
        titles=entry.words("titles"),
        synonyms=entry.strings("synonyms"),
        formula=entry.string("formula"),
        formula_words=entry.words("formula_words"),
        unit=entry.choice("unit", get_args(Unit)),
        better=entry.choice("better", get_args(Better)),
        horizon=entry.choice("horizon", get_args(Horizon)),
        count=entry.string("count"),
        dimensions=entry.choices("dimensions", get_args(Dimension)),
        source=entry.string("source"),
        examples=_examples(entry),
        by=entry.choice("by", get_args(Dimension)) if "by" in entry.values else "",
        is_forward=entry.flag("is_forward"),
        is_used_up=entry.flag("is_used_up"),
        cohort=entry.string("cohort", ""),
        interval=entry.choice("interval", get_args(Interval)) if "interval" in entry.values else "",
        no_interval=entry.choice("no_interval", get_args(NoInterval)) if "no_interval" in entry.values else "",
        notes=entry.words("notes") if "notes" in entry.values else None,
        version=_version(entry),
    )


def _examples(entry: Entry) -> tuple[Example, ...]:
    value = entry.values.get("examples")
    if not isinstance(value, list) or not value:
        raise entry.wrong(
            "there is no worked example. Add examples = [{ inputs = { won = 6, lost = 4 }, expected = 0.6 }]."
        )
    return tuple(_example(entry, example) for example in value)


def _example(entry: Entry, example: object) -> Example:
    match example:
        case {"inputs": dict(inputs), "expected": int() | float() as expected, **rest} if not rest and all(
            map(_is_number, inputs.values())
        ):
            return Example({name: float(value) for name, value in inputs.items()}, float(expected))
    raise entry.wrong(f"the example {example!r} cannot be read. Write {{ inputs = {{ name = 1 }}, expected = 1 }}.")


def read_scorecard(entry: Entry) -> Scorecard:
    """Return the scorecard of a ``[scorecards.<id>]`` entry. Raises `DefinitionError`."""
    entry.check_name()
    entry.check_keys(("titles", "kpis"))
    kpis = entry.strings("kpis")
    if not kpis:
        raise entry.wrong('a scorecard needs KPIs, as in kpis = ["revenue", "win_rate"].')
    return Scorecard(entry.name, entry.words("titles"), kpis)
