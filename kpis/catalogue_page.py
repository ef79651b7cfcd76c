"""The catalogue as a page to read, made from its definitions. Run as a module, it prints the page."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence

from kpis.catalogue import load_catalogue
from kpis.definitions import Catalogue, Example, Kpi, Measure, Scorecard

_INTRODUCTION = """\
# The catalogue

Made from the TOML files of this folder by `make pages`; a test holds it to them. Ask for a KPI in a cell by its id,
either title or any other name; capitals, accents, `_` and `-` do not matter. Percent values are fractions (0.63 is
63 %). A quotient with nothing to divide by has no value; it is never 0.

To change a KPI or add one, edit the TOML and raise `version` where its meaning changes. Each entry is checked when it
is loaded, its worked example included. The formulas are made of the measures at the end of this page."""


def catalogue_page(catalogue: Catalogue) -> str:
    """Return the page in Markdown: the KPIs by family, the scorecards, and the measures that all are made of."""
    families = dict.fromkeys(kpi.family for kpi in catalogue.present)
    sections = [
        _INTRODUCTION,
        *(_family(name, catalogue) for name in families),
        _scorecards(catalogue.scorecards.values()),
        _measures(catalogue.measures.values()),
    ]
    return "\n\n".join(sections) + "\n"


def _family(name: str, catalogue: Catalogue) -> str:
    header = ("id", "English", "French", "is", "formula", "unit", "better", "split by", "example", "also called")
    rows = [_kpi_row(kpi) for kpi in catalogue.present if kpi.family == name]
    notes = [f"- `{kpi.id}`: {kpi.notes['en']}" for kpi in catalogue.present if kpi.family == name and kpi.notes]
    return "\n".join([f"## {name.capitalize()}", "", *_table(header, rows), *([""] if notes else []), *notes])


def _kpi_row(kpi: Kpi) -> Sequence[str]:
    return (
        f"`{kpi.id}`",
        kpi.titles["en"],
        kpi.titles["fr"],
        kpi.formula_words["en"],
        f"`{kpi.formula}`",
        kpi.unit,
        kpi.better,
        ", ".join(kpi.dimensions),
        _example_words(kpi.examples[0]) if kpi.examples else "",
        ", ".join(kpi.synonyms),
    )


def _example_words(example: Example) -> str:
    inputs = ", ".join(f"{name} {value:.12g}" for name, value in example.inputs.items())
    return f"{inputs}: {example.expected:.6g}"


def _scorecards(scorecards: Iterable[Scorecard]) -> str:
    rows = [
        (f"`{one.id}`", one.titles["en"], one.titles["fr"], ", ".join(f"`{kpi}`" for kpi in one.kpis))
        for one in scorecards
    ]
    return "\n".join(["## Scorecards", "", *_table(("id", "English", "French", "KPIs"), rows)])


def _measures(measures: Iterable[Measure]) -> str:
    rows = [(f"`{one.name}`", one.words["en"], one.kind, one.fact.replace("_", " ")) for one in measures]
    header = ("id", "counts or sums", "kind", "from")
    return "\n".join(["## Measures", "", *_table(header, sorted(rows))])


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


if __name__ == "__main__":
    sys.stdout.write(catalogue_page(load_catalogue()))
