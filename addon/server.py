"""The web server's process: gunicorn with threads, and what was loaded out of the garbage collector's sight."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING, Final, cast

from addon.errors import AddonError
from addon.ports import open_port

if TYPE_CHECKING:
    from flask import Flask
    from gunicorn.arbiter import Arbiter
    from gunicorn.config import Config


def run_server(app: Flask, *, host: str, port: int, workers: int) -> None:
    """Serve the application until a signal ends the process. Raises `AddonError` where the port cannot be had."""
    from gunicorn.app.base import BaseApplication

    listener = open_port(host, port)
    options = {
        "bind": f"fd://{listener.fileno()}",
        "workers": workers,
        "worker_class": "gthread",
        "threads": 4,
        "timeout": 30,
        "keepalive": 5,
        "limit_request_line": 4094,
        "post_fork": _settle,
        "when_ready": _tell,
        "loglevel": "warning",
        # Signals are enough to run it; a socket in the home folder would be one more thing to guard.
        "control_socket_disable": True,
    }

    class Server(BaseApplication):  # type: ignore[misc] # gunicorn has no types
        def load_config(self) -> None:
            known = cast("Config", self.cfg)
            for name, value in options.items():
                if name in known.settings:  # older ones have no control socket
                    known.set(name, value)

        def load(self) -> Flask:
            return app

    try:
        Server().run()
    except SystemExit as end:
        if end.code:
            raise AddonError(f"The web server has stopped ({end.code}); its lines above say why.") from None


def _tell(server: Arbiter) -> None:
    """Say where it answers: the port may have been any free one."""
    addresses = " and ".join(str(listener) for listener in server.LISTENERS)
    print(f"answers at {addresses} (Ctrl-C ends it)", file=sys.stderr)


_OBJECTS_A_PASS: Final = 100_000
"""Ten thousand questions in one body are ten thousand lists; Python's 700 would look through them again and again."""


def _settle(_server: object, _worker: object) -> None:
    """Take what is loaded out of the garbage collector's sight: its passes are the slowest requests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_A_PASS, 20, 20)
