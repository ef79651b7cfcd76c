"""Amounts of several currencies in the organisation's own: by the rate of the day that Salesforce itself goes by.

A rate says how many units of a currency one unit of the corporate currency is. Organisations may date their rates;
those of a deal then go by its close date. An organisation with one currency has neither object and needs nothing.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from connectors.salesforce_cells import Cells, Record
from connectors.salesforce_client import SalesforceClient
from connectors.salesforce_errors import Refusal
from connectors.salesforce_plan import MoneyPlan, ObjectPlan
from connectors.salesforce_rows import Rows, Value, row_ids
from connectors.soql import select
from connectors.source import Problem

_NO_DATED_RATES: Final = "INVALID_TYPE"


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of an organisation: today's, and the dated ones as (first days, rates) in order of time."""

    corporate: str
    now: Mapping[str, float]
    dated: Mapping[str, tuple[Sequence[str], Sequence[float]]]

    @property
    def digest(self) -> str:
        """Return a text that changes with any rate: amounts read before must then be read again."""
        known = self.corporate, sorted(self.now.items()), sorted(self.dated.items())
        return hashlib.sha256(repr(known).encode()).hexdigest()[:12]

    def rate(self, currency: str, day: str = "") -> float | None:
        """Return the rate of a currency, on a day (``YYYY-MM-DD``) where it is dated; None where there is none."""
        days, rates = self.dated.get(currency, ((), ())) if day else ((), ())
        if not days:
            return self.now.get(currency)
        # The first rate covers all the time before it.
        return rates[max(0, bisect_right(days, day) - 1)]


def read_rates(client: SalesforceClient) -> Rates:
    """Read the rates of an organisation with several currencies; two calls. Raises `Refusal`."""
    fields = ("IsoCode", "ConversionRate", "IsCorporate")
    types = [record for page in client.pages(select(fields, "CurrencyType")) for record in page.records]
    try:
        fields = ("IsoCode", "StartDate", "ConversionRate")
        dated = [record for page in client.pages(select(fields, "DatedConversionRate")) for record in page.records]
    except Refusal as refusal:
        if refusal.code != _NO_DATED_RATES:
            raise
        dated = []
    return rates_of(types, dated)


def rates_of(types: Sequence[Record], dated: Sequence[Record]) -> Rates:
    """Return the rates out of the records of CurrencyType and DatedConversionRate; what is no rate is left out."""
    now = {str(each.get("IsoCode")): rate for each in types if (rate := _rate(each)) is not None}
    corporate = next((str(each.get("IsoCode")) for each in types if each.get("IsCorporate") is True), "")
    steps: dict[str, list[tuple[str, float]]] = {}
    for each in dated:
        rate = _rate(each)
        if rate is not None and each.get("StartDate"):
            steps.setdefault(str(each.get("IsoCode")), []).append((str(each["StartDate"]), rate))
    in_order = {currency: sorted(each) for currency, each in steps.items()}
    return Rates(
        corporate, now, {c: (tuple(day for day, _ in e), tuple(rate for _, rate in e)) for c, e in in_order.items()}
    )


def in_corporate_currency(rows: Rows, plan: MoneyPlan, cells: Cells, rates: Rates) -> Rows:
    """Return the rows with their amounts converted; those in a currency without a rate are unknown.

    ``cells`` are the records that the rows were read from. The currencies without a rate come back in ``no_rates``.
    """
    days = cells.values(plan.day) if plan.day else [None] * len(cells)
    sides = zip(row_ids(cells), cells.values(plan.currency), days, strict=True)
    by_id = {row_id: (str(currency or rates.corporate), str(day or "")) for row_id, currency, day in sides}
    wanted = [by_id[str(row_id)] for row_id in rows.columns["id"]]
    known = {each: rates.rate(*each) for each in set(wanted)}
    divisors = [known[each] for each in wanted]
    converted = {name: _divided(rows.columns[name], divisors) for name in plan.columns}
    unknown = frozenset(currency for (currency, _), rate in known.items() if rate is None)
    return replace(rows, columns={**rows.columns, **converted}, no_rates=unknown)


def no_rate(plan: ObjectPlan, currencies: AbstractSet[str]) -> Problem:
    """Return what to say about amounts without a rate."""
    return Problem(
        f"Salesforce {plan.mapping.name}",
        f"there is no conversion rate for {', '.join(sorted(currencies))}, so amounts in it are left out.",
        "Set the rate in Salesforce, under Manage Currencies.",
        (plan.mapping.table.name,),
    )


def _divided(values: Sequence[Value], divisors: Sequence[float | None]) -> list[Value]:
    return [
        value / divisor if isinstance(value, float) and divisor is not None else None
        for value, divisor in zip(values, divisors, strict=True)
    ]


def _rate(record: Record) -> float | None:
    rate = record.get("ConversionRate")
    return float(rate) if isinstance(rate, int | float) and not isinstance(rate, bool) and rate > 0 else None
