"""``scorecell sync`` and ``publish``: bring the numbers in, write the tabs out."""

from __future__ import annotations

import click

from addon.commands.progress import end_rows_progress, rows_progress
from addon.errors import AddonError
from addon.jobs import Jobs
from addon.runs import Outcome
from addon.settings import Organisation


@click.command("sync")
@click.option("--full", is_flag=True, help="Read everything anew instead of what changed.")
@click.pass_obj
def sync(organisation: Organisation, full: bool) -> None:
    """Pull changes and publish a snapshot."""
    outcome = Jobs(organisation, progress=rows_progress()).run("sync", trigger="command", full=full)
    end_rows_progress()
    tell(outcome)


@click.command("publish", short_help="Write the KPI tabs into the spreadsheets.")
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
