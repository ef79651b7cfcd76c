"""The demo's page: this machine only, answers by the code of cells, and nothing foreign becomes part of the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from flask import Flask

from addon.demo import Demo
from addon.errors import RequestError
from addon.playground import playground
from addon.playground.answering import answer_formula
from addon.playground.formula import read_formula
from addon.playground.markup import card_markup
from addon.playground.sheet import GridCell, grid_of, spilled_tab
from addon.web import create_app
from connectors.sandbox.google import User
from tests.support.running import running_world
from tests.support.web_world import HOSTILE, WebWorld, web_world


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with web_world(tmp_path_factory.mktemp("playground")) as world:
        yield world


@pytest.fixture(scope="module")
def app(web: WebWorld) -> Flask:
    User(web.world.sandbox.spreadsheet).set_cell("Targets!G1", "<img src=x onerror=alert(1)>")
    return create_app(web.organisation, playground=playground(Demo(web.organisation, web.world.sandbox)))


def page(app: Flask, query: str = "", **headers: str) -> str:
    reply = app.test_client().get(f"/?{query}", base_url="http://127.0.0.1:8765", headers=headers)
    assert reply.status_code == 200
    return reply.text


def formula(text: str, rest: str = "") -> str:
    return f"q={quote(text)}{rest}"


class Elements(HTMLParser):
    """Every tag of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_page_shows_card_tabs_formula_and_catalogue(app: Flask) -> None:
    text = page(app)
    for said in (
        "Small",
        "Total revenue",
        "Scorecard: Whole company",
        "Leaderboard",
        "Targets",
        "win_rate",
        "Refresh",
    ):
        assert said in text, said


def test_a_formula_is_answered_by_the_code_of_cells(app: Flask) -> None:
    assert "<strong>50</strong>" in page(app, formula('=KPI("revenue", "Ann Lee", "2026")'))
    assert "<strong>25.0%</strong>" in page(app, formula('=KPI("revenue"; "Ann Lee"; "2026-03"; "attainment")'))
    assert "Did you mean win_rate" in page(app, formula('=KPI("winrat")')).replace("&#39;", "'")
    assert "There is no function KPY" in page(app, formula('=KPY("revenue")'))


def test_a_formula_of_many_cells_spills_into_its_own_tab(app: Flask) -> None:
    text = page(app, formula('=KPI_TREND("revenue","","month",3)'))
    assert 'aria-current="page">Your formula' in text
    assert "<td>March 2026</td>" in text
    named = page(app, formula('=KPI_TREND("revenue","","month",3)', "&tab=Leaderboard"))
    assert 'aria-current="page">Leaderboard' in named


def test_a_click_on_a_number_explains_it(app: Flask) -> None:
    links = [str(attributes["href"]) for tag, attributes in Elements(page(app)).found if tag == "a"]
    explaining = next(link for link in links if "explain=revenue" in link)
    text = page(app, explaining.partition("?")[2])
    assert "Recomputed from the records" in text
    assert "There is no KPI" in page(app, "explain=nope")


def test_the_catalogue_is_searched_in_any_words(app: Flask) -> None:
    text = page(app, "find=Taux+de+reussite")
    assert "<code>win_rate</code>" in text
    assert "<code>revenue</code>" not in text
    assert "No KPI is called" in page(app, "find=zebra")


def test_the_page_speaks_french(app: Flask) -> None:
    text = page(app, "lang=fr")
    assert "Le catalogue" in text
    assert "Taux de réussite" in text


@pytest.mark.parametrize(
    "query",
    [
        formula(f'=KPI("revenue","{HOSTILE}","2026")'),
        formula('=KPI("<script>alert(1)</script>")'),
        "tab=Targets",
        "tab=Leaderboard",
        "find=<script>alert(1)</script>",
        "who=<script>&period=<script>&scorecard=<script>&explain=<script>&lang=<script>",
        f"who={quote(HOSTILE)}&explain=revenue",
    ],
)
def test_nothing_foreign_becomes_part_of_the_page(app: Flask, query: str) -> None:
    ours = Elements(page(app)).found
    for tag, attributes in Elements(page(app, query)).found:
        assert tag in {name for name, _ in ours} | {"output", "strong", "details", "summary"}, tag
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert str(attributes.get("href", "/")).startswith(("/", "data:image/svg+xml"))
        assert not attributes.get("src")


