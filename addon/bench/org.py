"""An organisation to read: deals in a Salesforce stand-in that runs in a process of its own.

The stand-in is the sandbox, as anyone can start it; `addon.bench.reading` knows no more of it than its address.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from addon.errors import AddonError

_TODAY: Final = date(2026, 9, 14)
_FIRST: Final = datetime(2024, 1, 1, tzinfo=UTC)
_DEALS_A_STAMP: Final = 50  # as after an import
_DEALS_A_REP: Final = 200
_USER: Final = "005000000000001AAA"
_HEADER: Final = (
    "Id", "Name", "OwnerId", "AccountId", "StageName", "IsClosed", "IsWon", "Amount", "Probability",
    "ForecastCategoryName", "CloseDate", "Type", "LeadSource", "CreatedDate", "SystemModstamp",
)  # fmt: skip
_SMALL: Final = {
    "Organization": (
        ("Id", "Name", "TimeZoneSidKey", "FiscalYearStartMonth"),
        ("00D000000000001AAA", "Bench", "Europe/Paris", "1"),
    ),
    "User": (
        ("Id", "Name", "Username", "IsActive", "UserType"),
        (_USER, "Ann", "ann@bench.example", "true", "Standard"),
    ),
}


def write_org(folder: Path, deals: int) -> Path:
    """Write an organisation with so many deals and nothing else, and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in _SMALL.items():
        _write(folder / f"{name}.csv", rows)
    _write(folder / "Opportunity.csv", _deals(deals))
    return folder


def deal_id(number: int) -> str:
    """Return the id of a deal."""
    return f"006{number:012d}AAA"


def _write(path: Path, rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def _deals(count: int) -> Iterator[Sequence[str]]:
    yield _HEADER
    for number in range(count):
        stamp = (_FIRST + timedelta(minutes=number // _DEALS_A_STAMP)).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        is_won, stage = number % 3 == 0, ("Closed Won", "Prospecting", "Qualification")[number % 3]
        won, category = ("true", "Closed") if is_won else ("false", "Pipeline")
        yield (
            deal_id(number), f"Deal {number}", f"005{number // _DEALS_A_REP:012d}AAA",
            f"001{number // 5:012d}AAA", stage, won, won, f"{number % 9_973}.5", "100" if is_won else "10",
            category, f"2026-{number % 12 + 1:02d}-15", "New Business", "Web", stamp, stamp,
        )  # fmt: skip


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve the organisation from a process of its own; yield its address."""
    command = [sys.executable, "-m", __name__, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own
        assert process.stdin is not None  # noqa: S101 - asked for above
        assert process.stdout is not None  # noqa: S101 - asked for above
        address = process.stdout.readline().decode().strip()
        if not address:
            raise AddonError(f"The stand-in could not be started over {folder}.")
        try:
            yield address
        finally:
            process.stdin.close()


def main(folder: str) -> None:
    """Serve until there is nothing more to read from the caller."""
    from connectors.sandbox.sandbox import start

    with start(Path(folder), today=_TODAY) as sandbox:
        sys.stdout.write(f"{sandbox.url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
