"""The page that the demo shows at ``/``: spreadsheet, formula bar, card and catalogue, on this machine only."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from addon.playground.page import page
from addon.playground.sheet import sheet_tabs

if TYPE_CHECKING:
    from flask import Blueprint

    from addon.demo import Demo
    from addon.services import Services


def playground(running: Demo) -> Callable[[Services], Blueprint]:
    """Return what adds the page to the application: it shows the tabs of the running sandbox's spreadsheet."""
    spreadsheet = running.sandbox.spreadsheet

    def routes(services: Services) -> Blueprint:
        return page(services, lambda: sheet_tabs(spreadsheet), spreadsheet.id, spreadsheet.title)

    return routes
