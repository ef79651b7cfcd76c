"""What a row of a table of deals leaves to be concluded: whether the deal is closed, and whether it was won."""

from __future__ import annotations

from typing import Final

from connectors.sheets_locale import UnreadableError, fold
from connectors.sheets_words import Vocabulary

_CLOSED: Final = frozenset({"closed", "close", "ferme", "fermee", "cloture", "cloturee", "clos"})
_REMEDY: Final = "Let the stage say won or lost, or add a column 'is_won' with yes or no."


def complete_deal(values: dict[str, object], vocabulary: Vocabulary) -> dict[str, object]:
    """Return the row with is_closed and is_won, taken from the words of its stage where no column says them."""
    is_won, is_closed = values.get("is_won"), values.get("is_closed")
    said_won, said_lost, said_closed = _said(values.get("stage"), vocabulary)
    if is_won is None:
        is_won = said_won and is_closed is not False
    if is_closed is None:
        is_closed = is_won or said_lost or said_closed
    if values.get("stage") is None and values.get("is_won") is None:
        raise UnreadableError("It is not said whether the deal is open, won or lost.", _REMEDY, column="stage")
    if is_closed and not is_won and not said_lost and values.get("is_won") is None:
        raise UnreadableError("It is not said whether the deal was won or lost.", _REMEDY, column="stage")
    return {**values, "is_won": is_won, "is_closed": is_closed}


def _said(stage: object, vocabulary: Vocabulary) -> tuple[bool, bool, bool]:
    """Return whether a stage's words say won, lost and closed; a stage that says won and lost says neither."""
    words = set(fold(str(stage)).split()) if stage is not None else set()
    won, lost = bool(words & vocabulary.won), bool(words & vocabulary.lost)
    return won and not lost, lost and not won, bool(words & _CLOSED)
