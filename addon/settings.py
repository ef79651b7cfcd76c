"""Settings: one TOML file, any value overridable by ``SCORECELL_<SECTION>__<KEY>``; each key checked and typed.

The known keys are the table `KEYS`; the documentation of the settings is generated from it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from addon.clock import Clock
from addon.errors import SettingsError
from kpis.days import WEEKDAYS
from kpis.errors import KpiError, suggest
from kpis.fiscal import USUAL_YEAR_END, WEEK_PATTERNS, year_end
from kpis.memberships import WHENS

Value = str | int | bool | tuple[str, ...] | Mapping[str, object]
KeyType = Literal["text", "secret", "integer", "boolean", "list", "table"]

DEFAULT_FILE: Final = "scorecell.toml"
DEFAULT_DATA_FOLDER: Final = ".scorecell"


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: its type, default and what it is for."""

    section: str
    name: str
    type: KeyType
    default: Value
    words: str

    @property
    def variable(self) -> str:
        """Return the environment variable that overrides it."""
        return f"SCORECELL_{self.section}__{self.name}".upper()


def _keys(section: str, *rows: tuple[str, KeyType, Value, str]) -> tuple[Key, ...]:
    return tuple(Key(section, *row) for row in rows)


KEYS: Final[tuple[Key, ...]] = (
    *_keys(
        "org",
        ("time_zone", "text", "", "IANA name; default: the Salesforce organisation's"),
        ("currency", "text", "", "ISO code shown with money; default: the Salesforce organisation's"),
        ("fiscal_year_start_month", "integer", 0, "1 to 12; default: the Salesforce organisation's fiscal years"),
        ("fiscal_year_named_by_start", "boolean", "", "FY2026 starts in 2026, not ends; default: Salesforce's"),
        ("fiscal_weeks", "text", "", "4-4-5, 4-5-4 or 5-4-4: fiscal years are whole weeks, their months so many"),
        ("fiscal_year_end", "text", USUAL_YEAR_END, "with fiscal_weeks; also: saturday nearest the end of january"),
        ("week_start", "text", "", "a weekday; default: monday, with fiscal_weeks the day on which these begin"),
        ("holidays", "list", (), "no business days: countries or parts of them (US, FR, DE-BY), dates, or both"),
        ("membership", "text", "now", "teams and regions as they are now, or then: as they were when it happened"),
        ("language", "text", "en", "en or fr: language of the published tabs"),
        ("small_sample_rate", "integer", 20, "a rate of fewer records is called a small sample; 0: none is"),
        ("small_sample_mean", "integer", 10, "the same for a mean, a median and what is like them"),
    ),
    *_keys(
        "salesforce",
        ("instance_url", "text", "", "https://your-company.my.salesforce.com; empty: no Salesforce"),
        ("login_url", "text", "", "where to log in, such as https://test.salesforce.com; default: instance_url"),
        ("login", "text", "client_credentials", "client_credentials, jwt, refresh_token or session"),
        ("client_id", "text", "", "consumer key of the external client app"),
        ("client_secret", "secret", "", "consumer secret, for client_credentials; else where the app requires it"),
        ("private_key_file", "text", "", "PEM file, for jwt"),
        ("username", "text", "", "the integration user, for jwt"),
        ("session_id", "secret", "", "a session, for session"),
        ("refresh_token", "secret", "", "for refresh_token, where it is not from `scorecell connect salesforce`"),
        ("api_version", "text", "59.0", "REST API version; columns differ between versions, so it is pinned"),
        ("overlap_minutes", "integer", 15, "how far each sync looks back for rows that became visible late"),
        ("erased_hours", "integer", 24, "how often it is asked for records that were deleted for good"),
        (
            "compare_hours",
            "integer",
            24,
            "how often rows are compared with Salesforce's counts; 0: in full syncs",
        ),
        ("bulk_rows", "integer", 100_000, "from how many rows on a whole object is read by a bulk job"),
        ("run_calls_percent", "integer", 25, "of the daily API calls, how many one sync uses at most"),
        ("total_calls_percent", "integer", 80, "a sync stops when so many are used by everybody"),
        ("objects", "table", {}, "your own fields, over those of connectors/salesforce.toml"),
    ),
    *_keys(
        "google",
        ("service_account_file", "text", "", "JSON key of the service account; empty: no Google Sheets"),
        ("spreadsheets", "list", (), "ids of the spreadsheets whose tabs are read"),
        ("scope", "text", "spreadsheets", "spreadsheets, or drive.file: only files opened with the add-on"),
        ("skip_unchanged", "boolean", False, "ask Drive first whether a file changed; its API must be enabled, too"),
        ("publish_to", "list", (), "ids of the spreadsheets that get the KPI tabs"),
        (
            "problems_tab",
            "boolean",
            False,
            "also write what could not be read into a tab of that spreadsheet",
        ),
        ("tabs", "table", {}, "tab name -> canonical table, where the headers alone do not tell"),
        ("sheets_url", "text", "https://sheets.googleapis.com", "the Sheets API"),
        ("certs_url", "text", "https://www.googleapis.com/oauth2/v1/certs", "certificates for ID tokens"),
        ("addon_audiences", "list", (), "the endpoint URLs of the add-on: what a system token's aud may be"),
        ("addon_service_account", "text", "", "e-mail of the add-on's service account"),
        ("client_id", "text", "", "OAuth client ids that user tokens are made for, with commas between"),
        ("allowed_domains", "list", (), "Workspace domains whose users may connect; empty: nobody"),
        ("user_limit", "text", "", "the only slice that users see, e.g. team:West; empty: the whole company"),
    ),
    *_keys(
        "kpis",
        ("folder", "text", "", "folder with TOML files of your own measures, KPIs, synonyms and scorecards"),
    ),
    *_keys(
        "quality",
        ("stalled_days", "integer", 0, "from what age on an open deal has stalled; 0: twice the median cycle"),
        ("duplicate_days", "integer", 30, "how near the close dates of two deals are that may be the same"),
        ("tab", "boolean", False, "also write the report into a tab of the spreadsheets in google.publish_to"),
    ),
    *_keys(
        "schedule",
        ("every_minutes", "integer", 15, "minutes between refreshes; at least 5 for a real organisation"),
        ("stale_after_minutes", "integer", 1440, "an answer says stale when the last sync is older"),
        ("keep_snapshots", "integer", 50, "how many snapshots are kept at least"),
    ),
    *_keys(
        "web",
        ("host", "text", "127.0.0.1", "address that `scorecell serve` binds"),
        ("port", "integer", 8080, "port that `scorecell serve` binds"),
        ("workers", "integer", 1, "gunicorn workers"),
        ("public_url", "text", "", "https address under which Google reaches this server"),
        ("key_days", "integer", 90, "days until a spreadsheet's key expires"),
    ),
)

