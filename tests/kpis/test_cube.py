"""The cube on disk, and what it takes to answer from it."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from kpis.arrays import MappedArrays, write_arrays
from kpis.build import build_cube
from kpis.catalogue import load_catalogue
from kpis.cube import Cube
from kpis.errors import KpiError
from kpis.periods import Calendar, day_number
from kpis.questions import Question
from tests.support.canonical import Row, connection_of
from tests.support.opened_org import opened_org
from tests.support.random_org import random_org

ROOT = Path(__file__).resolve().parents[2]
ANSWER = """
import sys
from pathlib import Path
from kpis.answers import Answerer
from kpis.catalogue import load_catalogue
from kpis.cube import Cube
from kpis.periods import Calendar
from kpis.questions import Question
cube = Cube.open(Path(sys.argv[1]))
answer = Answerer(cube, load_catalogue(), Calendar(), cube.today).answer(Question("revenue", "", "2024"))
print(answer.state, sorted({"duckdb", "pyarrow", "sqlglot", "flask", "requests"} & set(sys.modules)))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    org = random_org(1)
    tables = frozenset(org.tables)
    today = day_number(org.today)
    build_cube(connection_of(org.tables), tables, load_catalogue(), Calendar(), today, tmp_path / "cube")
    return tmp_path / "cube"


def test_a_cold_process_answers_without_any_database(folder: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", ANSWER, str(folder)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout == "ok []\n"


def test_a_cube_that_is_cut_short_or_absent_is_refused_with_a_remedy(folder: Path) -> None:
    size = (folder / "cube.bin").stat().st_size
    with (folder / "cube.bin").open("r+b") as file:
        file.truncate(size // 2)
    cube = Cube.open(folder)
    with pytest.raises(KpiError, match="Run a full sync"):
        cube.data()
    (folder / "cube.json").write_text("{")
    with pytest.raises(KpiError, match="Run a full sync"):
        Cube.open(folder)
    with pytest.raises(KpiError, match="Run a full sync"):
        Cube.open(folder / "nowhere")


def test_arrays_come_back_as_they_were_written(folder: Path) -> None:
    cube = Cube.open(folder)
    arrays = {name: block.keys for name, block in cube.data().blocks.items()}
    places = write_arrays(folder / "copy.bin", arrays)
    copy = MappedArrays(folder / "copy.bin", places)
    for name, array in arrays.items():
        assert copy[name].tolist() == array.tolist()
    assert "nothing" not in copy
    assert MappedArrays(folder / "empty.bin", write_arrays(folder / "empty.bin", {})).__contains__("x") is False


def test_numbers_too_large_to_be_added_up_are_named_and_all_others_are_added(tmp_path: Path) -> None:
    def won(key: str, amount: float) -> Row:
        return {"id": key, "amount": amount, "close_date": date(2026, 3, 2), "is_closed": True, "is_won": True}

    deals = [won("over", 9.9e25), won("under", -1e17), *(won(f"d{number}", 9e16) for number in range(3_000))]
    line = {"id": "l1", "opportunity": "d1", "quantity": 1e9, "unit_price": 1e9}
    org = opened_org({"opportunity": deals, "opportunity_line": [line]}, date(2026, 3, 31), tmp_path / "org")
    assert org.answerer().answer(Question("revenue", "", "2026-03")).value == pytest.approx(2.7e20)
    told = " ".join(org.answerer().cube.problems)
    for words in (
        "amount of opportunity over",
        "amount of opportunity under",
        "quantity * unit_price of opportunity_li",
    ):
        assert words in told, words
