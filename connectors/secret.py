"""A secret that cannot be printed by accident."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Secret:
    """A password, key or token. Its repr and its text hide it; only `reveal` gives it, at the place of use."""

    _text: str = field(default="", repr=False)

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __str__(self) -> str:
        return "(secret)" if self._text else "(no secret)"

    def __repr__(self) -> str:
        return f"Secret({self})"