def test_only_our_own_style_and_script_may_run(app: Flask) -> None:
    replies = [app.test_client().get("/", base_url="http://localhost") for _ in range(2)]
    nonces = []
    for reply in replies:
        policy = reply.headers["Content-Security-Policy"]
        (nonce,) = set(re.findall(r"'nonce-([^']+)'", policy))
        assert policy.startswith("default-src 'none'")
        assert reply.text.count(f'nonce="{nonce}"') == 2
        assert reply.headers["Cache-Control"] == "no-store"
        nonces.append(nonce)
    assert nonces[0] != nonces[1]


@pytest.mark.parametrize(
    ("host", "address", "status"),
    [
        ("127.0.0.1:8765", "127.0.0.1", 200),
        ("localhost:8765", "127.0.0.1", 200),
        ("[::1]:8765", "::1", 200),
        ("kpi.example.com", "127.0.0.1", 404),
        ("127.0.0.1.evil.example", "127.0.0.1", 404),
        ("127.0.0.1:8765", "192.0.2.7", 404),
        ("localhost", "", 404),
    ],
)
def test_the_page_is_for_this_machine_only(app: Flask, host: str, address: str, status: int) -> None:
    reply = app.test_client().get("/", base_url=f"http://{host}", environ_overrides={"REMOTE_ADDR": address})
    assert reply.status_code == status


def test_without_the_demo_there_is_no_page(web: WebWorld) -> None:
    assert web.client.get("/").status_code == 404


def test_the_page_only_shows(app: Flask) -> None:
    assert app.test_client().post("/", base_url="http://localhost").status_code == 405


def test_before_the_first_snapshot_the_page_says_so(tmp_path: Path) -> None:
    with running_world(tmp_path) as world:
        app = create_app(world.organisation, playground=playground(Demo(world.organisation, world.sandbox)))
        assert "There is no snapshot yet" in page(app)


def test_formulas_are_read_as_cells_hold_them() -> None:
    call = read_formula('=kpi( "win ""rate""" ; {"Ann","Bob"} ; 2026 ;; KPI_REVISION )')
    assert (call.name, call.arguments) == ("KPI", (('win "rate"',), ("Ann", "Bob"), ("2026",), ("",)))
    assert read_formula("KPI_LIST()").arguments == ()
    assert read_formula('=KPI("a",)').text(1) == ""


@pytest.mark.parametrize("text", ["", "win_rate", '=KPI("a', '="KPI"("a")', "=1+1", '=KPI("a" & A1', "(" * 3_000])
def test_what_is_no_formula_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(RequestError, match="Write a formula such as"):
        read_formula(text)


def test_ranges_are_answered_cell_by_cell(web: WebWorld) -> None:
    desk = web.services.reader.desk()
    result = answer_formula(desk, '=KPI("revenue",{"Ann Lee","Nobody"},"2026")', "en")
    assert result.rows[0] == [50.0]
    assert str(result.rows[1][0]).startswith("⚠ There is nobody")
    assert answer_formula(desk, '=KPI_STATUS("revenue","Ann Lee","2026")', "en").text == "ok"
    assert answer_formula(desk, '=KPI_TARGET("revenue","Ann Lee","2026-03")', "en").rows == [[200.0]]
    assert answer_formula(desk, '=KPI_SCORECARD({"a","b"},"2026")', "en").is_error


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('<b>1</b> <font color="#137333">▲</font>', '<b>1</b> <span data-colour="#137333">▲</span>'),
        ("a<br>b &lt;i&gt;", "a<br>b &lt;i&gt;"),
        ('<script>x</script><img src=x onerror="y">', "x"),
        ('<font color="red;background:url(x)">a</font>', "<span>a</span>"),
        ('<a href="javascript:x">a</a></b></div>', "a"),
        ("<b>open", "<b>open</b>"),
    ],
)
def test_card_text_is_shown_with_its_few_tags_and_no_others(text: str, shown: str) -> None:
    assert card_markup(text) == shown


def test_a_grid_has_letters_numbers_and_room() -> None:
    grid = grid_of(spilled_tab("x", [["a"] * 30, [1.5] * 30]))
    assert [*grid.letters[:2], *grid.letters[25:28]] == ["A", "B", "Z", "AA", "AB"]
    assert all(len(row) == 30 for row in grid.rows)
    assert [GridCell(text).is_number for text in ("1,234", "-5%", "$3.50", "2026-09", "Q3", "")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
