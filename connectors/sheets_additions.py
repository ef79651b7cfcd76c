"""Rows of tabs that are no records of their own: they add columns to records of another source, found by a key."""

from __future__ import annotations

from typing import Final

from connectors.sheets_links import PREFIX, Record, TabRecords, salesforce_id
from connectors.sheets_locale import fold
from connectors.sheets_mapping import TabMapping
from connectors.source import Problem

_FILLS, _WINS = "<", ">"  # after the key's name in an id: fills what is empty, or counts
_REMEDY: Final = "Type the 15 or 18 characters that Salesforce shows."


def additions(tab: TabRecords, mapping: TabMapping) -> tuple[list[Record], list[Problem]]:
    """Return the rows of a tab as additions; their ids say by which key, and whether their values count.

    Columns that name other records are left out, which is told once each.
    """
    table, mark = tab.words.table, _WINS if mapping.wins else _FILLS
    records: list[Record] = []
    problems = list(_left_out(tab))
    seen: set[str] = set()
    for row in tab.rows:
        place, typed = f"{tab.tab}!{row.number}", str(row.values.get(mapping.joins) or "")
        key = salesforce_id(table.name, typed) if mapping.joins == "id" else typed
        if not key:
            problems.append(Problem(place, f"{typed!r} is no id of {table.name}; the row adds nothing.", _REMEDY))
        elif (known := key if mapping.joins == "id" else fold(key)) in seen:
            problems.append(Problem(place, f"Another row adds to {key!r}; this one adds nothing.", "Remove one."))
        else:
            seen.add(known)
            row_id = f"{PREFIX}&{mapping.joins}{mark}:{tab.tab}:{key}"
            own = {c.name: row.values.get(c.name) for c in table.columns if not c.references and c.name != "id"}
            records.append(Record(table.name, tab.tab, row_id, own, {}))
    return records, problems


def _left_out(tab: TabRecords) -> list[Problem]:
    names = sorted({name for row in tab.rows for name, value in row.values.items() if value is not None})
    columns = {column.name: column.references for column in tab.words.table.columns}
    reason = "The column {name} names another record; a tab that adds to records of another source cannot set it."
    return [
        Problem(tab.tab, reason.format(name=name), "Take the column out, or change it in the source.")
        for name in names
        if columns.get(name, "other")
    ]
