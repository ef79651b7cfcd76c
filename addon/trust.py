"""How far our copy agrees with Salesforce's own counts and sums: what the last comparison found.

`addon.compare` makes the comparison; here is what it says, as data, for whoever shows it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from addon.clock import instant_of
from addon.files import replace_file

Reason = Literal["late", "left_out", "appeared", "gone", "silent"]
"""Why numbers differ, most likely: records changed since we read them; rows were left out and reported; we see more
records than when they were read; fewer; or values changed without moving the stamp that tells of changes."""

_FILE: Final = "COMPARED"
_SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class Difference:
    """One number that is another here than in Salesforce. ``stage`` is empty for a whole object.

    Amounts are None where they were not added up. ``changed`` is how many records changed since they were read.
    """

    table: str
    object_name: str
    stage: str
    ours: int
    theirs: int
    our_amount: float | None
    their_amount: float | None
    reason: Reason
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Unseen:
    """An object of which Salesforce holds ``held`` records, more or less, and shows us no more than ``seen``."""

    object_name: str
    held: int
    seen: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one comparison found. ``tables`` are those compared with their rows here.

    ``uncompared`` says why amounts were not: ``currencies``, ``hidden``, or empty. With an ``error`` there is nothing
    else: Salesforce could not be asked.
    """

    at: str
    snapshot: str
    tables: Mapping[str, int] = field(default_factory=dict)
    differences: tuple[Difference, ...] = ()
    unseen: tuple[Unseen, ...] = ()
    uncompared: str = ""
    error: str = ""

    @property
    def moment(self) -> datetime:
        """Return when it was made."""
        return instant_of(self.at)

    @property
    def row_count(self) -> int:
        """Return how many rows here were counted."""
        return sum(self.tables.values())


def keep_comparison(data_folder: Path, comparison: Comparison) -> None:
    """Put a comparison in the place of the last one, whole or not at all."""
    document = {"schema": _SCHEMA, **asdict(comparison)}
    replace_file(data_folder / _FILE, json.dumps(document, ensure_ascii=False))


def last_comparison(data_folder: Path) -> Comparison | None:
    """Return the last comparison; None where there was none yet, or another version of the product kept it."""
    try:
        document = json.loads((data_folder / _FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if document.pop("schema", None) != _SCHEMA:
        return None
    document["differences"] = tuple(Difference(**each) for each in document["differences"])
    document["unseen"] = tuple(Unseen(**each) for each in document["unseen"])
    return Comparison(**document)
