"""What the connected user sees of the org: some objects may be absent, and some fields hidden by security."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connectors.sandbox.salesforce.org import SalesforceOrg
from connectors.sandbox.salesforce.schema import Field, ObjectType
from connectors.sandbox.salesforce.table import Table


@dataclass(frozen=True, slots=True)
class View:
    """The org as one user sees it.

    ``absent_objects`` names objects (whatever their case), ``hidden_fields`` fields as ``Opportunity.Amount``;
    records of ``unseen_owners`` (ids of users) are not shared with this one.
    """

    org: SalesforceOrg
    absent_objects: frozenset[str] = frozenset()
    hidden_fields: frozenset[str] = frozenset()
    unseen_owners: frozenset[str] = frozenset()
    _hidden: Mapping[str, frozenset[str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Sort the hidden fields by object."""
        hidden: dict[str, set[str]] = {}
        for each in self.hidden_fields:
            object_name, _, name = each.lower().partition(".")
            hidden.setdefault(object_name, set()).add(name)
        object.__setattr__(self, "_hidden", {name: frozenset(fields) for name, fields in hidden.items()})
        object.__setattr__(self, "absent_objects", frozenset(name.lower() for name in self.absent_objects))

    def table(self, object_name: str) -> Table | None:
        """Return the object of this name, whatever its case, or None."""
        return None if object_name.lower() in self.absent_objects else self.org.table(object_name)

    def tables(self) -> Sequence[Table]:
        """Return every object that is there, by name."""
        return [table for table in self.org.tables() if table.kind.name.lower() not in self.absent_objects]

    def place(self, kind: ObjectType, name: str) -> int | None:
        """Return where a visible field stands in a row."""
        return None if name.lower() in self._hidden.get(kind.name.lower(), ()) else kind.place(name)

    def fields(self, kind: ObjectType) -> Sequence[Field]:
        """Return the visible fields of an object."""
        hidden = self._hidden.get(kind.name.lower(), frozenset())
        return [each for each in kind.fields if each.name.lower() not in hidden]
