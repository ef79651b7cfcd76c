"""Who shares in a deal: some big ones are sold by two people of a team."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Final

from connectors.sandbox.company.clock import DAY_SECONDS, Window, iso_instant
from connectors.sandbox.company.deals import Deal
from connectors.sandbox.company.files import Row, flag
from connectors.sandbox.company.ids import record_id
from connectors.sandbox.company.people import Person

REVENUE_TYPE: Final = record_id("1Cj", 1)
_SPLIT_CHANCE: Final = 0.08
_SHARES: Final = (50, 60, 70, 80)


def split_type_rows(window: Window) -> Iterator[Row]:
    """Yield the one type of split that the company uses: shares of the amount, which come to 100 %."""
    since = iso_instant(window.first * DAY_SECONDS)
    yield {
        "Id": REVENUE_TYPE, "DeveloperName": "Revenue", "MasterLabel": "Revenue", "IsActive": flag(True),
        "IsTotalValidated": flag(True), "CreatedDate": since, "SystemModstamp": since,
    }  # fmt: skip


def split_rows(random: Random, deals: Sequence[Deal], by_team: Mapping[str, Sequence[Person]]) -> Iterator[Row]:
    """Yield the OpportunitySplit records: two for each deal that somebody of the same team helped with."""
    number = 0
    for deal in deals:
        day = deal.created_at // DAY_SECONDS
        mates = [each for each in by_team[deal.owner.team] if each.id != deal.owner.id and each.is_employed(day)]
        if deal.is_deleted or not mates or random.random() >= _SPLIT_CHANCE:
            continue
        share, at = random.choice(_SHARES), iso_instant(deal.created_at)
        for person, percent in ((deal.owner, share), (random.choice(mates), 100 - share)):
            number += 1
            yield {
                "Id": record_id("1Ci", number), "OpportunityId": deal.id, "SplitOwnerId": person.id,
                "SplitPercentage": percent, "SplitTypeId": REVENUE_TYPE, "CreatedDate": at, "SystemModstamp": at,
                "IsDeleted": flag(False),
            }  # fmt: skip
