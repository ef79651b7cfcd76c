"""What a change of one record does to others: the history of a deal, the amount of the deal that has a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.sandbox.salesforce.ids import record_id, record_number
from connectors.sandbox.salesforce.rules import HISTORY_FIELDS, Circumstances, apply_rules, makes_history
from connectors.sandbox.salesforce.table import Row, Table
from connectors.sandbox.salesforce.values import Value, value_of

CHANGE_DATES = frozenset({"LastModifiedDate", "SystemModstamp"})
SYSTEM_DATES = CHANGE_DATES | {"CreatedDate"}
_LINE_CAUSES = frozenset({"TotalPrice", "Quantity", "UnitPrice", "Discount", "OpportunityId", "IsDeleted"})


@dataclass(frozen=True, slots=True)
class Change:
    """A row put, or (None) taken out; ``gone`` is the moment of a deletion, empty for an undeletion."""

    table: Table
    key: str
    row: Row | None
    gone: str | None = None


def new_id(table: Table) -> str:
    """Return an id that the object never used."""
    prefix = next(iter(table.rows), table.kind.prefix)[:3]
    return record_id(prefix, table.next_number(map(record_number, [*table.rows, *table.gone])))


@dataclass(frozen=True, slots=True)
class Effects:
    """Works out the effects of changes made at one moment, ``now``."""

    tables: Mapping[str, Table]
    organization: Mapping[str, Value]
    now: str

    @property
    def circumstances(self) -> Circumstances:
        """Return what the rules of single records must know."""
        table = self.tables.get("OpportunityStage")
        stages = [table.named(row) for row in table.rows.values()] if table else []
        return Circumstances(
            self.now,
            {str(stage.get("ApiName") or stage.get("MasterLabel")): stage for stage in stages},
            int(self.organization.get("FiscalYearStartMonth") or 1),
            self.organization.get("UsesStartDateAsFiscalYearName") is True,
        )

    def of_change(
        self, table: Table, values: Mapping[str, Value], changed: frozenset[str], before: Mapping[str, Value]
    ) -> list[Change]:
        """Return what must change too, when a record comes to hold ``values``; ``before`` is empty for a new one."""
        if table.kind.name == "Opportunity":
            history = self._history(values, before) if makes_history(changed) else []
            return history + (self._tracked(values, changed, before) if before else [])
        if table.kind.name == "OpportunityLineItem" and not _LINE_CAUSES.isdisjoint(changed):
            return self._rolled_up(table, values)
        return []

    def _history(self, values: Mapping[str, Value], before: Mapping[str, Value]) -> list[Change]:
        table = self.tables.get("OpportunityHistory")
        if table is None or not table.rows:
            return []  # an org without any history stays without: its data set has none
        row: dict[str, Value] = {each.name: value_of(each.type, None) for each in table.kind.fields}
        row |= {name: values.get(name) for name in HISTORY_FIELDS}
        row |= {"Id": new_id(table), "OpportunityId": values["Id"], "CreatedById": values.get("LastModifiedById")}
        row |= {"CreatedDate": self.now, "SystemModstamp": self.now}
        row |= {"PrevAmount": before.get("Amount"), "PrevCloseDate": before.get("CloseDate")}
        return [Change(table, str(row["Id"]), table.row_of(row))]

    def _tracked(
        self, values: Mapping[str, Value], changed: frozenset[str], before: Mapping[str, Value]
    ) -> list[Change]:
        """Return what field tracking writes: only the fields that it has written of before are tracked."""
        table = self.tables.get("OpportunityFieldHistory")
        if table is None or not table.rows:
            return []
        place = table.kind.places["field"]
        tracked = {str(row[place]) for row in table.rows.values()}
        changes: list[Change] = []
        for name in sorted(changed):
            shown = name.removesuffix("Id") if name == "OwnerId" else name
            if shown not in tracked:
                continue
            row: dict[str, Value] = {each.name: value_of(each.type, None) for each in table.kind.fields}
            row |= {"Id": new_id(table), "OpportunityId": values["Id"], "Field": shown, "CreatedDate": self.now}
            row |= {"OldValue": before[name], "NewValue": values[name], "CreatedById": values.get("LastModifiedById")}
            changes.append(Change(table, str(row["Id"]), table.row_of(row)))
        return changes

    def _rolled_up(self, lines: Table, line: Mapping[str, Value]) -> list[Change]:
        deals = self.tables.get("Opportunity")
        row = deals.rows.get(str(line["OpportunityId"])) if deals else None
        if deals is None or row is None:
            return []
        before = deals.named(row)
        prices = self._prices(lines, line)
        deal = {**before, "HasOpportunityLineItem": bool(prices)}
        if prices:
            deal["Amount"] = round(sum(prices), 2)
        if deal == before:
            return []
        changed = frozenset(name for name in ("Amount",) if deal[name] != before[name])
        apply_rules("Opportunity", deal, changed, self.circumstances)
        deal |= dict.fromkeys(CHANGE_DATES & set(deal), self.now)
        return [Change(deals, str(deal["Id"]), deals.row_of(deal)), *self.of_change(deals, deal, changed, before)]

    def _prices(self, lines: Table, line: Mapping[str, Value]) -> list[float]:
        """Return the totals of the deal's lines, with ``line`` as it will be."""
        deal_place = lines.kind.places["opportunityid"]
        rows = [
            row for row in lines.rows.values() if row[deal_place] == line["OpportunityId"] and row[0] != line["Id"]
        ]
        same = [line, *map(lines.named, rows)]
        totals = (each["TotalPrice"] for each in same if not each["IsDeleted"])
        return [total for total in totals if isinstance(total, int | float)]
