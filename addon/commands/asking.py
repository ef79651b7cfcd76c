"""``scorecell kpi``, ``explain`` and ``list``: ask the published snapshot."""

from __future__ import annotations

from datetime import date, datetime

import click
import orjson

from addon.documents import answer_document, kpi_document
from addon.own_catalogue import catalogue_of, own_texts
from addon.reader import Desk, Reader
from addon.settings import Organisation
from addon.titles import value_text
from kpis.errors import QuestionError, suggest
from kpis.questions import SHOWS, Answer, Question

as_of_option = click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="Answer from the last snapshot of that day.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.command("kpi", short_help="Answer one question, as a cell would.")
@click.argument("kpi_name", metavar="KPI")
@click.argument("who", default="")
@click.argument("period", default="")
@click.option("--show", metavar="SHOW", default="value", help=f"What of it: {', '.join(SHOWS)}.")
@as_of_option
@json_option
@click.pass_obj
def kpi(  # noqa: PLR0917 - one parameter an option
    organisation: Organisation, kpi_name: str, who: str, period: str, show: str, as_of: datetime | None, as_json: bool
) -> None:
    """Answer one question, as the cell =KPI(KPI, WHO, PERIOD) would."""
    desk = Reader(organisation).desk(as_of=day_of(as_of))
    answer = _understood(desk.answerer.answer(Question(kpi_name, who, period, show)))
    if as_json:
        click.echo(orjson.dumps(answer_document(answer, desk), option=orjson.OPT_INDENT_2))
        return
    click.echo(f"{_shown(answer, desk)}\t{answer.kpi}, {answer.who}, {answer.period}")
    if answer.state != "ok":
        click.echo(f"{answer.state}: {answer.message}", err=True)
    elif answer.message:
        click.echo(answer.message, err=True)


@click.command("explain", short_help="Say what a number is made of.")
@click.argument("kpi_name", metavar="KPI")
@click.argument("who", default="")
@click.argument("period", default="")
@click.option("--records", is_flag=True, help="List the records behind both parts.")
@click.option("--page", type=click.IntRange(1), default=1, help="Which page of the records.")
@click.option("--page-size", type=click.IntRange(1, 10_000), default=1_000, help="Records a page.")
@as_of_option
@json_option
@click.pass_obj
def explain(  # noqa: PLR0917 - one parameter an option
    organisation: Organisation,
    kpi_name: str,
    who: str,
    period: str,
    records: bool,
    page: int,
    page_size: int,
    as_of: datetime | None,
    as_json: bool,
) -> None:
    """Say what a number is made of: formula, both parts, filter, sources, and with --records the records."""
    from addon.explained_documents import explain_document
    from addon.explained_text import explanation_text, records_text

    desk = Reader(organisation).desk(as_of=day_of(as_of))
    question = Question(kpi_name, who, period)
    if as_json:
        document = explain_document(desk, question, with_records=records, page=page, page_size=page_size)
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))
        return
    lines = explanation_text(desk, question)
    click.echo("\n".join([*lines, "", *records_text(desk, question, page, page_size)] if records else lines))


@click.command("list")
@click.argument("family", default="")
@json_option
@click.pass_obj
def list_kpis(organisation: Organisation, family: str, as_json: bool) -> None:
    """List the catalogue, or one FAMILY of it."""
    kpis = catalogue_of(own_texts(organisation.settings)).present
    families = list(dict.fromkeys(one.family for one in kpis))
    if family and family not in families:
        raise QuestionError(
            f"There is no family {family!r}; there are {', '.join(families)}.{suggest(family, families)}"
        )
    chosen = [one for one in kpis if family in {"", one.family}]
    if as_json:
        click.echo(orjson.dumps([kpi_document(one) for one in chosen], option=orjson.OPT_INDENT_2))
        return
    width = max(len(one.id) for one in chosen)
    for one in chosen:
        click.echo(f"{one.id:<{width}}  {one.titles['en']}: {one.formula_words['en']} ({one.unit})")


def day_of(moment: datetime | None) -> date | None:
    """Return the day that an option gives."""
    return moment.date() if moment else None


def _shown(answer: Answer, desk: Desk) -> str:
    """Return the number as people read it, or the state where there is none."""
    currency = desk.snapshot.manifest.company.currency
    return answer.state if answer.value is None else value_text(answer.value, answer, currency, "en")


def _understood(answer: Answer) -> Answer:
    """Return the answer, or raise its message where the question could not be understood."""
    if answer.state == "error":
        raise QuestionError(answer.message)
    return answer
