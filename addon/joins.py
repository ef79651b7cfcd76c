"""Rows of tabs that add columns to records of another source: joined by a key, conflicts told, nothing lost silently.

Such a row's id says so: ``sheet:&name<:Notes:...`` adds to the record whose name it gives, and fills only what is
empty there; with ``>`` in place of ``<`` the tab's value counts. All rows are kept as they came, beside the joined
table, so that a value that is taken out of a tab gives way to the record's own again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from connectors.source import Problem
from kpis.tables import DAY_SUFFIX, Table

if TYPE_CHECKING:
    import duckdb

JOINED: Final = "sheet:&"
"""What the ids of rows begin with that add to others."""
_MOST_TOLD: Final = 50
_FOLDED: Final = r"nullif(trim(regexp_replace(lower(strip_accents({})), '[^\p{{L}}\p{{N}}]+', ' ', 'g')), '')"

_KNOWN: Final = "SELECT '{key}' AS how, {text} AS key, id FROM {relation} WHERE NOT starts_with(id, 'sheet:&')"
_PAIRS: Final = r"""
CREATE TEMP TABLE pair_{table} AS
WITH addition AS (
  SELECT id, regexp_extract(id, '^sheet:&([a-z]+)', 1) AS how, regexp_matches(id, '^sheet:&[a-z]+>') AS wins,
    CASE regexp_extract(id, '^sheet:&([a-z]+)', 1) {texts}
      ELSE regexp_extract(id, '(sf:[A-Za-z0-9]{{18}})$', 1) END AS key
  FROM raw.{table} WHERE starts_with(id, 'sheet:&')
), known AS ({known}), paired AS (
  SELECT a.id AS addition, a.how, a.wins, k.id AS base, count(k.id) OVER (PARTITION BY a.id) AS matches
  FROM addition AS a LEFT JOIN known AS k ON k.how = a.how AND k.key = a.key
)
SELECT addition, how, wins, matches, CASE WHEN matches = 1 THEN base END AS base,
  row_number() OVER (PARTITION BY base ORDER BY addition) AS place
