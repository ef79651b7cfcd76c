"""The Sheets API as we use it: gspread over a service account, few calls, each bounded, each error a sentence."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import quote

import requests

from connectors.addresses import AllowedHosts, parse_address
from connectors.errors import AccessError, CredentialsError, LimitError, NotFoundError, SourceError
from connectors.http import Pace, Patience, Traffic, guard_session, mount_rewrite, open_session
from connectors.sheets_state import STATE_FIELDS, SpreadsheetState, read_state

if TYPE_CHECKING:
    from google.oauth2.service_account import Credentials

SHEETS_URL: Final = "https://sheets.googleapis.com"
DRIVE_URL: Final = "https://www.googleapis.com"
READ_SCOPE: Final = "https://www.googleapis.com/auth/spreadsheets.readonly"
SPREADSHEETS_SCOPE: Final = "https://www.googleapis.com/auth/spreadsheets"
FILE_SCOPE: Final = "https://www.googleapis.com/auth/drive.file"
VERSION_SCOPE: Final = "https://www.googleapis.com/auth/drive.metadata.readonly"
_SCOPES: Final = frozenset({READ_SCOPE, SPREADSHEETS_SCOPE, FILE_SCOPE, VERSION_SCOPE})
_TOKEN_HOSTS: Final = frozenset({"oauth2.googleapis.com", "accounts.google.com", "www.googleapis.com"})
_LONGEST_URL: Final = 6_000  # characters of ranges in one GET; Google refuses addresses of more than some 16,000
# Sheets refills its allowance each minute, so the waits may add up to a little more than one.
_PATIENCE: Final = Patience(
    tries=6, read_seconds=100.0, first_wait_seconds=1.0, longest_wait_seconds=32.0, waits_seconds=90.0
)

_AS_STORED: Final = {"valueRenderOption": "UNFORMATTED_VALUE", "dateTimeRenderOption": "SERIAL_NUMBER"}

_KNOWN_REFUSALS: Final = {
    "exceeds grid limits": ("A range reaches beyond its tab; somebody may have removed rows. Try again.", False),
    "Unable to parse range": ("A tab was renamed or removed meanwhile. Try again.", False),
    "above the limit of": ("It would have more than 10,000,000 cells; remove unused rows or tabs.", True),
    "protected": ("A range of ours is protected; let the service account edit it.", True),
}
"""Parts of Google's words -> what to do, and whether trying again is in vain."""

_Answer = TypeVar("_Answer")
Rows = list[list[object]]
_Parameter = str | int | bool | float | list[str] | None


@dataclass(frozen=True, slots=True)
class GoogleAccess:
    """Who we are to Google and where its Sheets API is.

    ``service_account_file`` is the JSON key; its token address is honoured, and may be this machine.
    ``scopes`` are the least that will do: `READ_SCOPE`, or `SPREADSHEETS_SCOPE` to write; `FILE_SCOPE` for files that
    were opened with the add-on; `VERSION_SCOPE` beside one of the first two to ask whether a file changed.
    """

    service_account_file: Path
    sheets_url: str = SHEETS_URL
    scopes: tuple[str, ...] = (SPREADSHEETS_SCOPE,)


