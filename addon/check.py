"""``scorecell check``: settings, data folder, Salesforce, spreadsheets, snapshot; each with what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from addon.compare import compare_now
from addon.database import open_database
from addon.demo_mark import is_demo
from addon.errors import AddonError
from addon.own_catalogue import catalogue_of, own_texts
from addon.settings import Organisation
from addon.sources import open_client, open_salesforce
from addon.store import Store
from addon.trust_words import trust_lines
from connectors.errors import SourceError
from connectors.salesforce import SalesforceSource
from connectors.salesforce_check import check_salesforce
from connectors.source import Finding
from kpis.cube import Cube
from kpis.errors import KpiError


def check_all(organisation: Organisation) -> list[Finding]:
    """Return what is well and what is not. A part that fails never hides the next one."""
    findings: list[Finding] = []
    for name, part in _PARTS.items():
        try:
            findings += part(organisation)
        except (AddonError, SourceError, KpiError) as error:
            findings.append(Finding(name, False, str(error)))
    return findings


def _settings(organisation: Organisation) -> Iterator[Finding]:
    settings = organisation.settings
    yield Finding("settings", True, f"read from {settings.source}, data in {settings.data_folder}.")
    if settings.integer("schedule", "every_minutes") < 5:
        yield Finding(
            "schedule.every_minutes", False, "is below 5 minutes.", "Salesforce's calls are shared; set 5 or more."
        )


def _definitions(organisation: Organisation) -> Iterator[Finding]:
    texts = own_texts(organisation.settings)
    catalogue = catalogue_of(texts)
    if texts:
        count = len(catalogue.present) - len(catalogue_of({}).present)
        yield Finding("own definitions", True, f"{', '.join(texts)} in kpis.folder: {count} KPIs of your own.")


def _data_folder(organisation: Organisation) -> Iterator[Finding]:
    open_database(organisation.data_folder).dispose()
    yield Finding("data folder", True, f"{organisation.data_folder} can be written.")


def _sources(organisation: Organisation) -> Iterator[Finding]:
    settings = organisation.settings
    has_tabs = settings.words("google", "spreadsheets") and settings.text("google", "service_account_file")
    if settings.text("salesforce", "instance_url") or has_tabs:
        return
    if is_demo(settings.data_folder):
        yield Finding("sources", True, "none: the numbers here are the demo's, whose sources ended with it.")
        return
    yield Finding(
        "sources",
        False,
        "there is nothing to read.",
        "Set salesforce.instance_url, or google.service_account_file with google.spreadsheets.",
    )


def _salesforce(organisation: Organisation) -> Iterator[Finding]:
    settings = organisation.settings
    if not settings.text("salesforce", "instance_url"):
        yield Finding("Salesforce", True, "not used: salesforce.instance_url is not set.")
        return
    source = open_salesforce(organisation)
    findings = check_salesforce(source)
    yield from findings
    if findings[0].is_well:
        yield from _trust(organisation, source)


def _trust(organisation: Organisation, source: SalesforceSource) -> Iterator[Finding]:
    """Yield how the snapshot compares with what Salesforce counts now; what merely changed since is no fault."""
    compared = compare_now(organisation, source)
    if compared is None:
        return
    head, *others = trust_lines(compared, currency=organisation.settings.text("org", "currency"))
    faults = [each for each in compared.differences if each.reason != "late"]
    is_well = not (faults or compared.error or compared.unseen)
    yield Finding("Salesforce totals", is_well, " ".join([head, *others]))


def _spreadsheets(organisation: Organisation) -> Iterator[Finding]:
    settings = organisation.settings
    read, written = settings.words("google", "spreadsheets"), settings.words("google", "publish_to")
    if not read and not written:
        yield Finding("Google Sheets", True, "not used: google.spreadsheets and google.publish_to are not set.")
        return
    client = open_client(settings, writes=False)
    yield Finding("Google Sheets", True, f"the service account is {client.email}; share spreadsheets with it.")
    for spreadsheet in dict.fromkeys([*read, *written]):
        try:
            state = client.state(spreadsheet)
        except SourceError as error:
            yield Finding(f"spreadsheet {spreadsheet}", False, str(error))
        else:
            use = " and ".join(word for word, ids in (("read", read), ("written", written)) if spreadsheet in ids)
            yield Finding(f"spreadsheet {spreadsheet}", True, f"{len(state.tabs)} tabs, {use}.")


def _addon(organisation: Organisation) -> Iterator[Finding]:
    settings = organisation.settings
    own = settings.words("google", "addon_audiences") or settings.text("web", "public_url")
    needed = {
        "web.public_url": bool(own),
        "google.addon_service_account": bool(settings.text("google", "addon_service_account")),
        "google.client_id": bool(settings.text("google", "client_id")),
        "google.allowed_domains": bool(settings.words("google", "allowed_domains")),
    }
    missing = [name for name, is_set in needed.items() if not is_set]
    if len(missing) == len(needed):
        yield Finding("add-on", True, "not set up: no cards, and nobody can connect a spreadsheet to its formulas.")
    elif missing:
        yield Finding(
            "add-on", False, f"{', '.join(missing)} not set, so every call of a card is refused.", "Set all four."
        )
    else:
        yield Finding("add-on", True, "tokens of Google are accepted for the addresses and domains set.")


def _snapshot(organisation: Organisation) -> Iterator[Finding]:
    snapshot = Store(organisation.data_folder).current()
    if snapshot is None:
        yield Finding("snapshot", True, "none yet.", "Run `scorecell sync`.")
        return
    cube = Cube.open(snapshot.cube_folder)
    rows = sum(table.rows for table in snapshot.manifest.tables.values())
    yield Finding("snapshot", True, f"{snapshot.id} of {snapshot.manifest.created_at}, {rows:,} rows.")
    for problem in (*snapshot.manifest.problems, *cube.problems):
        yield Finding("snapshot", False, problem)


def _targets(organisation: Organisation) -> Iterator[Finding]:
    """Yield what is to be doubted about targets; what the snapshot already reports is not said twice."""
    from addon.reader import Reader
    from addon.target_rows import doubts_of

    if Store(organisation.data_folder).current() is None:
        yield Finding("targets", True, "none yet.", "Run `scorecell sync`.")
        return
    desk = Reader(organisation).desk()
    entries, doubts = doubts_of(desk)
    known = set(desk.answerer.cube.problems)
    told = [doubt for doubt in doubts if doubt.sentence not in known]
    count = len(entries)
    if not doubts:
        yield Finding("targets", True, f"{count:,}, all of them specific, measurable, within reach, and dated.")
    elif not told:
        yield Finding("targets", True, f"{count:,}; see the snapshot's problems.")
    for doubt in told:
        # A goal may be bold on purpose; what cannot be used, or is used in another way than meant, is a mistake.
        yield Finding("targets", doubt.aspect == "within reach", doubt.sentence)


def _quality(organisation: Organisation) -> Iterator[Finding]:
    """Yield how much of the data is doubtful. That is work for those who keep it, and no fault of the set-up."""
    from addon.quality import quality_report, quality_summary
    from addon.reader import Reader

    if Store(organisation.data_folder).current() is not None:
        report = quality_report(Reader(organisation).desk(), organisation.settings, 1)
        yield Finding("data quality", True, quality_summary(report))


_PARTS: Final[Mapping[str, Callable[[Organisation], Iterator[Finding]]]] = {
    "settings": _settings, "own definitions": _definitions, "data folder": _data_folder, "sources": _sources,
    "Salesforce": _salesforce, "Google Sheets": _spreadsheets, "add-on": _addon, "snapshot": _snapshot,
    "targets": _targets, "data quality": _quality,
}  # fmt: skip
