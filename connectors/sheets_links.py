"""Ids for the rows of tabs, and what rows say about each other: names and keys that people typed -> ids."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.sheets_locale import fold
from connectors.sheets_rows import SheetRow
from connectors.sheets_words import TableWords
from connectors.source import Problem
from kpis.tables import TABLES

PREFIX: Final = "sheet:"
_NAMED_TABLES: Final = frozenset({"rep", "account", "product", "campaign"})
"""Tables whose rows people call by name; a name that no tab explains can become a row of its own."""
_REFERENCE_NAMES: Final = _NAMED_TABLES | {"opportunity", "lead"}
_LONGEST_KEY: Final = 120  # characters; a longer key is replaced by its digest
_SALESFORCE_PREFIXES: Final = {
    "rep": "005", "account": "001", "product": "01t", "campaign": "701", "opportunity": "006", "lead": "00Q",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TabRecords:
    """The rows of one tab. ``tab`` is its name in ids and problems; ``repeats`` as in `TabMapping`."""

    tab: str
    words: TableWords
    rows: Sequence[SheetRow]
    repeats: bool = False


@dataclass(slots=True)
class Record:
    """A row of a canonical table. ``hints`` are columns of rows that it names, such as ``owner.team``."""

    table: str
    tab: str
    id: str
    values: dict[str, object]
    hints: dict[str, object]


def identify(tab: TabRecords) -> tuple[list[Record], list[Problem]]:
    """Give each row of a tab its id; of rows with the same key the first counts, and the others are told."""
    records: list[Record] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for row in tab.rows:
        key, is_content = _key(tab.words, row.values)
        if is_content:
            # The same thing bought twice on one day is two costs: equal rows are numbered.
            count = seen[key] = seen.get(key, 0) + 1
            key = key if count == 1 else f"{key}-{count}"
        elif key in seen and tab.repeats:
            continue
        elif key in seen:
            reason = f"It has the same key as row {seen[key]}, {_shown(key)}; it was left out."
            problems.append(
                Problem(f"{tab.tab}!{row.number}", reason, "Remove one of them.", (tab.words.table.name,))
            )
            continue
        else:
            seen[key] = row.number
        own = {name: value for name, value in row.values.items() if "." not in name and name != "id"}
        hints = {name: value for name, value in row.values.items() if "." in name and value is not None}
        records.append(Record(tab.words.table.name, tab.tab, f"{PREFIX}{tab.tab}:{key}", own, hints))
    return records, problems


def link(records: Sequence[Record], *, makes_members: bool) -> list[Record]:
    """Put ids where rows name each other; return all records, and those that they call for.

    A name that no tab explains stays as typed; with ``makes_members`` it becomes a rep, account, product or campaign
    of its own, so that a team whose deals are all there is has its reps and customers too.
    """
    directory = _Directory(records, makes_members=makes_members)
    has_lines = any(record.table == "opportunity_line" for record in records)
    lines = []
    for record in records:
        for column, table in _references(record.table):
            name = record.values.get(column)
            if isinstance(name, str):
                record.values[column] = directory.find(table, name, record)
        for column, table in _references(record.table):
            directory.describe(record, column, table)
        if record.table == "target":
            directory.name_member(record)
        if "line.product" in record.hints and not has_lines:
            lines.append(_line(record, directory))
    return [*records, *directory.made.values(), *lines]


class _Directory:
    """Who is called what: ids by table and folded name or key."""

    def __init__(self, records: Sequence[Record], *, makes_members: bool) -> None:
        self.made: dict[str, Record] = {}
        self._makes_members = makes_members
        self._ids: dict[tuple[str, str], str] = {}
        self._shared: set[tuple[str, str]] = set()
        self._keys: set[tuple[str, str]] = set()
        for record in records:
            if record.table in _REFERENCE_NAMES:
                self._add_record(record)

    def find(self, table: str, name: str, by: Record) -> str:
        """Return the id behind a name or key that ``by`` gives; the text itself if nobody knows it."""
        slot = (table, fold(name))
        if slot in self._shared:
            return name
        if slot in self._ids:
            return self._ids[slot]
        known_id = salesforce_id(table, name)
        if known_id or not self._makes_members or table not in _NAMED_TABLES:
            return known_id or name
        made = Record(table, by.tab, f"{PREFIX}{by.tab}:{table}:{_short(name)}", {"name": name}, {})
        self.made[made.id] = made
        self._ids[slot] = made.id
        return made.id

    def name_member(self, target: Record) -> None:
        """Put the id where a target names its member by the key of its row; names stay as typed."""
        dimension, member = target.values.get("dimension"), target.values.get("member")
        if isinstance(member, str) and (str(dimension), fold(member)) in self._keys:
            target.values["member"] = self.find(str(dimension), member, target)

    def describe(self, record: Record, column: str, table: str) -> None:
        """Fill in a made row what the record says about it: the team of its owner."""
        made = self.made.get(str(record.values.get(column)))
        if made is None:
            return
        for name, value in record.hints.items():
            whose, _, attribute = name.partition(".")
            if whose == column and made.values.get(attribute) is None:
                reference = dict(_references(table)).get(attribute)
                made.values[attribute] = self.find(reference, str(value), record) if reference else value

    def _add_record(self, record: Record) -> None:
        key, name = record.id.removeprefix(f"{PREFIX}{record.tab}:"), record.values.get("name")
        self._add(record.table, key, record.id)
        if isinstance(name, str):
            self._add(record.table, name, record.id)
        if name != key:
            self._keys.add((record.table, fold(key)))

    def _add(self, table: str, name: str, row_id: str) -> None:
        slot = (table, fold(name))
        if self._ids.setdefault(slot, row_id) != row_id:
            self._shared.add(slot)


def _key(words: TableWords, values: Mapping[str, object]) -> tuple[str, bool]:
    """Return a row's key, and whether it is only the digest of its content."""
    typed = values.get("id")
    if isinstance(typed, str):
        return _short(typed), False
    if words.key and any(values.get(name) is not None for name in words.key):
        return _short(
            "|".join("" if (value := values.get(name)) is None else str(value) for name in words.key)
        ), False
    content = "\n".join(f"{name}={value!r}" for name, value in sorted(values.items()) if value is not None)
    return _digest(content), True


