"""``scorecell serve`` and ``work``: the two processes of a deployment."""

from __future__ import annotations

import gc
import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING, cast

import click

from addon.jobs import Jobs
from addon.lease import FileLease
from addon.schedule import Worker
from addon.settings import Organisation

if TYPE_CHECKING:
    from flask import Flask
    from gunicorn.config import Config


@click.command("serve")
@click.option("--port", type=click.IntRange(0, 65535), help="Port [web.port].")
@click.pass_obj
def serve(organisation: Organisation, port: int | None) -> None:
    """Answer cells and cards over HTTP. Any number may run; they only read snapshots."""
    from gunicorn.app.base import BaseApplication

    from addon.web import create_app

    settings = organisation.settings
    app = create_app(organisation)
    options = {
        "bind": f"{settings.text('web', 'host')}:{settings.integer('web', 'port') if port is None else port}",
        "workers": settings.integer("web", "workers"),
        "worker_class": "gthread",
        "threads": 4,
        "timeout": 30,
        "keepalive": 5,
        "limit_request_line": 4094,
        "post_fork": _settle,
    }

    class Server(BaseApplication):  # type: ignore[misc] # gunicorn has no types
        def load_config(self) -> None:
            for name, value in options.items():
                cast("Config", self.cfg).set(name, value)

        def load(self) -> Flask:
            return app

    Server().run()


def _settle(_server: object, _worker: object) -> None:
    """Take what is loaded out of the garbage collector's sight: its passes are the slowest requests' time."""
    gc.collect()
    gc.freeze()


@click.command("work")
@click.pass_obj
def work(organisation: Organisation) -> None:
    """Refresh on schedule and on request. Several may run; one leads, another takes over when it dies."""
    stop = stop_on_signals()
    Worker(organisation, Jobs(organisation), FileLease(organisation.data_folder), tell).run(stop)


def tell(line: str) -> None:
    """Print a line of progress."""
    click.echo(line, err=True)


def stop_on_signals() -> threading.Event:
    """Return an event that SIGINT and SIGTERM set."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGINT, on_signal)
    signal.signal(signal.SIGTERM, on_signal)
    return stop
