"""Where a connection really leads: checked on the open socket, when the name was looked up and no byte is sent yet.

A name that is allowed may still be made to point into our own network; what was looked up earlier may have changed.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from connectors.addresses import LOOPBACK_HOSTS
from connectors.errors import SourceError

_NAT64: Final = IPv6Network("64:ff9b::/96")  # its last 32 bits are the IPv4 address that is reached


def is_public(text: str) -> bool:
    """Whether an IP address lies in the public internet, also the IPv4 address that an IPv6 address stands for."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address):
        address = _embedded(address) or address
    return address.is_global and not address.is_multicast


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _checked(connection: socket.socket, host: str) -> socket.socket:
    """Return the socket if it leads where the host may lead: this machine for our own names, else the internet."""
    peer = str(connection.getpeername()[0])
    is_ours = host in LOOPBACK_HOSTS or host == "::1"
    if ip_address(peer.partition("%")[0]).is_loopback if is_ours else is_public(peer):
        return connection
    connection.close()
    raise SourceError(f"Refused to call {host}: its name leads to {peer}, which is not in the public internet.")


class _PlainConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn(), self.host)


class _SecureConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn(), self.host)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


POOLS: Final = {"http": _PlainPool, "https": _SecurePool}
"""The connection pools by scheme, for a pool manager."""
