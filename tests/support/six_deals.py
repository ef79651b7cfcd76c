"""A company small enough to count by hand: two reps, a handful of deals, a quota for the year."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tests.support.canonical import Row

TODAY = date(2026, 5, 1)


def six_deals() -> dict[str, list[Row]]:
    """Return the tables. In the first quarter of 2026 Ann (West) wins two, one without an amount, loses one and keeps
    one open; Bob (East) wins one, and so does nobody."""
    return {
        "rep": [
            {"id": "sf:ann", "name": "Ann Lee", "team": "West", "hired_on": date(2024, 1, 1), "is_active": True},
            {"id": "sf:bob", "name": "Bob Ray", "team": "East", "hired_on": date(2024, 1, 1), "is_active": True},
        ],
        "account": [{"id": "sf:acme", "name": "Acme", "market": "retail"}],
        "opportunity": [
            deal("sf:1", "First", "sf:ann", date(2026, 1, 10), "won", 100.0),
            deal("sf:2", "Second", "sf:ann", date(2026, 2, 1), "won", None),
            deal("sf:3", "Third", "sf:ann", date(2026, 2, 5), "lost", 50.0),
            deal("sf:4", "Fourth", "sf:ann", date(2026, 3, 20), "open", 70.0),
            deal("sf:5", "Fifth", "sf:bob", date(2026, 1, 15), "won", 300.0),
            deal("sf:6", "Sixth", None, date(2026, 1, 20), "won", 40.0),
            deal("sf:7", "Earlier", "sf:ann", date(2025, 11, 11), "won", 200.0),
        ],
        "target": [
            {
                "id": "sheet:Targets:1", "kpi": "revenue", "dimension": "rep", "member": "Ann Lee",
                "period_start": date(2026, 1, 1), "period_end": date(2026, 12, 31), "value": 261.0,
            }
        ],
    }  # fmt: skip


def deal(key: str, name: str, owner: str | None, close: date, outcome: str, amount: float | None) -> Row:  # noqa: PLR0917 one row of the table
    return {
        "id": key, "name": name, "owner": owner, "account": "sf:acme", "close_date": close, "amount": amount,
        "created_at": datetime(2025, 10, 1, 12, tzinfo=UTC), "is_won": outcome == "won",
        "is_closed": outcome != "open", "stage": outcome,
    }  # fmt: skip
