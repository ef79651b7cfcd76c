"""Against the published Chinook shop: its invoices, kept in tabs, give the data set's own answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from kpis.answers import Answerer
from kpis.questions import Question
from tests.support.canonical import Row
from tests.support.kept_in_tabs import agrees, answerer_of, expected_of, lines_of, needs, period_of, tables_in

DATASET = "chinook-sales"
pytestmark = needs(DATASET)
LAST_DAY = date(2025, 12, 31)

# The tabs have what a sheet looks up beside the CSV's own columns: names, the customer's rep, the track's genre.
SETTINGS = """
[google.tabs.Customers]
table = "account"
columns = { CustomerId = "id", "Full name" = "name", Country = "market", SupportRepId = "owner" }

[google.tabs.Employees]
table = "rep"
columns = { EmployeeId = "id", "Full name" = "name", ReportsTo = "manager", HireDate = "hired_on" }

[google.tabs.Invoices]
table = "opportunity"
columns = { InvoiceId = "id", CustomerId = "account", InvoiceDate = "close_date", Total = "amount", Rep = "owner" }
constants = { is_won = "yes" }

[google.tabs."Invoice lines"]
table = "opportunity_line"
columns = { InvoiceId = "opportunity", %s = "product", UnitPrice = "unit_price", Quantity = "quantity" }
"""

QUESTIONS = {
    "revenue": "revenue",
    "order_count": "won_opportunities",
    "average_order_value": "average_deal_size",
    "active_customers": "buying_customers",
    "revenue_per_customer": "average_revenue_per_account",
    "units_sold": "units_sold",
    "yoy_growth": "revenue_growth_yoy",
    "qoq_growth": "revenue_growth",
    "mom_growth": "revenue_growth",
    "cross_sell_customers": "multi_product_customers",
    "cross_sell_rate": "multi_product_rate",
    "repeat_purchase_rate": "repeat_purchase_rate",
}
DIMENSIONS = {"sales_rep": "rep", "country": "market", "genre": "product", "media_type": "product"}


def shop(product_is: str) -> dict[str, list[Row]]:
    """Return the shop's tables; what counts as a product is a column of its tracks."""
    tracks = {track["TrackId"]: track for track in lines_of(DATASET, "tracks")}
    customers = lines_of(DATASET, "customers")
    rep_of = {customer["CustomerId"]: customer["SupportRepId"] for customer in customers}
    return tables_in(
        {
            "Customers": [with_name(line) for line in customers],
            "Employees": [with_name(line) for line in lines_of(DATASET, "employees")],
            "Invoices": [{**line, "Rep": rep_of[line["CustomerId"]]} for line in lines_of(DATASET, "invoices")],
            "Invoice lines": [
                {**line, product_is: tracks[line["TrackId"]][product_is]}
                for line in lines_of(DATASET, "invoice_lines")
            ],
        },
        SETTINGS % product_is,
    )


def with_name(line: Mapping[str, str]) -> dict[str, str]:
    return {**line, "Full name": f"{line['FirstName']} {line['LastName']}"}


@pytest.fixture(scope="module")
def by_product(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Answerer]:
    """Return what answers, by what is taken for a product: the genre, and for questions about media the medium."""
    columns = {"genre": "Genre", "media_type": "MediaType"}
    return {
        dimension: answerer_of(shop(column), LAST_DAY, tmp_path_factory.mktemp(dimension))
        for dimension, column in columns.items()
    }


def question_of(row: Mapping[str, str]) -> Question:
    who = "" if row["dimension"] == "total" else f"{DIMENSIONS[row['dimension']]}:{row['member']}"
    return Question(QUESTIONS[row["kpi"]], who, period_of(row, "2021-01-01..2025-12-31"))


def test_every_answer_of_the_data_set_is_ours_too(by_product: dict[str, Answerer]) -> None:
    rows = expected_of(DATASET)
    assert {row["kpi"] for row in rows} == set(QUESTIONS)
    checked = 0
    for dimension, answerer in by_product.items():
        asked = [row for row in rows if (row["dimension"] == "media_type") == (dimension == "media_type")]
        answers = answerer.answer_all([question_of(row) for row in asked])
        wrong = [
            (row, answer.value, answer.state, answer.message)
            for row, answer in zip(asked, answers, strict=True)
            if not agrees(row["value"], answer)
        ]
        assert wrong == []
        checked += len(asked)
    assert checked == len(rows) > 4_000


@pytest.mark.parametrize(
    ("rep", "revenue"), [("Jane Peacock", 833.04), ("Margaret Park", 775.40), ("Steve Johnson", 720.16)]
)
def test_the_reps_have_the_totals_that_tutorials_print(
    by_product: dict[str, Answerer], rep: str, revenue: float
) -> None:
    answer = by_product["genre"].answer(Question("revenue", rep, "2021-01-01..2025-12-31"))
    assert answer.state == "ok"
    assert answer.value == pytest.approx(revenue)
