"""Progress on stderr, where a person watches: a terminal, never a pipe or a log."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from addon.refresh import Progress

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


def say_progress(line: str) -> None:
    """Print a line of progress on a terminal."""
    if sys.stderr.isatty():
        click.echo(line, err=True)


@contextmanager
def rows_progress() -> Iterator[Progress | None]:
    """Show, for as long as the block runs, how many rows have come; None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    with row_bars(Console(stderr=True)) as bars:
        yield bars


@contextmanager
def row_bars(console: Console) -> Iterator[Progress]:
    """Show a bar for each source: what is read, how many rows have come of how many, how fast, and the time left."""
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} rows", markup=False),
        TextColumn("{task.fields[rate]}", markup=False),
        TimeRemainingColumn(),
        TextColumn("left", markup=False),
    )
    with Bars(*columns, console=console, transient=True) as bars:
        yield _RowBars(bars)


class _RowBars:
    """Draws what it is told. The rows of what comes next are added to those that have come."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def expect(self, source: str, name: str, row_count: int) -> None:
        """Name what is read now, and how far it is to the end of it."""
        task = self._task(source)
        total = self._bars.tasks[task].completed + row_count
        self._bars.update(task, description=f"{source}: {name}", total=total)

    def receive(self, source: str, row_count: int) -> None:
        """Move on."""
        task = self._task(source)
        self._bars.advance(task, row_count)
        shown = self._bars.tasks[task]
        total = max(shown.total or 0, shown.completed)
        self._bars.update(task, total=total, rate=f"{shown.speed:,.0f} rows/s" if shown.speed else "")

    def _task(self, source: str) -> TaskID:
        if source not in self._tasks:
            self._tasks[source] = self._bars.add_task(source, total=0, rate="")
        return self._tasks[source]
