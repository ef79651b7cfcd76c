"""An organisation's rows as a snapshot has them, opened for answers and for what explains them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from kpis.answers import Answerer
from kpis.build import build_cube
from kpis.catalogue import load_catalogue
from kpis.crossing import SnapshotCrossing
from kpis.cube import Cube
from kpis.definitions import Catalogue
from kpis.engine import FactEngine, opened
from kpis.memberships import When
from kpis.periods import Calendar, day_number
from kpis.tables import TABLES
from tests.support.canonical import Tables, arrow_table, connection_of

CATALOGUE: Catalogue = load_catalogue()


@dataclass
class OpenedOrg:
    """Answers, and the rows behind them; ``times_opened`` says how often somebody asked for the rows."""

    folder: Path
    calendar: Calendar
    today: int
    times_opened: int = 0
    _engine: FactEngine | None = None
    _answerers: dict[str, Answerer] = field(default_factory=dict)

    def answerer(self, limit: str = "") -> Answerer:
        if limit not in self._answerers:
            cube, crossing = Cube.open(self.folder / "cube"), SnapshotCrossing(self.folder)
            self._answerers[limit] = Answerer(
                cube, CATALOGUE, self.calendar, self.today, limit=limit, crossing=crossing
            )
        return self._answerers[limit]

    def facts(self) -> FactEngine:
        self.times_opened += 1
        self._engine = self._engine or opened(self.folder, self.today)
        return self._engine


def opened_org(
    tables: Tables, today: date, folder: Path, calendar: Calendar | None = None, when: When = "now"
) -> OpenedOrg:
    folder.mkdir(exist_ok=True)
    days, day = calendar or Calendar(), day_number(today)
    build_cube(connection_of(tables), frozenset(tables), CATALOGUE, days, day, folder / "cube", when=when)
    for name, rows in tables.items():
        pq.write_table(arrow_table(TABLES[name], rows), folder / f"{name}.parquet")
    return OpenedOrg(folder, days, day)
