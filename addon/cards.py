"""The cards of the sidebar: a scorecard, and the explanation of one of its numbers.

A card shows what the organisation lets its users see: everything, or the slice of ``google.user_limit``. It is made
from one pinned snapshot and says which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from addon import widgets as w
from addon.choices import period_choices, scorecard_choices, who_choices
from addon.clock import instant_of
from addon.formats import format_change, format_points, format_share, format_value
from addon.functions import Json
from addon.lines import Line, dilution_note, lines_of, scorecard_called, whole_refusal
from addon.reader import Desk
from addon.titles import (
    ahead_of,
    day_title,
    error_text,
    moment_title,
    reason_of,
    running_title,
    small_of,
    state_title,
    who_title,
)
from addon.trust_words import trust_lines
from addon.widgets import Card, Widget
from addon.words import say
from kpis.definitions import Kpi, Language
from kpis.errors import QuestionError
from kpis.periods import elapsed, parse_period, period_title, prior
from kpis.questions import Answer

DEFAULT_PERIOD: Final = "this quarter"
_BUTTON_COLOUR: Final[Json] = {"red": 0.08, "green": 0.4, "blue": 0.75, "alpha": 1}
_STATUS_COLOURS: Final = {"ahead": w.GOOD, "on_track": w.GOOD, "at_risk": w.FAIR, "behind": w.POOR}
_NO_CHANGE: Final = 0.0005
"""A change that is shown as 0.0 % is neither good nor bad."""


@dataclass(frozen=True, slots=True)
class View:
    """What a reader looks at, in the words of cells. No words: the company (or the limit), this quarter, sales."""

    who: str = ""
    period: str = DEFAULT_PERIOD
    scorecard: str = ""
    language: Language = "en"


@dataclass(frozen=True, slots=True)
class Access:
    """What is known of the spreadsheet beside the card, and until when its formulas are connected."""

    sees_spreadsheet: bool = False
    title: str = ""
    connected_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a card's buttons lead (an https address without a slash at its end), and the slice it is limited to."""

    url: str
    limit: str = ""

    def endpoint(self, name: str) -> str:
        """Return the address of an action."""
        return f"{self.url}/addon/act/{name}"


def scorecard_card(desk: Desk, view: View, access: Access, frame: Frame) -> Card:
    """Return the scorecard of a slice and period. Words that mean nothing are answered by a sentence on the card."""
    language = view.language
    company = desk.snapshot.manifest.company.name or say("scorecard", language)
    parts = [
        _chooser(desk, view, frame),
        _lines_section(desk, view, frame),
        _access_section(desk, access, frame, language),
    ]
    card = w.card("scorecard", company, _subtitle(desk, view), [*parts, _freshness_section(desk, frame, language)])
    refresh = {**w.button(say("refresh", language), w.on_click(frame.endpoint("refresh"))), "color": _BUTTON_COLOUR}
    return {**card, "fixedFooter": {"primaryButton": refresh}}


def message_card(title: str, sentence: str) -> Card:
    """Return a card that says one thing."""
    return w.card("message", title, "", [w.section([w.paragraph(w.escaped(sentence))])])


def number_markup(line: Line, desk: Desk, language: Language) -> str:
    """Return the value in bold and beside it how it stands: the status against its target, else the change."""
    answer = line.value
    if answer.value is None:
        return w.coloured(state_title(answer, language), w.MUTED)
    currency = desk.snapshot.manifest.company.currency
    value = w.bold(format_value(answer.value, line.kpi.unit, currency, language, compact=True))
    mark = _mark(line, language)
    return f"{value} {mark}" if mark else value


def value_text(value: float | None, kpi: Kpi, desk: Desk, language: Language) -> str:
    """Return a value of a KPI in full."""
    currency = desk.snapshot.manifest.company.currency
    return "" if value is None else format_value(value, kpi.unit, currency, language)


