"""The parts of a card, as the JSON that Google renders. Pure: values in, dictionaries out.

Text of a `decoratedText`, a `textParagraph` and a section's header is a subset of HTML: foreign text goes in through
`escaped`. Whether labels and headers are HTML as well is not documented, so foreign text goes there through `plain`,
which holds no markup in either reading.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Final

from addon.functions import Json

Widget = dict[str, Json]
Card = dict[str, Json]

GOOD: Final = "#137333"
FAIR: Final = "#b06000"
POOR: Final = "#c5221f"
MUTED: Final = "#5f6368"

MOST_WIDGETS: Final = 100
"""Google ignores what a card has beyond so many widgets."""
MOST_ITEMS: Final = 100
_MOST_TEXT: Final = 1_000
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]+")


def plain(text: str) -> str:
    """Return foreign text for a field that may or may not be HTML: without control characters and angle brackets."""
    return _CONTROL.sub(" ", text).replace("<", "‹").replace(">", "›")[:_MOST_TEXT]


def escaped(text: str) -> str:
    """Return foreign text for a field that is HTML."""
    return html.escape(_CONTROL.sub(" ", text)[:_MOST_TEXT], quote=False)


def bold(text: str) -> str:
    """Return the text in bold."""
    return f"<b>{escaped(text)}</b>"


def coloured(text: str, colour: str) -> str:
    """Return the text in one of the colours above."""
    return f'<font color="{colour}">{escaped(text)}</font>'


def action(url: str, parameters: Mapping[str, str] | None = None) -> Json:
    """Return the call of one of our endpoints, with what it is to be told."""
    listed = [{"key": key, "value": value} for key, value in (parameters or {}).items()]
    return {"function": url, "loadIndicator": "SPINNER", **({"parameters": listed} if listed else {})}


def on_click(url: str, parameters: Mapping[str, str] | None = None) -> Json:
    """Return what a click does: call one of our endpoints."""
    return {"action": action(url, parameters)}


def button(text: str, click: Json) -> dict[str, Json]:
    """Return a button with a text."""
    return {"text": plain(text), "onClick": click}


def icon_button(icon: str, alternative: str, click: Json) -> dict[str, Json]:
    """Return a button that is one of Google's material icons; ``alternative`` says in words what it does."""
    words = plain(alternative)
    return {
        "icon": {"materialIcon": {"name": icon}, "altText": words},
        "altText": words,
        "type": "BORDERLESS",
        "onClick": click,
    }


def buttons(*all_buttons: Json) -> Widget:
    """Return the buttons side by side."""
    return {"buttonList": {"buttons": list(all_buttons)}}


def paragraph(markup: str) -> Widget:
    """Return a paragraph; ``markup`` is HTML, made by the functions above."""
    return {"textParagraph": {"text": markup}}


def decorated(markup: str, *, top: str = "", bottom: str = "", end: Json = None, click: Json = None) -> Widget:
    """Return a text with a label above and one below, and perhaps a button at its end; ``markup`` is HTML."""
    parts: dict[str, Json] = {"text": markup, "wrapText": True}
    if top:
        parts["topLabel"] = top
    if bottom:
        parts["bottomLabel"] = bottom
    if end is not None:
        parts["button"] = end
    if click is not None:
        parts["onClick"] = click
    return {"decoratedText": parts}


def dropdown(name: str, label: str, items: Sequence[tuple[str, str]], chosen: str, changed: Json) -> Widget:
    """Return a choice of (value, text) items; no more than Google shows, the chosen one always among them."""
    kept = list(items[:MOST_ITEMS])
    if chosen and all(value != chosen for value, _ in kept):
        missing = next((item for item in items if item[0] == chosen), (chosen, chosen))
        kept = [*kept[: MOST_ITEMS - 1], missing]
    listed: list[Json] = [{"text": plain(text), "value": value, "selected": value == chosen} for value, text in kept]
    return {
        "selectionInput": {
            "name": name,
            "label": plain(label),
            "type": "DROPDOWN",
            "items": listed,
            "onChangeAction": changed,
        }
    }


def section(widgets: Sequence[Widget], *, header: str = "", uncollapsed: int | None = None) -> dict[str, Json]:
    """Return a section; with ``uncollapsed``, only so many widgets show until a reader opens it."""
    parts: dict[str, Json] = {"widgets": list(widgets)}
    if header:
        parts["header"] = escaped(header)
    if uncollapsed is not None:
        parts |= {"collapsible": True, "uncollapsibleWidgetsCount": uncollapsed}
    return parts


def card(name: str, title: str, subtitle: str, sections: Sequence[Json]) -> Card:
    """Return a card."""
    return {"name": name, "header": {"title": plain(title), "subtitle": plain(subtitle)}, "sections": list(sections)}
