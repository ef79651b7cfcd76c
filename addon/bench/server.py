"""The server that questions are sent to: ours, with the floor beside it on the same workers.

The floor does what no server can do without: read the JSON, look the words up in dictionaries, take the numbers out
of an array in memory, write the JSON. It knows no states, no other slices, no signatures, no snapshots.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import orjson
from flask import Blueprint, Flask, Response, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from addon.bench.questions import KPIS
from addon.bench.snapshots import organisation
from addon.bench.workload import MEMBERS
from addon.bench.world import MONTHS
from addon.reader import Desk, Reader
from addon.server import run_server
from addon.web import create_app

_SHAPE: Final = len(KPIS), len(MEMBERS), len(MONTHS)


def bench_app(data_folder: Path) -> Flask:
    """Return our application with the two floor routes, ``/floor/rows`` and ``/floor/columns``.

    Under ``/new`` is our application once more, one that remembers nothing of earlier requests.
    """
    whose = organisation(data_folder)
    app, forgetful = create_app(whose), create_app(whose, reader=_Forgetful(Reader(whose)))
    app.register_blueprint(_floor(Reader(whose)))
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/new": forgetful.wsgi_app})  # type: ignore[method-assign]
    return app


class _Forgetful:
    """Pins snapshots for requests that are each the first one."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def desk(self, limit: str = "", as_of: date | None = None) -> Desk:
        """Return what answers, knowing nothing yet."""
        self._reader.forget()
        return self._reader.desk(limit, as_of)


def _floor(reader: Reader) -> Blueprint:
    routes = Blueprint("floor", __name__, url_prefix="/floor")
    answers, _ = reader.desk().answerer.values(KPIS, MEMBERS, MONTHS, ["value"])
    resident = np.array(answers, dtype=np.float64)
    kpis, members, months = (
        {word: place * stride for place, word in enumerate(words)}
        for words, stride in zip((KPIS, MEMBERS, MONTHS), (_SHAPE[1] * _SHAPE[2], _SHAPE[2], 1), strict=True)
    )

    @routes.post("/rows")
    def rows() -> Response:
        questions = orjson.loads(request.get_data())["questions"]
        places = [kpis[kpi] + members[who] + months[period] for kpi, who, period in questions]
        return _reply(resident.take(places))

    @routes.post("/columns")
    def columns() -> Response:
        document = orjson.loads(request.get_data())
        cells = np.array(document["cells"])
        first = np.array([kpis[word] for word in document["kpi"]])[cells[:, 0]]
        second = np.array([members[word] for word in document["who"]])[cells[:, 1]]
        third = np.array([months[word] for word in document["period"]])[cells[:, 2]]
        return _reply(resident.take(first + second + third))

    return routes


def _reply(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Response:
    return Response(orjson.dumps({"values": values}, option=orjson.OPT_SERIALIZE_NUMPY), mimetype="application/json")


def main(arguments: Sequence[str]) -> None:
    """Serve the data folder on a loopback port: ``python -m addon.bench.server DATA_FOLDER PORT``."""
    folder, port = arguments
    run_server(bench_app(Path(folder)), host="127.0.0.1", port=int(port), workers=1)


if __name__ == "__main__":
    main(sys.argv[1:])
