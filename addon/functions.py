"""The custom functions' side of HTTP: read the bodies the contract gives, and write answers ready for cells.

Pure: bytes and values in, values out. A body that is not of its form raises `RequestError` with one sentence; a
question that cannot be understood is a state in its cell, and the others are answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, Protocol

import orjson

from addon.errors import RequestError
from kpis.questions import Answer

MOST_QUESTIONS: Final = 10_000
MOST_BODY_BYTES: Final = 2_000_000
_MOST_WORD_LENGTH: Final = 300
_FORM: Final = (
    'The body must be {"questions": [[kpi, who, period, show], ...]} or '
    '{"kpi": [...], "who": [...], "period": [...], "show": [...], "cells": [[0, 0, 0, 0], ...]}'
)

Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]


@dataclass(frozen=True, slots=True)
class Cells:
    """Many questions at once: the distinct words of each part, and per cell the index of its word in each."""

    kpis: Sequence[str]
    whos: Sequence[str]
    periods: Sequence[str]
    shows: Sequence[str]
    cells: Sequence[Sequence[int]]


class Answers(Protocol):
    """What answers cells: numbers or None per cell, and the answers that are not ok by the cell's index."""

    def values(
        self,
        kpis: Sequence[str],
        whos: Sequence[str],
        periods: Sequence[str],
        shows: Sequence[str],
        cells: Sequence[Sequence[int]],
    ) -> tuple[list[float | None], Mapping[int, Answer]]:
        """Answer every cell."""


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
    for index, row in enumerate(questions):
        if not isinstance(row, list) or not 1 <= len(row) <= 4:
            raise RequestError(f"{_FORM}; question {index} is not a list of one to four texts.")
    try:
        return _interned(questions)
    except TypeError:  # a list or an object where a text belongs
        return _interned([[word(value) for value in row] for row in questions])


def _interned(questions: Sequence[Sequence[Json]]) -> Cells:
    """Return the distinct words and their indexes. One pass, few calls: this is most of what rows of text cost."""
    kpis: dict[Json, int] = {}
    whos: dict[Json, int] = {}
    periods: dict[Json, int] = {}
    shows: dict[Json, int] = {}
    cells = []
    for row in questions:
        kpi, who, period, show = row if len(row) == 4 else (*row, "", "", "", "")[:4]
        cells.append(
            (
                kpis.setdefault(kpi, len(kpis)),
                whos.setdefault(who, len(whos)),
                periods.setdefault(period, len(periods)),
                shows.setdefault(show, len(shows)),
            )
        )
    return Cells(_texts(kpis), _texts(whos), _texts(periods), _texts(shows), cells)


def _from_columns(document: Mapping[str, Json]) -> Cells:
    unknown = set(document) - {*_COLUMN_DEFAULTS, "cells"}
    if "kpi" not in document or unknown:
        said = f"; {sorted(unknown)[0]!r} is not a part of it" if unknown else ""
        raise RequestError(f"{_FORM}{said}.")
    kpis, whos, periods, shows = (_words(document, name, default) for name, default in _COLUMN_DEFAULTS.items())
    limits = len(kpis), len(whos), len(periods), len(shows)
    given = document.get("cells")
    if given is None:
        _check_count(limits[0] * limits[1] * limits[2] * limits[3])
        return Cells(kpis, whos, periods, shows, list(product(*map(range, limits))))
    if not isinstance(given, list):
        raise RequestError(f"{_FORM}; cells is not a list.")
    _check_count(len(given))
    for index, cell in enumerate(given):
        if not _is_cell(cell, limits):
            raise RequestError(f"{_FORM}; cell {index} does not hold four indexes into kpi, who, period and show.")
    return Cells(kpis, whos, periods, shows, given)


_COLUMN_DEFAULTS: Final = {"kpi": None, "who": "", "period": "", "show": "value"}


def _words(document: Mapping[str, Json], name: str, default: str | None) -> list[str]:
    given = document.get(name)
    if given is None and default is not None:
        return [default]
    if not isinstance(given, list) or not given:
        raise RequestError(f"{_FORM}; {name} is not a list with at least one text.")
    _check_count(len(given))
    return [word(value) for value in given]


def _texts(words: Iterable[Json]) -> list[str]:
    return [word(value) for value in words]


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


def states_of(not_ok: Mapping[int, Answer]) -> dict[str, dict[str, str]]:
    """Return the states object of an answer: only the cells that are not ok."""
    return {str(index): {"state": answer.state, "message": answer.message} for index, answer in not_ok.items()}
