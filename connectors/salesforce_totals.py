"""What the organisation itself counts and adds up, to hold our numbers against: a copy is trusted when both agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from connectors.errors import SourceError
from connectors.salesforce import SalesforceSource
from connectors.salesforce_errors import Refusal, in_words
from connectors.salesforce_mapping import ObjectMapping, described_names
from connectors.salesforce_plan import Described, ObjectPlan, plan_object, where_of
from connectors.soql import Where, count, totals

_GROUPS_MAX: Final = 2_000  # Salesforce gives no more groups at once
_STAGE, _AMOUNT = "stage", "amount"


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows an object has for us, or a stage of deals has, and the sum of their amounts (None: not added up).

    ``stage`` is empty for a whole object. Amounts of several currencies are not added up.
    """

    table: str
    object_name: str
    row_count: int
    stage: str = ""
    amount: float | None = None


def read_totals(source: SalesforceSource) -> list[Total]:
    """Ask the organisation for its totals, a call for each object. Raises `SourceError`.

    Objects of which we do not take every row (tasks that are no calls) are left out: they cannot be counted there.
    """
    try:
        described = source.client.describe(described_names(source.mappings))
        return [total for mapping in source.mappings for total in _totals(source, mapping, described)]
    except Refusal as refusal:
        raise in_words(refusal, "Salesforce totals") from None


def _totals(source: SalesforceSource, mapping: ObjectMapping, described: Described) -> Iterator[Total]:
    plan = plan_object(mapping, described).plan
    if plan is None or mapping.per or any(rule.sorts for rule in mapping.columns if rule.column.required):
        return
    where = [where_of(condition) for condition in mapping.keep]
    where += [Where(mapping.deleted, "=", False)] if mapping.deleted else []
    pages = source.client.pages(count(mapping.name, where), counts=True)
    yield Total(mapping.table.name, mapping.name, sum(page.total for page in pages))
    if mapping.table.name == "opportunity":
        yield from _by_stage(source, plan, where)


def _by_stage(source: SalesforceSource, plan: ObjectPlan, where: list[Where]) -> Iterator[Total]:
    """Yield the deals of each stage, where stage and amount each come from one field."""
    stage, amount = _field(plan, _STAGE), _field(plan, _AMOUNT)
    if not stage:
        return
    added = amount if plan.money is None else ""
    for page in source.client.pages(totals(plan.mapping.name, stage, added, where)):
        if len(page.records) >= _GROUPS_MAX:
            raise SourceError(f"Salesforce {plan.mapping.name} has too many stages to be compared one by one.")
        for record in page.records:
            rows, value = record.get("rows_total"), record.get("amount_total")
            if isinstance(rows, int):
                amounts = float(value) if isinstance(value, int | float) else 0.0 if added else None
                name = str(record.get(stage) or "")
                yield Total(plan.mapping.table.name, plan.mapping.name, rows, name, amounts)


def _field(plan: ObjectPlan, column: str) -> str:
    rule = next((rule for rule in plan.mapping.columns if rule.column.name == column), None)
    if rule is None or len(rule.choices) != 1 or rule.choices[0].source is None or rule.choices[0].when:
        return ""
    return rule.choices[0].source.path
