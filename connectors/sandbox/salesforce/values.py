"""Values as the org keeps them: texts, numbers, booleans, and moments in the one form in which the API writes them.

Dates are ``2026-09-14`` and moments ``2026-09-14T08:30:00.000+0000``, always UTC: both sort as texts.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache

from connectors.sandbox.salesforce.ids import is_record_id, with_suffix

Value = str | int | float | bool | None

NUMBER_TYPES = frozenset({"currency", "double", "percent", "int"})
_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0", ""})
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_OWN_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}\+0000")
_DAYS_KEPT = 20_000
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:?\d\d)")


def moment_text(moment: datetime) -> str:
    """Return an aware moment as the API writes it, in UTC, to the millisecond."""
    if moment.tzinfo is None:
        raise ValueError("A moment needs a time zone.")
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"


def parse_moment(text: str) -> datetime:
    """Return the aware moment that a text of the API stands for. Raises ValueError."""
    if not _MOMENT.fullmatch(text):
        raise ValueError(f"{text!r} is not a moment such as 2026-09-14T08:30:00.000+0000")
    return datetime.fromisoformat(text)


def looks_like_date(text: str) -> bool:
    """Tell whether the text has the form of a date."""
    return _DATE.fullmatch(text) is not None


def looks_like_moment(text: str) -> bool:
    """Tell whether the text has the form of a moment with its time zone."""
    return _MOMENT.fullmatch(text) is not None


def reader(kind: str) -> Callable[[str], Value]:
    """Return what turns the text of a CSV cell into a value of this type; it raises ValueError."""
    return _READERS.get(kind, _read_text)


def value_of(kind: str, given: object) -> Value:
    """Return what an edit gave (text, number, date, moment, None) as a value of this type. Raises ValueError."""
    if given is None:
        return False if kind == "boolean" else None
    if isinstance(given, datetime):
        return reader(kind)(moment_text(given))
    if isinstance(given, date):
        return reader(kind)(given.isoformat())
    if isinstance(given, bool):
        return reader(kind)("true" if given else "false")
    return reader(kind)(str(given))


def _read_text(text: str) -> Value:
    return sys.intern(text) if text else None  # the same few words stand in many rows


def _read_int(text: str) -> Value:
    return int(float(text)) if text else None


def _read_float(text: str) -> Value:
    return float(text) if text else None


def _read_boolean(text: str) -> Value:
    lowered = text.lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    raise ValueError(f"{text!r} is neither true nor false")


def _read_date(text: str) -> Value:
    return _day(text[:10]) if text else None


@lru_cache(_DAYS_KEPT)
def _day(text: str) -> str:
    return sys.intern(date.fromisoformat(text).isoformat())


def _read_moment(text: str) -> Value:
    if not text:
        return None
    if _OWN_MOMENT.fullmatch(text) and _day(text[:10]):
        return text  # most moments are written like this already; a file has hundreds of thousands
    return moment_text(parse_moment(text if "T" in text else f"{text}T00:00:00Z"))


def _read_id(text: str) -> Value:
    if not text:
        return None
    if not is_record_id(text):
        raise ValueError(f"{text!r} is not an id of 15 or 18 characters")
    return sys.intern(text if len(text) == 18 else with_suffix(text))


_READERS: dict[str, Callable[[str], Value]] = {
    "int": _read_int,
    "currency": _read_float,
    "double": _read_float,
    "percent": _read_float,
    "boolean": _read_boolean,
    "date": _read_date,
    "datetime": _read_moment,
    "id": _read_id,
    "reference": _read_id,
}