_CHOICES: Final = {
    ("google", "scope"): ("spreadsheets", "drive.file"),
    ("org", "language"): ("en", "fr"), ("org", "fiscal_weeks"): ("", *WEEK_PATTERNS),
    ("org", "week_start"): ("", *WEEKDAYS), ("org", "membership"): WHENS,
}  # fmt: skip
_BOUNDS: Final = {
    ("org", "fiscal_year_start_month"): (0, 12), ("org", "small_sample_rate"): (0, 1_000_000),
    ("org", "small_sample_mean"): (0, 1_000_000), ("schedule", "every_minutes"): (1, 10_080),
    ("salesforce", "compare_hours"): (0, 8_760), ("quality", "stalled_days"): (0, 3_650),
    ("quality", "duplicate_days"): (0, 365),
    ("schedule", "stale_after_minutes"): (1, 525_600), ("schedule", "keep_snapshots"): (1, 100_000),
    ("web", "port"): (0, 65_535), ("web", "workers"): (1, 64), ("web", "key_days"): (1, 3_650),
}  # fmt: skip
"""From and to, of the whole numbers that only this package uses; the connector checks its own."""
_TYPE_WORDS: Final[Mapping[KeyType, str]] = {
    "text": "a text", "secret": "a text", "integer": "a whole number", "boolean": "true or false",
    "list": "a list of texts", "table": "a table",
}  # fmt: skip
_BY_NAME: Final = {(key.section, key.name): key for key in KEYS}
_SECTIONS: Final = tuple(dict.fromkeys(key.section for key in KEYS))


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one organisation, typed. Values of secret keys are never shown."""

    values: Mapping[tuple[str, str], Value] = field(repr=False)
    data_folder: Path
    clock: Clock
    source: str = DEFAULT_FILE

    def text(self, section: str, name: str) -> str:
        """Return a text or secret setting."""
        value = self._value(section, name, {"text", "secret"})
        return str(value)

    def integer(self, section: str, name: str) -> int:
        """Return an integer setting."""
        value = self._value(section, name, {"integer"})
        assert isinstance(value, int)  # noqa: S101 - `_value` has checked the key's type
        return value

    def flag(self, section: str, name: str) -> bool | None:
        """Return a true-or-false setting; None where it is not set and has no default."""
        value = self._value(section, name, {"boolean"})
        return value if isinstance(value, bool) else None

    def words(self, section: str, name: str) -> tuple[str, ...]:
        """Return a list setting."""
        value = self._value(section, name, {"list"})
        assert isinstance(value, tuple)  # noqa: S101 - `_value` has checked the key's type
        return value

    def table(self, section: str, name: str) -> Mapping[str, object]:
        """Return a table setting."""
        value = self._value(section, name, {"table"})
        assert isinstance(value, Mapping)  # noqa: S101 - `_value` has checked the key's type
        return value

    def without_secrets(self, *sections: str) -> list[tuple[str, str, str]]:
        """Return what is set in some sections, as text and in order, to tell whether anything was changed."""
        shown = (key for key in self.values if key[0] in sections and _BY_NAME[key].type != "secret")
        return sorted((section, name, repr(self.values[section, name])) for section, name in shown)

    def _value(self, section: str, name: str, types: set[str]) -> Value:
        key = _BY_NAME[section, name]
        if key.type not in types:
            raise KeyError(f"{section}.{name} is a {key.type}")
        return self.values.get((section, name), key.default)


@dataclass(frozen=True, slots=True)
class Organisation:
    """Whose data it is: everything that reads or writes data is handed one of these, never a global."""

    name: str
    settings: Settings

    @property
    def data_folder(self) -> Path:
        """Return the folder that holds this organisation's snapshots and database."""
        return self.settings.data_folder


