"""The command: exit codes, one sentence on stderr, JSON alone on stdout, for every command."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest

from addon.cli import COMMANDS, run, scorecell
from tests.support.running import World, running_world

ROOT = Path(__file__).parents[2]
SHEET = "1AbCdEfGh"
WENT_WELL = [
    ["list"],
    ["list", "revenue"],
    ["kpi", "revenue", "", "2026"],
    ["kpi", "revenue", "Ann Lee", "2026-03", "--show", "attainment"],
    ["kpi", "chiffre d'affaires", "", "mars 2026"],
    ["kpi", "revenue", "", "2019"],
    ["explain", "win_rate", "", "2026"],
    ["explain", "win_rate", "", "2026", "--records", "--page-size", "1"],
    ["bridge", "win_rate", "", "2026", "--by", "company"],
    ["bridge", "revenue", "", "2026-03"],
    ["check"],
    ["quality", "--worst", "1", "--language", "fr"],
    ["sync"],
    ["sync", "--full"],
    ["publish"],
    ["publish", "scorecard"],
    ["runs", "--count", "3"],
    ["keys", "mint", "--spreadsheet", SHEET, "--limit", "rep:Ann Lee", "--days", "3"],
    ["keys", "list"],
    ["keys", "revoke", "--spreadsheet", SHEET, "--but-newest"],
    *([name, "--help"] for name in COMMANDS),
]
GAVE_JSON = [
    ["demo", "--once", "--today", "2026-03-01", "--org", "ORG"],
    ["list"],
    ["list", "revenue"],
    ["kpi", "revenue", "", "2026"],
    ["kpi", "revenue", "", "2019"],
    ["kpi", "revenue", "--as-of", "2099-01-01"],
    ["explain", "win_rate", "", "2026"],
    ["explain", "win_rate", "", "2026", "--records"],
    ["bridge", "revenue", "", "2026-03", "--against", "2026-02"],
    ["restated", "revenue", "", "2026-03", "--since", "2099-01-01"],
    ["bridge", "revenue", "", "2026-03"],
    ["check"],
    ["quality"],
    ["runs"],
    ["keys", "list"],
    ["keys", "mint", "--spreadsheet", SHEET],
    ["bench", "workload", "--opportunities", "200", "--activities", "400", "--rounds", "1"],
]
WRONG_USE = [
    [],
    ["kpis"],
    ["--conf", "x"],
    ["kpi"],
    ["kpi", "revenue", "--shw", "value"],
    ["kpi", "revenue", "", "", "2026"],
    ["kpi", "revenue", "--as-of", "last week"],
    ["explain", "revenue", "--page", "0"],
    ["demo", "--port", "70000"],
    ["demo", "--org", "no-such-folder"],
    ["sandbox", "--faults", "no-such-file"],
    ["sync", "everything"],
    ["runs", "--count", "0"],
    ["keys"],
    ["keys", "mint"],
    ["keys", "mint", "--spreadsheet", SHEET, "--days", "0"],
    ["keys", "revoke"],
    ["serve", "--port", "x"],
    ["bench", "everything"],
]
FAILED = [
    (["kpi", "winrat"], "Did you mean win_rate?"),
    (["kpi", "revenue", "Ann"], "Did you mean Ann Lee?"),
    (["kpi", "revenue", "", "2026-Q9"], "quarters go from Q1 to Q4"),
    (["kpi", "revenue", "", "", "--show", "shre"], "Did you mean share?"),
    (["kpi", "revenue", "--as-of", "2020-01-01"], "No snapshot is kept from 2020-01-01"),
    (["kpi", "winrat", "--json"], "Did you mean win_rate?"),
    (["explain", "winrat"], "Did you mean win_rate?"),
    (["explain", "winrat", "--json"], "Did you mean win_rate?"),
    (["bridge", "winrat"], "Did you mean win_rate?"),
    (["list", "revenu"], "Did you mean revenue?"),
    (["publish", "scorecards"], "there are scorecard, leaderboard"),
    (["keys", "mint", "--spreadsheet", "../etc"], "must be an id"),
    (["keys", "mint", "--spreadsheet", SHEET, "--limit", "company"], "limits nothing"),
    (["keys", "revoke", "--spreadsheet", "nobodys"], "There is no key of nobodys"),
    (["--config", "no-such.toml", "list"], "no-such.toml does not exist"),
    (["demo", "--once"], "which the demo would replace"),
]
WITHOUT_ANYTHING = [
    (["kpi", "revenue"], "run `scorecell sync`, or `scorecell demo`"),
    (["kpi", "revenue", "--json"], "run `scorecell sync`, or `scorecell demo`"),
    (["explain", "revenue"], "run `scorecell sync`, or `scorecell demo`"),
    (["sync"], "set salesforce.instance_url"),
    (["publish"], "set google.service_account_file and google.publish_to"),
    (["check"], "1 of 8 checks failed"),
]
WRONG_VARIABLES = [
    ("SCORECELL_TODAY", "soon", "SCORECELL_TODAY must be a date like 2026-11-24"),
    ("SCORECELL_WEB__PORT", "http", "web.port must be a whole number"),
    ("SCORECELL_WEB__PORT", "--5", "web.port must be a whole number"),
    ("SCORECELL_WEB__PORT", "70000", "web.port must be from 0 to 65535, not 70000"),
    ("SCORECELL_ORG__LANGUAGE", "de", "org.language must be one of en, fr"),
    ("SCORECELL_ORG__TIME_ZONE", "Mars/Base", "such as Europe/Paris"),
    ("SCORECELL_ORG__FISCAL_YEAR_START_MONTH", "13", "from 0 to 12"),
    ("SCORECELL_WEB__PROT", "1", "Did you mean port?"),
    ("SCORECELL_WEBB__PORT", "1", "Did you mean web?"),
    ("SCORECELL_SECRET_KEY", "short", "at least 32 characters"),
    ("SCORECELL_DATA_DIR", "/proc/none", "The data folder /proc/none cannot be written"),
]

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("cli")) as world:
        assert world.refresh().state == "done"
        yield world


@pytest.fixture
def in_world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    return world


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SCORECELL_")]:
        monkeypatch.delenv(name)
    return tmp_path


def words(case: object) -> str:
    return " ".join(case) if isinstance(case, list) else ""


@pytest.mark.usefixtures("in_world")
@pytest.mark.parametrize("arguments", WENT_WELL, ids=words)
def test_what_goes_well_ends_with_0_and_says_something(arguments: Sequence[str], capsys: Capture) -> None:
    assert run(arguments) == 0
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize("arguments", GAVE_JSON, ids=words)
def test_json_is_the_only_thing_on_stdout(
    arguments: list[str], in_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    if arguments[0] == "demo":
        monkeypatch.setenv("SCORECELL_DATA_DIR", str(tmp_path))
        arguments = [*arguments[:-1], str(Path(in_world.environment["SCORECELL_CONFIG"]).with_name("org"))]
    assert run([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) is not None


def test_every_command_that_gives_json_is_tried() -> None:
    tried = {tuple(word for word in case if word in {*COMMANDS, "mint"})[:2] for case in GAVE_JSON}
    assert set(giving_json(scorecell, ())) == {
        (case[0], *case[1:]) if case[0] == "keys" else case[:1] for case in tried
    }


def giving_json(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            found = command.get_command(click.Context(command), name)
            assert found
            yield from giving_json(found, (*path, name))
    elif any("--json" in parameter.opts for parameter in command.params):
        yield path


@pytest.mark.usefixtures("in_world")
@pytest.mark.parametrize("arguments", WRONG_USE, ids=words)
def test_bad_usage_ends_with_2_and_prints_nothing_on_stdout(arguments: Sequence[str], capsys: Capture) -> None:
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("Usage: scorecell")


@pytest.mark.usefixtures("in_world")
@pytest.mark.parametrize(("arguments", "says"), FAILED, ids=words)
def test_a_failure_ends_with_1_and_one_sentence(arguments: Sequence[str], says: str, capsys: Capture) -> None:
    assert run(arguments) == 1
    assert_one_sentence(capsys, says)


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize(("arguments", "says"), WITHOUT_ANYTHING, ids=words)
def test_without_data_and_settings_it_is_said_what_to_do(
    arguments: Sequence[str], says: str, capsys: Capture
) -> None:
    assert run(arguments) == 1
    error = capsys.readouterr().err
    assert error.startswith("scorecell: ")
    assert says in error


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize(("name", "value", "says"), WRONG_VARIABLES)
def test_a_wrong_variable_is_named(
    name: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv(name, value)
    assert run(["keys", "list"]) == 1
    assert_one_sentence(capsys, says)


@pytest.mark.parametrize("command", [["serve"], ["demo"], ["sandbox", "--org", "ORG"]], ids=words)
def test_a_port_that_is_taken_is_said_before_anything_is_done(
    command: list[str], in_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    if command[0] == "demo":
        monkeypatch.setenv("SCORECELL_DATA_DIR", str(tmp_path))
    org = str(Path(in_world.environment["SCORECELL_CONFIG"]).with_name("org"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run([*(org if word == "ORG" else word for word in command), "--port", str(port)]) == 1
    assert_one_sentence(capsys, str(port))
    assert list(tmp_path.iterdir()) == []


def assert_one_sentence(capsys: Capture, says: str) -> None:
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("scorecell: ")
    assert says in said.err
    assert said.err.count("\n") == 1
    assert said.err.rstrip()[-1] in ".?"


@pytest.mark.parametrize(
    ("show", "shown"),
    [
        ("value", "50"),
        ("attainment", "25.0%"),
        ("vs prior", "zero_denominator"),
        ("rank", "1"),
        ("share", "100.0%"),
        ("n", "1"),
    ],
)
def test_a_number_is_shown_in_the_unit_of_what_is_asked(
    show: str, shown: str, in_world: World, capsys: Capture
) -> None:
    assert run(["kpi", "revenue", "Ann Lee", "2026-03", "--show", show]) == 0
    assert capsys.readouterr().out.split("\t")[0] == shown


def test_a_json_answer_has_what_the_contract_says(in_world: World, capsys: Capture) -> None:
    assert run(["kpi", "revenue", "", "2026", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    wanted = {"kpi", "who", "period", "value", "unit", "state", "numerator", "denominator", "n", "snapshot", "as_of"}
    assert wanted <= set(answer)
    assert (answer["value"], answer["state"]) == (50, "ok")
    assert run(["keys", "mint", "--spreadsheet", SHEET, "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"spreadsheet", "key", "expires_at"}


def test_no_secret_is_shown(in_world: World, capsys: Capture) -> None:
    run(["keys", "mint", "--spreadsheet", SHEET])
    key = capsys.readouterr().out.split()[0]
    for arguments in (["keys", "list"], ["keys", "list", "--json"], ["check"], ["runs", "--json"]):
        run(arguments)
        said = capsys.readouterr()
        assert key not in said.out + said.err
        assert in_world.sandbox.client_secret not in said.out + said.err


def test_the_package_runs_as_a_module_and_takes_a_reader_that_leaves(world: World) -> None:
    line = f"'{sys.executable}' -m addon list | head -n 1; exit ${{PIPESTATUS[0]}}"
    environment = {**os.environ, **world.environment}
    done = subprocess.run(
        ["bash", "-c", line], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(("calls_made ", "revenue "))
