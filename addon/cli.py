"""The command ``scorecell``: exit 0 on success, 2 on bad usage, 1 on failure with one clear sentence on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from addon.commands import asking, benching, data, serving, setup, trying
from addon.errors import AddonError
from addon.settings import Organisation, load_settings
from connectors.errors import SourceError
from kpis.errors import KpiError


class _InOrder(click.Group):
    """Lists its commands in the order in which they were added: as one meets them, not by letter."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="Settings file [scorecell.toml].")
@click.version_option(package_name="scorecell")
@click.pass_context
def scorecell(context: click.Context, config: Path | None) -> None:
    """Sales KPIs as formulas, cards and tabs in the spreadsheet, each explainable down to its records."""
    context.obj = Organisation("default", load_settings(os.environ, config))


for _command in (
    trying.demo,
    asking.kpi, asking.explain, asking.list_kpis,
    setup.check, data.sync, data.publish, data.runs, serving.serve, serving.work, setup.keys,
    trying.sandbox, benching.bench,
):  # fmt: skip
    scorecell.add_command(_command)


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
    except SQLAlchemyError as error:
        click.echo(f"scorecell: the database cannot be used: {error.__cause__ or error}", err=True)
        return 1
    except BrokenPipeError:
        # The reader of our output (head, say) has gone; nothing is wrong and nobody is there to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0


def main() -> None:
    """Run the command with this process's arguments."""
    sys.exit(run(sys.argv[1:]))
