"""``scorecell demo`` and ``sandbox``: try everything on one machine, with nothing to configure."""

from __future__ import annotations

import socket
import threading
from datetime import date, datetime
from pathlib import Path
from typing import Final

import click
import orjson

from addon.commands.progress import rows_progress, say_progress
from addon.commands.serving import stop_on_signals, tell
from addon.demo import Demo, demo_company, headline_questions, headlines, open_demo, today_of
from addon.documents import answer_document
from addon.errors import AddonError
from addon.formats import format_value
from addon.jobs import Jobs
from addon.lease import FileLease
from addon.ports import open_port
from addon.reader import Desk, Reader
from addon.schedule import Worker
from addon.settings import Organisation
from connectors.sandbox.sandbox import start
from connectors.sandbox.server import Faults, load_faults
from kpis.questions import Answer

_HOST: Final = "127.0.0.1"
_PORT: Final = 8765

org_option = click.option(
    "--org",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder with one CSV per Salesforce object, and sheets/ with one per tab. Default: the demo company.",
)
today_option = click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="The day it is. Default: today."
)


@click.command("demo", short_help="Try everything on this machine, with nothing to configure.")
@org_option
@today_option
@click.option("--port", type=click.IntRange(0, 65535), default=_PORT, show_default=True, help="Port of the page.")
@click.option("--once", is_flag=True, help="Print the scorecard and end; the snapshot stays for `scorecell kpi`.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def demo(  # noqa: PLR0917 - one parameter an option
    organisation: Organisation, org: Path | None, today: datetime | None, port: int, once: bool, as_json: bool
) -> None:
    """Start the stand-ins, sync, compute, publish the KPI tabs, and serve functions, cards and a page to look at."""
    listener = None if once else open_port(_HOST, port)
    say_progress("starting the stand-ins for Salesforce and Google")
    with open_demo(organisation, org, _day(today), 0) as running:
        with rows_progress() as progress:
            outcome = Jobs(running.organisation, progress=progress).run("refresh", trigger="demo", full=True)
        if outcome.state == "failed":
            raise AddonError(outcome.error)
        desk = Reader(running.organisation).desk()
        zone = desk.snapshot.manifest.company.time_zone
        calendar = desk.snapshot.manifest.company.calendar
        questions = headline_questions(calendar, today_of(running.organisation, zone))
        answers = headlines(desk.answerer.answer_all(questions))
        if as_json:
            click.echo(orjson.dumps(_document(desk, answers, outcome.call_count), option=orjson.OPT_INDENT_2))
        else:
            _print(desk, answers)
        for problem in outcome.problems:
            click.echo(f"left out: {problem}", err=True)
        if listener is not None:
            _serve(running, Jobs(running.organisation), listener)


def _document(desk: Desk, answers: list[Answer], call_count: int) -> dict[str, object]:
    company = desk.snapshot.manifest.company
    return {
        "company": company.name,
        "currency": company.currency,
        "today": desk.snapshot.manifest.today,
        "snapshot": desk.snapshot.id,
        "as_of": desk.as_of,
        "call_count": call_count,
        "rows": {name: table.rows for name, table in desk.snapshot.manifest.tables.items()},
        "scorecard": [answer_document(answer, desk) for answer in answers],
    }


def _print(desk: Desk, answers: list[Answer]) -> None:
    company = desk.snapshot.manifest.company
    titles = {answer.kpi: desk.answerer.catalogue.kpis[answer.kpi].titles["en"] for answer in answers}
    width = max(map(len, titles.values()))
    rows = sum(table.rows for table in desk.snapshot.manifest.tables.values())
    click.echo(f"{company.name}, {desk.snapshot.manifest.today}: {rows:,} rows, snapshot {desk.snapshot.id}")
    for answer in answers:
        shown = answer.state if answer.value is None else format_value(answer.value, answer.unit, company.currency)
        click.echo(f"  {titles[answer.kpi]:<{width}}{shown:>18}   {answer.period}")


def _serve(running: Demo, jobs: Jobs, listener: socket.socket) -> None:
    """Serve the page and refresh on schedule until interrupted."""
    from werkzeug.serving import WSGIRequestHandler, make_server

    from addon.playground import playground
    from addon.web import create_app

    class Quiet(WSGIRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing: what a person should read must not drown among requests."""

    stop = stop_on_signals()
    app = create_app(running.organisation, playground=playground(running))
    port = listener.getsockname()[1]
    server = make_server(_HOST, port, app, threaded=True, request_handler=Quiet, fd=listener.fileno())
    worker = Worker(running.organisation, jobs, FileLease(running.organisation.data_folder), tell)
    threads = [
        threading.Thread(target=server.serve_forever, name="web", daemon=True),
        threading.Thread(target=worker.run, args=(stop,), name="worker", daemon=True),
    ]
    for thread in threads:
        thread.start()
    click.echo(f"open http://127.0.0.1:{port}/  (Ctrl-C ends it)", err=True)
    click.echo(f"sandbox at {running.sandbox.url}, spreadsheet {running.sandbox.spreadsheet_id}", err=True)
    stop.wait()
    server.shutdown()
    threads[1].join(timeout=30)


@click.command("sandbox", short_help="Start only the stand-ins for Salesforce and Google.")
@org_option
@today_option
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port [any free one].")
@click.option("--faults", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="JSON list of faults.")
@click.pass_obj
def sandbox(
    organisation: Organisation, org: Path | None, today: datetime | None, port: int, faults: Path | None
) -> None:
    """Start only the stand-ins for Salesforce and Google, on loopback; print the settings that lead to them."""
    stop = stop_on_signals()
    day = _day(today) or organisation.settings.clock.today("UTC")
    folder = org or demo_company(organisation.data_folder, day)
    with start(folder, port=port, today=day, faults=Faults(load_faults(faults)) if faults else None) as running:
        click.echo(running.settings_toml(organisation.data_folder / "demo"))
        click.echo(f"the sandbox is at {running.url} (Ctrl-C ends it)", err=True)
        stop.wait()


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
