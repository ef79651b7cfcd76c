"""The deals: kind, outcome, products, amount and history of every plan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from connectors.sandbox.company.accounts import Account
from connectors.sandbox.company.campaigns import Campaign, running_around
from connectors.sandbox.company.clock import Window, day_of
from connectors.sandbox.company.ids import record_id
from connectors.sandbox.company.lines import Line, quote
from connectors.sandbox.company.people import Person
from connectors.sandbox.company.plans import Plan
from connectors.sandbox.company.seasons import growth
from connectors.sandbox.company.stages import LOST, NEGOTIATION, PROPOSAL, STAGES, WON, Change, Course, Stage, history
from connectors.sandbox.company.world import World

NEW_BUSINESS: Final = "New Business"


@dataclass(frozen=True, slots=True)
class _Kind:
    """How often a deal with a customer is of this kind, and how it compares with new business in wins and size."""

    weight: float
    win_factor: float
    size_factor: float


_KINDS: Final = {
    NEW_BUSINESS: _Kind(0, 0.85, 1.0), "Existing Business": _Kind(0.3, 1.0, 0.9), "Renewal": _Kind(0.22, 1.5, 0.8),
    "Upsell": _Kind(0.28, 1.1, 0.7), "Cross-sell": _Kind(0.2, 1.0, 0.65),
}  # fmt: skip
_KINDS_WITH_CUSTOMERS: Final = tuple(kind for kind in _KINDS if kind != NEW_BUSINESS)
_SOURCES: Final = {"Web": 0.30, "Referral": 0.17, "Event": 0.15, "Partner": 0.16, "Outbound": 0.22}
_SOURCE_WIN_FACTORS: Final = {"Web": 1.0, "Referral": 1.25, "Event": 1.0, "Partner": 1.1, "Outbound": 0.8}
_LOSS_REASONS: Final = {
    "Price": 0.26, "Competitor": 0.22, "No Decision": 0.22, "Timing": 0.12, "Budget": 0.11, "Product Fit": 0.07,
}  # fmt: skip
_COMPETITORS: Final = ("Vexio", "Brightforge", "Orbital Dynamics", "Quantiva")
_LAST_STAGES_WHEN_LOST: Final = (0.20, 0.26, 0.22, 0.20, 0.12)


@dataclass(frozen=True, slots=True)
class Deal:
    """An opportunity. Amount in cents, None where nobody has said one; ``changes`` end in the deal as it is."""

    id: str
    number: int
    account: Account
    owner: Person
    created_at: int
    closed_at: int | None
    kind: str
    source: str
    campaign_id: str
    channel: str
    loss_reason: str
    competitor: str
    last_open_stage: int
    lines: tuple[Line, ...]
    changes: tuple[Change, ...]
    is_deleted: bool = False

    @property
    def state(self) -> Change:
        """Return the deal as it is now."""
        return self.changes[-1]

    @property
    def stage(self) -> Stage:
        """Return the stage the deal is in now."""
        return STAGES[self.state.stage]

    @property
    def amount(self) -> int | None:
        """Return the amount now, in cents."""
        return self.state.amount

    @property
    def close_day(self) -> int:
        """Return the close date now."""
        return self.state.close_day

    @property
    def is_won(self) -> bool:
        """Whether the deal is won now."""
        return self.stage.is_won

    @property
    def is_open(self) -> bool:
        """Whether the deal is still open."""
        return not self.stage.is_closed


@dataclass(frozen=True, slots=True)
class _End:
    """What a deal comes to: the last open stage, the stage and the amount (cents) it ends with."""

    last_stage: int
    final_stage: int
    amount: int | None


def make_deals(random: Random, world: World, plans: Sequence[Plan]) -> tuple[Deal, ...]:
    """Return a deal for each plan, in the same order, so that each knows which accounts were customers before it."""
    customer_since: dict[str, int] = {}
    deals = []
    for number, plan in enumerate(plans, 1):
        is_customer = customer_since.get(plan.account.id, plan.created_at) < plan.created_at
        kind = _draw_kind(random) if is_customer else NEW_BUSINESS
        deal = _deal(random, world, number, plan, kind)
        if deal.is_won and deal.closed_at is not None:
            customer_since[plan.account.id] = min(deal.closed_at, customer_since.get(plan.account.id, deal.closed_at))
        deals.append(deal)
    return tuple(deals)


def _deal(random: Random, world: World, number: int, plan: Plan, kind: str) -> Deal:
    source = _draw(random, _SOURCES)
    final_stage, last_stage = _outcome(random, plan, kind, source)
    target = _target(random, plan, kind, world.window)
    lines = quote(random, world.products, target) if _has_lines(random, last_stage, final_stage) else ()
    campaign = _campaign(random, source, world.campaigns, plan)
    end = _End(last_stage, final_stage, _amount(random, target, last_stage, final_stage, lines))
    return Deal(
        id=record_id("006", number), number=number, account=plan.account, owner=plan.owner,
        created_at=plan.created_at, closed_at=plan.closed_at, kind=kind, source=source,
        campaign_id=campaign.id if campaign else "", channel=_channel(random, kind, source),
        loss_reason=_draw(random, _LOSS_REASONS) if final_stage == LOST else "",
        competitor=random.choice(_COMPETITORS) if random.random() < 0.35 else "", last_open_stage=last_stage,
        lines=lines, changes=_changes(random, plan, kind, end, world.window),
    )  # fmt: skip


def _draw(random: Random, weights: dict[str, float]) -> str:
    return random.choices(tuple(weights), tuple(weights.values()))[0]


def _draw_kind(random: Random) -> str:
    return random.choices(_KINDS_WITH_CUSTOMERS, [_KINDS[kind].weight for kind in _KINDS_WITH_CUSTOMERS])[0]


def _outcome(random: Random, plan: Plan, kind: str, source: str) -> tuple[int, int]:
    """Return the final stage, and the last open stage before it (the same for an open deal)."""
    if plan.closed_at is None:
        stage = min(NEGOTIATION, int(plan.progress * 4.2 + random.random() * 1.2))
        return stage, stage
    chance = min(0.8, plan.owner.win_rate * _KINDS[kind].win_factor * _SOURCE_WIN_FACTORS[source])
    if plan.is_sure or random.random() < chance:
        return WON, NEGOTIATION
    return LOST, random.choices(range(NEGOTIATION + 1), _LAST_STAGES_WHEN_LOST)[0]


def _target(random: Random, plan: Plan, kind: str, window: Window) -> int:
    """Return about how large the deal is, in cents: log-normal between 5,000 and 120,000."""
    size = random.lognormvariate(10.1, 0.75) * plan.owner.deal_size * _KINDS[kind].size_factor
    return round(min(120_000, max(5_000, size * math.sqrt(growth(day_of(plan.created_at), window))))) * 100


def _has_lines(random: Random, last_stage: int, final_stage: int) -> bool:
    """Whether products were entered: nearly always from the proposal on, sometimes before."""
    chance = (0.05, 0.15, 0.5, 0.95, 0.95)[last_stage]
    return random.random() < (0.95 if final_stage == WON else chance)


def _campaign(random: Random, source: str, campaigns: Sequence[Campaign], plan: Plan) -> Campaign | None:
    running = running_around(campaigns, day_of(plan.created_at))
    chance = {"Web": 0.4, "Event": 0.85, "Partner": 0.3}.get(source, 0.08)
    return random.choice(running) if running and random.random() < chance else None


def _channel(random: Random, kind: str, source: str) -> str:
    if source == "Partner":
        return "partner"
    return "online" if random.random() < (0.4 if kind == "Renewal" else 0.15) else "direct"


def _amount(random: Random, target: int, last_stage: int, final_stage: int, lines: tuple[Line, ...]) -> int | None:
    """Return the sum of the lines; without lines an estimate in whole hundreds, or early on sometimes nothing."""
    if lines:
        return sum(line.total for line in lines)
    is_unsaid = last_stage < PROPOSAL and final_stage != WON and random.random() < 0.12
    return None if is_unsaid else _estimate(random, target)


def _estimate(random: Random, target: int) -> int:
    return round(target * random.uniform(0.75, 1.25) / 10_000) * 10_000


def _changes(random: Random, plan: Plan, kind: str, end: _End, window: Window) -> tuple[Change, ...]:
    """Return the history of the deal; the amount is often unsaid or a guess at first."""
    if plan.is_legacy:
        return (Change(plan.created_at, WON, end.amount, plan.close_day),)
    first_amount = None if end.amount is None or random.random() < 0.3 else _estimate(random, end.amount)
    course = Course(
        created_at=plan.created_at, ended_at=window.now if plan.closed_at is None else plan.closed_at,
        first_stage=min(end.last_stage, 1 if random.random() < (0.5 if kind == "Renewal" else 0.2) else 0),
        last_stage=end.last_stage, final_stage=end.final_stage, first_amount=first_amount, final_amount=end.amount,
        final_close_day=plan.close_day, utc_offset_hours=plan.owner.utc_offset_hours,
    )  # fmt: skip
    return history(random, course)
