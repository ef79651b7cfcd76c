"""``scorecell bridge`` and ``restated``: what made a number change between periods, and since it was reported."""

from __future__ import annotations

from datetime import datetime

import click
import orjson

from addon.bridged import bridge_document, bridge_text
from addon.commands.asking import as_of_option, day_of, json_option
from addon.reader import Reader
from addon.settings import Organisation
from kpis.questions import Question


@click.command("bridge", short_help="Say what a change is made of.")
@click.argument("kpi_name", metavar="KPI")
@click.argument("who", default="")
@click.argument("period", default="")
@click.option("--against", metavar="PERIOD", default="", help='Compare with this; "year ago", or the period before.')
@click.option("--by", metavar="DIMENSION", default="", help="Split by its members; company: by the formula alone.")
@as_of_option
@json_option
@click.pass_obj
def bridge(  # noqa: PLR0917 - one parameter an option
    organisation: Organisation,
    kpi_name: str,
    who: str,
    period: str,
    against: str,
    by: str,
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """Split the change of a KPI between two periods into contributions; they sum to the change."""
    desk = Reader(organisation).desk(as_of=day_of(as_of))
    question = Question(kpi_name, who, period)
    if as_json:
        click.echo(orjson.dumps(bridge_document(desk, question, against, by), option=orjson.OPT_INDENT_2))
        return
    click.echo("\n".join(bridge_text(desk, question, against, by)))


@click.command("restated", short_help="Say what was reported, what is true now, and what moved it.")
@click.argument("kpi_name", metavar="KPI")
@click.argument("who", default="")
@click.argument("period", default="")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", required=True, help="The day it was reported."
)
@json_option
@click.pass_obj
def restated(  # noqa: PLR0917 - one parameter an option
    organisation: Organisation, kpi_name: str, who: str, period: str, since: datetime, as_json: bool
) -> None:
    """Compare a number with what it was on a day, for the same period, and list the records that moved it."""
    from addon.restated import restated as found_since  # loads a database engine
    from addon.restated import restated_document, restated_text

    reader = Reader(organisation)
    found = found_since(lambda day: reader.desk(as_of=day), Question(kpi_name, who, period), day_of(since))
    if as_json:
        click.echo(orjson.dumps(restated_document(found), option=orjson.OPT_INDENT_2))
        return
    click.echo("\n".join(restated_text(found)))
