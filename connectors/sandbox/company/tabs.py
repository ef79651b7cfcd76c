"""The other tabs of the company's spreadsheet, as sales operations keep them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Final

from connectors.sandbox.company import words
from connectors.sandbox.company.clock import (
    add_months,
    is_workday,
    iso_day,
    next_workday,
    previous_workday,
    quarter_first,
    workdays,
)
from connectors.sandbox.company.company import Company
from connectors.sandbox.company.contracts import customers_on
from connectors.sandbox.company.files import Row, hundredths, money
from connectors.sandbox.company.people import Person
from connectors.sandbox.company.seasons import growth

_CHANNELS: Final = {"Search": 9_000, "Social": 14_000, "Email": 5_000, "Display": 22_000}
_TIME_CATEGORIES: Final = {"selling": 3.4, "data_entry": 1.1, "content": 0.8, "admin": 1.6}
_CRITERIA: Final = ("Teamwork", "Customer focus", "Integrity", "Initiative")
_RECOMMENDATION_WEIGHTS: Final = (1, 1, 1, 2, 2, 4, 6, 11, 17, 22, 18)
_SATISFACTION_WEIGHTS: Final = (3, 5, 14, 38, 40)


def survey_rows(company: Company) -> Iterator[Row]:
    """Yield answers of customers: NPS from 0 to 10, CSAT from 1 to 5."""
    random = company.random("surveys")
    accounts = {account.id: account for account in company.accounts}
    names = {person.id: person.name for person in company.staff.people}
    for month in company.window.months:
        customers = [accounts[account_id] for account_id in customers_on(company.contracts, month)]
        days = _days_of_month(company, month)
        for account in random.sample(customers, round(len(customers) * 0.3)) if days else []:
            is_nps = random.random() < 0.6
            weights = _RECOMMENDATION_WEIGHTS if is_nps else _SATISFACTION_WEIGHTS
            yield {
                "Date": iso_day(random.choice(days)), "Survey": "nps" if is_nps else "csat",
                "Score": random.choices(range(len(weights)), weights)[0] + (0 if is_nps else 1),
                "Account": account.name, "Rep": names.get(account.owner_id, ""),
            }  # fmt: skip


def _days_of_month(company: Company, month: int) -> list[int]:
    """Return the workdays of a month that are over."""
    return workdays(month, min(add_months(month, 1), company.window.today) - 1)


def marketing_rows(company: Company) -> Iterator[Row]:
    """Yield each channel's day."""
    random = company.random("marketing")
    for day in range(company.window.first, company.window.today):
        running = [one for one in company.campaigns if one.started_on <= day <= one.ended_on]
        for channel, usual in _CHANNELS.items():
            campaign = running[-1].name if running and channel in ("Social", "Email") else ""
            yield _channel_day(random, day, channel, usual * growth(day, company.window), campaign)


def _channel_day(random: Random, day: int, channel: str, usual: float, campaign: str) -> Row:
    impressions = int(usual * (1.0 if is_workday(day) else 0.45) * random.uniform(0.7, 1.3))
    clicks = int(impressions * random.uniform(0.012, 0.03))
    interactions = clicks + int(impressions * random.uniform(0.0, 0.01))
    is_social = channel == "Social"
    return {
        "Date": iso_day(day), "Channel": channel, "Campaign": campaign, "Impressions": impressions, "Clicks": clicks,
        "Interactions": interactions, "Conversions": int(interactions * random.uniform(0.02, 0.07)),
        "Visits": clicks + random.randrange(60), "Likes": random.randrange(40, 160) if is_social else None,
        "Shares": random.randrange(25) if is_social else None,
        "Comments": random.randrange(30) if is_social else None,
        "Mentions": random.randrange(12) if is_social else None,
    }  # fmt: skip


def time_rows(company: Company) -> Iterator[Row]:
    """Yield one day a week of each seller, by what the hours went to: the weekly time survey."""
    random = company.random("time")
    for number, seller in enumerate(company.staff.sellers):
        first = company.window.first + (number % 5 - company.window.first - 3) % 7
        for day in range(first, company.window.today, 7):
            if seller.is_working(day):
                for category, usual in _TIME_CATEGORIES.items():
                    quarters = max(1, round(random.gauss(usual, usual / 4) * 4))
                    yield {
                        "Date": iso_day(day), "Rep": seller.name, "Category": category, "Hours": money(quarters * 25),
                    }  # fmt: skip


