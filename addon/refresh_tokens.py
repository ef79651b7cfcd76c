"""The refresh token of a login in the browser: sealed in the database, replaced when Salesforce replaces it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import Engine, delete, insert, select

from addon.database import SEALED_SECRET, open_database
from addon.settings import Organisation
from addon.vault import Vault, open_vault
from connectors.salesforce_settings import SalesforceSettings
from connectors.secret import Secret


class RefreshTokens:
    """The refresh tokens of one app in one organisation, of which only the latest is worth anything."""

    def __init__(self, engine: Engine, vault: Vault, name: str, clock: Callable[[], datetime]) -> None:
        """``name`` tells whose tokens they are; sealed for one name, a token opens for no other."""
        self._engine = engine
        self._vault = vault
        self._name = name
        self._clock = clock

    def latest(self) -> Secret:
        """Return the token that was kept last; empty where none was. Raises `StoreError` if it cannot be opened."""
        statement = select(SEALED_SECRET.c.secret).where(SEALED_SECRET.c.name == self._name)
        with self._engine.connect() as connection:
            sealed = connection.execute(statement).scalar_one_or_none()
        return Secret() if sealed is None else Secret(self._vault.open(self._name, sealed).decode())

    def keep(self, token: Secret) -> None:
        """Keep a token in place of the one before, in one transaction: there is always exactly one."""
        row = {
            "name": self._name,
            "secret": self._vault.seal(self._name, token.reveal().encode()),
            "kept_at": self._clock().astimezone(UTC).replace(tzinfo=None),
        }
        with self._engine.begin() as connection:
            connection.execute(delete(SEALED_SECRET).where(SEALED_SECRET.c.name == self._name))
            connection.execute(insert(SEALED_SECRET).values(**row))


def open_refresh_tokens(organisation: Organisation, told: SalesforceSettings) -> RefreshTokens:
    """Return the tokens that belong to these settings: those that followed the one given there, if one is given.

    So a new token in the settings counts at once, whatever had followed the old one.
    """
    folder = organisation.data_folder
    name = f"refresh token of {told.client_id} at {told.instance.origin}"
    if told.refresh_token:
        name += f" after {hashlib.sha256(told.refresh_token.reveal().encode()).hexdigest()[:16]}"
    vault = open_vault(os.environ, folder)
    return RefreshTokens(open_database(folder), vault, name[:400], organisation.settings.clock.now)
