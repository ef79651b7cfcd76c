"""The custom functions' side of HTTP: read the bodies the contract gives, and write answers ready for cells.

Pure: bytes and values in, values out. A body that is not of its form raises `RequestError` with one sentence; a
question that cannot be understood is a state in its cell, and the others are answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
import orjson

from addon.errors import RequestError
from kpis.blocks import Integers
from kpis.definitions import Language
from kpis.results import Reason
from kpis.said import in_language

MOST_QUESTIONS: Final = 10_000
MOST_BODY_BYTES: Final = 2_000_000
_MOST_WORD_LENGTH: Final = 300
_PARTS: Final = 4
"""A question has four parts: KPI, who, period, show."""
_FORM: Final = (
    'The body must be {"questions": [[kpi, who, period, show], ...]} or '
    '{"kpi": [...], "who": [...], "period": [...], "show": [...], "cells": [[0, 0, 0, 0], ...]}'
)

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]


@dataclass(frozen=True, slots=True)
class Cells:
    """Many questions at once: the distinct words of each part, and per cell, a row each, the places of its words."""

    kpis: Sequence[str]
    whos: Sequence[str]
    periods: Sequence[str]
    shows: Sequence[str]
    cells: Integers


def read_json(body: bytes) -> Mapping[str, Json]:
    """Return the body's JSON object. Raises `RequestError`."""
    if len(body) > MOST_BODY_BYTES:
        raise RequestError(f"The body is larger than {MOST_BODY_BYTES:,} bytes; ask in several requests.")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestError(f"The body is not JSON: {error}.") from None
    if not isinstance(document, dict):
        raise RequestError(f"{_FORM}, not a {type(document).__name__}.")
    return document


def read_cells(document: Mapping[str, Json]) -> Cells:
    """Return the questions of either form. Raises `RequestError` naming what is wrong."""
    return _from_rows(document["questions"]) if "questions" in document else _from_columns(document)


def _from_rows(questions: Json) -> Cells:
    if not isinstance(questions, list):
        raise RequestError(f"{_FORM}; questions is not a list.")
    _check_count(len(questions))
    lengths = set(map(len, questions)) if set(map(type, questions)) <= {list} else {0}
    if not lengths <= {1, 2, 3, 4}:
        index = next(place for place, row in enumerate(questions) if type(row) is not list or not 1 <= len(row) <= 4)
        raise RequestError(f"{_FORM}; question {index} is not a list of one to four texts.")
    rows: list[list[Json]] = questions
    width = max(lengths, default=1)
    if len(lengths) > 1:
        rows = [[*row, *[""] * (width - len(row))] for row in rows]
    return _interned(list(chain.from_iterable(rows)), width)


class _Places(dict[Json, int]):
    """Numbers words in the order in which they are first asked for."""

    def __missing__(self, text: Json) -> int:
        place = self[text] = len(self)
        return place


def _interned(flat: list[Json], width: int) -> Cells:
    """Return the distinct words of questions that lie end to end, and the places of each question's words.

    Whole columns at a time: this is most of what rows of text cost.
    """
    count = len(flat) // width
    places = np.zeros((count, _PARTS), dtype=np.int64)
    words: list[list[str]] = [[""]] * _PARTS
    for part in range(width):
        known = _Places()
        try:
            places[:, part] = np.fromiter(map(known.__getitem__, flat[part::width]), dtype=np.int64, count=count)
        except TypeError:  # a list or an object where a text belongs
            return _interned([word(value) for value in flat], width)
        if set(map(type, known)) - {str}:  # 1, 1.0 and true are one key of a dictionary, but not one word
            return _interned([word(value) for value in flat], width)
        words[part] = [word(text) for text in known]
    return Cells(words[0], words[1], words[2], words[3], places)


def _from_columns(document: Mapping[str, Json]) -> Cells:
    unknown = set(document) - {*_COLUMN_DEFAULTS, "cells", "as_of", "language"}
    if "kpi" not in document or unknown:
        said = f"; {sorted(unknown)[0]!r} is not a part of it" if unknown else ""
        raise RequestError(f"{_FORM}{said}.")
    kpis, whos, periods, shows = (_words(document, name, default) for name, default in _COLUMN_DEFAULTS.items())
    limits = len(kpis), len(whos), len(periods), len(shows)
    given = document.get("cells")
    if given is None:
        _check_count(limits[0] * limits[1] * limits[2] * limits[3])
        return Cells(kpis, whos, periods, shows, np.indices(limits).reshape(_PARTS, -1).T)
    if not isinstance(given, list):
        raise RequestError(f"{_FORM}; cells is not a list.")
    _check_count(len(given))
    return Cells(kpis, whos, periods, shows, _places(given, limits))


def _places(given: Sequence[Json], limits: tuple[int, ...]) -> Integers:
    """Return the places of all cells, checked as a whole; only what is wrong is looked for one by one."""
    if set(map(type, given)) <= {list} and set(map(len, given)) <= {_PARTS}:  # type: ignore[arg-type] # all are lists
        places = _whole_numbers(given)  # type: ignore[arg-type] # all are lists
        if places is not None and np.all(places >= 0) and np.all(places < limits):
            return places
    index = next(place for place, cell in enumerate(given) if not _is_cell(cell, limits))
    raise RequestError(f"{_FORM}; cell {index} does not hold four indexes into kpi, who, period and show.")


def _whole_numbers(cells: Sequence[list[int]]) -> Integers | None:
    """Return the cells as an array, None if one holds anything but whole numbers of 64 bits."""
    if set(map(type, chain.from_iterable(cells))) - {int}:
        return None
    try:
        flat = np.fromiter(chain.from_iterable(cells), dtype=np.int64, count=_PARTS * len(cells))
    except OverflowError:
        return None
    return flat.reshape(-1, _PARTS)


_COLUMN_DEFAULTS: Final = {"kpi": None, "who": "", "period": "", "show": "value"}


def _words(document: Mapping[str, Json], name: str, default: str | None) -> list[str]:
    given = document.get(name)
    if given is None and default is not None:
        return [default]
    if not isinstance(given, list) or not given:
        raise RequestError(f"{_FORM}; {name} is not a list with at least one text.")
    _check_count(len(given))
    return [word(value) for value in given]


def word(value: Json) -> str:
    """Return what a cell of any type says as text: 2026 is a year, and TRUE will be no name of anything."""
    if isinstance(value, str):
        return value[:_MOST_WORD_LENGTH]
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return orjson.dumps(value).decode()[:_MOST_WORD_LENGTH]


def _check_count(count: int) -> None:
    if count > MOST_QUESTIONS:
        raise RequestError(
            f"{count:,} questions are more than the {MOST_QUESTIONS:,} that one request may ask; ask in several."
        )


def _is_cell(cell: object, limits: tuple[int, ...]) -> bool:
    return (
        isinstance(cell, list)
        and len(cell) == len(limits)
        and all(type(code) is int and 0 <= code < limit for code, limit in zip(cell, limits, strict=True))
    )


def states_of(odd: Iterable[tuple[int, Reason]], language: Language = "en") -> dict[str, Mapping[str, str]]:
    """Return the states object of an answer: the cells that are not ok. Cells with one reason share one object."""
    documents: dict[int, Mapping[str, str]] = {}
    states: dict[str, Mapping[str, str]] = {}
    for cell, reason in odd:
        document = documents.get(id(reason))
        if document is None:
            document = documents[id(reason)] = {
                "state": reason.state,
                "message": in_language(reason.sentence, language),
            }
        states[str(cell)] = document
    return states
