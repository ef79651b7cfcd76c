"""Spreadsheet keys: signed requests are taken for who signed them, and for nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from addon.database import open_database
from addon.errors import NotAllowedError, SettingsError, StoreError
from addon.keys import Keys, sign
from addon.vault import Vault, open_vault

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
BODY = b'{"questions":[]}'


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(open_database(tmp_path), open_vault({}, tmp_path))


def test_a_signed_request_is_its_spreadsheets(keys: Keys) -> None:
    minted = keys.mint("sheet-1", "team:West", "ops@example.com", 90, NOW)
    caller = keys.caller("sheet-1", STAMP, sign(minted.key, STAMP, BODY), BODY, NOW)
    assert (caller.spreadsheet, caller.limit) == ("sheet-1", "team:West")


@pytest.mark.parametrize(
    ("spreadsheet", "stamp", "body"),
    [
        ("sheet-2", STAMP, BODY),
        ("sheet-1", str(int(STAMP) + 1), BODY),
        ("sheet-1", STAMP, BODY + b" "),
        ("", STAMP, BODY),
        ("sheet-1", "", BODY),
        ("sheet-1", "-5", BODY),
        ("sheet-1", "1e9", BODY),
        ("sheet-1", "٣", BODY),
        ("sheet-1", "9" * 400, BODY),
    ],
)
def test_any_altered_part_is_refused(keys: Keys, spreadsheet: str, stamp: str, body: bytes) -> None:
    minted = keys.mint("sheet-1", "", "", 90, NOW)
    other = keys.mint("sheet-2", "", "", 90, NOW)
    assert minted.key != other.key
    with pytest.raises(NotAllowedError):
        keys.caller(spreadsheet, stamp, sign(minted.key, STAMP, BODY), body, NOW)


@pytest.mark.parametrize("signature", ["", "0" * 64, "é" * 64, "x"])
def test_a_wrong_signature_is_refused(keys: Keys, signature: str) -> None:
    keys.mint("sheet-1", "", "", 90, NOW)
    with pytest.raises(NotAllowedError):
        keys.caller("sheet-1", STAMP, signature, BODY, NOW)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_or_early_signature_is_refused(keys: Keys, seconds: int) -> None:
    minted = keys.mint("sheet-1", "", "", 90, NOW)
    later = NOW + timedelta(seconds=seconds)
    with pytest.raises(NotAllowedError):
        keys.caller("sheet-1", STAMP, sign(minted.key, STAMP, BODY), BODY, later)


def test_expired_and_revoked_keys_are_refused(keys: Keys) -> None:
    minted = keys.mint("sheet-1", "", "", 1, NOW)
    tomorrow = NOW + timedelta(days=1, seconds=1)
    stamp = str(int(tomorrow.timestamp()))
    with pytest.raises(NotAllowedError):
        keys.caller("sheet-1", stamp, sign(minted.key, stamp, BODY), BODY, tomorrow)
    assert keys.revoke("sheet-1", NOW) == 1
    with pytest.raises(NotAllowedError):
        keys.caller("sheet-1", STAMP, sign(minted.key, STAMP, BODY), BODY, NOW)


def test_while_a_key_is_rotated_both_are_good(keys: Keys) -> None:
    old, new = (keys.mint("sheet-1", "", "", 90, NOW) for _ in range(2))
    for minted in (old, new):
        keys.caller("sheet-1", STAMP, sign(minted.key, STAMP, BODY), BODY, NOW)
    assert keys.revoke("sheet-1", NOW, but_newest=True) == 1
    keys.caller("sheet-1", STAMP, sign(new.key, STAMP, BODY), BODY, NOW)
    with pytest.raises(NotAllowedError):
        keys.caller("sheet-1", STAMP, sign(old.key, STAMP, BODY), BODY, NOW)


def test_secrets_are_sealed_at_rest_and_never_shown(keys: Keys, tmp_path: Path) -> None:
    minted = keys.mint("sheet-1", "", "", 90, NOW)
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert minted.key.encode() not in on_disk
    assert minted.key not in repr(minted)
    assert minted.key not in repr(keys.records())
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


def test_a_sealed_secret_opens_only_for_its_purpose_and_key() -> None:
    vault = Vault(b"a" * 32)
    sealed = vault.seal("one", b"secret")
    assert vault.open("one", sealed) == b"secret"
    for other, purpose, altered in [
        (vault, "two", sealed),
        (Vault(b"b" * 32), "one", sealed),
        (vault, "one", sealed[:-1] + bytes([sealed[-1] ^ 1])),
    ]:
        with pytest.raises(StoreError):
            other.open(purpose, altered)


def test_a_short_secret_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="at least 32"):
        open_vault({"SCORECELL_SECRET_KEY": "short"}, tmp_path)
