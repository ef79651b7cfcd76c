"""How a cell is shown: its effective value, and that value as text in the pattern of its number format."""

from __future__ import annotations

import re

from connectors.sandbox.google.errors import Json
from connectors.sandbox.google.locales import SERIAL_MAX, Locale, moment_of

Scalar = str | float | bool
_PLAIN_FORMULA = re.compile(r"=\s*([+-]?\d{1,15}(\.\d{1,15})?)\s*")
_NUMBER_TOKEN = re.compile(r'"([^"]*)"|\\(.)|\[([^\]]*)\]|_.|\*.|([0#?.,]+)|([eE][+-]0+)|(%)|(.)', re.DOTALL)
_DATE_TOKEN = re.compile(r'"([^"]*)"|\\(.)|(am/pm|AM/PM|a/p|A/P)|(y+|m+|M+|d+|h+|H+|s+|\.0+)|(.)', re.DOTALL)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DATE_KINDS = ("DATE", "TIME", "DATE_TIME")
NOT_COMPUTED: Json = {"errorValue": {"type": "LOADING", "message": "The sandbox does not compute formulas."}}


def effective_value(cell: Json) -> Json | None:
    """Return the ``effectiveValue`` of a cell: what was entered, or what a formula that is a plain number gives."""
    value: Json | None = cell.get("userEnteredValue")
    if value is None or "formulaValue" not in value:
        return value
    match = _PLAIN_FORMULA.fullmatch(value["formulaValue"])
    return {"numberValue": float(match.group(1))} if match else NOT_COMPUTED


def number_format_of(cell: Json) -> Json:
    """Return the number format that the cell was given, or an empty one."""
    chosen: Json = cell.get("userEnteredFormat", {}).get("numberFormat", {})
    return chosen


def is_date(cell: Json) -> bool:
    """Return whether the cell holds a number that is shown as a date or a time."""
    return number_format_of(cell).get("type") in _DATE_KINDS and "numberValue" in (effective_value(cell) or {})


def formatted(cell: Json, locale: Locale) -> str:
    """Return what the cell shows; an empty cell shows nothing."""
    value = effective_value(cell)
    if not value:
        return ""
    if "stringValue" in value:
        return str(value["stringValue"])
    if "boolValue" in value:
        return "TRUE" if value["boolValue"] else "FALSE"
    if "errorValue" in value:
        return "Loading..." if value["errorValue"].get("type") == "LOADING" else "#ERROR!"
    return format_number(value["numberValue"], number_format_of(cell), locale)


def format_number(value: float, number_format: Json, locale: Locale) -> str:
    """Return a number in a format of a type and, if not the type's own, a pattern."""
    kind = number_format.get("type", "")
    pattern = number_format.get("pattern") or _own_pattern(kind, locale)
    if not pattern or kind == "TEXT":
        return general(value, locale)
    if kind in _DATE_KINDS:
        return _format_date(value, pattern) if 0 <= value <= SERIAL_MAX else general(value, locale)
    return _format_number(value, pattern, locale)


def _own_pattern(kind: str, locale: Locale) -> str:
    return {
        "NUMBER": "#,##0.00",
        "PERCENT": "0.00%",
        "CURRENCY": f'"{locale.currency}"#,##0.00',
        "DATE": locale.date,
        "TIME": "h:mm:ss",
        "DATE_TIME": f"{locale.date} h:mm:ss",
        "SCIENTIFIC": "0.00E+00",
    }.get(kind, "")


def general(value: float, locale: Locale) -> str:
    """Return a number without a format: whole ones in full, others to ten digits."""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = f"{value:.10g}".upper()
    return text.replace(".", locale.decimal)


