"""Replacing our tabs in a spreadsheet: one look, one atomic batch."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.errors import LimitError, SourceError
from connectors.sheets_client import SheetsClient
from connectors.sheets_content import TabContent
from connectors.sheets_plan import plan_replacement

_TRIES: Final = 3  # of look and batch together, where the outcome of a batch is not known
_WAITS_SECONDS: Final = (1.0, 4.0)


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

    def replace(self, spreadsheet_id: str, tabs: Sequence[TabContent], revision: int) -> Replaced:
        """Make the tabs show their content and move `KPI_REVISION` on, all together or not at all: two calls.

        Where it is not known whether a batch was applied, it looks and writes again: the outcome is the same.
        Raises SourceError, and ValueError for tabs that cannot be written as they are.
        """
        calls_before = self._client.call_count
        for tries in range(1, _TRIES + 1):
            state = self._client.state(spreadsheet_id)
            plan = plan_replacement(state, tabs, revision, self._new_id)
            try:
                self._client.batch_update(spreadsheet_id, plan.requests)
                break
            except SourceError as error:
                if error.permanent or isinstance(error, LimitError) or tries == _TRIES:
                    raise
            self._sleep(_WAITS_SECONDS[tries - 1])
        return Replaced(plan.created, plan.updated, plan.notes, self._client.call_count - calls_before)
