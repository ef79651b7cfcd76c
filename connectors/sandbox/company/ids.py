"""Record ids as Salesforce gives them: 15 characters that tell upper from lower case, and 3 that check them."""

from __future__ import annotations

from typing import Final

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def record_id(prefix: str, number: int) -> str:
    """Return the 18-character id of the ``number``-th record of the object with this three-character key prefix."""
    digits = []
    rest = number
    while rest:
        rest, digit = divmod(rest, 62)
        digits.append(_DIGITS[digit])
    short = f"{prefix}000{''.join(reversed(digits)):0>9}"
    return short + _check(short[:5]) + _check(short[5:10]) + _check(short[10:])


def _check(block: str) -> str:
    """Return the character that says which of five characters are upper case, the first one lowest."""
    return _CHECKS[sum(1 << place for place, character in enumerate(block) if "A" <= character <= "Z")]
