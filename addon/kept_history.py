"""The team and region that each rep was seen in, kept at each refresh: the history of those who keep no other.

A row is written when a rep is first seen, and when team or region are others than in the rep's last row, from the day
of that refresh on. What is written follows from the tables alone: a refresh that is run again writes nothing more.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import duckdb

from kpis.histories import KEPT

TABLE: Final = "rep_history"
_AS_BEFORE: Final = """
    INSERT INTO staged.rep_history
    SELECT id, rep, started_on, team, region, $batch, rep NOT IN (SELECT id FROM new.rep)
    FROM old.rep_history WHERE starts_with(id, $kept)
"""
"""A full refresh takes what sources deliver as all there is: these rows are delivered, too. Reps that are gone take
theirs along."""
_SEEN_ANEW: Final = """
    INSERT INTO staged.rep_history
    WITH last AS (
        SELECT * FROM old.rep_history WHERE starts_with(id, $kept)
        QUALIFY row_number() OVER (PARTITION BY rep ORDER BY started_on DESC, id DESC) = 1
    ), seen AS (
        SELECT
            r.id AS rep, greatest($today, l.started_on) AS started_on,
            coalesce(trim(r.team), '') AS team, coalesce(trim(r.region), '') AS region,
            l.team AS last_team, l.region AS last_region
        FROM new.rep AS r LEFT JOIN last AS l ON l.rep = r.id
    )
    SELECT $kept || rep || ':' || started_on, rep, started_on, team, region, $batch, false
    FROM seen
    WHERE team IS DISTINCT FROM last_team OR region IS DISTINCT FROM last_region
"""


def stage(connection: duckdb.DuckDBPyConnection, today: date, batch_number: int) -> int:
    """Stage the rows that were kept before and those of reps that are seen anew; return the last batch's number.

    The connection has ``new.rep``, ``old.rep_history`` and ``staged.rep_history``; see `addon.merge.Merge`.
    """
    connection.execute(_AS_BEFORE, {"batch": batch_number + 1, "kept": KEPT})
    connection.execute(_SEEN_ANEW, {"batch": batch_number + 2, "kept": KEPT, "today": today})
    return batch_number + 2
