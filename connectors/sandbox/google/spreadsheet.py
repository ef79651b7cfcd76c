"""A spreadsheet as the service holds it: tabs, named ranges, metadata, who may see it."""

from __future__ import annotations

import csv
import datetime
import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from connectors.sandbox.google.a1 import Area, area_text, parse_bounds, split_title
from connectors.sandbox.google.entered import string, typed
from connectors.sandbox.google.errors import Json, invalid
from connectors.sandbox.google.grid import COLUMNS_DEFAULT, ROWS_DEFAULT, Sheet, new_sheet
from connectors.sandbox.google.locales import LOCALES, Locale
from connectors.sandbox.google.places import bounds_of, move, moved_places

CELLS_MAX = 10_000_000
_ROLES = ("reader", "commenter", "writer", "owner")
_ID_HEADER = re.compile(r"(?i)(^|[ _])id$|[a-z]Id$")
_LEADING_ZERO = re.compile(r"[+-]?0\d+")
_FORMAT_DEFAULT: Json = {
    "backgroundColor": {"red": 1, "green": 1, "blue": 1},
    "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
    "verticalAlignment": "BOTTOM",
    "wrapStrategy": "OVERFLOW_CELL",
    "textFormat": {"foregroundColor": {}, "fontFamily": "Arial", "fontSize": 10, "bold": False, "italic": False},
}


@dataclass(frozen=True, slots=True)
class Target:
    """A range text resolved: the sheet, the area, and whether one cell was named, from which writing may go on."""

    sheet: Sheet
    area: Area
    is_cell: bool

    @property
    def text(self) -> str:
        """Return the range as answers give it, within the grid."""
        return area_text(self.sheet.title, self.sheet.clipped(self.area))


