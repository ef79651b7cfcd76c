"""What a change of a record does to its other fields, as the real org does by itself: stages, fiscal periods."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from connectors.sandbox.salesforce.values import Value

Values = dict[str, Value]

HISTORY_FIELDS = ("StageName", "Amount", "ExpectedRevenue", "CloseDate", "Probability", "ForecastCategory")
_HISTORY_CAUSES = frozenset({"StageName", "Amount", "CloseDate", "Probability"})
_STAGE_RESULTS = ("IsClosed", "IsWon", "ForecastCategory", "ForecastCategoryName")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the rules know of the rest of the org."""

    now: str
    stages: Mapping[str, Mapping[str, Value]]
    fiscal_year_start_month: int = 1
    fiscal_year_named_by_start: bool = False


def apply_rules(object_name: str, values: Values, changed: frozenset[str], around: Circumstances) -> None:
    """Set the fields of a record that follow from the changed ones; a field that was given itself is left alone."""
    rule = _RULES.get(object_name)
    if rule is not None:
        rule(values, changed, around)


def makes_history(changed: frozenset[str]) -> bool:
    """Tell whether a deal's change adds a row to its history."""
    return not _HISTORY_CAUSES.isdisjoint(changed)


def _deal(values: Values, changed: frozenset[str], around: Circumstances) -> None:
    if "StageName" in changed:
        _stage(values, changed, around)
    if "ExpectedRevenue" not in changed and not {"StageName", "Amount", "Probability"}.isdisjoint(changed):
        values["ExpectedRevenue"] = _product(values.get("Amount"), values.get("Probability"))
    if "CloseDate" in changed and not {"FiscalYear", "FiscalQuarter", "Fiscal"} <= changed:
        _fiscal(values, around)


def _stage(values: Values, changed: frozenset[str], around: Circumstances) -> None:
    stage = around.stages.get(str(values["StageName"]))
    if "LastStageChangeDate" not in changed:
        values["LastStageChangeDate"] = around.now
    if stage is None:
        return
    values.update({name: stage.get(name) for name in _STAGE_RESULTS if name not in changed})
    if "Probability" not in changed:
        values["Probability"] = stage.get("DefaultProbability")


def _product(amount: Value, percent: Value) -> Value:
    if not isinstance(amount, int | float) or not isinstance(percent, int | float):
        return None
    return round(amount * percent / 100, 2)


def _fiscal(values: Values, around: Circumstances) -> None:
    if values.get("CloseDate") is None:
        return
    closing = date.fromisoformat(str(values["CloseDate"]))
    start = around.fiscal_year_start_month
    year, quarter = fiscal_period(closing, start, around.fiscal_year_named_by_start)
    values.update(FiscalYear=year, FiscalQuarter=quarter, Fiscal=f"{year} {quarter}")


def fiscal_period(day: date, start_month: int, named_by_start: bool) -> tuple[int, int]:
    """Return the fiscal year and quarter of a day, for years that begin on the first of ``start_month``."""
    year = day.year if day.month >= start_month else day.year - 1
    quarter = (day.month - start_month) % 12 // 3 + 1
    return (year if start_month == 1 or named_by_start else year + 1), quarter


def _line(values: Values, changed: frozenset[str], around: Circumstances) -> None:  # noqa: ARG001 (one form of rule)
    causes = {"Quantity", "UnitPrice", "Discount"}
    quantity, price, discount = (values.get(name) for name in ("Quantity", "UnitPrice", "Discount"))
    if "TotalPrice" in changed or causes.isdisjoint(changed):
        return
    if isinstance(quantity, int | float) and isinstance(price, int | float):
        share = 1 - discount / 100 if isinstance(discount, int | float) else 1.0
        values["Subtotal"] = round(quantity * price, 2)
        values["TotalPrice"] = round(quantity * price * share, 2)


def _task(values: Values, changed: frozenset[str], around: Circumstances) -> None:
    if "Status" not in changed or "IsClosed" in changed:
        return
    values["IsClosed"] = values["Status"] == "Completed"
    if "CompletedDateTime" not in changed:
        values["CompletedDateTime"] = around.now if values["IsClosed"] else None


def _person(values: Values, changed: frozenset[str], around: Circumstances) -> None:  # noqa: ARG001 (one form of rule)
    if "Name" not in changed and not {"FirstName", "LastName"}.isdisjoint(changed):
        values["Name"] = " ".join(str(values[part]) for part in ("FirstName", "LastName") if values.get(part))


_RULES: Mapping[str, Callable[[Values, frozenset[str], Circumstances], None]] = {
    "Opportunity": _deal,
    "OpportunityLineItem": _line,
    "Task": _task,
    "User": _person,
    "Lead": _person,
    "Contact": _person,
}
