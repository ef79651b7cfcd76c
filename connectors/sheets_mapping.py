"""What an organisation's settings say about tabs of its own, where headers alone do not tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.errors import SourceError


@dataclass(frozen=True, slots=True)
class TabMapping:
    """What an organisation says about a tab of its own, over what its headers tell.

    ``table`` is a canonical table, or ``ignore``; empty leaves it to the headers. ``columns`` is header -> column,
    ``constants`` column -> the word that every row has, ``factors`` column -> what its numbers are multiplied with.
    """

    table: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    factors: Mapping[str, float] = field(default_factory=dict)


def tab_mappings(entries: Mapping[str, object]) -> dict[str, TabMapping]:
    """Read the setting ``google.tabs``: tab title -> table, or -> table, columns, constants and factors.

    Raises SourceError that names the entry.
    """
    return {title: _mapping(title, entry) for title, entry in entries.items()}


def _mapping(title: str, entry: object) -> TabMapping:
    if isinstance(entry, str):
        return TabMapping(table=entry)
    known = {"table", "columns", "constants", "factors"}
    if not isinstance(entry, Mapping) or not known.issuperset(entry):
        raise SourceError(
            f'google.tabs."{title}" must be a table\'s name, or have some of {", ".join(sorted(known))}.'
        )
    try:
        return TabMapping(
            table=str(entry.get("table", "")),
            columns={str(header): str(column) for header, column in entry.get("columns", {}).items()},
            constants={str(column): str(word) for column, word in entry.get("constants", {}).items()},
            factors={str(column): float(factor) for column, factor in entry.get("factors", {}).items()},
        )
    except (AttributeError, TypeError, ValueError):
        raise SourceError(
            f'google.tabs."{title}": columns, constants and factors are tables of names, words and numbers.'
        ) from None
