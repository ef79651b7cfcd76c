"""The bodies of POST /v1/kpi: both forms ask the same, and what is not of the form is refused in one sentence."""

from __future__ import annotations

import orjson
import pytest

from addon.errors import RequestError
from addon.functions import MOST_QUESTIONS, Cells, Json, read_cells, read_json


def asked(cells: Cells) -> list[tuple[str, str, str, str]]:
    """Write the cells out as rows."""
    return [
        (cells.kpis[kpi], cells.whos[who], cells.periods[period], cells.shows[show])
        for kpi, who, period, show in cells.cells
    ]


def test_rows_and_columns_ask_the_same() -> None:
    rows: dict[str, Json] = {
        "questions": [["win_rate", "Ann", "2026-Q3", "value"], ["revenue", "Bob", "2026-Q3", "value"]]
    }
    columns: dict[str, Json] = {
        "kpi": ["win_rate", "revenue"],
        "who": ["Ann", "Bob"],
        "period": ["2026-Q3"],
        "cells": [[0, 0, 0, 0], [1, 1, 0, 0]],
    }
    assert asked(read_cells(rows)) == asked(read_cells(columns))


def test_short_rows_leave_the_rest_empty() -> None:
    assert asked(read_cells({"questions": [["revenue"], ["revenue", "Ann"]]})) == [
        ("revenue", "", "", ""),
        ("revenue", "Ann", "", ""),
    ]


def test_without_cells_the_columns_are_crossed_row_by_row() -> None:
    cells = read_cells({"kpi": ["a", "b"], "who": ["x", "y"], "period": ["1"]})
    assert asked(cells) == [
        ("a", "x", "1", "value"),
        ("a", "y", "1", "value"),
        ("b", "x", "1", "value"),
        ("b", "y", "1", "value"),
    ]


def test_a_cell_of_another_type_is_read_as_text_and_spoils_no_other() -> None:
    rows: list[Json] = [
        ["revenue", None, 2026],
        ["revenue", True, 2026.0],
        [["x"], {"a": 1}, 1.5],
        ["revenue", "Ann", "2026-Q3"],
    ]
    assert [row[:3] for row in asked(read_cells({"questions": rows}))] == [
        ("revenue", "", "2026"),
        ("revenue", "TRUE", "2026"),
        ('["x"]', '{"a":1}', "1.5"),
        ("revenue", "Ann", "2026-Q3"),
    ]


def test_numbers_that_are_equal_but_written_differently_stay_apart() -> None:
    rows: list[Json] = [["revenue", 1], ["revenue", True], ["revenue", "1"]]
    assert [row[1] for row in asked(read_cells({"questions": rows}))] == ["1", "TRUE", "1"]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"questions": "x"}, "questions is not a list"),
        ({"questions": [["a"], "abc"]}, "question 1 is not a list"),
        ({"questions": [[]]}, "question 0 is not a list of one to four"),
        ({"questions": [["a"] * 5]}, "question 0 is not a list of one to four"),
        ({"questions": [["a"]] * (MOST_QUESTIONS + 1)}, "10,001 questions are more than the 10,000"),
        ({"kpi": ["a"] * 101, "who": ["b"] * 100}, "10,100 questions are more"),
        ({"kpi": []}, "kpi is not a list with at least one"),
        ({"kpi": "a"}, "kpi is not a list"),
        ({"kpi": ["a"], "cells": [[0, 0, 0]]}, "cell 0 does not hold four indexes"),
        ({"kpi": ["a"], "cells": [[0, 0, 0, 1]]}, "cell 0 does not hold"),
        ({"kpi": ["a"], "cells": [[0, 0, 0, True]]}, "cell 0 does not hold"),
        ({"kpi": ["a"], "cells": [[-1, 0, 0, 0]]}, "cell 0 does not hold"),
        ({"kpi": ["a"], "cells": [[0, 0, 0, 0], [2**63, 0, 0, 0]]}, "cell 1 does not hold"),
        ({"kpi": ["a"], "cells": [[0, 0, 0, 0], [0.0, 0, 0, 0]]}, "cell 1 does not hold"),
        ({"kpi": ["a"], "cells": {}}, "cells is not a list"),
        ({"kpi": ["a"], "whom": ["b"]}, "'whom' is not a part"),
        ({}, "The body must be"),
    ],
)
def test_a_body_that_is_not_of_the_form_is_refused_in_a_sentence(document: dict[str, object], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        read_cells(read_json(orjson.dumps(document)))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[1]", "not a list"),
        (b"\xff", "not JSON"),
        (b" " * 2_000_001, "larger than"),
    ],
)
def test_a_body_that_is_not_a_json_object_is_refused(body: bytes, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        read_json(body)
