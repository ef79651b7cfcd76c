"""``scorecell quality``: which records are doubtful, how many, and what they are worth."""

from __future__ import annotations

from typing import get_args

import click
import orjson

from addon.reader import Reader
from addon.settings import Organisation
from addon.words import language_of
from kpis.definitions import Language


@click.command("quality", short_help="List doubtful records: past due, without amount, stalled, double.")
@click.option("--worst", type=click.IntRange(0, 1_000), default=5, show_default=True, help="Records of each check.")
@click.option("--language", type=click.Choice(get_args(Language)), help="[org.language]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def quality(organisation: Organisation, worst: int, language: str | None, as_json: bool) -> None:
    """Check the published data: how many records are doubtful, what they are worth, and the worst with links."""
    from addon.quality import quality_document, quality_report, quality_text  # loads a database engine

    report = quality_report(Reader(organisation).desk(), organisation.settings, worst)
    if as_json:
        click.echo(orjson.dumps(quality_document(report), option=orjson.OPT_INDENT_2))
        return
    words = language_of(language or organisation.settings.text("org", "language"))
    click.echo("\n".join(quality_text(report, words)))
