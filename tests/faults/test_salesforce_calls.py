"""Each fault at each call that reading makes: before the answer, in it and after it.

The same rows come, or an error of ours, or a problem that is said; in bounded time and with five tries at most. Every
call is struck with SCORECELL_FAULTS=1; by default only every so many, each time others.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pytest

from connectors.errors import SourceError
from connectors.http import Patience
from connectors.salesforce import SalesforceSource
from connectors.sandbox.faults import REFUSALS
from connectors.sandbox.server import Call, Fault
from tests.support.salesforce_org import LEAD, MORE_FILES, Read, World, many_deals, read, small_world

STRIDE: Final = int(os.environ.get("SCORECELL_FAULTS", "9"))
OBJECTS: Final = {"Organization", "User", "Opportunity", "Lead"}
COUNT: Final = 7
MEMBERS: Final = (
    "Id,CampaignId,LeadId,CreatedDate,SystemModstamp\n"
    f"00v000000000001AAA,701000000000001AAA,{LEAD},2026-09-01T10:00:00.000+0000,2026-09-01T10:00:00.000+0000\n"
)
QUICK: Final = Patience(connect_seconds=2.0, read_seconds=0.5, body_seconds=0.5)
FAULTS: Final[Mapping[str, Mapping[str, object]]] = {
    **{kind: {"kind": kind} for kind in ("reset", "lost", "truncate", "close", "html")},
    "slow": {"kind": "slow", "seconds": 2.0},
    "hang": {"kind": "hang", "seconds": 1.0},
    "cut in its JSON": {"kind": "status", "status": 200, "body": '{"totalSize":1,"done":true,"rec'},
    "429": {"kind": "status", "status": 429, "headers": {"Retry-After": "1"}, "body": "[]"},
    **{code: {"kind": "refusal", "code": code} for code in REFUSALS},
}


@dataclass(frozen=True)
class Ground:
    """The org, the rows that it has, and how many calls reading them takes."""

    world: World
    expected: Read
    calls: list[str]

    def strike(
        self, number: int, fault: Mapping[str, object], times: int | None, runs: list[Sequence[Call]] | None = None
    ) -> Read | None:
        """Read with a fault at one call; None where it ended in an error of ours. ``runs`` gets the calls of each."""
        self.world.server.faults.clear()
        self.world.server.clear_journal()
        self.world.server.faults.add(Fault(**fault, from_call=number, times=times))  # type: ignore[arg-type] # a table
        try:
            return scenario(self.world, runs)
        except SourceError:
            return None


def source(world: World) -> SalesforceSource:
    opened = world.source(bulk_rows=COUNT)
    opened.mappings = tuple(each for each in opened.mappings if each.name in OBJECTS)
    return opened


def scenario(world: World, runs: list[Sequence[Call]] | None = None) -> Read:
    """Make every kind of call: login, describes, query, next page, bulk job, its pages, lookups, what was erased."""
    before = Read()
    for _ in range(2):
        begun = len(world.server.journal)
        try:
            before = read(source(world), before=before)
        finally:
            if runs is not None:
                runs.append(world.server.journal[begun:])
        world.clock.pass_minutes(25 * 60)
    return before


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    files = {**many_deals(COUNT), "Campaign": MORE_FILES["Campaign"], "CampaignMember": MEMBERS}
    with small_world(tmp_path_factory.mktemp("org"), files) as world:
        world.patience = QUICK
        world.set(page_rows_max=1, bulk_page_rows_max=3)
        expected = scenario(world)
        yield Ground(world, expected, calls(world))


def calls(world: World) -> list[str]:
    return [f"{call.method} {call.path}?{call.query}" for call in world.server.journal]


def numbers(ground: Ground, name: str) -> range:
    """Return which calls are struck: those that others leave out; fewer where each costs waiting."""
    stride = 3 * STRIDE if STRIDE > 1 and name in {"slow", "hang"} else STRIDE
    return range(1 + list(FAULTS).index(name) % STRIDE, len(ground.calls) + 1, stride)


def test_every_kind_of_call_is_made(ground: Ground) -> None:
    made = "\n".join(ground.calls)
    for part in (
        "POST /services/oauth2/token", "composite/batch", "queryAll/?q=", "/query/01g", "DELETE /services",
        "POST /services/data/v59.0/jobs", "/jobs/query/750", "/results?maxRecords=50000", "&locator=", "/deleted/",
        "FROM+CampaignMember",
    ):  # fmt: skip
        assert part in made, part


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_passes_is_overcome_or_said(ground: Ground, name: str) -> None:
    for number in numbers(ground, name):
        result = ground.strike(number, FAULTS[name], 1)
        if result is not None and not result.problems:
            assert result.rows == ground.expected.rows, f"{name} at call {number}"
            assert result.cursor.keys() == ground.expected.cursor.keys(), f"{name} at call {number}"


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        *((kind, "nothing") for kind in ("reset", "lost", "truncate", "close", "html", "429", "slow", "hang")),
        ("INVALID_SESSION_ID", "/oauth2/token"),
    ],
)
def test_what_passes_is_not_noticed(ground: Ground, name: str, beside: str) -> None:
    for number in numbers(ground, name):
        if beside not in ground.calls[number - 1]:
            result = ground.strike(number, FAULTS[name], 1)
            assert result is not None, f"{name} at call {number}"
            assert result.problems == []
            assert result.rows == ground.expected.rows, f"{name} at call {number}"


@pytest.mark.parametrize("name", ["INVALID_QUERY_LOCATOR", "INVALID_SESSION_ID"])
def test_what_expires_between_two_pages_is_not_noticed(ground: Ground, name: str) -> None:
    for number, call in enumerate(ground.calls, 1):
        if "/query/01g" in call:
            result = ground.strike(number, FAULTS[name], 1)
            assert result is not None
            assert result.problems == []
            assert result.rows == ground.expected.rows, f"{name} at call {number}"


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_stays_ends_after_five_tries_of_a_call(ground: Ground, name: str) -> None:
    for number in numbers(ground, name):
        runs: list[Sequence[Call]] = []
        ground.strike(number, FAULTS[name], None, runs)
        for run in runs:
            struck = Counter(f"{call.method} {call.path}?{call.query}" for call in run if call.fault)
            assert max(struck.values(), default=0) <= 5, f"{name} from call {number}: {struck.most_common(1)}"
