"""Filters in words: which rows a measure takes, of whom and when; the words stand in ``filter_words.toml``."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, get_args

from kpis.cube import Cube
from kpis.definitions import Catalogue, Condition, Language, Measure
from kpis.evidence import Scope
from kpis.facts import FACTS
from kpis.memberships import GROUPS
from kpis.periods import date_of
from kpis.shifts import is_to_date

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
_FILE: Final = Path(__file__).with_name("filter_words.toml")
_OPPOSITE: Final = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
Texts = Mapping[Language, str]


def texts(section: str, key: str, values: Mapping[str, Texts | str] | None = None) -> Texts:
    """Return a text of the file in each language, its ``{names}`` filled in. Values are never looked into."""
    found = _words()[section][key]
    return {
        language: found[language].format(
            **{name: value if isinstance(value, str) else value[language] for name, value in (values or {}).items()}
        )
        for language in LANGUAGES
    }


def noun(section: str, key: str) -> Texts:
    """Return what something is called, or its name as it is where the file has no word for it."""
    return texts(section, key) if key in _words()[section] else dict.fromkeys(LANGUAGES, key.replace("_", " "))


def filter_words(measure: Measure, scope: Scope, catalogue: Catalogue, cube: Cube, today: int) -> Texts:
    """Return which rows, members or days a measure takes: which, when, under which conditions, of whom."""
    when = _when(measure, scope, catalogue, today, measure.kind)
    conditions = _joined(", ", [condition_words(condition) for condition in measure.where])
    which = _joined(texts("marks", "colon"), [when, conditions]) if measure.where else when
    is_of_slice = scope.dimensions and measure.kind != "whole"
    return _joined(texts("marks", "semicolon"), [which, slice_words(scope, cube)]) if is_of_slice else which


def population_words(measure: Measure, scope: Scope, catalogue: Catalogue, today: int) -> Texts:
    """Return what a measure chooses from: the rows of its fact in the period, or come by its end."""
    return _when(measure, scope, catalogue, today, "come" if measure.end_axis else measure.kind)


def _when(measure: Measure, scope: Scope, catalogue: Catalogue, today: int, key: str) -> Texts:
    values: dict[str, Texts | str] = {
        "first": str(date_of(scope.period.first)),
        "last": str(date_of(scope.period.last)),
        "until": str(date_of(min(scope.period.last, today))),
        "condition": measure.condition,
        "than": measure.than,
    }
    if measure.fact:
        values |= {"fact": noun("facts", FACTS[measure.fact].table), "axis": noun("axes", measure.axis)}
    if measure.over:
        values["fact"] = noun("members", measure.over)
    if measure.kind == "target":
        values["kpi"] = catalogue.kpis[measure.of].titles
    if measure.kind == "whole":
        of = catalogue.kpis.get(measure.of)
        values["of"] = of.titles if of else catalogue.measures[measure.of].words
    if measure.counts == "waiting":
        key = "waiting"
    if measure.kind in {"flow", "quantile", "distinct"} and is_to_date(scope.period):
        key = "come"
    if scope.period.last < scope.period.first:
        key = "none"
    return texts("periods", key if key in _words()["periods"] else "flow", values)


def slice_words(scope: Scope, cube: Cube) -> Texts:
    """Return whose rows are taken: ``team West, product GTX Pro``."""
    if not scope.dimensions:
        return texts("dimensions", "company")
    parts = []
    for dimension, codes in zip(scope.dimensions, scope.members, strict=True):
        names = ", ".join(cube.members(dimension).all[code].name for code in sorted(codes))
        parts.append(_joined(" ", [noun("dimensions", dimension), dict.fromkeys(LANGUAGES, names)]))
    return _joined(", ", parts)


def membership_words(scope: Scope, cube: Cube) -> Texts:
    """Return how the teams and regions of a slice are taken; nothing where there are none in it."""
    return texts("membership", cube.when) if set(GROUPS).intersection(scope.dimensions) else {}


def condition_words(condition: Condition) -> Texts:
    """Return what a condition asks of a row."""
    return _condition(condition, holds=True)


def failure_words(condition: Condition) -> Texts:
    """Return what is to be said of a row that does not meet a condition."""
    return _condition(condition, holds=False)


def _condition(condition: Condition, *, holds: bool) -> Texts:
    column, operand = noun("columns", condition.column), condition.operand
    if isinstance(operand, bool) and condition.column in _words()["flags"]:
        is_yes = (operand is (condition.operator == "=")) is holds
        return {
            language: words[0 if is_yes else 1] for language, words in _words()["flags"][condition.column].items()
        }
    match condition.operator:
        case "is null" | "is not null":
            key = "with" if (condition.operator == "is not null") is holds else "without"
            return texts("conditions", key, {"column": column})
        case "=" | "in" | "!=":
            key = "is" if (condition.operator != "!=") is holds else "is_not"
            return texts("conditions", key, {"column": column, "operand": _operand(operand)})
        case operator:
            key = "compares" if holds else "compares_not"
            shown = operator if holds else _OPPOSITE[operator]
            words = _operand(operand)
            if condition.column.endswith("_day") and isinstance(operand, int | float):
                words = str(date_of(math.floor(operand)))
            return texts("conditions", key, {"column": column, "operator": shown, "operand": words})


def _operand(operand: object) -> Texts | str:
    if isinstance(operand, tuple):
        return {language: either.join(operand) for language, either in texts("conditions", "or").items()}
    return f"{operand:g}" if isinstance(operand, float) else str(operand)


def _joined(mark: Texts | str, parts: Sequence[Texts]) -> Texts:
    marks = dict.fromkeys(LANGUAGES, mark) if isinstance(mark, str) else mark
    return {language: marks[language].join(part[language] for part in parts) for language in LANGUAGES}


@cache
def _words() -> Mapping[str, Mapping[str, Mapping[Language, str]]]:
    words: Mapping[str, Mapping[str, Mapping[Language, str]]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return words
