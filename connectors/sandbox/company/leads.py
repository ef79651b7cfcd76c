"""The leads: those that became deals, those that became only accounts, and the many that became nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from connectors.sandbox.company import words
from connectors.sandbox.company.accounts import Contact
from connectors.sandbox.company.campaigns import running_around
from connectors.sandbox.company.clock import (
    DAY_SECONDS,
    HOUR_SECONDS,
    Window,
    day_of,
    iso_day,
    iso_instant,
    moment_between,
    next_workday,
    office_instant,
)
from connectors.sandbox.company.deals import NEW_BUSINESS, Deal
from connectors.sandbox.company.files import Row, flag
from connectors.sandbox.company.ids import record_id
from connectors.sandbox.company.people import QUEUE_ID, Person
from connectors.sandbox.company.seasons import month_weight
from connectors.sandbox.company.world import World

_CONVERTED_SHARE: Final = 0.22
_WITHOUT_DEAL_SHARE: Final = 0.02
_NEVER_CONTACTED: Final = 0.08
_SOURCES: Final = {"Web": 0.45, "Event": 0.20, "Partner": 0.12, "Referral": 0.08, "Outbound": 0.15}
_QUEUED: Final = 4


@dataclass(frozen=True, slots=True)
class Lead:
    """Someone who may buy. Instants are None where it did not come so far; ``owner`` is None in the queue."""

    first_name: str
    last_name: str
    company: str
    country: str
    market: str
    source: str
    owner: Person | None
    created_at: int
    campaign_id: str = ""
    called_at: int | None = None
    emailed_at: int | None = None
    qualified_by_marketing_at: int | None = None
    qualified_by_sales_at: int | None = None
    converted_at: int | None = None
    account_id: str = ""
    contact_id: str = ""
    deal_id: str = ""
    is_closed: bool = False
    number: int = 0

    @property
    def id(self) -> str:
        """Return the record's id."""
        return record_id("00Q", self.number)

    @property
    def converted_on(self) -> int | None:
        """Return the day of the conversion."""
        return None if self.converted_at is None else day_of(self.converted_at)

    @property
    def contacted_at(self) -> int | None:
        """Return when the lead was first called or written to."""
        return min((at for at in (self.called_at, self.emailed_at) if at is not None), default=None)


def find_leads(random: Random, world: World, deals: Sequence[Deal], count: int) -> tuple[Lead, ...]:
    """Return exactly ``count`` leads in the order of creation."""
    window = world.window
    contact_of = {contact.account.id: contact for contact in reversed(world.contacts)}
    converted = [
        _with_deal(random, deal, contact_of[deal.account.id])
        for deal in _started_by_lead(random, deals, window, round(count * _CONVERTED_SHARE))
    ]
    without_deal = [_without_deal(random, world) for _ in range(round(count * _WITHOUT_DEAL_SHARE))]
    days = random.choices(*_creation_weights(window), k=count - len(converted) - len(without_deal))
    others = [_other(random, world, day) for day in days]
    leads = sorted((*converted, *without_deal, *others), key=lambda lead: lead.created_at)
    numbered = [replace(lead, number=number) for number, lead in enumerate(leads, 1)]
    return tuple(_queue_the_last(numbered))


def _creation_weights(window: Window) -> tuple[list[int], list[float]]:
    days = list(range(window.first, window.today))
    return days, [month_weight(day, window) * (0.3 if next_workday(day) != day else 1.0) for day in days]


def _started_by_lead(random: Random, deals: Sequence[Deal], window: Window, count: int) -> list[Deal]:
    """Return the deals that a lead was converted to: mostly new business, and some other that began in the window."""
    earliest = (window.first + 15) * DAY_SECONDS
    possible = [deal for deal in deals if deal.created_at > earliest and not deal.is_deleted]
    possible.sort(key=lambda deal: random.random() + (deal.kind != NEW_BUSINESS) * 0.5)
    return possible[:count]


def _with_deal(random: Random, deal: Deal, contact: Contact) -> Lead:
    """Return the lead that a deal began with."""
    lead = _converted(random, deal.owner, contact, deal.created_at)
    return replace(lead, source=deal.source, campaign_id=deal.campaign_id, deal_id=deal.id)


def _without_deal(random: Random, world: World) -> Lead:
    """Return a lead that turned out to be at an account we know, with nothing to sell for now."""
    contact, window = random.choice(world.contacts), world.window
    first = max(contact.account.created_at, window.first * DAY_SECONDS) + 20 * DAY_SECONDS
    sellers = [seller for seller in world.staff.by_team[contact.account.team] if seller.is_working(window.today)]
    owner = random.choice(sellers)
    converted_at = moment_between(random, min(first, window.now - HOUR_SECONDS), window.now, owner.utc_offset_hours)
    return _converted(random, owner, contact, converted_at)


