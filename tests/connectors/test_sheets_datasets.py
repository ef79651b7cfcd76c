"""Whole spreadsheets as they are kept: the demo company's tabs, and real tables of public data sets."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from connectors.sandbox.company import write_company
from connectors.sandbox.google import TOKEN_PATH, GoogleService, Spreadsheet
from connectors.sandbox.server import Server
from connectors.sheets import GoogleAccess, SheetsClient, SheetsSource, TabMapping
from connectors.source import Batch, Change
from tests.support.sheets_world import problems_of, rows_of

DATASETS = Path(__file__).resolve().parents[3] / "shared" / "datasets"
NAMED = {"rep", "account", "product", "campaign"}
"""Tables whose rows are made of the names in other tabs."""


def read_folder(folder: Path, mappings: Mapping[str, TabMapping] | None = None) -> list[Change]:
    """Read a folder of CSVs, one a tab, through the stand-in."""
    book = Spreadsheet.from_folder(folder, title="Sales", time_zone="Europe/Paris")
    service = GoogleService([book])
    with Server([service.handle]) as server:
        key_file = folder / "key.json"
        key_file.write_text(json.dumps(service.service_account_info(server.url + TOKEN_PATH)), encoding="utf-8")
        client = SheetsClient(GoogleAccess(key_file, server.url))
        source = SheetsSource(client, [book.id], mappings=mappings or {}, makes_members=True)
        return list(source.changes({}))


def line_count(file: Path) -> int:
    with file.open(encoding="utf-8", newline="") as lines:
        return sum(1 for _ in csv.reader(lines)) - 1


def test_every_row_of_the_demo_company_s_tabs_is_read_without_a_problem(tmp_path: Path) -> None:
    write_company(tmp_path, today=date(2026, 11, 24), scale=0.05)
    changes = read_folder(tmp_path / "sheets")
    assert problems_of(changes) == []
    batches = [change for change in changes if isinstance(change, Batch) and change.table not in NAMED]
    assert len(batches) == 11
    read = sum(batch.row_count for batch in batches)
    assert read == sum(line_count(file) for file in (tmp_path / "sheets").glob("*.csv"))


@pytest.mark.skipif(not DATASETS.is_dir(), reason="the data sets are not here")
def test_a_real_wide_table_of_targets_in_thousands_is_read_month_by_month(tmp_path: Path) -> None:
    file = DATASETS / "adventureworks-quota" / "sales_targets.csv"
    shutil.copy(file, tmp_path / "targets.csv")
    mapping = TabMapping("target", {"EmployeeID": "rep"}, {"kpi": "revenue"}, {"value": 1000})
    changes = read_folder(tmp_path, {"targets": mapping})
    with file.open(encoding="utf-8", newline="") as lines:
        filled = [
            (row["EmployeeID"], date(int(row["Year"]), month, 1), 1000 * float(row[f"M{month:02}"]))
            for row in csv.DictReader(lines)
            for month in range(1, 13)
            if row[f"M{month:02}"] != "-"
        ]
    found = [(row["member"], row["period_start"], row["value"]) for row in rows_of(changes, "target")]
    assert problems_of(changes) == []
    assert sorted(found) == sorted(filled)


@pytest.mark.skipif(not DATASETS.is_dir(), reason="the data sets are not here")
def test_a_real_pipeline_kept_in_tabs_gives_the_same_deals_as_its_file(tmp_path: Path) -> None:
    for title, name in {"Deals": "sales_pipeline", "Accounts": "accounts", "Sales team": "sales_teams"}.items():
        shutil.copy(DATASETS / "maven-crm" / f"{name}.csv", tmp_path / f"{title}.csv")
    changes = read_folder(tmp_path)
    deals = rows_of(changes, "opportunity")
    won = [row for row in deals if row["is_won"]]
    assert (len(won), sum(row["is_closed"] is True for row in deals)) == (4238, 6711)
    assert sum(float(str(row["amount"])) for row in won) == 10_005_534
    assert {str(row["owner"]).partition(":")[0] for row in deals} == {"sheet"}
    # The open deals have no close date there, so each is told: fifty by name, the others as a count.
    assert problems_of(changes)[-1].startswith("Deals: There are 2,039 more problems")
