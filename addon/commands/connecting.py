"""``scorecell connect``: log in once, in the browser, and keep what lasts of it."""

from __future__ import annotations

import os
import webbrowser
from typing import Final

import click

from addon.browser_login import Answer, BrowserLogin
from addon.errors import SettingsError
from addon.ports import open_port
from addon.refresh_tokens import open_refresh_tokens
from addon.settings import Organisation
from addon.sources import salesforce_settings
from addon.vault import VARIABLE
from connectors.salesforce_client import open_salesforce_session
from connectors.salesforce_web_login import WebLogin

_HOST: Final = "127.0.0.1"
_PORT: Final = 8767
_PATH: Final = "/salesforce"
_WAIT_SECONDS: Final = 300


@click.group("connect", short_help="Log in to Salesforce in the browser, once.")
def connect() -> None:
    """Log in once, in the browser, and keep what lasts of it, sealed."""


@connect.command("salesforce", short_help="Log in to Salesforce in the browser and keep the refresh token.")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening it.")
@click.option(
    "--port", type=click.IntRange(1, 65535), default=_PORT, show_default=True, help="Port that it comes back to."
)
@click.option(
    "--wait", "wait_seconds", type=click.IntRange(1, 3600), default=_WAIT_SECONDS, show_default=True,
    metavar="SECONDS", help="How long to wait for the login.",
)  # fmt: skip
@click.pass_obj
def connect_salesforce(organisation: Organisation, no_browser: bool, port: int, wait_seconds: int) -> None:
    """Log in to Salesforce in the browser and keep the refresh token, sealed, for `sync` and `work`."""
    _check_settings(organisation)
    told = salesforce_settings(organisation.settings)
    tokens = open_refresh_tokens(organisation, told)
    # Salesforce takes plain http for the name localhost alone; browsers reach 127.0.0.1 by it.
    login = WebLogin(told, f"http://localhost:{port}{_PATH}")

    def finish(answer: Answer) -> None:
        with open_salesforce_session(told) as session:
            tokens.keep(login.refresh_token(answer, session))

    with BrowserLogin(open_port(_HOST, port), _PATH, login.state, finish) as waiting:
        if no_browser or not webbrowser.open(login.address):
            click.echo(login.address)
            click.echo("open this address in a browser of this machine and log in (Ctrl-C gives up)", err=True)
        waiting.wait(wait_seconds)
    click.echo(f"connected to {told.instance.origin}; `scorecell sync` reads it")
    if not os.environ.get(VARIABLE):
        click.echo(f"{VARIABLE} is not set: the token is sealed by secret.key in the data folder", err=True)


def _check_settings(organisation: Organisation) -> None:
    """Refuse settings by which the token would not be used."""
    settings = organisation.settings
    if not settings.text("salesforce", "instance_url"):
        raise SettingsError("salesforce.instance_url is not set: https://your-company.my.salesforce.com.")
    if settings.text("salesforce", "login") != "refresh_token":
        raise SettingsError('Set salesforce.login = "refresh_token" first, so that this login is the one used.')
    if settings.text("salesforce", "refresh_token"):
        raise SettingsError("salesforce.refresh_token is set and would be used instead; remove it first.")
