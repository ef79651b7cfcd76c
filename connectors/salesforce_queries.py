"""The queries by which an object is read: all of it, what changed, what is behind a place, some fields of rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote_plus

from connectors.salesforce_plan import ObjectPlan
from connectors.soql import AnyOf, Soql, Where, select

_FIELDS_BYTES_MAX: Final = 7_000  # in an address, which must have room for conditions and ids, too


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands in the order of stamps and ids; without an id, before all rows of the stamp."""

    stamp: datetime
    record_id: str = ""


def chunks(plan: ObjectPlan) -> tuple[tuple[str, ...], ...]:
    """Return the fields in groups that an address has room for, nearly always one; each begins with the id."""
    return _chunks(plan.paths)


@lru_cache(maxsize=256)
def _chunks(paths: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    groups: list[list[str]] = [[]]
    size = 0
    for path in paths:
        length = len(quote_plus(f"{path}, "))
        if groups[-1] and size + length > _FIELDS_BYTES_MAX:
            groups.append(["Id"])
            size = len(quote_plus("Id, "))
        groups[-1].append(path)
        size += length
    return tuple(map(tuple, groups))


def query(
    plan: ObjectPlan, since: datetime | None = None, after: Place | None = None, until: datetime | None = None
) -> Soql:
    """Return the query for the first chunk of all rows, or of those that changed since.

    Of these, only the rows behind the place ``after`` and of a stamp before ``until`` are asked for.
    """
    where: list[Where | AnyOf] = []
    if not plan.mapping.is_read_whole:
        where += [*_moved(plan, since), *_behind(plan, after)]
        where += [] if until is None else [Where(plan.mapping.changed, "<", until)]
    return select(chunks(plan)[0], plan.mapping.name, [*where, *_filters(plan)], order=plan.order)


def query_in_bulk(plan: ObjectPlan) -> Soql:
    """Return the query for all fields of all rows, in any order."""
    return select(plan.paths, plan.mapping.name, _filters(plan))


def query_of(plan: ObjectPlan, ids: Sequence[str], fields: Sequence[str]) -> Soql:
    """Return the query for some fields of these records, wherever they are."""
    return select(fields, plan.mapping.name, [Where("Id", "IN", ids)])


def query_between(plan: ObjectPlan, first: Place, last: Place, fields: Sequence[str]) -> Soql:
    """Return the query for some fields of the rows from one place to another, both included."""
    stamp = plan.mapping.changed
    where: list[Where | AnyOf] = [
        Where(stamp, ">=", first.stamp),
        Where(stamp, "<=", last.stamp),
        AnyOf((Where(stamp, ">", first.stamp), Where("Id", ">=", first.record_id))),
        AnyOf((Where(stamp, "<", last.stamp), Where("Id", "<=", last.record_id))),
    ]
    return select(fields, plan.mapping.name, where)


def _filters(plan: ObjectPlan) -> Sequence[Where]:
    return plan.filters if plan.mapping.is_read_whole or plan.mapping.grows else ()


def _moved(plan: ObjectPlan, since: datetime | None) -> Iterator[Where | AnyOf]:
    if since is None:
        return
    own = Where(plan.mapping.changed, ">=", since)
    above = plan.money.moves_with if plan.money is not None else ""
    yield AnyOf((own, Where(above, ">=", since))) if above else own


def _behind(plan: ObjectPlan, after: Place | None) -> Iterator[Where | AnyOf]:
    if after is None:
        return
    # Said twice so that the index of the stamp is of use.
    yield Where(plan.mapping.changed, ">=", after.stamp)
    if after.record_id:
        yield AnyOf((Where(plan.mapping.changed, ">", after.stamp), Where("Id", ">", after.record_id)))
