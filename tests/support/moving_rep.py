"""A company small enough to count by hand, of which one rep changes team and region on 10 February 2026."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tests.support.canonical import Row

TODAY = date(2026, 4, 1)
MOVED_ON = date(2026, 2, 10)


def moving_rep() -> dict[str, list[Row]]:
    """Return the tables. Ann (West, then East) wins two deals, one before she moves, and keeps one open; Bob (East)
    wins one, Cy (West) loses one, and nobody wins one."""
    return {
        "rep": [
            {"id": "sf:ann", "name": "Ann Lee", "team": "East", "region": "Americas", "is_active": True},
            {"id": "sf:bob", "name": "Bob Ray", "team": "East", "region": "Americas", "is_active": True},
            {"id": "sf:cy", "name": "Cy Young", "team": "West", "region": "EMEA", "is_active": True},
        ],
        "rep_history": [
            {"id": "sheet:1", "rep": "sf:ann", "started_on": date(2026, 1, 1), "team": "West", "region": "EMEA"},
            {"id": "sheet:2", "rep": "sf:ann", "started_on": MOVED_ON, "team": "East", "region": "Americas"},
        ],
        "account": [{"id": "sf:acme", "name": "Acme", "market": "retail", "owner": "sf:ann"}],
        "opportunity": [
            _deal("sf:1", "sf:ann", date(2025, 12, 5), date(2026, 1, 20), "won", 100.0),
            _deal("sf:2", "sf:ann", date(2026, 1, 10), date(2026, 2, 20), "won", 40.0),
            _deal("sf:3", "sf:ann", date(2026, 1, 15), date(2026, 4, 30), "open", 70.0),
            _deal("sf:4", "sf:bob", date(2026, 2, 1), date(2026, 2, 5), "won", 300.0),
            _deal("sf:5", "sf:cy", date(2026, 1, 2), date(2026, 2, 12), "lost", 50.0),
            _deal("sf:6", None, date(2026, 1, 2), date(2026, 1, 30), "won", 7.0),
        ],
        "target": [
            {
                "id": "sheet:Targets:1", "kpi": "revenue", "dimension": "rep", "member": "Ann Lee",
                "period_start": date(2026, 2, 1), "period_end": date(2026, 2, 28), "value": 20.0,
            }
        ],
        "subscription": [
            {"id": "sheet:Sub:1", "account": "sf:acme", "started_on": date(2025, 3, 1), "annual_value": 12.0}
        ],
    }  # fmt: skip


def _deal(key: str, owner: str | None, created: date, close: date, outcome: str, amount: float) -> Row:  # noqa: PLR0917 one row of the table
    return {
        "id": key, "name": key, "owner": owner, "account": "sf:acme", "close_date": close, "amount": amount,
        "created_at": datetime(created.year, created.month, created.day, 12, tzinfo=UTC), "stage": outcome,
        "is_won": outcome == "won", "is_closed": outcome != "open",
    }  # fmt: skip
