"""The README as its readers take it: blocks of commands and settings, tables, words in code type, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block, the section it stands in, and the language it is marked with."""

    section: str
    language: str
    text: str

    @property
    def commands(self) -> list[str]:
        """Return its lines without remarks."""
        lines = (re.sub(r"(^|\s+)#\s.*", "", line).strip() for line in self.text.splitlines())
        return [line for line in lines if line]


def readme() -> str:
    return README.read_text(encoding="utf-8")


def blocks(language: str = "") -> list[Block]:
    return [block for block in _blocks(readme()) if language in {"", block.language}]


def prose() -> str:
    """Return everything outside of the blocks."""
    return re.sub(r"^( *)```.*?^ *```\n", "", readme(), flags=re.MULTILINE | re.DOTALL)


def words_in_code() -> list[str]:
    """Return what stands in code type outside of the blocks."""
    return re.findall(r"`([^`\n]+)`", prose())


def table(header: str) -> list[list[str]]:
    """Return the rows of the table whose header line contains these words, without the header."""
    lines = prose().splitlines()
    start = next(place for place, line in enumerate(lines) if line.startswith("|") and header in line) + 2
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def links() -> list[str]:
    return re.findall(r"\]\(([^)#]+)\)", prose())


def _blocks(text: str) -> Iterator[Block]:
    section = ""
    fence = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
    headings = [(found.start(), found[1]) for found in re.finditer(r"^#+ (.+)$", text, re.MULTILINE)]
    for found in fence.finditer(text):
        section = [name for start, name in headings if start < found.start()][-1]
        indent = found[1]
        lines = [line.removeprefix(indent) for line in found[3].splitlines()]
        yield Block(section, found[2], "\n".join(lines) + "\n")
