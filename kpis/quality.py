"""Data quality: which records are doubtful, how many, and what they are worth; ``quality.toml`` has the checks."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp

from kpis.definitions import Language
from kpis.errors import DefinitionError
from kpis.facts import FACTS
from kpis.measures import rendered
from kpis.tables import DAY_SUFFIX, TABLES

if TYPE_CHECKING:
    from kpis.engine import FactEngine

_FILE: Final = Path(__file__).with_name("quality.toml")
_KEYS: Final = frozenset({"table", "where", "amount", "day", "titles", "remedies"})
_FOLDED: Final = r"NULLIF(TRIM(REGEXP_REPLACE(LOWER(STRIP_ACCENTS(x)), '[^\p{L}\p{N}]+', ' ', 'g')), '')"
_NAMED: Final = {"owner": "rep", "account": "account"}
"""Columns that name a row of another table, which is shown by its name."""
_TIMES_CYCLE: Final = 2
"""A deal has stalled when it is older than so many median cycles; the KPI of stalled deals says the same."""


@dataclass(frozen=True, slots=True)
class QualityCheck:
    """One check. ``where`` is a condition of SQL on the row ``r``; ``amount`` is empty where nothing is added up."""

    id: str
    table: str
    where: str
    amount: str
    day: str
    titles: Mapping[Language, str]
    remedies: Mapping[Language, str]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the checks are held against, in days and day numbers. ``stalled_days`` None: nothing to go by yet."""

    today: int
    year_start: int
    near_days: int
    stalled_days: int | None

    @property
    def numbers(self) -> dict[str, int]:
        """Return each by its name in the conditions; what is not known is left out."""
        known = {"today": self.today, "year_start": self.year_start, "near_days": self.near_days}
        return known if self.stalled_days is None else {**known, "stalled_days": self.stalled_days}


@dataclass(frozen=True, slots=True)
class Doubtful:
    """One record that a check found; texts are empty and ``amount`` and ``day`` None where there is none."""

    id: str
    name: str
    account: str
    owner: str
    amount: float | None
    day: int | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found: how many records, the sum of their amounts (None: not added up), and the worst of them."""

    check: QualityCheck
    count: int
    amount: float | None
    worst: tuple[Doubtful, ...]


@cache
def quality_checks() -> tuple[QualityCheck, ...]:
    """Return all checks in their order. Raises `DefinitionError` for one that is not of its form."""
    document = tomllib.loads(_FILE.read_text("utf-8"))
    return tuple(_check(name, entry) for name, entry in document.items())


def run_checks(engine: FactEngine, limits: Limits, present: frozenset[str], most: int) -> list[Found]:
    """Run the checks whose tables are there, over the rows of an engine; list ``most`` records of each at most.

    A check that needs a limit that is not known is left out.
    """
    runnable = [check for check in quality_checks() if check.table in present and _is_known(check, limits)]
    return [_found(engine, check, limits, most) for check in runnable]


def stalled_after(engine: FactEngine) -> int | None:
    """Return the age in days from which on an open deal has stalled: twice the median cycle of the won ones."""
    if "opportunity" not in engine.facts:
        return None
    query = (
        exp.select(exp.Median(this=exp.column("cycle_days")).as_("days"))
        .from_(FACTS["opportunity"].view)
        .where(exp.column("is_won"))
    )
    (days,) = engine.fact_rows(FACTS["opportunity"], query)["days"].to_pylist()
    return None if days is None else int(_TIMES_CYCLE * days)


def _check(name: str, entry: Mapping[str, object]) -> QualityCheck:
    table, titles, remedies = str(entry.get("table")), entry.get("titles"), entry.get("remedies")
    if not _KEYS.issuperset(entry) or not isinstance(titles, dict) or not isinstance(remedies, dict):
        raise DefinitionError(f"quality.toml: [{name}] must have {', '.join(sorted(_KEYS))} and nothing else.")
    wanted = {str(entry[key]) for key in ("amount", "day") if entry.get(key)}
    if table not in TABLES or not wanted <= set(TABLES[table].column_names):
        raise DefinitionError(f"quality.toml: [{name}] speaks of a table or a column that is none.")
    where, amount, day = str(entry["where"]), str(entry.get("amount", "")), str(entry["day"])
    return QualityCheck(name, table, where, amount, day, titles, remedies)


def _is_known(check: QualityCheck, limits: Limits) -> bool:
    asked = {each.name for each in _condition(check.where).find_all(exp.Placeholder)}
    return asked <= limits.numbers.keys()


def _condition(where: str) -> exp.Expr:
    return sqlglot.parse_one(where, read="duckdb")


def _query(check: QualityCheck, limits: Limits, most: int) -> exp.Select:
    """Return the query for the worst rows of a check, each with how many there are and what they are worth."""
    columns = set(TABLES[check.table].column_names)
    name = _own("name") if "name" in columns else exp.null()
    amount = _own(check.amount) if check.amount else exp.null()
    day = _own(f"{check.day}{DAY_SUFFIX}")
    query = exp.select(_own("id"), name.as_("name"), amount.as_("amount"), day.as_("day")).from_(
        exp.to_table(check.table).as_("r")
    )
    for column, other in _NAMED.items():
        is_there = column in columns
        query = query.select((exp.column("name", table=f"of_{column}") if is_there else exp.null()).as_(column))
        if is_there:
            on = exp.column("id", table=f"of_{column}").eq(_own(column))
            query = query.join(exp.to_table(other).as_(f"of_{column}"), on=on, join_type="left")
    total = exp.Sum(this=exp.cast(amount, "DECIMAL(38, 6)"))
    query = query.select(_over(exp.Count(this=exp.Star()), "found"), _over(total, "total"))
    worst = [exp.Ordered(this=amount.copy(), desc=True, nulls_first=False)] if check.amount else []
    oldest = [exp.Ordered(this=each, nulls_first=False) for each in (day.copy(), _own("id"))]
    return query.where(_filled(check.where, limits)).order_by(*worst, *oldest).limit(most)


def _own(column: str) -> exp.Column:
    return exp.column(column, table="r")


def _over(aggregate: exp.Expr, name: str) -> exp.Expr:
    return exp.Window(this=aggregate).as_(name)


def _filled(where: str, limits: Limits) -> exp.Expr:
    """Return a condition with its numbers and its function filled in."""

    def filled(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Placeholder):
            return exp.convert(limits.numbers[node.name])
        if isinstance(node, exp.Anonymous) and node.name == "FOLDED":
            return _folded(node.expressions[0])
        return node

    tree: exp.Expr = _condition(where).transform(filled)
    return tree


def _folded(text: exp.Expr) -> exp.Expr:
    tree: exp.Expr = sqlglot.parse_one(_FOLDED, read="duckdb")
    for place in list(tree.find_all(exp.Column)):
        place.replace(text.copy())
    return tree


def _found(engine: FactEngine, check: QualityCheck, limits: Limits, most: int) -> Found:
    rows = engine.rows(rendered(_query(check, limits, max(most, 1)))).to_pylist()
    worst = tuple(
        Doubtful(row["id"], row["name"] or "", row["account"] or "", row["owner"] or "", row["amount"], row["day"])
        for row in rows[:most]
    )
    count = int(rows[0]["found"]) if rows else 0
    total = float(rows[0]["total"] or 0) if rows else 0.0
    return Found(check, count, total if check.amount else None, worst)
