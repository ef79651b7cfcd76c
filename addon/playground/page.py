"""The page itself: reads what the address asks for, and renders it on the server. GET only, loopback only."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, make_response, render_template, request

from addon.cards import DEFAULT_PERIOD, Access, View, message_card, scorecard_card
from addon.errors import AddonError
from addon.explanation_card import explanation_card
from addon.formats import format_value
from addon.playground.answering import Result, answer_formula
from addon.playground.markup import card_markup
from addon.playground.sheet import Tab, Tabs, grid_of, spilled_tab
from addon.reader import Desk
from addon.services import Services
from addon.sidebar import access_to, frame_of
from addon.titles import error_text
from addon.widgets import Card
from addon.words import family_title, language_of, say
from kpis.definitions import Catalogue, Kpi, Language
from kpis.errors import KpiError
from kpis.words import fold

_FOLDER: Final = Path(__file__).parent
_DEFAULT_FORMULA: Final = '=KPI("win_rate", "", "this quarter")'
_EXAMPLES: Final = (
    '=KPI("revenue", "", "this year", "vs year ago")',
    '=KPI_TREND("revenue", "", "month", 12)',
    '=KPI_LEADERBOARD("win_rate", "rep", "this year")',
)
_KEPT: Final = ("who", "period", "scorecard", "q", "tab", "find", "lang")
_MOST_LENGTH: Final = 2_000


def page(services: Services, tabs: Tabs, spreadsheet: str, title: str) -> Blueprint:
    """Return the page's routes; ``tabs`` gives the tabs of the spreadsheet with this id and title."""
    routes = Blueprint("playground", __name__, template_folder=str(_FOLDER / "templates"))
    routes.add_app_template_filter(card_markup)
    style, script = ((_FOLDER / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))

    @routes.get("/")
    def index() -> Response:
        _check_loopback()
        asked = {name: value[:_MOST_LENGTH] for name, value in request.args.items()}
        nonce = secrets.token_urlsafe(16)
        shown = _shown(services, tabs, spreadsheet, title, asked)
        html = render_template("page.html", **shown, style=style, script=script, nonce=nonce)
        return _guarded(html, nonce)

    return routes


def _check_loopback() -> None:
    """Refuse whoever is not at this machine, or came under a name that another page made up (DNS rebinding)."""
    host = urlsplit(f"//{request.host}").hostname or ""
    if host != "localhost" and not _is_loopback(host):
        abort(404)
    if not _is_loopback(request.remote_addr or ""):
        abort(404)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _guarded(html: str, nonce: str) -> Response:
    reply = make_response(html)
    reply.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; img-src data:; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    return reply


def _shown(
    services: Services, tabs: Tabs, spreadsheet: str, title: str, asked: Mapping[str, str]
) -> dict[str, object]:
    """Return everything that the template shows."""
    language = language_of(asked.get("lang", ""), services.language)
    words = {
        "language": language,
        "say": lambda key, **values: say(key, language, **values),
        "family_title": lambda family: family_title(family, language),
        "sheet_title": title,
    }
    kept = {name: asked[name] for name in _KEPT if asked.get(name)}

    def link(**changes: str) -> str:
        return "/?" + urlencode({name: value for name, value in {**kept, **changes}.items() if value})

    try:
        desk = services.reader.desk()
    except (AddonError, KpiError) as error:
        empty = Tab("", is_ours=True, rows=[])
        card = message_card(say("nothing_to_show", language), error_text(error, language))
        result = Result([], "", error_text(error, language), is_error=True)
        return {**words, "link": link, "card": card, "tabs": [], "tab": empty, "grid": grid_of(empty), "desk": None,
                "formula": _DEFAULT_FORMULA, "result": result, "families": {}, "asked": asked,
                "kept": kept, "examples": ()}  # fmt: skip
    formula = asked.get("q") or _DEFAULT_FORMULA
    result = answer_formula(desk, formula, language)
    own = spilled_tab(say("your_formula", language), result.rows)
    all_tabs = sorted([*tabs(), own], key=lambda tab: not tab.is_ours)
    tab = _chosen(all_tabs, own, asked)
    records = sum(table.rows for table in desk.snapshot.manifest.tables.values())
    return {
        **words, "desk": desk, "link": link, "asked": asked, "kept": kept, "formula": formula, "result": result,
        "examples": _EXAMPLES, "tabs": all_tabs, "tab": tab, "grid": grid_of(tab),
        "card": _card(services, desk, access_to(services, spreadsheet, title), asked, language),
        "families": _found(desk.answerer.catalogue, asked.get("find", ""), language),
        "row_count": format_value(records, "count", "", language), "kpi_count": len(desk.answerer.catalogue.present),
    }  # fmt: skip


def _chosen(tabs: Sequence[Tab], own: Tab, asked: Mapping[str, str]) -> Tab:
    """Return the tab that is asked for; the formula's own where it gave more than one cell; else the first."""
    named = next((tab for tab in tabs if tab.title == asked.get("tab")), None)
    spilled = own if asked.get("q") and len(own.rows) > 1 else None
    return named or spilled or tabs[0]


def _card(services: Services, desk: Desk, access: Access, asked: Mapping[str, str], language: Language) -> Card:
    """Return the card as the sidebar gets it: the scorecard, or the explanation of a number that was clicked."""
    view = View(asked.get("who", ""), asked.get("period") or DEFAULT_PERIOD, asked.get("scorecard", ""), language)
    frame = frame_of(services)
    if asked.get("explain"):
        try:
            return explanation_card(desk, asked["explain"], view, frame)
        except KpiError as error:
            return message_card(say("nothing_to_show", language), error_text(error, language))
    return scorecard_card(desk, view, access, frame)


def _found(catalogue: Catalogue, words: str, language: Language) -> dict[str, list[Kpi]]:
    """Return the KPIs by family whose words or definition hold all that was searched for."""
    wanted = fold(words).split()
    families: dict[str, list[Kpi]] = {}
    for kpi in catalogue.present:
        text = fold(" ".join([*kpi.words, kpi.family, kpi.formula_words[language]]))
        if all(word in text for word in wanted):
            families.setdefault(kpi.family, []).append(kpi)
    return families
