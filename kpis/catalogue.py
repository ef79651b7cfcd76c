"""The catalogue of measures, KPIs and scorecards: read from TOML, checked as a whole, searched by any word."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, TypeVar

from kpis.checks import Drafts, checked
from kpis.definitions import Catalogue, Kpi
from kpis.entries import Entry, read_kpi, read_measure, read_scorecard
from kpis.errors import DefinitionError, QuestionError, suggest, suggest_named
from kpis.words import fold

Value = TypeVar("Value")

_FOLDER: Final = Path(__file__).with_name("catalogue")
_SECTIONS: Final = ("family", "measures", "kpis", "scorecards")


def load_catalogue() -> Catalogue:
    """Return the catalogue that comes with the package. It is read anew at each call: keep it."""
    return read_catalogue({path.name: path.read_text("utf-8") for path in sorted(_FOLDER.glob("*.toml"))})


def read_catalogue(files: Mapping[str, str]) -> Catalogue:
    """Return the catalogue that these TOML texts, by file name, define together.

    Raises `DefinitionError` that names file, line, entry and remedy for the first thing that is wrong.
    """
    documents = [(name, text, _document(name, text)) for name, text in files.items()]
    drafts = Drafts()
    for name, text, document in documents:
        family = document.get("family", "")
        if not isinstance(family, str):
            raise DefinitionError(f'{name}: "family" must be a text, as in family = "revenue".')

        def kpi(entry: Entry, family: str = family) -> Kpi:
            return read_kpi(entry, family)

        _gather(_entries(name, text, document, "measures"), drafts.measures, read_measure, drafts.entries)
        _gather(_entries(name, text, document, "kpis"), drafts.kpis, kpi, drafts.entries)
        _gather(_entries(name, text, document, "scorecards"), drafts.scorecards, read_scorecard, drafts.entries)
    return checked(drafts)


def resolve_kpi(catalogue: Catalogue, words: str) -> Kpi:
    """Return the KPI with this id, English or French title, or synonym; case, accents, _, - and blanks do not matter.

    Raises `QuestionError` with the nearest ids.
    """
    if kpi_id := catalogue.words.get(fold(words)):
        return catalogue.kpis[kpi_id]
    if not words.strip():
        raise QuestionError('Which KPI? Give its name, as in "win_rate".')
    near = suggest_named(fold(words), catalogue.words) or " KPI_LIST() lists them all."
    raise QuestionError(f'There is no KPI "{words[:80]}".{near}')


def _document(name: str, text: str) -> dict[str, object]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(f"{name} is not TOML: {error}.") from error
    for section in document:
        if section not in _SECTIONS:
            hint = suggest(section, _SECTIONS)
            raise DefinitionError(f'{name}: unknown section "{section}".{hint} Known are {", ".join(_SECTIONS)}.')
    return document


def _entries(name: str, text: str, document: Mapping[str, object], section: str) -> Iterator[Entry]:
    tables = document.get(section, {})
    if not isinstance(tables, dict):
        raise DefinitionError(f"{name}: write [{section}.<name>] for each entry of {section}.")
    for key, values in tables.items():
        if not isinstance(values, dict):
            raise DefinitionError(f'{name}, [{section}]: "{key}" must be a table, [{section}.{key}].')
        yield Entry(name, text, section, key, values)


def _gather(
    found: Iterator[Entry], into: dict[str, Value], read: Callable[[Entry], Value], entries: dict[str, Entry]
) -> None:
    """Read each entry into its place. Measures and KPIs share one space of names over all files."""
    for entry in found:
        key = f"scorecards.{entry.name}" if entry.section == "scorecards" else entry.name
        if other := entries.get(key):
            raise entry.wrong(
                f"the name is already taken by [{other.section}.{other.name}] in {other.file}. Rename one."
            )
        entries[key] = entry
        into[entry.name] = read(entry)
