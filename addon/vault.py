"""Secrets at rest: sealed with a key that is not kept beside them, bound to what they are for."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from addon.errors import SettingsError, StoreError

VARIABLE = "SCORECELL_SECRET_KEY"
_NONCE_BYTES = 12


class Vault:
    """Seals and opens small secrets with AES-256-GCM. ``purpose`` is authenticated: it opens for nothing else."""

    def __init__(self, master: bytes) -> None:
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"scorecell vault 1").derive(master)
        self._cipher = AESGCM(derived)

    def seal(self, purpose: str, secret: bytes) -> bytes:
        """Return the sealed secret."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, purpose.encode())

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """Return the secret; `StoreError` if it was sealed for something else, with another key, or altered."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode())
        except InvalidTag:
            raise StoreError(
                f"A stored secret cannot be opened: {VARIABLE} is not the one it was sealed with. "
                "Set the old value again, or connect anew."
            ) from None


def open_vault(environment: Mapping[str, str], data_folder: Path) -> Vault:
    """Return the vault of the key in ``SCORECELL_SECRET_KEY``, or of a file that only this user can read.

    The file is for one machine that keeps its own secrets, as the demo does; servers give the variable.
    """
    text = environment.get(VARIABLE, "")
    if text:
        if len(text) < 32:
            raise SettingsError(f"{VARIABLE} must have at least 32 characters; make one with `openssl rand -hex 32`.")
        return Vault(text.encode())
    return Vault(_key_file(data_folder / "secret.key"))


def _key_file(path: Path) -> bytes:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(f"The key file {path} cannot be written: {error.strerror}.") from error
    key = secrets.token_hex(32).encode()
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
    return key
