"""A small Salesforce org on loopback, served by the sandbox, and a source that reads it.

Alice leads Bob and Charlie. Times are those of a clock that only moves when a test moves it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from pathlib import Path
from urllib.parse import urlencode

import requests

from connectors.http import Pace, Patience
from connectors.salesforce import SalesforceSource
from connectors.salesforce_client import open_salesforce_session
from connectors.salesforce_settings import SalesforceSettings
from connectors.sandbox.salesforce import ConnectedApp, SalesforceOrg, SalesforceService
from connectors.sandbox.salesforce import SalesforceSettings as OrgSettings
from connectors.sandbox.server import Request, Response, Server
from connectors.secret import Secret
from connectors.source import Batch, Change, Checkpoint, Covered, Cursor, Problem

START = datetime(2026, 9, 14, 8, 0, tzinfo=UTC)
ALICE, BOB, CHARLIE = "005000000000001AAA", "005000000000002AAA", "005000000000003AAA"
ACME, DEAL, LINE, LEAD = "001000000000001AAA", "006000000000001AAA", "00k000000000001AAA", "00Q000000000001EAA"

_STAMPS = "CreatedDate,SystemModstamp"
_THEN = "2026-09-01T10:00:00.000+0000,2026-09-01T10:00:00.000+0000"

FILES: Mapping[str, str] = {
    "Organization": (
        "Id,Name,TimeZoneSidKey,FiscalYearStartMonth,UsesStartDateAsFiscalYearName,SystemModstamp\n"
        "00D000000000001EAA,Acme Sales,America/Los_Angeles,2,true,2026-09-01T10:00:00.000+0000\n"
    ),
    "User": (
        f"Id,Name,Username,Email,ManagerId,Department,IsActive,UserType,Hired_On__c,{_STAMPS}\n"
        f"{ALICE},Alice Archer,alice@acme.example,alice@acme.example,,West,true,Standard,2020-02-29,{_THEN}\n"
        f"{BOB},Bob Brook,bob@acme.example,bob@acme.example,{ALICE},West,true,Standard,2024-01-02,{_THEN}\n"
        f"{CHARLIE},Charlie Cole,charlie@acme.example,charlie@acme.example,{ALICE},East,false,Standard,,{_THEN}\n"
        f"005000000000004AAA,Guest,guest@acme.example,guest@acme.example,,,true,Guest,,{_THEN}\n"
    ),
    "Account": f"Id,Name,Industry,BillingCountry,OwnerId,{_STAMPS}\n{ACME},Acme,Retail,France,{BOB},{_THEN}\n",
    "Product2": f"Id,Name,Family,{_STAMPS}\n01t000000000001AAA,GTX Pro,GTX,{_THEN}\n",
    "Opportunity": (
        f"Id,Name,AccountId,OwnerId,StageName,IsClosed,IsWon,Amount,Probability,ForecastCategory,ForecastCategoryName,"
        f"CloseDate,Type,LeadSource,Channel__c,{_STAMPS}\n"
        f"{DEAL},Acme deal,{ACME},{BOB},Closed Won,true,true,1000.5,100,Closed,Closed,2026-09-10,"
        f"Existing Customer - Upgrade,Web,Direct,{_THEN}\n"
        f"006000000000002AAA,Open deal,,{CHARLIE},Prospecting,false,false,,10,Pipeline,Pipeline,2026-12-31,"
        f"Something New,,,{_THEN}\n"
    ),
    "OpportunityLineItem": (
        f"Id,OpportunityId,Product2Id,Quantity,UnitPrice,ListPrice,TotalPrice,{_STAMPS}\n"
        f"{LINE},{DEAL},01t000000000001AAA,2,500.25,550,1000.5,{_THEN}\n"
    ),
    "OpportunityHistory": (
        f"Id,OpportunityId,StageName,Amount,Probability,CloseDate,{_STAMPS}\n"
        f"008000000000001AAA,{DEAL},Closed Won,1000.5,100,2026-09-10,{_THEN}\n"
    ),
    "Lead": (
        f"Id,LastName,Company,OwnerId,LeadSource,Status,IsConverted,ConvertedDate,ConvertedOpportunityId,"
        f"ConvertedAccountId,FirstCallDateTime,FirstEmailDateTime,{_STAMPS}\n"
        f"{LEAD},Low,Acme,{BOB},Web,Qualified,true,2026-09-05,{DEAL},{ACME},"
        f"2026-09-02T10:00:00.000+0000,2026-09-02T09:00:00.000+0000,{_THEN}\n"
        f"00Q000000000002EAA,High,Beta,00G000000000001EAA,Fair,New,false,,,,,,{_THEN}\n"
    ),
    "Task": (
        f"Id,Subject,Status,Priority,Type,TaskSubtype,OwnerId,WhoId,WhatId,AccountId,ActivityDate,IsClosed,"
        f"CompletedDateTime,CallType,CallDisposition,CallDurationInSeconds,IsRecurrence,{_STAMPS}\n"
        f"00T000000000001EAA,Call,Completed,Normal,,Call,{BOB},,{DEAL},{ACME},2026-09-03,true,"
        f"2026-09-03T17:00:00.000+0000,Outbound,,61,false,{_THEN}\n"
        f"00T000000000002EAA,Old call,Completed,Normal,Call,Task,{BOB},{LEAD},,,2026-09-03,true,,Inbound,"
        f"Left Voicemail,5,false,{_THEN}\n"
        f"00T000000000003EAA,Errand,Completed,Normal,Other,Task,{BOB},,,,2026-09-03,true,,,,,false,{_THEN}\n"
        f"00T000000000004EAA,To do,Not Started,Normal,Demo,Task,{BOB},,,,2026-10-03,false,,,,,false,{_THEN}\n"
        f"00T000000000005EAA,Pattern,Not Started,Normal,Call,Task,{BOB},,,,2026-10-03,false,,,,,true,{_THEN}\n"
    ),
    "Event": (
        f"Id,Subject,Type,OwnerId,WhatId,AccountId,StartDateTime,EndDateTime,ActivityDate,IsAllDayEvent,IsChild,"
        f"IsRecurrence,{_STAMPS}\n"
        f"00U000000000001EAA,Meeting,Meeting,{BOB},{DEAL},{ACME},2026-09-04T16:00:00.000+0000,"
        f"2026-09-04T17:00:00.000+0000,2026-09-04,false,false,false,{_THEN}\n"
        f"00U000000000002EAA,Fair,Demo,{BOB},,,2026-09-05T00:00:00.000+0000,2026-09-05T00:00:00.000+0000,"
        f"2026-09-05,true,false,false,{_THEN}\n"
        f"00U000000000003EAA,Meeting,Meeting,{CHARLIE},{DEAL},{ACME},2026-09-04T16:00:00.000+0000,"
        f"2026-09-04T17:00:00.000+0000,2026-09-04,false,true,false,{_THEN}\n"
    ),
}


MORE_FILES: Mapping[str, str] = {
    "OpportunityStage": (
        "Id,MasterLabel,ApiName,IsActive,SortOrder,IsClosed,IsWon,SystemModstamp\n"
        "01J000000000001EAA,Prospecting,Prospecting,true,1,false,false,2026-09-01T10:00:00.000+0000\n"
        "01J000000000002EAA,Closed Won,Closed Won,false,9,true,true,2026-09-01T10:00:00.000+0000\n"
    ),
    "Campaign": (
        f"Id,Name,Type,StartDate,EndDate,ActualCost,OwnerId,{_STAMPS}\n"
        f"701000000000001AAA,Fair,Trade Show,2026-09-01,2026-09-05,1200,{BOB},{_THEN}\n"
    ),
    "Contract": (
        f"Id,AccountId,OwnerId,Status,StartDate,EndDate,Annual_Value__c,{_STAMPS}\n"
        f"800000000000001AAA,{ACME},{BOB},Activated,2026-01-01,2026-12-31,12000,{_THEN}\n"
        f"800000000000002AAA,{ACME},{BOB},Draft,,,,{_THEN}\n"
    ),
    "LoginHistory": (
        "Id,UserId,LoginTime,Status\n"
        f"0Ya000000000001CAA,{BOB},2026-09-02T06:30:00.000+0000,Success\n"
        f"0Ya000000000002CAA,{BOB},2026-09-01T23:00:00.000+0000,Success\n"
        f"0Ya000000000003CAA,{BOB},2026-09-02T15:00:00.000+0000,Invalid Password\n"
        f"0Ya000000000004CAA,{BOB},2026-09-03T15:00:00.000+0000,Success\n"
    ),
}


def many_deals(count: int) -> Mapping[str, str]:
    """Return the usual files with many deals, whose stamps come in fours."""
    head, first, *_ = FILES["Opportunity"].splitlines()
    fields = first.removeprefix(DEAL).removesuffix("2026-09-01T10:00:00.000+0000")
    rows = [
        f"0060000000{number:05d}AAA{fields}2026-09-{number // 4 % 12 + 1:02d}T10:00:00.000+0000"
        for number in range(1, count + 1)
    ]
    return {**FILES, "Opportunity": "\n".join([head, *rows]) + "\n"}


def with_columns(text: str, names: Sequence[str], value: str) -> str:
    """Return a CSV with more columns, of which only the last has a value."""
    head, *rows = text.splitlines()
    more = "," * len(names) + value
    return "\n".join([",".join([head, *names]), *(row + more for row in rows)]) + "\n"


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_minutes(self, minutes: float) -> None:
        self.now += timedelta(minutes=minutes)


@dataclass
class Read:
    """Everything that one run of a source said. ``rows`` are what a store would hold after it."""

    rows: dict[str, dict[str, dict[str, object]]] = field(default_factory=dict)
    cursor: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    covered: set[str] = field(default_factory=set)
    row_count: int = 0
    batch_sizes: list[int] = field(default_factory=list)

    def row(self, table: str, record_id: str) -> dict[str, object]:
        return self.rows[table][f"sf:{record_id}"]


def read(source: SalesforceSource, cursor: Cursor | None = None, before: Read | None = None) -> Read:
    """Run the source and keep what it says, over what an earlier run left, as the store does."""
    said = before.cursor if before and cursor is None else cursor or {}
    return keep(source.changes(said), before)


def keep(changes: Iterable[Change], before: Read | None = None, *, stopped: Sequence[Sequence[Change]] = ()) -> Read:
    """Keep what a source says, over what an earlier run left, as the store does.

    ``stopped`` is what was kept of each run that was stopped before this one, and that no store has yet.
    """
    result = Read(rows={table: dict(rows) for table, rows in before.rows.items()} if before else {})
    replaced: list[tuple[str, str, int]] = []
    seen: dict[str, int] = {}
    for number, change in chain.from_iterable(zip(repeat(n), run) for n, run in enumerate([*stopped, changes])):
        match change:
            case Batch():
                rows = result.rows.setdefault(change.table, {})
                names = list(change.columns)
                for values in zip(*change.columns.values(), strict=True):
                    row = dict(zip(names, values, strict=True))
                    rows[str(row["id"])] = row
                    seen[str(row["id"])] = number
                for gone in change.deleted:
                    rows.pop(gone, None)
                if change.replaces and (stopped or not change.goes_on):
                    replaced.append((change.table, change.replaces, 0 if change.goes_on else number))
                result.row_count += change.row_count
                result.batch_sizes.append(change.row_count)
            case Checkpoint():
                result.cursor[change.name] = change.value
            case Problem() if number >= len(stopped):
                result.problems.append(change)
            case Covered():
                result.covered.update(change.tables)
    for table, prefix, first in replaced:
        rows = result.rows[table]
        result.rows[table] = {
            i: row for i, row in rows.items() if not i.startswith(prefix) or seen.get(i, -1) >= first
        }
    cursor = {**(before.cursor if before else {}), **result.cursor}
    result.cursor = {name: value for name, value in cursor.items() if value}
    return result


@dataclass
class World:
    """The org, its server, and what is needed to read it."""

    org: SalesforceOrg
    service: SalesforceService
    server: Server
    clock: Clock
    pace: Pace = field(default_factory=lambda: Pace(sleep=lambda _: None))
    patience: Patience = field(default_factory=Patience)

    def settings(self, **changes: object) -> SalesforceSettings:
        base = SalesforceSettings(self.server.url, client_id="app", client_secret=Secret("s3cret-canary"))
        return replace(base, **changes)  # type: ignore[arg-type] # the tests name fields of the settings

    def source(self, **changes: object) -> SalesforceSource:
        return SalesforceSource(self.settings(**changes), self.session, self.clock)

    def set(self, **changes: object) -> None:
        """Change settings of the org while it runs."""
        self.service.settings = replace(self.service.settings, **changes)  # type: ignore[arg-type] # as above

    def before_each_call(self, do: Callable[[str, str], None]) -> None:
        """Have something happen before each call of the API is answered; it is told path and query."""
        answer = self.server.handlers[0]

        def handle(request: Request) -> Response | None:
            do(request.path, urlencode({name: values[0] for name, values in request.query.items()}))
            return answer(request)

        self.server.handlers = (handle,)

    def paths(self) -> Sequence[str]:
        return [call.path for call in self.server.journal]

    def session(self, settings: SalesforceSettings) -> requests.Session:
        return open_salesforce_session(settings, self.pace, self.patience)


@contextmanager
def small_world(
    folder: Path, files: Mapping[str, str] = FILES, *, public_key: bytes = b"", settings: OrgSettings | None = None
) -> Iterator[World]:
    """Write the CSVs into the folder and serve them."""
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    with served(folder, public_key=public_key, settings=settings) as world:
        yield world


@contextmanager
def served(folder: Path, *, public_key: bytes = b"", settings: OrgSettings | None = None) -> Iterator[World]:
    """Serve a folder of CSVs."""
    clock = Clock()
    org = SalesforceOrg.load(folder, clock)
    app = ConnectedApp("app", "s3cret-canary", run_as="alice@acme.example", public_key=public_key)
    service = SalesforceService(org, [app], settings or OrgSettings(), lambda: clock().timestamp())
    with Server([service.handle]) as server:
        yield World(org, service, server, clock)