def versus_text(line: Line, desk: Desk, view: View, *, with_change: bool = True) -> str:
    """Return the change against the period before, and which that is; nothing where there is none."""
    change = change_of(line)
    if change is None:
        return ""
    answerer, language = desk.answerer, view.language
    period = parse_period(view.period, answerer.calendar, answerer.today)
    is_running = elapsed(period, answerer.today) is not period
    key = "versus_same_days" if is_running and not line.kpi.is_forward else "versus"
    text = say(key, language, period=period_title(prior(period, answerer.calendar), language))
    return f"{_change_text(change, line.kpi, language)} {text}" if with_change else text


def change_of(line: Line) -> float | None:
    """Return the change against the period before: of a percentage in points, of any other KPI in proportion.

    A growth of 2 % after one of 1 % has not doubled in any way that helps a reader.
    """
    return line.number("change" if line.kpi.unit == "percent" else "vs prior")


def _subtitle(desk: Desk, view: View) -> str:
    answerer = desk.answerer
    who = who_title(answerer.cube, view.who, view.language)
    try:
        period = parse_period(view.period, answerer.calendar, answerer.today)
    except QuestionError:
        return who
    return f"{who} · {running_title(period, answerer, view.language)}"


def _chooser(desk: Desk, view: View, frame: Frame) -> Json:
    language, answerer = view.language, desk.answerer
    show = w.action(frame.endpoint("show"))
    chosen = scorecard_choices(answerer, language)
    named = view.scorecard or _scorecard_id(desk, view)
    return w.section(
        [
            w.dropdown("period", say("period", language), period_choices(answerer, language), view.period, show),
            w.dropdown("who", say("who", language), who_choices(answerer, frame.limit, language), view.who, show),
            w.dropdown("scorecard", say("scorecard", language), chosen, named, show),
        ],
        header=say("view", language),
        uncollapsed=2,
    )


def _scorecard_id(desk: Desk, view: View) -> str:
    return scorecard_called(desk.answerer, view.scorecard).id


def _lines_section(desk: Desk, view: View, frame: Frame) -> Json:
    try:
        scorecard = scorecard_called(desk.answerer, view.scorecard)
    except QuestionError as error:
        return w.section([w.paragraph(w.escaped(error_text(error, view.language)))])
    lines = lines_of(desk.answerer, scorecard.kpis, view.who, view.period)
    refusal = whole_refusal([line.value for line in lines])
    if refusal is not None:
        return w.section([_refusal_widget(refusal, view.language)], header=scorecard.titles[view.language])
    note = dilution_note(scorecard, view.language)
    notes = [w.paragraph(w.coloured(note, w.MUTED))] if note else []
    return w.section(
        [*(_line_widget(line, desk, view, frame) for line in lines), *notes], header=scorecard.titles[view.language]
    )


def _refusal_widget(refusal: Answer, language: Language) -> Widget:
    title = w.coloured(state_title(refusal, language), w.MUTED)
    return w.decorated(f"{title}<br>{w.escaped(reason_of(refusal, language))}")


def _line_widget(line: Line, desk: Desk, view: View, frame: Frame) -> Widget:
    language, title = view.language, line.kpi.titles[view.language]
    asked = {"kpi": line.kpi.id, "who": view.who, "period": view.period}
    explain = w.on_click(frame.endpoint("explain"), asked)
    definition = say("definition", language, words=line.kpi.formula_words[language])
    facts = w.plain(" · ".join(_facts(line, desk, view)))
    return w.decorated(
        number_markup(line, desk, language),
        top=title,
        bottom=f"{facts}\n{definition}" if facts else definition,
        end=w.icon_button("info", say("explain", language, kpi=title), explain),
        click=explain,
    )


