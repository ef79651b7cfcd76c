"""Secrets that must be found nowhere, and where to look for them: in every form in which a text can be written."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

KNOWN = ("s3cret-canary", "canary-secret")
"""Secrets that many tests log in with; what any test prints or logs is searched for them."""


def forms(secret: str) -> frozenset[str]:
    """Return a secret as it would look plain, in an address, in hexadecimal, and inside anything in base64."""
    raw = secret.encode()
    found = {secret, quote(secret, safe=""), quote_plus(secret), raw.hex()}
    for before in range(3):  # base64 depends on where in the text it begins; the characters at its ends on others
        coded = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        inner = coded[(0, 2, 3)[before] : len(coded) - 1]
        found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return frozenset(found)


def key_lines(pem: str) -> list[str]:
    """Return the lines of a private key's inside: any of them gives it away."""
    return [line for line in pem.splitlines() if line and "-" not in line]


def contents(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what stands in every file of a folder; compressed tables are unpacked."""
    import pyarrow.parquet as pq

    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes().decode("latin-1")
            if path.suffix == ".parquet":
                yield path.name, repr(pq.read_table(path).to_pydict())


def leaks(secrets: Mapping[str, str], places: Iterable[tuple[str, str]]) -> list[str]:
    """Return which secret is found at which place, named, never shown."""
    written = [(name, form) for name, secret in secrets.items() for form in forms(secret)]
    return sorted({f"{name} in {place}" for place, text in places for name, form in written if form in text})
