"""Our tabs are replaced as a whole, and what people put beside them stays."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.errors import AccessError, CredentialsError, LimitError, NotFoundError, SourceError
from connectors.sandbox.faults import Fault
from connectors.sandbox.google import GoogleSettings
from connectors.sandbox.google.grid import Sheet
from connectors.sheets import Cell, GoogleAccess, SheetsClient, TabContent
from tests.support.sheets_world import World, sheets_world


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    with sheets_world(folder) as world:
        yield world


def scorecard(*values: float, key: str = "scorecard", title: str = "Scorecard") -> TabContent:
    heading = [Cell("KPI", style="heading"), Cell("Value", style="heading")]
    rows = [[Cell(f"KPI {number}"), Cell(value, "money")] for number, value in enumerate(values)]
    return TabContent(key, title, [heading, *rows], column_widths=(200, 90), frozen_rows=1)


def test_two_new_tabs_and_the_revision_take_two_calls(world: World) -> None:
    done = world.writer().replace(world.book.id, [scorecard(1.5), scorecard(2, key="board", title="Board")], 7)
    assert done.created == ("scorecard", "board", "revision")
    assert done.call_count == 2
    assert world.calls() == [f"GET {world.book.id}", f"POST {world.book.id}:batchUpdate"]
    assert world.user.rows("Scorecard") == [["KPI", "Value"], ["KPI 0", "2"]]
    assert world.user.value("Scorecard!B2") == 1.5
    assert world.user.value("KPI_REVISION") == 7


def test_numbers_dates_checks_and_text_are_typed_cells(world: World) -> None:
    row = [Cell(0.635, "percent"), Cell(datetime.date(2026, 9, 14)), Cell(value=True), Cell("a\x00b\u00a0c"), Cell()]
    world.writer().replace(world.book.id, [TabContent("t", "T", [row])], 1)
    assert world.user.rows("T") == [["63.5%", "2026-09-14", "TRUE", "ab\u00a0c"]]
    with pytest.raises(ValueError, match="infinite"):
        Cell(float("nan"))


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "'=1", "\u200b=1"]
)
def test_text_that_looks_like_a_formula_stays_text(world: World, text: str) -> None:
    world.writer().replace(world.book.id, [TabContent("t", "T", [[Cell(text)]])], 1)
    assert world.user.cell("T!A1")["userEnteredValue"] == {"stringValue": text}


def test_what_a_user_adds_survives_ten_refreshes(world: World) -> None:
    writer = world.writer()
    writer.replace(world.book.id, [scorecard(1, 2, 3)], 1)
    user = world.user
    user.set_note("Scorecard!B2", "check this one")
    user.set_colour("Scorecard!A2:B2", 1, 0.9, 0.5)
    user.set_rows("Scorecard!C1", [["My view"], ["=B2*2"], ["fine"]])
    user.set_cell("Scorecard!A9", "Below")
    chart = user.add_chart("Mine", "Scorecard!A2:A4", "Scorecard!B2:B4", "Scorecard!E2")
    user.rename_tab("Scorecard", "Monday")
    user.move_tab("Monday", 0)
    for number in range(2, 12):
        writer.replace(world.book.id, [scorecard(number, 2, 3)], number)
    assert user.value("Monday!B2") == 11
    assert user.cell("Monday!B2")["note"] == "check this one"
    assert user.cell("Monday!A2")["userEnteredFormat"]["backgroundColor"]["green"] == 0.9
    assert user.cell("Monday!C2")["userEnteredValue"] == {"formulaValue": "=B2*2"}
    assert (user.value("Monday!C3"), user.value("Monday!A9")) == ("fine", "Below")
    assert [sheet.title for sheet in world.book.sheets] == ["Monday", "Sheet1", "Scorecell"]
    assert [each["chartId"] for each in world.book.sheets[0].charts] == [chart]
    assert user.value("KPI_REVISION") == 11


def test_a_block_that_grows_moves_what_stands_below_and_beside(world: World) -> None:
    writer = world.writer()
    writer.replace(world.book.id, [scorecard(1)], 1)
    world.user.set_cell("Scorecard!A3", "Below")
    world.user.set_cell("Scorecard!C1", "Beside")
    wide = TabContent("scorecard", "", [[Cell("a"), Cell("b"), Cell("c")], *([Cell(n)] for n in range(4))])
    writer.replace(world.book.id, [wide], 2)
    assert world.user.rows("Scorecard") == [["a", "b", "c", "Beside"], ["0"], ["1"], ["2"], ["3"], ["Below"]]


def test_a_block_that_shrinks_leaves_nothing_behind(world: World) -> None:
    writer = world.writer()
    writer.replace(world.book.id, [scorecard(1, 2, 3)], 1)
    world.user.set_cell("Scorecard!A9", "Below")
    writer.replace(world.book.id, [TabContent("scorecard", "", [[Cell("one")]])], 2)
    assert [row for row in world.user.rows("Scorecard") if row] == [["one"], ["Below"]]
    writer.replace(world.book.id, [scorecard(4, 5)], 3)
    assert world.user.rows("Scorecard")[2] == ["KPI 1", "5"]
    assert world.user.rows("Scorecard")[-1] == ["Below"]


def test_the_block_follows_the_rows_and_columns_that_a_user_inserts_before_it(world: World) -> None:
    writer = world.writer()
    writer.replace(world.book.id, [scorecard(1)], 1)
    world.user.insert_row("Scorecard", 0, 2)
    world.user.insert_column("Scorecard", 0)
    world.user.set_cell("Scorecard!A1", "My heading")
    world.user.insert_row("Scorecell", 0)
    writer.replace(world.book.id, [scorecard(5)], 2)
    assert world.user.rows("Scorecard") == [["My heading"], [], ["", "KPI", "Value"], ["", "KPI 0", "5"]]
    assert (world.user.value("KPI_REVISION"), world.user.value("Scorecell!B2")) == (2, 2)


def test_a_foreign_tab_with_our_title_is_not_touched(world: World) -> None:
    world.tab("scorecard", ["Mine", "alone"])
    done = world.writer().replace(world.book.id, [scorecard(1)], 1)
    assert world.user.rows("scorecard") == [["Mine", "alone"]]
    assert world.user.value("Scorecard (Scorecell)!A2") == "KPI 0"
    assert "it was left alone" in done.notes[0]


def test_of_our_tab_and_a_users_copy_only_ours_is_written(world: World) -> None:
    writer = world.writer()
    writer.replace(world.book.id, [scorecard(1)], 1)
    ours = world.book.sheet_titled("Scorecard")
    assert ours is not None
    world.book.sheets.insert(0, _copy_of(world, "Scorecard"))
    writer.replace(world.book.id, [scorecard(2)], 2)
    assert (world.user.value("Scorecard!B2"), world.user.value("Copy!B2")) == (2, 1)


def _copy_of(world: World, title: str) -> Sheet:
    sheet = world.book.sheet_titled(title)
    assert sheet is not None
    copy = sheet.copy()
    copy.properties = {**sheet.properties, "sheetId": 99, "title": "Copy"}
    return copy


def test_a_tab_that_was_deleted_is_made_again_and_told(world: World) -> None:
    writer = world.writer()
    writer.replace(world.book.id, [scorecard(1)], 1)
    world.user.delete_tab("Scorecard")
    world.user.delete_tab("Scorecell")
    done = writer.replace(world.book.id, [scorecard(2)], 2)
    assert done.notes == ("The tab 'Scorecard' had been deleted; it was made again as 'Scorecard'.",)
    assert (world.user.value("Scorecard!B2"), world.user.value("KPI_REVISION")) == (2, 2)


def test_a_name_whose_cells_were_deleted_is_not_shown_and_not_free(world: World) -> None:
    for call, name in enumerate(("SCORECELL_SCORECARD", "KPI_REVISION"), start=1):
        words = (
            f"Invalid requests[3].addNamedRange: Cannot add named range with name: {name}, a named range with that"
        )
        error = {"code": 400, "message": f"{words} name already exists.", "status": "INVALID_ARGUMENT"}
        body = json.dumps({"error": error})
        world.server.faults.add(Fault("status", path="batchUpdate", from_call=call, status=400, body=body))
    done = world.writer().replace(world.book.id, [scorecard(1)], 5)
    assert done.call_count == 6
    assert done.notes[0].startswith("Cells do not recalculate by themselves")
    assert sorted(named["name"] for named in world.book.named_ranges) == [
        "SCORECELL_REVISION",
        "SCORECELL_SCORECARD_2",
    ]
    assert world.writer().replace(world.book.id, [scorecard(2)], 6).notes == ()
    assert world.user.value("KPI_REVISION") == 6


def test_a_block_is_found_though_its_range_was_renamed_or_taken_away(world: World) -> None:
    writer = world.writer()
    for revision in (1, 2):
        writer.replace(world.book.id, [scorecard(revision)], revision)
    named = next(named for named in world.book.named_ranges if named["name"] == "SCORECELL_SCORECARD")
    named["name"] = "Mine"
    world.user.insert_row("Scorecard", 0)
    writer.replace(world.book.id, [scorecard(3)], 3)
    assert world.user.rows("Scorecard") == [[], ["KPI", "Value"], ["KPI 0", "3"]]
    world.user.delete_row("Scorecard", 0)
    world.book.named_ranges.remove(named)
    writer.replace(world.book.id, [scorecard(4)], 4)
    assert world.user.rows("Scorecard") == [["KPI", "Value"], ["KPI 0", "4"]]


def test_rows_that_a_user_inserts_within_the_block_are_ours_again(world: World) -> None:
    writer = world.writer()
    writer.replace(world.book.id, [scorecard(1, 2)], 1)
    world.user.insert_row("Scorecard", 2)
    world.user.set_cell("Scorecard!A9", "Below")
    writer.replace(world.book.id, [scorecard(5, 6)], 2)
    rows = world.user.rows("Scorecard")
    assert [row for row in rows if row] == [["KPI", "Value"], ["KPI 0", "5"], ["KPI 1", "6"], ["Below"]]


def test_a_grid_that_was_cut_to_the_block_grows_again(world: World) -> None:
    writer = world.writer()
    writer.replace(world.book.id, [scorecard(1)], 1)
    sheet = world.book.sheet_titled("Scorecard")
    assert sheet is not None
    sheet.resize(2, 2)
    writer.replace(world.book.id, [scorecard(1, 2)], 2)
    assert world.user.value("Scorecard!B3") == 2


def test_nothing_is_written_where_one_request_is_refused(world: World) -> None:
    writer = world.writer()
    writer.replace(world.book.id, [scorecard(1), scorecard(1, key="board", title="Board")], 1)
    world.user.protect("Board!A1:B2")
    with pytest.raises(SourceError, match="protected"):
        writer.replace(world.book.id, [scorecard(9), scorecard(9, key="board", title="Board")], 2)
    assert (world.user.value("Scorecard!B2"), world.user.value("KPI_REVISION")) == (1, 1)


@pytest.mark.parametrize("kind", ["reset", "lost", "truncate"])
def test_a_write_whose_outcome_is_unknown_ends_as_one_write(world: World, kind: str) -> None:
    world.server.faults.add(Fault(kind, path="batchUpdate"))  # type: ignore[arg-type]  # the parameter's words
    world.writer().replace(world.book.id, [scorecard(3)], 4)
    assert [sheet.title for sheet in world.book.sheets] == ["Sheet1", "Scorecard", "Scorecell"]
    assert (world.user.value("Scorecard!B2"), world.user.value("KPI_REVISION")) == (3, 4)
    assert len(world.waits) == 1


def test_used_up_quota_is_waited_for_within_bounds_and_then_told(folder: Path) -> None:
    settings = GoogleSettings(reads_per_minute_per_user=1, retry_after_is_sent=True)
    with sheets_world(folder, settings=settings) as world:
        client = world.client()
        client.state(world.book.id)
        with pytest.raises(LimitError, match="goes on within") as caught:
            client.state(world.book.id)
        assert caught.value.retry_after_seconds is not None
        assert sum(world.waits) <= 90


def test_a_spreadsheet_not_shared_names_the_address_to_share_it_with(world: World) -> None:
    world.user.unshare(world.service.settings.service_account)
    with pytest.raises(AccessError, match=r"not shared with scorecell@sandbox-project.*as Viewer"):
        world.client().state(world.book.id)
    world.user.share(world.service.settings.service_account, "reader")
    with pytest.raises(AccessError, match="as Editor"):
        world.writer().replace(world.book.id, [scorecard(1)], 1)


@pytest.mark.parametrize("spreadsheet_id", ["1doesNotExist", "../../drive", "https://docs.google.com/d/x"])
def test_a_spreadsheet_that_is_not_there_says_where_its_id_stands(world: World, spreadsheet_id: str) -> None:
    with pytest.raises(NotFoundError, match="between /d/ and /edit"):
        world.client().state(spreadsheet_id)


def test_a_fault_of_google_is_not_permanent_and_quotes_nothing(world: World) -> None:
    world.server.faults.add(Fault("html", path="spreadsheets", times=None))
    with pytest.raises(SourceError, match="fault of its own") as caught:
        world.client().state(world.book.id)
    assert not caught.value.permanent


def test_credentials_that_cannot_work_are_told_without_quoting_them(world: World, tmp_path: Path) -> None:
    key = world.key_file.read_text(encoding="utf-8")
    broken = {
        "absent.json": (None, "no service account key"),
        "list.json": ("[]", "not a service account key"),
        "text.json": ("secret-words", "not a service account key"),
        "key.json": (key.replace("MII", "XXX"), "cannot be used"),
    }
    for name, (content, words) in broken.items():
        if content is not None:
            (tmp_path / name).write_text(content, encoding="utf-8")
        with pytest.raises(CredentialsError, match=words) as caught:
            SheetsClient(GoogleAccess(tmp_path / name, world.server.url))
        assert "secret-words" not in str(caught.value)
        assert "XXX" not in str(caught.value)
    revoked = tmp_path / "revoked.json"
    revoked.write_text(key.replace("scorecell@", "other@"), encoding="utf-8")
    with pytest.raises(CredentialsError, match="gave no token for other@"):
        SheetsClient(GoogleAccess(revoked, world.server.url)).state(world.book.id)
    with pytest.raises(CredentialsError, match="more than is needed"):
        SheetsClient(GoogleAccess(world.key_file, scopes=("https://www.googleapis.com/auth/drive",)))


def test_two_tabs_with_one_key_and_far_too_many_cells_are_refused(world: World) -> None:
    with pytest.raises(ValueError, match="key of its own"):
        world.writer().replace(world.book.id, [scorecard(1), scorecard(2)], 1)
    with pytest.raises(ValueError, match="at most 200,000"):
        world.writer().replace(world.book.id, [TabContent("t", "T", [[Cell(1)] * 1000] * 201)], 1)