def _facts(line: Line, desk: Desk, view: View) -> list[str]:
    """Return what belongs to a number: target and how much of it is reached, sample size, change, what is missing."""
    language, answer = view.language, line.value
    facts = []
    if answer.state != "ok":
        word = "" if answer.value is None else f"{state_title(answer, language)}: "
        facts.append(f"{word}{reason_of(answer, language)}")
    target, attained = line.number("target"), line.number("attainment")
    if target is not None:
        currency = desk.snapshot.manifest.company.currency
        text = format_value(target, line.kpi.unit, currency, language, compact=True)
        facts.append(say("target", language, value=text))
    if attained is not None:
        key = "attained_of_limit" if line.kpi.better == "lower" else "attained"
        facts.append(say(key, language, share=format_share(attained, language)))
    if answer.is_small:
        facts.append(small_of(answer, language))
    elif answer.n is not None and line.kpi.unit != "count":
        facts.append(say("sample_size", language, count=format_value(answer.n, "count", "", language)))
    if line.status and line.expected is not None:
        share = format_share(line.expected.value or 0.0, language)
        facts.append(say(f"expected_{line.expected.method.replace(' ', '_')}", language, share=share))
    if answer.value is not None:
        facts.append(versus_text(line, desk, view, with_change=bool(line.status)))
        facts.append(ahead_of(line.kpi, line.answers["vs prior"], language))
    return [fact for fact in facts if fact]


def _mark(line: Line, language: Language) -> str:
    if line.status:
        return w.coloured(f"● {say(line.status, language)}", _STATUS_COLOURS[line.status])
    change = change_of(line)
    if change is None:
        return ""
    arrow = "▲" if change >= _NO_CHANGE else "▼" if change <= -_NO_CHANGE else "▬"
    return w.coloured(f"{arrow} {_change_text(change, line.kpi, language)}", _change_colour(change, line.kpi))


def _change_text(change: float, kpi: Kpi, language: Language) -> str:
    return format_points(change, language) if kpi.unit == "percent" else format_change(change, language)


def _change_colour(change: float, kpi: Kpi) -> str:
    if abs(change) < _NO_CHANGE or kpi.better == "neutral":
        return w.MUTED
    return w.GOOD if (change > 0) == (kpi.better == "higher") else w.POOR


def _access_section(desk: Desk, access: Access, frame: Frame, language: Language) -> Json:
    header = say("this_spreadsheet", language)
    if not access.sees_spreadsheet:
        grant = w.button(say("grant_access", language), w.on_click(frame.endpoint("grant")))
        return w.section([w.paragraph(say("access_missing", language)), w.buttons(grant)], header=header)
    return w.section([w.paragraph(_connection_markup(desk, access, language))], header=header)


def _connection_markup(desk: Desk, access: Access, language: Language) -> str:
    title = w.bold(access.title) if access.title else say("untitled", language)
    if access.connected_until is None:
        return say("not_connected", language, title=title)
    day = day_title(access.connected_until, desk.answerer, language)
    return say("connected", language, title=title, day=day)


def _freshness_section(desk: Desk, frame: Frame, language: Language) -> Json:
    compared = desk.trust()
    trust = trust_lines(compared, language)[:1] if compared else []
    texts = [*freshness_texts(desk, frame, language), *trust]
    return w.section([w.paragraph(w.coloured(text, w.MUTED)) for text in texts])


def freshness_texts(desk: Desk, frame: Frame, language: Language) -> Sequence[str]:
    """Return how fresh each source is, the snapshot, and by whose view all this is seen."""
    moments = {say(f"source_{name}", language) if name in {"salesforce", "sheets"} else name: text
               for name, text in desk.freshness.items()} or {say("all_sources", language): desk.as_of}  # fmt: skip
    fresh = [
        say("as_of", language, source=source, moment=moment_title(instant_of(text), desk.answerer, language))
        for source, text in moments.items()
    ]
    number = desk.snapshot.id.partition("-")[0]
    seen = say("seen_in_part", language, limit=frame.limit) if frame.limit else say("seen_by_all", language)
    return [" · ".join([*fresh, say("snapshot", language, number=number)]), seen]
