"""What the README and its pages say is so: each name exists, and nothing that exists is missing from them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import get_args

import click
import pytest

from addon.cli import COMMANDS, scorecell
from addon.openapi import ROUTES
from addon.settings import KEYS, load_settings
from addon.settings_page import settings_page
from addon.sources import salesforce_settings
from connectors.salesforce_mapping import load_mapping
from connectors.sandbox.server import FaultKind, load_faults
from connectors.sheets import tab_mappings
from kpis.calendars import Calendar
from kpis.catalogue import load_catalogue
from kpis.catalogue_page import catalogue_page
from kpis.members import dimension_called
from kpis.periods import parse_period
from kpis.questions import SHOWS
from tests.support.readme import ROOT, blocks, links, prose, readme, table, words_in_code
from tests.support.running import running_world

TODAY = 20_781
FUNCTIONS = (ROOT / "manifests" / "apps-script" / "functions.js").read_text(encoding="utf-8")
SETTINGS_PAGE = ROOT / "addon" / "SETTINGS.md"
CATALOGUE_PAGE = ROOT / "kpis" / "catalogue" / "README.md"


def sources() -> list[Path]:
    return [path for package in ("addon", "connectors", "kpis") for path in sorted((ROOT / package).rglob("*.py"))]


def test_the_pages_are_those_that_the_definitions_make() -> None:
    assert SETTINGS_PAGE.read_text(encoding="utf-8") == settings_page(), "run `make pages`"
    assert CATALOGUE_PAGE.read_text(encoding="utf-8") == catalogue_page(load_catalogue()), "run `make pages`"


def test_every_command_is_listed_and_every_listed_command_exists() -> None:
    listed = [re.findall(r"`scorecell (\w+)[` ]", row[0])[0] for row in table("| command |")]
    assert sorted(listed) == sorted(COMMANDS)


def test_every_mentioned_command_has_the_options_that_it_is_given() -> None:
    lines = [word for word in words_in_code() if word.startswith("scorecell ") and word != "scorecell.toml"]
    lines += [line for block in blocks("sh") for line in block.commands if line.startswith("scorecell ")]
    assert len(lines) > 30
    for line in lines:
        words = shlex.split(line)
        command: click.Command = scorecell
        while isinstance(command, click.Group) and len(words) > 1:
            words = words[1:]
            found = command.get_command(click.Context(command), words[0])
            assert found, line
            command = found
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line


def test_every_endpoint_is_listed_and_every_listed_endpoint_exists() -> None:
    listed = {path for row in table("| endpoint |") for path in re.findall(r"(/[\w./{}]+)`", row[0])}
    assert listed == {route.path for route in ROUTES}


def signatures() -> dict[str, int]:
    """Return how many arguments each custom function takes."""
    return {
        name: len(given.split(",")) for name, given in re.findall(r"^function (KPI\w*)\(([^)]*)\)", FUNCTIONS, re.M)
    }


def test_every_custom_function_is_shown_with_arguments_that_it_takes() -> None:
    takes = signatures()
    shown = [re.fullmatch(r"`=(KPI\w*)\((.*)\)`", row[0]) for row in table("| formula |")]
    calls = [(found[1], [part for part in found[2].split(", ") if part]) for found in shown if found]
    assert len(calls) == len(shown)
    assert {name for name, _ in calls} == set(takes)
    for name, given in calls:
        assert len(given) <= takes[name], name


def test_functions_that_no_endpoint_answers_are_said_to_have_no_answer_yet() -> None:
    answered = {route.path for route in ROUTES}
    bodies = re.findall(r"^function (KPI\w*)\(.*?^}", FUNCTIONS, re.M | re.S)
    asks = dict(zip(bodies, re.findall(r"^function KPI\w*\(.*?^}", FUNCTIONS, re.M | re.S), strict=True))
    unanswered = {name for name, text in asks.items() if set(re.findall(r"'(/v1/\w+)'", text)) - answered}
    sentences = [sentence for sentence in re.split(r"\n\n|\n- ", prose()) if "yet" in sentence and "KPI_" in sentence]
    assert all(set(re.findall(r"`(KPI_\w+)`", sentence)) == unanswered for sentence in sentences)
    assert bool(sentences) == bool(unanswered)


def test_every_show_is_named() -> None:
    said = re.search(r"\*\*Show\*\*: (.*?)\.", prose(), re.S)
    assert said
    assert re.findall(r"`([^`]+)`", said[1]) == list(SHOWS)


def test_every_period_and_every_dimension_that_is_named_is_understood() -> None:
    periods = [word for row in table("| English | French |") for word in re.findall(r"`([^`]+)`", " ".join(row))]
    assert len(periods) > 25
    for words in periods:
        assert parse_period(words, Calendar(), TODAY), words
    slices = [word for word in words_in_code() if re.fullmatch(r"\w+:[A-Z]\w+( \w+)?", word)]
    assert len(slices) > 5
    assert all(dimension_called(words.partition(":")[0]) for words in slices)


def test_every_mentioned_setting_exists() -> None:
    sections = "|".join(dict.fromkeys(key.section for key in KEYS))
    known = {f"{key.section}.{key.name}" for key in KEYS}
    mentioned = set(re.findall(rf"`((?:{sections})\.\w+)", readme()))
    assert mentioned
    assert mentioned <= known


def test_every_variable_that_the_code_reads_is_explained_and_the_other_way_round() -> None:
    pages = readme() + SETTINGS_PAGE.read_text(encoding="utf-8")
    explained = set(re.findall(r"SCORECELL_[A-Z_]*[A-Z]", pages))
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources())
    read = set(re.findall(r"\"(SCORECELL_[A-Z_]*[A-Z])\"", text)) | {key.variable for key in KEYS}
    assert explained == read


@pytest.mark.parametrize("block", blocks("toml"), ids=lambda block: block.text.split("\n")[0])
def test_settings_that_are_shown_are_accepted(tmp_path: Path, block: object) -> None:
    file = tmp_path / "scorecell.toml"
    file.write_text(getattr(block, "text", ""), encoding="utf-8")
    settings = load_settings({"SCORECELL_SALESFORCE__CLIENT_SECRET": "never shown"}, file)
    assert load_mapping(settings.table("salesforce", "objects"))
    assert tab_mappings(settings.table("google", "tabs")) is not None
    if settings.text("salesforce", "instance_url"):
        assert salesforce_settings(settings).login == "client_credentials"


def test_the_tab_of_targets_that_is_shown_is_read_whole(tmp_path: Path) -> None:
    (targets,) = blocks("csv")
    with running_world(tmp_path, tabs={"Goals": targets.text}) as world:
        assert world.refresh().problems == ()
        assert world.ask("revenue", "Ann Lee", "2026-03", "target").value == 200
        assert world.ask("revenue", "", "2026-Q1", "target").value == 900
        assert world.ask("win_rate", "", "2026", "target").value == 0.35


def test_the_faults_that_are_shown_are_met_and_overcome(tmp_path: Path) -> None:
    (shown,) = blocks("json")
    file = tmp_path / "faults.json"
    file.write_text(shown.text, encoding="utf-8")
    faults = load_faults(file)
    kinds = {word for row in table("| kind | what happens") for word in re.findall(r"`(\w+)`", row[0])}
    assert kinds == set(get_args(FaultKind))
    with running_world(tmp_path) as world:
        for fault in faults:
            world.sandbox.server.faults.add(fault)
        outcome = world.refresh("sync")
        met = {call.fault for call in world.sandbox.server.journal if call.fault}
    assert (outcome.state, outcome.problems) == ("done", ())
    assert met >= {fault.kind for fault in faults}


def test_every_link_leads_somewhere_and_the_picture_is_small() -> None:
    assert len(links()) > 5
    for link in links():
        assert (ROOT / link).is_file(), link
    pictures = [ROOT / link for link in links() if link.endswith(".png")]
    assert [picture.stat().st_size < 300_000 for picture in pictures] == [True]
