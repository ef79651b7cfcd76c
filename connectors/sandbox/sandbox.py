"""The whole sandbox on one port: a Salesforce org and a Google service with one spreadsheet, from one folder."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as day_time
from pathlib import Path
from types import TracebackType
from typing import Self

from connectors.sandbox.control import Control
from connectors.sandbox.google import CERTS_PATH, TOKEN_PATH, GoogleService, GoogleSettings, Spreadsheet
from connectors.sandbox.salesforce import ConnectedApp, SalesforceOrg, SalesforceService, SalesforceSettings
from connectors.sandbox.server import Faults, Server

SHEETS_FOLDER = "sheets"
CLIENT_ID = "sandbox-client"
CLIENT_SECRET = "sandbox-secret"  # noqa: S105 (known to all: it opens nothing but this stand-in on loopback)
CALLBACK_URLS = frozenset({"http://localhost:8767/salesforce"})
"""Where a login in a browser may lead back to."""
_KEY_FILE = "sandbox-service-account.json"


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox: where it is, what it holds, how to log in. Stop it, or use it in a ``with``."""

    server: Server
    org: SalesforceOrg
    salesforce: SalesforceService
    google: GoogleService
    spreadsheet_id: str
    client_id: str = CLIENT_ID
    client_secret: str = field(default=CLIENT_SECRET, repr=False)

    @property
    def url(self) -> str:
        """Return the address of both services."""
        return self.server.url

    @property
    def spreadsheet(self) -> Spreadsheet:
        """Return the spreadsheet whose tabs came from the folder."""
        return self.google.spreadsheet(self.spreadsheet_id)

    @property
    def token_url(self) -> str:
        """Return where Google's service accounts get their tokens."""
        return f"{self.url}{TOKEN_PATH}"

    @property
    def certs_url(self) -> str:
        """Return where the certificates of Google's ID tokens are."""
        return f"{self.url}{CERTS_PATH}"

    def service_account_file(self, folder: Path) -> Path:
        """Write the JSON key of the service account, readable by its owner alone, and return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / _KEY_FILE
        text = json.dumps(self.google.service_account_info(self.token_url), indent=2) + "\n"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def settings_toml(self, folder: Path) -> str:
        """Return the sections of a settings file that lead here; write the service account's key to ``folder``."""
        google = self.google.settings
        sections: dict[str, dict[str, str | list[str]]] = {
            "salesforce": {
                "instance_url": self.url,
                "login": "client_credentials",
                "client_id": self.client_id,
                "client_secret": self.client_secret,
            },
            "google": {
                "service_account_file": str(self.service_account_file(folder).resolve()),
                "spreadsheets": [self.spreadsheet_id],
                "publish_to": [self.spreadsheet_id],
                "sheets_url": self.url,
                "certs_url": self.certs_url,
                "client_id": google.client_id,
                "addon_service_account": google.addon_service_account,
                "allowed_domains": ["example.com"],
            },
            "web": {"public_url": "https://scorecell.example.com"},
        }
        # The strings and lists of JSON are those of TOML.
        return "\n".join(
            f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
            for name, values in sections.items()
        )

    def stop(self) -> None:
        """End it; the port is free again."""
        self.server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def start(
    org_folder: Path,
    *,
    port: int = 0,
    today: date | None = None,
    salesforce: SalesforceSettings | None = None,
    google: GoogleSettings | None = None,
    faults: Faults | None = None,
    callback_urls: frozenset[str] = CALLBACK_URLS,
) -> Sandbox:
    """Start the sandbox on loopback. Raises `connectors.sandbox.salesforce.OrgError`.

    ``org_folder`` holds one CSV an object and, in ``sheets``, one CSV a tab of the spreadsheet. ``today`` is the day
    that the org begins on, at noon UTC (default: now); its clock goes on from there. ``port`` 0 takes any free one.
    ``callback_urls`` are where a login in a browser may lead back to.
    """
    org = SalesforceOrg.load(org_folder, org_clock(today))
    app = ConnectedApp(CLIENT_ID, CLIENT_SECRET, run_as=_first_username(org), redirect_uris=callback_urls)
    service = SalesforceService(org, [app], salesforce)
    zone = str(org.organization.get("TimeZoneSidKey") or "Etc/GMT")
    title = str(org.organization.get("Name") or "Sandbox")
    spreadsheet = Spreadsheet.from_folder(org_folder / SHEETS_FOLDER, title=title, time_zone=zone)
    google_service = GoogleService([spreadsheet], google)
    control = Control(service)
    server = Server([service.handle, google_service.handle, control.handle], port, faults)
    control.attach(server)
    server.start()
    return Sandbox(server, org, service, google_service, spreadsheet.id)


def org_clock(today: date | None) -> Callable[[], datetime]:
    """Return a clock that begins at noon UTC of the day and goes on; without a day, the real one."""
    if today is None:
        return lambda: datetime.now(UTC)
    begun = datetime.combine(today, day_time(12), UTC)
    started_at = time.monotonic()
    return lambda: begun + timedelta(seconds=time.monotonic() - started_at)


def _first_username(org: SalesforceOrg) -> str:
    """Return whom the app acts for: the first active user, or a name of our own where the org has none."""
    users = org.table("User")
    named = (users.named(row) for row in users.rows.values()) if users else iter(())
    return next((str(user["Username"]) for user in named if user["IsActive"] and user["Username"]), "sandbox")
