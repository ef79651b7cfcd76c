"""Google Sheets: canonical tables read out of people's tabs, and our own tabs replaced in one atomic call."""

from __future__ import annotations

from connectors.sheets_client import (
    FILE_SCOPE,
    READ_SCOPE,
    SHEETS_URL,
    SPREADSHEETS_SCOPE,
    VERSION_SCOPE,
    GoogleAccess,
    SheetsClient,
)
from connectors.sheets_content import Cell, TabContent
from connectors.sheets_mapping import TabMapping, tab_mappings
from connectors.sheets_read import SheetsSource
from connectors.sheets_write import Replaced, SpreadsheetWriter

__all__ = [
    "FILE_SCOPE",
    "READ_SCOPE",
    "SHEETS_URL",
    "SPREADSHEETS_SCOPE",
    "VERSION_SCOPE",
    "Cell",
    "GoogleAccess",
    "Replaced",
    "SheetsClient",
    "SheetsSource",
    "SpreadsheetWriter",
    "TabContent",
    "TabMapping",
    "tab_mappings",
]
