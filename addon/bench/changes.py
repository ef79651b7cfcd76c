"""A source that has nothing but changed deals: other amounts, owners, dates and outcomes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from addon.bench.facts import rep_id
from addon.bench.snapshots import SOURCE
from addon.bench.world import REPS
from connectors.source import Batch, Change, Checkpoint, Cursor
from kpis.tables import TABLES

if TYPE_CHECKING:
    from addon.snapshot import Snapshot

_ROWS_A_BATCH = 2_000


@dataclass(frozen=True, slots=True)
class ChangedDeals:
    """Delivers rows that were prepared before; no time is spent on making them."""

    columns: dict[str, Sequence[object]]
    number: int
    name: str = SOURCE
    call_count: int = 0

    @property
    def row_count(self) -> int:
        """How many deals have changed."""
        return len(self.columns["id"])

    def changes(self, _cursor: Cursor) -> Iterator[Change]:
        """Yield the rows in batches as pages of an API would be."""
        for start in range(0, self.row_count, _ROWS_A_BATCH):
            part = slice(start, start + _ROWS_A_BATCH)
            yield Batch("opportunity", {name: values[part] for name, values in self.columns.items()})
        yield Checkpoint("opportunity", str(self.number))


def changed_deals(snapshot: Snapshot, count: int, number: int) -> ChangedDeals:
    """Draw deals of the snapshot and change them: all in amount, some in owner, close date or outcome too."""
    generator = np.random.default_rng(number)
    names = TABLES["opportunity"].column_names
    listed = ", ".join(f'"{name}"' for name in names)
    with duckdb.connect(config={"threads": 2}) as connection:
        relation = connection.read_parquet(str(snapshot.fact_file("opportunity")))
        rows = relation.order("id").project(listed).fetchall()
    chosen = generator.choice(len(rows), count, replace=False)
    changed = [_changed(dict(zip(names, rows[place], strict=True)), generator) for place in chosen.tolist()]
    return ChangedDeals({name: [row[name] for row in changed] for name in names}, number)


def _changed(row: dict[str, object], generator: np.random.Generator) -> dict[str, object]:
    created, amount = row["created_at"], row["amount"]
    assert isinstance(created, datetime)  # noqa: S101 - every deal of the world has one
    assert isinstance(amount, float)  # noqa: S101 - every deal of the world has one
    row |= {"created_at": created.replace(tzinfo=UTC), "amount": round(amount * 1.1, 2)}
    match int(generator.integers(0, 5)):
        case 0:
            row["owner"] = rep_id(int(generator.integers(0, REPS)))
        case 1:
            row["is_won"] = row["is_closed"]
        case 2:
            row["close_date"] = created.date()
    return row
