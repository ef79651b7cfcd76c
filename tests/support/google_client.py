"""gspread and google-auth as a user would use them, led to a Google stand-in on loopback."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gspread
import requests
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.service_account import Credentials
from requests.adapters import HTTPAdapter

from connectors.sandbox.google import TOKEN_PATH, GoogleService, GoogleSettings, Spreadsheet
from connectors.sandbox.server import Server

SHEETS = "https://sheets.googleapis.com"
SCOPES = ("https://www.googleapis.com/auth/drive.file", "https://www.googleapis.com/auth/spreadsheets")


@dataclass
class Clock:
    """Seconds since the epoch, moved by hand. Near the real time, as google-auth's own clock cannot be set."""

    now: float

    def __call__(self) -> float:
        return self.now


class Loopback(HTTPAdapter):
    """Sends calls for Google's hosts to the stand-in."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        assert request.url is not None
        rest = request.url.split("/", 3)[3]
        request.url = f"{self.url}/{rest}"
        return super().send(request, *args, **kwargs)


@dataclass
class Google:
    """A running stand-in with a client on it."""

    service: GoogleService
    server: Server
    session: AuthorizedSession
    client: gspread.Client

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Call the Sheets API without gspread."""
        response: requests.Response = self.session.request(method, f"{SHEETS}{path}", timeout=(5, 30), **options)
        return response

    def batch(self, book: Spreadsheet, *requests_sent: Any) -> requests.Response:
        """Send a batchUpdate."""
        body = {"requests": list(requests_sent)}
        return self.call("POST", f"/v4/spreadsheets/{book.id}:batchUpdate", json=body)


def session_for(service: GoogleService, server: Server, scopes: Sequence[str] = SCOPES) -> AuthorizedSession:
    """Return a session with service-account credentials whose calls reach the stand-in."""
    info = service.service_account_info(server.url + TOKEN_PATH)
    session = AuthorizedSession(Credentials.from_service_account_info(info, scopes=scopes))
    for host in (SHEETS, "https://www.googleapis.com"):
        session.mount(host, Loopback(server.url))
    return session


@contextmanager
def running_google(*books: Spreadsheet, settings: GoogleSettings | None = None) -> Iterator[Google]:
    """Run a stand-in with these spreadsheets. The allowances are wide unless the settings say otherwise."""
    wide = GoogleSettings(
        reads_per_minute_per_user=100_000,
        writes_per_minute_per_user=100_000,
        reads_per_minute=100_000,
        writes_per_minute=100_000,
    )
    service = GoogleService(books, settings or wide)
    with Server([service.handle]) as server, session_for(service, server) as session:
        client = gspread.authorize(session.credentials, session=session)
        client.set_timeout((5, 30))
        yield Google(service, server, session, client)
