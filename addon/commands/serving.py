"""``scorecell serve`` and ``work``: the two processes of a deployment."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import click

from addon.jobs import Jobs
from addon.lease import FileLease
from addon.schedule import Worker
from addon.settings import Organisation


@click.command("serve", short_help="Answer cells and cards over HTTP.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port [web.port].")
@click.pass_obj
def serve(organisation: Organisation, port: int | None) -> None:
    """Answer cells and cards over HTTP. Any number may run; they only read snapshots."""
    from addon.server import run_server
    from addon.web import create_app

    settings = organisation.settings
    run_server(
        create_app(organisation),
        host=settings.text("web", "host"),
        port=settings.integer("web", "port") if port is None else port,
        workers=settings.integer("web", "workers"),
    )


@click.command("work", short_help="Refresh on schedule and on request.")
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
