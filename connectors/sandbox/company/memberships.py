"""Who was in which campaign, and what came of it: members and the roll-ups of a campaign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from connectors.sandbox.company.accounts import Contact
from connectors.sandbox.company.campaigns import Campaign
from connectors.sandbox.company.clock import DAY_SECONDS, Window, day_of, iso_day, iso_instant
from connectors.sandbox.company.deals import Deal
from connectors.sandbox.company.files import Row, flag, money
from connectors.sandbox.company.ids import record_id
from connectors.sandbox.company.leads import Lead
from connectors.sandbox.company.world import World


@dataclass(frozen=True, slots=True)
class Membership:
    """A lead (or a contact) in a campaign; ``responded_on`` is a day number where there was a response."""

    campaign: Campaign
    lead_id: str
    contact_id: str
    joined_at: int
    responded_on: int | None


def memberships(random: Random, world: World, leads: Sequence[Lead]) -> tuple[Membership, ...]:
    """Return every lead in its campaign, and a few contacts of each campaign that has started."""
    window, campaigns = world.window, world.campaigns
    by_id = {campaign.id: campaign for campaign in campaigns}
    found = [_of_lead(random, by_id[lead.campaign_id], lead, window) for lead in leads if lead.campaign_id]
    for campaign in campaigns:
        if campaign.started_on < window.today:
            people = random.sample(world.contacts, min(12, len(world.contacts)))
            found += [_of_contact(random, campaign, contact, window) for contact in people]
    return tuple(sorted(found, key=lambda membership: membership.joined_at))


def _of_lead(random: Random, campaign: Campaign, lead: Lead, window: Window) -> Membership:
    responded = random.random() < 0.6
    responded_on = min(window.today - 1, day_of(lead.created_at) + random.randrange(4)) if responded else None
    return Membership(campaign, lead.id, "", lead.created_at, responded_on)


def _of_contact(random: Random, campaign: Campaign, contact: Contact, window: Window) -> Membership:
    responded = random.random() < 0.25
    responded_on = min(window.today - 1, campaign.started_on + random.randrange(15)) if responded else None
    return Membership(campaign, "", contact.id, campaign.started_on * DAY_SECONDS, responded_on)


def campaign_rows(
    campaigns: Sequence[Campaign], leads: Sequence[Lead], deals: Sequence[Deal], window: Window
) -> Iterator[Row]:
    """Yield the Campaign records with their roll-ups, and the baseline as a custom field."""
    lead_count = Counter(lead.campaign_id for lead in leads)
    converted_count = Counter(lead.campaign_id for lead in leads if lead.converted_at is not None)
    deal_count = Counter(deal.campaign_id for deal in deals if not deal.is_deleted)
    won_count = Counter(deal.campaign_id for deal in deals if deal.is_won and not deal.is_deleted)
    won_amount: Counter[str] = Counter()
    for deal in deals:
        if deal.is_won and not deal.is_deleted:
            won_amount[deal.campaign_id] += deal.amount or 0
    for campaign in campaigns:
        created_at = iso_instant(min(window.now, (campaign.started_on - 20) * DAY_SECONDS))
        yield {
            "Id": campaign.id, "Name": campaign.name, "Type": campaign.kind, "Status": _status(campaign, window),
            "IsActive": flag(campaign.ended_on >= window.today), "StartDate": iso_day(campaign.started_on),
            "EndDate": iso_day(campaign.ended_on), "ActualCost": money(campaign.cost),
            "BudgetedCost": money(campaign.cost // 100_000 * 110_000), "Baseline_Sales__c": money(campaign.baseline),
            "NumberOfLeads": lead_count[campaign.id], "NumberOfConvertedLeads": converted_count[campaign.id],
            "NumberOfOpportunities": deal_count[campaign.id], "NumberOfWonOpportunities": won_count[campaign.id],
            "AmountWonOpportunities": money(won_amount[campaign.id]), "CreatedDate": created_at,
            "LastModifiedDate": created_at, "SystemModstamp": iso_instant(window.now), "IsDeleted": flag(False),
        }  # fmt: skip


def _status(campaign: Campaign, window: Window) -> str:
    if campaign.started_on >= window.today:
        return "Planned"
    return "In Progress" if campaign.ended_on >= window.today else "Completed"


def member_rows(members: Sequence[Membership]) -> Iterator[Row]:
    """Yield the CampaignMember records."""
    for number, member in enumerate(members, 1):
        responded_on = member.responded_on
        modified_at = max(member.joined_at, (responded_on or 0) * DAY_SECONDS)
        yield {
            "Id": record_id("00v", number), "CampaignId": member.campaign.id, "LeadId": member.lead_id,
            "ContactId": member.contact_id, "Status": "Sent" if responded_on is None else "Responded",
            "HasResponded": flag(responded_on is not None),
            "FirstRespondedDate": iso_day(responded_on),
            "CreatedDate": iso_instant(member.joined_at), "LastModifiedDate": iso_instant(modified_at),
            "SystemModstamp": iso_instant(modified_at), "IsDeleted": flag(False),
        }  # fmt: skip
