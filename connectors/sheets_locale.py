"""How one spreadsheet writes things, what a cell holds as it arrives, and how words are compared."""

from __future__ import annotations

import datetime
import re
import unicodedata
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Raw = str | float | int | bool | None
"""A cell as the Sheets API gives it (unformatted)."""

# Languages that write 1,5 for one and a half; where a country differs, it is listed with its language.
_COMMA_LANGUAGES: Final = frozenset(
    {"bg", "ca", "cs", "da", "de", "el", "es", "et", "fi", "fr", "hr", "hu", "id", "is", "it", "lt", "lv", "nb", "nl"}
    | {"nn", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "tr", "uk", "vi"}
)
_POINT_LOCALES: Final = frozenset(
    {"es_MX", "es_US", "es_GT", "es_HN", "es_NI", "es_PA", "es_PE", "es_PR", "es_SV", "es_DO"}
    | {"fr_CH", "de_CH", "it_CH"}
)
_MONTH_FIRST: Final = frozenset({"en", "en_US", "en_PH", "es_US", "es_PR", "fil", "fil_PH"})
_DASHES: Final = frozenset({"", "-", "–", "—"})
_NOTHINGS: Final = _DASHES | {"n/a", "na", "s.o.", "s/o", "null", "none"}


class UnreadableError(ValueError):
    """A cell cannot be read as what its column holds; ``reason`` says why and ``remedy`` what to type.

    ``column`` names the column where a whole row was looked at.
    """

    def __init__(self, reason: str, remedy: str = "", *, column: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.column = column


@dataclass(frozen=True, slots=True)
class Locale:
    """How a spreadsheet writes numbers and dates, and the zone of its times."""

    has_decimal_comma: bool = False
    is_month_first: bool = True
    zone: datetime.tzinfo = datetime.UTC


def locale_of(name: str, time_zone: str) -> Locale:
    """Return the locale that properties say (``fr_FR``, ``Europe/Paris``), in UTC if the zone is unknown."""
    language = name.partition("_")[0]
    comma = language in _COMMA_LANGUAGES and name not in _POINT_LOCALES
    return Locale(comma, name in _MONTH_FIRST, zone_of(time_zone) or datetime.UTC)


def zone_of(name: str) -> datetime.tzinfo | None:
    """Return a zone by its IANA name or as ``GMT-07:00``; None if it is unknown."""
    offset = re.fullmatch(r"GMT([+-])(\d{2}):(\d{2})", name)
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3])
        return datetime.timezone(datetime.timedelta(minutes=minutes if offset[1] == "+" else -minutes))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return None


def fold(text: str) -> str:
    """Return the form in which headers and words are compared: no case, accents, punctuation or underscores."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(mark for mark in decomposed if not unicodedata.combining(mark))
    return re.sub(r"[\W_]+", " ", bare).strip()


def is_blank(raw: Raw) -> bool:
    """Whether a cell says nothing: empty, only spaces, or a dash."""
    return raw is None or (isinstance(raw, str) and raw.strip() in _DASHES)


def is_nothing(raw: Raw) -> bool:
    """Whether a cell that should hold a number, date or check says nothing: blank, or ``n/a`` in words.

    Text is not asked this: NA may be a region, None a competitor.
    """
    return raw is None or (isinstance(raw, str) and raw.strip().casefold() in _NOTHINGS)


def refuse_error(raw: Raw) -> None:
    """Raise UnreadableError for what a formula shows that is in error or not done yet."""
    text = raw.strip() if isinstance(raw, str) else ""
    if text == "Loading...":
        raise UnreadableError("The formula in this cell was still being computed.", "Try again, or mend it.")
    if re.fullmatch(r"#(?:REF!|N/A|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|ERROR!)", text):
        raise UnreadableError("The formula in this cell is in error.", "Mend the formula, or clear the cell.")
