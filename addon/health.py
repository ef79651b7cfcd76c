"""Whether this process is alive, can answer, and what it has counted; and what there is to ask."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response

from addon.errors import AddonError
from addon.openapi import openapi_document
from addon.replies import json_reply
from addon.services import Services
from kpis.errors import KpiError


def health(services: Services) -> Blueprint:
    """Return the routes of operators and tools. None of them tells a number of the organisation's."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> Response:
        return json_reply({"ok": True})

    @routes.get("/readyz")
    def readyz() -> Response:
        desk = services.reader.desk()
        return json_reply({"ok": True, "snapshot": desk.snapshot.id, "as_of": desk.as_of})

    @routes.get("/metrics")
    def metrics() -> Response:
        text = services.counters.text(_snapshot_age_seconds(services))
        return Response(text, mimetype="text/plain; version=0.0.4")

    @routes.get("/openapi.json")
    def openapi() -> Response:
        return json_reply(openapi_document())

    logo = Path(__file__).with_name("logo.png").read_bytes()

    @routes.get("/logo.png")
    def picture() -> Response:
        return Response(logo, mimetype="image/png", headers={"Cache-Control": "public, max-age=86400"})

    return routes


def _snapshot_age_seconds(services: Services) -> float | None:
    try:
        created = services.reader.desk().snapshot.manifest.created
    except (AddonError, KpiError):
        return None
    return max((services.organisation.settings.clock.now() - created).total_seconds(), 0.0)
