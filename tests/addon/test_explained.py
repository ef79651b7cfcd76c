"""What a number is made of, as the command line, a sheet and a program are told: the same, with links and sources."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import orjson
import pytest
from click.testing import CliRunner, Result

from addon.cli import scorecell
from addon.explained import explain_document, explain_rows, record_rows
from addon.provenance import link_of
from addon.reader import Desk
from kpis.errors import QuestionError
from kpis.questions import Question
from tests.support.running import World, running_world

REVENUE = Question("revenue", "Ann Lee", "2026-03")
QUOTA = Question("quota_attainment", "Ann Lee", "2026-Q1")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(tmp_path_factory.mktemp("world")) as running:
        running.refresh()
        yield running


def run(world: World, *arguments: str) -> Result:
    return CliRunner().invoke(scorecell, ["explain", *arguments], obj=None, env=dict(world.environment))


def test_rows_say_value_parts_check_sources_and_version(world: World) -> None:
    rows = explain_rows(world.desk(), REVENUE)
    items = {str(row[0]).strip(): row for row in rows}
    assert rows[0] == ["Item", "Value", "Unit", "Meaning"]
    assert rows[1][:3] == ["Total revenue", 50.0, "money"]
    assert "won; rep Ann Lee" in str(items["won_amount"][3])
    assert items["Recomputed from the records"][1:] == [50.0, "money", "The very same number (records: 1)."]
    assert str(items["Source: opportunity"][3]).startswith("salesforce as of 20")
    assert items["Source: opportunity"][1] == 3
    assert items["Definition"][3] == "revenue@1"
    assert world.desk().snapshot.id in str(items["Snapshot"][3])


def test_a_win_rate_says_how_many_outcomes_are_known_and_estimates_the_rest(world: World) -> None:
    question = Question("win_rate", "", "2026-Q1")
    maturity = explain_document(world.desk(), question)["maturity"]
    assert isinstance(maturity, dict)
    assert {"count", "known", "known_share", "win_rate", "raw_win_rate", "low", "high", "open_share"} <= set(maturity)
    rows = {str(row[0]): row for row in explain_rows(world.desk(), question)}
    assert rows["Outcomes known"][1] == maturity["known_share"]
    assert f"of {maturity['count']} deals created in this period" in str(rows["Outcomes known"][3])
    french = [str(row[0]) for row in explain_rows(world.desk(), question, language="fr")]
    assert "Issues connues" in french
    assert "maturity" not in explain_document(world.desk(), REVENUE)


def test_rows_say_between_which_values_a_rate_lies_or_why_that_cannot_be_told(world: World) -> None:
    rows = {str(row[0]): row for row in explain_rows(world.desk(), Question("win_rate", "", "2026-Q1"))}
    answer = world.desk().answerer.answer(Question("win_rate", "", "2026-Q1"))
    assert (rows["Low"][1], rows["High"][1]) == (answer.low, answer.high)
    assert "small sample" in str(rows["Low"][3])
    told = {str(row[0]): row for row in explain_rows(world.desk(), QUOTA, language="fr")}
    assert str(told["Intervalle à 95 %"][3]).startswith("Pas d'intervalle")


def test_rows_speak_french(world: World) -> None:
    rows = explain_rows(world.desk(), QUOTA, language="fr")
    assert rows[0] == ["Élément", "Valeur", "Unité", "Signification"]
    assert any(str(row[0]) == "Dénominateur : quota" and row[1] == 200.0 for row in rows)
    assert any("va du 2026-01-01 au 2026-03-31 : gagnées" in str(row[3]) for row in rows)


def test_records_have_links_where_their_source_has_pages(world: World) -> None:
    rows = record_rows(world.desk(), QUOTA)
    address = world.desk().snapshot.manifest.company.record_url.replace("{id}", "006000000000003AAA")
    assert rows[0] == ["Part", "Record", "Name", "Account", "Rep", "Date", "Value", "Note", "Link"]
    assert rows[1][6] == 0.25
    assert rows[2] == [
        "won_amount", "sf:006000000000003AAA", "Third", "Acme", "Ann Lee", "2026-03-31", 50.0, "", address,
    ]  # fmt: skip
    assert (rows[3][0], rows[3][6]) == ("quota", 200.0)
    assert str(rows[3][8]).startswith("https://docs.google.com/spreadsheets/d/")
    assert address.startswith("http")


def test_a_link_is_made_of_nothing_but_an_id(world: World) -> None:
    assert link_of(world.desk(), "sf:../../secur/logout.jsp?x=") == ""
    assert link_of(world.desk(), "sheet:Deals:7") == ""
    company = replace(world.desk().snapshot.manifest.company, record_url="https://x.example/{id}?a={0.__class__}")
    desk = world.desk()
    linked = replace(desk, snapshot=replace(desk.snapshot, manifest=replace(desk.snapshot.manifest, company=company)))
    assert link_of(linked, "sf:006A") == "https://x.example/006A?a={0.__class__}"


def test_a_limited_caller_is_told_no_more_than_that(world: World) -> None:
    desk = world.desk("rep:Ann Lee")
    outside = Question("revenue", "rep:Bo Yu", "2026")
    document = explain_document(desk, outside, with_records=True)
    assert document["state"] == "not_allowed"
    assert not document.keys() & {"parts", "excluded", "sources", "records", "check"}
    assert [len(explain_rows(desk, outside)), len(record_rows(desk, outside))] == [2, 2]
    assert source_rows(desk) == {None}
    assert source_rows(world.desk()) != {None}


def source_rows(desk: Desk) -> set[object]:
    sources = explain_document(desk, REVENUE)["sources"]
    assert isinstance(sources, list)
    return {one["rows"] for one in sources if isinstance(one, dict)}


def test_the_command_prints_the_document(world: World) -> None:
    printed = run(world, "quota_attainment", "Ann Lee", "2026-Q1", "--records", "--json")
    document = orjson.loads(printed.output)
    assert (document["value"], document["numerator"], document["denominator"]) == (0.25, 50.0, 200.0)
    assert [part["role"] for part in document["parts"]] == ["numerator", "denominator"]
    assert document["check"] == {"recomputed": 0.25, "equals": True}
    assert [row["part"] for row in document["records"]["rows"]] == ["won_amount", "quota"]
    assert document == explain_document(world.desk(), QUOTA, with_records=True)


def test_the_command_prints_a_text_with_a_page_of_records(world: World) -> None:
    text = run(world, "quota_attainment", "Ann Lee", "2026-Q1", "--records", "--page", "2", "--page-size", "1").output
    assert "Quota attainment" in text.splitlines()[0]
    assert "25.0%" in text.splitlines()[0]
    assert text.splitlines()[-1].endswith("The very same number (records: 2). Page 2 of 2.")
    assert "won_amount" not in text.splitlines()[-2]


def test_what_is_not_understood_is_refused_in_a_sentence(world: World) -> None:
    with pytest.raises(QuestionError, match="There is no KPI"):
        explain_rows(world.desk(), Question("win_rat"))
    with pytest.raises(QuestionError, match="There is no KPI"):
        record_rows(world.desk(), Question("win_rat"))
