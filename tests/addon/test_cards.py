"""The cards say the numbers with all that belongs to them, in both languages, and let no foreign text act."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from addon import cards
from addon import explanation_card as explanations
from addon.cards import Access, Frame, View, message_card
from addon.choices import who_choices
from addon.reader import Desk
from addon.widgets import MOST_ITEMS, dropdown, escaped, plain
from kpis.definitions import Language
from kpis.errors import QuestionError
from tests.support.card_shapes import as_sent, card_problems, texts_of
from tests.support.web_world import HOSTILE, PUBLIC, WebWorld, web_world

FRAME = Frame(PUBLIC)
NO_ACCESS = Access()
MARCH = View(who="Ann Lee", period="2026-03", scorecard="rep")


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    with web_world(tmp_path_factory.mktemp("cards")) as world:
        yield world


@pytest.fixture(scope="module")
def desk(web: WebWorld) -> Desk:
    return web.services.reader.desk()


def scorecard_card(desk: Desk, view: View, access: Access = NO_ACCESS, frame: Frame = FRAME) -> dict[str, Any]:
    return as_sent(cards.scorecard_card(desk, view, access, frame))


def explanation_card(desk: Desk, kpi: str, view: View) -> dict[str, Any]:
    return as_sent(explanations.explanation_card(desk, kpi, view, FRAME))


def lines(card: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the decorated texts of a card by their top label."""
    widgets = [widget for section in card["sections"] for widget in section["widgets"]]
    found = [widget["decoratedText"] for widget in widgets if "decoratedText" in widget]
    return {text.get("topLabel", ""): text for text in found}


