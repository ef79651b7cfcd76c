"""Bridges and funnels as sheets, programs and terminals get them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import orjson
import pytest
from click.testing import CliRunner

from addon.bridged import bridge_document, bridge_rows, bridge_text
from addon.cli import scorecell
from addon.funnels import funnel_rows
from kpis.errors import QuestionError
from kpis.questions import Question
from tests.support.web_world import HOSTILE, WebWorld, web_world

REVENUE = Question("revenue", "", "2026-03")


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with web_world(tmp_path_factory.mktemp("web")) as world:
        yield world


def test_rows_name_member_and_effect_and_end_with_the_total(web: WebWorld) -> None:
    rows = web.rows("/v1/bridge", kpi="revenue", period="2026-03", against="2026-02", by="rep")
    assert rows[0] == ["Rep", "Effect", "Before", "After", "Contribution"]
    assert rows[1] == [HOSTILE, "new", 0.0, 150.0, 150.0]
    assert rows[2] == ["Ann Lee", "new", 0.0, 50.0, 50.0]
    between = "Total revenue, February 2026 through 1 February 2026 → March 2026"
    assert rows[3:] == [["Total", between, 0.0, 200.0, 200.0]]
    french = web.rows("/v1/bridge", kpi="revenue", period="2026-03", language="fr")
    assert french[0] == ["Commercial", "Effet", "Avant", "Après", "Contribution"]


def test_the_same_bridge_as_a_document_says_that_nothing_is_left_over(web: WebWorld) -> None:
    document = bridge_document(web.world.desk(), REVENUE)
    assert (document["by"], document["against"], document["unit"]) == ("rep", "2026-02..2026-02-01", "money")
    assert document["residual"] == 0
    contributions = cast("list[dict[str, float]]", document["contributions"])
    assert sum(one["contribution"] for one in contributions) == document["change"] == 200


def test_a_change_that_there_is_not_is_said_in_the_row(web: WebWorld) -> None:
    rows = bridge_rows(web.world.desk(), REVENUE, "2019")
    assert str(rows[1][1]).startswith("⚠ There is no value for 2019, so there is no change to split. There are no")
    assert rows[1][4] == ""
    assert bridge_rows(web.world.desk(), REVENUE, "2019", language="fr")[1][1] != rows[1][1]


def test_another_slice_is_refused_to_a_limited_caller(web: WebWorld) -> None:
    desk = web.world.desk("rep:Ann Lee")
    assert "outside" in str(bridge_rows(desk, REVENUE)[1][1])
    assert bridge_document(desk, REVENUE)["state"] == "not_allowed"


def test_what_is_no_period_is_refused(web: WebWorld) -> None:
    with pytest.raises(QuestionError):
        bridge_text(web.world.desk(), REVENUE, "the day of the moon")
    reply = web.ask("/v1/bridge", {"kpi": "revenue", "period": "2026", "by": "colour"})
    assert (reply.status_code, "no dimension" in reply.get_json()["error"]) == (400, True)


def test_the_command_prints_columns_or_a_document(web: WebWorld) -> None:
    runner = CliRunner()
    arguments = ["bridge", "revenue", "", "2026-03", "--against", "2026-02", "--by", "rep"]
    printed = runner.invoke(scorecell, arguments, env=dict(web.world.environment))
    assert printed.exit_code == 0
    assert printed.output.splitlines()[0].split() == ["Rep", "Effect", "Before", "After", "Contribution"]
    document = orjson.loads(runner.invoke(scorecell, [*arguments, "--json"], env=dict(web.world.environment)).output)
    assert document["kpi"] == "revenue"


def test_a_funnel_has_a_row_for_each_step_and_its_share_of_the_step_before(web: WebWorld) -> None:
    rows = web.rows("/v1/funnel", period="2026")
    assert rows[0] == ["Step", "n", "Of the step before", "Of the first step", "Note"]
    assert len(rows) == 6
    created, won = rows[4], rows[5]
    assert won[2] == pytest.approx(float(won[1]) / float(created[1]))
    with pytest.raises(QuestionError, match="nobody and nothing"):
        funnel_rows(web.world.desk().answerer, "Zed", "2026", language="en")
