"""One record in two states of the data: whether it is there, and in which fields it differs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from sqlglot import exp

from kpis.engine import FactEngine
from kpis.measures import rendered
from kpis.tables import TABLES

_MOST_NAMED: Final = 4
_LONGEST: Final = 40
_AT_ONCE: Final = 10_000


def ids_in(engine: FactEngine, table: str, ids: Sequence[str]) -> frozenset[str]:
    """Return which of these ids are in a canonical table; all of them for what is no table."""
    if table not in TABLES:
        return frozenset(ids)
    found: set[str] = set()
    for start in range(0, len(ids), _AT_ONCE):
        wanted = [exp.convert(key) for key in ids[start : start + _AT_ONCE]]
        query = exp.select("id").from_(table).where(exp.In(this=exp.column("id"), expressions=wanted))
        found.update(engine.rows(rendered(query))["id"].to_pylist())
    return frozenset(found)


def changed_fields(then: FactEngine, now: FactEngine, table: str, key: str) -> str:
    """Return in which fields a record differs, as in ``amount 40 -> 50; owner sf:1 -> sf:2``."""
    before, after = _row(then, table, key), _row(now, table, key)
    differing = [name for name in TABLES[table].column_names if before.get(name) != after.get(name)]
    named = [f"{name} {_text(before.get(name))} -> {_text(after.get(name))}" for name in differing[:_MOST_NAMED]]
    more = f" and {len(differing) - _MOST_NAMED} more" if len(differing) > _MOST_NAMED else ""
    return "; ".join(named) + more


def _row(engine: FactEngine, table: str, key: str) -> dict[str, object]:
    columns = [exp.column(name, quoted=True) for name in TABLES[table].column_names]
    query = exp.select(*columns).from_(table).where(exp.column("id").eq(key))
    rows: list[dict[str, object]] = engine.rows(rendered(query)).to_pylist()
    return rows[0] if rows else {}


def _text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return f"{value:.12g}" if isinstance(value, float) else str(value)[:_LONGEST]
