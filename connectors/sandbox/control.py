"""The switches of a running sandbox, over the same port: edits, faults, settings, and the journal of calls.

They are for people and tests; the stand-ins themselves know nothing of them. Everything answers JSON:

    GET    /sandbox/journal                        the calls so far; DELETE forgets them
    GET    /sandbox/faults                         how many are in force; POST adds one, DELETE ends all
    GET    /sandbox/salesforce/settings            the settings in force; POST changes some
    POST   /sandbox/salesforce/<deed>              one of the deeds below, with its facts as a JSON object
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import timedelta

import orjson

from connectors.errors import SourceError
from connectors.sandbox.faults import fault_of
from connectors.sandbox.salesforce import SalesforceService, SalesforceSettings
from connectors.sandbox.server import Request, Response, Server, json_response

PATH = "sandbox"
_LATE_SECONDS_MAX = 86_400
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

Facts = Mapping[str, object]


class Control:
    """Answers below ``/sandbox/``. The server is handed over with `attach`, as it needs its handlers first."""

    def __init__(self, salesforce: SalesforceService) -> None:
        self._salesforce = salesforce
        self._server: Server | None = None

    def attach(self, server: Server) -> None:
        """Say whose journal and faults these are."""
        self._server = server

    def handle(self, request: Request) -> Response | None:
        """Answer a call below ``/sandbox/``, or return None."""
        if request.segments[:1] != (PATH,) or self._server is None:
            return None
        if not request.headers.get("host", "").startswith(_LOOPBACK):
            return _refused("The switches of the sandbox are for this machine alone.")
        try:
            return self._answer(self._server, request, request.segments[1:])
        except SourceError as error:
            return _refused(str(error))

    def _answer(self, server: Server, request: Request, parts: tuple[str, ...]) -> Response:
        facts = _facts(request) if request.method == "POST" else {}
        if parts == ("journal",):
            if request.method == "DELETE":
                server.clear_journal()
            return json_response([dataclasses.asdict(call) for call in server.journal])
        if parts == ("faults",):
            if request.method == "DELETE":
                server.faults.clear()
            if request.method == "POST":
                server.faults.add(fault_of("The fault", facts))
            return json_response({"in_force": server.faults.count})
        if parts == ("salesforce", "settings"):
            self._salesforce.settings = changed_settings(self._salesforce.settings, facts)
            return json_response(dataclasses.asdict(self._salesforce.settings), default=_listed)
        if len(parts) == 2 and parts[0] == "salesforce" and request.method == "POST":
            return self._done(parts[1], facts)
        return _refused("There is no such switch. See journal, faults, salesforce/settings and salesforce/<deed>.")

    def _done(self, deed: str, facts: Facts) -> Response:
        deeds = self._deeds(facts)
        if deed not in deeds:
            return _refused(f"There is no deed {deed!r}. Known: {', '.join(sorted(deeds))}.")
        try:
            return json_response({"id": deeds[deed]()})
        except KeyError as error:
            return _refused(f"{deed} needs {error}.")

    def _deeds(self, facts: Facts) -> Mapping[str, Callable[[], str | None]]:
        org, service = self._salesforce.org, self._salesforce

        def of(name: str) -> str:
            return str(facts[name])

        seconds = _number(facts.get("visible_in_seconds", 0))
        moment = org.clock() + timedelta(seconds=seconds) if seconds else None
        moves_stamp = facts.get("moves_stamp", True) is True
        fields = _fields(facts)
        return {
            "insert": lambda: org.insert(of("object"), visible_from=moment, **fields),
            "update": lambda: org.update(
                of("object"), of("id"), visible_from=moment, moves_stamp=moves_stamp, **fields
            ),
            "delete": lambda: org.delete(of("object"), of("id"), visible_from=moment, moves_stamp=moves_stamp),
            "undelete": lambda: org.undelete(of("object"), of("id")),
            "hard_delete": lambda: org.hard_delete(of("object"), of("id")),
            "merge": lambda: org.merge(of("object"), of("winner"), of("loser")),
            "expire_tokens": service.expire_tokens,
            "expire_locators": service.expire_locators,
            "reset_allowance": service.reset_allowance,
        }


def changed_settings(settings: SalesforceSettings, facts: Facts) -> SalesforceSettings:
    """Return the settings with some replaced; lists become sets. Raises `SourceError` naming the wrong one."""
    known = {each.name: getattr(settings, each.name) for each in dataclasses.fields(settings)}
    changes: dict[str, object] = {}
    for name, given in facts.items():
        if name not in known:
            raise SourceError(f"The stand-in has no setting {name!r}. Known: {', '.join(known)}.")
        value = frozenset(map(str, given)) if isinstance(given, list) else given
        if not _fits(name, value, known[name]):
            raise SourceError(f"The setting {name} cannot be {given!r}.")
        changes[name] = value
    return dataclasses.replace(settings, **changes)  # type: ignore[arg-type] # each was held against its present type


def _fits(name: str, value: object, present: object) -> bool:
    if name in {"token_seconds", "token_calls"}:
        return value is None or (isinstance(value, int) and value >= 0)
    if isinstance(present, int) and not isinstance(present, bool):
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return isinstance(value, type(present))


def _facts(request: Request) -> Facts:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise SourceError("Say what is wanted as JSON, with Content-Type application/json.")
    try:
        facts = orjson.loads(request.body or b"{}")
    except orjson.JSONDecodeError as error:
        raise SourceError(f"The body is not JSON: {error}.") from error
    if not isinstance(facts, dict):
        raise SourceError("The body must be a JSON object.")
    return facts


def _fields(facts: Facts) -> dict[str, object]:
    fields = facts.get("fields", {})
    if not isinstance(fields, dict) or any(not name[:1].isupper() for name in fields):
        raise SourceError("fields must be an object of API field names, such as Amount, and values.")
    return fields


def _listed(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else None


def _number(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= _LATE_SECONDS_MAX:
        raise SourceError(f"visible_in_seconds must be from 0 to {_LATE_SECONDS_MAX}.")
    return float(given)


def _refused(message: str) -> Response:
    return json_response({"error": message}, 400)
