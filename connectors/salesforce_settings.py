"""What the Salesforce connector must be told: which organisation, who we are, how carefully to read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from connectors.addresses import LOOPBACK_HOSTS, Address, AllowedHosts, check_address, parse_address
from connectors.errors import SourceError
from connectors.secret import Secret

Login = Literal["client_credentials", "jwt", "refresh_token", "session"]

# My Domain hosts, those of sandboxes (acme--dev.sandbox.my.salesforce.com) among them, and where everybody logs in.
_SUFFIXES: Final = (".my.salesforce.com", ".my.salesforce.mil")
_LOGIN_HOSTS: Final = frozenset({"login.salesforce.com", "test.salesforce.com"})
_NEEDED: Final[Mapping[Login, tuple[str, ...]]] = {
    "client_credentials": ("client_id", "client_secret"),
    "jwt": ("client_id", "private_key", "username"),
    "refresh_token": ("client_id",),  # the token itself may come later, from a login in a browser
    "session": ("session_id",),
}


@dataclass(frozen=True, slots=True)
class SalesforceSettings:
    """Where and how to read. Wrong ones raise `SourceError` at once, naming the setting and the remedy.

    ``private_key`` is the PEM text itself. ``erased_hours``: how often it is asked for records deleted for good.
    From ``bulk_rows`` rows on a whole object is read by a bulk job, which may take ``bulk_minutes``.
    ``run_calls_percent`` of the organisation's daily calls are used by one run at most, and none above
    ``total_calls_percent`` used by everybody, so that other programs always have some left.
    ``time_zone`` empty: the organisation's own. ``objects`` are an organisation's own entries over
    ``salesforce.toml``.
    """

    instance_url: str
    login: Login = "client_credentials"
    login_url: str = ""
    client_id: str = ""
    client_secret: Secret = field(default_factory=Secret)
    private_key: Secret = field(default_factory=Secret)
    username: str = ""
    refresh_token: Secret = field(default_factory=Secret)
    session_id: Secret = field(default_factory=Secret)
    api_version: str = "59.0"
    overlap_minutes: int = 15
    erased_hours: int = 24
    bulk_rows: int = 100_000
    bulk_minutes: int = 60
    run_calls_percent: int = 25
    total_calls_percent: int = 80
    time_zone: str = ""
    objects: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check every setting; nothing has left yet."""
        if self.login not in get_args(Login):
            raise SourceError(f"salesforce.login must be one of {', '.join(get_args(Login))}, not {self.login!r}.")
        instance = self._origin("instance_url", self.instance_url)
        if instance.host in _LOGIN_HOSTS:
            raise SourceError(
                f"salesforce.instance_url is {instance.origin}, where everybody logs in; write your own My Domain "
                "address, https://your-company.my.salesforce.com."
            )
        self._origin("login_url", self.login_url or self.instance_url)
        for name in _NEEDED[self.login]:
            if not getattr(self, name):
                file = "private_key_file" if name == "private_key" else name
                raise SourceError(f"salesforce.{file} is missing; the login {self.login} needs it.")
        if not re.fullmatch(r"[0-9]{2}\.0", self.api_version):
            raise SourceError(f"salesforce.api_version must be like 59.0, not {self.api_version!r}.")
        if not 0 <= self.overlap_minutes <= 1440:
            raise SourceError("salesforce.overlap_minutes must be from 0 to 1440.")
        if not 1 <= self.erased_hours <= 168:
            raise SourceError("salesforce.erased_hours must be from 1 to 168.")
        for name in ("run_calls_percent", "total_calls_percent"):
            if not 1 <= getattr(self, name) <= 100:
                raise SourceError(f"salesforce.{name} must be from 1 to 100.")

    @property
    def allowed_hosts(self) -> AllowedHosts:
        """Return Salesforce's hosts, or this machine alone where the organisation is a stand-in on it."""
        host = parse_address(self.instance_url).host
        return AllowedHosts(loopback=True) if host in LOOPBACK_HOSTS else AllowedHosts(_LOGIN_HOSTS, _SUFFIXES)

    @property
    def instance(self) -> Address:
        """Return the organisation's address."""
        return parse_address(self.instance_url)

    @property
    def token_address(self) -> str:
        """Return where tokens are asked for."""
        return parse_address(self.login_url or self.instance_url).origin + "/services/oauth2/token"

    @property
    def authorize_address(self) -> str:
        """Return where a browser logs in."""
        return parse_address(self.login_url or self.instance_url).origin + "/services/oauth2/authorize"

    @property
    def audience(self) -> str:
        """Return whom a JWT is made for: Salesforce's own login hosts know all organisations of their kind."""
        login = parse_address(self.login_url or self.instance_url)
        if login.is_loopback or login.host in _LOGIN_HOSTS:
            return login.origin
        is_sandbox = ".sandbox." in login.host or "--" in login.host
        return "https://test.salesforce.com" if is_sandbox else "https://login.salesforce.com"

    def _origin(self, name: str, text: str) -> Address:
        try:
            address = check_address(text, self.allowed_hosts)
        except SourceError as error:
            raise SourceError(
                f"salesforce.{name} must be your My Domain address, https://your-company.my.salesforce.com. {error}"
            ) from error
        if address.rest not in {"", "/"}:
            raise SourceError(f"salesforce.{name} must end after the host, such as {address.origin}.")
        return address


def zone_of(time_zone: str) -> ZoneInfo:
    """Return the zone of an IANA name, or raise `SourceError`."""
    try:
        return ZoneInfo(time_zone)
    except (KeyError, ValueError, OSError) as error:
        raise SourceError(
            f"{time_zone!r} is not a time zone that is known here; set org.time_zone, such as Europe/Paris."
        ) from error
