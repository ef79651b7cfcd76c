"""Small samples, ranks that cannot be told apart, paces and overfull scorecards, in the words that readers see."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from addon.boards import scorecard
from addon.cards import Access, Frame, View, scorecard_card
from addon.reader import Desk
from addon.spills import leaderboard
from addon.spills import scorecard as scorecard_rows
from addon.titles import note_of
from kpis.answers import Answerer
from kpis.definitions import Catalogue, Language, Scorecard
from kpis.questions import Answer, Question
from kpis.said import joined, said
from tests.support.card_shapes import as_sent, texts_of
from tests.support.opened_org import CATALOGUE, OpenedOrg, opened_org
from tests.support.running import running_world

WON = {"Ann": (18, 20), "Bob": (9, 20), "Cy": (2, 3), "Dee": (0, 0)}
TODAY = date(2026, 2, 16)


@pytest.fixture(scope="module")
def org(tmp_path_factory: pytest.TempPathFactory) -> OpenedOrg:
    rows = [
        {
            "id": f"d{name}{number}", "owner": name, "close_date": date(2026, 1, 5) + timedelta(days=number),
            "created_at": datetime(2025, 12, 1, tzinfo=UTC), "amount": 10.0, "is_closed": True,
            "is_won": number < won,
        }
        for name, (won, closed) in WON.items() for number in range(closed)
    ]  # fmt: skip
    goal = {
        "id": "t1", "kpi": "revenue", "dimension": "rep", "member": "Ann", "value": 400.0,
        "period_start": date(2026, 1, 1), "period_end": date(2026, 3, 31),
    }  # fmt: skip
    reps = [{"id": name, "name": name, "team": "West", "is_active": True} for name in WON]
    tables = {"rep": reps, "opportunity": rows, "target": [goal]}
    return opened_org(tables, TODAY, tmp_path_factory.mktemp("honest") / "org")


@pytest.mark.parametrize(("language", "small"), [("en", "small sample (n=3)"), ("fr", "petit échantillon (n=3)")])
def test_a_leaderboard_says_which_places_overlapping_intervals_leave(
    org: OpenedOrg, language: Language, small: str
) -> None:
    rows = leaderboard(org.answerer(), "win_rate", "rep", "2026-Q1", language=language)
    assert [row[:2] for row in rows[1:]] == [["1–2", "Ann"], ["1–3", "Cy"], ["2–3", "Bob"], ["", "Dee"]]
    assert rows[2][-1] == small
    low, high = rows[3][-3:-1]
    assert isinstance(low, float)
    assert isinstance(high, float)
    assert low < 0.45 < high


def test_a_leaderboard_of_sums_has_plain_places(org: OpenedOrg) -> None:
    rows = leaderboard(org.answerer(), "revenue", "rep", "2026-Q1", language="en")
    assert [row[:3] for row in rows[1:]] == [[1, "Ann", 180.0], [2, "Bob", 90.0], [3, "Cy", 20.0], [4, "Dee", 0.0]]
    assert rows[1][-3:] == ["", "", ""]


def overfull(count: int) -> Catalogue:
    kpis = tuple(kpi.id for kpi in CATALOGUE.kpis.values() if kpi.family == "pipeline")[:count]
    big = Scorecard("big", {"en": "Big", "fr": "Grand"}, kpis)
    return replace(CATALOGUE, scorecards={**CATALOGUE.scorecards, "big": big})


def with_catalogue(desk: Desk, catalogue: Catalogue) -> Desk:
    own = desk.answerer
    return replace(desk, answerer=Answerer(own.cube, catalogue, own.calendar, own.today))


def test_a_scorecard_of_more_than_eight_kpis_says_why_that_dilutes(tmp_path: Path) -> None:
    with running_world(tmp_path) as world:
        assert world.refresh().state == "done"
        for count, is_noted in ((8, False), (9, True)):
            desk = with_catalogue(world.desk(), overfull(count))
            rows = scorecard_rows(desk.answerer, "", "2026", "big", language="en")
            tab = scorecard(desk, "", "2026", "big", "fr")
            card = as_sent(scorecard_card(desk, View(period="2026", scorecard="big"), Access(), Frame("https://x")))
            assert ("9 KPIs on one scorecard dilute each other" in str(rows[-1][0])) == is_noted
            assert ("9 KPI sur un même tableau de bord" in str(tab.rows[-1][0].value)) == is_noted
            assert any("dilute each other" in text for text in texts_of(card)) == is_noted
            assert len({len(row) for row in rows}) == 1


def test_a_card_says_what_was_expected_and_what_rests_on_few_records(tmp_path: Path) -> None:
    with running_world(tmp_path) as world:
        assert world.refresh().state == "done"
        view = View(who="Ann Lee", period="2026-03", scorecard="rep", language="fr")
        texts = " ".join(texts_of(as_sent(scorecard_card(world.desk(), view, Access(), Frame("https://x")))))
        assert "0\u202f% attendus à ce jour, selon les jours ouvrés" in texts
        year = replace(view, period="2026", language="en")
        texts = " ".join(texts_of(as_sent(scorecard_card(world.desk(), year, Access(), Frame("https://x")))))
        assert "small sample (n=1)" in texts


def test_a_note_is_in_the_readers_language() -> None:
    answer = Answer(Question("x"), "x", "", "", 0.5, "ok", said("small_sample", count=3), n=3, is_small=True)
    assert note_of(answer, "en") == "small sample (n=3)"
    assert note_of(answer, "fr") == "petit échantillon (n=3)"
    stale = replace(answer, state="stale", message=joined((said("stale"), answer.message)))
    assert note_of(stale, "fr").startswith("La dernière synchronisation est trop ancienne")
    assert note_of(stale, "fr").endswith("petit échantillon (n=3)")
