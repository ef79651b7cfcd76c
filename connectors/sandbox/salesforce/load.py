"""Reading an org out of a folder: one CSV an object, named by API name, with columns by API field name."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from connectors.sandbox.salesforce.errors import OrgError
from connectors.sandbox.salesforce.schema import (
    Field,
    ObjectType,
    infer_field,
    label_of,
    objects_from,
    standard_objects,
)
from connectors.sandbox.salesforce.table import Row, Table
from connectors.sandbox.salesforce.values import Value, reader

_ROWS_MAX = 2_000_000
_CELL_CHARACTERS_MAX = 131_072
_FIELDS_FILE = "fields.toml"


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A CSV as it was read."""

    name: str
    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]

    def column(self, name: str) -> Sequence[str]:
        place = self.header.index(name)
        return [row[place] for row in self.rows]


def load_tables(folder: Path, now: str) -> dict[str, Table]:
    """Return the org's objects with their rows, by name. Raises `OrgError`.

    Standard objects without a file are there and empty. ``fields.toml`` in the folder may describe own objects and
    fields, in the form of our list of the standard ones; types that are nowhere described are seen from the values.
    ``now`` is the stamp of rows that have none.
    """
    if not folder.is_dir():
        raise OrgError(f"There is no folder {folder}. Give the folder that holds Opportunity.csv and its like.")
    sheets = [_read(path) for path in sorted(folder.glob("*.csv"))]
    if not sheets:
        raise OrgError(f"{folder} holds no CSV. Give one file an object, such as Opportunity.csv.")
    known = _known_objects(folder)
    prefixes = {kind.prefix: name for name, kind in known.items()} | {
        sheet.column("Id")[0][:3]: sheet.name for sheet in sheets if sheet.rows
    }
    tables = {
        name: Table(replace(kind, fields=tuple(each for each in kind.fields if not each.optional)))
        for name, kind in known.items()
        if not kind.optional
    }
    for sheet in sheets:
        tables[sheet.name] = _table(sheet, _kind(sheet, known, prefixes), now)
    _fill_makers(tables)
    return tables


def _known_objects(folder: Path) -> Mapping[str, ObjectType]:
    known = dict(standard_objects())
    path = folder / _FIELDS_FILE
    if not path.is_file():
        return known
    for name, kind in objects_from(path.read_text("utf-8")).items():
        if name in known:
            own = tuple(each for each in kind.fields if known[name].place(each.name) is None)
            known[name] = known[name].with_fields(own)
        else:
            known[name] = kind
    return known


def _read(path: Path) -> _Sheet:
    csv.field_size_limit(_CELL_CHARACTERS_MAX)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, strict=True)
            header = tuple(name.strip() for name in next(lines, []))
            rows = [row for row in lines if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise OrgError(f"{path} cannot be read as CSV in UTF-8: {error}.") from error
    if "Id" not in header or len({name.lower() for name in header}) != len(header):
        raise OrgError(f"{path}: the first line must name the fields, each once, and Id among them.")
    if len(rows) > _ROWS_MAX:
        raise OrgError(f"{path} has {len(rows)} rows; the sandbox takes at most {_ROWS_MAX}.")
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise OrgError(f"{path}, row {number}: {len(row)} cells under {len(header)} column names.")
    return _Sheet(path.stem, header, rows)


def _kind(sheet: _Sheet, known: Mapping[str, ObjectType], prefixes: Mapping[str, str]) -> ObjectType:
    own_prefix = sheet.column("Id")[0][:3] if sheet.rows else "a00"
    label = label_of(sheet.name)
    bare = ObjectType(sheet.name, own_prefix, label, f"{label}s", (Field("Id", "id", required=True, length=18),))
    kind = known.get(sheet.name, bare)
    present = {name.lower() for name in sheet.header}
    fields = [each for each in kind.fields if not each.optional or each.name.lower() in present]
    listed = {each.name.lower() for each in fields}
    added = [infer_field(name, sheet.column(name), prefixes) for name in sheet.header if name.lower() not in listed]
    return replace(kind, fields=(*fields, *added))


def _table(sheet: _Sheet, kind: ObjectType, now: str) -> Table:
    table = Table(kind, loaded=True)
    makers = _cell_makers(sheet, kind)
    stamp = _stamp_maker(table, now)
    for number, cells in enumerate(sheet.rows, 2):
        row = stamp(_row(sheet, number, cells, makers))
        if row[0] is None or row[0] in table.rows:
            raise OrgError(f"{sheet.name}.csv, row {number}: the id is missing or stands there twice.")
        table.rows[str(row[0])] = row
    return table


_Maker = tuple[int, Callable[[str], Value], Value]


def _cell_makers(sheet: _Sheet, kind: ObjectType) -> Sequence[_Maker]:
    """Return for each field the column it comes from (-1: none), how its text is read, and its value without one."""
    columns = {name.lower(): place for place, name in enumerate(sheet.header)}
    return [
        (columns.get(each.name.lower(), -1), reader(each.type), False if each.type == "boolean" else None)
        for each in kind.fields
    ]


def _row(sheet: _Sheet, number: int, cells: Sequence[str], makers: Sequence[_Maker]) -> Row:
    try:
        return tuple([default if place < 0 else read(cells[place]) for place, read, default in makers])
    except ValueError as error:
        wrong = next(place for place, read, _ in makers if place >= 0 and not _is_readable(read, cells[place]))
        raise OrgError(f"{sheet.name}.csv, row {number}, {sheet.header[wrong]}: {error}.") from error


def _is_readable(read: Callable[[str], Value], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _stamp_maker(table: Table, now: str) -> Callable[[Row], Row]:
    """Return what fills the stamp of a row that has none: with its last change, else its creation, else ``now``."""
    place = table.stamp_place
    sources = [table.kind.place(name) for name in ("LastModifiedDate", "CreatedDate")]

    def stamped(row: Row) -> Row:
        if place is None or row[place] is not None:
            return row
        known = [row[source] for source in sources if source is not None and row[source] is not None]
        return (*row[:place], known[0] if known else now, *row[place + 1 :])

    return stamped


def _fill_makers(tables: Mapping[str, Table]) -> None:
    """Name the org's first user as the maker of every record that names none: the real fields are never null."""
    first = next(iter(tables["User"].rows), None) if "User" in tables else None
    if first is None:
        return
    for table in tables.values():
        for name in ("CreatedById", "LastModifiedById"):
            place = table.kind.place(name)
            if place is None:
                continue
            for key, row in table.rows.items():
                if row[place] is None:
                    table.rows[key] = (*row[:place], first, *row[place + 1 :])
