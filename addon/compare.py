"""Compare a snapshot with what Salesforce itself counts and adds up, and say why they differ, where they do.

It costs one call for each object, and two or three more; one for each object that differs. So it is made by full
syncs, by `scorecell check`, and otherwise once in ``salesforce.compare_hours``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from addon.clock import instant_text
from addon.settings import Organisation
from addon.snapshot import Snapshot
from addon.store import Store
from addon.trust import Comparison, Difference, Reason, Unseen, keep_comparison, last_comparison
from connectors.errors import SourceError
from connectors.salesforce import SalesforceSource
from connectors.salesforce_totals import Total, read_changed_count, read_held_counts, read_totals
from connectors.source import Source

if TYPE_CHECKING:
    import duckdb

_CENT: Final = 0.01
_ROUNDING: Final = 1e-9  # of a sum: what adding up in another order may move
_ROUGHLY: Final = 0.05  # the counts of all records are brought up to date from time to time only


def compare_if_due(organisation: Organisation, sources: Sequence[Source], *, is_full: bool) -> Comparison | None:
    """Compare the current snapshot after a sync of these sources, and keep what was found; None where it is not due.

    Never raises: that Salesforce cannot be asked is what the comparison then says.
    """
    source = next((each for each in sources if isinstance(each, SalesforceSource)), None)
    now = organisation.settings.clock.now()
    if source is None or not (is_full or _is_due(organisation, now)):
        return None
    return compare_now(organisation, source)


def compare_now(organisation: Organisation, source: SalesforceSource) -> Comparison | None:
    """Compare the current snapshot with Salesforce, and keep what was found; None before the first snapshot."""
    store = Store(organisation.data_folder)
    snapshot = store.current()
    if snapshot is None:
        return None
    at = instant_text(organisation.settings.clock.now())
    try:
        comparison = _compared(snapshot, source, store.cursors().get(source.name, {}), at)
    except SourceError as error:
        comparison = Comparison(at, snapshot.id, error=str(error))
    keep_comparison(organisation.data_folder, comparison)
    return comparison


def _is_due(organisation: Organisation, now: datetime) -> bool:
    hours = organisation.settings.integer("salesforce", "compare_hours")
    last = last_comparison(organisation.data_folder)
    return bool(hours) and (last is None or now - last.moment >= timedelta(hours=hours))


def _compared(snapshot: Snapshot, source: SalesforceSource, cursor: Mapping[str, str], at: str) -> Comparison:
    totals = read_totals(source)
    pairs = _pairs(snapshot, totals)
    differing = [(ours, theirs) for ours, theirs in pairs if _differ(ours, theirs)]
    changed = {name: _changed_count(source, name, cursor) for name in {theirs.object_name for _, theirs in differing}}
    tables: dict[str, int] = {}
    for ours, _ in pairs:
        if not ours.stage:
            tables[ours.table] = tables.get(ours.table, 0) + ours.row_count
    known = snapshot.manifest.tables
    return Comparison(
        at=at,
        snapshot=snapshot.id,
        tables=tables,
        differences=tuple(
            _difference(ours, theirs, changed[ours.object_name], bool(known[ours.table].problems))
            for ours, theirs in differing
        ),
        unseen=tuple(_unseen(source, totals)),
        uncompared=next((total.uncompared for total in totals if total.uncompared), ""),
    )


def _pairs(snapshot: Snapshot, totals: Sequence[Total]) -> list[tuple[Total, Total]]:
    """Return ours and theirs of each total of a table that we have; what only one side has is 0 on the other."""
    import duckdb

    known = [total for total in totals if total.table in snapshot.manifest.tables]
    staged = [total for total in known if total.stage]
    with duckdb.connect() as connection:
        counts = [(total, _our_count(connection, snapshot, total)) for total in known if not total.stage]
        stages = _our_stages(connection, snapshot, staged[0]) if staged else {}
    pairs = [(replace(total, row_count=count), total) for total, count in counts]
    return [*pairs, *_stage_pairs(stages, staged)] if staged else pairs


def _stage_pairs(ours: Mapping[str, tuple[int, float]], totals: Sequence[Total]) -> Iterator[tuple[Total, Total]]:
    theirs = {total.stage: total for total in totals}
    nothing = replace(totals[0], row_count=0, amount=None if totals[0].uncompared else 0.0)
    for stage in sorted(theirs.keys() | ours.keys()):
        other = theirs.get(stage, replace(nothing, stage=stage))
        count, amount = ours.get(stage, (0, 0.0))
        yield replace(other, row_count=count, amount=None if other.amount is None else amount), other


def _our_count(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, total: Total) -> int:
    query = "SELECT count(*) FROM read_parquet(?) WHERE starts_with(id, ?)"
    rows = connection.execute(query, [str(_as_delivered(snapshot, total.table)), total.id_prefix]).fetchall()
    return int(rows[0][0])


def _our_stages(
    connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, total: Total
) -> dict[str, tuple[int, float]]:
    query = (
        "SELECT coalesce(stage, ''), count(*), coalesce(sum(amount), 0) FROM read_parquet(?) "
        "WHERE starts_with(id, ?) GROUP BY 1"
    )
    rows = connection.execute(query, [str(_as_delivered(snapshot, total.table)), total.id_prefix]).fetchall()
    return {str(stage): (int(count), float(amount)) for stage, count, amount in rows}


def _as_delivered(snapshot: Snapshot, table: str) -> Path:
    """Return the rows as Salesforce delivered them, without what tabs add to them."""
    raw = snapshot.raw_file(table)
    return raw if raw.exists() else snapshot.fact_file(table)


def _differ(ours: Total, theirs: Total) -> bool:
    if ours.row_count != theirs.row_count:
        return True
    if ours.amount is None or theirs.amount is None:
        return False
    return abs(ours.amount - theirs.amount) > _CENT + _ROUNDING * abs(theirs.amount)


def _changed_count(source: SalesforceSource, object_name: str, cursor: Mapping[str, str]) -> int:
    """Return how many records changed since we read the object; 0 where that cannot be told."""
    stamp = cursor.get(object_name, "").partition(" ")[0]
    return (read_changed_count(source, object_name, datetime.fromisoformat(stamp)) or 0) if stamp else 0


def _difference(ours: Total, theirs: Total, changed: int, has_problems: bool) -> Difference:
    return Difference(
        table=ours.table,
        object_name=ours.object_name,
        stage=ours.stage,
        ours=ours.row_count,
        theirs=theirs.row_count,
        our_amount=ours.amount,
        their_amount=theirs.amount,
        reason=_reason(ours.row_count, theirs.row_count, changed, has_problems),
        changed=changed,
    )


def _reason(ours: int, theirs: int, changed: int, has_problems: bool) -> Reason:
    """Return the likeliest reason: what is known for certain comes first."""
    if changed:
        return "late"
    if has_problems:
        return "left_out"
    if ours == theirs:
        return "silent"
    return "appeared" if ours < theirs else "gone"


def _unseen(source: SalesforceSource, totals: Sequence[Total]) -> Iterator[Unseen]:
    """Yield the objects of which clearly more records exist than are shown to us; of those that we filter, none."""
    filtered = {mapping.name for mapping in source.mappings if mapping.keep}
    seen = {total.object_name: total.row_count for total in totals if not total.stage}
    held = read_held_counts(source, sorted(seen.keys() - filtered))
    for name, count in sorted(held.items()):
        if count - seen[name] > max(1.0, _ROUGHLY * count):
            yield Unseen(name, count, seen[name])
