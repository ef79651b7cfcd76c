"""Random histories of an organisation, read piece by piece, end as if all had been read at once."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from connectors.sandbox.salesforce import SalesforceSettings as OrgSettings
from connectors.source import Change, Checkpoint, Cursor
from tests.support.salesforce_org import ALICE, BOB, CHARLIE, Read, World, keep, small_world

# SCORECELL_HISTORIES=2000 runs the long proof; a few are run each time.
HISTORIES: Final = int(os.environ.get("SCORECELL_HISTORIES", "8"))
STEPS: Final = 8
EDITS_A_STEP: Final = 6
OBJECTS: Final = {
    "Organization", "User", "Account", "Opportunity", "OpportunityHistory", "OpportunityLineItem", "Lead", "Task",
}  # fmt: skip


def living(world: World, name: str, *, deleted: bool = False) -> list[str]:
    table = world.org.table(name)
    assert table is not None
    return [key for key, row in table.rows.items() if bool(table.named(row)["IsDeleted"]) == deleted]


def edit(world: World, chance: random.Random) -> None:
    """Let somebody do something, now or as a commit that is seen up to ten minutes late."""
    late = world.clock.now.timestamp() + chance.choice([0, 0, 60, 300, 600])
    visible_from = (
        type(world.clock.now).fromtimestamp(late, world.clock.now.tzinfo) if chance.random() < 0.5 else None
    )
    name = chance.choice(["Account", "Opportunity", "Opportunity", "Lead", "Task"])
    keys, bin_keys = living(world, name), living(world, name, deleted=True)
    match chance.choice(["insert", "insert", "update", "update", "owner", "delete", "undelete", "erase", "merge"]):
        case "insert":
            insert(world, name, chance, visible_from)
        case "update" if keys:
            field = {"Account": "Name", "Opportunity": "StageName", "Lead": "Status", "Task": "Status"}[name]
            value = chance.choice(["Prospecting", "Qualification", "Closed Won", "Closed Lost"])
            world.org.update(name, chance.choice(keys), visible_from=visible_from, **{field: value})  # type: ignore[arg-type] # a field
        case "owner" if keys:
            owner = chance.choice([ALICE, BOB, CHARLIE])
            world.org.update(name, chance.choice(keys), visible_from=visible_from, OwnerId=owner)
        case "delete" if keys:
            world.org.delete(name, chance.choice(keys))
        case "undelete" if bin_keys:
            world.org.undelete(name, chance.choice(bin_keys))
        case "erase" if keys + bin_keys:
            world.org.hard_delete(name, chance.choice(keys + bin_keys))
        case "merge" if name in {"Account", "Lead"} and len(keys) > 1:
            winner, loser = chance.sample(keys, 2)
            world.org.merge(name, winner, loser)
        case _:
            world.clock.pass_minutes(1)


def insert(world: World, name: str, chance: random.Random, visible_from: object) -> None:
    accounts = living(world, "Account")
    fields: dict[str, object] = {
        "Account": {"Name": "New", "Industry": chance.choice(["Retail", "Steel"])},
        "Opportunity": {
            "Name": "New",
            "StageName": "Prospecting",
            "CloseDate": "2026-12-01",
            "Amount": chance.randrange(1000),
            "AccountId": chance.choice(accounts) if accounts else None,
        },
        "Lead": {"LastName": "New", "Company": "New", "Status": "New"},
        "Task": {"Status": "Completed", "Priority": "Normal", "Type": chance.choice(["Call", "Other"])},
    }[name]  # type: ignore[assignment] # a table of field values
    world.org.insert(name, visible_from=visible_from, OwnerId=chance.choice([BOB, CHARLIE]), **fields)  # type: ignore[arg-type] # as above


class Reader:
    """One source for a whole history, of the objects that somebody works on; some runs read in bulk."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self._source = world.source()
        self._source.mappings = tuple(each for each in self._source.mappings if each.name in OBJECTS)
        self._chance = chance

    def changes(self, cursor: Cursor) -> Iterator[Change]:
        bulk_rows = self._chance.choice([1, 3, 10_000, 10_000])
        self._source.settings = replace(self._source.settings, bulk_rows=bulk_rows)
        return self._source.changes(cursor)


def read_on(world: World, reader: Reader, state: Read, chance: random.Random) -> Read:
    """Read what changed. Now and then the run is killed half-way and goes on later, while the work goes on."""
    kept: list[Sequence[Change]] = []
    for _ in range(3):
        changes = reader.changes({**state.cursor, **keep((), stopped=kept).cursor})
        if chance.random() < 0.8:
            return keep(changes, state, stopped=kept)
        kept.append(up_to_a_checkpoint(list(islice(changes, chance.randrange(40)))))
        edit(world, chance)
        world.clock.pass_minutes(chance.choice([0, 1, 20, 300]))
    return keep(reader.changes({**state.cursor, **keep((), stopped=kept).cursor}), state, stopped=kept)


def up_to_a_checkpoint(changes: Sequence[Change]) -> list[Change]:
    """Return what would be on disk: the changes up to the last checkpoint."""
    last = max((number for number, each in enumerate(changes, 1) if isinstance(each, Checkpoint)), default=0)
    return list(changes[:last])


@pytest.mark.parametrize("seed", range(HISTORIES))
def test_a_history_read_piece_by_piece_is_the_same_as_read_at_once(seed: int) -> None:
    chance = random.Random(seed)
    page_rows = chance.choice([1, 2, 3, 7, chance.randint(1, 2_000), 2_000])
    settings = OrgSettings(page_rows_max=page_rows, bulk_page_rows_max=chance.choice([1, 2, 50_000]), bulk_polls=0)
    with TemporaryDirectory() as folder, small_world(Path(folder), settings=settings) as world:
        reader = Reader(world, chance)
        state = read_on(world, reader, Read(), chance)
        for _ in range(STEPS):
            for _ in range(EDITS_A_STEP):
                edit(world, chance)
                world.clock.pass_minutes(chance.choice([0, 0, 0.5, 5]))
            if chance.random() < 0.8:
                state = read_on(world, reader, state, chance)
            world.clock.pass_minutes(chance.choice([0, 1, 20, 60, 600]))
        world.clock.pass_minutes(15)  # what was still to be seen late is seen now
        state = keep(reader.changes(state.cursor), state)
        world.clock.pass_minutes(25 * 60)
        state = keep(reader.changes(state.cursor), state)
        whole = keep(reader.changes({}))
    assert state.problems == []
    for table, rows in whole.rows.items():
        assert state.rows[table] == rows, f"{table} of history {seed}"
