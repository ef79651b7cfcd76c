from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from connectors.sandbox.salesforce import SalesforceOrg, SalesforceService, SalesforceSettings
from connectors.sandbox.server import Server
from tests.support.sandbox_org import TurnedClock, write_org

QUERY = "SELECT Id, Name, Amount, IsWon, Owner.Name, CloseDate, CreatedDate FROM Opportunity ORDER BY Id"


@dataclasses.dataclass(slots=True)
class Bulk:
    service: SalesforceService
    session: requests.Session
    url: str

    def call(self, method: str, path: str = "", **options: object) -> requests.Response:
        return self.session.request(method, f"{self.url}{path}", timeout=5, **options)  # type: ignore[arg-type] # handed on

    def job(self, query: str = QUERY, operation: str = "query") -> requests.Response:
        return self.call("POST", json={"operation": operation, "query": query})


@pytest.fixture
def bulk(tmp_path: Path) -> Iterator[Bulk]:
    org = SalesforceOrg.load(write_org(tmp_path / "org"), TurnedClock())
    service = SalesforceService(org, settings=SalesforceSettings(bulk_page_rows_max=2))
    with Server([service.handle]) as server, requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {service.tokens.mint()}"
        yield Bulk(service, session, f"{server.url}/services/data/v63.0/jobs/query")


def test_a_job_is_made_polled_read_in_pages_of_quoted_csv_and_deleted(bulk: Bulk) -> None:
    made = bulk.job().json()
    assert (made["state"], made["object"], made["apiVersion"]) == ("UploadComplete", "Opportunity", 63.0)
    early = bulk.call("GET", f"/{made['id']}/results")
    states = [bulk.call("GET", f"/{made['id']}").json() for _ in range(2)]
    first = bulk.call("GET", f"/{made['id']}/results", params={"maxRecords": 50_000})
    last = bulk.call("GET", f"/{made['id']}/results", params={"locator": first.headers["Sforce-Locator"]})

    assert early.json()[0]["errorCode"] == "INVALIDJOBSTATE"
    assert [state["state"] for state in states] == ["InProgress", "JobComplete"]
    assert states[1]["numberRecordsProcessed"] == 3
    assert (first.headers["Sforce-NumberOfRecords"], last.headers["Sforce-Locator"]) == ("2", "null")
    assert first.text.splitlines()[0] == '"Id","Name","Amount","IsWon","Owner.Name","CloseDate","CreatedDate"'
    rows = [row for page in (first, last) for row in csv.DictReader(io.StringIO(page.text))]
    assert [row["Amount"] for row in rows] == ["100.0", "", "50.0"]
    assert (rows[0]["IsWon"], rows[0]["CreatedDate"]) == ("false", "2026-01-10T08:00:00.000Z")
    assert bulk.call("DELETE", f"/{made['id']}").status_code == 204
    assert bulk.call("GET", f"/{made['id']}").status_code == 404


def test_a_job_sees_deleted_rows_only_where_it_asks_for_all(bulk: Bulk) -> None:
    bulk.service.org.delete("Opportunity", "006000000000001AAA")

    for operation, count in (("query", 2), ("queryAll", 3)):
        job = bulk.job(operation=operation).json()["id"]
        bulk.call("GET", f"/{job}")
        assert bulk.call("GET", f"/{job}").json()["numberRecordsProcessed"] == count


def test_a_job_may_be_aborted_or_fail(bulk: Bulk) -> None:
    aborted = bulk.job().json()["id"]
    assert bulk.call("PATCH", f"/{aborted}", json={"state": "Aborted"}).json()["state"] == "Aborted"
    bulk.service.settings = dataclasses.replace(bulk.service.settings, bulk_polls=0, bulk_failure="Too large")
    failed = bulk.call("GET", f"/{bulk.job().json()['id']}").json()

    assert (failed["state"], failed["errorMessage"]) == ("Failed", "Too large")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT COUNT() FROM Opportunity", "API_ERROR"),
        ("SELECT Id FROM TaskStatus", "INVALIDENTITY"),
        ("SELECT Nothing FROM Opportunity", "INVALID_FIELD"),
    ],
)
def test_what_bulk_queries_cannot_do_is_refused_at_once(bulk: Bulk, query: str, code: str) -> None:
    answer = bulk.job(query)

    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)
