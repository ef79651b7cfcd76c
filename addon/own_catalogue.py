"""An organisation's own definitions: read from its folder, kept in the snapshots that are made with them.

A snapshot answers with the definitions that it was made with, whatever the folder holds by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

from addon.errors import SettingsError
from addon.settings import Settings
from addon.snapshot import Snapshot
from kpis.catalogue import load_catalogue
from kpis.definitions import Catalogue
from kpis.errors import DefinitionError

_MOST_FILES: Final = 50
_MOST_BYTES: Final = 256_000
_MOST_CATALOGUES: Final = 8

Texts = Mapping[str, str]
"""TOML texts by file name."""


@dataclass(frozen=True, slots=True)
class Definitions:
    """The definitions that a snapshot is made with, and what is wrong with those that could not be taken."""

    texts: Texts
    problems: tuple[str, ...] = ()

    @property
    def catalogue(self) -> Catalogue:
        """Return all definitions, the shipped ones among them."""
        return catalogue_of(self.texts)

    @property
    def digest(self) -> str:
        """Return what tells these own definitions from others."""
        return digest_of(self.texts)


def definitions_of(settings: Settings, previous: Snapshot | None) -> Definitions:
    """Return the definitions that the settings ask for.

    Where these have a mistake, those of the previous snapshot stay and the problem is said: a typo must not stop the
    data. Without a previous snapshot it is raised.
    """
    try:
        texts = own_texts(settings)
        catalogue_of(texts)
    except (SettingsError, DefinitionError) as error:
        if previous is None:
            raise
        kept = kept_texts(previous.folder)
        return Definitions(kept, (f"Your own definitions stay as they were, for one has a mistake: {error}",))
    return Definitions(texts)


def own_texts(settings: Settings) -> dict[str, str]:
    """Return the TOML files of the folder ``kpis.folder``; none where it is not set. Raises `SettingsError`.

    Only files that lie in the folder itself are read: no link leads out of it.
    """
    named = settings.text("kpis", "folder")
    if not named:
        return {}
    folder = Path(named)
    if not folder.is_dir():
        raise SettingsError(f"kpis.folder: {named} is no folder. Make it, or correct the setting.")
    files = sorted(folder.glob("*.toml"))
    if len(files) > _MOST_FILES:
        raise SettingsError(f"kpis.folder: {named} has {len(files)} files, more than {_MOST_FILES}. Join some.")
    return {file.name: _text_of(file, folder) for file in files}


def catalogue_of(texts: Texts) -> Catalogue:
    """Return the shipped catalogue with these texts over it; equal texts give the same object.

    Raises `DefinitionError` that names file, entry and remedy.
    """
    return _catalogue(tuple(sorted(texts.items())))


def digest_of(texts: Texts) -> str:
    """Return a text that differs where the own definitions do; empty where there are none."""
    if not texts:
        return ""
    return blake2b(repr(sorted(texts.items())).encode(), digest_size=8).hexdigest()


def kept_texts(snapshot_folder: Path) -> dict[str, str]:
    """Return the own definitions that a snapshot was made with."""
    return {file.name: file.read_text("utf-8") for file in sorted(_kept(snapshot_folder).glob("*.toml"))}


def keep_texts(texts: Texts, snapshot_folder: Path) -> None:
    """Write the own definitions into the folder of a snapshot that is being made."""
    if texts:
        _kept(snapshot_folder).mkdir()
    for name, text in texts.items():
        (_kept(snapshot_folder) / name).write_text(text, encoding="utf-8")


def _kept(snapshot_folder: Path) -> Path:
    return snapshot_folder / "catalogue"


@lru_cache(maxsize=_MOST_CATALOGUES)
def _catalogue(texts: tuple[tuple[str, str], ...]) -> Catalogue:
    return load_catalogue(dict(texts))


def _text_of(file: Path, folder: Path) -> str:
    place = f"kpis.folder: {file.name}"
    if file.resolve().parent != folder.resolve():
        raise SettingsError(f"{place} is a link out of the folder. Put the file itself there.")
    try:
        content = file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{place} cannot be read: {error.strerror}.") from error
    if len(content) > _MOST_BYTES:
        raise SettingsError(f"{place} is larger than {_MOST_BYTES:,} bytes. Split it.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise SettingsError(f"{place} is not UTF-8 text. Save it as UTF-8.") from None
