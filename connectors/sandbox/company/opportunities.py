"""The records that a deal is kept in: Opportunity, OpportunityHistory and OpportunityLineItem."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from connectors.sandbox.company.clock import iso_day, iso_instant, year_and_month
from connectors.sandbox.company.deals import Deal
from connectors.sandbox.company.files import Row, flag, money
from connectors.sandbox.company.ids import record_id
from connectors.sandbox.company.products import PRICE_BOOK_ID
from connectors.sandbox.company.stages import STAGES, Change

FISCAL_YEAR_START_MONTH: Final = 2


def opportunity_rows(deals: Sequence[Deal]) -> Iterator[Row]:
    """Yield the Opportunity records."""
    for deal in deals:
        stage, fiscal_year, fiscal_quarter = deal.stage, *_fiscal(deal.close_day)
        modified_at = iso_instant(deal.state.at)
        yield {
            "Id": deal.id, "Name": f"{deal.account.name} - {deal.kind} {deal.number}", "AccountId": deal.account.id,
            "OwnerId": deal.owner.id, "StageName": stage.name, "IsClosed": flag(stage.is_closed),
            "IsWon": flag(stage.is_won), "Probability": stage.probability, "ForecastCategory": stage.category,
            "ForecastCategoryName": stage.category_name, "Amount": money(deal.amount),
            "ExpectedRevenue": money(_expected(deal.state)), "CloseDate": iso_day(deal.close_day), "Type": deal.kind,
            "LeadSource": deal.source, "CampaignId": deal.campaign_id, "Channel__c": deal.channel,
            "Loss_Reason__c": deal.loss_reason, "Competitor__c": deal.competitor,
            "Pricebook2Id": PRICE_BOOK_ID if deal.lines else "", "HasOpportunityLineItem": flag(bool(deal.lines)),
            "FiscalYear": fiscal_year, "FiscalQuarter": fiscal_quarter, "Fiscal": f"{fiscal_year} {fiscal_quarter}",
            "LastStageChangeDate": iso_instant(_stage_changed_at(deal.changes)),
            "CreatedDate": iso_instant(deal.created_at), "LastModifiedDate": modified_at,
            "SystemModstamp": modified_at, "IsDeleted": flag(deal.is_deleted),
        }  # fmt: skip


def _expected(state: Change) -> int | None:
    return None if state.amount is None else round(state.amount * STAGES[state.stage].probability / 100)


def _fiscal(day: int) -> tuple[int, int]:
    """Return the fiscal year, named by the year it ends in, and the fiscal quarter of a day."""
    year, month = year_and_month(day)
    quarter = (month - FISCAL_YEAR_START_MONTH) % 12 // 3 + 1
    return year + (month >= FISCAL_YEAR_START_MONTH), quarter


def _stage_changed_at(changes: tuple[Change, ...]) -> int:
    """Return when the deal came into its stage."""
    since = changes[-1].at
    for change in reversed(changes):
        if change.stage != changes[-1].stage:
            break
        since = change.at
    return since


def history_rows(deals: Sequence[Deal]) -> Iterator[Row]:
    """Yield the OpportunityHistory records; those of a deleted deal are gone with it."""
    number = 0
    for deal in deals:
        before: Change | None = None
        for change in () if deal.is_deleted else deal.changes:
            number += 1
            stage, at = STAGES[change.stage], iso_instant(change.at)
            yield {
                "Id": record_id("008", number), "OpportunityId": deal.id, "CreatedById": deal.owner.id,
                "CreatedDate": at, "StageName": stage.name, "Amount": money(change.amount),
                "ExpectedRevenue": money(_expected(change)), "CloseDate": iso_day(change.close_day),
                "Probability": stage.probability, "ForecastCategory": stage.category,
                "PrevAmount": money(before.amount) if before else "",
                "PrevCloseDate": iso_day(before.close_day) if before else "", "SystemModstamp": at,
                "IsDeleted": flag(False),
            }  # fmt: skip
            before = change


def line_rows(deals: Sequence[Deal]) -> Iterator[Row]:
    """Yield the OpportunityLineItem records, with the cost of the goods as a custom field."""
    number = 0
    for deal in deals:
        for line in deal.lines:
            number += 1
            product, modified_at = line.product, iso_instant(deal.state.at)
            list_price = money(product.list_price)
            yield {
                "Id": record_id("00k", number), "OpportunityId": deal.id, "PricebookEntryId": product.price_entry_id,
                "Product2Id": product.id, "ProductCode": product.code, "Name": product.name,
                "Quantity": line.quantity, "UnitPrice": money(line.unit_price), "ListPrice": list_price,
                "Subtotal": money(line.subtotal), "TotalPrice": money(line.total),
                "Discount": "" if line.discount is None else f"{line.discount}.00", "Cost__c": money(line.cost),
                "CreatedDate": iso_instant(deal.created_at), "LastModifiedDate": modified_at,
                "SystemModstamp": modified_at, "IsDeleted": flag(deal.is_deleted),
            }  # fmt: skip


def customer_since(deals: Sequence[Deal]) -> dict[str, int]:
    """Return when each account first bought, by account id."""
    since: dict[str, int] = {}
    for deal in deals:
        if deal.is_won and not deal.is_deleted:
            since[deal.account.id] = min(deal.state.at, since.get(deal.account.id, deal.state.at))
    return since
