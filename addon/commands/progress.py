"""Progress on stderr, where a person watches: a terminal, never a pipe or a log."""

from __future__ import annotations

import sys

import click

from addon.refresh import Progress


def say_progress(line: str) -> None:
    """Print a line of progress on a terminal."""
    if sys.stderr.isatty():
        click.echo(line, err=True)


def rows_progress() -> Progress | None:
    """Return what shows how many rows have come, or None where nobody watches."""
    return _show_rows if sys.stderr.isatty() else None


def end_rows_progress() -> None:
    """Leave the line that counts rows."""
    say_progress("")


def _show_rows(source: str, rows: int) -> None:
    click.echo(f"\r{source}: {rows:,} rows read   ", err=True, nl=False)