FROM paired
"""


@dataclass(frozen=True, slots=True)
class Joined:
    """What a join came to: how many ids of the joined table changed, and what there is to tell."""

    changed_count: int
    problems: tuple[Problem, ...]


def has_additions(connection: duckdb.DuckDBPyConnection, relation: str) -> bool:
    """Whether any row of a relation adds to another."""
    found = connection.execute(
        f"SELECT 1 FROM {relation} WHERE starts_with(id, ?) LIMIT 1",  # noqa: S608 - names of TABLES
        [JOINED],
    )
    return found.fetchone() is not None


def join_rows(connection: duckdb.DuckDBPyConnection, table: Table) -> Joined:
    """Make ``new.<table>`` and ``changed.<table>`` of the rows in ``raw.<table>`` and of ``old.<table>``."""
    name, run = table.name, connection.execute
    run(_pairs_query(table))
    columns = [column.name for column in table.columns if column.name != "id"]
    columns += [f"{column.name}{DAY_SUFFIX}" for column in table.columns if column.is_dated]
    values = ", ".join(
        f'CASE WHEN p.wins AND p.how <> \'{c}\' THEN COALESCE(a."{c}", b."{c}") '
        f'ELSE COALESCE(b."{c}", a."{c}") END AS "{c}"'
        for c in columns
    )
    run(
        f"CREATE TABLE new.{name} AS SELECT b.id, {values} FROM raw.{name} AS b "  # noqa: S608 - names of TABLES
        f"LEFT JOIN pair_{name} AS p ON p.base = b.id AND p.place = 1 LEFT JOIN raw.{name} AS a ON a.id = p.addition "
        f"WHERE NOT starts_with(b.id, '{JOINED}')"
    )
    names = ", ".join(f'"{c}"' for c in ("id", *columns))
    run(
        f"CREATE TABLE changed.{name} AS SELECT id FROM (SELECT {names} FROM new.{name} EXCEPT "  # noqa: S608
        f"SELECT {names} FROM old.{name}) UNION SELECT id FROM old.{name} WHERE id NOT IN (SELECT id FROM new.{name})"
    )
    problems = [*_lonely(connection, table), *_conflicts(connection, table)]
    (count,) = run(f"SELECT count(*) FROM changed.{name}").fetchall()[0]  # noqa: S608 - names of TABLES
    return Joined(int(count), tuple(_bounded(problems)))


def _pairs_query(table: Table) -> str:
    """Return the query for which row adds to which record: ``matches`` of them, ``place`` of all that add to it."""
    keys = [name for name in ("name", "email") if name in table.column_names]
    relation = f"raw.{table.name}"
    known = [_KNOWN.format(key="id", text="id", relation=relation)]
    known += [_KNOWN.format(key=name, text=_FOLDED.format(name), relation=relation) for name in keys]
    texts = " ".join(f"WHEN '{name}' THEN {_FOLDED.format(name)}" for name in keys)
    return _PAIRS.format(table=table.name, texts=texts, known=" UNION ALL ".join(known))


def _lonely(connection: duckdb.DuckDBPyConnection, table: Table) -> list[Problem]:
    """Tell the rows that add to no record, to several, or to one that another row adds to already."""
    rows = connection.execute(
        f"SELECT DISTINCT addition, matches FROM pair_{table.name} "  # noqa: S608 - names of TABLES
        "WHERE matches <> 1 OR place > 1 ORDER BY addition"
    ).fetchall()
    reasons = {0: "No {table} has this key", 1: "Another row of a tab adds to the same {table}"}
    return [
        Problem(
            _place(str(addition)),
            reasons.get(int(matches), f"{matches} of {{table}} have this key").format(table=table.name)
            + "; the row adds nothing.",
            "Correct the key.",
        )
        for addition, matches in rows
    ]


def _conflicts(connection: duckdb.DuckDBPyConnection, table: Table) -> list[Problem]:
    """Tell where the record and the row say different things, and which of both counts."""
    told = []
    for column in table.columns:
        if column.name == "id":
            continue
        mine, theirs = f'a."{column.name}"', f'b."{column.name}"'
        rows = connection.execute(
            f"SELECT p.addition, b.id, p.wins, CAST({mine} AS VARCHAR), CAST({theirs} AS VARCHAR) "  # noqa: S608
            f"FROM pair_{table.name} AS p JOIN raw.{table.name} AS a ON a.id = p.addition "
            f"JOIN raw.{table.name} AS b ON b.id = p.base "
            f"WHERE p.place = 1 AND p.how <> '{column.name}' AND {mine} <> {theirs} "
            f"ORDER BY p.addition LIMIT {_MOST_TOLD + 1}"
        ).fetchall()
        told += [_conflict(column.name, *map(str, (addition, base, "tab" if wins else "record", ours, other)))
                 for addition, base, wins, ours, other in rows]  # fmt: skip
    return told


def _conflict(column: str, addition: str, base: str, winner: str, ours: str, other: str) -> Problem:  # noqa: PLR0917
    counts = "the tab's counts" if winner == "tab" else "the record's counts"
    return Problem(
        _place(addition),
        f"{column} is {ours!r} in the tab and {other!r} in the record {base}; {counts}.",
        "Make both say the same, or take the column out of the tab.",
    )


def _place(addition: str) -> str:
    """Return the tab and the key of a row, from its id."""
    return ", ".join(addition.partition(":")[2].partition(":")[2].split(":", 1))


def _bounded(problems: list[Problem]) -> list[Problem]:
    if len(problems) <= _MOST_TOLD:
        return problems
    more = Problem("joined tabs", f"There are {len(problems) - _MOST_TOLD:,} more problems of this kind.")
    return [*problems[:_MOST_TOLD], more]
