"""Against the published telco churn table: its customers, kept in one tab, give the data set's own answers."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import pytest

from kpis.questions import Question
from tests.support.canonical import Row
from tests.support.kept_in_tabs import agrees, answerer_of, expected_of, lines_of, needs, tables_in

DATASET = "telco-churn"
pytestmark = needs(DATASET)
BEFORE, LAST_DAY = date(2019, 12, 31), date(2020, 1, 31)

# The table has no dates; it says who left in the last month, which is taken to be January 2020. So the sheet computes
# Started = EDATE(31 December 2019; -tenure) and, for who churned, Left. One tab holds four things: the customer, the
# contract, all that was paid by then as one deal, and January's invoice as another. No cost of goods is known: zero.
ACCOUNTS = """
[[google.tabs.Customers]]
table = "account"
columns = { customerID = "name", %s = "market" }
"""
OTHERS = """
[[google.tabs.Customers]]
table = "subscription"
columns = { customerID = "account", Started = "started_on", Left = "ended_on", MonthlyCharges = "annual_value" }
factors = { annual_value = 12 }

[[google.tabs.Customers]]
table = "opportunity"
columns = { Invoice = "id", customerID = "account", Invoiced = "close_date", MonthlyCharges = "amount" }
constants = { is_won = "yes" }

[google.tabs."Paid before"]
table = "opportunity"
columns = { customerID = "account", Invoiced = "close_date", TotalCharges = "amount" }
constants = { is_won = "yes" }

[google.tabs.Costs]
table = "expense"
"""

LAST_MONTH, MONTH_BEFORE = "2020-01", "2019-12"
QUESTIONS = {
    "customer_count": ("churn_rate", LAST_MONTH, "n"),
    "churned_customer_count": ("churned_customers", LAST_MONTH, "value"),
    "churn_rate": ("churn_rate", LAST_MONTH, "value"),
    "retention_rate": ("retention_rate", LAST_MONTH, "value"),
    "monthly_recurring_revenue": ("monthly_recurring_revenue", MONTH_BEFORE, "value"),
    "churned_monthly_revenue": ("recurring_revenue_lost", LAST_MONTH, "value"),
    "revenue_churn_rate": ("revenue_churn_rate", LAST_MONTH, "value"),
    "average_revenue_per_account": ("recurring_revenue_per_customer", MONTH_BEFORE, "value"),
    "historic_clv": ("average_revenue_per_account", MONTH_BEFORE, "value"),
    "simple_clv": ("customer_lifetime_value_predicted", LAST_MONTH, "value"),
}
NOT_OURS = {"average_tenure_months": "it counts calendar months; here the time as a customer is in days and years"}
SLICES = (
    "gender", "SeniorCitizen", "Partner", "Contract", "InternetService", "PaymentMethod", "PaperlessBilling",
    "tenure_band",
)  # fmt: skip


def customers() -> Iterator[dict[str, str]]:
    for line in lines_of(DATASET, "Telco-Customer-Churn"):
        tenure, has_left = int(line["tenure"]), line["Churn"] == "Yes"
        yield {
            **line, "tenure_band": band(tenure), "Started": months_before(BEFORE, tenure).isoformat(),
            "Left": "2020-01-15" if has_left else "", "Invoice": f"January {line['customerID']}",
            "Invoiced": "2020-01-01",
        }  # fmt: skip


def band(tenure: int) -> str:
    """Return the band as the data set names it."""
    bands = ((12, "00-12"), (24, "13-24"), (48, "25-48"), (60, "49-60"))
    return next((name for last, name in bands if tenure <= last), "61+")


def months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@pytest.fixture(scope="module")
def company() -> dict[str, list[Row]]:
    """Return the company's tables, with the genders as markets."""
    lines = list(customers())
    paid = [{**line, "Invoiced": "2019-12-31"} for line in lines if line["TotalCharges"].strip()]
    costs = [{"Date": "2020-01-01", "Category": "cogs", "Amount": "0"}]
    return tables_in({"Customers": lines, "Paid before": paid, "Costs": costs}, ACCOUNTS % "gender" + OTHERS)


def accounts_by(column: str) -> dict[str, list[Row]]:
    """Return the accounts with a column of the tab as their market."""
    return tables_in({"Customers": list(customers())}, ACCOUNTS % column)


def question_of(row: Mapping[str, str]) -> Question:
    kpi, period, show = QUESTIONS[row["kpi"]]
    return Question(kpi, "" if row["dimension"] == "total" else f"market:{row['member']}", period, show)


@pytest.mark.parametrize("dimension", SLICES)
def test_every_expressible_answer_of_the_data_set_is_ours_too(
    dimension: str, company: dict[str, list[Row]], tmp_path: Path
) -> None:
    rows = [row for row in expected_of(DATASET) if row["dimension"] in {dimension, "total"}]
    asked = [row for row in rows if row["kpi"] in QUESTIONS]
    answerer = answerer_of({**company, **accounts_by(dimension)}, LAST_DAY, tmp_path)
    answers = answerer.answer_all([question_of(row) for row in asked])
    wrong = [
        (row, answer.value, answer.state, answer.message)
        for row, answer in zip(asked, answers, strict=True)
        if not agrees(row["value"], answer)
    ]
    assert wrong == []
    assert len(asked) > 6


def test_every_other_kpi_and_dimension_of_the_data_set_has_a_reason_not_to_be_ours() -> None:
    rows = expected_of(DATASET)
    assert {row["kpi"] for row in rows} == set(QUESTIONS) | set(NOT_OURS)
    assert {row["dimension"] for row in rows} == {*SLICES, "total"}