def _format_number(value: float, pattern: str, locale: Locale) -> str:
    sections = _sections(pattern)
    section = sections[0]
    sign = "-" if value < 0 else ""
    if value < 0 and len(sections) > 1:
        section, sign = sections[1], ""
    elif value == 0 and len(sections) > 2:
        section = sections[2]
    tokens = list(_NUMBER_TOKEN.finditer(section))
    scaled = abs(value) * 100 ** sum(1 for token in tokens if token.group(6))
    exponent = next((token.group(5) for token in tokens if token.group(5)), "")
    digits = ""
    pieces: list[str] = []
    for token in tokens:
        quoted, escaped, bracketed, places, power, percent, other = token.groups()
        if places:
            shown = "" if digits else _digits(scaled, places, exponent, locale)
            digits = digits or shown
            pieces.append(shown)
        elif not power:
            pieces.append(quoted or escaped or _currency(bracketed) or percent or other or "")
    is_zero = bool(digits) and not re.search(r"[1-9]", digits)
    return ("" if is_zero else sign) + "".join(pieces)


def _sections(pattern: str) -> list[str]:
    return re.findall(r'(?:^|;)((?:"[^"]*"|\\.|[^;"\\])*)', pattern) or [pattern]


def _currency(bracketed: str | None) -> str:
    """Return the sign in ``[$€-40C]``; colours and conditions in brackets show nothing."""
    return bracketed[1:].partition("-")[0] if bracketed and bracketed.startswith("$") else ""


def _digits(value: float, places: str, exponent: str, locale: Locale) -> str:
    whole_places, _, decimal_places = places.partition(".")
    least, most = decimal_places.count("0"), len(decimal_places)
    if exponent:
        mantissa, _, power = f"{value:.{most}E}".partition("E")
        number = int(power)
        width = exponent.count("0")
        return f"{mantissa.replace('.', locale.decimal)}E{'-' if number < 0 else '+'}{abs(number):0{width}d}"
    grouping = "," if "," in whole_places else ""
    whole, _, decimals = f"{value:{grouping}.{most}f}".partition(".")
    while len(decimals) > least and decimals.endswith("0"):
        decimals = decimals[:-1]
    whole = whole.rjust(whole_places.count("0"), "0").replace(",", locale.thousands)
    if whole == "0" and "0" not in whole_places:
        whole = ""
    return whole + (locale.decimal + decimals if decimals else "")


def _format_date(value: float, pattern: str) -> str:
    moment = moment_of(value)
    tokens = list(_DATE_TOKEN.finditer(pattern))
    is_half_day = any(token.group(3) for token in tokens)
    letters = [(token.group(4) or "")[:1].lower() for token in tokens]
    pieces = []
    for index, token in enumerate(tokens):
        quoted, escaped, half, code, other = token.groups()
        if half:
            pieces.append(("AM" if moment.hour < 12 else "PM") if len(half) > 3 else "AP"[moment.hour >= 12])
        elif code:
            hours = (moment.hour + 11) % 12 + 1 if is_half_day else moment.hour
            parts = {"h": hours, "s": moment.second, "minute": moment.minute}
            name = "minute" if letters[index] == "m" and _is_minute(letters, index) else letters[index]
            pieces.append(_clock(parts[name], code) if name in parts else _calendar(moment.timetuple()[:7], code))
        else:
            pieces.append(quoted or escaped or other or "")
    return "".join(pieces)


def _is_minute(letters: list[str], index: int) -> bool:
    """Return whether an ``m`` means minutes: the part before it is hours, or the part after it seconds."""
    before = [letter for letter in letters[:index] if letter]
    after = [letter for letter in letters[index + 1 :] if letter]
    return before[-1:] == ["h"] or after[:1] == ["s"]


def _clock(value: int, code: str) -> str:
    return f"{value:0{min(len(code), 2)}d}"


def _calendar(moment: tuple[int, ...], code: str) -> str:
    year, month, day, _, _, _, weekday = moment
    letter, length = code[0].lower(), len(code)
    if letter == "y":
        return f"{year % 100:02d}" if length <= 2 else f"{year:04d}"
    number, names = (month, _MONTHS[month - 1]) if letter == "m" else (day, _DAYS[weekday])
    if letter == ".":
        return "." + "0" * (length - 1)
    if length <= 2:
        return f"{number:0{length}d}"
    return names[:3] if length == 3 else names[:1] if length == 5 else names
