"""``python -m addon`` is the command ``scorecell``."""

from addon.cli import main

main()
