"""The maven-crm data set: its Salesforce CSVs as canonical rows, mapped as the connector maps them."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from kpis.periods import day_number
from tests.support.canonical import Row

FOLDER: Final = Path(__file__).resolve().parents[3] / "shared" / "datasets" / "maven-crm"
TODAY: Final = day_number(date(2017, 12, 31))


def maven_rows() -> dict[str, list[Row]]:
    """Return the canonical tables: the agent is the rep, the manager the team, the office the region."""
    names = {row["Id"]: row["Name"] for row in _csv("User")}
    return {
        "rep": [
            {
                "id": _id(row["Id"]), "name": row["Name"], "email": row["Email"], "manager": _id(row["ManagerId"]),
                "team": names.get(row["ManagerId"]), "region": row["Department"] or None, "is_active": True,
            }
            for row in _csv("User")
        ],
        "account": [
            {"id": _id(row["Id"]), "name": row["Name"], "market": row["Industry"] or None} for row in _csv("Account")
        ],
        "product": [{"id": _id(row["Id"]), "name": row["Name"], "family": row["Family"]} for row in _csv("Product2")],
        "opportunity": [_opportunity(row) for row in _csv("Opportunity")],
        "opportunity_line": [_line(row) for row in _csv("OpportunityLineItem")],
    }  # fmt: skip


def expected_rows() -> list[dict[str, str]]:
    """Return the data set's own answers."""
    with (FOLDER / "expected.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _opportunity(row: dict[str, str]) -> Row:
    return {
        "id": _id(row["Id"]), "name": row["Name"], "account": _id(row["AccountId"]), "owner": _id(row["OwnerId"]),
        "created_at": datetime.fromisoformat(row["CreatedDate"][:19]).replace(tzinfo=UTC),
        "close_date": date.fromisoformat(row["CloseDate"]), "stage": row["StageName"],
        "is_closed": row["IsClosed"] == "true", "is_won": row["IsWon"] == "true", "amount": _number(row["Amount"]),
        "probability": _number(row["Probability"]),
    }  # fmt: skip


def _line(row: dict[str, str]) -> Row:
    return {
        "id": _id(row["Id"]), "opportunity": _id(row["OpportunityId"]), "product": _id(row["Product2Id"]),
        "quantity": _number(row["Quantity"]), "unit_price": _number(row["UnitPrice"]),
        "list_price": _number(row["ListPrice"]), "total": _number(row["TotalPrice"]),
    }  # fmt: skip


def _csv(name: str) -> list[dict[str, str]]:
    with (FOLDER / "salesforce" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _id(text: str) -> str | None:
    return f"sf:{text}" if text else None


def _number(text: str) -> float | None:
    return float(text) if text else None
