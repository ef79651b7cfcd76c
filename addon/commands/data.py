"""``scorecell sync`` and ``publish``: bring the numbers in, write the tabs out."""

from __future__ import annotations

import sys

import click

from addon.errors import AddonError
from addon.jobs import Jobs
from addon.runs import Outcome
from addon.settings import Organisation


@click.command("sync")
@click.option("--full", is_flag=True, help="Read everything anew instead of what changed.")
@click.pass_obj
def sync(organisation: Organisation, full: bool) -> None:
    """Pull changes and publish a snapshot."""
    jobs = Jobs(organisation, progress=_show_progress if sys.stderr.isatty() else None)
    outcome = jobs.run("sync", trigger="command", full=full)
    tell(outcome)


@click.command("publish")
@click.argument("tab", default="")
@click.pass_obj
def publish(organisation: Organisation, tab: str) -> None:
    """Write the KPI tabs, or one TAB (scorecard, leaderboard), into the spreadsheets."""
    tell(Jobs(organisation).run("publish", trigger="command", tab=tab))


def tell(outcome: Outcome) -> None:
    """Print how a run went; raise its error where it failed."""
    for problem in outcome.problems:
        click.echo(f"left out: {problem}", err=True)
    if outcome.state == "failed":
        raise AddonError(outcome.error)
    rows = f"{outcome.row_count:,} rows read, {outcome.changed_count:,} changed, {outcome.call_count} calls"
    click.echo(f"{outcome.state}: {rows}, snapshot {outcome.snapshot}")


def _show_progress(source: str, rows: int) -> None:
    click.echo(f"\r{source}: {rows:,} rows", err=True, nl=False)
