"""A cube that is updated by what changed is the cube that a full build makes, after any history."""

from __future__ import annotations

import os
import random
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from kpis.build import build_cube
from kpis.catalogue import load_catalogue
from kpis.cube import Cube, CubeData
from kpis.memberships import WHENS
from kpis.periods import Calendar, day_number
from kpis.tables import TABLES
from kpis.update import update_cube
from tests.support.canonical import arrow_table, connection_of
from tests.support.random_org import Org, random_org

CATALOGUE = load_catalogue()
CALENDAR = Calendar()
HISTORY_COUNT = int(os.environ.get("SCORECELL_RANDOM_HISTORIES", "8"))
STEPS = 3
_SIDES = ("old", "new")
CHANGING = (
    "opportunity",
    "opportunity",
    "opportunity_line",
    "lead",
    "activity",
    "account",
    "rep",
    "rep_history",
    "product",
    "target",
)


def changed_org(org: Org, seed: int) -> Org:
    """Return the organisation after a few inserts, updates and deletes, some days later or on the same day."""
    chance = random.Random(seed)
    donor = random_org(seed + 10_000)
    tables = {name: {str(row["id"]): row for row in rows} for name, rows in org.tables.items()}
    for _ in range(chance.randrange(1, 5)):
        name = chance.choice([table for table in CHANGING if table in tables])
        rows = tables[name]
        given = list(donor.tables.get(name, []))
        match chance.choice(["insert", "update", "update", "delete"]):
            case "insert" if given:
                key = f"sf:{name[:3]}{chance.randrange(1000):03d}"
                rows[key] = {**chance.choice(given), "id": key}
            case "update" if rows and given:
                key = chance.choice(sorted(rows))
                part = {column: value for column, value in chance.choice(given).items() if chance.random() < 0.4}
                rows[key] = {**rows[key], **part, "id": key}
            case "delete" if rows:
                del rows[chance.choice(sorted(rows))]
    today = org.today + timedelta(days=chance.choice([0, 0, 1, 40]))
    return Org({name: list(rows.values()) for name, rows in tables.items()}, today)


def connection_between(old: Org, new: Org) -> duckdb.DuckDBPyConnection:
    """Return a connection as a merge leaves it: rows before, rows now, and the ids of those that differ."""
    connection = connection_of({})
    connection.execute("CREATE SCHEMA old; CREATE SCHEMA new; CREATE SCHEMA changed")
    for name in new.tables:
        for schema, org in (("old", old), ("new", new)):
            connection.register("some_rows", arrow_table(TABLES[name], org.tables[name]))
            connection.execute(f"CREATE TABLE {schema}.{name} AS SELECT * FROM some_rows")
            connection.unregister("some_rows")
        gone, come = (f"SELECT * FROM {a}.{name} EXCEPT SELECT * FROM {b}.{name}" for a, b in (_SIDES, _SIDES[::-1]))
        connection.execute(f"CREATE TABLE changed.{name} AS SELECT id FROM ({gone}) UNION SELECT id FROM ({come})")
    connection.execute("SET schema = 'new'")
    return connection


@pytest.mark.parametrize("seed", range(HISTORY_COUNT))
def test_an_updated_cube_is_the_cube_of_a_full_build(seed: int, tmp_path: Path) -> None:
    org, when = random_org(seed + 500), WHENS[seed % 2]
    tables = frozenset(org.tables)
    current = tmp_path / "0"
    build_cube(connection_of(org.tables), tables, CATALOGUE, CALENDAR, day_number(org.today), current, when=when)
    coarsest = coarser({}, Cube.open(current).data())
    for step in range(1, STEPS + 1):
        new = changed_org(org, seed * 100 + step)
        updated, anew = tmp_path / f"{step}", tmp_path / f"{step}-anew"
        today = day_number(new.today)
        connection = connection_between(org, new)
        assert update_cube(
            connection, tables, CATALOGUE, CALENDAR, today, updated, current, largest_share=10.0, when=when
        )
        build_cube(connection_of(new.tables), tables, CATALOGUE, CALENDAR, today, anew, when=when)
        coarsest = coarser(coarsest, Cube.open(updated).data())
        assert_same(Cube.open(updated).data(), Cube.open(anew).data(), coarsest)
        org, current = new, updated


def coarser(units: dict[tuple[str, str], float], data: CubeData) -> dict[tuple[str, str], float]:
    """Return the smallest unit that each total has had."""
    now = {
        (name, total): unit
        for name, block in data.blocks.items()
        for total, unit in zip(block.totals, block.units, strict=True)
    }
    return {key: min(unit, units.get(key, unit)) for key, unit in now.items()}


def assert_same(one: CubeData, other: CubeData, coarsest: dict[tuple[str, str], float]) -> None:
    assert {name: members.all for name, members in one.dimensions.items()} == {
        name: members.all for name, members in other.dimensions.items()
    }
    assert (one.spans, one.problems, one.today) == (other.spans, other.problems, other.today)
    for blocks, expected in ((one.blocks, other.blocks), (one.targets, other.targets)):
        assert set(blocks) == set(expected)
        for name, block in blocks.items():
            assert np.array_equal(block.keys, expected[name].keys), name
            for row, total in enumerate(block.totals):
                values = block.entry_sums()[row] / block.units[row]
                wanted = expected[name].entry_sums()[row] / expected[name].units[row]
                # Sums of squares are of any size: what a cube held in coarse units stays coarse when it is updated.
                slack = STEPS / coarsest[name, total] if " * " in total else 0.0
                assert np.allclose(values, wanted, rtol=1e-9, atol=1e-9 + slack), (name, total)
    for name, reps in one.groups.items():
        for part in ("first", "moves", "groups"):
            assert np.array_equal(getattr(reps, part), getattr(other.groups[name], part)), (name, part)
    for name, sample in one.quantiles.items():
        assert np.array_equal(sample.keys, other.quantiles[name].keys), name
        assert np.array_equal(sample.values, other.quantiles[name].values), name
    for name, kinds in one.distincts.items():
        for part in ("keys", "values", "before", "rows"):
            assert np.array_equal(getattr(kinds, part), getattr(other.distincts[name], part)), (name, part)
    for name, stays in one.stays.items():
        for part in ("keys", "values", "ends"):
            assert np.array_equal(getattr(stays, part), getattr(other.stays[name], part)), (name, part)
    assert (set(one.quantiles), set(one.distincts), set(one.stays)) == (
        set(other.quantiles), set(other.distincts), set(other.stays),
    )  # fmt: skip


def test_a_cube_of_other_definitions_is_built_in_full(tmp_path: Path) -> None:
    org = random_org(3)
    tables, today = frozenset(org.tables), day_number(org.today)
    other_calendar = Calendar(holidays=frozenset({today}))
    build_cube(connection_of(org.tables), tables, CATALOGUE, other_calendar, today, tmp_path / "old")
    connection = connection_between(org, org)
    assert not update_cube(connection, tables, CATALOGUE, CALENDAR, today, tmp_path / "new", tmp_path / "old")
    assert not update_cube(connection, tables, CATALOGUE, CALENDAR, today, tmp_path / "new", tmp_path / "missing")
    assert not update_cube(
        connection, tables, CATALOGUE, CALENDAR, today, tmp_path / "then", tmp_path / "new", when="then"
    )
    assert update_cube(connection, tables, CATALOGUE, CALENDAR, today, tmp_path / "newer", tmp_path / "new")
    for name in ("cube.json", "cube.bin"):
        assert (tmp_path / "newer" / name).read_bytes() == (tmp_path / "new" / name).read_bytes()
