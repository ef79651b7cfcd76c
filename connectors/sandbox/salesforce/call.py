"""A call to the API, once it is known who asks and at which version."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.sandbox.salesforce.view import View
from connectors.sandbox.server import Request


@dataclass(frozen=True, slots=True)
class ApiCall:
    """What is asked: ``base`` is the path of the version, ``parts`` what follows it, ``view`` what may be seen."""

    request: Request
    base: str
    parts: tuple[str, ...]
    view: View
