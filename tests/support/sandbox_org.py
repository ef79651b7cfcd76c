"""A small org in CSVs, a clock that tests turn, and simple-salesforce pointed at loopback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce

SHARED_ORG = Path(__file__).parents[2] / ".." / "shared" / "datasets" / "maven-crm" / "salesforce"

SHARED_DESCRIBES = Path(__file__).parents[2] / ".." / "shared" / "salesforce" / "describe"

SMALL_ORG: Mapping[str, str] = {
    "Organization": "Id,Name,TimeZoneSidKey,FiscalYearStartMonth\n00D000000000001EAA,Small,Europe/Paris,4\n",
    "User": (
        "Id,FirstName,LastName,Name,Username,IsActive,ManagerId\n"
        "005000000000001AAA,Ann,Lee,Ann Lee,ann@small.example,true,005000000000002AAA\n"
        "005000000000002AAA,Bo,Yu,Bo Yu,bo@small.example,true,\n"
    ),
    "Account": "Id,Name,OwnerId,CreatedDate\n001000000000001AAA,Acme,005000000000001AAA,2026-01-05T00:00:00Z\n",
    "OpportunityStage": (
        "Id,ApiName,MasterLabel,IsActive,SortOrder,IsClosed,IsWon,DefaultProbability,ForecastCategory,"
        "ForecastCategoryName\n"
        "01J000000000001EAA,Open,Open,true,1,false,false,20,Pipeline,Pipeline\n"
        "01J000000000002EAA,Sold,Sold,true,2,true,true,100,Closed,Closed\n"
    ),
    "Opportunity": (
        "Id,Name,AccountId,OwnerId,StageName,Amount,Probability,CloseDate,IsClosed,IsWon,CreatedDate,SystemModstamp,"
        "Region__c,Score__c\n"
        "006000000000001AAA,First,001000000000001AAA,005000000000001AAA,Open,100,20,2026-05-01,false,false,"
        "2026-01-10T08:00:00Z,2026-02-01T00:00:00Z,North,1.5\n"
        "006000000000002AAA,Second,,005000000000002AAA,Open,,20,2026-06-01,false,false,"
        "2026-01-11T08:00:00Z,2026-02-02T00:00:00Z,,2\n"
        "006000000000003AAA,Third,001000000000001AAA,005000000000001AAA,Sold,50,100,2026-03-31,true,true,"
        "2026-01-12T08:00:00Z,2026-02-02T00:00:00Z,South,\n"
    ),
    "OpportunityHistory": (
        "Id,OpportunityId,StageName,Amount,CloseDate,Probability,CreatedDate\n"
        "008000000000001AAA,006000000000001AAA,Open,100,2026-05-01,20,2026-01-10T08:00:00Z\n"
    ),
    "Lead": (
        "Id,LastName,Name,Company,Status,OwnerId,CreatedDate\n"
        "00Q000000000001AAA,Roe,Jo Roe,Roe Ltd,New,005000000000001AAA,2026-01-20T08:00:00Z\n"
    ),
}


@dataclass(slots=True)
class TurnedClock:
    """A clock that stands still until it is turned."""

    now: datetime = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **span: float) -> None:
        self.now += timedelta(**span)


def write_org(folder: Path, files: Mapping[str, str] = SMALL_ORG) -> Path:
    """Write an org's CSVs and return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, "utf-8")
    return folder


class LoopbackAdapter(HTTPAdapter):
    """Sends what simple-salesforce addresses to https:// to the sandbox instead, and sets the timeout it lacks."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        super().__init__()

    def send(self, request: requests.PreparedRequest, *arguments: object, **options: object) -> requests.Response:
        parts = urlsplit(str(request.url))
        request.headers["Host"] = parts.netloc
        request.url = urlunsplit((self._target.scheme, self._target.netloc, parts.path, parts.query, ""))
        options["timeout"] = 10
        return super().send(request, *arguments, **options)  # type: ignore[arg-type] # handed on as they came


def loopback_session(url: str) -> requests.Session:
    """Return a session whose https calls arrive at ``url``."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", LoopbackAdapter(url))
    return session


def salesforce_with_token(url: str, token: str, session: requests.Session) -> Salesforce:
    """Return simple-salesforce with a session that is already logged in."""
    return Salesforce(instance_url=url.replace("http://", "https://"), session_id=token, session=session)
