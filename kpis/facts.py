"""Facts: what can be counted and summed, each a view over the canonical tables. Data; `kpis.measures` compiles them.

One row of a fact is one business object (a deal, a lead, a call). Its columns are its members (owner, product, ...),
axes (``<axis>_day``: whole days), values to sum, and flags for conditions. The views are ``views/<fact>.sql``, in the
part of SQL that every engine shares: no date functions, no FILTER, no ASOF. ``:today`` and ``:first_day`` stand for
day numbers, `ASSUMPTIONS` for others, ``__HOURS(later, earlier)`` for the time between two instants, ``fact_<name>``
for another fact, and `PARTS` for what several views share. Sums run over decimals: they are exact, so neither the
order of rows nor the number of threads changes a bit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_VIEWS: Final = Path(__file__).with_name("views")
_TABLE_OF: Final[Mapping[str, str]] = {"rep": "rep", "market": "account", "product": "product"}
"""Which table a dimension needs; without the table, all is Unspecified."""

ASSUMPTIONS: Final[Mapping[str, int]] = {
    "customer_days": 365,  # who has no subscription stays a customer for so many days after the last won deal
    "contact_days": 30,  # a relationship is fresh on the day of a contact and until so many days have begun
}
"""What the data does not say and the views take as given, by the name that they use for it."""

PARTS: Final = ("account_name", "done_activity", "account_contact", "line_sum", "won_deal")
"""Queries that several views build on, under these names; ``views/parts/<name>.sql``."""
_BUILT_ON: Final = re.compile(rf"\b(?:FROM|JOIN) (fact_\w+|{'|'.join(PARTS)})\b")


@dataclass(frozen=True, slots=True)
class Fact:
    """A view, and what its columns are for.

    ``table`` is the one whose rows it has, or its own name where it is made of several. It cannot do without
    ``needs`` (of ``a|b`` one will do); ``reads`` are others that it looks into, and ``columns_from`` those that only
    some columns come from. ``dimensions`` says which column holds the member of each dimension; team and region
    follow from the rep. ``split_by_product``, if it is not empty, names the fact with the same columns that has one
    row for each object and product.
    """

    name: str
    table: str
    needs: tuple[str, ...]
    reads: tuple[str, ...]
    columns_from: Mapping[str, tuple[str, ...]]
    dimensions: Mapping[str, str]
    axes: tuple[str, ...]
    values: tuple[str, ...]
    flags: tuple[str, ...]
    split_by_product: str = ""

    @property
    def view(self) -> str:
        """The name under which an engine holds this fact."""
        return f"fact_{self.name}"

    @property
    def is_large(self) -> bool:
        """Whether a refresh changes its numbers by what changed, instead of computing them anew."""
        return self.table in {"opportunity", "lead", "activity", "waiting", "relationship"}

    @property
    def columns(self) -> frozenset[str]:
        """All columns of the view."""
        return frozenset({"id", *self.dimensions.values(), *self.days, *self.values, *self.flags})

    @property
    def days(self) -> frozenset[str]:
        """The columns that hold days."""
        return frozenset({*(f"{axis}_day" for axis in self.axes), *(v for v in self.values if v.endswith("_day"))})

    def tables_behind(self, columns: frozenset[str]) -> frozenset[str]:
        """Return all tables that a number from these columns depends on."""
        own = {table for table, given in self.columns_from.items() if columns.intersection(given)}
        return frozenset({*(table for need in self.needs for table in need.split("|")), *self.reads, *own})

    def missing(self, tables: frozenset[str], columns: frozenset[str] = frozenset()) -> str:
        """Return a table without which there are no rows, or nothing in these columns; empty if all are there."""
        own = [table for table, given in self.columns_from.items() if columns.intersection(given)]
        return next((n.partition("|")[0] for n in (*self.needs, *own) if tables.isdisjoint(n.split("|"))), "")

    @property
    def splits(self) -> frozenset[str]:
        """The dimensions that its rows can be split by, team and region with the rep, and company."""
        with_rep = {"team", "region"} if "rep" in self.dimensions else set()
        with_product = {"product"} if self.split_by_product else set()
        return frozenset({"company", *self.dimensions} | with_rep | with_product)

    def sql(self) -> str:
        """Return the view's query."""
        return (_VIEWS / f"{self.name}.sql").read_text("utf-8")


def _fact(  # noqa: PLR0917 one row of the table below
    name: str, dimensions: str, axes: str, values: str, flags: str = "", reads: str = "", needs: str = ""
) -> Fact:
    """Read ``dimension[=column]`` and ``table[:column,column]`` notes and lists of names.

    What the dimensions need is read besides ``reads``; a fact needs the table of its name if nothing else is said.
    """
    columns = {
        dimension: column or dimension for dimension, _, column in (n.partition("=") for n in dimensions.split())
    }
    of_dimensions = (_TABLE_OF[dimension] for dimension in columns if dimension in _TABLE_OF)
    notes = dict(_read_note(note) for note in reads.split())
    tables = tuple(dict.fromkeys((*of_dimensions, *(table for table, given in notes.items() if not given))))
    table = "opportunity" if name == "opportunity_product" else name
    return Fact(
        name, table, tuple(needs.split()) or (table,), tables, {key: given for key, given in notes.items() if given},
        columns, tuple(axes.split()), tuple(values.split()), tuple(flags.split()),
        "opportunity_product" if name == "opportunity" else "",
    )  # fmt: skip


