"""A1 notation: ``KPI!A1:B2``, ``'KPI tab'!A:C``, ``2:5``, ``A2:C`` as half-open bounds, and back."""

from __future__ import annotations

import re
from dataclasses import dataclass

COLUMNS_MAX = 18_278
_CORNER = re.compile(r"\$?([A-Za-z]{0,3})\$?(\d{0,8})")
_PLAIN_TITLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_REFERENCE = re.compile(r"(?i)[a-z]{1,3}\d+|r\d*c\d*")
_TITLED = re.compile(r"(?:'((?:[^']|'')+)'|([^'!]+))(?:!(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Rows and columns from zero, the ends not included; None is open."""

    top: int | None = None
    bottom: int | None = None
    left: int | None = None
    right: int | None = None
    is_cell: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    """A bounded rectangle of a sheet, the ends not included."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        """Return the number of rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Return the number of columns."""
        return self.right - self.left

    def meets(self, other: Area) -> bool:
        """Return whether the two have a cell in common."""
        return (
            self.top < other.bottom
            and other.top < self.bottom
            and self.left < other.right
            and other.left < self.right
        )

    def holds(self, other: Area) -> bool:
        """Return whether the other lies wholly inside."""
        rows = self.top <= other.top and other.bottom <= self.bottom
        return rows and self.left <= other.left and other.right <= self.right


@dataclass(frozen=True, slots=True)
class Reference:
    """What a range text names: a title (None: not said) and what follows the exclamation mark."""

    title: str | None
    rest: str


def split_title(text: str) -> Reference | None:
    """Return the parts of a range text: ``'A b'!A1`` and ``KPI!A1`` have a title, ``A1`` and ``KPI`` do not (yet).

    A quoted text is always a title. None if the text has no such form.
    """
    match = _TITLED.fullmatch(text)
    if match is None:
        return None
    quoted, plain, rest = match.groups()
    if quoted is not None:
        return Reference(quoted.replace("''", "'"), rest or "")
    return Reference(plain, rest) if rest is not None else Reference(None, plain)


def parse_bounds(text: str) -> Bounds | None:
    """Return the bounds of ``A1``, ``A1:B2``, ``A:C``, ``2:5``, ``A2:C``; None if the text has no such form."""
    first, colon, second = text.partition(":")
    start, end = _corner(first), _corner(second if colon else first)
    if start is None or end is None:
        return None
    row, column = start
    last_row, last_column = end
    if not colon and (row is None or column is None):
        return None
    if (column is None) != (last_column is None) and (row is None or last_row is None):
        return None
    top, bottom = _ordered(row, last_row)
    left, right = _ordered(column, last_column)
    return Bounds(top, bottom, left, right, is_cell=not colon)


def _ordered(first: int | None, last: int | None) -> tuple[int | None, int | None]:
    if first is None or last is None:
        only = first if first is not None else last
        return only, None
    return min(first, last), max(first, last) + 1


def _corner(text: str) -> tuple[int | None, int | None] | None:
    match = _CORNER.fullmatch(text)
    if match is None or not text.strip("$"):
        return None
    letters, digits = match.groups()
    if digits and int(digits) == 0:
        return None
    column = column_index(letters) if letters else None
    return (int(digits) - 1 if digits else None, column)


def column_index(letters: str) -> int:
    """Return the number of a column from zero: A is 0, AA is 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def column_letters(index: int) -> str:
    """Return the letters of a column: 0 is A, 26 is AA."""
    letters = ""
    number = index + 1
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def quoted_title(title: str) -> str:
    """Return a title as it stands before the exclamation mark: quoted where it must be."""
    if _PLAIN_TITLE.fullmatch(title) and not _REFERENCE.fullmatch(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def area_text(title: str, area: Area) -> str:
    """Return the range text of an area, as answers give it: ``KPI!A1:B2``, one cell ``KPI!A1``."""
    first = f"{column_letters(area.left)}{area.top + 1}"
    last = f"{column_letters(area.right - 1)}{area.bottom}"
    return f"{quoted_title(title)}!{first}" + (f":{last}" if last != first else "")
