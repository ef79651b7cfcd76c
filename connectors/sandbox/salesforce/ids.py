"""Record ids: a key prefix of three characters, a number in base 62, and a suffix that tells the capitals."""

from __future__ import annotations

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SUFFIXES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def record_id(prefix: str, number: int) -> str:
    """Return the 18-character id of the record with this number."""
    text = ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return with_suffix(prefix + text.rjust(12, "0"))


def record_number(text: str) -> int:
    """Return the number inside an id; the inverse of `record_id`."""
    number = 0
    for character in text[3:15]:
        number = number * len(_DIGITS) + _DIGITS.index(character)
    return number


def with_suffix(text: str) -> str:
    """Return the 18-character form of a 15- or 18-character id."""
    start = text[:15]
    blocks = (start[place : place + 5] for place in (0, 5, 10))
    return start + "".join(
        _SUFFIXES[sum(1 << bit for bit, character in enumerate(block) if "A" <= character <= "Z")] for block in blocks
    )


def is_record_id(text: str) -> bool:
    """Tell whether the text has the form of an id."""
    return len(text) in {15, 18} and text.isascii() and text.isalnum()
