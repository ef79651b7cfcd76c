"""Tables are read out of the tabs that people keep, and whatever cannot be read is told."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.errors import AccessError, NotFoundError, SourceError
from connectors.sandbox.google import Spreadsheet
from connectors.sheets import (
    READ_SCOPE,
    VERSION_SCOPE,
    GoogleAccess,
    SheetsClient,
    SheetsSource,
    TabMapping,
    tab_mappings,
)
from connectors.sheets_words import load_vocabulary
from connectors.source import Batch, Checkpoint, Covered
from kpis.tables import TABLES
from tests.support.sheets_world import World, problems_of, rows_of, sheets_world


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    with sheets_world(folder) as world:
        yield world


def test_targets_are_read_with_their_dimensions_and_periods_in_two_calls(world: World) -> None:
    world.tab(
        "Targets 2026",
        ["Set by the board"],
        ["KPI", "Level", "Member", "From", "To", "Goal"],
        ["revenue", "rep", "Ann Lee", "2026-07-01", "2026-09-30", "$1,000"],
        ["win_rate", "Company", "", "2026-01-01", "2026-12-31", "30%"],
        ["", "", "", "", "", ""],
        ["Total", "", "", "", "", "1000.3"],
    )
    changes = list(world.source().changes({}))
    key = "sheet:Targets 2026:revenue|rep|Ann Lee|2026-07-01|2026-09-30"
    assert rows_of(changes, "target") == [
        {
            "id": key,
            "kpi": "revenue",
            "dimension": "rep",
            "member": "Ann Lee",
            "period_start": datetime.date(2026, 7, 1),
            "period_end": datetime.date(2026, 9, 30),
            "value": 1000.0,
        },
        {
            "id": "sheet:Targets 2026:win_rate|company||2026-01-01|2026-12-31",
            "kpi": "win_rate",
            "dimension": "company",
            "period_start": datetime.date(2026, 1, 1),
            "period_end": datetime.date(2026, 12, 31),
            "value": 0.3,
        },
    ]
    assert problems_of(changes) == ["Targets 2026!6: This is a row of totals; it was left out."]
    assert Covered(("target",)) in changes
    assert len(world.calls()) == 2


@pytest.mark.parametrize(
    ("headers", "row", "expected"),
    [
        ("Rep, Month, Quota", "Ann, 2026-09, 5", ("revenue", "rep", "Ann", 9, 9)),
        ("Rep, Team, Quarter, Quota", "Ann, West, 2026-Q3, 5", ("revenue", "rep", "Ann", 7, 9)),
        ("KPI, Team, Year, Month, Value", "calls, West, 2026, 9, 5", ("calls", "team", "West", 9, 9)),
        ("KPI, Who, Period, Value", "calls, region:EMEA, 2026, 5", ("calls", "region", "EMEA", 1, 12)),
        ("Indicateur, Commercial, Mois, Objectif", "ca, Ann, septembre 2026, 5", ("ca", "rep", "Ann", 9, 9)),
        ("KPI, Niveau, Qui, Du, Au, Cible", "ca, Équipe, Sud, 2026-01, 2026-03, 5", ("ca", "team", "Sud", 1, 3)),
    ],
)
def test_targets_say_whom_and_when_in_many_ways(
    world: World, headers: str, row: str, expected: tuple[str, str, str, int, int]
) -> None:
    world.tab("Objectifs", headers.split(", "), row.split(", "))
    changes = list(world.source().changes({}))
    assert problems_of(changes) == []
    (found,) = rows_of(changes, "target")
    first, last = found["period_start"], found["period_end"]
    assert isinstance(first, datetime.date)
    assert isinstance(last, datetime.date)
    assert (found["kpi"], found["dimension"], found["member"], first.month, last.month) == expected
    assert (first.day, (last + datetime.timedelta(days=1)).day) == (1, 1)


def test_a_wide_table_gives_one_target_for_each_period_that_is_filled(world: World) -> None:
    world.tab("Quotas", ["Rep", "Jan 2026", "Feb 2026", "Mar 2026"], ["Ann", "10", "", "30"], ["Bob", "-", "5", "x"])
    changes = list(world.source().changes({}))
    found = [(row["member"], str(row["period_start"]), row["value"]) for row in rows_of(changes, "target")]
    assert found == [("Ann", "2026-01-01", 10.0), ("Ann", "2026-03-01", 30.0), ("Bob", "2026-02-01", 5.0)]
    assert problems_of(changes) == ['Quotas!D3: "x": This is not a number. The row was left out. Type a number.']


def test_a_mapping_says_what_headers_do_not(world: World) -> None:
    world.tab("Plan", ["Year", "EmployeeID", "M01", "M02"], ["2026", "0012", "1.5", "-"])
    mapping = TabMapping("target", {"EmployeeID": "rep"}, {"kpi": "revenue"}, {"value": 1000})
    world.user.set_cell("Plan!B2", "'0012")
    changes = list(world.source(Plan=mapping).changes({}))
    (found,) = rows_of(changes, "target")
    assert (found["member"], found["value"], str(found["period_end"])) == ("0012", 1500.0, "2026-01-31")


@pytest.mark.parametrize(
    ("locale", "texts", "expected"),
    [
        ("fr_FR", ["31/12/2026", "1 234,50"], ("2026-12-31", 1234.5)),
        ("fr_FR", ["'3 avr. 2026", "'1 234,50 €"], ("2026-04-03", 1234.5)),
        ("fr_FR", ["'04/03/2026", "'1.234,50"], ("2026-03-04", 1234.5)),
        ("en_US", ["'04/03/2026", "'1,234.50"], ("2026-04-03", 1234.5)),
        ("en_GB", ["04/03/2026", "£1,234.50"], ("2026-03-04", 1234.5)),
        ("de_DE", ["04.03.2026", "1.234,50"], ("2026-03-04", 1234.5)),
        ("en_US", ["12/31/2026", "(1,234.50)"], ("2026-12-31", -1234.5)),
    ],
)
def test_dates_and_numbers_are_read_in_the_locale_typed_or_as_text(
    folder: Path, locale: str, texts: list[str], expected: tuple[str, float]
) -> None:
    with sheets_world(folder, locale=locale) as world:
        world.tab("Expenses", ["Date", "Category", "Amount"], [texts[0], "Cost of sales", texts[1]])
        changes = list(world.source().changes({}))
        assert problems_of(changes) == []
        (found,) = rows_of(changes, "expense")
        assert (str(found["on"]), found["amount"]) == expected
        assert found["category"] == "cogs"


def test_a_cell_that_cannot_be_read_is_told_and_the_rest_is_loaded(world: World) -> None:
    world.tab(
        "Dépenses",
        ["Date", "Catégorie", "Montant", "Commercial"],
        ["2026-09-14", "marketing", "12k", "Ann"],
        ["soon", "marketing", "5", "Ann"],
        ["2026-09-14", "", "5", "Ann"],
        ["2026-09-14", "ventes", "7", ""],
        ["2026-09-15", "ventes", "'#DIV/0!", ""],
        ["2026-09-15", "ventes", "=KPI(1)", ""],
    )
    changes = list(world.source().changes({}))
    assert [(row["category"], row["amount"]) for row in rows_of(changes, "expense")] == [("sales", 7.0)]
    mend, wait = "Mend the formula, or clear the cell.", "Try again, or mend it."
    assert problems_of(changes) == [
        'Dépenses!C2: "12k": This is not a number. The row was left out. Type a number.',
        'Dépenses!A3: "soon": This is not a date. The row was left out. Type a date, such as 2026-09-14.',
        "Dépenses!B4: There is no category. The row was left out. Fill the cell.",
        'Dépenses!C6: "#DIV/0!": The formula in this cell is in error. The row was left out. ' + mend,
        'Dépenses!C7: "Loading...": The formula in this cell was still being computed. The row was left out. ' + wait,
    ]


def test_a_cell_that_is_not_needed_is_taken_as_blank(world: World) -> None:
    world.tab("Reps", ["Name", "Team", "Hired", "Active"], ["Ann Lee", "West", "long ago", "yes"])
    changes = list(world.source().changes({}))
    assert rows_of(changes, "rep") == [
        {"id": "sheet:Reps:Ann Lee", "name": "Ann Lee", "team": "West", "is_active": True}
    ]
    assert "The cell was taken as blank." in problems_of(changes)[0]


def test_a_team_without_a_crm_keeps_its_deals_in_a_tab(world: World) -> None:
    world.tab(
        "Deals",
        [
            "Deal ID",
            "Customer",
            "Sales rep",
            "Team",
            "Sector",
            "Product",
            "Stage",
            "Created",
            "Close date",
            "Amount",
            "%",
        ],
        ["D-1", "Acme", "Ann Lee", "West", "Retail", "GTX", "Closed Won", "2026-01-05", "2026-03-01", "1000", "100%"],
        ["D-2", "acme", "Bob Ray", "East", "Retail", "GTX", "Perdu", "2026-01-05", "2026-03-02", "500", "0"],
        ["D-3", "Zeta", "Ann Lee", "West", "Health", "", "Negotiation", "2026-01-05", "2026-09-02", "700", "0.4"],
        ["D-4", "Zeta", "Ann Lee", "West", "Health", "", "Closed", "2026-01-05", "2026-09-02", "700", "1"],
    )
    world.user.set_cell("Deals!K1", "Probability")
    changes = list(world.source(makes_members=True).changes({}))
    (problem,) = problems_of(changes)
    assert problem.startswith('Deals!G5: "Closed": It is not said whether the deal was won or lost. The row was left')
    deals = rows_of(changes, "opportunity")
    assert [(row["id"], row["is_closed"], row["is_won"], row["probability"]) for row in deals] == [
        ("sheet:Deals:D-1", True, True, 100.0),
        ("sheet:Deals:D-2", True, False, 0.0),
        ("sheet:Deals:D-3", False, False, 40.0),
    ]
    assert {row["account"] for row in deals} == {"sheet:Deals:account:Acme", "sheet:Deals:account:Zeta"}
    assert rows_of(changes, "rep") == [
        {"id": "sheet:Deals:rep:Ann Lee", "name": "Ann Lee", "team": "West"},
        {"id": "sheet:Deals:rep:Bob Ray", "name": "Bob Ray", "team": "East"},
    ]
    assert [row["market"] for row in rows_of(changes, "account")] == ["Retail", "Health"]
    assert [(row["id"], row["total"]) for row in rows_of(changes, "opportunity_line")] == [
        ("sheet:Deals:D-1:line", 1000.0),
        ("sheet:Deals:D-2:line", 500.0),
    ]
    assert deals[0]["created_at"] == datetime.datetime(2026, 1, 4, 23, tzinfo=datetime.UTC)


def test_names_that_a_tab_explains_become_ids_and_others_stay_as_typed(world: World) -> None:
    world.tab("Reps", ["ID", "Name"], ["007", "Ann Lee"], ["8", "Bob Ray"], ["9", "Bob Ray"])
    world.user.set_cell("Reps!A2", "'007")
    world.tab(
        "Costs",
        ["Date", "Category", "Amount", "Rep"],
        *(["2026-09-14", "sales", "5", rep] for rep in ("ann lee", "'007", "Bob Ray", "Zoe", "005AA000001SvogYAC")),
    )
    changes = list(world.source().changes({}))
    found = [row["rep"] for row in rows_of(changes, "expense")]
    assert found == ["sheet:Reps:007", "sheet:Reps:007", "Bob Ray", "Zoe", "sf:005AA000001SvogYAC"]


def test_a_target_may_name_its_member_by_the_key_of_its_row(world: World) -> None:
    world.tab("Reps", ["ID", "Name"], ["17", "Ann Lee"])
    world.tab("Quotas", ["Rep", "Month", "Quota"], ["17", "2026-09", "5"], ["Ann Lee", "2026-10", "6"])
    changes = list(world.source().changes({}))
    assert [row["member"] for row in rows_of(changes, "target")] == ["sheet:Reps:17", "Ann Lee"]


def test_equal_rows_both_count_and_equal_keys_are_told(world: World) -> None:
    world.tab("Costs", ["Date", "Category", "Amount"], *([["2026-09-14", "sales", "5"]] * 2))
    world.tab("Goals", ["KPI", "Month", "Value"], ["revenue", "2026-09", "5"], ["revenue", "2026-09", "6"])
    changes = list(world.source().changes({}))
    assert len({row["id"] for row in rows_of(changes, "expense")}) == 2
    assert [row["value"] for row in rows_of(changes, "target")] == [5.0]
    (problem,) = problems_of(changes)
    assert problem.startswith("Goals!3: It has the same key as row 2, revenue|company||2026-09-01|2026-09-30; it was")


def test_tabs_of_people_are_left_alone_and_those_that_nearly_fit_are_told(world: World) -> None:
    world.tab("My notes", ["Name", "Date", "Remarks"], ["x", "2026-01-01", "y"])
    world.tab("Q1", ["a", "b"], ["1", "2"])
    world.tab("Surveys", ["Date", "Kind", "Comment"], ["2026-01-01", "NPS", "nice"])
    world.tab("Bank", ["Date", "Type", "Value"], ["2026-01-01", "Fee", "9"])
    world.tab("It's 100%", ["Date", "Survey", "Score"], ["2026-01-01", "NPS", "9"])
    changes = list(world.source().changes({}))
    assert [batch.table for batch in changes if isinstance(batch, Batch)] == ["survey_response"]
    (answer,) = rows_of(changes, "survey_response")
    assert (answer["kind"], str(answer["id"]).startswith("sheet:It's 100%:")) == ("nps", True)
    (problem,) = problems_of(changes)
    assert problem.startswith("Surveys: It looks like survey_response, but row 1 has no column for score; nothing of")


def test_an_unknown_time_zone_is_told_and_the_locale_still_counts(world: World) -> None:
    world.book.time_zone, world.book.locale = "Moon/Base", "fr_FR"
    world.tab("Leads", ["Date", "Source", "Status"], ["'04/03/2026", "Web", "new"])
    changes = list(world.source().changes({}))
    assert str(rows_of(changes, "lead")[0]["created_at"]) == "2026-03-04 00:00:00+00:00"
    assert problems_of(changes)[0].startswith("Leads: The spreadsheet's time zone is not known; UTC was taken.")


def test_our_own_tabs_are_not_read(world: World) -> None:
    from connectors.sheets import Cell, TabContent

    rows = [[Cell("KPI"), Cell("Month"), Cell("Value")], [Cell("revenue"), Cell("2026-09"), Cell(5)]]
    world.writer().replace(world.book.id, [TabContent("targets", "Targets", rows)], 1)
    assert [change for change in world.source().changes({}) if isinstance(change, Batch)] == []


def test_a_tab_that_is_gone_takes_its_rows_along(world: World) -> None:
    world.tab("Costs", ["Date", "Category", "Amount"], ["2026-09-14", "sales", "5"])
    first = list(world.source().changes({}))
    cursor = {change.name: change.value for change in first if isinstance(change, Checkpoint)}
    world.user.delete_tab("Costs")
    second = list(world.source().changes(cursor))
    assert [change for change in second if isinstance(change, Batch)] == [
        Batch("expense", {"id": []}, replaces="sheet:")
    ]
    assert problems_of(second) == ["sheets: No tab holds expense any more; its rows were taken out."]


def test_where_no_cell_changed_only_the_problems_are_told_again(world: World) -> None:
    world.tab("Costs", ["Date", "Category", "Amount"], ["2026-09-14", "sales", "5"], ["2026-09-14", "sales", "much"])
    first = list(world.source().changes({}))
    cursor = {change.name: change.value for change in first if isinstance(change, Checkpoint)}
    again = list(world.source().changes(cursor))
    assert problems_of(again) == problems_of(first)
    assert not [change for change in again if isinstance(change, Batch)]
    assert [change for change in again if isinstance(change, Covered)] == [Covered(("expense",))]
    assert {change.name: change.value for change in again if isinstance(change, Checkpoint)} == cursor
    world.user.set_cell("Costs!C3", "6")
    assert len(rows_of(list(world.source().changes(cursor)), "expense")) == 2
    assert [change for change in world.source(makes_members=True).changes(cursor) if isinstance(change, Batch)]


def test_nothing_is_read_where_drive_says_that_no_file_changed(world: World) -> None:
    world.tab("Costs", ["Date", "Category", "Amount"], ["2026-09-14", "sales", "5"], ["2026-09-14", "sales", "much"])
    client = SheetsClient(GoogleAccess(world.key_file, world.server.url, (READ_SCOPE, VERSION_SCOPE)))
    source = SheetsSource(client, [world.book.id], skips_unchanged=True)
    first = list(source.changes({}))
    cursor = {change.name: change.value for change in first if isinstance(change, Checkpoint)}
    before = client.call_count
    again = list(source.changes(cursor))
    assert client.call_count - before == 1
    assert problems_of(again) == problems_of(first)
    assert {change.name: change.value for change in again if isinstance(change, Checkpoint)} == cursor
    world.user.set_cell("Costs!C3", "6")
    assert len(rows_of(list(source.changes(cursor)), "expense")) == 2
    assert client.call_count - before == 1 + 3
    other = SheetsSource(client, [world.book.id], skips_unchanged=True, makes_members=True)
    assert any(isinstance(change, Batch) for change in other.changes(cursor))


def test_a_scope_that_does_not_tell_versions_is_said(world: World) -> None:
    client = SheetsClient(GoogleAccess(world.key_file, world.server.url, (READ_SCOPE,)))
    with pytest.raises(AccessError, match=r"set google\.skip_unchanged to false"):
        client.version(world.book.id)


def test_several_spreadsheets_are_told_apart(world: World) -> None:
    other = world.service.add(Spreadsheet.new("Plans", key="second-spreadsheet"))
    source = SheetsSource(world.client(), [world.book.id, other.id])
    world.tab("Costs", ["Date", "Category", "Amount"], ["2026-09-14", "sales", "5"])
    assert str(rows_of(list(source.changes({})), "expense")[0]["id"]).startswith("sheet:Sales/Costs:")
    broken = SheetsSource(world.client(), [world.book.id, "1not-there"])
    with pytest.raises(NotFoundError):
        next(broken.changes({}))


def test_one_tab_may_hold_orders_and_their_lines(world: World) -> None:
    world.tab(
        "Sales",
        ["Order", "Day", "Rep", "Item", "Paid"],
        ["A1", "2026-09-14", "Ann", "Bolts", "5"],
        ["A1", "2026-09-14", "Ann", "Nuts", "7"],
        ["A2", "2026-09-15", "Bob", "Nuts", "11"],
    )
    orders = TabMapping(
        "opportunity", {"Order": "id", "Day": "close_date", "Rep": "owner"}, {"is_won": "yes"}, repeats=True
    )
    lines = TabMapping("opportunity_line", {"Order": "opportunity", "Item": "product", "Paid": "total"})
    source = SheetsSource(world.client(), [world.book.id], mappings={"Sales": [orders, lines]}, makes_members=True)
    changes = list(source.changes({}))
    assert problems_of(changes) == []
    assert [row["id"] for row in rows_of(changes, "opportunity")] == ["sheet:Sales:A1", "sheet:Sales:A2"]
    sold = [(row["opportunity"], row["product"], row["total"]) for row in rows_of(changes, "opportunity_line")]
    assert sorted(sold) == [
        ("sheet:Sales:A1", "sheet:Sales:product:Bolts", 5.0),
        ("sheet:Sales:A1", "sheet:Sales:product:Nuts", 7.0),
        ("sheet:Sales:A2", "sheet:Sales:product:Nuts", 11.0),
    ]


def test_a_target_whose_rep_cannot_be_read_does_not_become_the_company_s(world: World) -> None:
    world.tab("Targets", ["KPI", "Rep", "Period", "Target"], ["revenue", "#N/A", "2026-09", "5"])
    changes = list(world.source().changes({}))
    assert rows_of(changes, "target") == []
    (problem,) = problems_of(changes)
    assert problem.startswith('Targets!B2: "#N/A": The formula in this cell is in error. The row was left out.')


def test_settings_of_tabs_are_checked(world: World) -> None:
    read = tab_mappings(
        {"A": "target", "B": {"table": "expense", "columns": {"Wat": "on"}, "factors": {"amount": 2}}}
    )
    assert read["B"] == (TabMapping("expense", {"Wat": "on"}, {}, {"amount": 2.0}),)
    wrong_entries: list[object] = [5, {"tabel": "x"}, {"columns": "x"}, {"factors": {"a": "b"}}, {"repeats": "x"}, []]
    for wrong in (*wrong_entries, [{}]):
        with pytest.raises(SourceError, match=r'google\.tabs\."A"'):
            tab_mappings({"A": wrong})
    problems = problems_of(list(world.source(Sheet1=TabMapping("targets"), Nope=TabMapping("target")).changes({})))
    assert problems[0].startswith("Nope: The settings speak of this tab, but there is none.")
    world.tab("Costs", ["Date", "Category", "Amount"])
    (problem,) = problems_of(list(world.source(Costs=TabMapping(constants={"categry": "sales"})).changes({})))
    assert problem.startswith("Costs: The settings speak of its column 'categry', but expense has none of that name.")
    assert problems[1].startswith(
        "Sheet1: It is mapped to 'targets', which is no table. Write one of rep, rep_history, account"
    )


def test_the_words_know_every_table_that_a_tab_can_hold() -> None:
    assert set(load_vocabulary().tables) == set(TABLES) - {"organisation"}
