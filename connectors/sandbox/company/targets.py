"""The Targets tab: quotas by seller and month, goals by product and quarter, calls and activities, company goals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from connectors.sandbox.company.clock import DAY_SECONDS, add_months, iso_day, quarter_first
from connectors.sandbox.company.company import Company
from connectors.sandbox.company.files import Cell, Row
from connectors.sandbox.company.people import Person
from connectors.sandbox.company.seasons import month_weight

# What the team reaches of its quotas over the two years; a plan that is always met was set too low.
_ATTAINMENT: Final = 0.93
_COMPANY_GOALS: Final[tuple[tuple[str, Cell], ...]] = (
    ("win_rate", "0.32"), ("sales_cycle_length", 58), ("net_promoter_score", 40), ("lead_response_time", 12),
)  # fmt: skip


def target_rows(company: Company) -> Iterator[Row]:
    """Yield the targets from the window's start to the end of the next quarter."""
    quotas = _quotas(company)
    for (seller, month), quota in quotas.items():
        yield _row("revenue", ("rep", seller.name), month, 1, quota)
    for product, shares in _product_shares(company).items():
        for quarter, total in _by_quarter(quotas).items():
            yield _row("product_revenue", ("product", product), quarter, 3, round(total * shares / 1000) * 1000)
    calls, activities = _call_goal(company), _activity_goal(company)
    for seller, month in quotas:
        yield _row("calls_made", ("rep", seller.name), month, 1, calls)
        yield _row("activities_done", ("rep", seller.name), month, 1, activities)
    for quarter in _by_quarter(quotas):
        for kpi, goal in _COMPANY_GOALS:
            yield _row(kpi, ("company", ""), quarter, 3, goal)


def _row(kpi: str, who: tuple[str, str], first: int, months: int, value: Cell) -> Row:
    dimension, member = who
    last = add_months(first, months) - 1
    return {
        "KPI": kpi, "Dimension": dimension, "Member": member, "From": iso_day(first), "To": iso_day(last),
        "Target": value,
    }  # fmt: skip


def _months(company: Company) -> list[int]:
    """Return the first days of the months from the window's start to the end of the next quarter."""
    end = add_months(quarter_first(company.window.today), 6)
    months = []
    month = company.window.first
    while month < end:
        months.append(month)
        month = add_months(month, 1)
    return months


def _quotas(company: Company) -> dict[tuple[Person, int], int]:
    """Return the quota of each seller and month in whole thousands, half of it while the seller is new."""
    months = _months(company)
    weights = {
        (seller, month): _ramp(seller, month) * month_weight(month, company.window)
        for seller in company.staff.sellers
        for month in months
        if seller.is_employed(month)
    }
    past = sum(weight for (_, month), weight in weights.items() if add_months(month, 1) <= company.window.today)
    sold = sum(deal.amount or 0 for deal in company.won_deals if deal.close_day >= company.window.first) / 100
    base = sold / past / _ATTAINMENT
    return {key: max(1, round(base * weight / 1000)) * 1000 for key, weight in weights.items()}


def _ramp(seller: Person, month: int) -> float:
    days = month - seller.hired_on
    return 0.35 if days < 60 else 0.7 if days < 120 else 1.0


def _by_quarter(quotas: Mapping[tuple[Person, int], int]) -> dict[int, int]:
    """Return the sum of quotas of each quarter."""
    totals: dict[int, int] = defaultdict(int)
    for (_, month), quota in quotas.items():
        totals[quarter_first(month)] += quota
    return totals


def _product_shares(company: Company) -> dict[str, float]:
    """Return each product's share of what was sold, in the order of the catalogue."""
    sold: Counter[str] = Counter()
    for deal in company.won_deals:
        for line in deal.lines:
            sold[line.product.name] += line.total
    total = sum(sold.values()) or 1
    return {product.name: sold[product.name] / total for product in company.products}


def _call_goal(company: Company) -> int:
    """Return the calls a seller should make in a month."""
    first = company.window.first * DAY_SECONDS
    tasks = company.activities.tasks
    return _monthly(company, sum(task.call_type == "Outbound" and task.created_at >= first for task in tasks))


def _activity_goal(company: Company) -> int:
    """Return the activities of all kinds that a seller should do in a month."""
    first, today = company.window.first * DAY_SECONDS, company.window.today * DAY_SECONDS
    task_count = sum(task.created_at >= first for task in company.activities.tasks)
    event_count = sum(first <= event.starts_at < today for event in company.activities.events)
    return _monthly(company, task_count + event_count)


def _monthly(company: Company, count: int) -> int:
    """Return a goal for one seller and month: a little more than all of them did, in steps of five."""
    months = company.window.months[:-1]
    present = sum(seller.is_employed(month) for seller in company.staff.sellers for month in months)
    return max(1, round(count / present * 1.05 / 5)) * 5
