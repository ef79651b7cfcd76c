"""The catalogue of measures, KPIs and scorecards: read from TOML, checked as a whole, searched by any word."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar

from kpis.checks import Drafts, checked
from kpis.definitions import VERSION_MARK, Catalogue, Kpi
from kpis.entries import Entry, read_kpi, read_measure, read_scorecard
from kpis.errors import DefinitionError, QuestionError, suggest, suggest_named
from kpis.said import said
from kpis.words import fold

Value = TypeVar("Value")

_FOLDER: Final = Path(__file__).with_name("catalogue")
OWN: Final = "own"
"""Stands before the names of an organisation's own files."""
_SECTIONS: Final = ("family", "measures", "kpis", "scorecards", "synonyms")
_PINNED: Final = re.compile(rf"(.+){VERSION_MARK}([0-9]{{1,4}})", re.DOTALL)


def load_catalogue(own: Mapping[str, str] | None = None) -> Catalogue:
    """Return the catalogue that comes with the package, with an organisation's own files over it.

    ``own`` are TOML texts by file name: measures, KPIs, scorecards, and synonyms of any KPI. They add to what is
    there and take no name that it has. It is read anew at each call: keep it. Raises `DefinitionError` for own files.
    """
    shipped = {path.name: path.read_text("utf-8") for path in sorted(_FOLDER.glob("*.toml"))}
    return read_catalogue({**shipped, **{f"{OWN}/{name}": text for name, text in sorted((own or {}).items())}})


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
    for name, _, document in documents:
        _add_synonyms(name, document, drafts)
    return checked(drafts)


def resolve_kpi(catalogue: Catalogue, words: str) -> Kpi:
    """Return the KPI with this id, English or French title, or synonym; case, accents, _, - and blanks do not matter.

    ``win_rate@1`` is version 1 of its definition. Raises `QuestionError` with the nearest ids, or the versions.
    """
    if kpi_id := catalogue.words.get(fold(words)):
        return catalogue.kpis[kpi_id]
    if pinned := _PINNED.fullmatch(words.strip()):
        return _version_of(catalogue, resolve_kpi(catalogue, pinned[1]), int(pinned[2]))
    if not words.strip():
        raise QuestionError(said("which_kpi"))
    near = suggest_named(fold(words), catalogue.words) or said("kpi_list")
    raise QuestionError(said("no_kpi", words=words[:80], near=near))


def _version_of(catalogue: Catalogue, kpi: Kpi, version: int) -> Kpi:
    if kpi.version == version and not kpi.is_older:
        return kpi
    older = [one for one in catalogue.kpis.values() if one.is_older and one.base == kpi.id]
    found = next((one for one in older if one.version == version), None)
    if found is None:
        kept = ", ".join(one.definition for one in (*older, kpi))
        raise QuestionError(said("no_version", version=version, kpi=kpi.id, kept=kept))
    return found


def _add_synonyms(name: str, document: Mapping[str, object], drafts: Drafts) -> None:
    """Give KPIs the words of a section ``[synonyms]``: ``revenue = ["turnover"]``."""
    section = document.get("synonyms", {})
    if not isinstance(section, dict):
        raise DefinitionError(f'{name}: write [synonyms] and below it, for each KPI, revenue = ["turnover"].')
    owners = {fold(word): kpi.id for kpi in drafts.kpis.values() for word in kpi.words}
    for kpi_id, words in section.items():
        place = f"{name}, [synonyms], {kpi_id}"
        if kpi_id not in drafts.kpis:
            raise DefinitionError(f"{place}: there is no such KPI.{suggest(kpi_id, drafts.kpis)} Correct the id.")
        if not isinstance(words, list) or not all(isinstance(word, str) and word.strip() for word in words):
            raise DefinitionError(f'{place}: it must be a list of texts, as in {kpi_id} = ["turnover"].')
        for word in words:
            owner = owners.setdefault(fold(word), kpi_id)
            if owner != kpi_id:
                raise DefinitionError(f'{place}: "{word}" already means the KPI {owner}. Choose another word.')
        kpi = drafts.kpis[kpi_id]
        drafts.kpis[kpi_id] = replace(kpi, synonyms=(*kpi.synonyms, *words))


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
