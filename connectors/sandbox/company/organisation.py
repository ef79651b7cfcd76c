"""The record of the company itself."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.sandbox.company import words
from connectors.sandbox.company.clock import DAY_SECONDS, Window, add_months, iso_instant
from connectors.sandbox.company.files import Row, flag
from connectors.sandbox.company.ids import record_id
from connectors.sandbox.company.opportunities import FISCAL_YEAR_START_MONTH


def organisation_rows(window: Window) -> Iterator[Row]:
    """Yield the one Organization record: New York time, a fiscal year from February, named by the year it ends in."""
    stamp = iso_instant(add_months(window.first, -36) * DAY_SECONDS)
    yield {
        "Id": record_id("00D", 1), "Name": words.ORGANISATION, "TimeZoneSidKey": "America/New_York",
        "FiscalYearStartMonth": FISCAL_YEAR_START_MONTH, "UsesStartDateAsFiscalYearName": flag(False),
        "DefaultLocaleSidKey": "en_US", "LanguageLocaleKey": "en_US", "OrganizationType": "Enterprise Edition",
        "IsSandbox": flag(False), "InstanceName": "NA1", "CreatedDate": stamp, "LastModifiedDate": stamp,
        "SystemModstamp": stamp,
    }  # fmt: skip
