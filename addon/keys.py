"""Spreadsheet keys: what a spreadsheet signs its questions with; bound to it, limited, dated and revocable."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Engine, insert, select, update

from addon.database import SPREADSHEET_KEY
from addon.errors import NotAllowedError, RequestError
from addon.vault import Vault

SIGNATURE_SECONDS: Final = 300
"""A signed request is good for this long, before and after: clocks of servers differ by less."""
_SPREADSHEET_ID: Final = re.compile(r"[A-Za-z0-9_-]{5,200}")
MOST_KEYS: Final = 10
"""Keys of one spreadsheet that are tried; more than one is normal only while a key is being rotated."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, once proven: a spreadsheet, and the slice it is limited to ('' for no limit)."""

    spreadsheet: str
    limit: str


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One key without its secret."""

    id: int
    spreadsheet: str
    limit: str
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Minted:
    """A new key: the only time its secret is told."""

    spreadsheet: str
    key: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"Minted({self.spreadsheet!r}, key hidden, {self.expires_at})"


def sign(key: str, timestamp: str, body: bytes) -> str:
    """Return the hex HMAC-SHA256 of ``timestamp + "." + body`` under the key."""
    return hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def checked_spreadsheet(spreadsheet: str) -> str:
    """Return the id if it can be one of a spreadsheet. Raises `RequestError`."""
    if not _SPREADSHEET_ID.fullmatch(spreadsheet):
        raise RequestError(
            f'"spreadsheet" must be an id, the part of its address between /d/ and /edit, not {spreadsheet[:80]!r}.'
        )
    return spreadsheet


class Keys:
    """The keys of all spreadsheets of one organisation."""

    def __init__(self, engine: Engine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault

    def mint(self, spreadsheet: str, limit: str, created_by: str, days: int, now: datetime) -> Minted:
        """Make a key for the spreadsheet; older ones stay good until they expire or are revoked."""
        key = secrets.token_hex(32)
        expires_at = now + timedelta(days=days)
        values = {
            "spreadsheet": spreadsheet,
            "secret": self._vault.seal(_purpose(spreadsheet), key.encode()),
            "limit_to": limit,
            "created_at": _naive(now),
            "created_by": created_by,
            "expires_at": _naive(expires_at),
        }
        with self._engine.begin() as connection:
            connection.execute(insert(SPREADSHEET_KEY).values(**values))
        return Minted(spreadsheet, key, expires_at)

    def records(self, spreadsheet: str = "") -> list[KeyRecord]:
        """Return all keys, or those of one spreadsheet, newest first, without their secrets."""
        statement = select(SPREADSHEET_KEY).order_by(SPREADSHEET_KEY.c.id.desc())
        if spreadsheet:
            statement = statement.where(SPREADSHEET_KEY.c.spreadsheet == spreadsheet)
        with self._engine.connect() as connection:
            return [
                KeyRecord(
                    row.id,
                    row.spreadsheet,
                    row.limit_to,
                    _aware(row.created_at),
                    row.created_by,
                    _aware(row.expires_at),
                    _aware(row.revoked_at) if row.revoked_at else None,
                )
                for row in connection.execute(statement)
            ]

    def revoke(self, spreadsheet: str, now: datetime, *, but_newest: bool = False) -> int:
        """Revoke the spreadsheet's keys at once; return how many were good. ``but_newest`` ends a rotation."""
        table = SPREADSHEET_KEY
        good = (table.c.spreadsheet == spreadsheet) & table.c.revoked_at.is_(None)
        statement = update(table).where(good)
        if but_newest:
            newest = select(table.c.id).where(good).order_by(table.c.id.desc()).limit(1).scalar_subquery()
            statement = statement.where(table.c.id != newest)
        with self._engine.begin() as connection:
            return connection.execute(statement.values(revoked_at=_naive(now))).rowcount

    def caller(self, spreadsheet: str, timestamp: str, signature: str, body: bytes, now: datetime) -> Caller:
        """Return who signed this request. Raises `NotAllowedError`, which never says which part was wrong."""
        refused = NotAllowedError("This request is not signed with a valid key of its spreadsheet. Connect it again.")
        if not timestamp.isascii() or not timestamp.isdigit() or len(timestamp) > 12:
            raise refused
        if abs(now.timestamp() - int(timestamp)) > SIGNATURE_SECONDS:
            raise refused
        for key, limit in self._good_keys(spreadsheet, now):
            if hmac.compare_digest(sign(key, timestamp, body).encode(), signature.encode()):
                return Caller(spreadsheet, limit)
        raise refused

    def _good_keys(self, spreadsheet: str, now: datetime) -> list[tuple[str, str]]:
        table = SPREADSHEET_KEY
        statement = (
            select(table.c.secret, table.c.limit_to)
            .where(table.c.spreadsheet == spreadsheet, table.c.revoked_at.is_(None), table.c.expires_at > _naive(now))
            .order_by(table.c.id.desc())
            .limit(MOST_KEYS)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(statement).fetchall()
        return [(self._vault.open(_purpose(spreadsheet), row.secret).decode(), str(row.limit_to)) for row in rows]


def _purpose(spreadsheet: str) -> str:
    return f"spreadsheet key {spreadsheet}"


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC)
