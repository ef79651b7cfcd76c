"""From settings to the connectors they mean: what is read, and what is written."""

from __future__ import annotations

from pathlib import Path
from typing import cast, get_args

from addon.errors import AddonError, SettingsError
from addon.refresh_tokens import open_refresh_tokens
from addon.settings import Organisation, Settings
from connectors.salesforce import SalesforceSource
from connectors.salesforce_settings import Login, SalesforceSettings
from connectors.secret import Secret
from connectors.sheets import (
    FILE_SCOPE,
    READ_SCOPE,
    SPREADSHEETS_SCOPE,
    VERSION_SCOPE,
    GoogleAccess,
    SheetsClient,
    SheetsSource,
    SpreadsheetWriter,
    tab_mappings,
)
from connectors.source import Source


def open_sources(organisation: Organisation) -> list[Source]:
    """Return the sources that the settings name; none where nothing is set. Nothing is called yet."""
    settings = organisation.settings
    sources: list[Source] = []
    if settings.text("salesforce", "instance_url"):
        sources.append(open_salesforce(organisation))
    spreadsheets = settings.words("google", "spreadsheets")
    if spreadsheets and settings.text("google", "service_account_file"):
        mappings = tab_mappings(settings.table("google", "tabs"))
        makes_members = not settings.text("salesforce", "instance_url")
        sources.append(
            SheetsSource(
                open_client(settings, writes=False),
                spreadsheets,
                mappings=mappings,
                makes_members=makes_members,
                skips_unchanged=bool(settings.flag("google", "skip_unchanged")),
            )
        )
    return sources


def open_salesforce(organisation: Organisation) -> SalesforceSource:
    """Return the Salesforce organisation of the settings, with the refresh token that was kept last."""
    settings = organisation.settings
    told, clock = salesforce_settings(settings), settings.clock.now
    if told.login != "refresh_token":
        return SalesforceSource(told, clock=clock)
    tokens = open_refresh_tokens(organisation, told)
    return SalesforceSource(told, clock=clock, keep_refresh_token=tokens.keep, latest_refresh_token=tokens.latest)


def open_writer(organisation: Organisation) -> SpreadsheetWriter:
    """Return what writes tabs. Raises `AddonError` when no spreadsheet is set."""
    settings = organisation.settings
    if not settings.words("google", "publish_to") or not settings.text("google", "service_account_file"):
        raise AddonError(
            "No spreadsheet gets KPI tabs yet: set google.service_account_file and google.publish_to to its id."
        )
    return SpreadsheetWriter(open_client(settings))


def open_client(settings: Settings, *, writes: bool = True) -> SheetsClient:
    """Return a connection to the Sheets API that may do no more than it must: write only where that is said."""
    file = settings.text("google", "service_account_file")
    if not file:
        raise SettingsError("google.service_account_file is not set: the JSON key of the service account that reads.")
    scopes = [SPREADSHEETS_SCOPE if writes else READ_SCOPE]
    if settings.flag("google", "skip_unchanged") and not writes:
        scopes.append(VERSION_SCOPE)
    if settings.text("google", "scope") == "drive.file":
        scopes = [FILE_SCOPE]
    return SheetsClient(GoogleAccess(Path(file), settings.text("google", "sheets_url"), tuple(scopes)))


def salesforce_settings(settings: Settings) -> SalesforceSettings:
    """Return what the Salesforce connector must be told."""
    return SalesforceSettings(
        instance_url=settings.text("salesforce", "instance_url"),
        login=_login(settings.text("salesforce", "login")),
        login_url=settings.text("salesforce", "login_url"),
        client_id=settings.text("salesforce", "client_id"),
        client_secret=Secret(settings.text("salesforce", "client_secret")),
        private_key=Secret(_private_key(settings)),
        username=settings.text("salesforce", "username"),
        refresh_token=Secret(settings.text("salesforce", "refresh_token")),
        session_id=Secret(settings.text("salesforce", "session_id")),
        api_version=settings.text("salesforce", "api_version"),
        overlap_minutes=settings.integer("salesforce", "overlap_minutes"),
        erased_hours=settings.integer("salesforce", "erased_hours"),
        bulk_rows=settings.integer("salesforce", "bulk_rows"),
        run_calls_percent=settings.integer("salesforce", "run_calls_percent"),
        total_calls_percent=settings.integer("salesforce", "total_calls_percent"),
        time_zone=settings.text("org", "time_zone"),
        objects=settings.table("salesforce", "objects"),
    )


def _login(name: str) -> Login:
    for login in get_args(Login):
        if login == name:
            return cast("Login", login)
    raise SettingsError(f"salesforce.login must be one of {', '.join(get_args(Login))}, not {name!r}.")


def _private_key(settings: Settings) -> str:
    file = settings.text("salesforce", "private_key_file")
    if not file:
        return ""
    try:
        return Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"salesforce.private_key_file {file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise SettingsError(f"salesforce.private_key_file {file} is not a PEM file.") from None
