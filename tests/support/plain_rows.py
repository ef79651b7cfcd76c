"""The facts of the second computation: rows in lists, made one by one; and whose each of them is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from kpis.definitions import Catalogue
from kpis.memberships import When
from kpis.periods import Calendar, day_number
from tests.support.canonical import Row
from tests.support.plain_facts import Company, Fields, day_of
from tests.support.random_org import Org

Slice = Mapping[str, str]  # dimension -> member id, "" for nobody; empty for the company


class Rows:
    """One organisation, looked at by the loops below."""

    def __init__(self, org: Org, catalogue: Catalogue, calendar: Calendar, when: When = "now") -> None:
        self.when = when
        self.catalogue = catalogue
        self.calendar = calendar
        self.today = day_number(org.today)
        self.tables = org.tables
        self.reps = {cast("str", rep["id"]): rep for rep in self.rows("rep")}
        self.markets = {account["id"]: account.get("market") for account in self.rows("account")}
        self.products = {product["id"] for product in self.rows("product")}
        deals = self.deals()
        self.company = Company(org.tables, deals, self.today, self.first_day())
        self.facts = {
            "opportunity": deals, "lead": self.leads(), "activity": self.activities(),
            "rep": self.sellers(), **{name: self.plain_rows(name) for name in _PLAIN if name in self.tables},
            "customer": self.company.customers(), "profit": self.company.profits(),
            "relationship": self.company.relationships(), "waiting": self.company.waits(),
            "stage_entry": self.company.stage_entries(), "credit": self.company.credits(),
            "campaign": self.company.campaigns(),
        }  # fmt: skip
        self.split = [part for deal in self.facts["opportunity"] for part in self.parts(deal)]

    def rows(self, table: str) -> Sequence[Row]:
        return self.tables.get(table, [])

    # ---- facts

    def deals(self) -> list[Fields]:
        first_wins = self.first_wins()
        acts = Company(self.tables, [], self.today, 0)
        found = []
        for deal in self.rows("opportunity"):
            lines = [line for line in self.rows("opportunity_line") if line.get("opportunity") == deal["id"]]
            close = cast("int", day_of(deal["close_date"]))
            created = day_of(deal.get("created_at"))
            entered = created if created is not None else min(close, self.today)
            amount = deal["amount"] if deal["amount"] is not None else _sum(map(line_total, lines))
            found.append(
                {
                    **deal, **list_sums(lines), "deals": 1, "amount": amount, "lines": lines,
                    "weighted_amount": _times(amount, deal.get("probability")),
                    "cycle_days": None if created is None else close - created,
                    "is_first_win": deal["id"] in first_wins,
                    **{
                        f"has_{kind}_before_close": any(
                            act["kind"] == kind and act.get("opportunity") == deal["id"] and acts.done(act)
                            and cast("int", day_of(act["occurred_at"])) <= close
                            for act in self.rows("activity")
                        )
                        for kind in ("call", "email")
                    },
                    "created_day": entered, "close_day": close, "market": self.markets.get(deal.get("account")),
                    "exit_day": max(min(close, self.today), entered) if deal["is_closed"] else None,
                }
            )  # fmt: skip
        return found

    def first_wins(self) -> set[object]:
        earliest: dict[object, tuple[object, ...]] = {}
        for deal in self.rows("opportunity"):
            if deal["is_won"] and deal.get("account") is not None:
                created = deal.get("created_at")
                rank = (day_of(deal["close_date"]), created is None, created or 0, deal["id"])
                account = deal["account"]
                earliest[account] = min(earliest.get(account, rank), rank)
        return {rank[-1] for rank in earliest.values()}

    def parts(self, deal: Fields) -> list[Fields]:
        """Return a deal as one row for each of its products, and one for what is left over."""
        lines = cast("list[Row]", deal["lines"])
        different = sorted({cast("str", line["product"]) for line in lines if line.get("product") is not None})
        parts: list[Fields] = []
        for product in different:
            own = [line for line in lines if line.get("product") == product]
            amount = _sum(map(line_total, own))
            weighted = _times(amount, deal.get("probability"))
            parts.append(
                {**deal, **list_sums(own), "product": product, "amount": amount, "weighted_amount": weighted}
            )
        rest = {
            key: _minus(deal[key], [part[key] for part in parts])
            for key in ("amount", "line_value", "list_value", "units")
        }
        if not parts or any(abs(value) >= 1e-6 for value in rest.values() if value is not None):
            weighted = _times(rest["amount"], deal.get("probability"))
            alone = {} if not parts else {"deals": 0, "cycle_days": None}
            parts.append({**deal, **rest, **alone, "product": None, "weighted_amount": weighted})
        return parts

    def leads(self) -> list[Fields]:
        won = {deal["id"] for deal in self.rows("opportunity") if deal["is_won"]}
        channels = {campaign["id"]: campaign.get("channel") for campaign in self.rows("campaign")}
        found = []
        for lead in self.rows("lead"):
            contacts = [
                cast("datetime", act["occurred_at"])
                for act in self.rows("activity")
                if act.get("lead") == lead["id"] and self.company.done(act)
                and act["kind"] in {"call", "email", "meeting"}
            ]  # fmt: skip
            contact = cast("datetime | None", lead.get("first_contacted_at")) or min(contacts, default=None)
            created = cast("datetime", lead["created_at"])
            hours = None if contact is None else max((contact - created).total_seconds() / 3600, 0.0)
            days = {f"{name}_day": day_of(lead.get(f"{name}_at")) for name in ("created", "mql", "sql", "converted")}
            found.append(
                {
                    **lead, **days, "leads": 1, "response_hours": hours, "is_contacted": contact is not None,
                    "market": self.markets.get(lead.get("account")), "channel": channels.get(lead.get("campaign")),
                    "became_opportunity": lead.get("opportunity") is not None,
                    "became_customer": lead.get("opportunity") in won or any(
                        deal["is_won"] and deal.get("account") is not None
                        and deal.get("account") == lead.get("account")
                        and cast("int", day_of(deal["close_date"])) >= cast("int", days["created_day"])
                        for deal in self.rows("opportunity")
                    ),
                }
            )  # fmt: skip
        return found

    def activities(self) -> list[Fields]:
        marks = {"is_opened": "opened_at", "is_clicked": "clicked_at", "is_replied": "replied_at",
                 "is_unsubscribed": "unsubscribed_at"}  # fmt: skip
        return [
            {
                **act, **{flag: act.get(column) is not None for flag, column in marks.items()}, "activities": 1,
                "market": self.markets.get(act.get("account")), "occurred_day": day_of(act.get("occurred_at")),
                "scheduled_day": day_of(act.get("scheduled_at")),
                "is_outbound": True if act.get("is_outbound") is None else act["is_outbound"],
                "is_done": self.company.done(act) if act.get("is_done") is None else act["is_done"],
            }
            for act in self.rows("activity")
        ]  # fmt: skip

    def sellers(self) -> list[Fields]:
        managers = {rep.get("manager") for rep in self.reps.values()}
        first = self.first_day()
        found = []
        for rep in self.reps.values():
            acts = [act for act in self.rows("activity") if act.get("owner") == rep["id"]]
            dated = [act for act in acts if _act_day(act) is not None]
            deals = [deal for deal in self.rows("opportunity") if deal.get("owner") == rep["id"]]
            if rep["id"] in managers and not deals and not dated:
                continue
            left = day_of(rep.get("left_on"))
            hired = day_of(rep.get("hired_on"))
            hired = first if hired is None else hired
            if left is None and rep.get("is_active") is False:
                lasts = [min(cast("int", _act_day(act)), self.today) for act in dated]
                lasts += [day for deal in deals if (day := self.last_day(deal)) is not None]
                left = max([first, *lasts])
            left = None if left is None or left > self.today else max(left, hired)
            is_known = rep.get("hired_on") is not None
            found.append(
                {
                    **rep, "owner": rep["id"], "reps": 1, "hired_day": hired, "left_day": left,
                    "has_hire_date": is_known, "tenure_days": left - hired if is_known and left is not None else None,
                }
            )  # fmt: skip
        return found

    def last_day(self, deal: Row) -> int | None:
        return (
            min(cast("int", day_of(deal["close_date"])), self.today)
            if deal["is_closed"]
            else day_of(deal["created_at"])
        )

    def first_day(self) -> int:
        columns = (("opportunity", "created_at"), ("opportunity", "close_date"), ("lead", "created_at"),
                   ("activity", "occurred_at"))  # fmt: skip
        days = [day_of(row.get(column)) for table, column in columns for row in self.rows(table)]
        return min((day for day in days if day is not None), default=self.today)

    def plain_rows(self, name: str) -> list[Fields]:
        count, columns = _PLAIN[name]
        return [
            {
                **row, count: 1, **{f"{axis}_day": day_of(row.get(column)) for axis, column in columns.items()},
                "account": self.company.account_called(row.get("account")),
                "owner": self.owner_of(name, row),
                "market": self.markets.get(self.company.account_called(row.get("account"))),
                "rep_day": (row.get("rep"), row.get("on")), "next_day": self.next_check_day(row),
                "hire_days": self.hire_days(row), "left_day": left_day(row), "is_followed": self.is_followed(row),
            }
            for row in self.rows(name)
        ]  # fmt: skip

    def owner_of(self, name: str, row: Row) -> object:
        if name in {"usage", "subscription"}:
            return self.company.of_account(self.company.account_called(row.get("account")))["owner"]
        return row.get("rep")

    def next_check_day(self, row: Row) -> int | None:
        """Return the day of the next check of the same rep; of two checks on one day the later id is the next."""
        if "follows_process" not in row:
            return None
        others = [other for other in self.rows("process_check") if other.get("rep") == row.get("rep")]
        ranks = sorted((cast("int", day_of(other["on"])), str(other["id"])) for other in others)
        after = [day for day, key in ranks if (day, key) > (cast("int", day_of(row["on"])), str(row["id"]))]
        return after[0] if after else None

    def is_followed(self, contract: Row) -> bool:
        """Tell whether another contract of the same account runs on the day after this one's last."""
        left, account = left_day(contract), self.company.account_called(contract.get("account"))
        if left is None or account is None:
            return False
        others = [row for row in self.rows("subscription") if row["id"] != contract["id"]]
        others = [row for row in others if self.company.account_called(row.get("account")) == account]
        ends = [left_day(row) for row in others if cast("int", day_of(row["started_on"])) <= left]
        return any(end is None or end > left for end in ends)

    def hire_days(self, row: Row) -> int | None:
        applied, hired = day_of(row.get("applied_on")), day_of(row.get("hired_on"))
        return None if applied is None or hired is None else hired - applied

    # ---- slices

    def member(self, row: Fields, dimension: str, day: int) -> str:
        """Return the id of the member that a row belongs to on a day, "" for nobody's."""
        owner = row.get("owner")
        match dimension:
            case "rep":
                return str(owner) if owner in self.reps else ""
            case "team" | "region":
                return self.group(str(owner), dimension, day) if owner in self.reps else ""
            case "product":
                return str(row["product"]) if row.get("product") in self.products else ""
            case "campaign":
                return self.campaign(row.get("campaign"))
        return str(row.get(dimension) or "")

    def group(self, rep: str, dimension: str, day: int) -> str:
        """Return the team or region of a rep: as it is now, or as the rep's last row by that day says."""
        steps = self.steps(rep, dimension)
        if self.when == "now" or not steps:
            return str(self.reps[rep].get(dimension) or "")
        by_then = [step for step in steps if step[0] <= day]
        first_day = [step for step in steps if step[0] == steps[0][0]]
        return (by_then or first_day)[-1][2]

    def steps(self, rep: str, dimension: str) -> list[tuple[int, str, str]]:
        """Return day, id and group of what is said of a rep, in order; what was kept counts where no more is said."""
        rows = [row for row in self.rows("rep_history") if row["rep"] == rep]
        rows = [row for row in rows if not str(row["id"]).startswith("kept:")] or rows
        said = [(day_of(row["started_on"]), str(row["id"]), row[dimension]) for row in rows]
        return sorted((cast("int", day), key, str(group)) for day, key, group in said if group is not None)

    def campaign(self, word: object) -> str:
        known = {campaign["id"]: campaign["name"] for campaign in self.rows("campaign")}
        named = [key for key, name in known.items() if name == word]
        if word in known or len(named) != 1:
            return str(word or "")
        return str(named[0])

    def inside(self, fact: str, chosen: Slice, moment: str | int) -> list[Fields]:
        """Return the rows of a slice, on a day or on the day in a column."""
        rows = self.split if fact == "opportunity" and "product" in chosen else self.facts[fact]
        return [
            row for row in rows
            if (day := row.get(moment) if isinstance(moment, str) else moment) is not None
            and all(self.member(row, name, cast("int", day)) == key for name, key in chosen.items())
        ]  # fmt: skip


