"""A Salesforce org in memory: its objects, its rows, its clock, and what its users do to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from connectors.sandbox.salesforce.effects import CHANGE_DATES, SYSTEM_DATES, Change, Effects, new_id
from connectors.sandbox.salesforce.errors import OrgError
from connectors.sandbox.salesforce.load import load_tables
from connectors.sandbox.salesforce.rules import apply_rules
from connectors.sandbox.salesforce.schema import Field
from connectors.sandbox.salesforce.table import Row, Table
from connectors.sandbox.salesforce.values import Value, moment_text, value_of

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


class SalesforceOrg:
    """The org's data. Methods that edit are what its users do; each takes effect at once, unless told otherwise.

    ``visible_from`` makes an edit a late commit: its stamp is the present moment, but queries see it only when the
    clock has come to that moment.
    """

    def __init__(self, tables: Mapping[str, Table], clock: Clock = _now) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self._tables = dict(tables)
        self._by_fold = {name.lower(): name for name in self._tables}
        self._late: list[tuple[str, list[Change]]] = []
        self.schema_changed_at = clock()

    @classmethod
    def load(cls, folder: Path, clock: Clock = _now) -> SalesforceOrg:
        """Read the org out of a folder of CSVs. Raises `OrgError`."""
        return cls(load_tables(folder, moment_text(clock())), clock)

    @property
    def now(self) -> str:
        """Return the present moment as the org stamps it: in whole seconds."""
        return moment_text(self.clock().replace(microsecond=0))

    @property
    def organization(self) -> Mapping[str, Value]:
        """Return the one record of Organization; empty where the org has none."""
        table = self._tables.get("Organization")
        row = next(iter(table.rows.values()), None) if table else None
        return table.named(row) if table and row else {}

    def tables(self) -> Iterable[Table]:
        """Return every object, by name."""
        return [self._tables[name] for name in sorted(self._tables)]

    def table(self, object_name: str) -> Table | None:
        """Return the object of this name, whatever its case, or None."""
        name = self._by_fold.get(object_name.lower())
        return None if name is None else self._tables[name]

    def settle(self) -> None:
        """Let the late commits whose moment has come take effect. Call it before reading."""
        with self.lock:
            if self._late:
                now = moment_text(self.clock())
                ready = [changes for moment, changes in self._late if moment <= now]
                self._late = [late for late in self._late if late[0] > now]
                for changes in ready:
                    self._apply(changes)

    def record(self, object_name: str, key: str) -> dict[str, Value]:
        """Return a record by field name, deleted or not. Raises `OrgError`."""
        table = self._known(object_name)
        with self.lock:
            return table.named(self._row(table, key))

    def add_field(self, object_name: str, field: Field) -> None:
        """Let an administrator add a field."""
        with self.lock:
            for _, changes in self._late:
                self._apply(changes)
            self._late.clear()
            self._known(object_name).add_fields([field])
            self.schema_changed_at = self.clock()

    def remove_object(self, object_name: str) -> None:
        """Let an object disappear altogether, with its rows."""
        with self.lock:
            name = self._known(object_name).kind.name
            del self._tables[name]
            del self._by_fold[name.lower()]
            self.schema_changed_at = self.clock()

    def insert(self, object_name: str, *, visible_from: datetime | None = None, **fields: object) -> str:
        """Create a record and return its id. Raises `OrgError` for unknown fields and wrong values."""
        table = self._known(object_name)
        with self.lock:
            now = self.now
            given = self._values(table, fields)
            values: dict[str, Value] = {each.name: value_of(each.type, None) for each in table.kind.fields}
            values |= dict.fromkeys(SYSTEM_DATES & set(values), now)
            maker = next(iter(self._known("User").rows), None)
            values |= dict.fromkeys({"CreatedById", "LastModifiedById"} & set(values), maker)
            values |= given
            values["Id"] = given.get("Id") or new_id(table)
            key = str(values["Id"])
            if key in table.rows:
                raise OrgError(f"{object_name} {key} exists already.")
            effects = self._effects(now)
            apply_rules(table.kind.name, values, frozenset(given), effects.circumstances)
            changes = [Change(table, key, table.row_of(values))]
            changes += effects.of_change(table, values, frozenset(given), {})
            self._commit(changes, visible_from)
        return key

    def update(
        self,
        object_name: str,
        key: str,
        *,
        visible_from: datetime | None = None,
        moves_stamp: bool = True,
        **fields: object,
    ) -> None:
        """Change fields of a record; without any, only its stamp moves.

        ``moves_stamp=False`` changes it without a trace, as a formula field would. Raises `OrgError`.
        """
        table = self._known(object_name)
        with self.lock:
            self._commit_late(table, key)
            now = self.now
            before = table.named(self._row(table, key))
            given = self._values(table, fields)
            changed = frozenset(name for name, value in given.items() if before[name] != value)
            values = before | given
            effects = self._effects(now)
            apply_rules(table.kind.name, values, changed, effects.circumstances)
            if moves_stamp:
                values |= dict.fromkeys(CHANGE_DATES & set(values) - set(given), now)
            changes = [Change(table, key, table.row_of(values))]
            changes += effects.of_change(table, values, changed, before)
            self._commit(changes, visible_from)

    def delete(
        self, object_name: str, key: str, *, visible_from: datetime | None = None, moves_stamp: bool = True
    ) -> None:
        """Move a record, and what hangs on it, to the recycle bin. Raises `OrgError`."""
        table = self._known(object_name)
        with self.lock:
            self._commit_late(table, key)
            if table.deleted_place is None:
                raise OrgError(f"Records of {object_name} cannot be deleted.")
            changes = self._flagged(table, key, deleted=True, moves_stamp=moves_stamp)
            self._commit(changes, visible_from)

    def undelete(self, object_name: str, key: str) -> None:
        """Bring a record, and what hangs on it, back from the recycle bin. Raises `OrgError`."""
        table = self._known(object_name)
        with self.lock:
            self._commit_late(table, key)
            changes = self._flagged(table, key, deleted=False, moves_stamp=True)
            self._commit(changes, None)

    def hard_delete(self, object_name: str, key: str) -> None:
        """Delete a record, and what hangs on it, without a recycle bin: no query ever sees it again."""
        table = self._known(object_name)
        with self.lock:
            self._commit_late(table, key)
            self._row(table, key)
            now = self.now
            changes = [Change(table, key, None, now)]
            changes += [Change(child, each, None, now) for child, each in self._dependants(table, key)]
            changes += self._after_flag(table, key, deleted=True, now=now)
            self._commit(changes, None)

    def merge(self, object_name: str, winner: str, loser: str) -> None:
        """Merge a record into another: the loser is deleted and names the winner, and what referred to it moves."""
        table = self._known(object_name)
        with self.lock:
            self._commit_late(table, loser)
            self._row(table, winner)
            if table.kind.place("MasterRecordId") is None:
                raise OrgError(f"Records of {object_name} cannot be merged.")
            for child, place, each in self._references(table, loser):
                moved: dict[str, object] = {child.kind.fields[place].name: winner}
                self.update(child.kind.name, each, visible_from=None, moves_stamp=True, **moved)
            self.update(object_name, loser, MasterRecordId=winner)
            self._commit(self._flagged(table, loser, deleted=True, moves_stamp=True), None)

    def _effects(self, now: str) -> Effects:
        return Effects(self._tables, self.organization, now)

    def _known(self, object_name: str) -> Table:
        table = self.table(object_name)
        if table is None:
            raise OrgError(f"The org has no object {object_name!r}.")
        return table

    def _row(self, table: Table, key: str) -> Row:
        row = table.rows.get(key)
        if row is None:
            raise OrgError(f"The org has no {table.kind.name} {key!r}.")
        return row

    def _values(self, table: Table, fields: Mapping[str, object]) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for name, given in fields.items():
            place = table.kind.place(name)
            if place is None:
                raise OrgError(f"{table.kind.name} has no field {name!r}.")
            field = table.kind.fields[place]
            try:
                values[field.name] = value_of(field.type, given)
            except ValueError as error:
                raise OrgError(f"{table.kind.name}.{field.name}: {error}.") from error
        return values

    def _flagged(self, table: Table, key: str, *, deleted: bool, moves_stamp: bool) -> list[Change]:
        """Return what moves a record, and what hangs on it, into the recycle bin or out of it."""
        now = self.now
        changes: list[Change] = []
        for each, each_key in [(table, key), *self._dependants(table, key)]:
            values = each.named(self._row(each, each_key))
            values["IsDeleted"] = deleted
            if moves_stamp:
                values |= dict.fromkeys(CHANGE_DATES & set(values), now)
            changes.append(Change(each, each_key, each.row_of(values), now if deleted else ""))
        return [*changes, *self._after_flag(table, key, deleted=deleted, now=now)]

    def _after_flag(self, table: Table, key: str, *, deleted: bool, now: str) -> list[Change]:
        values = {**table.named(table.rows[key]), "IsDeleted": deleted}
        return self._effects(now).of_change(table, values, frozenset({"IsDeleted"}), {})

    def _dependants(self, table: Table, key: str) -> list[tuple[Table, str]]:
        """Return the records that are deleted together with this one."""
        return [
            (child, each)
            for child, _, each in self._references(table, key, cascading=True)
            if child.deleted_place is not None
        ]

    def _references(self, table: Table, key: str, *, cascading: bool = False) -> list[tuple[Table, int, str]]:
        return [
            (child, place, each)
            for child in self._tables.values()
            for place, field in enumerate(child.kind.fields)
            if table.kind.name in field.targets and field.cascade >= cascading
            for each, row in child.rows.items()
            if row[place] == key
        ]

    def _commit(self, changes: list[Change], visible_from: datetime | None) -> None:
        if visible_from is None or visible_from <= self.clock():
            self._apply(changes)
        else:
            self._late.append((moment_text(visible_from), changes))

    def _commit_late(self, table: Table, key: str) -> None:
        """Commit what is still open on this record: the next edit would have waited for it."""
        touching = [late for late in self._late if any(each.table is table and each.key == key for each in late[1])]
        self._late = [late for late in self._late if late not in touching]
        for _, changes in touching:
            self._apply(changes)

    def _apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if change.gone:
                change.table.gone[change.key] = change.gone
            elif change.gone == "":
                change.table.gone.pop(change.key, None)
            if change.row is None:
                change.table.remove(change.key)
            else:
                change.table.put(change.row)
