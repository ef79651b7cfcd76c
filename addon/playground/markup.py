"""Text of cards as HTML of the page: the few tags that Google renders, everything else as the text it is."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Final

from markupsafe import Markup

_PLAIN_TAGS: Final = frozenset({"b", "i", "u", "s"})
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")


class _Reader(HTMLParser):
    """Writes the tags that cards may have, without any attribute but a colour, and closes what it opened."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.written: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.written.append("<br>")
        elif tag in _PLAIN_TAGS:
            self.written.append(f"<{tag}>")
            self._open.append(tag)
        elif tag == "font":
            colour = dict(attrs).get("color") or ""
            style = f' data-colour="{colour}"' if _COLOUR.fullmatch(colour) else ""
            self.written.append(f"<span{style}>")
            self._open.append("span")

    def handle_endtag(self, tag: str) -> None:
        name = "span" if tag == "font" else tag
        if self._open and self._open[-1] == name:
            self.written.append(f"</{self._open.pop()}>")

    def handle_data(self, data: str) -> None:
        self.written.append(html.escape(data))

    def finished(self) -> str:
        """Return everything, with what is still open closed."""
        self.close()
        return "".join(self.written) + "".join(f"</{tag}>" for tag in reversed(self._open))


def card_markup(text: str) -> Markup:
    """Return a card's text as HTML. No attribute of it reaches the page but a colour, as ``data-colour``."""
    reader = _Reader()
    reader.feed(text)
    return Markup(reader.finished())  # noqa: S704 - built above from escaped text and five tags