class NameTakenError(SourceError):
    """A range cannot get this name: one whose cells were deleted has it, though Sheets does not show it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The name {name} is taken by a range whose cells were deleted; remove it under Data.")
        self.name = name


class SheetsClient:
    """A connection to the Sheets API. Every method raises `SourceError` or one of its kind, and nothing else."""

    def __init__(self, access: GoogleAccess, *, patience: Patience | None = None, pace: Pace | None = None) -> None:
        import gspread
        from google.auth.transport.requests import AuthorizedSession, Request

        patience, pace = patience or _PATIENCE, pace or Pace()
        key = _read_key(access.service_account_file)
        self.email = str(key["client_email"])
        credentials = _credentials(key, access)
        token_hosts = AllowedHosts(_TOKEN_HOSTS, loopback=_is_loopback(str(key["token_uri"])))
        token_session = open_session(token_hosts, repeatable_posts=("/token",), patience=patience, pace=pace)
        session: requests.Session = AuthorizedSession(credentials, auth_request=Request(token_session))
        self._traffic = _guard(session, access.sheets_url, patience, pace)
        client = gspread.Client(auth=credentials, session=session)
        client.set_timeout((patience.connect_seconds, patience.read_seconds))
        self._http = client.http_client

    @property
    def call_count(self) -> int:
        """How many calls have been made so far, repeated ones included, token requests not."""
        return self._traffic.call_count

    def version(self, spreadsheet_id: str) -> str:
        """Return what Drive numbers the file's latest state by: one call. Any edit gives another one."""
        check_spreadsheet_id(spreadsheet_id)
        address = f"{DRIVE_URL}/drive/v3/files/{spreadsheet_id}"
        fields: dict[str, _Parameter] = {"fields": "version", "supportsAllDrives": "true"}
        answer = self._ask(spreadsheet_id, "read", lambda: self._http.request("get", address, params=fields).json())
        version = answer.get("version") if isinstance(answer, dict) else None
        if not isinstance(version, str) or not version.isdigit():
            raise SourceError(f"Drive told no version of the spreadsheet {spreadsheet_id}.", permanent=False)
        return version

    def state(self, spreadsheet_id: str) -> SpreadsheetState:
        """Return what the spreadsheet looks like, without its cells: one call."""
        answer = self._ask(
            spreadsheet_id, "read", lambda: self._http.spreadsheets_get(spreadsheet_id, {"fields": STATE_FIELDS})
        )
        return read_state(answer)

    def values(self, spreadsheet_id: str, ranges: Sequence[str]) -> list[Rows]:
        """Return the values of each range in order, dates as serial numbers: one call unless the ranges are many."""
        found: list[Rows] = []
        for part in _parts(ranges):
            call = functools.partial(self._http.values_batch_get, spreadsheet_id, part, {**_AS_STORED})
            found.extend(_value_ranges(self._ask(spreadsheet_id, "read", call), len(part)))
        return found

    def batch_update(self, spreadsheet_id: str, batch: Sequence[Mapping[str, object]]) -> None:
        """Apply all requests or none: one call.

        A SourceError that is not permanent may mean that they were applied and the answer was lost.
        """
        body = {"requests": list(batch)}
        self._ask(spreadsheet_id, "written", lambda: self._http.batch_update(spreadsheet_id, body))

    def _ask(self, spreadsheet_id: str, done: str, call: Callable[[], _Answer]) -> _Answer:
        """Make the call and turn whatever goes wrong into a sentence; ``done`` is ``read`` or ``written``."""
        from google.auth.exceptions import GoogleAuthError
        from gspread.exceptions import APIError

        check_spreadsheet_id(spreadsheet_id)
        try:
            return call()
        except APIError as error:
            raise self._refusal(spreadsheet_id, done, error.response) from None
        except GoogleAuthError as error:
            raise self._no_token(error) from None
        except (requests.JSONDecodeError, KeyError, TypeError):  # gspread trips over error bodies of another form
            message = f"Google's answer about the spreadsheet {spreadsheet_id} was cut short or of another form."
            raise SourceError(f"{message} Try again later.", permanent=False) from None
        except requests.RequestException as error:
            kind = "did not answer in time" if isinstance(error, requests.Timeout) else "could not be reached"
            message = f"Google Sheets {kind}; the spreadsheet {spreadsheet_id} was not {done}."
            raise SourceError(f"{message} Check the network, or try again later.", permanent=False) from None

    def _refusal(self, spreadsheet_id: str, done: str, response: requests.Response) -> SourceError:
        status, reason, words = _error_of(response)
        code = response.status_code
        if code == 401:
            return CredentialsError(f"Google did not accept the token of {self.email}; make a new key for it.")
        if code == 403:
            return AccessError(self._no_access(spreadsheet_id, reason, done))
        if code == 404:
            return NotFoundError(
                f"There is no spreadsheet {spreadsheet_id}. Copy the part between /d/ and /edit of its address."
            )
        if code == 429:
            message = f"Google's allowance of calls a minute is used up; the spreadsheet {spreadsheet_id} was not"
            wait = self._traffic.retry_after_seconds or 60.0
            return LimitError(
                f"{message} {done}. It goes on within {wait:.0f} seconds.", permanent=False, retry_after_seconds=wait
            )
        if code >= 500:
            message = (
                f"Google Sheets has a fault of its own ({code}); the spreadsheet {spreadsheet_id} was not {done}."
            )
            return SourceError(f"{message} Try again later.", permanent=False)
        return _bad_request(spreadsheet_id, code, status, words)

    def _no_access(self, spreadsheet_id: str, reason: str, done: str) -> str:
        if reason in {"SERVICE_DISABLED", "accessNotConfigured"}:
            return f"The Google Sheets API is off in the Cloud project of {self.email}; switch it on there."
        if reason in {"ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficientPermissions"}:
            return (
                f"The token of {self.email} does not cover this. Of a file's version only Drive tells: set "
                "google.skip_unchanged to false, or enable the Drive API."
            )
        role = "Viewer" if done == "read" else "Editor"
        return (
            f"The spreadsheet {spreadsheet_id} is not shared with {self.email}; share it with this address as {role}."
        )

    def _no_token(self, error: Exception) -> SourceError:
        from google.auth.exceptions import TransportError

        if isinstance(error, TransportError):
            return SourceError("Google's token service could not be reached; try again later.", permanent=False)
        if getattr(error, "retryable", False):
            return SourceError("Google's token service has a fault of its own; try again later.", permanent=False)
        return CredentialsError(
            f"Google gave no token for {self.email}: the key was revoked, belongs to another account, or this "
            "machine's clock is wrong. Make a new key for it."
        )


