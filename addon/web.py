"""The web application: functions, cards, connecting, health. It reads snapshots and never calls Salesforce."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Blueprint, Flask, Response, request

from addon.api import api
from addon.connecting import connecting
from addon.functions import MOST_BODY_BYTES
from addon.health import health
from addon.replies import error_reply
from addon.services import Reading, Services, open_services
from addon.settings import Organisation
from addon.sidebar import sidebar

_UNMATCHED: Final = "unmatched"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def create_app(
    organisation: Organisation,
    *,
    reader: Reading | None = None,
    playground: Callable[[Services], Blueprint] | None = None,
) -> Flask:
    """Return the application of one organisation.

    ``reader`` pins snapshots in place of the data folder's own; ``playground`` adds the demo's page at ``/``.
    """
    app = Flask("scorecell", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BODY_BYTES
    services = open_services(organisation, reader)
    for routes in (health, api, connecting, sidebar):
        app.register_blueprint(routes(services))
    if playground is not None:
        app.register_blueprint(playground(services))
    app.register_error_handler(Exception, error_reply)

    @app.after_request
    def finish(reply: Response) -> Response:
        services.counters.request(request.url_rule.rule if request.url_rule else _UNMATCHED, reply.status_code)
        for name, value in _HEADERS.items():
            reply.headers.setdefault(name, value)
        return reply

    return app
