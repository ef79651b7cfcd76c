"""Small random organisations full of what breaks computations: nobody's rows, odd days, same names."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tests.support.canonical import Row

FIRST = date(2024, 1, 1)
_SPAN_DAYS = 500
_OPTIONAL = (
    "account", "product", "opportunity_line", "lead", "activity", "target", "campaign", "expense", "login",
    "subscription", "stage", "opportunity_event", "opportunity_split", "work_log", "process_check", "usage",
)  # fmt: skip
_STAGES = ("Prospect", "Qualify", "Propose", "Close", "Won", "Lost", "Odd")


@dataclass(frozen=True)
class Org:
    tables: dict[str, list[Row]]
    today: date


def random_org(seed: int) -> Org:
    """Return an organisation; the same seed gives the same. Some lack tables, some have empty ones."""
    chance = random.Random(seed)
    today = FIRST + timedelta(days=chance.randrange(200, _SPAN_DAYS))
    people = _Maker(chance, today)
    tables = {
        "rep": people.many("rep", chance.randrange(3, 10), people.rep),
        "account": people.many("account", chance.randrange(1, 12), people.account),
        "product": people.many("product", chance.randrange(1, 5), people.product),
        "campaign": people.many("campaign", chance.randrange(3), people.campaign),
        "opportunity": people.many("opportunity", chance.randrange(5, 60), people.opportunity),
        "opportunity_line": people.many("opportunity_line", chance.randrange(60), people.line),
        "lead": people.many("lead", chance.randrange(25), people.lead),
        "activity": people.many("activity", chance.randrange(60), people.activity),
        "target": people.many("target", chance.randrange(40), people.target),
        "expense": people.many("expense", chance.randrange(20), people.expense),
        "login": people.many("login", chance.randrange(30), people.login),
        "survey_response": people.many("survey_response", chance.randrange(12), people.survey_response),
        "marketing_stat": people.many("marketing_stat", chance.randrange(12), people.marketing_stat),
        "training": people.many("training", chance.randrange(8), people.training),
        "subscription": people.many("subscription", chance.choice([0, 0, 4, 8]), people.subscription),
        "stage": people.stages(),
        "opportunity_event": people.many("opportunity_event", chance.randrange(90), people.opportunity_event),
        "opportunity_split": people.many("opportunity_split", chance.choice([0, 10, 40]), people.opportunity_split),
        "work_log": people.many("work_log", chance.randrange(20), people.work_log),
        "candidate": people.many("candidate", chance.randrange(8), people.candidate),
        "process_check": people.many("process_check", chance.randrange(20), people.process_check),
        "assessment": people.many("assessment", chance.randrange(8), people.assessment),
        "usage": people.many("usage", chance.randrange(15), people.usage),
        "market_stat": people.many("market_stat", chance.randrange(6), people.market_stat),
    }
    if chance.random() < 0.4:
        del tables[chance.choice(_OPTIONAL)]
    return Org({**tables, "rep_history": people.many("rep_history", chance.randrange(16), people.stint)}, today)


class _Maker:
    """Makes rows; each kind of row has its own method."""

    def __init__(self, chance: random.Random, today: date) -> None:
        self.chance = chance
        self.today = today
        self.ids: dict[str, list[str]] = {}

    def many(self, table: str, count: int, make: Callable[[], dict[str, object]]) -> list[Row]:
        self.ids[table] = [f"sf:{table[:3]}{number:03d}" for number in range(count)]
        return [{"id": key, **make()} for key in self.ids[table]]

    def rep(self) -> dict[str, object]:
        left = self.some(self.day, 0.2)
        return {
            "name": self.chance.choice(["Ann Lee", "Bob Ray", "Éva Noël", "Cy Young", "Dee & Co", "Flo: West"]),
            "email": self.chance.choice([None, f"{self.chance.randrange(10**6)}@example.com"]),
            "manager": self.one("rep", 0.5), "team": self.chance.choice(["West", "East", "R&D", None, ""]),
            "region": self.chance.choice(["EMEA", "Americas", None]), "hired_on": self.some(self.day, 0.7),
            "left_on": left, "is_active": self.chance.choice([True, True, False, None]),
        }  # fmt: skip

    def stint(self) -> dict[str, object]:
        """Return where a rep is from a day on, now and then said by half or kept by a refresh."""
        return {
            "id": f"{self.chance.choice(['sheet', 'sheet', 'kept'])}:{self.chance.randrange(10**6)}",
            "rep": self.one("rep", 1.0), "started_on": self.day(),
            "team": self.chance.choice(["West", "East", "North", None, ""]),
            "region": self.chance.choice(["EMEA", "Americas", "Moon", None, ""]),
        }  # fmt: skip

    def account(self) -> dict[str, object]:
        return {
            "name": self.chance.choice(["Acme", "Globex", "Initech", "acme", "Umbrella", "Hooli", "Stark"]),
            "market": self.chance.choice(["retail", "software", "West", None]), "owner": self.one("rep", 0.8),
            "created_at": self.some(self.moment, 0.7),
        }  # fmt: skip

    def product(self) -> dict[str, object]:
        return {"name": self.chance.choice(["GTX", "MG", "GTX"])}

    def campaign(self) -> dict[str, object]:
        return {
            "name": self.chance.choice(["Spring", "Autumn"]), "channel": self.chance.choice(["online", None]),
            "started_on": self.some(self.day, 0.9), "ended_on": self.some(self.day, 0.7), "cost": self.money(),
            "baseline": self.chance.choice([None, None, 5000.0]),
        }  # fmt: skip

    def opportunity(self) -> dict[str, object]:
        is_closed = self.chance.random() < 0.7
        return {
            "account": self.one("account", 0.8), "owner": self.one("rep", 0.85),
            "created_at": self.some(self.moment, 0.93), "close_date": self.day(),
            "stage": self.chance.choice([None, *_STAGES]),
            "is_closed": is_closed,
            "is_won": is_closed and self.chance.random() < 0.6, "amount": self.money(),
            "probability": self.chance.choice([None, 0.0, 10.0, 50.0, 100.0]),
            "kind": self.chance.choice(["new", "upsell", None]), "source": self.chance.choice(["Web", "Event", None]),
            "channel": self.chance.choice(["online", "partner", None]), "campaign": self.one("campaign", 0.3),
            "competitor": self.chance.choice([None, "Rival"]),
        }  # fmt: skip

    def line(self) -> dict[str, object]:
        price = self.money()
        return {
            "opportunity": self.one("opportunity", 1.0), "product": self.one("product", 0.85),
            "quantity": self.chance.choice([None, 1.0, 3.0]), "unit_price": price,
            "list_price": self.chance.choice([None, 100.0, 250.0]), "total": self.some(self.money, 0.8),
        }  # fmt: skip

    def lead(self) -> dict[str, object]:
        return {
            "owner": self.one("rep", 0.8), "created_at": self.moment(), "source": self.chance.choice(["Web", None]),
            "campaign": self.one("campaign", 0.4), "mql_at": self.some(self.moment, 0.4),
            "sql_at": self.some(self.moment, 0.3), "converted_at": self.some(self.moment, 0.3),
            "opportunity": self.one("opportunity", 0.3), "account": self.one("account", 0.3),
            "first_contacted_at": self.some(self.moment, 0.3),
        }  # fmt: skip

    def activity(self) -> dict[str, object]:
        return {
            "kind": self.chance.choice(["call", "email", "meeting", "demo", "proposal"]),
            "owner": self.one("rep", 0.85), "account": self.one("account", 0.5), "lead": self.one("lead", 0.4),
            "opportunity": self.one("opportunity", 0.5),
            "occurred_at": self.some(self.moment, 0.85), "scheduled_at": self.some(self.moment, 0.4),
            "is_done": self.chance.choice([True, True, False, None]),
            "is_connected": self.chance.choice([True, False, None]),
            "is_outbound": self.chance.choice([True, True, False, None]), "opened_at": self.some(self.moment, 0.4),
            "replied_at": self.some(self.moment, 0.2), "clicked_at": self.some(self.moment, 0.2),
        }  # fmt: skip

    def target(self) -> dict[str, object]:
        if self.chance.random() < 0.3:
            month = date(2024, self.chance.randrange(1, 13), 1)
            return {
                "kpi": "quota", "dimension": "rep", "member": self.one("rep", 1.0), "period_start": month,
                "period_end": month + timedelta(days=27), "value": self.chance.choice([0.37, 900.1]),
            }  # fmt: skip
        dimension = self.chance.choice(["rep", "rep", "rep", "team", "Région", "company", "product", "market"])
        member = {
            "team": "West", "Région": "emea", "company": None, "market": self.chance.choice(["retail", "nowhere"]),
            "product": self.one("product", 1.0), "rep": self.one("rep", 1.0),
        }[dimension]  # fmt: skip
        first = self.chance.choice([self.day(), date(2024, self.chance.choice([1, 4, 7, 10]), 1)])
        days = self.chance.choice([1, 2, 31, 90, 91, 366])
        return {
            "kpi": self.chance.choice(
                ["quota", "quota", "Revenue", "product_revenue", "calls_made", "win_rate", "activities_done"]
            ),
            "dimension": dimension, "member": member, "period_start": first,
            "period_end": first + timedelta(days=days - 1), "value": self.chance.choice([0.0, 0.3, 1000.0, 777.77]),
        }  # fmt: skip

    def expense(self) -> dict[str, object]:
        return {
            "on": self.day(), "category": self.chance.choice(["cogs", "sales", "marketing"]),
            "amount": self.money() or 0.0, "rep": self.one("rep", 0.5),
            "account": self.typed_account(0.5), "product": self.one("product", 0.3),
            "campaign": self.chance.choice([None, "Radio", "Spring"]),
        }  # fmt: skip

    def login(self) -> dict[str, object]:
        return {"rep": self.one("rep", 1.0), "on": self.day()}

    def survey_response(self) -> dict[str, object]:
        return {
            "on": self.day(), "kind": self.chance.choice(["nps", "csat"]), "score": float(self.chance.randrange(11)),
            "account": self.typed_account(0.6), "rep": self.one("rep", 0.6),
        }  # fmt: skip

    def marketing_stat(self) -> dict[str, object]:
        return {
            "on": self.day(), "channel": self.chance.choice(["online", "radio", None]), "campaign": "Radio",
            "impressions": float(self.chance.randrange(1000)), "clicks": self.some(lambda: 7.0, 0.7), "visits": 3.0,
            "conversions": 1.0, "interactions": self.chance.choice([0.0, 5.0]), "likes": 2.0,
        }  # fmt: skip

    def training(self) -> dict[str, object]:
        return {"on": self.day(), "rep": self.one("rep", 0.9), "hours": 4.0, "cost": self.money()}

    def subscription(self) -> dict[str, object]:
        return {
            "account": self.typed_account(0.9), "started_on": self.day(), "ended_on": self.some(self.day, 0.6),
            "annual_value": self.money(),
        }  # fmt: skip

    def stages(self) -> list[Row]:
        """Return stages in order with gaps, now and then one without a position or twice in the list."""
        rows: list[Row] = [
            {"id": f"sf:stage{place}", "name": name, "position": None if name == "Odd" else place * 10,
             "is_closed": name in {"Won", "Lost"}, "is_won": name == "Won"}
            for place, name in enumerate(_STAGES)
        ]  # fmt: skip
        if self.chance.random() < 0.3:
            rows.append({"id": "sf:stage9", "name": "Qualify", "position": 15, "is_closed": None, "is_won": None})
        return rows

    def opportunity_event(self) -> dict[str, object]:
        return {
            "opportunity": self.one("opportunity", 1.0) or "sf:gone", "at": self.moment(),
            "stage": self.chance.choice([None, "Unheard of", *_STAGES, *_STAGES[:4]]),
        }  # fmt: skip

    def opportunity_split(self) -> dict[str, object]:
        return {
            "opportunity": self.one("opportunity", 0.9) or "sf:gone", "rep": self.one("rep", 0.9) or "sf:gone",
            "percent": self.chance.choice([0.0, 12.5, 40.0, 50.0, 60.0, 100.0]),
        }  # fmt: skip

    def work_log(self) -> dict[str, object]:
        return {
            "on": self.day(), "rep": self.one("rep", 0.9), "hours": self.chance.choice([0.0, 1.5, 4.0]),
            "category": self.chance.choice(["selling", "data_entry", "content", "admin"]),
        }  # fmt: skip

    def candidate(self) -> dict[str, object]:
        return {
            "applied_on": self.day(), "hired_on": self.some(self.day, 0.5), "rep": self.one("rep", 0.6),
            "recruiting_hours": self.chance.choice([None, 2.0, 8.0]),
        }  # fmt: skip

    def process_check(self) -> dict[str, object]:
        return {"on": self.day(), "rep": self.one("rep", 1.0) or "sf:gone",
                "follows_process": self.chance.random() < 0.6}  # fmt: skip

    def assessment(self) -> dict[str, object]:
        return {"on": self.day(), "rep": self.one("rep", 1.0) or "sf:gone", "score": 3.5, "criterion": "Teamwork"}

    def usage(self) -> dict[str, object]:
        return {"on": self.day(), "account": self.typed_account(1.0) or "Nobody", "quantity": 2.0}

    def market_stat(self) -> dict[str, object]:
        return {
            "on": self.day(), "market_sales": self.money(), "largest_competitor_sales": 1000.0,
            "net_income": self.money(), "equity": self.some(lambda: 5000.0, 0.7),
        }  # fmt: skip

    def typed_account(self, share: float) -> str | None:
        """Return an account as people give it: by its id, or by a name that one, several or no accounts have."""
        if self.chance.random() < 0.6:
            return self.one("account", share)
        return self.chance.choice([None, " hooli ", "GLOBEX", "Acme", "Nobody"])

    def one(self, table: str, share: float) -> str | None:
        """Return an id of the table, now and then one that is not there."""
        known = self.ids.get(table, [])
        if not known or self.chance.random() > share:
            return None
        return "sf:gone" if self.chance.random() < 0.05 else self.chance.choice(known)

    def some(self, make: Callable[[], object], share: float) -> object:
        return make() if self.chance.random() < share else None

    def day(self) -> date:
        return FIRST + timedelta(days=self.chance.randrange(_SPAN_DAYS))

    def moment(self) -> datetime:
        """Return an instant, often midnight, so that many are equal."""
        day = datetime.combine(self.day(), datetime.min.time(), UTC)
        return day + timedelta(seconds=self.chance.choice([0, 0, 0, 1, 3600, 86399]))

    def money(self) -> float | None:
        return self.chance.choice([None, 0.0, -50.0, 0.01, 1e7, round(self.chance.expovariate(1 / 5000), 2)])
