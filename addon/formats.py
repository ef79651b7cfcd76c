"""Numbers as people read them: with their unit, in the reader's language, in full or compact.

English and French typography: ``63.2%`` and ``63,2 %``, ``$10.0M`` and ``10,0 M$``, a real minus sign, and blanks
that do not break between a number and its unit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from kpis.definitions import Language
from kpis.questions import Answer

NO_BREAK: Final = "\u00a0"
NARROW_NO_BREAK: Final = "\u202f"
MINUS: Final = "\u2212"
_COMPACT_FROM: Final = 10_000
"""Up to four digits are read at a glance; from five on, a compact number says thousands, millions or billions."""


@dataclass(frozen=True, slots=True)
class _Typography:
    """How a language writes numbers."""

    decimal_mark: str
    group_mark: str
    before_percent: str
    magnitudes: tuple[tuple[float, str], ...]
    words: Mapping[str, tuple[str, str]]
    singular: re.Pattern[str]


_TYPOGRAPHY: Final[Mapping[Language, _Typography]] = {
    "en": _Typography(
        ".", ",", "",
        ((1e9, "B"), (1e6, "M"), (1e3, "K")),
        {"days": ("day", "days"), "hours": ("hour", "hours"), "years": ("year", "years"),
         "points": ("point", "points"), "/day": ("/day", "/day")},
        re.compile("1"),
    ),
    "fr": _Typography(
        ",", NARROW_NO_BREAK, NARROW_NO_BREAK,
        ((1e9, "Md"), (1e6, "M"), (1e3, "k")),
        {"days": ("jour", "jours"), "hours": ("heure", "heures"), "years": ("an", "ans"),
         "points": ("point", "points"), "/day": ("/jour", "/jour")},
        re.compile(r"[01](,\d+)?"),
    ),
}  # fmt: skip
_SYMBOLS: Final = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "BRL": "R$", "CAD": "CA$",
                   "AUD": "A$", "NZD": "NZ$", "MXN": "MX$"}  # fmt: skip
_SHOW_UNITS: Final = {
    "attainment": "percent", "vs prior": "percent", "vs year ago": "percent", "share": "percent",
    "expected": "percent", "rank": "count", "n": "count", "status": "status",
}  # fmt: skip
_WORDED: Final = frozenset({"days", "hours", "years", "points"})


def format_value(
    value: float, unit: str, currency: str = "", language: Language = "en", *, compact: bool = False
) -> str:
    """Return the value with its unit. ``currency`` is an ISO code; without one, money has no sign.

    Full numbers keep what tells them apart (cents, a decimal of a day), compact ones three to four digits.
    """
    if not math.isfinite(value):
        raise ValueError(f"{value} is no value that can be shown")
    base, mark, _ = unit.partition("/")
    type_ = _TYPOGRAPHY[language]
    text = _magnitude_text(abs(value), base, currency, language, compact=compact)
    if mark:
        text += type_.words["/day"][0]
    return _signed(value, text)


def format_change(value: float, language: Language = "en") -> str:
    """Return a relative change or a share with its sign: ``+4%``; whole percents from ten on."""
    text = format_share(value, language)
    return f"+{text}" if value > 0 and _says_more_than_zero(text) else text


def format_points(value: float, language: Language = "en") -> str:
    """Return a difference of two fractions in percentage points, with its sign: ``+1.2 pts``."""
    text = f"{_number(abs(value) * 100, 1, _TYPOGRAPHY[language], trim=True)}{NO_BREAK}pts"
    return f"+{text}" if value > 0 and _says_more_than_zero(text) else _signed(value, text)


def format_share(value: float, language: Language = "en") -> str:
    """Return a fraction as percent without needless decimals: ``83%``, ``4.2%``."""
    shown = abs(value) * 100
    type_ = _TYPOGRAPHY[language]
    text = f"{_number(shown, 0 if shown >= 9.95 else 1, type_, trim=True)}{type_.before_percent}%"
    return _signed(value, text)


def unit_of(answer: Answer, show: str) -> str:
    """Return the unit of what is shown of a KPI: an attainment is percent whatever the KPI is in."""
    return _SHOW_UNITS.get(show, answer.unit)


def _signed(value: float, text: str) -> str:
    return f"{MINUS}{text}" if value < 0 and _says_more_than_zero(text) else text


def _says_more_than_zero(text: str) -> bool:
    """Tell whether any digit is left: what rounds to zero has no sign."""
    return any(digit in "123456789" for digit in text)


def _magnitude_text(size: float, base: str, currency: str, language: Language, *, compact: bool) -> str:
    type_ = _TYPOGRAPHY[language]
    if base == "percent":
        return f"{_number(size * 100, 1 if size < 10 else 0, type_)}{type_.before_percent}%"
    if base == "money":
        return _money(size, currency, language, compact=compact)
    if base == "ratio":
        return f"{_number(size, 2 if size < 10 and not compact else 1, type_)}×"
    if compact and size >= _COMPACT_FROM:
        number, letter = _compact(size, type_)
        text = f"{number}{NO_BREAK if language == 'fr' else ''}{letter}"
    else:
        text = _number(size, _decimals(size, base, compact=compact), type_, trim=base != "score")
    return f"{text}{NO_BREAK}{_word(text, base, type_)}" if base in _WORDED else text


def _decimals(size: float, base: str, *, compact: bool) -> int:
    if base == "count" and size == int(size):
        return 0
    if base == "points":
        return 0 if compact else 1
    return 1 if not compact or size < 10 or base in {"score", "count"} else 0


def _word(text: str, base: str, type_: _Typography) -> str:
    """Return the unit's singular or plural, as the number is shown: French counts from two, English all but one."""
    one, many = type_.words[base]
    return one if type_.singular.fullmatch(text) else many


def _money(size: float, currency: str, language: Language, *, compact: bool) -> str:
    type_ = _TYPOGRAPHY[language]
    letter = ""
    if compact and size >= _COMPACT_FROM:
        number, letter = _compact(size, type_)
    else:
        has_cents = not compact and Decimal(repr(size)).quantize(Decimal("0.01"), ROUND_HALF_UP) % 1 != 0
        number = _number(size, 2 if has_cents else 0, type_)
    sign = _SYMBOLS.get(currency, currency)
    if language == "fr":
        amount = f"{number}{NO_BREAK}{letter}" if letter else number
        glue = "" if letter and len(sign) == 1 else NO_BREAK
        return f"{amount}{glue}{sign}" if sign else amount
    glue = NO_BREAK if sign == currency and sign else ""
    return f"{sign}{glue}{number}{letter}"


def _compact(size: float, type_: _Typography) -> tuple[str, str]:
    """Return three digits and the letter of their magnitude: 10.0 M, 123 K. 999,999 is 1.00 M, never 1000 K."""
    for magnitude, letter in type_.magnitudes:
        if size >= magnitude * 0.9995:
            scaled = size / magnitude
            decimals = 0 if scaled >= 99.95 else 1 if scaled >= 9.995 else 2
            return _number(scaled, decimals, type_), letter
    return _number(size, 0, type_), ""


def _number(size: float, decimals: int, type_: _Typography, *, trim: bool = False) -> str:
    """Return digits in groups. Halves go up, as people round; ``trim`` drops a fraction of nothing but zeros."""
    rounded = Decimal(repr(size)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    whole, _, fraction = f"{rounded:,f}".partition(".")
    if trim and not fraction.strip("0"):
        fraction = ""
    whole = whole.replace(",", type_.group_mark)
    return f"{whole}{type_.decimal_mark}{fraction}" if fraction else whole
