"""The port that a server answers at: taken before anything else is done, or said to be taken."""

from __future__ import annotations

import socket

from addon.errors import AddonError


def open_port(host: str, port: int) -> socket.socket:
    """Return a socket that listens there; port 0 is any free one. Raises `AddonError` where that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2_048)
    except OSError as error:
        raise AddonError(
            f"Port {port} of {host} cannot be used ({error.strerror}); give another one with --port."
        ) from error
