"""The events that Google sends to the add-on's endpoints. What is not as documented counts as absent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from addon.functions import Json
from addon.words import language_of
from kpis.definitions import Language

DRIVE_FILE_SCOPE: Final = "https://www.googleapis.com/auth/drive.file"
_MOST_LENGTH: Final = 500


@dataclass(frozen=True, slots=True)
class Event:
    """What an event says. ``scopes`` is None where Google does not tell which were granted.

    Nothing in it is proven; the two tokens are what proves who calls (see `addon.auth`).
    """

    language: Language = "en"
    form: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    sees_spreadsheet: bool = False
    spreadsheet: str = ""
    title: str = ""
    scopes: frozenset[str] | None = None
    system_token: str = field(default="", repr=False)
    user_token: str = field(default="", repr=False)

    def asked(self, name: str) -> str:
        """Return what the form says, else what the clicked element carried, else nothing."""
        return self.form.get(name) or self.parameters.get(name, "")


def read_event(document: Mapping[str, Json]) -> Event:
    """Return the event of a request's body."""
    common = _object(document.get("commonEventObject"))
    authorization = _object(document.get("authorizationEventObject"))
    sheet = _object(document.get("sheets"))
    scopes = authorization.get("authorizedScopes")
    return Event(
        language=language_of(_text(common.get("userLocale"))),
        form={name: _first(value) for name, value in _object(common.get("formInputs")).items()},
        parameters={name: _text(value) for name, value in _object(common.get("parameters")).items()},
        sees_spreadsheet=sheet.get("addonHasFileScopePermission") is True,
        spreadsheet=_text(sheet.get("id")),
        title=_text(sheet.get("title")),
        scopes=frozenset(map(_text, scopes)) if isinstance(scopes, list) else None,
        system_token=_token(authorization.get("systemIdToken")),
        user_token=_token(authorization.get("userIdToken")),
    )


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _text(value: Json) -> str:
    return value[:_MOST_LENGTH] if isinstance(value, str) else ""


def _token(value: Json) -> str:
    """Return a token whole: its length is the verifier's business."""
    return value if isinstance(value, str) else ""


def _first(value: Json) -> str:
    """Return the first text of a form field."""
    values = _object(_object(value).get("stringInputs")).get("value")
    return _text(values[0]) if isinstance(values, list) and values else ""
