"""Merge what sources deliver into the canonical tables: staged in DuckDB, compared with the last snapshot, written.

Applying the same change again changes nothing, in whatever order pages arrive: rows are upserted by id, the last
one of an id wins, and a table counts as changed only where a row really differs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import duckdb

from addon import kept_history
from addon.arrow import arrow_table
from addon.joins import has_additions, join_rows
from addon.snapshot import Company, Snapshot
from addon.unfinished import Unfinished
from connectors.errors import SourceError
from connectors.source import Batch, Change, Checkpoint, Covered, Expected, Problem
from kpis.engine import kept_table
from kpis.tables import DAY_SUFFIX, TABLES, Column, ColumnType, Table

_SQL_TYPES: Final[dict[ColumnType, str]] = {
    "text": "VARCHAR", "number": "DOUBLE", "integer": "BIGINT", "boolean": "BOOLEAN", "date": "DATE",
    "instant": "TIMESTAMP",
}  # fmt: skip


@dataclass(slots=True)
class Received:
    """What one source said besides rows: its new cursor, the tables it looked at, and what it left out."""

    cursor: dict[str, str] = field(default_factory=dict)
    covered: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    row_count: int = 0


@dataclass(frozen=True, slots=True)
class Merged:
    """One table after the merge: how many ids changed (written, updated or gone)."""

    table: str
    changed_count: int


class Merge:
    """A merge in progress over one previous snapshot (None: over nothing).

    After `finish` the connection holds, per table, ``new.<table>`` (the merged rows, with ``_day`` twins; a plain
    ``<table>`` means these), ``old.<table>`` (those of the previous snapshot) and ``changed.<table>`` (ids that
    differ).
    """

    def __init__(self, previous: Snapshot | None, work_folder: Path) -> None:
        self._previous = previous
        self._previous_zone = previous.manifest.company.time_zone if previous else ""
        self.connection = duckdb.connect(
            config={"temp_directory": str(work_folder), "threads": 2, "preserve_insertion_order": False}
        )
        for schema in ("staged", "old", "new", "changed", "raw"):
            self.connection.execute(f"CREATE SCHEMA {schema}")
        self._staged: set[str] = set()
        self._files: dict[str, list[Path]] = {}
        self._batch_number = 0
        self._replaced: dict[str, dict[str, int]] = {}
        self._covered: set[str] = set()
        self._kept: frozenset[str] | None = None
        self._merged: set[str] = set()
        self._joined: set[str] = set()
        self.problems: list[Problem] = []
        """What `finish` has to tell of rows that add to others."""

    def receive(self, changes: Iterable[Change], unfinished: Unfinished | None = None) -> Received:
        """Stage everything a source yields; return what else it said.

        ``unfinished`` keeps it on disk, and what it has kept from a run that was stopped is staged, too. Raises what
        the source raises; nothing of that source is then staged, so that its tables stay as they were and agree with
        each other.
        """
        rows = unfinished or Unfinished()
        self._batch_number = max(self._batch_number, rows.batch_count)
        received = Received(dict(rows.cursor), set(rows.covered))
        replaced = {table: dict(prefixes) for table, prefixes in rows.replaced.items()}
        try:
            self._take(changes, rows, received, replaced)
        except SourceError:
            rows.keep(received.cursor, received.covered, replaced, at_once=rows.has_more)
            raise
        self._stage(rows)
        for table, prefixes in replaced.items():
            self._replaced.setdefault(table, {}).update(prefixes)
        self._covered |= received.covered
        return received

    def _take(
        self, changes: Iterable[Change], rows: Unfinished, received: Received, replaced: dict[str, dict[str, int]]
    ) -> None:
        """Take changes as they come: rows into ``rows``, and the rest into the other two."""
        first_number = self._batch_number
        for change in changes:
            match change:
                case Batch():
                    self._batch_number += 1
                    self._keep(change, rows)
                    if change.replaces:
                        before = 0 if change.goes_on else first_number
                        replaced.setdefault(change.table, {})[change.replaces] = before
                    received.covered.add(change.table)
                    received.row_count += change.row_count + len(change.deleted)
                case Checkpoint():
                    received.cursor.pop(change.name, None)
                    received.cursor |= {change.name: change.value} if change.value else {}
                    rows.keep(received.cursor, received.covered, replaced, at_once=change.is_dear)
                case Covered():
                    received.covered.update(change.tables)
                case Problem():
                    received.problems.append(change)
                case Expected():
                    pass  # it is for those who watch

    def _keep(self, batch: Batch, rows: Unfinished) -> None:
        table = TABLES[batch.table]
        if batch.row_count:
            rows.add(table.name, arrow_table(table, batch.columns), self._batch_number, is_gone=False)
        if batch.deleted:
            rows.add(table.name, arrow_table(table, {"id": list(batch.deleted)}), self._batch_number, is_gone=True)
        if batch.table not in self._staged:
            self._create_staged(table)

    def replace_all(self, but: Set[str]) -> None:
        """Take what was received as all there is: older rows go, and so do tables that nobody delivers any more.

        Tables in ``but`` are known to be incomplete and keep their older rows.
        """
        self._kept = frozenset(but)
        for table in TABLES:
            if table not in but:
                self._replaced.setdefault(table, {})[""] = 0

    def finish(self, time_zone: str, today: date) -> list[Merged]:
        """Merge all staged rows; return every table there is, changed or not.

        ``time_zone`` is the organisation's: instants get their day number in it. When it is another one than the
        previous snapshot's, every row of a dated table counts as changed. ``today`` is the day from which on reps
        are in the teams and regions that came.
        """
        known = {name for name in TABLES if self._has_old(name) and (self._kept is None or name in self._kept)}
        known |= self._covered
        known |= {kept_history.TABLE} if "rep" in known else set()
        merged = []
        for table in (TABLES[name] for name in TABLES if name in known):
            self._see_old(table, time_zone)
            if table.name == kept_history.TABLE and "rep" in known:
                self._keep_history(table, today)
            merged.append(self._with_joins(self._merge_table(table, time_zone)))
        self._merged.update(known)
        self.connection.execute("SET schema = 'new'")
        return merged

    def _with_joins(self, merged: Merged) -> Merged:
        """Join the rows of a table that add to others to these; keep all of them as they came beside it."""
        name, run = merged.table, self.connection.execute
        was_joined = self._previous is not None and self._previous.raw_file(name).exists()
        if not was_joined and not has_additions(self.connection, f"new.{name}"):
            return merged
        run(f"CREATE TABLE raw.{name} AS SELECT * FROM new.{name}")  # noqa: S608 - names of TABLES
        kind = "TABLE" if name in self._staged else "VIEW"
        run(f"DROP {kind} new.{name}; DROP {kind} changed.{name}")
        if self._previous and self._previous.fact_file(name).exists():
            rows = kept_table(self.connection, self._previous.fact_file(name), TABLES[name])
            run(f"CREATE OR REPLACE VIEW old.{name} AS {rows.sql_query()}")
        joined = join_rows(self.connection, TABLES[name])
        self._joined.add(name)
        self.problems += joined.problems
        return Merged(name, max(joined.changed_count, merged.changed_count))

    def company(self) -> Company:
        """Return what the organisation table says; call it before `finish`. Unknown values are the defaults."""
        columns = "name, time_zone, currency, fiscal_year_start_month, fiscal_year_named_by_start, record_url"
        for relation in self._organisation_relations():
            rows = self.connection.execute(f"SELECT {columns} FROM {relation} LIMIT 1").fetchall()  # noqa: S608 - own names
            if rows:
                name, zone, currency, month, by_start, url = rows[0]
                return Company(name or "", zone or "UTC", currency or "", month or 1, bool(by_start), url or "")
        return Company()

    def _organisation_relations(self) -> list[str]:
        relations = [self._staged_rows("organisation")] if "organisation" in self._staged else []
        if self._has_old("organisation"):
            assert self._previous is not None  # noqa: S101 - `_has_old` says so
            relations.append(f"read_parquet('{_quoted(self._previous.fact_file('organisation'))}')")
        return relations

    def write(self, table: str, path: Path) -> str:
        """Write the merged table as parquet in id order; return its digest, equal for equal rows."""
        self.connection.execute(
            f"COPY (SELECT * FROM new.{table} ORDER BY id) TO '{_quoted(path)}' "  # noqa: S608 - names of TABLES
            "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
        )
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def write_raw(self, table: str, path: Path) -> None:
        """Write the rows of a joined table as they came; nothing for any other table."""
        if table in self._joined:
            path.parent.mkdir(exist_ok=True)
            self.connection.execute(
                f"COPY (SELECT * FROM raw.{table} ORDER BY id) TO '{_quoted(path)}' (FORMAT parquet)"  # noqa: S608
            )

    def row_count(self, table: str) -> int:
        """Return the number of rows of the merged table."""
        return _count(self.connection, f"new.{table}")

    def rows(self, table: str, columns: Sequence[str], most: int) -> list[tuple[object, ...]]:
        """Return some columns of a merged table, of so many rows at most in the order of ids; none if it was not
        merged. Call it after `finish`."""
        if table not in self._merged:
            return []
        names = ", ".join(columns)
        return self.connection.execute(
            f"SELECT {names} FROM new.{table} ORDER BY id LIMIT {most}"  # noqa: S608 - names of TABLES
        ).fetchall()

    def close(self) -> None:
        """Release the connection."""
        self.connection.close()

    def _has_old(self, table: str) -> bool:
        return self._previous is not None and self._previous.fact_file(table).exists()

    def _stage(self, rows: Unfinished) -> None:
        """Take what a source delivered whole: the rows still in memory, and the files with the others."""
        for name, files in rows.files.items():
            self._files.setdefault(name, []).extend(files)
        for name in {*rows.files, *rows.covered} - self._staged:
            self._create_staged(TABLES[name])
        for name, part in rows.in_memory().items():
            self.connection.register("_rows", part)
            try:
                self.connection.execute(f"INSERT INTO staged.{name} SELECT * FROM _rows")  # noqa: S608 - names of TABLES
            finally:
                self.connection.unregister("_rows")

    def _staged_rows(self, name: str) -> str:
        """Return the relation of all staged rows of a table, in memory and in files."""
        files = ", ".join(f"'{_quoted(path)}'" for path in self._files.get(name, ()))
        on_disk = f" UNION ALL SELECT * FROM read_parquet([{files}])" if files else ""  # noqa: S608 - our own files
        return f"(SELECT * FROM staged.{name}{on_disk})"  # noqa: S608 - names of TABLES

    def _create_staged(self, table: Table) -> None:
        columns = ", ".join(f"{c.name} {_SQL_TYPES[c.type]}" for c in map(_quoted_column, table.columns))
        self.connection.execute(f"CREATE TABLE staged.{table.name} ({columns}, _batch BIGINT, _gone BOOLEAN)")
        self._staged.add(table.name)

    def _keep_history(self, table: Table, today: date) -> None:
        if table.name not in self._staged:
            self._create_staged(table)
        self._batch_number = kept_history.stage(self.connection, today, self._batch_number)

    def _see_old(self, table: Table, time_zone: str) -> None:
        """Make ``old.<table>``: the rows of the previous snapshot, none where it has no such table."""
        if self._previous is not None and self._has_old(table.name):
            raw, facts = self._previous.raw_file(table.name), self._previous.fact_file(table.name)
            rows = kept_table(self.connection, raw if raw.exists() else facts, table).sql_query()
        else:
            empty = ", ".join(f"NULL::{_SQL_TYPES[c.type]} AS {_quoted_column(c).name}" for c in table.columns)
            rows = f"SELECT *{_days_sql(table, time_zone)} FROM (SELECT {empty}) WHERE false"  # noqa: S608
        self.connection.execute(f"CREATE VIEW old.{table.name} AS {rows}")

    def _merge_table(self, table: Table, time_zone: str) -> Merged:
        name, run = table.name, self.connection.execute
        days = _days_sql(table, time_zone)
        columns = ", ".join(_quoted_column(c).name for c in table.columns)
        moved = bool(self._previous_zone) and self._previous_zone != time_zone and bool(days)
        if name in self._replaced and name not in self._staged:
            self._create_staged(table)
        if moved and name not in self._staged:
            run(f"CREATE VIEW new.{name} AS SELECT {columns}{days} FROM old.{name}")  # noqa: S608 - names of TABLES
            run(f"CREATE VIEW changed.{name} AS SELECT id FROM old.{name}")  # noqa: S608 - names of TABLES
            return Merged(name, _count(self.connection, f"changed.{name}"))
        if name not in self._staged:
            run(f"CREATE VIEW new.{name} AS SELECT * FROM old.{name}")  # noqa: S608 - names of TABLES
            run(f"CREATE VIEW changed.{name} AS SELECT id FROM old.{name} WHERE false")  # noqa: S608
            return Merged(name, 0)
        run(f"""
            CREATE TEMP TABLE last_{name} AS
            SELECT * FROM (
                SELECT *, row_number() OVER (PARTITION BY id ORDER BY _batch DESC, _gone) AS _rank
                FROM {self._staged_rows(name)}
            ) WHERE _rank = 1
        """)  # noqa: S608 - names of TABLES
        for prefix, before in sorted(self._replaced.get(name, {}).items()):
            run(
                f"UPDATE last_{name} SET _gone = true WHERE starts_with(id, ?) AND _batch <= ?",  # noqa: S608
                [prefix, before],
            )
            run(
                f"INSERT INTO last_{name} (id, _gone) SELECT id, true FROM old.{name} "  # noqa: S608
                f"WHERE starts_with(id, ?) AND id NOT IN (SELECT id FROM last_{name})",
                [prefix],
            )
        run(f"""
            CREATE TABLE changed.{name} AS
            SELECT id FROM (
                (SELECT {columns} FROM last_{name} WHERE NOT _gone) EXCEPT (SELECT {columns} FROM old.{name})
            )
            UNION SELECT id FROM last_{name} WHERE _gone AND id IN (SELECT id FROM old.{name})
        """)  # noqa: S608 - names of TABLES
        kept = f"{columns}{days}" if moved else "*"
        run(f"""
            CREATE TABLE new.{name} AS
            SELECT {kept} FROM old.{name} WHERE id NOT IN (SELECT id FROM changed.{name})
            UNION ALL BY NAME
            SELECT {columns}{days} FROM last_{name}
            WHERE NOT _gone AND id IN (SELECT id FROM changed.{name})
        """)  # noqa: S608 - names of TABLES
        run(f"DROP TABLE staged.{name}")
        if moved:
            run(f"INSERT INTO changed.{name} SELECT id FROM old.{name} EXCEPT SELECT id FROM changed.{name}")  # noqa: S608
        return Merged(name, _count(self.connection, f"changed.{name}"))


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    rows = connection.execute(f"SELECT count(*) FROM {relation}").fetchall()  # noqa: S608 - names of TABLES
    return int(rows[0][0])


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _quoted_column(column: Column) -> Column:
    """Return the column with its name quoted for SQL (``at``, ``on`` and ``kind`` are words of SQL)."""
    return Column(f'"{column.name}"', column.type, column.references, column.required)


def _days_sql(table: Table, time_zone: str) -> str:
    """Return the SQL of the ``_day`` twins of a table's columns, each after a comma."""
    return "".join(f", {_day_sql(column, time_zone)}" for column in table.columns if column.is_dated)


def _day_sql(column: Column, time_zone: str) -> str:
    """Return the SQL of a column's ``_day`` twin: days since 1970-01-01."""
    quoted, twin = f'"{column.name}"', f'"{column.name}{DAY_SUFFIX}"'
    zone = time_zone.replace("'", "''")
    local = quoted if column.type == "date" else f"CAST({quoted} AT TIME ZONE 'UTC' AT TIME ZONE '{zone}' AS DATE)"
    return f"CAST(date_diff('day', DATE '1970-01-01', {local}) AS INTEGER) AS {twin}"
