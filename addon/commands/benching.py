"""``scorecell bench``: measure our times as ratios to a reference's, in one run."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import orjson

from addon.commands.progress import say_progress

BENCHMARKS = ("workload", "request", "cold", "refresh", "extract")


@click.command("bench", short_help="Measure speed as ratios to references on this machine.")
@click.argument("name", type=click.Choice(BENCHMARKS), required=False)
@click.option(
    "--opportunities",
    type=click.IntRange(100, 10_000_000),
    default=100_000,
    show_default=True,
    envvar="SCORECELL_BENCH_OPPORTUNITIES",
    help="Size of the world.",
)
@click.option("--activities", type=click.IntRange(100, 100_000_000), help="[ten for each opportunity]")
@click.option(
    "--rounds", type=click.IntRange(1, 100), default=3, show_default=True, help="Medians are taken of them."
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the world here and use it again [a temporary folder].",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def bench(  # noqa: PLR0917 - click gives options by name
    name: str | None, opportunities: int, activities: int | None, rounds: int, folder: Path | None, as_json: bool
) -> None:
    """Measure the benchmark NAME (workload, request, cold, refresh, extract), or all of them.

    A ratio is our median time over the reference's; both are measured in turn, in one run. Goals are printed beside.
    """
    from addon.bench.benchmarks import run_benchmarks
    from addon.bench.ground import Ground
    from addon.bench.world import Size

    size = Size(opportunities, 10 * opportunities if activities is None else activities)
    names = (name,) if name else BENCHMARKS
    with _place(folder) as place:
        reports = []
        for report in run_benchmarks(names, Ground(Path(place), size, rounds, say_progress)):
            reports.append(report)
            if not as_json:
                click.echo("\n".join(report.lines()))
    if as_json:
        click.echo(orjson.dumps([report.document() for report in reports], option=orjson.OPT_INDENT_2))


def _place(folder: Path | None) -> AbstractContextManager[str]:
    if folder is None:
        return TemporaryDirectory(prefix="scorecell-bench-")
    folder.mkdir(parents=True, exist_ok=True)
    return nullcontext(str(folder))
