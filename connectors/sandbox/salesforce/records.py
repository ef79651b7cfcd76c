"""Rows written as the records of a query's answer, parents nested within."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import cast

from connectors.sandbox.salesforce.columns import NAME, Column, Get, Hop
from connectors.sandbox.salesforce.results import Record
from connectors.sandbox.salesforce.table import Row
from connectors.sandbox.salesforce.values import Value


def writer(object_name: str, columns: Sequence[Column]) -> Callable[[Sequence[Row], str], list[Record]]:
    """Return what writes rows as records, given the path of the API version (``/services/data/v59.0``)."""
    places = [column.place for column in columns]
    if all(place is not None for place in places):
        names = [column.field.name for column in columns]
        read = _reader([place for place in places if place is not None])

        def write(rows: Sequence[Row], base: str) -> list[Record]:
            start = f"{base}/sobjects/{object_name}/"
            return [
                {"attributes": {"type": object_name, "url": f"{start}{row[0]}"}}
                | dict(zip(names, read(row), strict=True))
                for row in rows
            ]

        return write
    tree = _tree(columns)
    return lambda rows, base: [_record(tree, row, row, object_name, base) for row in rows]


def _reader(places: Sequence[int]) -> Callable[[Row], tuple[Value, ...]]:
    if len(places) == 1:
        place = places[0]
        return lambda row: (row[place],)
    return cast("Callable[[Row], tuple[Value, ...]]", itemgetter(*places))


_Tree = dict[str, "Get | tuple[Hop, _Tree]"]


def _tree(columns: Sequence[Column]) -> _Tree:
    """Return the selected fields as they nest in a record, in the order of the query."""
    tree: _Tree = {}
    for column in columns:
        branch = tree
        for hop in column.hops:
            inner = branch.setdefault(hop.path[-1], (hop, {}))
            branch = inner[1] if isinstance(inner, tuple) else branch
        branch[column.field.name] = column.get
    return tree


def _record(tree: _Tree, root: Row, at: Row, kind: str, base: str) -> Record:
    """Write the row ``at``; every getter and every hop starts at ``root``, the query's own row."""
    target = str(at[1]) if kind == NAME.name else kind
    record: Record = {"attributes": {"type": kind, "url": f"{base}/sobjects/{target}/{at[0]}"}}
    for name, step in tree.items():
        if isinstance(step, tuple):
            hop, branch = step
            parent = hop.follow(root)
            record[name] = None if parent is None else _record(branch, root, parent, hop.kind.name, base)
        else:
            record[name] = step(root)
    return record
