from __future__ import annotations

import stat
import tomllib
from datetime import date
from pathlib import Path

import pytest
import requests

from connectors.errors import SourceError
from connectors.sandbox import sandbox
from tests.support.sandbox_org import SMALL_ORG, write_org


def test_one_folder_becomes_an_org_and_a_spreadsheet_and_the_settings_that_lead_there(tmp_path: Path) -> None:
    folder = write_org(tmp_path / "org")
    write_org(folder / "sheets", {"Targets": "KPI,Value\nrevenue,1000\n"})

    with sandbox.start(folder, today=date(2026, 3, 1)) as running:
        settings = tomllib.loads(running.settings_toml(tmp_path / "keys"))
        key_file = Path(settings["google"]["service_account_file"])
        login = requests.post(
            f"{settings['salesforce']['instance_url']}/services/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(settings["salesforce"]["client_id"], settings["salesforce"]["client_secret"]),
            timeout=5,
        )
        day = running.org.clock().date()
        tabs = [sheet.title for sheet in running.spreadsheet.sheets]

    assert login.json()["instance_url"] == running.url
    assert day == date(2026, 3, 1)
    assert tabs == ["Targets"]
    assert settings["google"]["spreadsheets"] == [running.spreadsheet_id]
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert running.client_secret not in repr(running)


def test_a_folder_without_sheets_gives_an_empty_spreadsheet(tmp_path: Path) -> None:
    with sandbox.start(write_org(tmp_path / "org", {"User": SMALL_ORG["User"]})) as running:
        assert running.spreadsheet.sheets[0].title == "Sheet1"
        answer = requests.get(f"{running.url}/nowhere", timeout=5)

    assert answer.status_code == 404


def test_the_switches_of_a_running_sandbox_edit_the_org_and_break_calls(tmp_path: Path) -> None:
    with sandbox.start(write_org(tmp_path / "org"), today=date(2026, 3, 1)) as running:

        def call(method: str, path: str, facts: object = None) -> requests.Response:
            return requests.request(method, f"{running.url}/sandbox/{path}", json=facts, timeout=5)

        lead = {"object": "Lead", "id": "00Q000000000001AAA"}
        assert call("POST", "salesforce/update", {**lead, "fields": {"Status": "Working"}}).status_code == 200
        assert running.org.record("Lead", lead["id"])["Status"] == "Working"
        call("POST", "salesforce/update", {**lead, "fields": {"Status": "Late"}, "visible_in_seconds": 600})
        assert running.org.record("Lead", lead["id"])["Status"] == "Working"
        assert call("POST", "salesforce/settings", {"hidden_fields": ["Lead.Email"]}).json()["hidden_fields"] == [
            "Lead.Email"
        ]
        call("POST", "faults", {"kind": "status", "path": "/services", "status": 503})
        assert requests.get(f"{running.url}/services/data", timeout=5).status_code == 503
        assert call("GET", "journal").json()[-1]["fault"] == "status"
        refusals = [
            call("POST", "salesforce/dance", {}),
            call("POST", "salesforce/delete", {"object": "Lead"}),
            call("POST", "salesforce/settings", {"daily_calls": "many"}),
            call("POST", "salesforce/update", {**lead, "fields": {"Colour": "red"}}),
            requests.post(f"{running.url}/sandbox/salesforce/expire_tokens", data="{}", timeout=5),
        ]
        assert [answer.status_code for answer in refusals] == [400] * 5
        assert "Lead has no field 'Colour'" in refusals[3].json()["error"]


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    folder = write_org(tmp_path / "org", {"User": SMALL_ORG["User"]})
    with (
        sandbox.start(folder) as running,
        pytest.raises(SourceError, match="Choose another one, or 0 for any"),
    ):
        sandbox.start(folder, port=int(running.url.rsplit(":", 1)[1]))
