"""The routes of the custom functions, ``/v1``: each answered from one pinned snapshot for the caller's key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import orjson
from flask import Blueprint, Response, request

from addon import spills
from addon.bodies import count_of, day_of, language_asked, text_of, texts_of
from addon.bridged import bridge_rows
from addon.documents import kpi_document
from addon.forecasts import forecast_rows
from addon.functions import Json, read_cells, read_json, states_of
from addon.funnels import funnel_rows
from addon.keys import Caller
from addon.reader import Desk
from addon.replies import json_reply
from addon.services import Services
from addon.spills import Rows
from kpis.definitions import Language
from kpis.errors import QuestionError
from kpis.questions import Question
from kpis.said import in_language

_DEFAULT_COUNT: Final = 12
Spill = Callable[[Desk, Mapping[str, Json], Language], Rows]


def api(services: Services) -> Blueprint:
    """Return the routes that answer questions."""
    routes = Blueprint("api", __name__, url_prefix="/v1")

    @routes.post("/kpi")
    def kpi() -> Response:
        body = request.get_data()
        limit = signed_by(services, body).limit
        document = read_json(body)
        cells = read_cells(document)
        desk = services.reader.desk(limit, day_of(document, "as_of"))
        values, not_ok = desk.answerer.values(cells.kpis, cells.whos, cells.periods, cells.shows, cells.cells)
        services.counters.cells(len(values))
        reply = {
            "snapshot": desk.snapshot.id,
            "as_of": desk.as_of,
            "values": values,
            "states": states_of(not_ok.reasons(), language_asked(document, services.language)),
        }
        return Response(orjson.dumps(reply), mimetype="application/json")

    @routes.get("/kpis")
    def kpis() -> Response:
        language, catalogue = language_asked(request.args, services.language), services.catalogue()
        scorecards = [
            {"id": one.id, "title_en": one.titles["en"], "title_fr": one.titles["fr"], "kpis": list(one.kpis)}
            for one in catalogue.scorecards.values()
        ]
        rows = spills.catalogue_rows(catalogue, request.args.get("family", ""), language=language)
        ids = {row[0] for row in rows}
        documents = [kpi_document(one) for one in catalogue.present if one.id in ids]
        return json_reply({"kpis": documents, "scorecards": scorecards, "rows": rows})

    @routes.post("/restated")
    def restated() -> Response:
        from addon.restated import restated as found_since  # loads a database engine, as explanations do
        from addon.restated import restated_rows

        body = request.get_data()
        limit = signed_by(services, body).limit
        document = read_json(body)
        language, since = language_asked(document, services.language), day_of(document, "since")
        desk = services.reader.desk(limit)
        found = found_since(lambda day: services.reader.desk(limit, day) if day else desk, _question(document), since)
        rows = restated_rows(found, language=language)
        services.counters.cells(sum(map(len, rows)))
        return json_reply({"snapshot": desk.snapshot.id, "as_of": desk.as_of, "rows": rows})

    for name, spill in _SPILLS.items():
        routes.add_url_rule(f"/{name}", name, _spilling(services, spill), methods=["POST"])
    return routes


def signed_by(services: Services, body: bytes) -> Caller:
    """Return the spreadsheet that signed the present request. Raises `NotAllowedError`."""
    spreadsheet, timestamp, signature = (
        request.headers.get(f"X-Scorecell-{part}", "") for part in ("Spreadsheet", "Timestamp", "Signature")
    )
    now = services.organisation.settings.clock.now()
    return services.keys.caller(spreadsheet, timestamp, signature, body, now)


def _spilling(services: Services, spill: Spill) -> Callable[[], Response]:
    """Return the view that answers a signed body in rows."""

    def view() -> Response:
        body = request.get_data()
        limit = signed_by(services, body).limit
        document = read_json(body)
        desk = services.reader.desk(limit, day_of(document, "as_of"))
        language = language_asked(document, services.language)
        try:
            rows = spill(desk, document, language)
        except QuestionError as error:
            raise QuestionError(in_language(error.sentence, language)) from error
        services.counters.cells(sum(map(len, rows)))
        return json_reply({"snapshot": desk.snapshot.id, "as_of": desk.as_of, "rows": rows})

    return view


def _table(desk: Desk, body: Mapping[str, Json], language: Language) -> Rows:
    kpis, whos, periods = texts_of(body, "kpis"), texts_of(body, "whos", ""), texts_of(body, "periods", "")
    return spills.table(desk.answerer, kpis, whos, periods, show=text_of(body, "show", ""), language=language)


def _scorecard(desk: Desk, body: Mapping[str, Json], language: Language) -> Rows:
    who, period, name = (text_of(body, part, "") for part in ("who", "period", "scorecard"))
    return spills.scorecard(desk.answerer, who, period, name, language=language)


def _trend(desk: Desk, body: Mapping[str, Json], language: Language) -> Rows:
    kpi, who, grain = text_of(body, "kpi"), text_of(body, "who", ""), text_of(body, "grain", "")
    count = count_of(body, "count", _DEFAULT_COUNT)
    return spills.trend(desk.answerer, kpi, who, grain, count, language=language)


def _leaderboard(desk: Desk, body: Mapping[str, Json], language: Language) -> Rows:
    kpi, dimension, period = text_of(body, "kpi"), text_of(body, "dimension", ""), text_of(body, "period", "")
    return spills.leaderboard(desk.answerer, kpi, dimension, period, language=language)


def _funnel(desk: Desk, body: Mapping[str, Json], language: Language) -> Rows:
    return funnel_rows(desk.answerer, text_of(body, "who", ""), text_of(body, "period", ""), language=language)


def _forecast(desk: Desk, body: Mapping[str, Json], language: Language) -> Rows:
    return forecast_rows(desk, text_of(body, "who", ""), text_of(body, "period", ""), language=language)


def _bridge(desk: Desk, body: Mapping[str, Json], language: Language) -> Rows:
    against, by = text_of(body, "against", ""), text_of(body, "by", "")
    return bridge_rows(desk, _question(body), against, by, language=language)


def _explain(desk: Desk, body: Mapping[str, Json], language: Language) -> Rows:
    from addon.explained import explain_rows  # loads a database engine: only who asks why pays for it

    return explain_rows(desk, _question(body), language=language)


def _records(desk: Desk, body: Mapping[str, Json], language: Language) -> Rows:
    from addon.explained import record_rows  # as above

    return record_rows(desk, _question(body), count_of(body, "page", 1), language=language)


def _question(body: Mapping[str, Json]) -> Question:
    return Question(text_of(body, "kpi"), text_of(body, "who", ""), text_of(body, "period", ""))


_SPILLS: Final[Mapping[str, Spill]] = {
    "table": _table, "scorecard": _scorecard, "trend": _trend, "leaderboard": _leaderboard,
    "funnel": _funnel, "bridge": _bridge, "forecast": _forecast, "explain": _explain,
    "records": _records,
}  # fmt: skip
