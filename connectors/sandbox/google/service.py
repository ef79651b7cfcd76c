"""Google on loopback: the token endpoint, the certificates, the Sheets API and a little of Drive, as one handler."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from connectors.sandbox.google import drive_api, sheets_api
from connectors.sandbox.google.errors import ApiError, Json
from connectors.sandbox.google.identity import IdTokens
from connectors.sandbox.google.masks import read_mask, selected
from connectors.sandbox.google.quota import Quota
from connectors.sandbox.google.routes import find, read_query
from connectors.sandbox.google.settings import GoogleSettings
from connectors.sandbox.google.spreadsheet import Spreadsheet
from connectors.sandbox.google.tokens import DRIVE_READ, DRIVE_WRITE, SHEETS_READ, SHEETS_WRITE, Accounts
from connectors.sandbox.server import Request, Response, json_response

TOKEN_PATH, CERTS_PATH = "/token", "/oauth2/v1/certs"
_SPREADSHEETS_MAX = 1_000


class GoogleService:
    """The stand-in for Google. ``handle`` answers calls; the rest is for whoever runs it.

    ``accounts`` gives out access tokens, ``id_tokens`` mints and forges ID tokens. The clock counts seconds since
    the epoch.
    """

    def __init__(
        self,
        spreadsheets: Iterable[Spreadsheet] = (),
        settings: GoogleSettings | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings if settings is not None else GoogleSettings()
        self.clock = clock
        self.accounts = Accounts(self.settings, clock)
        self.id_tokens = IdTokens(self.settings, clock)
        self._quota = Quota(self.settings, clock)
        self._books: dict[str, Spreadsheet] = {}
        self._lock = threading.Lock()
        for spreadsheet in spreadsheets:
            self.add(spreadsheet)

    def add(self, spreadsheet: Spreadsheet) -> Spreadsheet:
        """Put a spreadsheet into the service, shared with the accounts of the settings; return it."""
        for address in self.settings.shared_with:
            if not spreadsheet.role_of(address):
                spreadsheet.share(address)
        spreadsheet.clock = self.clock
        spreadsheet.created_at = spreadsheet.modified_at = self.clock()
        with self._lock:
            self._books[spreadsheet.id] = spreadsheet
        return spreadsheet

    def spreadsheet(self, spreadsheet_id: str) -> Spreadsheet:
        """Return a spreadsheet of the service."""
        return self._books[spreadsheet_id]

    def service_account_info(self, token_uri: str) -> dict[str, str]:
        """Return the JSON key of the settings' service account, to be used at this token endpoint."""
        return self.accounts.key_file(token_uri)

    def handle(self, request: Request) -> Response | None:
        """Answer a call, or return None if it is not for Google."""
        if request.path == TOKEN_PATH and request.method == "POST":
            return self.accounts.token_response(request)
        if request.path == CERTS_PATH and request.method == "GET":
            age = f"public, max-age={self.settings.certs_max_age_seconds}, must-revalidate, no-transform"
            return json_response(self.id_tokens.certificates(), headers={"Cache-Control": age})
        if request.path.startswith("/v4/spreadsheets"):
            try:
                return json_response(self._sheets_answer(request))
            except ApiError as error:
                return error.response()
        if request.path.startswith("/drive/v3/"):
            return self._drive_response(request)
        return None

    def _sheets_answer(self, request: Request) -> Json:
        found = find((sheets_api.CREATE, *sheets_api.METHODS), request)
        if found is None:
            raise ApiError(404, "The requested URL was not found on this server.")
        method, path = found
        query = read_query(request, method.parameters)
        grant = self.accounts.authorised(request, SHEETS_WRITE if method.is_write else SHEETS_READ)
        self._quota.use("write" if method.is_write else "read", grant.email)
        if method is sheets_api.CREATE:
            book = self._create(request, grant.email)
        else:
            book = self._book(path["id"], grant.email, is_write=method.is_write)
        call = sheets_api.SheetsCall(request, book, path, query, grant.email)
        with book.lock:
            return sheets_api.shaped(call, method, method.run(call))

    def _create(self, request: Request, owner: str) -> Spreadsheet:
        if len(self._books) >= _SPREADSHEETS_MAX:
            raise ApiError(429, f"The sandbox holds at most {_SPREADSHEETS_MAX} spreadsheets.")
        book = sheets_api.created(request, len(self._books), self.settings)
        book.share(owner, "owner")
        return self.add(book)

    def _book(self, spreadsheet_id: str, caller: str, *, is_write: bool) -> Spreadsheet:
        book = self._books.get(spreadsheet_id)
        if book is None:
            raise ApiError(404, "Requested entity was not found.")
        role = book.role_of(caller)
        if not role or (is_write and role not in {"writer", "owner"}):
            raise ApiError(403, "The caller does not have permission")
        return book

    def _drive_response(self, request: Request) -> Response:
        try:
            return json_response(self._drive_answer(request))
        except ApiError as error:
            return error.drive_response()

    def _drive_answer(self, request: Request) -> Json:
        found = find(drive_api.METHODS, request)
        if found is None:
            raise ApiError(404, "The requested URL was not found on this server.")
        method, path = found
        grant = self.accounts.authorised(request, DRIVE_WRITE if method.is_write else DRIVE_READ)
        query = read_query(request, method.parameters)
        answer = method.run(drive_api.DriveCall(request, dict(self._books), path, query, grant.email))
        fields = request.parameter("fields") or drive_api.DEFAULT_FIELDS.get(method.answer, "*")
        return selected(answer, read_mask(fields, method.answer))
