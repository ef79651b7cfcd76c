"""The demo: sandbox, sync, KPI tabs, functions and cards on one machine, with nothing to configure."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from addon.clock import Clock
from addon.demo_mark import claim
from addon.settings import Organisation, with_values
from connectors.sandbox.company import write_company
from connectors.sandbox.sandbox import SHEETS_FOLDER, Sandbox, start
from kpis.calendars import Calendar
from kpis.periods import day_number, period_at, shifted
from kpis.questions import Answer, Question

_SEED: Final = 7
_CURRENCY: Final = "USD"
"""Of the demo company; a single-currency organisation's own API does not tell, so others show plain numbers."""
_HEADLINES: Final = (
    "revenue", "won_opportunities", "lost_opportunities", "open_opportunities", "win_rate", "average_deal_size",
    "sales_cycle_length", "sales_cycle_median",
)  # fmt: skip
_QUARTERS_AHEAD: Final = 8


@dataclass(frozen=True, slots=True)
class Demo:
    """A running sandbox and the organisation whose settings lead to it."""

    organisation: Organisation
    sandbox: Sandbox


@contextmanager
def open_demo(organisation: Organisation, org_folder: Path | None, today: date | None, port: int) -> Iterator[Demo]:
    """Start the sandbox over the folder, or over the demo company, and point an organisation at it.

    Raises `AddonError` if the data folder holds a real organisation's numbers: the demo never replaces those.
    """
    claim(organisation.data_folder)
    day = today or organisation.settings.clock.today("UTC")
    folder = org_folder or demo_company(organisation.data_folder, day)
    with start(folder, port=port, today=day) as sandbox:
        key_file = sandbox.service_account_file(organisation.data_folder / "demo")
        currency = "" if org_folder else _CURRENCY
        has_sheets = (folder / SHEETS_FOLDER).is_dir()
        settings = with_values(
            dataclasses.replace(organisation.settings, clock=Clock(day), values={}, source="the demo"),
            {
                ("org", "currency"): currency,
                ("salesforce", "instance_url"): sandbox.url,
                ("salesforce", "client_id"): sandbox.client_id,
                ("salesforce", "client_secret"): sandbox.client_secret,
                ("google", "service_account_file"): str(key_file),
                ("google", "spreadsheets"): (sandbox.spreadsheet_id,) if has_sheets else (),
                ("google", "publish_to"): (sandbox.spreadsheet_id,),
                ("google", "sheets_url"): sandbox.url,
                ("google", "certs_url"): sandbox.certs_url,
                ("google", "client_id"): sandbox.google.settings.client_id,
                ("google", "addon_service_account"): sandbox.google.settings.addon_service_account,
                ("google", "allowed_domains"): ("example.com",),
            },
        )
        yield Demo(dataclasses.replace(organisation, settings=settings), sandbox)


def demo_company(data_folder: Path, day: date) -> Path:
    """Return the folder of the demo company of that day, written if it is not there yet."""
    folder = data_folder / "demo"
    target = folder / f"company-{day.isoformat()}"
    if not target.is_dir():
        draft = folder / ".company"
        shutil.rmtree(draft, ignore_errors=True)
        write_company(draft, seed=_SEED, today=day)
        draft.rename(target)
    return target


def headline_questions(calendar: Calendar, today: int) -> list[Question]:
    """Return what the demo's scorecard asks: this year's results, and the pipeline by quarter from this one on."""
    year = period_at("year", today, calendar).label
    quarter = period_at("quarter", today, calendar)
    ahead = [shifted(quarter, count, calendar).label for count in range(_QUARTERS_AHEAD)]
    return [Question(kpi, "", year) for kpi in _HEADLINES] + [
        Question("pipeline_value", "", label) for label in ahead
    ]


def headlines(answers: list[Answer]) -> list[Answer]:
    """Keep the pipeline of one quarter: the first from now on in which open deals are expected to close."""
    results = [answer for answer in answers if answer.kpi != "pipeline_value"]
    pipeline = [answer for answer in answers if answer.kpi == "pipeline_value"]
    return [*results, next((answer for answer in pipeline if answer.value), pipeline[0])]


def today_of(organisation: Organisation, time_zone: str) -> int:
    """Return the demo's day as a day number."""
    return day_number(organisation.settings.clock.today(time_zone))
