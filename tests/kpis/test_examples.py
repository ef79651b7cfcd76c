"""Every KPI on rows that are few enough to count by hand: ``examples/*.toml``, through the cube to the answer."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pyarrow.parquet as pq
import pytest

from kpis.answers import Answerer
from kpis.build import build_cube
from kpis.catalogue import load_catalogue
from kpis.crossing import SnapshotCrossing
from kpis.cube import Cube
from kpis.periods import Calendar, day_number
from kpis.questions import Question
from kpis.tables import TABLES
from tests.support.canonical import Tables, arrow_table, connection_of

CATALOGUE = load_catalogue()
CALENDAR = Calendar()
FILES = sorted(Path(__file__).with_name("examples").glob("*.toml"))


@dataclass(frozen=True)
class Case:
    """One question about the company of a file, and what it is answered with."""

    file: str
    kpi: str
    who: str
    period: str
    parts: dict[str, float]

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.file, self.kpi, self.who, self.period)))


def cases() -> list[Case]:
    found = []
    for path in FILES:
        for example in tomllib.loads(path.read_text("utf-8"))["examples"]:
            kpi, who, period = (str(example.pop(key, "")) for key in ("kpi", "who", "period"))
            found.append(Case(path.stem, kpi, who, period, example))
    return found


@pytest.fixture(scope="module")
def answerers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answerer]:
    return {path.stem: answerer_of(path, tmp_path_factory.mktemp(path.stem)) for path in FILES}


def answerer_of(path: Path, folder: Path) -> Answerer:
    company = tomllib.loads(path.read_text("utf-8"))
    tables, today = cast("Tables", company["tables"]), day_number(company["today"])
    for name, rows in tables.items():
        assert {key for row in rows for key in row} <= set(TABLES[name].column_names), name
        pq.write_table(arrow_table(TABLES[name], rows), folder / f"{name}.parquet")
    build_cube(connection_of(tables), frozenset(tables), CATALOGUE, CALENDAR, today, folder / "cube")
    cube = Cube.open(folder / "cube")
    return Answerer(cube, CATALOGUE, CALENDAR, today, crossing=SnapshotCrossing(folder))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_a_kpi_is_what_its_rows_come_to_by_hand(answerers: dict[str, Answerer], case: Case) -> None:
    answer = answerers[case.file].answer(Question(case.kpi, case.who, case.period))
    assert answer.state in {"ok", "partial"}, answer.message
    told = {"expected": answer.value, "numerator": answer.numerator, "denominator": answer.denominator, "n": answer.n}
    assert {key: told[key] for key in case.parts} == pytest.approx(case.parts, rel=1e-12)


def test_every_kpi_has_an_example_on_rows() -> None:
    assert {case.kpi for case in cases()} == set(CATALOGUE.kpis)