def check_spreadsheet_id(spreadsheet_id: str) -> None:
    """Raise NotFoundError unless this can be the id of a spreadsheet, so that no other address is ever called."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{5,200}", spreadsheet_id):
        raise NotFoundError(
            f"{spreadsheet_id[:60]!r} is not the id of a spreadsheet. Copy the part between /d/ and /edit of its "
            "address."
        )


def _guard(session: requests.Session, sheets_url: str, patience: Patience, pace: Pace) -> Traffic:
    address = parse_address(sheets_url)
    host = parse_address(SHEETS_URL).host
    if address.origin == SHEETS_URL:
        hosts = frozenset({host, parse_address(DRIVE_URL).host})
        return guard_session(session, AllowedHosts(hosts), patience=patience, pace=pace)
    traffic = guard_session(session, AllowedHosts(), patience=patience, pace=pace)
    mount_rewrite(session, SHEETS_URL, sheets_url)
    mount_rewrite(session, DRIVE_URL, sheets_url)
    return traffic


def _is_loopback(address: str) -> bool:
    return parse_address(address).is_loopback


def _read_key(file: Path) -> Mapping[str, object]:
    """Read the service account's key. Nothing of its content is ever shown."""
    try:
        key = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CredentialsError(
            f"There is no service account key at {file}; set google.service_account_file."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CredentialsError(f"The service account key {file} cannot be read: {type(error).__name__}.") from None
    except json.JSONDecodeError:
        key = None
    needed = ("client_email", "private_key", "token_uri")
    if not isinstance(key, dict) or not all(isinstance(key.get(name), str) for name in needed):
        raise CredentialsError(
            f"{file} is not a service account key: it must be the JSON file that the Google Cloud console gave, "
            f"with {', '.join(needed)}."
        )
    return key


def _credentials(key: Mapping[str, object], access: GoogleAccess) -> Credentials:
    from google.oauth2 import service_account

    for scope in set(access.scopes) - _SCOPES:
        raise CredentialsError(f"The scope {scope!r} is more than is needed; use {SPREADSHEETS_SCOPE}.")
    try:
        return service_account.Credentials.from_service_account_info(  # type: ignore[no-any-return]
            key, scopes=list(access.scopes)
        )
    except ValueError:  # its text may quote the key
        raise CredentialsError(
            f"The private key in {access.service_account_file} cannot be used; make a new one for "
            f"{key['client_email']}."
        ) from None


def _parts(ranges: Sequence[str]) -> list[list[str]]:
    """Split ranges so that no address becomes too long."""
    parts: list[list[str]] = []
    room = 0
    for name in ranges:
        cost = len(quote(name, safe="")) + len("ranges=&")
        if cost > room:
            parts.append([])
            room = _LONGEST_URL
        parts[-1].append(name)
        room -= cost
    return parts


def _value_ranges(answer: object, count: int) -> list[Rows]:
    ranges = answer.get("valueRanges") if isinstance(answer, dict) else None
    if not isinstance(ranges, list) or len(ranges) != count:
        raise SourceError("Google answered with other ranges than were asked for; try again later.", permanent=False)
    return [entry.get("values", []) for entry in ranges]


def _error_of(response: requests.Response) -> tuple[str, str, str]:
    """Return status, reason and message of an error body; empty texts where it is of another form."""
    try:
        error = response.json()["error"]
        # Sheets names the reason under details, Drive under errors.
        told = [*error.get("details", []), *error.get("errors", [])]
        details = [entry for entry in told if isinstance(entry, dict)]
        reason = next((str(entry["reason"]) for entry in details if "reason" in entry), "")
        return str(error.get("status", "")), reason, str(error.get("message", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", "", ""


def _bad_request(spreadsheet_id: str, code: int, status: str, words: str) -> SourceError:
    """Say which request was refused. Google's own words may quote a cell, so they are not passed on."""
    for part, (remedy, is_permanent) in _KNOWN_REFUSALS.items():
        if part in words:
            message = f"Google refused a call for the spreadsheet {spreadsheet_id}. {remedy}"
            return SourceError(message, permanent=is_permanent)
    taken = re.search(r"named range with name:? (\w{1,250})\W.*already exists", words)
    if taken:
        return NameTakenError(taken[1])
    place = re.search(r"requests\[\d{1,6}\]\.\w{1,60}", words)
    where = f" at {place[0]}" if place else ""
    return SourceError(
        f"Google refused a call for the spreadsheet {spreadsheet_id} ({code} {status}{where}); report this."
    )
