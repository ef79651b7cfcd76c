"""The canonical tables: what a connector must deliver, whatever its source.

Every table has a text column ``id``, unique over all sources (``sf:006...``, ``sheet:<tab>:<key>``), first in its
columns. References hold the ``id`` of the row they point to. Money is in the organisation's currency. An instant
is UTC; a date has no zone. When a table is stored, each date and instant also gets an integer twin, named
``<column>_day``: days since 1970-01-01, for instants in the organisation's zone, so that no query computes dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

ColumnType = Literal["text", "number", "integer", "boolean", "date", "instant"]

DAY_SUFFIX: Final = "_day"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a canonical table; ``references`` names the table whose ids it holds."""

    name: str
    type: ColumnType = "text"
    references: str = ""
    required: bool = False

    @property
    def is_dated(self) -> bool:
        """Whether the stored table has a ``_day`` twin of this column."""
        return self.type in {"date", "instant"}


@dataclass(frozen=True, slots=True)
class Table:
    """A canonical table. ``row_is`` says in words what one row is."""

    name: str
    row_is: str
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """Return the column of this name, or raise KeyError."""
        return next(c for c in self.columns if c.name == name)

    @property
    def column_names(self) -> tuple[str, ...]:
        """All column names, ``id`` first, without the ``_day`` twins."""
        return tuple(c.name for c in self.columns)


def _table(name: str, row_is: str, *columns: str) -> Table:
    """Read ``name[:type][>referenced table][!]`` column notes; no type is text, ``!`` is required."""
    return Table(name, row_is, (Column("id", required=True), *map(_column, columns)))


_TYPES: Final[dict[str, ColumnType]] = {
    "": "text", "number": "number", "integer": "integer", "boolean": "boolean", "date": "date", "instant": "instant",
}  # fmt: skip


def _column(note: str) -> Column:
    required = note.endswith("!")
    name_and_type, _, references = note.rstrip("!").partition(">")
    name, _, type_name = name_and_type.partition(":")
    return Column(name, _TYPES[type_name], references, required)


_ALL: Final = (
    _table(
        "organisation", "the company itself",
        "name", "time_zone", "currency", "fiscal_year_start_month:integer",
        "fiscal_year_named_by_start:boolean", "record_url",
    ),
    _table(
        "rep", "a person who sells",
        "name!", "email", "manager>rep", "team", "region", "hired_on:date", "left_on:date", "is_active:boolean",
    ),
    _table("rep_history", "a rep's team and region from a day on", "rep>rep!", "started_on:date!", "team", "region"),
    _table("account", "a company", "name!", "region", "market", "owner>rep", "created_at:instant"),
    _table("product", "a product", "name!", "family", "list_price:number", "unit_cost:number"),
    _table(
        "opportunity", "a deal",
        "name", "account>account", "owner>rep", "created_at:instant", "close_date:date!", "stage",
        "is_closed:boolean!", "is_won:boolean!", "amount:number", "amount_original:number", "currency",
        "probability:number", "forecast_category", "kind", "source", "campaign>campaign", "channel",
        "loss_reason", "competitor",
    ),
    _table(
        "opportunity_event", "a change of a deal",
        "opportunity>opportunity!", "at:instant!", "stage", "amount:number", "probability:number", "close_date:date",
        "owner>rep", "owner_before>rep",
    ),
    _table(
        "opportunity_split", "a rep's share of a deal",
        "opportunity>opportunity!", "rep>rep!", "percent:number!",
    ),
    _table(
        "opportunity_line", "a product in a deal",
        "opportunity>opportunity!", "product>product", "quantity:number", "unit_price:number", "list_price:number",
        "total:number", "cost:number",
    ),
    _table("stage", "a stage deals go through", "name!", "position:integer", "is_closed:boolean", "is_won:boolean"),
    _table(
        "lead", "someone who may buy",
        "name", "employer", "owner>rep", "created_at:instant!", "source", "campaign>campaign", "status",
        "mql_at:instant",
        "sql_at:instant", "converted_at:instant", "opportunity>opportunity", "account>account",
        "first_contacted_at:instant",
    ),
    _table(
        "activity", "a call, email, meeting, demo or proposal",
        "kind!", "owner>rep", "account>account", "opportunity>opportunity", "lead>lead", "occurred_at:instant",
        "scheduled_at:instant", "is_done:boolean", "is_connected:boolean", "is_outbound:boolean", "duration:number",
        "opened_at:instant", "clicked_at:instant", "replied_at:instant", "unsubscribed_at:instant",
    ),
    _table(
        "campaign", "a campaign",
        "name!", "channel", "started_on:date", "ended_on:date", "cost:number", "baseline:number",
    ),
    _table(
        "subscription", "a running contract",
        "account>account", "started_on:date!", "ended_on:date", "annual_value:number",
    ),
    _table("login", "a day a rep used the CRM", "rep>rep!", "on:date!"),
    _table(
        "target", "a goal for any KPI",
        "kpi!", "dimension!", "member", "period_start:date!", "period_end:date!", "value:number!",
    ),
    _table(
        "expense", "a cost",
        "on:date!", "category!", "amount:number!", "rep", "account", "product", "campaign",
    ),
    _table("survey_response", "an NPS or CSAT answer", "on:date!", "kind!", "score:number!", "account", "rep"),
    _table(
        "marketing_stat", "a day of a channel",
        "on:date!", "channel", "campaign", "impressions:number", "clicks:number", "interactions:number",
        "conversions:number", "visits:number", "likes:number", "shares:number", "comments:number", "mentions:number",
    ),
    _table("work_log", "hours of a rep", "on:date!", "rep", "category!", "hours:number!"),
    _table("candidate", "someone applying", "applied_on:date!", "hired_on:date", "rep", "recruiting_hours:number"),
    _table("training", "a rep in training", "on:date!", "rep", "hours:number", "cost:number"),
    _table("process_check", "a rep checked", "on:date!", "rep!", "follows_process:boolean!"),
    _table("assessment", "a supervisor's score", "on:date!", "rep!", "criterion", "score:number!"),
    _table("usage", "an account using the product", "on:date!", "account!", "quantity:number"),
    _table(
        "market_stat", "the market and the owners",
        "on:date!", "market_sales:number", "largest_competitor_sales:number", "net_income:number", "equity:number",
    ),
    _table(
        "fiscal_period", "a month, quarter or year of the fiscal calendar",
        "kind!", "number:integer", "starts_on:date!", "ends_on:date!", "fiscal_year",
    ),
    _table("holiday", "a day off for the whole company", "on:date!", "name"),
)  # fmt: skip

TABLES: Final[dict[str, Table]] = {table.name: table for table in _ALL}
"""Every canonical table by name."""
