"""What the organisation itself counts and adds up, to hold our numbers against: a copy is trusted when both agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from connectors.errors import SourceError
from connectors.salesforce import SalesforceSource
from connectors.salesforce_errors import Refusal, in_words
from connectors.salesforce_mapping import ObjectMapping, described_names
from connectors.salesforce_plan import Described, ObjectPlan, plan_object, where_of
from connectors.salesforce_rows import ID_PREFIX
from connectors.soql import Where, count, totals

Uncompared = Literal["", "currencies", "hidden"]
"""Why amounts of a stage are not added up: they are in several currencies, or come from no one field that we see."""

_GROUPS_MAX: Final = 2_000  # Salesforce gives no more groups at once
_STAGE, _AMOUNT = "stage", "amount"
_PLACE: Final = "Salesforce totals"


@dataclass(frozen=True, slots=True)
class Total:
    """How many rows an object has for us, or a stage of deals has, and the sum of their amounts (None: not added up).

    ``stage`` is empty for a whole object. ``id_prefix`` begins the ids that its rows have with us.
    """

    table: str
    object_name: str
    row_count: int
    stage: str = ""
    amount: float | None = None
    id_prefix: str = ""
    uncompared: Uncompared = ""


def read_totals(source: SalesforceSource) -> list[Total]:
    """Ask the organisation for its totals, a call for each object and one for the stages. Raises `SourceError`.

    Left out are objects of which we do not take every row (tasks that are no calls), since they cannot be counted
    there, and those that Salesforce does not let us count.
    """
    try:
        described = source.client.describe(described_names(source.mappings))
        return [total for mapping in source.mappings for total in _counted(source, mapping, described)]
    except Refusal as refusal:
        raise in_words(refusal, _PLACE) from None


def read_changed_count(source: SalesforceSource, object_name: str, since: datetime) -> int | None:
    """Ask how many records of an object changed since; None where its changes leave no stamp. Raises `SourceError`.

    One call. Deleted records count: they changed, too.
    """
    mapping = next(mapping for mapping in source.mappings if mapping.name == object_name)
    if not mapping.changed:
        return None
    try:
        return _count(source, object_name, [Where(mapping.changed, ">=", since)])
    except Refusal as refusal:
        raise in_words(refusal, _PLACE) from None


def read_held_counts(source: SalesforceSource, object_names: Sequence[str]) -> dict[str, int]:
    """Ask about how many records there are, whether or not they are shared with us: one call. Raises `SourceError`.

    Salesforce brings these counts up to date from time to time; they are no more than about right. Asked for no
    object, it would tell all.
    """
    try:
        return source.client.record_counts(object_names) if object_names else {}
    except Refusal as refusal:
        raise in_words(refusal, _PLACE) from None


def _counted(source: SalesforceSource, mapping: ObjectMapping, described: Described) -> list[Total]:
    try:
        return list(_totals(source, mapping, described))
    except Refusal as refusal:
        if refusal.ends_the_run:
            raise
        return []


def _totals(source: SalesforceSource, mapping: ObjectMapping, described: Described) -> Iterator[Total]:
    plan = plan_object(mapping, described).plan
    is_chosen_here = any(rule.sorts for rule in mapping.columns if rule.column.required)
    if plan is None or mapping.per or is_chosen_here or any(condition.prefix for condition in mapping.keep):
        return
    where = [where_of(condition) for condition in mapping.keep]
    where += [Where(mapping.deleted, "=", False)] if mapping.deleted else []
    rows = _count(source, mapping.name, where)
    yield Total(mapping.table.name, mapping.name, rows, id_prefix=ID_PREFIX + plan.key_prefix)
    if mapping.table.name == "opportunity":
        yield from _by_stage(source, plan, where)


def _count(source: SalesforceSource, object_name: str, where: Sequence[Where]) -> int:
    return sum(page.total for page in source.client.pages(count(object_name, where), counts=True))


def _by_stage(source: SalesforceSource, plan: ObjectPlan, where: list[Where]) -> Iterator[Total]:
    """Yield the deals of each stage, where stage and amount each come from one field."""
    stage, amount = _field(plan, _STAGE), _field(plan, _AMOUNT)
    if not stage:
        return
    uncompared: Uncompared = "currencies" if plan.money is not None else "" if amount else "hidden"
    added = "" if uncompared else amount
    for page in source.client.pages(totals(plan.mapping.name, stage, added, where)):
        if len(page.records) >= _GROUPS_MAX:
            raise SourceError(f"Salesforce {plan.mapping.name} has too many stages to be compared one by one.")
        for record in page.records:
            rows, value = record.get("rows_total"), record.get("amount_total")
            if isinstance(rows, int):
                yield Total(
                    table=plan.mapping.table.name,
                    object_name=plan.mapping.name,
                    row_count=rows,
                    stage=str(record.get(stage) or ""),
                    amount=float(value) if isinstance(value, int | float) else 0.0 if added else None,
                    id_prefix=ID_PREFIX + plan.key_prefix,
                    uncompared=uncompared,
                )


def _field(plan: ObjectPlan, column: str) -> str:
    """Return the field that a column has as it is; nothing where it comes from several or is put in other words."""
    rule = next((rule for rule in plan.mapping.columns if rule.column.name == column), None)
    if rule is None or len(rule.choices) != 1:
        return ""
    only = rule.choices[0]
    return "" if only.source is None or only.when or only.words else only.source.path
