"""The little of Drive that spreadsheets need: finding them by name, when they changed, who may see them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.sandbox.google.errors import ApiError, Json
from connectors.sandbox.google.routes import Method
from connectors.sandbox.google.shapes import checked, parse_json, shapes
from connectors.sandbox.google.spreadsheet import Spreadsheet, rfc3339
from connectors.sandbox.server import Request

_ROOT = "/drive/v3/files"
_MIME_TYPE = "application/vnd.google-apps.spreadsheet"
_TERM = re.compile(r"""(name|mimeType|trashed)\s*(=|contains)\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|true|false)""")
_ROLES = ("reader", "commenter", "writer")
_DRIVES = "supportsAllDrives:bool supportsTeamDrives:bool"
_PAGED = "pageSize:int pageToken:string"
DEFAULT_FIELDS = {"File": "kind,id,name,mimeType", "FileList": "kind,incompleteSearch,files(kind,id,name,mimeType)"}
"""What is answered without a ``fields`` parameter."""


@dataclass(frozen=True, slots=True)
class DriveCall:
    """A call on Drive: all files of the caller, the parts of its path, its query, and who calls."""

    request: Request
    books: Mapping[str, Spreadsheet]
    path: dict[str, str]
    query: Json
    caller: str

    def book(self, *, is_write: bool = False) -> Spreadsheet:
        """Return the file of the path. Raises `ApiError` if it is not the caller's to see, or to share."""
        book = self.books.get(self.path["id"])
        role = book.role_of(self.caller) if book is not None else ""
        if book is None or not role:
            raise ApiError(404, f"File not found: {self.path['id']}.")
        if is_write and role not in {"writer", "owner"}:
            raise ApiError(403, "The user does not have sufficient permissions for this file.")
        return book


def _file(book: Spreadsheet, caller: str) -> Json:
    return {
        "kind": "drive#file",
        "id": book.id,
        "name": book.title,
        "mimeType": _MIME_TYPE,
        "createdTime": rfc3339(book.created_at),
        "modifiedTime": rfc3339(book.modified_at),
        "version": str(book.version),
        "trashed": False,
        "shared": len(book.shares) > 1,
        "ownedByMe": book.role_of(caller) == "owner",
        "permissions": _permissions(book),
        "webViewLink": f"https://docs.google.com/spreadsheets/d/{book.id}/edit?usp=drivesdk",
    }


def _permissions(book: Spreadsheet) -> list[Json]:
    return [_permission(address, role) for address, role in sorted(book.shares.items())]


def _permission(address: str, role: str) -> Json:
    kind = {"kind": "drive#permission", "id": _permission_id(address), "type": "user"}
    return {**kind, "role": role, "emailAddress": address, "deleted": False, "pendingOwner": False}


def _permission_id(address: str) -> str:
    return str(int(hashlib.sha256(address.encode()).hexdigest(), 16))[:20]


def _list(call: DriveCall) -> Json:
    wanted = _terms(call.query.get("q", ""))
    files = [_file(book, call.caller) for book in call.books.values() if book.role_of(call.caller)]
    found = [file for file in files if all(_holds(file, *term) for term in wanted)]
    return {"kind": "drive#fileList", "incompleteSearch": False, "files": found}


def _terms(text: str) -> list[tuple[str, str, str]]:
    """Return the conditions of a search, which are joined by ``and``."""
    if not text:
        return []
    terms = []
    for part in re.split(r"""\s+and\s+(?=name|mimeType|trashed)""", text.strip()):
        match = _TERM.fullmatch(part.strip())
        if match is None:
            raise ApiError(400, "Invalid Value")
        name, operator, value = match.groups()
        plain = value if value in {"true", "false"} else re.sub(r"\\(.)", r"\1", value[1:-1])
        terms.append((name, operator, plain))
    return terms


def _holds(file: Json, name: str, operator: str, value: str) -> bool:
    held = str(file[name]).lower() if name == "trashed" else str(file[name])
    return value.casefold() in held.casefold() if operator == "contains" else held == value


def _get(call: DriveCall) -> Json:
    return _file(call.book(), call.caller)


def _permissions_list(call: DriveCall) -> Json:
    return {"kind": "drive#permissionList", "permissions": _permissions(call.book(is_write=True))}


def _permission_body(body: bytes) -> Json:
    """Return the members that Drive knows; it ignores others, and gspread sends one of the second version."""
    sent = parse_json(body)
    known = shapes().messages["Permission"]
    return checked(
        "Permission", {name: sent[name] for name in known if name in sent} if isinstance(sent, dict) else sent
    )


def _permissions_create(call: DriveCall) -> Json:
    body = _permission_body(call.request.body)
    book = call.book(is_write=True)
    if body.get("type") != "user" or body.get("role") not in _ROLES:
        raise ApiError(400, "The sandbox shares with a user as reader, commenter or writer alone.")
    address = body.get("emailAddress", "")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
        raise ApiError(400, "The specified emailAddress is invalid or not applicable for the given permission type.")
    if book.role_of(address) != "owner":
        book.share(address, body["role"])
    return _permission(address.casefold(), book.role_of(address))


def _permissions_delete(call: DriveCall) -> Json:
    book = call.book(is_write=True)
    for address, role in book.shares.items():
        if _permission_id(address) == call.path["permission"] and role != "owner":
            book.unshare(address)
            return {}
    raise ApiError(404, f"Permission not found: {call.path['permission']}.")


_LIST_QUERY = (
    f"q:string orderBy:string corpora:string spaces:string includeItemsFromAllDrives:bool {_PAGED} {_DRIVES}"
)
_SHARE_QUERY = f"sendNotificationEmail:bool emailMessage:string transferOwnership:bool {_DRIVES}"
METHODS: tuple[Method[DriveCall], ...] = (
    Method("GET", _ROOT, "FileList", _list, query=_LIST_QUERY + " includeTeamDriveItems:bool"),
    Method("GET", f"{_ROOT}/{{id}}", "File", _get, query=_DRIVES),
    Method("GET", f"{_ROOT}/{{id}}/permissions", "PermissionList", _permissions_list, query=f"{_PAGED} {_DRIVES}"),
    Method("POST", f"{_ROOT}/{{id}}/permissions", "Permission", _permissions_create, True, _SHARE_QUERY),
    Method("DELETE", f"{_ROOT}/{{id}}/permissions/{{permission}}", "Permission", _permissions_delete, True, _DRIVES),
)