def _short(key: str) -> str:
    return key if len(key) <= _LONGEST_KEY else _digest(key)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _shown(key: str) -> str:
    return key if len(key) <= 60 else f"{key[:59]}…"


@functools.cache
def _references(table: str) -> tuple[tuple[str, str], ...]:
    """Return the columns of a table that name rows of others, and which table's they are."""
    columns = TABLES[table].columns
    named = ((c.name, c.references or (c.name if c.name in _REFERENCE_NAMES else "")) for c in columns)
    return tuple((column, other) for column, other in named if other)


def salesforce_id(table: str, text: str) -> str:
    """Return the id that rows from Salesforce have, if this is a record id as its pages and exports show it."""
    if not re.fullmatch(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?", text) or not text.startswith(
        _SALESFORCE_PREFIXES[table]
    ):
        return ""
    return f"sf:{text[:15]}{_case_letters(text[:15])}"


def _case_letters(short_id: str) -> str:
    """Return the three letters that say which of the 15 characters are capitals, five for each letter."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    parts = (short_id[0:5], short_id[5:10], short_id[10:15])
    return "".join(letters[sum(1 << place for place, mark in enumerate(part) if mark.isupper())] for part in parts)


def _line(deal: Record, directory: _Directory) -> Record:
    """Return the one line of a deal whose row names its product."""
    product = directory.find("product", str(deal.hints["line.product"]), deal)
    values = {"opportunity": deal.id, "product": product, "total": deal.values.get("amount")}
    return Record("opportunity_line", deal.tab, f"{deal.id}:line", values, {})
