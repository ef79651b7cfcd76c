"""The settings as a page to read, made from their table. Run as a module, it prints the page."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from addon.settings import DEFAULT_DATA_FOLDER, DEFAULT_FILE, KEYS, Key

_INTRODUCTION = f"""\
# Settings

Made from `addon/settings.py` by `make pages`; a test holds it to that.

They stand in `{DEFAULT_FILE}`, or the file that `--config` or `SCORECELL_CONFIG` names. Each can also be given as the
environment variable beside it, which wins: best for secrets. In a variable, a list has commas between, a table is
TOML. A key that is not known, or of the wrong type, is refused with a sentence. `scorecell demo` needs none of them.

| variable | for |
|---|---|
| `SCORECELL_CONFIG` | the settings file, when it is not `./{DEFAULT_FILE}` |
| `SCORECELL_DATA_DIR` | the data folder: snapshots, run history, keys; `./{DEFAULT_DATA_FOLDER}` if not set |
| `SCORECELL_SECRET_KEY` | 32 characters or more that seal spreadsheets' keys; if not set, a file in the data folder |
| `SCORECELL_TODAY` | the day it is, as 2026-11-24, for runs that give the same tomorrow |
| `SCORECELL_BENCH_OPPORTUNITIES` | opportunities in the world of `scorecell bench`; 100,000 if not set |"""


def settings_page() -> str:
    """Return the page in Markdown: a table of keys for each section."""
    sections = dict.fromkeys(key.section for key in KEYS)
    return "\n\n".join([_INTRODUCTION, *(_section(name) for name in sections)]) + "\n"


def _section(name: str) -> str:
    rows = [f"| {' | '.join(_row(key))} |" for key in KEYS if key.section == name]
    return "\n".join(
        [f"## [{name}]", "", "| key | type | default | for | variable |", "|---|---|---|---|---|", *rows]
    )


def _row(key: Key) -> Sequence[str]:
    return f"`{key.name}`", key.type, _default(key), key.words, f"`{key.variable}`"


def _default(key: Key) -> str:
    return f"`{key.default}`" if key.default or isinstance(key.default, bool) else ""


if __name__ == "__main__":
    sys.stdout.write(settings_page())