def _read_note(note: str) -> tuple[str, tuple[str, ...]]:
    table, _, columns = note.partition(":")
    return table, tuple(columns.split(",")) if columns else ()


_DEAL: Final = "rep=owner market source kind channel campaign stage"
_DEAL_VALUES: Final = "deals amount weighted_amount line_value list_value units cycle_days probability"
_DEAL_FLAGS: Final = (
    "account stage forecast_category loss_reason competitor is_closed is_won is_first_win has_call_before_close "
    "has_email_before_close"
)
_DEAL_READS: Final = "opportunity_line activity:has_call_before_close,has_email_before_close"

_ALL: Final = (
    _fact("opportunity", _DEAL, "created close exit", _DEAL_VALUES, _DEAL_FLAGS, _DEAL_READS),
    _fact("opportunity_product", f"{_DEAL} product", "created close exit", _DEAL_VALUES, _DEAL_FLAGS, _DEAL_READS),
    _fact(
        "lead", "rep=owner market source channel campaign", "created mql sql converted", "leads response_hours",
        "account status became_opportunity became_customer is_contacted", "opportunity activity campaign",
    ),
    _fact(
        "activity", "rep=owner market", "occurred scheduled", "activities duration",
        "account opportunity lead kind is_done is_connected is_outbound is_opened is_clicked is_replied "
        "is_unsubscribed",
    ),
    _fact(
        "stage_entry", "rep=owner market source kind channel campaign stage", "entered", "entries",
        "opportunity account is_passed", needs="opportunity_event stage opportunity",
    ),
    _fact(
        "credit", "rep=owner market source kind channel campaign", "close", "credits amount", "account",
        "opportunity_split opportunity_line", "opportunity",
    ),
    _fact("rep", "rep=owner", "hired left", "reps tenure_days", "is_active has_hire_date", "opportunity activity"),
    _fact("expense", "rep=owner market product campaign", "on", "expenses amount", "account category"),
    _fact("survey_response", "rep=owner market", "on", "responses score", "account kind"),
    _fact(
        "marketing_stat", "channel campaign", "on",
        "stats impressions clicks interactions conversions visits likes shares comments mentions",
    ),
    _fact("work_log", "rep=owner", "on", "logs hours", "category rep_day"),
    _fact("candidate", "rep=owner", "applied hired", "candidates recruiting_hours hire_days"),
    _fact("training", "rep=owner", "on", "trainings hours cost"),
    _fact("process_check", "rep=owner", "on next", "checks", "follows_process"),
    _fact("assessment", "rep=owner", "on", "assessments score", "criterion"),
    _fact("usage", "rep=owner market", "on", "usages quantity", "account"),
    _fact("market_stat", "", "on", "stats market_sales largest_competitor_sales net_income equity"),
    _fact(
        "subscription", "rep=owner market", "started ended left", "subscriptions annual_value", "account is_followed",
    ),
    _fact(
        "campaign", "channel campaign", "started ended", "campaigns cost campaign_sales baseline_sales", "",
        "opportunity:campaign_sales,baseline_sales",
    ),
    _fact("login", "rep=owner", "on", "logins"),
    _fact(
        "customer", "rep=owner market", "started ended second", "customers stay_days", "account is_first",
        "opportunity subscription opportunity_line:second_day", "opportunity|subscription",
    ),
    _fact(
        "profit", "rep=owner market", "on", "entries amount cost", "account has_costs",
        "expense subscription", "opportunity",
    ),
    _fact(
        "relationship", "rep=owner market", "started ended", "relationships", "kind account lead is_fresh",
        "opportunity", "account|lead activity",
    ),
    _fact(
        "waiting", "rep=owner market", "started ended", "accounts contact_day", "account",
        needs="opportunity activity",
    ),
)  # fmt: skip

FACTS: Final[Mapping[str, Fact]] = {fact.name: fact for fact in _ALL}
"""Every fact by name; one that reads another fact stands after it."""


@cache
def view_text(view: str) -> str:
    """Return the query behind a view: one of `PARTS`, or a fact's."""
    return (_VIEWS / "parts" / f"{view}.sql").read_text("utf-8") if view in PARTS else FACTS[view[5:]].sql()


@cache
def views_below(view: str) -> tuple[str, ...]:
    """Return the views that a view is directly built on."""
    return tuple(dict.fromkeys(_BUILT_ON.findall(view_text(view))))