def load_settings(environment: Mapping[str, str], file: Path | None = None) -> Settings:
    """Read the file and the environment. Raises `SettingsError` naming the place and the remedy.

    ``file`` is what ``--config`` gave; it, and ``SCORECELL_CONFIG``, must exist; the default file may be absent.
    """
    path = file or Path(environment.get("SCORECELL_CONFIG") or DEFAULT_FILE)
    is_named = file is not None or bool(environment.get("SCORECELL_CONFIG"))
    values = _read_file(path, is_named=is_named)
    values |= _from_environment(environment)
    data_folder = Path(environment.get("SCORECELL_DATA_DIR") or DEFAULT_DATA_FOLDER)
    clock = Clock(_fixed_day(environment.get("SCORECELL_TODAY", "")))
    source = str(path) if path.exists() else f"the environment alone, as there is no {path}"
    return Settings(values, data_folder, clock, source)


def with_values(settings: Settings, values: Mapping[tuple[str, str], Value]) -> Settings:
    """Return the settings with some values replaced; used by the demo, which configures itself."""
    checked = {name: _checked(_BY_NAME[name], value, "the demo") for name, value in values.items()}
    return Settings({**settings.values, **checked}, settings.data_folder, settings.clock, settings.source)


def _read_file(path: Path, *, is_named: bool) -> dict[tuple[str, str], Value]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if is_named:
            raise SettingsError(f"The settings file {path} does not exist.") from None
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {path} is not valid TOML: {error}") from None
    values: dict[tuple[str, str], Value] = {}
    for section, entries in document.items():
        if section not in _SECTIONS or not isinstance(entries, dict):
            raise SettingsError(f"{path}: [{section}] is not a section of settings.{suggest(section, _SECTIONS)}")
        for name, value in entries.items():
            key = _known(section, name, str(path))
            values[section, name] = _checked(key, value, str(path))
    return values


def _known(section: str, name: str, place: str) -> Key:
    key = _BY_NAME.get((section, name))
    if key is None:
        names = [known.name for known in KEYS if known.section == section]
        raise SettingsError(f"{place}: {section}.{name} is not a setting.{suggest(name, names)}")
    return key


def _from_environment(environment: Mapping[str, str]) -> dict[tuple[str, str], Value]:
    values: dict[tuple[str, str], Value] = {}
    for variable, text in environment.items():
        if not variable.startswith("SCORECELL_") or "__" not in variable:
            continue
        section, _, name = variable.removeprefix("SCORECELL_").lower().partition("__")
        if section not in _SECTIONS:
            raise SettingsError(f"{variable}: there is no section {section}.{suggest(section, _SECTIONS)}")
        key = _known(section, name, variable)
        values[section, name] = _checked(key, _from_text(key, text), variable)
    return values


def _from_text(key: Key, text: str) -> object:
    if key.type == "integer":
        return int(text) if re.fullmatch(r"\s*-?[0-9]{1,18}\s*", text) else text
    if key.type == "boolean":
        return {"true": True, "false": False, "1": True, "0": False}.get(text.strip().lower(), text)
    if key.type == "list":
        return [part.strip() for part in text.split(",") if part.strip()]
    if key.type == "table":
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            return text
    return text


def _checked(key: Key, value: object, place: str) -> Value:
    wanted = f"{place}: {key.section}.{key.name} must be"
    if key.type in {"text", "secret"} and isinstance(value, str):
        choices = _CHOICES.get((key.section, key.name), (value,))
        if value not in choices:
            raise SettingsError(f"{wanted} one of {', '.join(filter(None, choices))}, not {value!r}.")
        if key.name == "time_zone" and value and not _is_zone(value):
            raise SettingsError(f"{wanted} the name of a time zone, such as Europe/Paris, not {value!r}.")
        if key.name == "fiscal_year_end":
            _check_year_end(value, place)
        return value
    if key.type == "integer" and isinstance(value, int) and not isinstance(value, bool):
        least, most = _BOUNDS.get((key.section, key.name), (value, value))
        if not least <= value <= most:
            raise SettingsError(f"{wanted} from {least} to {most}, not {value}.")
        return value
    if key.type == "boolean" and isinstance(value, bool):
        return value
    if key.type == "list" and isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return tuple(value)
    if key.type == "table" and isinstance(value, Mapping):
        return value
    raise SettingsError(f"{wanted} {_TYPE_WORDS[key.type]}: {key.words}.")


def _check_year_end(words: str, place: str) -> None:
    try:
        year_end(words)
    except KpiError as error:
        raise SettingsError(f"{place}: org.fiscal_year_end: {error}") from error


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _fixed_day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"SCORECELL_TODAY must be a date like 2026-11-24, not {text!r}.") from None
