"""An organisation whose settings lead to a running sandbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from addon.jobs import Jobs
from addon.reader import Desk, Reader
from addon.runs import Outcome
from addon.settings import Organisation, load_settings
from connectors.sandbox import sandbox
from connectors.sandbox.sandbox import Sandbox
from kpis.questions import Answer, Question
from tests.support.sandbox_org import SMALL_ORG, write_org

TODAY = date(2026, 3, 1)
ORG = {
    **SMALL_ORG,
    "User": (
        "Id,FirstName,LastName,Name,Username,IsActive,ManagerId,UserType\n"
        "005000000000001AAA,Ann,Lee,Ann Lee,ann@small.example,true,005000000000002AAA,Standard\n"
        "005000000000002AAA,Bo,Yu,Bo Yu,bo@small.example,true,,Standard\n"
    ),
}
TARGETS = "KPI,Dimension,Member,From,To,Target\nrevenue,rep,Ann Lee,2026-03-01,2026-03-31,200\n"


@dataclass(frozen=True, slots=True)
class World:
    """A sandbox, the organisation that reads it, and the environment that commands need for the same."""

    sandbox: Sandbox
    organisation: Organisation
    environment: Mapping[str, str]

    def refresh(self, job: str = "refresh", *, full: bool = False) -> Outcome:
        return Jobs(self.organisation).run(job, trigger="test", full=full)

    def desk(self, limit: str = "") -> Desk:
        return Reader(self.organisation).desk(limit)

    def ask(self, kpi: str, who: str = "", period: str = "2026", show: str = "value") -> Answer:
        return self.desk().answerer.answer(Question(kpi, who, period, show))


@contextmanager
def running_world(
    folder: Path,
    *,
    org: Mapping[str, str] = ORG,
    tabs: Mapping[str, str] | None = None,
    today: date = TODAY,
    org_folder: Path | None = None,
    callback_urls: frozenset[str] = frozenset(),
) -> Iterator[World]:
    """Start a sandbox over a small org (or the folder given) and yield it with an organisation that leads there."""
    source = org_folder or write_org(folder / "org", org)
    if org_folder is None:
        write_org(source / "sheets", {"Targets": TARGETS} if tabs is None else tabs)
    with sandbox.start(source, today=today, callback_urls=callback_urls) as running:
        config = folder / "scorecell.toml"
        config.write_text(running.settings_toml(folder / "keys"), encoding="utf-8")
        environment = {
            "SCORECELL_CONFIG": str(config),
            "SCORECELL_DATA_DIR": str(folder / "data"),
            "SCORECELL_TODAY": today.isoformat(),
        }
        yield World(running, Organisation("default", load_settings(environment)), environment)
