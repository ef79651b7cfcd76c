"""What people type into cells -> numbers, booleans and text, in the spreadsheet's locale.

Every reader returns None for a cell that says nothing, and raises `UnreadableError` for one it cannot be sure of.
"""

from __future__ import annotations

import re
from typing import Final

from connectors.sheets_locale import Locale, Raw, UnreadableError, is_blank, is_nothing, refuse_error

_TRUE: Final = frozenset({"true", "yes", "y", "x", "1", "✓", "✔", "vrai", "oui", "o", "wahr", "ja"})
_FALSE: Final = frozenset({"false", "no", "n", "0", "✗", "✘", "faux", "non", "falsch", "nein"})
_SYMBOL: Final = r"(?:US|CA|AU|NZ|C|A)?[$€£¥₹₽₺₩₪]"
_CURRENCY: Final = re.compile(rf"^(?:{_SYMBOL}|[A-Z]{{3}}(?=[0-9.,+-]))|(?:{_SYMBOL}|(?<=[0-9.,])[A-Z]{{3}})$")
_THOUSANDS_SPACE: Final = re.compile(r"(?<=[0-9])[\s'’](?=[0-9]{3}(?![0-9]))")
_OUTER_SPACE: Final = re.compile(r"(?<![0-9])\s+|\s+(?![0-9])")


def read_text(raw: Raw) -> str | None:
    """Return the cell's text without outer spaces; an id typed as a number keeps no decimals."""
    if is_blank(raw):
        return None
    refuse_error(raw)
    if isinstance(raw, bool):
        return "TRUE" if raw else "FALSE"
    if isinstance(raw, int | float):
        return str(int(raw)) if float(raw).is_integer() else repr(float(raw))
    return " ".join(str(raw).split())


def read_number(raw: Raw, locale: Locale) -> float | None:
    """Return a number: ``1 234,50``, ``1,234.50``, ``12 %`` (0.12), ``$1,000``, ``(500)`` (-500)."""
    if is_nothing(raw):
        return None
    refuse_error(raw)
    if isinstance(raw, bool):
        raise UnreadableError("This is a check mark, not a number.", "Type a number.")
    if isinstance(raw, int | float):
        return float(raw)
    return _number_of(str(raw), locale)


def read_integer(raw: Raw, locale: Locale) -> int | None:
    """Return a whole number."""
    number = read_number(raw, locale)
    if number is None:
        return None
    if not number.is_integer():
        raise UnreadableError("This is not a whole number.", "Type a whole number.")
    return int(number)


def read_boolean(raw: Raw) -> bool | None:
    """Return a check box, or yes and no as English and French write them."""
    if is_nothing(raw):
        return None
    refuse_error(raw)
    if isinstance(raw, bool):
        return raw
    word = (read_text(raw) or "").casefold()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise UnreadableError("This is neither yes nor no.", "Use a check box, or type yes or no.")


def _number_of(text: str, locale: Locale) -> float:
    bare = _OUTER_SPACE.sub("", _THOUSANDS_SPACE.sub("", text.replace("−", "-")))
    is_negative = bare.startswith("(") and bare.endswith(")")
    bare = bare[1:-1] if is_negative else bare
    is_percent = bare.endswith("%")
    bare, signs, currencies = _strip_signs(bare.removesuffix("%"))
    digits = _plain_digits(bare, locale)
    if digits is None or len(signs) + is_negative > 1 or currencies > 1:
        raise UnreadableError("This is not a number.", "Type a number.")
    if currencies and re.fullmatch(r"[0-9]{1,3}\.[0-9]{3}", digits):
        # $1,000 where the comma is for decimals: money has no thousandths, so a thousand may be meant, or one.
        raise UnreadableError("It is not clear which mark is for thousands.", "Type the number without a currency.")
    number = float(digits) / (100.0 if is_percent else 1.0)
    return -number if is_negative != (signs == "-") else number


def _strip_signs(text: str) -> tuple[str, str, int]:
    """Return text without sign and currency, the signs, and how many currencies there were."""
    without, first = _CURRENCY.subn("", text, count=1)
    signs = re.match(r"[+-]*", without)
    sign = signs[0] if signs else ""
    bare, second = _CURRENCY.subn("", without[len(sign) :], count=1)
    return bare, sign, first + second


def _plain_digits(text: str, locale: Locale) -> str | None:
    """Return the digits with a point for the decimals, or None if the separators do not make sense."""
    if not re.fullmatch(r"[0-9][0-9.,]*|[.,][0-9]+", text) or len(text) > 30:
        return None
    decimal = _decimal_mark(text, locale)
    whole, _, decimals = text.rpartition(decimal) if decimal else (text, "", "")
    if not decimals.isdigit() and decimal:
        return None
    groups = re.split(r"[.,]", whole)
    if len(set(re.findall(r"[.,]", whole))) > 1 or not _are_groups(groups):
        return None
    return "".join(groups) + (f".{decimals}" if decimals else "")


def _decimal_mark(text: str, locale: Locale) -> str:
    """Return the mark before the decimals: of two kinds the last; one before three digits as the locale has it."""
    marks = re.findall(r"[.,]", text)
    if not marks:
        return ""
    last: str = marks[-1]
    if len(set(marks)) == 2:
        return last
    if len(marks) > 1:
        return ""
    before, _, after = text.partition(last)
    own = "," if locale.has_decimal_comma else "."
    could_be_thousands = len(after) == 3 and 1 <= len(before) <= 3 and before != "0"
    return "" if could_be_thousands and last != own else last


def _are_groups(groups: list[str]) -> bool:
    """Whether digits are split as thousands are: 1,234,567 or, in India, 12,34,567."""
    if len(groups) == 1:
        return True
    first, *middle, last = groups
    return 1 <= len(first) <= 3 and len(last) == 3 and all(len(group) in {2, 3} for group in middle)
