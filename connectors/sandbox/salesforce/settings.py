"""How the stand-in behaves: allowances, pages, tokens, what is hidden; and the apps that may log in."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SalesforceSettings:
    """Settings of the org's API. They may be replaced while it runs.

    ``daily_calls`` counts down until it is reset; ``page_rows_max`` cuts pages shorter than the client asked for;
    ``token_seconds`` and ``token_calls`` end a token's life (None: never). ``absent_objects`` names objects that the
    org does not have, ``hidden_fields`` (``Opportunity.Amount``) what field-level security withholds.
    ``unseen_owners`` are users whose records are not shared with the connected one: no query shows them, but the
    counts of ``limits/recordCount`` do.
    ``bulk_polls`` is how often a bulk job says that it is in progress, ``bulk_page_rows_max`` cuts its pages, and
    ``bulk_failure`` (a message) lets every job fail. ``instance_url`` is what a login answers; by default the host
    that it was asked at. ``rotates_refresh_tokens``: each refresh token is good once, and a new one comes with the
    access token.
    """

    daily_calls: int = 100_000
    page_rows_max: int = 2_000
    token_seconds: float | None = None
    token_calls: int | None = None
    absent_objects: frozenset[str] = frozenset()
    hidden_fields: frozenset[str] = frozenset()
    unseen_owners: frozenset[str] = frozenset()
    bulk_polls: int = 1
    bulk_page_rows_max: int = 250_000
    bulk_failure: str = ""
    instance_url: str = ""
    rotates_refresh_tokens: bool = False
    jwt_audiences: frozenset[str] = frozenset({"https://login.salesforce.com", "https://test.salesforce.com"})


@dataclass(frozen=True, slots=True)
class ConnectedApp:
    """A program that may log in.

    ``run_as`` is the username that client credentials act for (empty: this flow is not enabled). ``public_key`` is
    the PEM of the key or certificate that JWTs are verified with (empty: not enabled). ``usernames`` are those whom
    a JWT may act for; empty means every active user. ``redirect_uris`` are where the browser may be sent back to
    after a login in it (empty: not enabled); such a login is granted at once, for ``run_as``.
    """

    client_id: str
    client_secret: str = field(default="", repr=False)
    run_as: str = ""
    public_key: bytes = field(default=b"", repr=False)
    usernames: frozenset[str] = frozenset()
    redirect_uris: frozenset[str] = frozenset()
