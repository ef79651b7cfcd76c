"""The import rules: kpis knows nobody, connectors know only the tables, cells and cards never call Salesforce."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FRAMEWORKS = {
    "flask",
    "gspread",
    "simple_salesforce",
    "google",
    "apscheduler",
    "requests",
    "sqlalchemy",
    "click",
    "gunicorn",
}


def sources(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def roots(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(path)}


@pytest.mark.parametrize("path", sources("kpis"), ids=lambda path: path.name)
def test_kpis_know_no_framework_and_none_of_the_other_packages(path: Path) -> None:
    assert not roots(path) & (FRAMEWORKS | {"connectors", "addon", "tests"})


@pytest.mark.parametrize("path", sources("connectors"), ids=lambda path: path.name)
def test_connectors_know_only_the_tables_of_kpis(path: Path) -> None:
    assert not roots(path) & {"flask", "addon", "tests", "sqlalchemy", "click"}
    ours = {name for name in imported(path) if name.startswith("kpis")}
    assert all(name.startswith("kpis.tables") for name in ours), ours


@pytest.mark.parametrize("path", sources("connectors"), ids=lambda path: path.name)
def test_connectors_never_know_the_sandbox(path: Path) -> None:
    if "sandbox" not in path.parts:
        assert not [name for name in imported(path) if name.startswith("connectors.sandbox")]


def test_cells_and_cards_never_import_a_connector() -> None:
    for name in ("functions", "cards", "widgets", "spills", "web", "reader", "documents", "formats", "explained"):
        path = ROOT / "addon" / f"{name}.py"
        assert not [one for one in imported(path) if one.startswith("connectors")], name


def test_only_the_refresh_and_its_neighbours_connect_connectors_and_kpis() -> None:
    both = {
        path.relative_to(ROOT / "addon").as_posix()
        for path in sources("addon")
        if {"connectors", "kpis"} <= roots(path) and "bench" not in path.parts
    }
    assert both <= {
        "refresh.py", "merge.py", "check.py", "jobs.py", "publish.py", "boards.py", "tabs.py", "demo.py", "cli.py",
        "joins.py", "quality_tab.py", "problems.py", "sources.py", "commands/trying.py",
    }  # fmt: skip


def test_the_answering_path_loads_no_database_and_no_framework() -> None:
    code = "import sys, kpis.answers, kpis.cube, kpis.catalogue; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert not set(loaded.split()) & {"duckdb", "pyarrow", "sqlglot", "pandas", "flask", "requests", "sqlalchemy"}


FORBIDDEN_NAMES = {"eval", "exec", "format_soql", "USER_ENTERED"}


@pytest.mark.parametrize(
    "path", [p for n in ("addon", "connectors", "kpis") for p in sources(n)], ids=lambda p: p.name
)
def test_no_source_uses_what_lets_foreign_text_run(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} - {"exec"}
    names |= {node.name for node in ast.walk(tree) if isinstance(node, ast.alias)}
    if "sandbox" not in path.parts:
        assert not names & FORBIDDEN_NAMES
    assert "pickle" not in roots(path)
