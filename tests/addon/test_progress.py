"""Progress is for a person at a terminal: rows, rate and time left; for anybody else there is none."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

from click.testing import CliRunner
from rich.console import Console

from addon.commands.progress import row_bars
from addon.jobs import Jobs
from addon.refresh import Progress
from tests.support.running import running_world


class Told:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.expected: dict[str, int] = {}
        self.rows: dict[str, int] = {}

    def expect(self, source: str, name: str, row_count: int) -> None:
        self.expected[f"{source} {name}"] = row_count

    def receive(self, source: str, row_count: int) -> None:
        self.rows[source] = self.rows.get(source, 0) + row_count


def test_a_sync_tells_what_is_to_come_and_what_has_come(tmp_path: Path) -> None:
    told = Told()
    progress: Progress = told
    with running_world(tmp_path) as world:
        assert Jobs(world.organisation, progress=progress).run("sync", trigger="test").state == "done"
    assert told.expected["salesforce Opportunity"] == 3
    assert told.rows["salesforce"] > told.expected["salesforce Opportunity"]
    assert told.rows["sheets"] > 0


def test_a_bar_shows_rows_rate_and_time_left() -> None:
    screen = StringIO()
    console = Console(file=screen, force_terminal=True, width=120)
    with row_bars(console) as bars:
        bars.expect("salesforce", "[red]Opportunity", 500_000)
        for _ in range(100):
            bars.receive("salesforce", 2_000)
    shown = screen.getvalue()
    assert "salesforce: [red]Opportunity" in shown, "names are shown as they are"
    assert "200,000 of 500,000 rows" in shown
    assert "rows/s" in shown
    assert "left" in shown


def test_nobody_watches_a_pipe(tmp_path: Path) -> None:
    from addon.cli import scorecell

    with running_world(tmp_path) as world:
        result = CliRunner().invoke(scorecell, ["sync"], env=dict(world.environment))
    # The command's settings come from the process's environment; whatever it says, it draws nothing.
    assert "\x1b" not in result.stderr
    assert "rows/s" not in result.stderr