@dataclass(slots=True)
class Spreadsheet:
    """A document. Change it through `changing`, which makes a change whole or not at all.

    ``shares`` are roles by address; ``actor`` is who changes a draft, None for the owner at the screen.
    """

    id: str
    title: str
    locale: str = "en_US"
    time_zone: str = "Etc/GMT"
    sheets: list[Sheet] = field(default_factory=list)
    named_ranges: list[Json] = field(default_factory=list)
    metadata: list[Json] = field(default_factory=list)
    shares: dict[str, str] = field(default_factory=dict)
    extra_properties: Json = field(default_factory=dict)
    clock: Callable[[], float] = time.time
    actor: str | None = None
    version: int = 1
    modified_at: float = 0.0
    created_at: float = 0.0
    last_id: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @classmethod
    def new(cls, title: str, *, key: str = "", locale: str = "en_US", time_zone: str = "Etc/GMT") -> Self:
        """Return a spreadsheet with one empty tab. The id follows from the key, or the title: the same each time."""
        digest = hashlib.sha256((key or title).encode()).hexdigest()
        return cls("1" + digest[:43], title, locale, time_zone, [new_sheet(0, "Sheet1")])

    @classmethod
    def from_folder(cls, folder: Path, *, title: str = "", locale: str = "en_US", time_zone: str = "Etc/GMT") -> Self:
        """Return a spreadsheet with a tab for each CSV file of the folder, by name, typed in as a user would.

        Numbers, percents, booleans and ISO dates become what they are, in the given locale; columns headed as ids
        and numbers that begin with a zero stay text. Raises ValueError if it is more than a spreadsheet can hold.
        """
        book = cls.new(title or folder.name, key=f"folder {title or folder.name}", locale=locale, time_zone=time_zone)
        files = sorted(folder.glob("*.csv"))
        if files:
            book.sheets = [_sheet_of(file, index, book.locale_table) for index, file in enumerate(files)]
        if book.cell_count > CELLS_MAX:
            raise ValueError(f"{folder} has {book.cell_count} cells; a spreadsheet holds at most {CELLS_MAX}.")
        return book

    @property
    def locale_table(self) -> Locale:
        """Return how numbers and dates are written here."""
        return LOCALES[self.locale]

    @property
    def properties(self) -> Json:
        """Return the SpreadsheetProperties."""
        own = {"title": self.title, "locale": self.locale, "timeZone": self.time_zone}
        return {"autoRecalc": "ON_CHANGE", "defaultFormat": _FORMAT_DEFAULT, **self.extra_properties, **own}

    @property
    def cell_count(self) -> int:
        """Return how many cells the grids have together."""
        return sum(sheet.cell_count for sheet in self.sheets)

    @contextmanager
    def changing(self, actor: str | None = None) -> Iterator[Self]:
        """Give a draft to change. It becomes the spreadsheet when the block ends well, and is forgotten otherwise."""
        with self.lock:
            draft = self._draft(actor)
            yield draft
            self._adopt(draft)

    def _draft(self, actor: str | None) -> Self:
        return replace(
            self,
            sheets=[sheet.copy() for sheet in self.sheets],
            named_ranges=list(self.named_ranges),
            metadata=list(self.metadata),
            shares=dict(self.shares),
            extra_properties=dict(self.extra_properties),
            actor=actor,
        )

    def _adopt(self, draft: Self) -> None:
        self.title, self.locale, self.time_zone = draft.title, draft.locale, draft.time_zone
        self.sheets, self.named_ranges, self.metadata = draft.sheets, draft.named_ranges, draft.metadata
        self.shares, self.extra_properties, self.last_id = draft.shares, draft.extra_properties, draft.last_id
        self.version += 1
        self.modified_at = self.clock()

    def next_id(self) -> int:
        """Return an id that nothing in this spreadsheet has had."""
        self.last_id += 1
        return 1_000_000 + self.last_id

    def sheet(self, sheet_id: int) -> Sheet:
        """Return a tab by its id. Raises `ApiError`."""
        for sheet in self.sheets:
            if sheet.id == sheet_id:
                return sheet
        raise invalid(f"No grid with id: {sheet_id}")

    def sheet_titled(self, title: str) -> Sheet | None:
        """Return a tab by its title, in any case."""
        folded = title.casefold()
        return next((sheet for sheet in self.sheets if sheet.title.casefold() == folded), None)

    def resolve(self, text: str) -> Target:
        """Return what a range text means: A1 notation, a named range or a tab. Raises `ApiError`."""
        reference = split_title(text)
        if reference is None or not self.sheets:
            raise invalid(f"Unable to parse range: {text}")
        if reference.title is None:
            target = self._untitled(reference.rest)
        else:
            sheet = self.sheet_titled(reference.title)
            target = self._on_sheet(sheet, reference.rest) if sheet is not None else None
        if target is None:
            raise invalid(f"Unable to parse range: {text}")
        if target.area.top >= target.sheet.row_count or target.area.left >= target.sheet.column_count:
            raise exceeds_grid(target.sheet, target.area)
        return target

    def _untitled(self, text: str) -> Target | None:
        first = next((sheet for sheet in self.sheets if not sheet.properties.get("hidden")), self.sheets[0])
        found = self._target(first, text) or self._named(text)
        if found is not None:
            return found
        sheet = self.sheet_titled(text)
        return self._target(sheet, "") if sheet is not None else None

    def _on_sheet(self, sheet: Sheet, text: str) -> Target | None:
        """Return an area of a sheet; a named range of the same sheet may stand for it, as gspread sends it."""
        found = self._target(sheet, text) or self._named(text)
        return found if found is not None and found.sheet is sheet else None

    def _named(self, text: str) -> Target | None:
        for named in self.named_ranges:
            if named["name"].casefold() == text.casefold():
                sheet = self.sheet(named["range"].get("sheetId", 0))
                return Target(sheet, sheet.clipped(sheet.area(bounds_of(named["range"]))), is_cell=False)
        return None

    @staticmethod
    def _target(sheet: Sheet, text: str) -> Target | None:
        if not text:
            return Target(sheet, sheet.area_whole, is_cell=False)
        bounds = parse_bounds(text)
        return None if bounds is None else Target(sheet, sheet.area(bounds), bounds.is_cell)

    def guard(self, sheet: Sheet, area: Area) -> None:
        """Raise `ApiError` if the actor may not edit the area because a range in it is protected."""
        for protected in sheet.protected_ranges:
            if self.actor is None or protected.get("warningOnly"):
                continue
            covered = sheet.area(bounds_of(protected.get("range", {})))
            if covered.meets(area) and self.actor not in protected.get("editors", {}).get("users", ()):
                raise invalid(
                    "You are trying to edit a protected cell or object. "
                    "Please contact the spreadsheet owner to remove protection if you need to edit."
                )

    def shift(self, sheet: Sheet, is_rows: bool, start: int, count: int) -> None:
        """Insert or delete rows or columns, and move everything that lies behind them."""
        sheet.shift(is_rows, start, count)

        def moved(value: Json) -> Json | None:
            result: Json | None = move(value, sheet.id, is_rows, start, count)
            return result

        for each in self.sheets:
            each.move_objects(moved)
        self.named_ranges = moved_places(self.named_ranges, moved)
        self.metadata = moved_places(self.metadata, moved)

    def role_of(self, address: str) -> str:
        """Return the role of an address, empty if it is not shared with it."""
        return self.shares.get(address.casefold(), "")

    def share(self, address: str, role: str = "writer") -> None:
        """Let an address see the spreadsheet: ``reader``, ``commenter``, ``writer`` or ``owner``."""
        if role not in _ROLES:
            raise ValueError(f"A role is one of {', '.join(_ROLES)}, not {role}.")
        with self.lock:
            self.shares = {**self.shares, address.casefold(): role}

    def unshare(self, address: str) -> None:
        """Take the spreadsheet away from an address."""
        with self.lock:
            self.shares = {each: role for each, role in self.shares.items() if each != address.casefold()}


def exceeds_grid(sheet: Sheet, area: Area) -> Exception:
    """Return the refusal of a range that lies outside the grid."""
    text = area_text(sheet.title, area)
    limits = f"Max rows: {sheet.row_count}, max columns: {sheet.column_count}"
    return invalid(f"Range ({text}) exceeds grid limits. {limits}")


def _sheet_of(file: Path, sheet_id: int, locale: Locale) -> Sheet:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    width = max((len(row) for row in rows), default=0)
    size = max(ROWS_DEFAULT, len(rows) + 100), max(COLUMNS_DEFAULT, width)
    sheet = new_sheet(sheet_id, file.stem, *size)
    header = rows[0] if rows else []
    for row_index, row in enumerate(rows):
        for column, text in enumerate(row):
            heading = header[column] if column < len(header) else ""
            sheet.put(row_index, column, _typed_cell(text, heading, locale))
    return sheet


def _typed_cell(text: str, heading: str, locale: Locale) -> Json:
    if not text:
        return {}
    is_text = _ID_HEADER.search(heading) or _LEADING_ZERO.fullmatch(text) or text.startswith(("=", "'"))
    return string(text) if is_text else typed(text, locale)


def rfc3339(moment: float) -> str:
    """Return seconds since the epoch as Drive writes them."""
    at = datetime.datetime.fromtimestamp(moment, datetime.UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def find_by(values: Sequence[Json], name: str, wanted: object) -> int | None:
    """Return where the message lies whose member has this value."""
    return next((index for index, value in enumerate(values) if value.get(name) == wanted), None)
