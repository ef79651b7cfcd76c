"""A small server that answers signed questions as the contract says, and counts them; for the custom functions."""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import orjson

from addon.functions import read_cells
from addon.keys import sign
from connectors.sandbox.server import Request, Response, json_response

KEY = "k" * 63 + "é"
SPREADSHEET = "1AbC-d_E"
AS_OF = "2026-09-14T06:00:00Z"
TOKEN = "header.payload.signature"
STATES: Mapping[str, tuple[float | None, str, str]] = {
    "empty": (None, "no_data", "There is no record."),
    "aimless": (None, "no_target", "There is no target."),
    "divided": (None, "zero_denominator", "Nothing was closed."),
    "secret": (None, "not_allowed", "This spreadsheet sees only team:West."),
    "old": (7.5, "stale", "The last sync was yesterday."),
    "winrate": (None, "error", 'There is no KPI "winrate". Did you mean win_rate?'),
    "newer": (None, "a_new_state", "Something new."),
    "hidden": (None, "", ""),
}


@dataclass
class ContractServer:
    """Answers with the length of the question's words, or as `STATES` says of its KPI."""

    key: str = KEY
    questions: list[tuple[str, str, str, str]] = field(default_factory=list)
    bodies: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        if request.path in {"/v1/connect", "/v1/disconnect"}:
            return self._connection(request)
        if not self._is_signed(request):
            return json_response({"error": "This request is not signed."}, 401)
        if request.path == "/v1/kpis":
            return json_response(
                {"rows": [["KPI", request.parameter("language")], [request.parameter("family"), ""]]}
            )
        body = orjson.loads(request.body)
        self.bodies.append((request.path, body))
        if request.path == "/v1/kpi":
            return json_response(self._answers(body))
        if request.path == "/v1/funnel":
            return json_response({"error": "There is no funnel without leads."}, 400)
        return json_response({"rows": [["Name", "Value", "Note"], [request.path, 1.5], ["=1+1", None, True]]})

    def _connection(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return json_response({"error": "Google's token is not valid."}, 401)
        assert orjson.loads(request.body) == {"spreadsheet": SPREADSHEET}
        return json_response({"spreadsheet": SPREADSHEET, "key": self.key, "limit": "team:West"})

    def _is_signed(self, request: Request) -> bool:
        timestamp = request.headers.get("x-scorecell-timestamp", "")
        assert abs(time.time() - int(timestamp)) < 30
        signature = request.headers.get("x-scorecell-signature", "")
        is_ours = request.headers.get("x-scorecell-spreadsheet") == SPREADSHEET
        return is_ours and hmac.compare_digest(signature, sign(self.key, timestamp, request.body))

    def _answers(self, body: Mapping[str, object]) -> Mapping[str, object]:
        values: list[float | None] = []
        states = {}
        cells = read_cells(body)  # type: ignore[arg-type] # JSON that orjson read
        for kpi, who, period, show in cells.cells:
            question = (cells.kpis[kpi], cells.whos[who], cells.periods[period], cells.shows[show])
            self.questions.append(question)
            value, state, message = STATES.get(question[0], (float(len("".join(question))), "", ""))
            if question[3] in {"status", "statut"}:
                value = -1.0
            if state:
                states[str(len(values))] = {"state": state, "message": message}
            values.append(value)
        return {"snapshot": "s1", "as_of": AS_OF, "values": values, "states": states}
