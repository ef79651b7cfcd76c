"""The benchmarks behind ``scorecell bench``: ratios of our times to those of a reference, measured in one run."""
