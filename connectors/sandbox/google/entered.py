"""What becomes of a text that somebody types into a cell: a number, a date, a boolean, a formula or text."""

from __future__ import annotations

import datetime
import re

from connectors.sandbox.google.errors import Json
from connectors.sandbox.google.locales import SERIAL_MAX, Locale, serial_of

CHARACTERS_MAX = 50_000
"""What a cell can hold."""

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_SCIENTIFIC = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d{1,3}")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ ](\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_LOCAL_DATE = re.compile(r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")


def typed(text: str, locale: Locale, number_format: Json | None = None) -> Json:
    """Return the cell members that the text leads to: ``userEnteredValue`` and, where it implies one, a format.

    ``number_format`` is what the cell has: a cell formatted as text keeps every text.
    """
    if text == "":
        return {}
    if (number_format or {}).get("type") == "TEXT":
        return string(text)
    if text.startswith("'"):
        return string(text[1:])
    if text.startswith("=") and len(text) > 1:
        return {"userEnteredValue": {"formulaValue": text}}
    if text.strip().upper() in {"TRUE", "FALSE"}:
        return {"userEnteredValue": {"boolValue": text.strip().upper() == "TRUE"}}
    return _number(text.strip(), locale) or _date(text.strip(), locale) or string(text)


def string(text: str) -> Json:
    """Return the members of a cell that holds this text as it is."""
    return {"userEnteredValue": {"stringValue": text}}


def number(value: float, kind: str = "", pattern: str = "") -> Json:
    """Return the members of a cell that holds a number, with a number format of this kind if one is named."""
    cell: Json = {"userEnteredValue": {"numberValue": value}}
    if kind:
        cell["userEnteredFormat"] = {"numberFormat": {"type": kind, "pattern": pattern}}
    return cell


def _number(text: str, locale: Locale) -> Json | None:
    if text.endswith("%"):
        amount = _plain(text[:-1].strip(), locale)
        if amount is None:
            return None
        return number(amount[0] / 100, "PERCENT", "0.00%" if "." in amount[1] else "0%")
    bare = text.removeprefix(locale.currency).removesuffix(locale.currency).strip()
    amount = _plain(bare, locale)
    if amount is None:
        return None
    value, plain = amount
    decimals = "0.00" if "." in plain else "0"
    if bare != text:
        return number(value, "CURRENCY", f"{locale.currency}#,##{decimals}")
    if _SCIENTIFIC.fullmatch(plain):
        return number(value, "SCIENTIFIC", "0.00E+00")
    is_grouped = len(plain) < len(bare)
    return number(value, "NUMBER", f"#,##{decimals}") if is_grouped else number(value)


def _plain(text: str, locale: Locale) -> tuple[float, str] | None:
    """Return the number and its spelling with a point and without grouping; None if it is not a number here."""
    groups = "[ \u00a0\u202f]" if locale.thousands == "\u202f" else re.escape(locale.thousands)
    whole, separator, fraction = text.partition(locale.decimal)
    if re.search(groups, whole) and not re.fullmatch(rf"[+-]?\d{{1,3}}({groups}\d{{3}})+", whole):
        return None
    if "." in re.sub(groups, "", whole) + fraction:
        return None
    plain = re.sub(groups, "", whole) + ("." if separator else "") + fraction
    if not (_NUMBER.fullmatch(plain) or _SCIENTIFIC.fullmatch(plain)):
        return None
    value = float(plain)
    if abs(value) == float("inf"):
        return None
    return (int(plain) if re.fullmatch(r"[+-]?\d{1,15}", plain) else value), plain


def _date(text: str, locale: Locale) -> Json | None:
    match = _TIME.fullmatch(text)
    if match is not None:
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        is_time = hours < 24 and minutes < 60 and seconds < 60
        return number((hours * 3600 + minutes * 60 + seconds) / 86_400, "TIME", "h:mm:ss") if is_time else None
    match = _ISO.fullmatch(text)
    if match is not None:
        has_time = match.group(4) is not None
        kind, pattern = ("DATE_TIME", "yyyy-mm-dd h:mm:ss") if has_time else ("DATE", "yyyy-mm-dd")
        return _dated([int(part or 0) for part in match.groups()], kind, pattern)
    match = _LOCAL_DATE.fullmatch(text)
    if match is None:
        return None
    order = [part[0] for part in re.split(r"[./-]", locale.date)]
    parts = dict(zip(order, (int(part) for part in match.groups()), strict=True))
    return _dated([parts["y"], parts["m"], parts["d"]], "DATE", locale.date)


def _dated(parts: list[int], kind: str, pattern: str) -> Json | None:
    if parts[0] < 1000:
        return None
    try:
        moment = datetime.datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 (a sheet's dates have no zone)
    except ValueError:
        return None
    serial = serial_of(moment)
    return (
        number(serial if kind == "DATE_TIME" else int(serial), kind, pattern) if 0 <= serial <= SERIAL_MAX else None
    )