def _converted(random: Random, owner: Person, contact: Contact, converted_at: int) -> Lead:
    """Return a lead that was contacted, qualified twice, and converted to an account that we know."""
    account, offset = contact.account, owner.utc_offset_hours
    first_name, last_name = words.person_name(random)
    created_at = office_instant(random, day_of(converted_at) - random.randint(2, 14), offset)
    marketing_at = moment_between(random, created_at, (created_at + converted_at) // 2, offset)
    lead = Lead(
        first_name=first_name, last_name=last_name, company=account.name, country=account.country,
        market=account.market, source=_draw_source(random), owner=owner, created_at=created_at,
        qualified_by_marketing_at=marketing_at,
        qualified_by_sales_at=moment_between(random, marketing_at, converted_at, offset), converted_at=converted_at,
        account_id=account.id, contact_id=contact.id,
    )  # fmt: skip
    return _with_contact(random, lead, _contacted_at(random, created_at, converted_at), converted_at)


def _draw_source(random: Random) -> str:
    return random.choices(tuple(_SOURCES), tuple(_SOURCES.values()))[0]


def _other(random: Random, world: World, day: int) -> Lead:
    """Return a lead that is not converted: qualified or not, still worked on or given up."""
    window = world.window
    first_name, last_name = words.person_name(random)
    sellers = [seller for seller in world.staff.sellers if seller.is_working(day)]
    owner = random.choices(sellers, [seller.pace for seller in sellers])[0]
    source, running = _draw_source(random), running_around(world.campaigns, day)
    created_at = min(window.now, day * DAY_SECONDS + int(random.gauss(15.5, 4)) % 24 * HOUR_SECONDS
                     + random.randrange(HOUR_SECONDS))  # fmt: skip
    with_campaign = running and random.random() < {"Web": 0.45, "Event": 0.9}.get(source, 0.2)
    lead = Lead(
        first_name=first_name, last_name=last_name, company=words.company_name(random), country="",
        market="", source=source, owner=owner, created_at=created_at,
        campaign_id=random.choice(running).id if with_campaign else "",
    )  # fmt: skip
    contacted_at = None if random.random() < _NEVER_CONTACTED else _contacted_at(random, created_at, window.now)
    lead = _qualified(random, _with_contact(random, lead, contacted_at, window.now), window)
    return replace(lead, is_closed=contacted_at is not None and random.random() < (window.today - day) / 90)


def _contacted_at(random: Random, created_at: int, latest: int) -> int | None:
    """Return when the first contact was made: within hours for most; None where that time has not come yet."""
    at = created_at + 600 + int(random.lognormvariate(1.7, 1.1) * HOUR_SECONDS)
    return at if at < latest else None


def _with_contact(random: Random, lead: Lead, at: int | None, latest: int) -> Lead:
    """Return the lead with a first call or a first email, and often the other some days later."""
    if at is None:
        return lead
    second = at + random.randrange(DAY_SECONDS, 5 * DAY_SECONDS)
    later = second if random.random() < 0.5 and second < latest else None
    called = random.random() < 0.55
    return replace(lead, called_at=at if called else later, emailed_at=later if called else at)


def _qualified(random: Random, lead: Lead, window: Window) -> Lead:
    """Return the lead with the qualifications it reached, where their time has come."""
    if random.random() > 0.45:
        return lead
    marketing_at = lead.created_at + random.randrange(HOUR_SECONDS, 9 * DAY_SECONDS)
    sales_at = marketing_at + random.randrange(DAY_SECONDS, 10 * DAY_SECONDS)
    is_sales = random.random() < 0.3 and lead.contacted_at is not None and sales_at < window.now
    return replace(
        lead,
        qualified_by_marketing_at=marketing_at if marketing_at < window.now else None,
        qualified_by_sales_at=sales_at if is_sales else None,
    )


def _queue_the_last(leads: Sequence[Lead]) -> Iterator[Lead]:
    """Put the latest leads that nobody has contacted into the queue."""
    waiting = [lead.number for lead in leads if lead.contacted_at is None and lead.converted_at is None][-_QUEUED:]
    for lead in leads:
        yield replace(lead, owner=None, is_closed=False) if lead.number in waiting else lead


def lead_rows(leads: Sequence[Lead]) -> Iterator[Row]:
    """Yield the Lead records, with the two qualification instants as custom fields."""
    for lead in leads:
        modified_at = iso_instant(_modified_at(lead))
        yield {
            "Id": lead.id, "FirstName": lead.first_name, "LastName": lead.last_name,
            "Name": f"{lead.first_name} {lead.last_name}", "Company": lead.company,
            "Email": words.address(lead.first_name, lead.last_name, lead.company), "Country": lead.country,
            "Industry": lead.market, "LeadSource": lead.source, "Status": _status(lead),
            "OwnerId": lead.owner.id if lead.owner else QUEUE_ID, "IsConverted": flag(lead.converted_at is not None),
            "ConvertedDate": iso_day(lead.converted_on),
            "ConvertedAccountId": lead.account_id, "ConvertedContactId": lead.contact_id,
            "ConvertedOpportunityId": lead.deal_id, "FirstCallDateTime": iso_instant(lead.called_at),
            "FirstEmailDateTime": iso_instant(lead.emailed_at),
            "MQL_At__c": iso_instant(lead.qualified_by_marketing_at),
            "SQL_At__c": iso_instant(lead.qualified_by_sales_at), "CreatedDate": iso_instant(lead.created_at),
            "LastModifiedDate": modified_at, "SystemModstamp": modified_at, "IsDeleted": flag(False),
        }  # fmt: skip


def _modified_at(lead: Lead) -> int:
    steps = (lead.called_at, lead.emailed_at, lead.qualified_by_marketing_at, lead.qualified_by_sales_at)
    return max(lead.created_at, lead.converted_at or 0, *(at for at in steps if at is not None), 0)


def _status(lead: Lead) -> str:
    if lead.converted_at is not None:
        return "Closed - Converted"
    if lead.is_closed:
        return "Closed - Not Converted"
    return "Open - Not Contacted" if lead.contacted_at is None else "Working - Contacted"
