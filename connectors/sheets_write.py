"""Replacing our tabs in a spreadsheet: one look, one atomic batch."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.errors import LimitError, SourceError
from connectors.sheets_client import NameTakenError, SheetsClient
from connectors.sheets_content import TabContent
from connectors.sheets_plan import find_tab, plan_replacement

_WAITS_SECONDS: Final = (1.0, 4.0)  # before looking and writing again, where the outcome of a batch is not known


@dataclass(frozen=True, slots=True)
class Replaced:
    """What a replacement did: keys of the tabs, and sentences about anything out of the ordinary."""

    created: tuple[str, ...]
    updated: tuple[str, ...]
    notes: tuple[str, ...]
    call_count: int


class SpreadsheetWriter:
    """Writes the tabs that we own, and nothing else."""

    def __init__(
        self,
        client: SheetsClient,
        *,
        new_id: Callable[[], int] = lambda: 1 + secrets.randbelow(2**31 - 1),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._new_id = new_id
        self._sleep = sleep

    @property
    def call_count(self) -> int:
        """Return how many calls were made so far."""
        return self._client.call_count

    def missing(self, spreadsheet_id: str, keys: Sequence[str]) -> list[str]:
        """Return which of our tabs are not in the spreadsheet, as when a user deleted them: one call."""
        state = self._client.state(spreadsheet_id)
        return [key for key in keys if find_tab(state, key) is None]

    def replace(self, spreadsheet_id: str, tabs: Sequence[TabContent], revision: int | None) -> Replaced:
        """Make the tabs show their content and move `KPI_REVISION` on, all together or not at all: two calls.

        ``revision`` None: no cell is to be computed again.

        Where it is not known whether a batch was applied, it looks and writes again: the outcome is the same.
        Raises SourceError, and ValueError for tabs that cannot be written as they are.
        """
        calls_before = self._client.call_count
        lost_names: frozenset[str] = frozenset()
        tries = 0
        while True:
            state = self._client.state(spreadsheet_id)
            plan = plan_replacement(state, tabs, revision, self._new_id, lost_names)
            try:
                self._client.batch_update(spreadsheet_id, plan.requests)
                break
            except NameTakenError as error:
                name = error.name.casefold()
                if name in lost_names or len(lost_names) > len(tabs) + 1:
                    raise
                lost_names |= {name}
            except SourceError as error:
                tries += 1
                if error.permanent or isinstance(error, LimitError) or tries > len(_WAITS_SECONDS):
                    raise
                self._sleep(_WAITS_SECONDS[tries - 1])
        return Replaced(plan.created, plan.updated, plan.notes, self._client.call_count - calls_before)