_PLAIN: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "expense": ("expenses", {"on": "on"}), "login": ("logins", {"on": "on"}),
    "survey_response": ("responses", {"on": "on"}), "marketing_stat": ("stats", {"on": "on"}),
    "training": ("trainings", {"on": "on"}), "work_log": ("logs", {"on": "on"}),
    "candidate": ("candidates", {"applied": "applied_on", "hired": "hired_on"}),
    "process_check": ("checks", {"on": "on"}), "assessment": ("assessments", {"on": "on"}),
    "usage": ("usages", {"on": "on"}), "market_stat": ("stats", {"on": "on"}),
    "subscription": ("subscriptions", {"started": "started_on", "ended": "ended_on"}),
}  # fmt: skip


def line_total(line: Row) -> float | None:
    if line.get("total") is not None:
        return cast("float", line["total"])
    if line.get("quantity") is None or line.get("unit_price") is None:
        return None
    return cast("float", line["quantity"]) * cast("float", line["unit_price"])


def left_day(contract: Row) -> int | None:
    """Return the first day on which a contract does not run any more."""
    ended, started = day_of(contract.get("ended_on")), day_of(contract.get("started_on"))
    return None if ended is None else max(ended + 1, cast("int", started))


def list_sums(lines: Sequence[Row]) -> Fields:
    priced = [line for line in lines if line.get("list_price") is not None]
    quantities = [1.0 if line.get("quantity") is None else cast("float", line["quantity"]) for line in priced]
    prices = [cast("float", line["list_price"]) for line in priced]
    return {
        "line_value": _sum(map(line_total, priced)),
        "list_value": _sum(price * quantity for price, quantity in zip(prices, quantities, strict=True)),
        "units": _sum(1.0 if line.get("quantity") is None else cast("float", line["quantity"]) for line in lines),
    }


def _sum(values: object) -> float | None:
    known = [value for value in cast("Sequence[float | None]", values) if value is not None]
    return sum(known) if known else None


def _times(amount: object, probability: object) -> float | None:
    if amount is None or probability is None:
        return None
    return cast("float", amount) * cast("float", probability) / 100


def _minus(whole: object, parts: Sequence[object]) -> float | None:
    if whole is None:
        return None
    return cast("float", whole) - sum(cast("float", part) for part in parts if part is not None)


def _act_day(act: Row) -> int | None:
    occurred = day_of(act.get("occurred_at"))
    return occurred if occurred is not None else day_of(act.get("scheduled_at"))
