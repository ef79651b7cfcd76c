"""What every card must be that no schema says, checked without any document: one kind a widget, limits, addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Any

import orjson

_WIDGETS = {
    "textParagraph", "decoratedText", "buttonList", "selectionInput", "textInput", "dateTimePicker", "image",
    "divider", "grid", "columns", "chipList",
}  # fmt: skip
_CLICKS = {"action", "openLink", "openDynamicLinkAction", "card", "overflowMenu"}
_TAGS = {"b", "i", "u", "s", "br", "font", "a"}


def as_sent(card: Mapping[str, object]) -> dict[str, Any]:
    """Return a card as Google reads it."""
    sent: dict[str, Any] = orjson.loads(orjson.dumps(card))
    return sent


def card_problems(card: Mapping[str, Any]) -> list[str]:
    """Return everything that Google would refuse, ignore or show wrongly."""
    return list(_problems(card))


def texts_of(value: Any) -> Iterator[str]:
    """Return every text in a card that people see: not the values that come back to us."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if name != "value":
                yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)


def _problems(card: Mapping[str, Any]) -> Iterator[str]:
    sections = card.get("sections", [])
    widgets = [widget for section in sections for widget in section.get("widgets", [])]
    if not 1 <= len(sections) <= 100:
        yield f"{len(sections)} sections"
    if len(widgets) > 100:
        yield f"{len(widgets)} widgets: what is over 100 is ignored"
    if any(not section.get("widgets") for section in sections):
        yield "a section without widgets"
    if not card.get("header", {}).get("title"):
        yield "no title"
    if "fixedFooter" in card and "primaryButton" not in card["fixedFooter"]:
        yield "a footer without a button"
    for section in sections:
        yield from _markup_problems(section.get("header", ""))
    for widget in widgets:
        yield from _widget_problems(widget)
    yield from _click_problems(card)


def _widget_problems(widget: Mapping[str, Any]) -> Iterator[str]:
    kinds = set(widget) & _WIDGETS
    if len(kinds) != 1 or set(widget) - _WIDGETS:
        yield f"a widget of kinds {sorted(widget)}"
    choice = widget.get("selectionInput", {})
    if len(choice.get("items", [])) > 100:
        yield f"{len(choice['items'])} items in {choice['name']}"
    if choice and sum(item.get("selected", False) for item in choice["items"]) != 1:
        yield f"not one chosen in {choice['name']}"
    text = widget.get("decoratedText")
    if text is not None:
        if not text.get("text"):
            yield "a decorated text without text"
        if len({"button", "endIcon", "switchControl"} & set(text)) > 1:
            yield "two things at the end of a decorated text"
        yield from _markup_problems(text["text"])
        for label in ("topLabel", "bottomLabel"):
            if "<" in text.get(label, ""):
                yield f"markup in a label: {text[label]}"
    yield from _markup_problems(widget.get("textParagraph", {}).get("text", ""))


def _click_problems(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from _click_problems(inner)
        return
    if not isinstance(value, Mapping):
        return
    if "onClick" in value and len(set(value["onClick"]) & _CLICKS) != 1:
        yield f"a click of kinds {sorted(value['onClick'])}"
    function = value.get("function")
    if function is not None and not str(function).startswith("https://"):
        yield f"an action that is no https address: {function}"
    for parameter in value.get("parameters", []):
        if not all(isinstance(part, str) for part in parameter.values()):
            yield f"a parameter that is no text: {parameter}"
    for inner in value.values():
        yield from _click_problems(inner)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag not in _TAGS or names - ({"color"} if tag == "font" else set()):
            self.problems.append(f"<{tag}> with {sorted(names)}")
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing")


def _markup_problems(markup: str) -> Iterator[str]:
    tags = _Tags()
    tags.feed(markup)
    tags.close()
    yield from tags.problems
    if tags.open:
        yield f"{tags.open} stay open in {markup}"
