"""``scorecell check`` and ``keys``: set it up, and see what is wrong before anyone else does."""

from __future__ import annotations

import os

import click
import orjson

from addon.check import check_all
from addon.clock import instant_text
from addon.database import open_database
from addon.errors import AddonError
from addon.keys import Keys, checked_spreadsheet
from addon.settings import Organisation
from addon.store import Store
from addon.vault import open_vault
from kpis.cube import Cube
from kpis.limits import Limit

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@click.command("check", short_help="Say what is not set up, and what to do about it.")
@json_option
@click.pass_obj
def check(organisation: Organisation, as_json: bool) -> None:
    """Check settings, credentials, scopes, fields and tabs; say what to do about each."""
    findings = check_all(organisation)
    if as_json:
        document = [{"place": f.place, "ok": f.is_well, "words": f.words, "remedy": f.remedy} for f in findings]
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    else:
        for finding in findings:
            click.echo(f"{'ok  ' if finding.is_well else 'FAIL'}  {finding}")
    failed = sum(not finding.is_well for finding in findings)
    if failed:
        raise AddonError(f"{failed} of {len(findings)} checks failed.")


@click.group("keys", short_help="Make, list and revoke the keys of spreadsheets.")
def keys() -> None:
    """Mint, list and revoke the keys that spreadsheets sign their questions with."""


@keys.command("mint")
@click.option("--spreadsheet", required=True, help="The spreadsheet's id, from its address.")
@click.option("--limit", default="", help="The only slice it may see, e.g. team:West.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days until it expires [web.key_days].")
@json_option
@click.pass_obj
def mint(organisation: Organisation, spreadsheet: str, limit: str, days: int | None, as_json: bool) -> None:
    """Make a key for a spreadsheet. It is shown once."""
    settings = organisation.settings
    _check_limit(organisation, limit)
    minted = _keys(organisation).mint(
        checked_spreadsheet(spreadsheet),
        limit,
        "command line",
        days or settings.integer("web", "key_days"),
        settings.clock.now(),
    )
    expires_at = instant_text(minted.expires_at)
    if as_json:
        document = {"spreadsheet": minted.spreadsheet, "key": minted.key, "expires_at": expires_at}
        click.echo(orjson.dumps(document))
    else:
        click.echo(f"{minted.key}\nexpires {expires_at}; it is not shown again")


@keys.command("list")
@json_option
@click.pass_obj
def list_keys(organisation: Organisation, as_json: bool) -> None:
    """List all keys, without their secrets."""
    now = organisation.settings.clock.now()
    rows = [
        {
            "id": record.id,
            "spreadsheet": record.spreadsheet,
            "limit": record.limit,
            "created_by": record.created_by,
            "expires_at": instant_text(record.expires_at),
            "state": "revoked" if record.revoked_at else "expired" if record.expires_at <= now else "good",
        }
        for record in _keys(organisation).records()
    ]
    if as_json:
        click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
        return
    if not rows:
        click.echo("There are no keys yet; `scorecell keys mint` makes one.", err=True)
    for row in rows:
        limit = row["limit"] or "everything"
        click.echo(f"{row['id']}\t{row['spreadsheet']}\t{limit}\t{row['state']}\texpires {row['expires_at']}")


@keys.command("revoke")
@click.option("--spreadsheet", required=True, help="The spreadsheet's id.")
@click.option("--but-newest", is_flag=True, help="Keep the newest key: the end of a rotation.")
@click.pass_obj
def revoke(organisation: Organisation, spreadsheet: str, but_newest: bool) -> None:
    """Revoke a spreadsheet's keys; they stop working at once."""
    keys = _keys(organisation)
    count = keys.revoke(spreadsheet, organisation.settings.clock.now(), but_newest=but_newest)
    if not count and not (but_newest and keys.records(spreadsheet)):
        raise AddonError(f"There is no key of {spreadsheet} to revoke; `scorecell keys list` shows them all.")
    click.echo(f"{count} revoked")


def _keys(organisation: Organisation) -> Keys:
    folder = organisation.data_folder
    return Keys(open_database(folder), open_vault(os.environ, folder))


def _check_limit(organisation: Organisation, limit: str) -> None:
    """Refuse words that mean no slice of the data, while there is data to compare them with."""
    snapshot = Store(organisation.data_folder).current()
    if limit and snapshot is not None and not Limit(Cube.open(snapshot.cube_folder), limit).is_set:
        raise AddonError(f"{limit!r} limits nothing. Give a slice such as team:West, or leave --limit out.")