def hiring_rows(company: Company) -> Iterator[Row]:
    """Yield who applied, with the seller who talked to them; those who began in the window were hired."""
    random = company.random("hiring")
    hired = [seller for seller in company.staff.sellers if seller.hired_on >= company.window.first + 45]
    for seller in hired:
        applied_on = previous_workday(seller.hired_on - random.randint(25, 44))
        yield _candidate(random, company, seller.name, applied_on, seller.hired_on)
    for month in company.window.months:
        days = _days_of_month(company, month)
        for _ in range(random.randint(3, 8) if days else 0):
            applied_on = random.choice(days)
            starts_on = next_workday(applied_on + random.randint(20, 70))
            is_hired = random.random() < 0.12 and starts_on < company.window.today
            yield _candidate(
                random, company, " ".join(words.person_name(random)), applied_on, starts_on if is_hired else None
            )


def _candidate(random: Random, company: Company, name: str, applied_on: int, hired_on: int | None) -> Row:
    interviewer = random.choice([seller for seller in company.staff.sellers if seller.is_working(applied_on)])
    hours = random.randrange(8, 40) / 4 + (12 if hired_on else 0)
    return {
        "Candidate": name, "Applied on": iso_day(applied_on), "Hired on": iso_day(hired_on), "Rep": interviewer.name,
        "Recruiting hours": money(hundredths(hours)),
    }  # fmt: skip


def training_rows(company: Company) -> Iterator[Row]:
    """Yield courses: two weeks for those who are new, a day or two a year for all."""
    random = company.random("training")
    for seller in company.staff.sellers:
        for week in (0, 7):
            day = seller.hired_on + week
            if company.window.first <= day < company.window.today:
                yield _course(seller, day, 32, 2_400)
        for month in company.window.months:
            days = [day for day in _days_of_month(company, month) if seller.is_working(day)]
            if days and random.random() < 0.16:
                yield _course(seller, random.choice(days), random.choice((4, 8, 8, 16)), random.randrange(300, 1_300))


def _course(seller: Person, day: int, hours: int, cost: int) -> Row:
    return {"Date": iso_day(day), "Rep": seller.name, "Hours": hours, "Cost": cost}


def process_check_rows(company: Company) -> Iterator[Row]:
    """Yield a monthly look at each seller's deals: was the sales process followed?"""
    random = company.random("process checks")
    discipline = {seller.id: random.uniform(0.55, 0.97) for seller in company.staff.sellers}
    for month in company.window.months:
        for seller in company.staff.sellers:
            days = [day for day in _days_of_month(company, month) if seller.is_working(day)]
            if days:
                follows = random.random() < discipline[seller.id]
                yield {
                    "Date": iso_day(random.choice(days)), "Rep": seller.name,
                    "Follows process": "TRUE" if follows else "FALSE",
                }  # fmt: skip


def assessment_rows(company: Company) -> Iterator[Row]:
    """Yield the managers' scores of each quarter, from 1 to 5."""
    random = company.random("assessments")
    for month in company.window.months:
        day = previous_workday(add_months(month, 1) - 1)
        if quarter_first(month) != add_months(month, -2) or day >= company.window.today:
            continue
        for seller in company.staff.sellers:
            for criterion in _CRITERIA if seller.is_working(day) else ():
                score = random.choices((2, 3, 4, 5), (1, 4, 6, 3))[0]
                yield {"Date": iso_day(day), "Rep": seller.name, "Criterion": criterion, "Score": score}


def usage_rows(company: Company) -> Iterator[Row]:
    """Yield how many people used the product at each customer, once a month; some customers do not use it."""
    random = company.random("usage")
    accounts = {account.id: account for account in company.accounts}
    habits = {account.id: random.betavariate(6, 1.2) for account in company.accounts}
    for month in company.window.months:
        days = _days_of_month(company, month)
        for account_id in customers_on(company.contracts, month) if days else ():
            if random.random() < habits[account_id]:
                users = int(random.lognormvariate(3.2, 0.8)) + 1
                yield {
                    "Date": iso_day(random.choice(days)), "Account": accounts[account_id].name, "Quantity": users,
                }  # fmt: skip


def market_rows(company: Company) -> Iterator[Row]:
    """Yield each month that is over: sales of the market and the largest competitor, our net income and equity."""
    random = company.random("market")
    sold: Counter[int] = Counter()
    for deal in company.won_deals:
        sold[add_months(deal.close_day, 0)] += deal.amount or 0
    equity = 900_000_000
    for month in company.window.months[:-1]:
        usual = sum(sold.values()) / len(sold) * growth(month, company.window)
        income = round(sold[month] * random.uniform(0.06, 0.14))
        equity += income // 2
        yield {
            "Date": iso_day(add_months(month, 1) - 1), "Market sales": money(round(usual * random.uniform(11, 14))),
            "Largest competitor sales": money(round(usual * random.uniform(2.0, 2.6))), "Net income": money(income),
            "Equity": money(equity),
        }  # fmt: skip
