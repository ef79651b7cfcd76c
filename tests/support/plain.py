"""A second computation of every KPI, as plainly as can be: rows in lists, one loop for each number.

It shares the catalogue's definitions and the arithmetic of formulas with the engine; rows, days, members, sums,
stocks, medians, targets and states are all worked out anew here, without SQL and without arrays.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import cast

from kpis.definitions import Catalogue, Condition, Measure
from kpis.formula import evaluate, names, parse_condition
from kpis.periods import (
    Calendar,
    Period,
    business_days,
    comparable,
    day_number,
    elapsed,
    month_of,
    prior,
    year_ago,
)
from tests.support.canonical import Row
from tests.support.plain_facts import Company, Fields, day_of
from tests.support.random_org import Org

Slice = Mapping[str, str]  # dimension -> member id, "" for nobody; empty for the company
ADDS_UP = {"revenue", "product_revenue", "calls_made", "activities_done"}
TARGET_KPIS = {"quota": "revenue", "Revenue": "revenue"}
_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


_NEEDS: Mapping[str, Sequence[Sequence[str]]] = {
    "stage_entry": (("opportunity_event",), ("stage",), ("opportunity",)),
    "customer": (("opportunity", "subscription"),), "profit": (("opportunity",),),
    "relationship": (("account", "lead"), ("activity",)), "waiting": (("opportunity",), ("activity",)),
}  # fmt: skip
_COLUMN_NEEDS: Mapping[str, str] = {
    "has_call_before_close": "activity", "has_email_before_close": "activity", "second_day": "opportunity_line",
    "campaign_sales": "opportunity", "baseline_sales": "opportunity",
}  # fmt: skip


@dataclass
class Goal:
    """A target row that can be used."""

    id: str
    kpi: str
    dimension: str
    member: str
    first: int
    last: int
    value: float


class Plain:
    """One organisation, looked at by the loops below."""

    def __init__(self, org: Org, catalogue: Catalogue, calendar: Calendar) -> None:
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
            "stage_entry": self.company.stage_entries(), "campaign": self.company.campaigns(),
        }  # fmt: skip
        self.split = [part for deal in self.facts["opportunity"] for part in self.parts(deal)]
        self.goals = [goal for row in self.rows("target") if (goal := self.goal(row))]

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

    def member(self, row: Fields, dimension: str) -> str:
        """Return the id of the member that a row belongs to, "" for nobody's."""
        owner = row.get("owner")
        match dimension:
            case "rep":
                return str(owner) if owner in self.reps else ""
            case "team" | "region":
                return str(self.reps[str(owner)].get(dimension) or "") if owner in self.reps else ""
            case "product":
                return str(row["product"]) if row.get("product") in self.products else ""
            case "campaign":
                return self.campaign(row.get("campaign"))
        return str(row.get(dimension) or "")

    def campaign(self, word: object) -> str:
        known = {campaign["id"]: campaign["name"] for campaign in self.rows("campaign")}
        named = [key for key, name in known.items() if name == word]
        if word in known or len(named) != 1:
            return str(word or "")
        return str(named[0])

    def inside(self, fact: str, chosen: Slice) -> list[Fields]:
        rows = self.split if fact == "opportunity" and "product" in chosen else self.facts[fact]
        return [row for row in rows if all(self.member(row, name) == key for name, key in chosen.items())]

    # ---- measures

    def kpi(self, kpi_id: str, chosen: Slice, period: Period) -> float | None:
        return self.value(kpi_id, chosen, period, is_forward=self.catalogue.kpis[kpi_id].is_forward)

    def value(self, name: str, chosen: Slice, period: Period, *, is_forward: bool) -> float | None:
        if name in self.catalogue.kpis:
            return self.formula(self.catalogue.kpis[name].formula, chosen, period, is_forward=is_forward)
        measure = self.catalogue.measures[name]
        match measure.kind:
            case "derived":
                return self.formula(measure.formula, chosen, period, is_forward=is_forward)
            case "shift":
                return self.value(measure.of, chosen, self.shifted(period, measure.shift), is_forward=is_forward)
            case "whole":
                return self.value(measure.of, {}, period, is_forward=is_forward)
            case "calendar":
                return float(business_days(period.first, elapsed(period, self.today).last, self.calendar))
            case "target":
                return self.target(measure.of, chosen, period)
            case "members":
                return self.members(measure, chosen, period, is_forward=is_forward)
            case "reached":
                return self.reached(measure, chosen, period)
        return self.measured(measure, chosen, period, is_forward=is_forward)

    def shifted(self, period: Period, shift: str) -> Period:
        if shift in {"prior", "year_ago"}:
            other = {"prior": prior, "year_ago": year_ago}[shift](period, self.calendar)
            return comparable(period, other, self.today, self.calendar)
        if shift == "start":
            return Period(period.first - 1, period.first - 1, "day", "")
        if shift == "rest":
            return Period(max(period.first, min(self.today, period.last + 1)), period.last, "range", "")
        is_ahead = period.first > self.today
        return period if is_ahead else Period(-100_000, min(period.last, self.today), "range", "")

    def formula(self, text: str, chosen: Slice, period: Period, *, is_forward: bool) -> float | None:
        values = {name: self.value(name, chosen, period, is_forward=is_forward) for name in names(text)}
        return evaluate(text, values)

    def measured(self, measure: Measure, chosen: Slice, period: Period, *, is_forward: bool) -> float | None:
        if not self.is_there(measure):
            return None
        days = [row.get(f"{axis}_day") for row in self.facts[measure.fact] for axis in self.axes(measure.fact)]
        dated = [cast("int", day) for day in days if day is not None]
        if not dated or period.last < min(dated):
            return None
        is_ahead = period.first > self.today and not is_forward
        rows = [row for row in self.inside(measure.fact, chosen) if all(meets(row, c) for c in measure.where)]
        begins, ends = f"{measure.axis}_day", f"{measure.end_axis}_day"
        until = min(period.last, self.today)
        if is_ahead and measure.kind in {"stock", "overlap", "age", "older", "survivors"}:
            return None
        if measure.kind in {"age", "older", "survivors"}:
            return self.of_stock(measure, rows, chosen, period)
        if measure.kind in {"stock", "overlap"}:
            out = until if measure.kind == "stock" else period.first - 1
            here = [row for row in rows if _by(row, begins, until)]
            gone = [row for row in rows if _by(row, ends, out)]
            return _total(here, measure.value) - _total(gone, measure.value)
        rows = [row for row in rows if row.get(begins) is not None]
        rows = [row for row in rows if period.first <= cast("int", row[begins]) <= period.last]
        if measure.kind == "flow":
            return _total(rows, measure.value) or (None if is_ahead else 0.0)
        values = [row[measure.value] for row in rows if row.get(measure.value) is not None]
        if measure.kind == "distinct":
            return len(set(values)) or (None if is_ahead else 0.0)
        return float(median(cast("list[float]", values))) if values else None

    def of_stock(
        self, measure: Measure, rows: Sequence[Fields], chosen: Slice, period: Period
    ) -> float | None:
        begins, ends = f"{measure.axis}_day", f"{measure.end_axis}_day"

        def there(day: int) -> list[Fields]:
            return [row for row in rows if _by(row, begins, day) and not _by(row, ends, day)]

        until = min(period.last, self.today)
        if measure.kind == "age":
            return float(sum(until - cast("int", row[measure.value]) for row in there(until)))
        if measure.kind == "survivors":
            before, after = ({row[measure.value] for row in there(day)} for day in (period.first - 1, until))
            return float(len(before & after))
        than = self.formula(measure.than, chosen, period, is_forward=False)
        objects = [row for row in there(until) if row[measure.value] != 0]
        return None if than is None else float(sum(until - cast("int", row[begins]) > than for row in objects))

    def is_there(self, measure: Measure) -> bool:
        table = "opportunity" if measure.fact == "opportunity_product" else measure.fact
        columns = {measure.value, f"{measure.axis}_day", *(one.column for one in measure.where)}
        own = [(_COLUMN_NEEDS[column],) for column in columns if column in _COLUMN_NEEDS]
        return all(any(one in self.tables for one in need) for need in (*_NEEDS.get(table, ((table,),)), *own))

    def reached(self, measure: Measure, chosen: Slice, period: Period) -> float | None:
        """Ask each seller's months one by one, from the hire on; who came before the data is nobody's business."""
        if "rep" not in self.tables or not self.facts["rep"] or period.first > self.today:
            return None
        days = [row[f"{axis}_day"] for row in self.facts["rep"] for axis in ("hired", "left")]
        if period.last < min(cast("int", day) for day in days if day is not None):
            return None
        told, total = [], 0.0
        for rep in self.inside("rep", chosen):
            begin = cast("int", rep["hired_day"])
            if not rep["has_hire_date"] or begin < self.first_deal_day():
                continue
            truths = self.months(measure.condition, str(rep["id"]), begin, min(period.last, self.today))
            first = next((month for month, truth in truths if truth), None)
            is_told = any(truth is not None for _, truth in truths)
            told.append(is_told)
            if measure.counts == "waiting":
                total += is_told and truths[-1][1] is not None and first is None
            elif first is not None and period.first <= first <= period.last:
                total += 1 if measure.counts == "members" else max(first - begin, 0)
        return None if told and not any(told) else total

    def months(self, condition: str, rep: str, begin: int, until: int) -> list[tuple[int, bool | None]]:
        """Return the first day of each month that has a day from ``begin`` on, and whether the condition holds."""
        found = []
        day = month_of(begin).first
        while begin <= until and day <= until:
            month = month_of(day)
            found.append((month.first, self.holds(condition, {"rep": rep}, month, is_forward=False)))
            day = month.last + 1
        return found

    def first_deal_day(self) -> int:
        days = [row[f"{axis}_day"] for row in self.facts["opportunity"] for axis in ("created", "close", "exit")]
        return min((cast("int", day) for day in days if day is not None), default=-(10**7))

    def axes(self, fact: str) -> list[str]:
        """Return the axes that some measure uses: those are what the engine knows the first day from."""
        every = [m for m in self.catalogue.measures.values() if m.fact == fact]
        used = [m for m in every if m.kind not in {"quantile", "distinct", "older", "survivors"}] or every
        return [axis for m in used for axis in (m.axis, m.end_axis) if axis]

    def members(self, measure: Measure, chosen: Slice, period: Period, *, is_forward: bool) -> float | None:
        everyone = (
            [str(rep["id"]) for rep in self.sellers()] if measure.over == "rep" else sorted(map(str, self.products))
        )
        if measure.over == "rep":
            everyone = [
                key for key in everyone
                if all(self.member({"owner": key}, name) == wanted for name, wanted in chosen.items())
            ]  # fmt: skip
        elif measure.over in chosen:
            everyone = [key for key in everyone if key == chosen[measure.over]]
        truths = [
            self.holds(measure.condition, {measure.over: key}, period, is_forward=is_forward) for key in everyone
        ]
        known = [truth for truth in truths if truth is not None]
        return None if truths and not known else float(sum(known))

    def holds(self, condition: str, chosen: Slice, period: Period, *, is_forward: bool) -> bool | None:
        truth = True
        for comparison in parse_condition(condition):
            sides = [
                evaluate(side, {n: self.value(n, chosen, period, is_forward=is_forward) for n in names(side)})
                for side in (comparison.left, comparison.right)
            ]
            if sides[0] is None or sides[1] is None:
                return None
            left, right = sides[0], sides[1]
            if abs(left - right) <= 1e-9 * max(abs(left), abs(right)):
                left = right
            truth = truth and _COMPARED[comparison.operator](left, right)
        return truth

    # ---- targets

    def goal(self, row: Row) -> Goal | None:
        kpi = TARGET_KPIS.get(str(row["kpi"]), str(row["kpi"]))
        dimension = {"Région": "region"}.get(str(row["dimension"]), str(row["dimension"]))
        member = {"emea": "EMEA"}.get(str(row.get("member") or ""), str(row.get("member") or ""))
        if dimension != "company" and member not in self.known(dimension):
            return None
        first, last = cast("int", day_of(row["period_start"])), cast("int", day_of(row["period_end"]))
        return Goal(str(row["id"]), kpi, dimension, member, first, last, cast("float", row["value"]))

    def known(self, dimension: str) -> set[str]:
        if dimension == "rep":
            return set(self.reps)
        if dimension == "product":
            return {str(key) for key in self.products}
        if dimension in {"team", "region"}:
            return {str(rep.get(dimension) or "") for rep in self.reps.values()} - {""}
        facts = (row for rows in self.facts.values() for row in rows)
        return {str(row.get(dimension) or "") for row in facts} - {""}

    def target(self, kpi: str, chosen: Slice, period: Period) -> float | None:
        if "target" not in self.tables or len(chosen) > 1:
            return None
        dimension, member = next(iter(chosen.items()), ("company", ""))
        shares = [self.share(kpi, dimension, member, day) for day in range(period.first, period.last + 1)]
        covered = [share for share in shares if share is not None]
        if not covered:
            return None
        total = sum(value for value, _ in covered)
        weight = sum(weight for _, weight in covered)
        return total if kpi in ADDS_UP or not weight else total / weight

    def share(self, kpi: str, dimension: str, member: str, day: int) -> tuple[float, float] | None:
        """Return what a day has of a target, and how much the day weighs; None on a day without a target."""
        own = self.own_share(kpi, dimension, member, day)
        if own is not None or kpi not in ADDS_UP:
            return own
        if dimension in {"team", "region"}:
            reps = [key for key in self.reps if str(self.reps[key].get(dimension) or "") == member]
            return _added(self.own_share(kpi, "rep", key, day) for key in reps)
        if dimension != "company":
            return None
        for below in ("rep", "team", "region", "product", "market"):
            added = _added(self.own_share(kpi, below, key, day) for key in sorted(self.known(below)))
            if added is not None:
                return added
        return None

    def own_share(self, kpi: str, dimension: str, member: str, day: int) -> tuple[float, float] | None:
        rows = [
            goal for goal in self.goals
            if (goal.kpi, goal.dimension, goal.member) == (kpi, dimension, member) and goal.first <= day <= goal.last
        ]  # fmt: skip
        if not rows:
            return None
        row = sorted(rows, key=lambda goal: (goal.last - goal.first, -goal.first))
        best = [g for g in row if (g.last - g.first, g.first) == (row[0].last - row[0].first, row[0].first)]
        goal = max(best, key=lambda g: g.id)
        whole = business_days(goal.first, goal.last, self.calendar)
        weight = business_days(day, day, self.calendar) if whole else 1
        if kpi not in ADDS_UP:
            return goal.value * weight, float(weight)
        return goal.value * weight / (whole or goal.last - goal.first + 1), float(weight)


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


def _added(shares: object) -> tuple[float, float] | None:
    known = [share for share in cast("Sequence[tuple[float, float] | None]", shares) if share is not None]
    return (sum(value for value, _ in known), 1.0) if known else None


def _act_day(act: Row) -> int | None:
    occurred = day_of(act.get("occurred_at"))
    return occurred if occurred is not None else day_of(act.get("scheduled_at"))


def _by(row: Fields, column: str, day: int) -> bool:
    return row.get(column) is not None and cast("int", row[column]) <= day


def _total(rows: Sequence[Fields], column: str) -> float:
    return float(sum(cast("float", row[column]) for row in rows if row.get(column) is not None))


def meets(row: Fields, condition: Condition) -> bool:
    value = row.get(condition.column)
    if condition.operator == "is null":
        return value is None
    if condition.operator == "is not null" or value is None:
        return value is not None and condition.operator == "is not null"
    if condition.operator == "in":
        return value in cast("tuple[str, ...]", condition.operand)
    return _COMPARED[condition.operator](cast("float", value), cast("float", condition.operand))
