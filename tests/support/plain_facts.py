"""Facts of the second computation that take more than a row: customers, stages, relationships; day by day.

Everything that lasts is found by asking, on each single day, whether it is so; runs of such days are the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import cast

from kpis.periods import day_number
from tests.support.canonical import Row

Fields = dict[str, object]
_CUSTOMER_DAYS = 365
_FRESH_DAYS = 30


def day_of(value: object) -> int | None:
    if isinstance(value, datetime):
        return day_number(value.astimezone(UTC).date())
    return day_number(value) if isinstance(value, date) else None


def runs(first: int, last: int, state: Callable[[int], object]) -> list[tuple[object, int, int | None]]:
    """Return the runs of days with one and the same state that is not None: state, first day, first day after."""
    found: list[tuple[object, int, int | None]] = []
    before: object = None
    for day in range(first, last + 1):
        now = state(day)
        if before is not None and now != before:
            found[-1] = (found[-1][0], found[-1][1], day)
        if now is not None and now != before:
            found.append((now, day, None))
        before = now
    return found


class Company:
    """The tables of one organisation, its deals as `plain` made them, and what can be told of its accounts."""

    def __init__(self, tables: Mapping[str, Sequence[Row]], deals: Sequence[Fields], today: int, first: int) -> None:
        self.tables = tables
        self.deals = deals
        self.today = today
        self.first_day = first
        self.accounts = {account["id"]: account for account in self.rows("account")}
        days = [deal[f"{axis}_day"] for deal in deals for axis in ("created", "close")]
        days += [day_of(row.get("started_on")) for row in self.rows("subscription")]
        self.earliest = min([first, *(cast("int", day) for day in days if day is not None)])

    def rows(self, table: str) -> Sequence[Row]:
        return self.tables.get(table, [])

    def account_called(self, word: object) -> object:
        """Return the account that an id or a typed name means, the word itself if that is none or several."""
        if word is None or word in self.accounts:
            return word
        typed = str(word).strip().lower()
        named = [key for key, one in self.accounts.items() if str(one["name"]).strip().lower() == typed]
        return named[0] if len(named) == 1 else word

    def of_account(self, account: object) -> Fields:
        row = self.accounts.get(account, {})
        return {"account": account, "owner": row.get("owner"), "market": row.get("market")}

    def done(self, act: Row) -> bool:
        """Tell whether an activity took place."""
        day = day_of(act.get("occurred_at"))
        said = act.get("is_done")
        return day is not None and (day <= self.today if said is None else bool(said))

    # ---- customers

    def contracts(self) -> dict[object, list[tuple[int, int]]]:
        found: dict[object, list[tuple[int, int]]] = {}
        for row in self.rows("subscription"):
            account = self.account_called(row.get("account"))
            if account is not None:
                end = day_of(row.get("ended_on"))
                begin = cast("int", day_of(row["started_on"]))
                found.setdefault(account, []).append((begin, 10**7 if end is None else end))
        return found

    def won(self) -> list[Fields]:
        return [deal for deal in self.deals if deal["is_won"] and deal.get("account") is not None]

    def stays(self) -> dict[object, list[tuple[int, int]]]:
        """Return from when to when, both included, each account is a customer; these may overlap."""
        contracts = self.contracts()
        stays = dict(contracts)
        for deal in self.won():
            if deal["account"] not in contracts:
                close = cast("int", deal["close_day"])
                stays.setdefault(deal["account"], []).append((close, close + _CUSTOMER_DAYS))
        return stays

    def customers(self) -> list[Fields]:
        found: list[Fields] = []
        last = self.today + 2 * _CUSTOMER_DAYS
        for account, stays in self.stays().items():

            def state(day: int, stays: Sequence[tuple[int, int]] = stays) -> object:
                return True if any(begin <= day <= end for begin, end in stays) else None

            for place, (_, begin, end) in enumerate(runs(self.earliest, last, state)):
                second = self.second_product_day(account)
                second = None if second is None else max(second, begin)
                is_there = second is not None and (end is None or second < end)
                found.append(
                    {
                        **self.of_account(account), "customers": 1, "is_first": place == 0, "started_day": begin,
                        "ended_day": end, "stay_days": None if end is None else end - begin,
                        "second_day": second if is_there else None,
                    }
                )  # fmt: skip
        return found

    def second_product_day(self, account: object) -> int | None:
        """Return the day on which an account's won deals came to have two different products."""
        owned: set[object] = set()
        for deal in sorted(self.won(), key=lambda deal: cast("int", deal["close_day"])):
            if deal["account"] == account:
                lines = cast("Sequence[Row]", deal["lines"])
                owned |= {line["product"] for line in lines if line.get("product") is not None}
                if len(owned) >= 2:
                    return cast("int", deal["close_day"])
        return None

    def profits(self) -> list[Fields]:
        costs = [(self.account_called(row.get("account")), row) for row in self.rows("expense")]
        costed = {account for account, _ in costs if account is not None}
        brought = [
            {"account": deal["account"], "amount": deal["amount"], "on_day": deal["close_day"]} for deal in self.won()
        ]
        customers = {row["account"] for row in self.customers()}
        took = [
            {"account": account, "cost": row["amount"], "on_day": day_of(row["on"])}
            for account, row in costs
            if account in customers
        ]
        return [
            {**row, **self.of_account(row["account"]), "entries": 1, "has_costs": row["account"] in costed}
            for row in [*brought, *took]
        ]

    # ---- credits

    def credits(self) -> list[Fields]:
        found: list[Fields] = []
        for deal in self.deals:
            if not deal["is_won"]:
                continue
            given = [row for row in self.rows("opportunity_split") if row["opportunity"] == deal["id"]]
            shares = [
                (row["rep"], cast("float", row["percent"])) for row in given if cast("float", row["percent"]) > 0
            ]
            total = sum(percent for _, percent in shares)
            if total < 99.995:
                shares.append((deal.get("owner"), 100 - total))
            amount = cast("float | None", deal["amount"])
            found += [
                {**deal, "owner": rep, "credits": 1,
                 "amount": None if amount is None else amount * percent / (total if total >= 99.995 else 100)}
                for rep, percent in shares
            ]  # fmt: skip
        return found

    # ---- relationships

    def contact_days(self) -> dict[tuple[str, object], set[int]]:
        """Return the days on which each account and lead was in contact."""
        of_deal = {deal["id"]: deal.get("account") for deal in self.rows("opportunity")}
        found: dict[tuple[str, object], set[int]] = {}
        for act in self.rows("activity"):
            if self.done(act):
                day = cast("int", day_of(act["occurred_at"]))
                account = act.get("account")
                account = of_deal.get(act.get("opportunity")) if account is None else account
                for kind, who in (("account", account), ("lead", act.get("lead"))):
                    if who is not None:
                        found.setdefault((kind, who), set()).add(day)
        for lead in self.rows("lead"):
            if (first := day_of(lead.get("first_contacted_at"))) is not None:
                found.setdefault(("lead", lead["id"]), set()).add(first)
        return found

    def relationships(self) -> list[Fields]:
        contacts = self.contact_days()
        found: list[Fields] = []
        for kind, row in [("account", row) for row in self.rows("account")] + [
            ("lead", r) for r in self.rows("lead")
        ]:
            created = day_of(row.get("created_at"))
            begins = self.first_day if created is None else created
            ends = self.conversion(row, begins) if kind == "lead" else 10**7
            days = contacts.get((kind, row["id"]), set())

            def state(day: int, begins: int = begins, ends: int = ends, days: Iterable[int] = days) -> object:
                if not begins <= day < ends:
                    return None
                return any(contact <= day < contact + _FRESH_DAYS for contact in days)

            market = row.get("market")
            if kind == "lead":
                market = self.accounts.get(row.get("account"), {}).get("market")
            found += [
                {"owner": row.get("owner"), "market": market, "relationships": 1, "kind": kind, "is_fresh": fresh,
                 "started_day": begin, "ended_day": end}
                for fresh, begin, end in runs(begins, max(self.today, begins), state)
            ]  # fmt: skip
        return found

    def conversion(self, lead: Row, created: int) -> int:
        """Return the day from which on a lead is not open any more."""
        converted = day_of(lead.get("converted_at"))
        if converted is not None:
            return converted
        return 10**7 if lead.get("opportunity") is None else created

    def waits(self) -> list[Fields]:
        contacts = self.contact_days()
        found: list[Fields] = []
        for account in {deal.get("account") for deal in self.deals} - {None}:
            days = contacts.get(("account", account), set())
            deals = [deal for deal in self.deals if deal.get("account") == account]

            def state(day: int, days: set[int] = days, deals: Sequence[Fields] = deals) -> object:
                if not any(is_open(deal, day) for deal in deals):
                    return None
                return max((contact for contact in days if contact <= day), default=None)

            found += [
                {**self.of_account(account), "accounts": 1, "contact_day": contact, "started_day": begin,
                 "ended_day": end}
                for contact, begin, end in runs(self.earliest, self.today + 400, state)
            ]  # fmt: skip
        return found

    # ---- stages

    def stage_entries(self) -> list[Fields]:
        found: list[Fields] = []
        for deal in self.deals:
            events = [event for event in self.rows("opportunity_event") if event["opportunity"] == deal["id"]]
            events.sort(key=lambda event: (event["at"], event["id"]))
            steps = [(self.place(event.get("stage")), day_of(event["at"])) for event in events]
            way = [(place, day) for place, day in steps if place is not None]
            found += [
                {**deal, "entries": 1, "stage": stage, "entered_day": day, "is_passed": passed}
                for stage, (day, passed) in self.entries(way).items()
            ]
        return found

    def place(self, stage: object) -> float | None:
        """Return where a stage stands: its position, beyond all if it is won, None if it is no step."""
        rows = [row for row in self.rows("stage") if row["name"] == stage]
        if any(row.get("is_won") for row in rows):
            return float("inf")
        if not rows or any(row.get("is_closed") for row in rows):
            return None
        positions = [row["position"] for row in rows if row.get("position") is not None]
        return float(max(cast("Sequence[int]", positions))) if positions else None

    def entries(self, way: Sequence[tuple[float, int | None]]) -> dict[str, tuple[int, bool]]:
        """Return when a deal first came to each open stage, or jumped over it, and whether it passed it then."""
        open_stages = {
            str(row["name"]): place
            for row in self.rows("stage")
            if (place := self.place(row["name"])) is not None and place != float("inf")
        }
        found: dict[str, tuple[int, bool]] = {}
        for stage, own in open_stages.items():
            for number, (place, day) in enumerate(way):
                jumped = number > 0 and way[number - 1][0] < own < place
                if place != own and not jumped:
                    continue
                passed = jumped or any(later > own for later, _ in way[number + 1 :])
                entered, ever = found.get(stage, (cast("int", day), False))
                found[stage] = (min(entered, cast("int", day)), ever or passed)
        return found

    # ---- campaigns

    def campaigns(self) -> list[Fields]:
        return [
            {**row, "campaigns": 1, "campaign": row["id"], "started_day": day_of(row.get("started_on")),
             "ended_day": day_of(row.get("ended_on")), **self.lift(row)}
            for row in self.rows("campaign")
        ]  # fmt: skip

    def lift(self, row: Row) -> Fields:
        first, end = day_of(row.get("started_on")), day_of(row.get("ended_on"))
        if first is None:
            return {}
        last = self.today if end is None else min(end, self.today)
        if last < first:
            return {}
        length = last - first + 1
        baseline: float | None = None
        if row.get("baseline") is not None:
            baseline = cast("float", row["baseline"]) * length / ((last if end is None else end) - first + 1)
        elif first - length >= self.first_day:
            baseline = self.sold(first - length, first - 1)
        return {"campaign_sales": self.sold(first, last), "baseline_sales": baseline}

    def sold(self, first: int, last: int) -> float:
        return sum(
            cast("float", deal["amount"])
            for deal in self.deals
            if deal["is_won"] and deal["amount"] is not None and first <= cast("int", deal["close_day"]) <= last
        )


def is_open(deal: Fields, day: int) -> bool:
    gone = deal["exit_day"]
    return cast("int", deal["created_day"]) <= day and (gone is None or day < cast("int", gone))
