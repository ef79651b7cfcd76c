"""What was reported on a day and what is true now, as sheets, programs and terminals get it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import cast

import orjson
import pytest
from click.testing import CliRunner

from addon.cli import scorecell
from addon.errors import RequestError
from addon.reader import Desk, Reader
from addon.restated import restated, restated_document, restated_rows, restated_text
from kpis.errors import QuestionError
from kpis.questions import Question
from tests.addon.test_past import HISTORY
from tests.support.running import running_world
from tests.support.web_world import WebWorld, open_web

THEN = date(2026, 2, 1)
PIPELINE = Question("weighted_pipeline", "", "2026-Q2")


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with running_world(tmp_path_factory.mktemp("restated"), org=HISTORY) as world:
        assert world.refresh().state == "done"
        yield open_web(world)


def pinned(web: WebWorld, day: date | None, limit: str = "") -> Desk:
    return Reader(web.organisation).desk(limit, day)


def test_rows_begin_with_both_numbers_and_name_what_moved_them(web: WebWorld) -> None:
    rows = web.rows("/v1/restated", kpi="weighted_pipeline", period="2026-Q2", since="2026-02-01")
    assert rows[0][:9] == [
        "Record", "Name", "Account", "Rep", "Part", "What happened", "Then", "Now", "Contribution",
    ]  # fmt: skip
    total, third = rows[1], rows[2]
    assert (total[0], total[6:9]) == ("Total", [28.0, 20.0, -8.0])
    assert "no snapshot is kept of 2026-02-01" in str(total[9])
    assert third[:2] == ["sf:006000000000003AAA", "Third"]
    assert third[5:9] == ["counts no more", 8.0, 0.0, -8.0]
    assert "stage Open -> Sold" in str(third[9])
    assert str(third[10]).startswith("http")
    assert len(rows) == 3


def test_the_document_and_the_lines_say_the_same(web: WebWorld) -> None:
    found = restated(lambda day: pinned(web, day), PIPELINE, THEN)
    document = restated_document(found)
    then, records = cast("dict[str, object]", document["then"]), cast("list[dict[str, object]]", document["records"])
    assert (document["difference"], document["residual"], document["count"]) == (-8.0, 0.0, 1)
    assert (then["value"], then["state"], then["as_of"]) == (28.0, "partial", "2026-02-01T22:59:59Z")
    assert [(one["id"], one["movement"], one["contribution"]) for one in records] == [
        ("sf:006000000000003AAA", "dropped", -8.0)
    ]
    assert restated_text(found)[2].startswith("-8\tsf:006000000000003AAA\tThird\tdropped\tclose_date")
    assert restated_rows(found, language="fr")[2][5] == "ne compte plus"


def test_the_command_prints_lines_or_a_document(web: WebWorld) -> None:
    arguments = ["restated", "weighted_pipeline", "", "2026-Q2", "--since", "2026-02-01"]
    environment = dict(web.world.environment)
    printed = CliRunner().invoke(scorecell, arguments, env=environment)
    assert (printed.exit_code, len(printed.output.splitlines())) == (0, 3)
    assert orjson.loads(CliRunner().invoke(scorecell, [*arguments, "--json"], env=environment).output)["count"] == 1


def test_a_limited_caller_learns_nothing_of_other_slices(web: WebWorld) -> None:
    found = restated(lambda day: pinned(web, day, "rep:Ann Lee"), PIPELINE, THEN)
    assert "lies outside" in str(restated_rows(found)[1][1])
    assert restated_document(found)["state"] == "not_allowed"


def test_a_day_and_words_that_mean_something_are_needed(web: WebWorld) -> None:
    with pytest.raises(RequestError, match="Since when"):
        restated(lambda day: pinned(web, day), PIPELINE, None)
    with pytest.raises(QuestionError):
        restated(lambda day: pinned(web, day), Question("revenue", "Zed", "2026"), THEN)
    assert web.ask("/v1/restated", {"kpi": "revenue"}).status_code == 400
