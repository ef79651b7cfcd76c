"""Changes: which rows of the large facts may differ between two snapshots, and the small tables they come from.

The connection has the rows before and after as ``old.<table>`` and ``new.<table>``, and the ids of rows that came,
changed or went as ``changed.<table>``. All that is needed to compute the affected rows of a fact anew, and no more,
is taken out into a small engine for each side: their lines, the deals of their accounts, their activities.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp

from kpis.engine import FactEngine, empty_table, first_day
from kpis.measures import rendered
from kpis.tables import TABLES

if TYPE_CHECKING:
    import duckdb

DELTA_TABLES: Final = ("opportunity", "lead", "activity", "waiting", "relationship")
"""The facts that change by deltas, by `kpis.facts.Fact.table`; all others are small and computed anew."""
_SCHEMAS: Final = ("old", "new", "changed")
_QUERIES: Final = Path(__file__).with_name("views") / "changes"
_FOUND: Final = (
    "moved_rep", "moved_product", "moved_activity", "affected_opportunity", "affected_lead", "affected_activity",
    "affected_waiting", "affected_relationship", "affected_party",
)  # fmt: skip
"""What is found first to last; a query may build on those before it."""
_NEEDED: Final[Mapping[str, str]] = {
    "opportunity": """SELECT * FROM side.opportunity WHERE id IN (
        SELECT id FROM affected_opportunity
        UNION SELECT opportunity FROM side.lead WHERE id IN (SELECT id FROM affected_lead)
        UNION SELECT id FROM side.opportunity WHERE account IN (SELECT id FROM affected_party)
        UNION SELECT id FROM side.opportunity WHERE is_won AND account IN (
          SELECT account FROM side.lead WHERE id IN (SELECT id FROM affected_lead) AND account IS NOT NULL))""",
    "opportunity_line": """SELECT * FROM side.opportunity_line
        WHERE opportunity IN (SELECT id FROM affected_opportunity)""",
    "lead": "SELECT * FROM side.lead WHERE id IN (SELECT id FROM affected_relationship)",
    "activity": """SELECT * FROM side.activity
        WHERE id IN (SELECT id FROM affected_activity)
          OR lead IN (SELECT id FROM affected_relationship)
          OR account IN (SELECT id FROM affected_party)
          OR opportunity IN (
            SELECT id FROM affected_opportunity
            UNION SELECT id FROM side.opportunity WHERE account IN (SELECT id FROM affected_party))""",
    "account": """SELECT * FROM side.account WHERE id IN (
        SELECT id FROM affected_party
        UNION SELECT account FROM side.opportunity WHERE id IN (SELECT id FROM affected_opportunity)
        UNION SELECT account FROM side.lead WHERE id IN (SELECT id FROM affected_lead)
        UNION SELECT account FROM side.activity WHERE id IN (SELECT id FROM affected_activity))""",
    "campaign": "SELECT * FROM side.campaign",
}


class Changes:
    """The affected rows of the large facts, found once; ``old_today`` is the day that the old cube was made for."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, tables: frozenset[str], old_today: int, today: int
    ) -> None:
        self._connection = connection
        for name in sorted(TABLES.keys() - tables):
            for schema in _SCHEMAS:
                connection.execute(empty_table(TABLES[name], schema))
        self._first_days = {
            side: first_day(connection, day, side) for side, day in (("old", old_today), ("new", today))
        }
        days = {"old_today": old_today, "new_today": today}
        days |= {f"{side}_first_day": day for side, day in self._first_days.items()}
        for name in _FOUND:
            query = _found(name, tuple(sorted(days.items())))
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")

    def count(self, table: str) -> int:
        """Return how many rows of a large fact are affected."""
        return self._number(f"SELECT COUNT(*) FROM affected_{table}")  # noqa: S608 one of our names

    def has_changed(self, table: str) -> bool:
        """Tell whether any row of a table came, changed or went."""
        return self._number(f"SELECT COUNT(*) FROM changed.{table}") > 0  # noqa: S608 one of our names

    def engine(self, side: str, today: int) -> FactEngine:
        """Return an engine over the affected rows of one side, ``old`` or ``new``, and what they depend on.

        Its tables ``affected_<table>`` have the ids that count: others are there only because these need them.
        """
        import duckdb

        small = duckdb.connect()
        for name, query in _NEEDED.items():
            small.register(name, self._connection.sql(_needed(query, side)).to_arrow_table())
        for table in DELTA_TABLES:
            small.register(f"affected_{table}", self._connection.sql(f"FROM affected_{table}").to_arrow_table())
        return FactEngine(small, frozenset(_NEEDED), today, self._first_days[side])

    def _number(self, query: str) -> int:
        return int(self._connection.execute(query).fetchall()[0][0])


@lru_cache(maxsize=64)
def _found(name: str, days: tuple[tuple[str, int], ...]) -> str:
    tree = sqlglot.parse_one((_QUERIES / f"{name}.sql").read_text("utf-8"), read="duckdb")
    return rendered(tree.transform(_filled, dict(days)))


@lru_cache(maxsize=64)
def _needed(query: str, side: str) -> str:
    return rendered(sqlglot.parse_one(query, read="duckdb").transform(_on_side, side))


def _filled(node: exp.Expr, days: Mapping[str, int]) -> exp.Expr:
    return exp.convert(days[node.name]) if isinstance(node, exp.Placeholder) else node


def _on_side(node: exp.Expr, side: str) -> exp.Expr:
    if isinstance(node, exp.Table) and node.db == "side":
        node.set("db", exp.to_identifier(side))
    return node
