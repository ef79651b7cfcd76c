"""The Expenses tab: goods, pay and travel of sellers, marketing, and the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Final

from connectors.sandbox.company.clock import add_months, day_of, iso_day, next_workday
from connectors.sandbox.company.company import Company
from connectors.sandbox.company.files import Row, money
from connectors.sandbox.company.seasons import growth

# Where a deal has no lines, its goods are booked at the usual share of the price.
_USUAL_COST_SHARE: Final = 0.35
_COMMISSION: Final = 0.05
_OTHER_MONTHLY: Final = {"Office rent": 38_000, "Software": 21_000, "Insurance": 6_500}


def expense_rows(company: Company) -> Iterator[Row]:
    """Yield the costs of the window, by category."""
    random = company.random("expenses")
    yield from _goods(company)
    yield from _pay(company, random)
    yield from _travel(company, random)
    yield from _marketing(company, random)
    yield from _other(company)


def _row(
    day: int, category: str, cents: int, note: str, *, rep: str = "", account: str = "", product: str = "",
    campaign: str = "",
) -> Row:  # fmt: skip
    return {
        "Date": iso_day(day), "Category": category, "Amount": money(cents), "Rep": rep, "Account": account,
        "Product": product, "Campaign": campaign, "Note": note,
    }  # fmt: skip


def _goods(company: Company) -> Iterator[Row]:
    """Yield the cost of goods of each won deal, product by product."""
    campaigns = {campaign.id: campaign.name for campaign in company.campaigns}
    for deal in company.won_deals:
        if deal.close_day < company.window.first:
            continue
        parts = [(line.product.name, line.cost) for line in deal.lines]
        for product, cents in parts or [("", round((deal.amount or 0) * _USUAL_COST_SHARE))]:
            yield _row(
                deal.close_day, "cogs", cents, "Goods delivered", rep=deal.owner.name, account=deal.account.name,
                product=product, campaign=campaigns.get(deal.campaign_id, ""),
            )  # fmt: skip


def _pay(company: Company, random: Random) -> Iterator[Row]:
    """Yield each seller's pay of each month, with the commission on the month before."""
    sold: Counter[tuple[str, int]] = Counter()
    for deal in company.won_deals:
        sold[deal.owner.id, add_months(deal.close_day, 1)] += deal.amount or 0
    salaries = {seller.id: random.randrange(6_000, 9_500, 100) * 100 for seller in company.staff.sellers}
    for month in company.window.months:
        for seller in company.staff.sellers:
            if seller.is_employed(month):
                commission = round(sold[seller.id, month] * _COMMISSION)
                yield _row(month, "sales", salaries[seller.id] + commission, "Pay", rep=seller.name)


def _travel(company: Company, random: Random) -> Iterator[Row]:
    """Yield visits to customers, booked to seller and account."""
    sellers = {seller.id: seller.name for seller in company.staff.sellers}
    accounts = {account.id: account.name for account in company.accounts}
    for event in company.activities.events:
        rep = sellers.get(event.owner_id)
        is_visit = event.kind == "Meeting" and company.window.first <= day_of(event.starts_at) < company.window.today
        if rep is not None and is_visit and event.link.account_id and random.random() < 0.04:
            day = day_of(event.starts_at)
            cents = random.randrange(90, 1_400) * 100
            yield _row(day, "sales", cents, "Travel", rep=rep, account=accounts[event.link.account_id])


def _marketing(company: Company, random: Random) -> Iterator[Row]:
    """Yield each campaign's cost, spread over its months, and what is spent on advertising all the time."""
    for campaign in company.campaigns:
        months = [
            m for m in company.window.months if campaign.started_on < add_months(m, 1) and m <= campaign.ended_on
        ]
        for month in months:
            day = max(month, campaign.started_on)
            if day <= company.window.today:
                yield _row(day, "marketing", campaign.cost // len(months), "Campaign", campaign=campaign.name)
    for month in company.window.months:
        cents = round(random.uniform(9_000, 14_000) * growth(month, company.window)) * 100
        yield _row(month, "marketing", cents, "Advertising")


def _other(company: Company) -> Iterator[Row]:
    """Yield what is paid every month."""
    for month in company.window.months:
        day = min(next_workday(month), company.window.today)
        for note, amount in _OTHER_MONTHLY.items():
            yield _row(day, "other", amount * 100, note)
