from __future__ import annotations

import stat
import tomllib
from datetime import date
from pathlib import Path

import requests

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
