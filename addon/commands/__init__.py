"""The commands of ``scorecell``, one file a subject."""
