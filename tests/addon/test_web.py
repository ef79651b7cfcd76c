"""The HTTP interface as the contract has it: answers, states, refusals; nothing that is sent can make it fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from addon.openapi import ROUTES
from addon.web import create_app
from tests.support.running import running_world
from tests.support.web_world import SPREADSHEET, WebWorld, web_world

SIGNED = (
    "kpi", "table", "scorecard", "trend", "leaderboard", "funnel", "bridge", "forecast", "restated", "explain",
    "records",
)  # fmt: skip


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with web_world(tmp_path_factory.mktemp("web")) as world:
        yield world


def test_cells_are_answered_with_numbers_and_states_where_not_ok(web: WebWorld) -> None:
    questions = [["revenue", "", "2026"], ["winn_rate", "", "2026"], ["win_rate", "rep:Bo Yu", "2026-02"]]
    reply = web.ask("/v1/kpi", {"questions": questions}).get_json()
    assert reply["values"] == [200.0, None, None]
    assert set(reply["states"]) == {"1", "2"}
    assert reply["states"]["1"]["state"] == "error"
    assert "Did you mean win_rate" in reply["states"]["1"]["message"]
    assert reply["states"]["2"]["state"] == "zero_denominator"
    assert reply["snapshot"] == web.services.reader.desk().snapshot.id
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", reply["as_of"])


@pytest.mark.parametrize("form", [{"questions": [["winn_rate", "", "2026"]]}, {"kpi": ["winn_rate"]}])
def test_cells_are_told_what_is_wrong_in_their_language(web: WebWorld, form: dict[str, object]) -> None:
    reply = web.ask("/v1/kpi", {**form, "language": "fr"}).get_json()
    assert "Vouliez-vous dire win_rate" in reply["states"]["0"]["message"]
    refused = web.ask("/v1/trend", {"kpi": "revenue", "grain": "fortnight", "language": "fr"})
    assert (refused.status_code, "n'est pas une granularité" in refused.get_json()["error"]) == (400, True)


def test_both_forms_of_questions_get_the_same_answers(web: WebWorld) -> None:
    columns = {"kpi": ["revenue", "win_rate"], "who": ["", "Ann Lee"], "period": ["2026"]}
    rows = [[kpi, who, "2026"] for kpi in columns["kpi"] for who in columns["who"]]
    by_columns = web.ask("/v1/kpi", columns).get_json()
    by_rows = web.ask("/v1/kpi", {"questions": rows}).get_json()
    assert by_columns == by_rows
    assert by_rows["values"][:2] == [200.0, 50.0]


def test_ten_thousand_questions_are_answered_and_one_more_is_not(web: WebWorld) -> None:
    reply = web.ask("/v1/kpi", {"questions": [["revenue", "Ann Lee", "2026"]] * 10_000})
    assert reply.get_json()["values"] == [50.0] * 10_000
    refused = web.ask("/v1/kpi", {"questions": [["revenue"]] * 10_001})
    assert (refused.status_code, "10,001" in refused.get_json()["error"]) == (400, True)


def test_a_table_has_a_row_for_each_who_and_period_and_says_in_the_cell_what_is_wrong(web: WebWorld) -> None:
    rows = web.rows("/v1/table", kpis=["revenue", "nope"], whos=[["Ann Lee"], ["company"]], periods="2026-03")
    assert rows[0] == ["Who", "Period", "Total revenue", "nope"]
    assert rows[1][:3] == ["Ann Lee", "March 2026", 50.0]
    assert str(rows[1][3]).startswith('⚠ There is no KPI "nope".')
    assert rows[2][0] == "Whole company"


def test_a_scorecard_spills_values_targets_and_what_they_mean(web: WebWorld) -> None:
    rows = web.rows("/v1/scorecard", who="Ann Lee", period="2026-03", scorecard="rep")
    assert rows[0][:5] == ["KPI", "Value", "Unit", "Target", "Attainment"]
    revenue = rows[1]
    assert revenue[:4] == ["Total revenue", 50.0, "money", 200.0]
    assert revenue[4] == 0.25
    assert all(len(row) == len(rows[0]) for row in rows)
    assert all(isinstance(cell, str | int | float) for row in rows for cell in row)


def test_a_trend_ends_with_the_present_period(web: WebWorld) -> None:
    rows = web.rows("/v1/trend", kpi="revenue", grain="month", count=3)
    assert [row[0] for row in rows] == ["Period", "January 2026", "February 2026", "March 2026"]
    french = web.rows("/v1/trend", kpi="revenue", grain="trimestre", count="2", language="fr")
    assert [row[0] for row in french] == ["Période", "T4 2025", "T1 2026"]


def test_a_leaderboard_ranks_the_best_first_and_who_has_nothing_last(web: WebWorld) -> None:
    rows = web.rows("/v1/leaderboard", kpi="revenue", dimension="rep", period="2026")
    assert rows[0][:3] == ["Rank", "Rep", "Total revenue"]
    assert [row[0] for row in rows[1:3]] == [1, 2]
    assert [row[2] for row in rows[1:3]] == [150.0, 50.0]


def test_a_number_is_explained_and_its_records_listed(web: WebWorld) -> None:
    why = web.rows("/v1/explain", kpi="revenue", who="Ann Lee", period="2026")
    assert why[1][:2] == ["Total revenue", 50.0]
    assert any(row[0] == "Recomputed from the records" and row[1] == 50.0 for row in why)
    records = web.rows("/v1/records", kpi="revenue", who="Ann Lee", period="2026", language="fr")
    assert records[0][:3] == ["Partie", "Enregistrement", "Nom"]
    assert [row[1:3] for row in records[2:]] == [["sf:006000000000003AAA", "Third"]]
    assert len(web.rows("/v1/records", kpi="revenue", who="Ann Lee", period="2026", page=2)) == 2


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("explain", b'{"kpi":"nope"}', "nope"),
        ("explain", b"{}", '"kpi"'),
        ("records", b'{"kpi":"revenue","who":"Nobody"}', "Nobody"),
        ("records", b'{"kpi":"revenue","page":"first"}', '"page"'),
        ("kpi", b"{", "not JSON"),
        ("kpi", b"[]", "must be"),
        ("table", b"{}", '"kpis"'),
        ("table", b'{"kpis":[{}]}', '"kpis"'),
        ("table", b'{"kpis":["revenue"],"show":"nope"}', "nope"),
        ("scorecard", b'{"who":"Nobody"}', "Nobody"),
        ("scorecard", b'{"scorecard":"slaes"}', "sales"),
        ("scorecard", b'{"period":"soon"}', "soon"),
        ("scorecard", b'{"who":["Ann Lee"]}', '"who"'),
        ("scorecard", b'{"language":"de"}', '"language"'),
        ("trend", b"{}", '"kpi"'),
        ("trend", b'{"kpi":"revenue","count":-1}', '"count"'),
        ("trend", b'{"kpi":"revenue","count":100000}', "400"),
        ("trend", b'{"kpi":"revenue","grain":"moon"}', "moon"),
        ("leaderboard", b'{"kpi":"revenue","dimension":"planet"}', "planet"),
        ("leaderboard", b'{"kpi":"nope"}', "nope"),
    ],
)
def test_a_body_that_asks_nothing_sensible_is_refused_in_a_sentence(
    web: WebWorld, path: str, body: bytes, said: str
) -> None:
    reply = web.ask(f"/v1/{path}", body)
    assert reply.status_code == 400
    assert said in reply.get_json()["error"]


@pytest.mark.parametrize("name", SIGNED)
def test_what_is_not_signed_well_is_refused(web: WebWorld, name: str) -> None:
    path, body = f"/v1/{name}", {"kpi": ["revenue"]}
    assert web.client.post(path, data=orjson.dumps(body)).status_code == 401
    assert web.ask(path, body, key="0" * 64).status_code == 401
    assert web.ask(path, body, spreadsheet="another").status_code == 401
    other = web.services.keys.mint("other", "", "test", 1, web.organisation.settings.clock.now())
    assert web.ask(path, body, key=other.key).status_code == 401


def test_an_expired_and_a_revoked_key_are_refused(web: WebWorld) -> None:
    keys, now = web.services.keys, web.organisation.settings.clock.now()
    old = keys.mint("old", "", "test", 1, now - timedelta(days=2))
    gone = keys.mint("gone", "", "test", 1, now)
    keys.revoke("gone", now)
    for minted in (old, gone):
        reply = web.ask("/v1/kpi", {"kpi": ["revenue"]}, key=minted.key, spreadsheet=minted.spreadsheet)
        assert reply.status_code == 401


def test_a_limited_key_sees_its_slice_and_nothing_else(web: WebWorld) -> None:
    minted = web.services.keys.mint("teams", "team:Bo Yu", "test", 1, web.organisation.settings.clock.now())

    def ask(path: str, body: object) -> object:
        return web.ask(path, body, key=minted.key, spreadsheet="teams").get_json()

    questions = [["revenue", who, "2026"] for who in ("team:Bo Yu", "Ann Lee", "", "team:Di Orr")]
    reply = ask("/v1/kpi", {"questions": questions})
    assert isinstance(reply, dict)
    assert reply["values"] == [50.0, 50.0, None, None]
    assert {state["state"] for state in reply["states"].values()} == {"not_allowed"}
    board = ask("/v1/leaderboard", {"kpi": "revenue", "dimension": "rep", "period": "2026"})
    assert isinstance(board, dict)
    assert {row[1] for row in board["rows"][1:]} <= {"Ann Lee", "Bo Yu"}
    refused = ask("/v1/scorecard", {"who": "team:Di Orr"})
    assert isinstance(refused, dict)
    assert "outside" in refused["error"]


def test_the_catalogue_is_public_and_can_be_narrowed(web: WebWorld) -> None:
    everything = web.client.get("/v1/kpis").get_json()
    assert {kpi["id"] for kpi in everything["kpis"]} >= {"revenue", "win_rate"}
    assert {card["id"] for card in everything["scorecards"]} >= {"sales", "rep", "manager"}
    some = web.client.get("/v1/kpis?family=Pipeline&language=fr").get_json()
    assert {kpi["family"] for kpi in some["kpis"]} == {"pipeline"}
    assert [row[0] for row in some["rows"][1:]] == [kpi["id"] for kpi in some["kpis"]]
    assert some["rows"][0][1] == "Titre"
    assert web.client.get("/v1/kpis?family=moon").status_code == 400


def test_health_metrics_and_description(web: WebWorld) -> None:
    assert web.client.get("/healthz").get_json() == {"ok": True}
    assert web.client.get("/readyz").get_json()["snapshot"]
    web.ask("/v1/kpi", {"questions": [["revenue"]] * 7})
    text = web.client.get("/metrics").text
    assert re.search(r'scorecell_requests_total\{route="/v1/kpi",status="200"\} \d+', text)
    assert int(re.findall(r"^scorecell_cells_total (\d+)$", text, re.MULTILINE)[0]) >= 7
    assert "scorecell_snapshot_age_seconds" in text
    described = web.client.get("/openapi.json").get_json()
    assert described["openapi"].startswith("3.1")


def test_every_route_is_described_and_every_description_is_of_a_route(web: WebWorld) -> None:
    served = {
        (method.lower(), rule.rule.replace("<", "{").replace(">", "}"))
        for rule in web.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert served == {(route.method, route.path) for route in ROUTES}


def test_every_reply_is_uncached_untracked_json_without_traces(web: WebWorld) -> None:
    replies = [
        web.client.get("/nope"),
        web.client.get("/v1/kpi"),
        web.client.post("/v1/kpi"),
        web.ask("/v1/kpi", b"x"),
    ]
    assert [reply.status_code for reply in replies] == [404, 405, 401, 400]
    for reply in replies:
        assert list(reply.get_json()) == ["error"]
        assert "Traceback" not in reply.text
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in reply.headers


def test_a_body_over_two_megabytes_is_refused(web: WebWorld) -> None:
    reply = web.ask("/v1/kpi", b" " * 2_000_001)
    assert (reply.status_code, "too large" in reply.get_json()["error"]) == (413, True)


def test_before_the_first_snapshot_it_says_so(tmp_path: Path) -> None:
    with running_world(tmp_path) as world:
        client = create_app(world.organisation).test_client()
        assert client.get("/healthz").status_code == 200
        reply = client.get("/readyz")
        assert (reply.status_code, "no snapshot yet" in reply.get_json()["error"]) == (503, True)
        assert "snapshot_age" not in client.get("/metrics").text


def test_connecting_mints_a_key_that_works_and_disconnecting_ends_it(web: WebWorld) -> None:
    token = web.tokens.user_token("ann@example.com")
    reply = web.client.post(
        "/v1/connect", json={"spreadsheet": "1NewSheet"}, headers={"Authorization": f"Bearer {token}"}
    )
    minted = reply.get_json()
    assert set(minted) == {"spreadsheet", "key", "expires_at", "limit"}
    again = web.client.post("/v1/connect", json={"spreadsheetId": "1NewSheet", "id_token": token}).get_json()
    assert again["key"] != minted["key"]
    for key in (minted["key"], again["key"]):
        assert web.ask("/v1/kpi", {"kpi": ["revenue"]}, key=key, spreadsheet="1NewSheet").status_code == 200
    ended = web.client.post("/v1/disconnect", json={"spreadsheet": "1NewSheet", "id_token": token}).get_json()
    assert ended == {"spreadsheet": "1NewSheet", "revoked": 2}
    assert web.ask("/v1/kpi", {"kpi": ["revenue"]}, key=again["key"], spreadsheet="1NewSheet").status_code == 401


def test_connecting_again_never_lifts_a_limit(web: WebWorld) -> None:
    keys, now = web.services.keys, web.organisation.settings.clock.now()
    keys.mint("1Limited", "team:Bo Yu", "operator", 1, now)
    keys.revoke("1Limited", now)
    body = {"spreadsheet": "1Limited", "id_token": web.tokens.user_token("ann@example.com")}
    assert web.client.post("/v1/connect", json=body).status_code == 200
    assert keys.records("1Limited")[0].limit == "team:Bo Yu"


@pytest.mark.parametrize("spreadsheet", ["", "a/../b", "x" * 201, "ünïcode", ["1SheetOfAnn"]])
def test_connecting_needs_the_id_of_a_spreadsheet(web: WebWorld, spreadsheet: object) -> None:
    body = {"spreadsheet": spreadsheet, "id_token": web.tokens.user_token("ann@example.com")}
    assert web.client.post("/v1/connect", json=body).status_code == 400


@pytest.mark.parametrize("header", ["Basic x", "Bearer", "Bearer nonsense", "token"])
def test_connecting_needs_a_user(web: WebWorld, header: str) -> None:
    body = {"spreadsheet": SPREADSHEET, "id_token": web.tokens.user_token("ann@example.com")}
    reply = web.client.post("/v1/connect", json=body, headers={"Authorization": header})
    assert reply.status_code == 401


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["questions", "kpi", "who", "period", "show", "cells", "kpis", "whos", "periods", "scorecard", "grain", "count",
     "dimension", "language"]
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(SIGNED), st.dictionaries(NAMES, JSON, max_size=6) | JSON)
def test_no_body_makes_it_fail(web: WebWorld, name: str, body: object) -> None:
    try:
        raw = orjson.dumps(body)
    except TypeError:  # an integer beyond 64 bits: not JSON that orjson writes
        return
    assert web.ask(f"/v1/{name}", raw).status_code in {200, 400}
