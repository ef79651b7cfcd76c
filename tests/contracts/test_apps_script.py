"""The custom functions, run under Node as Sheets would run them, against a server of the contract over HTTP."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connectors.sandbox.server import Fault, Faults, Server
from tests.support.apps_script import (
    SCRIPTS,
    CellError,
    CellValue,
    Document,
    Step,
    StepOutcome,
    run_cells,
    run_script,
    run_steps,
)
from tests.support.apps_script_server import KEY, SPREADSHEET, TOKEN, ContractServer


class World:
    """A server and a spreadsheet connected to it."""

    def __init__(self, server: Server, contract: ContractServer) -> None:
        self.server = server
        self.contract = contract
        self.document = Document(server.url, KEY, SPREADSHEET)

    def cells(self, formulas: Sequence[str]) -> list[CellValue]:
        return run_cells(self.server.url, KEY, SPREADSHEET, formulas)

    def sheet(self, **cells: str | float | bool | datetime) -> StepOutcome:
        return run_steps(self.document, [Step(cells)])[0]


@pytest.fixture
def world() -> Iterator[World]:
    contract = ContractServer()
    with Server([contract], faults=Faults()) as server:
        yield World(server, contract)


def test_a_cell_shows_the_number_or_why_there_is_none(world: World) -> None:
    kpis = ("revenue", "empty", "aimless", "divided", "secret", "old", "winrate", "newer", "hidden")
    shown = world.cells([f'=KPI("{kpi}","Ann","2026")' for kpi in kpis])
    assert shown == [
        float(len("revenueAnn2026")),
        "no data",
        "no target",
        "nothing to divide by",
        "not allowed",
        7.5,
        CellError("#ERROR!", 'There is no KPI "winrate". Did you mean win_rate?'),
        CellError("#ERROR!", "Something new."),
        CellError(
            "#ERROR!", f"The answer of {world.server.url} is not one of a Scorecell server. Check its address."
        ),
    ]


def test_a_french_user_reads_french(world: World) -> None:
    french = Document(world.server.url, KEY, SPREADSHEET, locale="fr_CA")
    step = Step(
        {"A1": '=KPI("empty","Ann","2026")', "A3": '=KPI("revenue";"";"";"statut")', "A5": '=KPI_LIST("a&b é")'}
    )
    cells = run_steps(french, [step])[0].cells
    assert cells["A1"] == "aucune donnée"
    assert [cells[place] for place in ("A3", "A5", "B5", "A6")] == ["en retard", "KPI", "fr", "a&b é"]


def test_cells_of_every_type_become_words(world: World) -> None:
    spring = datetime(2026, 8, 31, 22, 30, tzinfo=UTC)  # in Paris it is September
    world.sheet(A1=2026, A2=spring, A3=True, B1="=KPI(A3,A9,A1)", B2="=KPI(A3,,A2)", B3='=KPI("  dé","x ",12.5)')
    assert set(world.contract.questions) == {
        ("TRUE", "", "2026", ""),
        ("TRUE", "", "2026-09", ""),
        ("dé", "x", "12.5", ""),
    }


def test_a_column_of_people_and_a_row_of_months_make_a_grid_in_one_request(world: World) -> None:
    done = world.sheet(
        A2="Ann", A3="Bob", B1="2026-01", C1="2026-02", D1="2026-03", B2='=KPI("empty",A2:A3,B1:D1)',
        F1="revenue", F2="winrate", F4="#REF!", F5="old", G1='=KPI(F1:F5,"","2026",F1:F5)',
        H1='=KPI("revenue",A2:A4,"2026")',
    )  # fmt: skip
    assert [done.cells[place] for place in ("B2", "D2", "B3", "D3")] == ["no data"] * 4
    assert done.cells["G1"] == float(len("revenue2026revenue"))
    assert done.cells["G2"] == '⚠ There is no KPI "winrate". Did you mean win_rate?'
    assert done.cells["G3"] == ""
    assert done.cells["G4"] == "⚠ The argument is an error itself (#REF!). Correct that cell first."
    assert done.cells["G5"] == 7.5
    assert [done.cells[place] for place in ("H1", "H3")] == [float(len("revenueAnn2026")), ""]
    assert len(done.fetches) == 3


def test_ranges_that_do_not_fit_or_are_too_many_are_refused_before_anything_is_asked(world: World) -> None:
    shown = world.cells(
        [
            '=KPI("revenue",A100:A102,B100:B101)',
            '=KPI("revenue",A100:A300,B100:CA100)',
            '=KPI("revenue","#N/A","")',
            "=KPI_SCORECARD(A100:A101)",
            '=KPI_TREND("revenue","","month","a few")',
        ]
    )
    assert [cell.message for cell in shown if isinstance(cell, CellError)] == [
        (
            "The ranges do not fit together: 1 × 1, 3 × 1, 2 × 1, 1 × 1. "
            "Give one range of rows and one of columns, or ranges of one size."
        ),
        "15678 cells are more than the 10000 that one formula can ask. Split the range.",
        "The argument is an error itself (#N/A). Correct that cell first.",
        "who must be one cell, not a range.",
        "The number of periods must be a whole number of 1 or more, not a few.",
    ]
    assert world.server.journal == ()


def test_every_other_function_asks_its_own_endpoint_and_spills(world: World) -> None:
    calls = {
        'KPI_TABLE(A900:A902,"Ann","2026","target")': "/v1/table",
        'KPI_SCORECARD("","2026","rep")': "/v1/scorecard",
        'KPI_TREND("revenue","","month",12)': "/v1/trend",
        'KPI_LEADERBOARD("revenue","rep","2026")': "/v1/leaderboard",
        'KPI_BRIDGE("revenue","","2026")': "/v1/bridge",
        'KPI_FORECAST("","2026")': "/v1/forecast",
        'KPI_EXPLAIN("revenue","","2026")': "/v1/explain",
        'KPI_RECORDS("revenue","","2026")': "/v1/records",
    }
    formulas = {f"A{1 + 10 * index}": f"={call}" for index, call in enumerate(calls)}
    done = world.sheet(**formulas, A900="revenue", A902="win_rate", C1='=KPI_FUNNEL("","2026")')
    assert done.cells["A1"] == CellError(
        "#REF!", "Array result was not expanded because it would overwrite data in C1."
    )
    assert [done.cells[place] for place in ("A11", "C11", "A12", "B12", "C12", "A13", "B13", "C13")] == [
        "Name", "Note", "/v1/scorecard", 1.5, "", "=1+1", "", True,
    ]  # fmt: skip
    assert done.cells["C1"] == CellError("#ERROR!", "There is no funnel without leads.")
    asked = dict(world.contract.bodies)
    assert set(asked) == {*calls.values(), "/v1/funnel"}
    assert asked["/v1/table"] == {
        "kpis": ["revenue", "win_rate"], "whos": ["Ann"], "periods": ["2026"], "show": "target",
        "language": "en",
    }  # fmt: skip
    assert asked["/v1/trend"] == {"kpi": "revenue", "who": "", "grain": "month", "count": 12, "language": "en"}
    assert asked["/v1/bridge"] == {"kpi": "revenue", "who": "", "period": "2026", "against": "", "language": "en"}


def test_status_target_and_freshness(world: World) -> None:
    shown = world.cells(
        [
            '=KPI_STATUS("revenue","","")',
            '=KPI_STATUS("old","","")',
            '=KPI_STATUS("winrate","","")',
            '=KPI("revenue","","","status")',
            '=KPI_TARGET("aimless","","")',
            "=KPI_FRESH()",
        ]
    )
    assert shown == [
        "ok",
        "stale: The last sync was yesterday.",
        '⚠ There is no KPI "winrate". Did you mean win_rate?',
        "behind",
        "no target",
        datetime(2026, 9, 14, 6, tzinfo=UTC),
    ]
    assert ("aimless", "", "", "target") in world.contract.questions


def _cells_of_a_tab(count: int) -> dict[str, str | float]:
    """Return cells that each ask for a rep of their own and follow KPI_REVISION."""
    formulas = {f"A{row}": f'=KPI("revenue","rep {row}","2026","",KPI_REVISION)' for row in range(1, count + 1)}
    return {**formulas, "C1": 1}


def _first(count: int) -> Step:
    return Step(_cells_of_a_tab(count), names={"KPI_REVISION": "C1"})


def test_two_hundred_cells_cost_few_requests(world: World) -> None:
    steps = [
        _first(200),
        Step({"C1": 2}, advance_seconds=5),
        Step({"C1": 3}, advance_seconds=900),
        Step({"A201": '=KPI("revenue","rep 201","2026","",KPI_REVISION)'}),
        Step({"A202": '=KPI("revenue","rep 7","2026","",KPI_REVISION)'}, advance_seconds=900),
    ]
    first, second, third, one_more, known = run_steps(replace(world.document, fetch_seconds=0.05), steps)
    counts = [len(done.fetches) for done in (first, second, third)]
    print(f"\n200 cells, 30 at once: {counts[0]} requests when typed, {counts[1]} and {counts[2]} after refreshes")
    assert [done.executions for done in (first, second, third, one_more, known)] == [200, 200, 200, 1, 0]
    assert third.cells["A200"] == float(len("revenuerep 2002026"))
    assert counts[0] <= 20  # about two for thirty: the first to come, and all who waited meanwhile
    assert max(counts[1:3]) <= 3
    assert len(json.loads(one_more.fetches[0].body)["cells"]) < 60, "what is still in the cache is not asked again"


def test_more_cells_than_one_request_takes_along_are_all_answered(world: World) -> None:
    first, second = run_steps(world.document, [_first(600), Step({"C1": 2}, advance_seconds=900)])
    assert all(second.cells[f"A{row}"] == len(f"revenuerep {row}2026") for row in range(1, 601))
    assert all(len(json.loads(fetch.body)["cells"]) <= 500 for fetch in (*first.fetches, *second.fetches))
    assert len(second.fetches) < 60


def test_a_server_that_is_down_is_not_stormed_and_is_found_again(world: World) -> None:
    world.server.faults.add(Fault("html", path="/v1/kpi", times=2))
    down, up = run_steps(world.document, [_first(60), Step({"C1": 2}, advance_seconds=6)])
    errors = {cell.message for cell in down.cells.values() if isinstance(cell, CellError)}
    assert errors == {"The Scorecell server cannot answer right now (503). Try again in a minute."}
    assert len(down.fetches) == 2, "one attempt, one retry, and the cells that follow are told"
    assert up.cells["A60"] == float(len("revenuerep 602026"))


@pytest.mark.parametrize("fault", [Fault("status", status=500), Fault("reset"), Fault("html")])
def test_one_failure_is_not_seen(world: World, fault: Fault) -> None:
    world.server.faults.add(fault)
    assert world.cells(['=KPI("old","","")']) == [7.5]
    assert len(world.contract.questions) == 1


def test_an_answer_that_was_cut_or_is_a_page_of_something_else_is_no_number(world: World) -> None:
    world.server.faults.add(Fault("status", status=200, body="<html>Welcome to the hotel</html>"))
    shown = world.cells(['=KPI("old","","")'])
    message = f"The answer of {world.server.url} is not one of a Scorecell server. Check its address."
    assert shown == [CellError("#ERROR!", message)]


def test_a_spreadsheet_without_a_good_key_is_told_to_connect(world: World) -> None:
    nowhere = "http://127.0.0.1:9"
    documents = [
        replace(world.document, key=""),
        replace(world.document, key="another"),
        replace(world.document, spreadsheet="a-copy"),
        replace(world.document, server_url=nowhere),
        replace(world.document, fetch_quota=0),
        replace(world.document, is_bound=False),
    ]
    shown = [run_steps(document, [Step({"A1": '=KPI("old","","")'})])[0].cells["A1"] for document in documents]
    connect = "Connect this spreadsheet: Extensions > Scorecell > Connect."
    assert [cell.message for cell in shown if isinstance(cell, CellError)] == [
        connect,
        f"The key of this spreadsheet is not valid. {connect}",
        f"The key of this spreadsheet is not valid. {connect}",
        (
            f"The Scorecell server at {nowhere} cannot be reached. Try again in a minute, or check the address. "
            f"(Address unavailable: {nowhere}/v1/kpi)"
        ),
        "Google's daily limit of requests of this account is used up. Ask with ranges, which take one request each.",
        "Scorecell works only inside a spreadsheet. Open it from the spreadsheet's menu.",
    ]


def test_the_menu_connects_and_disconnects(world: World) -> None:
    document = replace(world.document, server_url="", key="", identity_token=TOKEN)
    steps = [
        Step(run="onInstall"),
        Step(run="scorecellShowConnect"),
        Step(run="scorecellConnect", arguments=["http://scorecell.example.com"]),
        Step({"A1": '=KPI("old","","")'}, run="scorecellConnect", arguments=[f" {world.server.url}/ "]),
        Step(run="scorecellDisconnect"),
        Step({"A2": '=KPI("old","","2026")'}),
    ]
    menu, dialog, refused, connected, disconnected, after = run_steps(document, steps)
    assert menu.dialogs[0]["menu"] == [
        ["Connect this spreadsheet", "scorecellShowConnect"],
        ["Disconnect", "scorecellDisconnect"],
        ["Refresh now", "scorecellRefresh"],
        ["About KPI_REVISION", "scorecellExplainRevision"],
        ["Help", "scorecellHelp"],
    ]
    assert "Whoever edits this spreadsheet sees what its key may see" in str(dialog.dialogs[0]["html"])
    assert "must begin with https://" in refused.error
    assert connected.value == 'Connected. Try =KPI("revenue","","this month"). This spreadsheet sees only team:West.'
    assert connected.cells["A1"] == 7.5
    assert disconnected.dialogs[-1] == {"alert": ["Disconnected. The key is revoked."]}
    assert "SCORECELL_KEY" not in disconnected.properties
    assert isinstance(after.cells["A2"], CellError)


def test_a_user_whom_the_server_does_not_know_gets_no_key(world: World) -> None:
    documents = [replace(world.document, key="", identity_token=token) for token in ("forged", None)]
    step = Step(run="scorecellConnect", arguments=[world.server.url])
    done = [run_steps(document, [step])[0] for document in documents]
    assert [each.error for each in done] == [
        "Google's token is not valid.",
        "Google did not say who you are. Accept the permissions that Scorecell asks for, then try again.",
    ]
    assert not any("SCORECELL_KEY" in each.properties for each in done)


def test_a_key_is_removed_here_even_when_the_server_is_away(world: World) -> None:
    document = replace(world.document, server_url="http://127.0.0.1:9", identity_token=TOKEN)
    done = run_steps(document, [Step(run="scorecellDisconnect")])[0]
    assert "could not be told to revoke it" in str(done.dialogs[-1])
    assert done.properties == {"SCORECELL_SERVER": "http://127.0.0.1:9"}


def test_refresh_now_computes_again_what_follows_the_revision(world: World) -> None:
    steps = [
        Step(run="scorecellRefresh"),
        Step({"A1": '=KPI("old","","",,KPI_REVISION)', "C1": 41}, names={"KPI_REVISION": "C1"}),
        Step(run="scorecellRefresh"),
        Step(run="scorecellExplainRevision"),
    ]
    missing, first, refreshed, explained = run_steps(world.document, steps)
    assert "does not exist here yet" in str(missing.dialogs)
    assert refreshed.cells["C1"] == 41.001
    assert (first.executions, refreshed.executions, len(refreshed.fetches)) == (1, 2, 1)
    assert "KPI_REVISION" in str(explained.dialogs)


def test_a_formula_cannot_do_what_only_the_menu_may(world: World) -> None:
    calls = (
        'scorecellConnect("https://evil.example.com")',
        "scorecellDisconnect()",
        "scorecellRefresh()",
        "onOpen()",
    )
    formulas = {f"A{row}": f"={call}" for row, call in enumerate(calls, start=1)}
    document = replace(world.document, identity_token=TOKEN)
    done = run_steps(document, [Step({**formulas, "A9": "=NOTHING()", "C1": 1}, names={"KPI_REVISION": "C1"})])[0]
    refused = [cell.message for cell in done.cells.values() if isinstance(cell, CellError)]
    assert refused == [
        "You do not have permission to call ScriptApp.getIdentityToken",
        "You do not have permission to call SpreadsheetApp.getUi",
        "You do not have permission to call Spreadsheet.getRangeByName",
        "You do not have permission to call SpreadsheetApp.getUi",
        "Unknown function: 'NOTHING'.",
    ]
    assert (list(done.fetches), done.properties) == ([], document.properties())


def test_both_languages_say_everything() -> None:
    texts = run_script("ScorecellWords.TEXTS")
    assert isinstance(texts, dict)
    assert set(texts) == {"en", "fr"}
    places = [{name: sorted(re.findall(r"\{\d\}", text)) for name, text in texts[each].items()} for each in texts]
    assert places[0] == places[1]
    used = {name for path in SCRIPTS.iterdir() for name in re.findall(r"say\('(\w+)'", path.read_text("utf-8"))}
    assert used <= set(texts["en"])


def test_the_manifest_asks_for_the_least_and_each_function_describes_itself() -> None:
    manifest = json.loads((SCRIPTS / "appsscript.json").read_text("utf-8"))
    scopes = {scope.rsplit("/", 1)[-1] for scope in manifest["oauthScopes"]}
    assert scopes == {
        "spreadsheets.currentonly", "script.external_request", "script.container.ui", "openid", "userinfo.email",
    }  # fmt: skip
    assert all(address.startswith("https://") and address.endswith("/") for address in manifest["urlFetchWhitelist"])
    source = (SCRIPTS / "functions.js").read_text("utf-8")
    described = re.findall(r"/\*\*\n \* (.+?)\n((?: \*.*\n)+?) \*/\nfunction (\w+)\((.*?)\)", source)
    assert {name for _, _, name, _ in described} == {
        "KPI", "KPI_TABLE", "KPI_SCORECARD", "KPI_TREND", "KPI_LEADERBOARD", "KPI_FUNNEL", "KPI_BRIDGE", "KPI_TARGET",
        "KPI_STATUS", "KPI_FORECAST", "KPI_EXPLAIN", "KPI_RECORDS", "KPI_LIST", "KPI_FRESH",
    }  # fmt: skip
    for sentence, rest, name, parameters in described:
        assert sentence.endswith("."), name
        assert "@customfunction" in rest, name
        assert re.findall(r"@param \{.*?\} (\w+) \S", rest) == re.findall(r"\w+", parameters), name
