"""A day is a day: dates of Salesforce stay on theirs in every zone, from the wire to the answer of a cell."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.support.running import ORG, running_world

LAST_OF_MARCH, FIRST_OF_APRIL = "006000000000003AAA", "006000000000004AAA"


def org(zone: str) -> dict[str, str]:
    """Return an organisation in a zone, with fiscal years from April on, and a deal won on each side."""
    owned, stamps = "001000000000001AAA,005000000000001AAA", "2026-01-12T08:00:00Z,2026-02-02T00:00:00Z"
    return {
        **ORG,
        "Organization": f"Id,Name,TimeZoneSidKey,FiscalYearStartMonth\n00D000000000001EAA,Small,{zone},4\n",
        "Opportunity": ORG["Opportunity"].partition("\n")[0] + "\n"
        f"{LAST_OF_MARCH},A,{owned},Sold,50,100,2026-03-31,true,true,{stamps},,\n"
        f"{FIRST_OF_APRIL},B,{owned},Sold,7,100,2026-04-01,true,true,{stamps},,\n",
    }  # fmt: skip


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_dates_stay_on_their_day_and_in_their_fiscal_year(tmp_path: Path, zone: str) -> None:
    with running_world(tmp_path, org=org(zone), tabs={}, today=date(2026, 5, 1)) as world:
        assert world.refresh("sync").problems == ()
        periods = ("2026-03-31", "2026-04-01", "2026-03", "FY2026", "FY2027")
        assert [world.ask("revenue", "", period).value for period in periods] == [50, 7, 50, 50, 7]
