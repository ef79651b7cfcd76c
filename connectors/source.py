"""What a source delivers: batches of canonical rows, checkpoints, and problems said in words.

A source is read from a cursor. It yields `Change`s in any order; applying them again changes nothing (rows are
upserted by id). The cursor that is kept is the last `Checkpoint` of each name, and it is kept together with the rows.
A run that is stopped may go on from any checkpoint, if the rows that came before it are still there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Cursor = Mapping[str, str]
"""Where to go on, by the source's own names (an object, a tab). Empty: read all."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one canonical table, column by column: equally long sequences, ``id`` among them.

    Values are None, str, float, int, bool, `datetime.date` or aware UTC `datetime.datetime`, as the table says.
    Columns that the source does not know are left out. ``deleted`` lists ids that are gone. ``replaces``, when
    not empty, is an id prefix: rows in the store with that prefix that no batch of this run has are gone too;
    where ``goes_on``, that no batch of this run has nor of the stopped one that it goes on from.
    """

    table: str
    columns: Mapping[str, Sequence[object]]
    deleted: Sequence[str] = ()
    replaces: str = ""
    goes_on: bool = False

    @property
    def row_count(self) -> int:
        """How many rows there are to upsert."""
        return len(self.columns["id"]) if self.columns else 0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All changes of ``name`` up to ``value`` have been yielded.

    An empty value takes back what was said of a reading that has not ended. ``is_dear``: to be kept at once, as
    coming to it again would cost much.
    """

    name: str
    value: str
    is_dear: bool = False


@dataclass(frozen=True, slots=True)
class Expected:
    """About how many rows of ``name`` are still to come."""

    name: str
    row_count: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was left out: where, why, and what to do. The rest was read.

    ``tables`` names the canonical tables that are incomplete because of it; a KPI over them is not ``ok``. ``value``
    is what stands there, ``document`` the spreadsheet that it is in, and ``link`` an address that shows the place;
    empty where there is none.
    """

    place: str
    reason: str
    remedy: str = ""
    tables: tuple[str, ...] = ()
    value: str = ""
    document: str = ""
    link: str = ""

    def __str__(self) -> str:
        shown = f'"{self.value}": ' if self.value else ""
        return f"{self.place}: {shown}{self.reason}" + (f" {self.remedy}" if self.remedy else "")


@dataclass(frozen=True, slots=True)
class Covered:
    """The source looked at all of these tables, even if it found no row in them."""

    tables: tuple[str, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found at one place: that it is well, or what is wrong and what to do about it."""

    place: str
    is_well: bool
    words: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.words}" + (f" {self.remedy}" if self.remedy else "")


Change = Batch | Checkpoint | Problem | Covered | Expected


class Source(Protocol):
    """Something to read canonical rows from."""

    @property
    def name(self) -> str:
        """Return the short name that cursors, freshness and links are kept under: ``salesforce``, ``sheets``."""

    @property
    def call_count(self) -> int:
        """Return how many HTTP calls this source has made so far."""

    def changes(self, cursor: Cursor) -> Iterator[Change]:
        """Yield what changed since the cursor. Raises `connectors.errors.SourceError`."""
