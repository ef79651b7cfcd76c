"""A seeded demo company: two years of a sales team as Salesforce records, and the tabs of its spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from connectors.sandbox.company import (
    accounts,
    contracts,
    events,
    expenses,
    leads,
    logins,
    memberships,
    opportunities,
    organisation,
    people,
    products,
    splits,
    stages,
    tabs,
    targets,
    tasks,
)
from connectors.sandbox.company.clock import add_months
from connectors.sandbox.company.company import Company, build_company
from connectors.sandbox.company.files import Row, write_rows

__all__ = ["SHEETS_FOLDER", "write_company"]

SHEETS_FOLDER = "sheets"


def write_company(folder: Path, *, seed: int = 7, today: date, scale: float = 1.0) -> None:
    """Write the demo company into ``folder``: a CSV for each Salesforce object, and for each tab one in ``sheets/``.

    The same seed, day and scale give the same bytes. Everything moves with ``today``; no row is stamped later than
    the start of that day in UTC. ``scale`` multiplies accounts, deals, leads and activities, not the staff. Files of
    the same names are overwritten. Raises `SourceError` for a scale out of bounds.
    """
    company = build_company(seed=seed, today=today, scale=scale)
    (folder / SHEETS_FOLDER).mkdir(parents=True, exist_ok=True)
    for name, rows in salesforce_objects(company).items():
        write_rows(folder / f"{name}.csv", rows)
    for title, rows in spreadsheet_tabs(company).items():
        write_rows(folder / SHEETS_FOLDER / f"{title}.csv", rows)


def salesforce_objects(company: Company) -> Mapping[str, Iterable[Row]]:
    """Return the records of every object by its API name."""
    window, deals = company.window, company.deals
    return {
        "Organization": organisation.organisation_rows(window),
        "UserRole": people.role_rows(window),
        "User": people.user_rows(company.staff.people, logins.last_logins(company.logins)),
        "Group": people.queue_rows(window),
        "Account": accounts.account_rows(company.accounts, opportunities.customer_since(deals), window),
        "Contact": accounts.contact_rows(company.contacts),
        "Product2": products.product_rows(company.products, window),
        "Pricebook2": products.price_book_rows(window),
        "PricebookEntry": products.price_entry_rows(company.products, window),
        "OpportunityStage": stages.stage_rows(window),
        "Opportunity": opportunities.opportunity_rows(deals),
        "OpportunityHistory": opportunities.history_rows(deals),
        "OpportunityLineItem": opportunities.line_rows(deals),
        "OpportunitySplitType": splits.split_type_rows(window),
        "OpportunitySplit": splits.split_rows(company.random("splits"), deals, company.staff.by_team),
        "Campaign": memberships.campaign_rows(company.campaigns, company.leads, deals, window),
        "CampaignMember": memberships.member_rows(company.members),
        "Lead": leads.lead_rows(company.leads),
        "Task": tasks.task_rows(company.activities.tasks, add_months(window.today, 3)),
        "Event": events.event_rows(company.activities.events),
        "Contract": contracts.contract_rows(company.contracts, window),
        "LoginHistory": logins.login_rows(company.logins),
    }


def spreadsheet_tabs(company: Company) -> Mapping[str, Iterable[Row]]:
    """Return the rows of every tab of the company's spreadsheet by its title."""
    return {
        "Targets": targets.target_rows(company),
        "Expenses": expenses.expense_rows(company),
        "Surveys": tabs.survey_rows(company),
        "Marketing": tabs.marketing_rows(company),
        "Time": tabs.time_rows(company),
        "Hiring": tabs.hiring_rows(company),
        "Training": tabs.training_rows(company),
        "Process checks": tabs.process_check_rows(company),
        "Assessments": tabs.assessment_rows(company),
        "Usage": tabs.usage_rows(company),
        "Market": tabs.market_rows(company),
    }