def choices(card: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    widgets = [widget for section in card["sections"] for widget in section["widgets"]]
    return {
        widget["selectionInput"]["name"]: widget["selectionInput"]["items"]
        for widget in widgets
        if "selectionInput" in widget
    }


def test_a_line_has_value_status_target_sample_size_and_definition(desk: Desk) -> None:
    card = scorecard_card(desk, MARCH)
    revenue = lines(card)["Total revenue"]
    assert revenue["text"].startswith("<b>50</b> <font color=")
    assert "ahead" in revenue["text"]
    facts, definition = revenue["bottomLabel"].split("\n")
    assert facts.startswith("Target 200 · 25% reached · n 1")
    assert definition == "= sum of amount of opportunities won with close date in the period"
    assert card["header"] == {"title": "Small", "subtitle": "Ann Lee · March 2026, through 1 March 2026"}


def test_without_a_target_the_change_stands_beside_the_value_coloured_by_what_is_better(desk: Desk) -> None:
    view = View(period="2026-03", scorecard="sales")
    texts = {title: text["text"] for title, text in lines(scorecard_card(desk, view)).items()}
    assert "#137333" in texts["Closed-won opportunities"] or "<font" not in texts["Closed-won opportunities"]
    assert "▲" not in texts["Win rate"] or "pts" in texts["Win rate"]


def test_what_has_no_value_says_why_in_words(desk: Desk) -> None:
    view = View(who="rep:Bo Yu", period="2026-02", scorecard="sales")
    win_rate = lines(scorecard_card(desk, view))["Win rate"]
    assert win_rate["text"] == '<font color="#5f6368">Nothing to divide by</font>'
    assert win_rate["bottomLabel"].startswith("There is nothing to divide by")
    french = lines(scorecard_card(desk, replace(view, language="fr")))["Taux de réussite"]
    assert french["bottomLabel"].startswith("Division impossible : Opportunités conclues gagnées + ")


def test_the_choosers_hold_what_is_shown(desk: Desk) -> None:
    card = scorecard_card(desk, View(who="rep:Ann Lee", period="2026-Q1", scorecard="pipeline"))
    chosen = {name: next(item for item in items if item["selected"]) for name, items in choices(card).items()}
    assert {name: item["value"] for name, item in chosen.items()} == {
        "who": "rep:Ann Lee", "period": "2026-Q1", "scorecard": "pipeline",
    }  # fmt: skip
    assert "This fiscal year" in str(choices(card)["period"])


def test_a_limit_leaves_only_its_slice_to_choose(web: WebWorld) -> None:
    desk = web.services.reader.desk("team:Bo Yu")
    offered = [words for words, _ in who_choices(desk.answerer, "team:Bo Yu", "en")]
    assert offered == ["team:Bo Yu", "rep:Ann Lee", "rep:Bo Yu"]
    card = scorecard_card(desk, View(who="team:Bo Yu"), NO_ACCESS, Frame(PUBLIC, "team:Bo Yu"))
    assert "Shows team:Bo Yu only" in str(card)
    refused = scorecard_card(desk, View(who="team:Di Orr"), NO_ACCESS, Frame(PUBLIC, "team:Bo Yu"))
    assert "Not allowed" in str(refused)
    assert card_problems(refused) == []


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("scorecard", ["sales", "rep", "manager", "pipeline", "activity", "marketing", "people"])
def test_every_scorecard_in_every_language_is_a_card_that_google_shows(
    desk: Desk, scorecard: str, language: Language
) -> None:
    card = scorecard_card(desk, View(scorecard=scorecard, language=language))
    assert card_problems(card) == []


@pytest.mark.parametrize("view", [View(who="Nobody"), View(period="soon"), View(scorecard="nope")])
def test_words_that_mean_nothing_are_answered_on_the_card(desk: Desk, view: View) -> None:
    card = scorecard_card(desk, view)
    assert card_problems(card) == []
    assert any(word in str(card) for word in ("Nobody", "soon", "nope"))


def test_access_and_connection_are_told(desk: Desk) -> None:
    until = datetime(2026, 12, 1, tzinfo=UTC)
    cards = [
        str(scorecard_card(desk, View(), access))
        for access in (Access(), Access(True, "<b>Plan</b>"), Access(True, "", until))
    ]
    assert "Grant access" in cards[0]
    assert f"{PUBLIC}/addon/act/grant" in cards[0]
    assert "<b>&lt;b&gt;Plan&lt;/b&gt;</b> are not connected yet" in cards[1]
    assert "connected until 1 December 2026" in cards[2]


def test_freshness_and_whose_view_it_is_stand_below(desk: Desk) -> None:
    card = scorecard_card(desk, View())
    footer = card["sections"][-1]["widgets"]
    assert "Salesforce as of" in str(footer)
    assert f"snapshot {desk.snapshot.id[:8]}" in str(footer)
    assert "as the connected Salesforce user sees it" in str(footer)


def test_foreign_text_is_text_and_nothing_else(desk: Desk) -> None:
    reference = desk.answerer.cube.members("rep").reference(
        next(member for member in desk.answerer.cube.members("rep").listed if member.name == HOSTILE)
    )
    for view in (View(who=reference), View(who=HOSTILE), View(who="<i>x</i>"), View(period="<script>"), View()):
        card = scorecard_card(desk, view, Access(True, HOSTILE))
        assert card_problems(card) == []
        assert "evil.example" not in "".join(text for text in texts_of(card) if "<a" in text)
    explained = explanation_card(desk, "revenue", View(who=reference, period="2026"))
    assert card_problems(explained) == []
    assert "‹b›" in explained["header"]["subtitle"]
    assert card_problems(message_card(HOSTILE, HOSTILE)) == []


def test_an_explanation_says_what_a_number_is_made_of_and_that_its_records_add_up_to_it(desk: Desk) -> None:
    card = explanation_card(desk, "win_rate", View(who="Ann Lee", period="2026-03"))
    said = lines(card)
    assert said["Formula"]["text"] == "won opportunities / all closed opportunities, won or lost"
    assert said["Numerator: Closed-won opportunities"]["text"] == "<b>1</b>"
    assert said["Numerator: Closed-won opportunities"]["bottomLabel"].endswith("won; rep Ann Lee")
    assert said["Sample size (n)"]["text"] == "1"
    assert said["95% interval"]["text"] == "20.7% to 100.0%"
    assert said["Recomputed from the records"]["text"] == "The very same number (records: 1)."
    assert said["As a formula"]["text"] == '=KPI("win_rate", "rep:Ann Lee", "2026-03")'
    assert "Salesforce as of" in str(card)
    assert card_problems(card) == []


def test_an_explanation_counts_what_is_left_out(desk: Desk) -> None:
    left_out = lines(explanation_card(desk, "revenue", View(period="2026")))["Left out"]["text"]
    assert left_out == "2 open (opportunities with close date from 2026-01-01 to 2026-12-31)"


@pytest.mark.parametrize(
    ("kpi", "view"),
    [("nope", View()), ("", View()), ("revenue", View(who="Nobody")), ("revenue", View(period="soon"))],
)
def test_what_cannot_be_explained_is_refused_in_a_sentence(desk: Desk, kpi: str, view: View) -> None:
    with pytest.raises(QuestionError):
        explanation_card(desk, kpi, view)


def test_a_chooser_never_has_more_items_than_google_shows_and_always_the_chosen_one() -> None:
    items = [(f"rep:{number}", f"Rep {number}") for number in range(250)]
    for chosen in ("rep:3", "rep:240", "team:gone"):
        listed = as_sent(dropdown("who", "For", items, chosen, {}))["selectionInput"]
        assert len(listed["items"]) == MOST_ITEMS
        assert [item["value"] for item in listed["items"] if item["selected"]] == [chosen]


def test_text_for_fields_that_may_or_may_not_be_html_is_harmless_in_both_readings() -> None:
    assert plain("R&D <b>\x00\n") == "R&D ‹b› "
    assert escaped("R&D <b>\x07") == "R&amp;D &lt;b&gt; "
