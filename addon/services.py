"""What requests are answered with: one set per web process, handed to every group of routes."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from addon.auth import Claims, Verifier, open_certificates, system_token_kind, user_token_kind
from addon.database import open_database
from addon.keys import Keys
from addon.metrics import Counters
from addon.own_catalogue import catalogue_of, kept_texts, own_texts
from addon.reader import Desk, Reader
from addon.runs import Runs
from addon.settings import Organisation
from addon.store import Store
from addon.vault import open_vault
from kpis.definitions import Catalogue, Language


class Reading(Protocol):
    """Pins a snapshot for a request."""

    def desk(self, limit: str = "", as_of: date | None = None) -> Desk:
        """Return what answers from it. Raises `AddonError` when there is none."""


class Tokens(Protocol):
    """Verifies one kind of Google token."""

    def claims(self, token: str) -> Claims:
        """Return the claims of a token. Raises `NotAllowedError`."""


@dataclass(frozen=True, slots=True)
class Services:
    """The services of one organisation's web process."""

    organisation: Organisation
    reader: Reading
    keys: Keys
    runs: Runs
    system_tokens: Tokens
    user_tokens: Tokens
    counters: Counters

    @property
    def language(self) -> Language:
        """Return the organisation's language: that of answers to who does not say theirs."""
        return "fr" if self.organisation.settings.text("org", "language") == "fr" else "en"

    def catalogue(self) -> Catalogue:
        """Return the definitions that answers are made with, before the first snapshot those of the settings."""
        snapshot = Store(self.organisation.data_folder).current()
        texts = kept_texts(snapshot.folder) if snapshot else own_texts(self.organisation.settings)
        return catalogue_of(texts)

    @property
    def user_limit(self) -> str:
        """Return the only slice that cards and newly connected spreadsheets show; empty for everything."""
        return self.organisation.settings.text("google", "user_limit")


def open_services(organisation: Organisation, reader: Reading | None = None) -> Services:
    """Return the services that the settings ask for. Nothing is fetched yet; the database is made if it is new."""
    settings, folder = organisation.settings, organisation.data_folder
    engine = open_database(folder)
    engine.dispose()  # a forked web worker must open its own connections, never inherit one
    certificates = open_certificates(settings.text("google", "certs_url"), time.monotonic)
    return Services(
        organisation,
        reader or Reader(organisation),
        Keys(engine, open_vault(os.environ, folder)),
        Runs(engine),
        Verifier(system_token_kind(settings), certificates),
        Verifier(user_token_kind(settings), certificates),
        Counters(),
    )
