"""The mark of a data folder whose numbers are the demo's: the demo replaces no others."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from addon.errors import AddonError
from addon.store import Store

_MARK: Final = "DEMO"


def is_demo(data_folder: Path) -> bool:
    """Tell whether the numbers in a data folder are the demo's."""
    return (data_folder / _MARK).exists()


def claim(data_folder: Path) -> None:
    """Mark the folder as the demo's. Raises `AddonError` if numbers of something else are in it."""
    if Store(data_folder).current_id() and not is_demo(data_folder):
        raise AddonError(
            f"The data folder {data_folder} holds an organisation's numbers, which the demo would replace. "
            "Set SCORECELL_DATA_DIR to another folder for the demo."
        )
    try:
        data_folder.mkdir(parents=True, exist_ok=True)
        (data_folder / _MARK).write_text("These are the demo's numbers.\n", encoding="utf-8")
    except OSError as error:
        raise AddonError(f"The data folder {data_folder} cannot be written: {error.strerror}.") from error
