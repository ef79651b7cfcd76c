"""Facts: what can be counted and summed, each a view over the canonical tables. Data; `kpis.measures` compiles them.

One row of a fact is one business object (a deal, a lead, a call). Its columns are its members (owner, product, ...),
axes (``<axis>_day``: whole days), values to sum, and flags for conditions. The views are ``views/<fact>.sql``, in the
part of SQL that every engine shares: no date functions, no FILTER, no ASOF. ``:today`` and ``:first_day`` stand for
day numbers, ``__HOURS(later, earlier)`` for the time between two instants, ``fact_<name>`` for an earlier fact. Sums
run over decimals: they are exact, so neither the order of rows nor the number of threads changes a bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_VIEWS: Final = Path(__file__).with_name("views")
_TABLE_OF: Final[Mapping[str, str]] = {"rep": "rep", "market": "account", "product": "product"}
"""Which table a dimension needs; without the table, all is Unspecified."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A view, and what its columns are for.

    ``table`` is the one it cannot do without, ``reads`` are others that it looks into. ``dimensions`` says which
    column holds the member of each dimension; team and region follow from the rep. ``split_by_product``, if it is not
    empty, names the fact with the same columns that has one row for each object and product.
    """

    name: str
    table: str
    reads: tuple[str, ...]
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
        return self.table in {"opportunity", "lead", "activity"}

    @property
    def columns(self) -> frozenset[str]:
        """All columns of the view."""
        days = tuple(f"{axis}_day" for axis in self.axes)
        return frozenset({"id", *self.dimensions.values(), *days, *self.values, *self.flags})

    @property
    def tables(self) -> frozenset[str]:
        """All tables that a number from this fact depends on."""
        return frozenset({self.table, *self.reads})

    @property
    def splits(self) -> frozenset[str]:
        """The dimensions that its rows can be split by, team and region with the rep, and company."""
        with_rep = {"team", "region"} if "rep" in self.dimensions else set()
        with_product = {"product"} if self.split_by_product else set()
        return frozenset({"company", *self.dimensions} | with_rep | with_product)

    def sql(self) -> str:
        """Return the view's query."""
        return (_VIEWS / f"{self.name}.sql").read_text("utf-8")


def _fact(name: str, dimensions: str, axes: str, values: str, flags: str = "", reads: str = "") -> Fact:  # noqa: PLR0917 one row of the table below
    """Read ``dimension[=column]`` notes and lists of names; what the dimensions need is read besides ``reads``."""
    columns = {
        dimension: column or dimension for dimension, _, column in (n.partition("=") for n in dimensions.split())
    }
    needed = (_TABLE_OF[dimension] for dimension in columns if dimension in _TABLE_OF)
    tables = tuple(dict.fromkeys((*needed, *reads.split())))
    table = "opportunity" if name == "opportunity_product" else name
    twin = "opportunity_product" if name == "opportunity" else ""
    return Fact(name, table, tables, columns, tuple(axes.split()), tuple(values.split()), tuple(flags.split()), twin)


_DEAL: Final = "rep=owner market source kind channel campaign"
_DEAL_VALUES: Final = "deals amount weighted_amount line_value list_value cycle_days probability"
_DEAL_FLAGS: Final = "account stage forecast_category loss_reason competitor is_closed is_won is_first_win"

_ALL: Final = (
    _fact("opportunity", _DEAL, "created close exit", _DEAL_VALUES, _DEAL_FLAGS, "opportunity_line"),
    _fact(
        "opportunity_product", f"{_DEAL} product", "created close exit", _DEAL_VALUES, _DEAL_FLAGS, "opportunity_line"
    ),
    _fact(
        "lead", "rep=owner market source channel campaign", "created mql sql converted", "leads response_hours",
        "account status became_opportunity became_customer is_contacted", "opportunity activity campaign",
    ),
    _fact(
        "activity", "rep=owner market", "occurred scheduled", "activities duration",
        "account opportunity lead kind is_done is_connected is_outbound is_opened is_clicked is_replied "
        "is_unsubscribed",
    ),
    _fact("rep", "rep=owner", "hired left", "reps", "is_active", "opportunity activity"),
    _fact("expense", "rep=owner market product campaign", "on", "expenses amount", "account category"),
    _fact("survey_response", "rep=owner market", "on", "responses score", "account kind"),
    _fact(
        "marketing_stat", "channel campaign", "on",
        "stats impressions clicks interactions conversions visits likes shares comments mentions",
    ),
    _fact("work_log", "rep=owner", "on", "logs hours", "category"),
    _fact("candidate", "rep=owner", "applied hired", "candidates recruiting_hours hire_days"),
    _fact("training", "rep=owner", "on", "trainings hours cost"),
    _fact("process_check", "rep=owner", "on", "checks", "follows_process"),
    _fact("assessment", "rep=owner", "on", "assessments score", "criterion"),
    _fact("usage", "market", "on", "usages quantity", "account"),
    _fact("market_stat", "", "on", "stats market_sales largest_competitor_sales net_income equity"),
    _fact("subscription", "market", "started ended", "subscriptions annual_value", "account"),
    _fact("campaign", "channel campaign", "started ended", "campaigns cost baseline"),
    _fact("login", "rep=owner", "on", "logins"),
)  # fmt: skip

FACTS: Final[Mapping[str, Fact]] = {fact.name: fact for fact in _ALL}
"""Every fact by name; one that reads another fact stands after it."""
