"""The command ``scorecell``: exit 0 on success, 2 on bad usage, 1 on failure with one clear sentence on stderr."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import click

from addon.errors import AddonError
from addon.settings import Organisation, load_settings
from connectors.errors import SourceError
from kpis.errors import KpiError

COMMANDS: Final[Mapping[str, str]] = {
    "demo": "trying:demo",
    "kpi": "asking:kpi",
    "explain": "asking:explain",
    "bridge": "comparing:bridge",
    "restated": "comparing:restated",
    "list": "asking:list_kpis",
    "connect": "connecting:connect",
    "check": "setup:check",
    "quality": "judging:quality",
    "sync": "data:sync",
    "publish": "data:publish",
    "runs": "data:runs",
    "serve": "serving:serve",
    "work": "serving:work",
    "keys": "setup:keys",
    "sandbox": "trying:sandbox",
    "bench": "benching:bench",
}
"""Where each command is, in the order in which one meets them. Only the one that is called is loaded."""


class _Commands(click.Group):
    """Loads a command when it is called: a cell asked from the shell must not wait for the scheduler's imports."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        command = getattr(importlib.import_module(f"addon.commands.{module}"), attribute)
        assert isinstance(command, click.Command)  # noqa: S101 - the table above says so
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="Settings file [scorecell.toml].")
@click.version_option(package_name="scorecell")
@click.pass_context
def scorecell(context: click.Context, config: Path | None) -> None:
    """Sales KPIs as formulas, cards and tabs in the spreadsheet, each explainable down to its records."""
    context.obj = Organisation("default", load_settings(os.environ, config))


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    try:
        result = scorecell.main(args=list(arguments), prog_name="scorecell", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("Interrupted.", err=True)
        return 130
    except (AddonError, KpiError, SourceError) as error:
        click.echo(f"scorecell: {error}", err=True)
        return 1
    except SystemExit:
        # So click says that the reader of our output (head, say) has gone: nothing is wrong, nobody is left to tell.
        return 0
    return result if isinstance(result, int) else 0


def main() -> None:
    """Run the command with this process's arguments."""
    sys.exit(run(sys.argv[1:]))
