"""Where our calls may go: decided on the written address, before anything leaves this machine."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from connectors.errors import SourceError

LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})

# Nothing but a scheme, a plain ASCII host and a port can stand before the path, so that no two readers of the
# address can see two hosts in it: no user name, no backslash, no escape, no address in brackets but our own.
_ADDRESS: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.-]{1,253}|\[::1\])(?::(?P<port>[0-9]{1,5}))?(?P<rest>[/?][!-~]*)?"
)
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Address:
    """An http or https address in its parts; ``host`` is in lower case, ``port`` is 0 where none is written."""

    scheme: str
    host: str
    port: int
    rest: str

    @property
    def origin(self) -> str:
        """Return ``scheme://host[:port]``."""
        return f"{self.scheme}://{self.host}" + (f":{self.port}" if self.port else "")

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine."""
        return self.host in LOOPBACK_HOSTS


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """The hosts that may be called: exact ``names``, all names below a suffix (``.salesforce.com``), this machine."""

    names: frozenset[str] = frozenset()
    suffixes: tuple[str, ...] = ()
    loopback: bool = False

    def __contains__(self, host: str) -> bool:
        if host in LOOPBACK_HOSTS:
            return self.loopback
        if not all(_LABEL.fullmatch(label) for label in host.split(".")):
            return False
        return host in self.names or host.endswith(self.suffixes)


def parse_address(text: str) -> Address:
    """Return the parts of an address, or raise `SourceError` if it is not a plain http or https one."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise SourceError(f"{_shown(text)} is not an address that can be called; write https:// and a host name.")
    port = int(match["port"] or 0)
    return Address(match["scheme"], match["host"].lower(), port, match["rest"] or "")


def check_address(text: str, allowed: AllowedHosts) -> Address:
    """Return the parts of an address that may be called, or raise `SourceError` that says why it may not."""
    address = parse_address(text)
    if address.host not in allowed:
        raise SourceError(f"Refused to call {address.host}: it is not among the hosts that may be called here.")
    if address.is_loopback:
        return address
    if address.scheme != "https":
        raise SourceError(f"Refused to call {address.host} over plain http; write https://.")
    if address.port not in {0, 443}:
        raise SourceError(f"Refused to call {address.host} on port {address.port}; only 443 is called.")
    return address


def _shown(text: str) -> str:
    """Return what may be shown of an address that could hold a secret: nothing after its host."""
    head = re.split(r"[/?#\\]", re.sub(r"^[a-z]+://", "", text), maxsplit=1)[0]
    return repr(head.rpartition("@")[2][:100])
