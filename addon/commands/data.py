"""``scorecell sync``, ``publish`` and ``runs``: bring the numbers in, write the tabs out, see how that went."""

from __future__ import annotations

import dataclasses

import click
import orjson

from addon.clock import instant_text
from addon.commands.progress import rows_progress
from addon.errors import AddonError
from addon.jobs import Jobs
from addon.runs import Outcome, Run
from addon.settings import Organisation


@click.command("sync")
@click.option("--full", is_flag=True, help="Read everything anew instead of what changed.")
@click.pass_obj
def sync(organisation: Organisation, full: bool) -> None:
    """Pull changes and publish a snapshot."""
    with rows_progress() as progress:
        outcome = Jobs(organisation, progress=progress).run("sync", trigger="command", full=full)
    rows = f"{outcome.row_count:,} rows read, {outcome.changed_count:,} changed"
    tell(outcome, f"{rows}, {outcome.call_count} calls")


@click.command("publish", short_help="Write the KPI tabs into the spreadsheets.")
@click.argument("tab", default="")
@click.pass_obj
def publish(organisation: Organisation, tab: str) -> None:
    """Write the KPI tabs, or one TAB (scorecard, leaderboard), into the spreadsheets."""
    outcome = Jobs(organisation).run("publish", trigger="command", tab=tab)
    tell(outcome, f"{outcome.call_count} calls")


@click.command("runs")
@click.option("--count", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many at most.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def runs(organisation: Organisation, count: int, as_json: bool) -> None:
    """List the latest runs, the newest first: what ran, how it ended, and why it failed."""
    latest = Jobs(organisation).runs.last(count)
    rows = [_run_document(run) for run in latest]
    if as_json:
        click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
        return
    for run, row in zip(latest, rows, strict=True):
        told = f"{row['row_count']:>9,} read  {row['changed_count']:>9,} changed  {row['call_count']:>5,} calls"
        click.echo(f"{row['started_at']}  {row['job']:<8} {row['state']:<12}{told}  {row['error']}".rstrip())
        for note in run.notes:
            click.echo(f"    {note}")
    if not rows:
        click.echo("Nothing has run yet; `scorecell sync` does.", err=True)


def _run_document(run: Run) -> dict[str, object]:
    ended_at = instant_text(run.ended_at) if run.ended_at else None
    return dataclasses.asdict(run) | {"started_at": instant_text(run.started_at), "ended_at": ended_at}


def tell(outcome: Outcome, work: str) -> None:
    """Print how a run went and how much work it was; raise its error where it failed."""
    for problem in outcome.problems:
        click.echo(f"left out: {problem}", err=True)
    for note in outcome.notes:
        click.echo(note, err=True)
    if outcome.state == "failed":
        raise AddonError(outcome.error)
    click.echo(f"{outcome.state}: {work}, snapshot {outcome.snapshot}")
