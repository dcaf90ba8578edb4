"""The house: imports point down, each library has one home, no drawer for odds and ends."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "carbonplan"
ORDER = (
    *("errors", "units", "scenario", "catalogue", "technology", "prepare", "providers"),
    *("profile", "configurations", "problem", "formulation", "program", "solve"),
    *("diagnose", "plan", "verify", "replay"),
    *("baselines", "ablation", "steps", "myopic", "stochastic", "pipeline", "tradeoffs"),
    *("compare", "difference", "certify", "gate", "explain", "alternatives"),
    "reproduce",
    *("report", "export", "api", "cli"),
)
HOMES = {
    "pyomo": {"formulation", "program"},
    "highspy": {"solve"},
    "matplotlib": {"report"},
    "jinja2": {"report"},
    "typer": {"cli"},
    "rich": {"cli"},
    "pymoo": {"solve"},
    "numba": {"replay"},
    "weasyprint": {"report"},
    "xlsxwriter": {"report"},
    "ruamel": {"scenario", "catalogue", "export"},
    "torch": {"profile"},
    "pynvml": {"profile"},
}
SHARES_NO_MISTAKE = {"problem", "formulation", "program", "solve"}
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_imports_point_down_and_libraries_stay_at_home(module):
    part = module.parts[0].removesuffix(".py")
    for name in imported(PACKAGE / module):
        library, _, below = name.partition(".")
        assert part in HOMES.get(library, {part}), f"{module}: {library} does not live here"
        below = below.partition(".")[0]
        if library != "carbonplan" or not below or part == "__init__":
            continue
        assert ORDER.index(below) <= ORDER.index(part), f"{module} imports {name}, above it"
        assert not (part == "verify" and below in SHARES_NO_MISTAKE), f"{module}: {name}"


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_no_module_is_a_drawer(module):
    drawers = {"utils", "util", "common", "helpers", "misc"}
    assert not drawers & {part.removesuffix(".py") for part in module.parts}


def imported(path: Path) -> Iterator[str]:
    """Dotted names that a file imports, at any depth; relative imports are refused."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            same_package = node.module == "carbonplan"
            yield from (
                f"carbonplan.{alias.name}" if same_package else node.module
                for alias in node.names
            )
