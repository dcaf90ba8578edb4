"""EQUATIONS.md and the program agree."""

from __future__ import annotations

import re
from pathlib import Path

import pyomo.environ as pyo
import pytest

from carbonplan.formulation import impacts
from carbonplan.formulation.build import horizon
from tests.tiny import tiny

ROOT = Path(__file__).parents[2]
SHEET = (ROOT / "carbonplan/formulation/EQUATIONS.md").read_text(encoding="utf-8")


def listed(section: str) -> dict[str, list[str]]:
    """Rows of a table of the sheet by the name in backquotes."""
    text = SHEET.split(f"## {section}\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1:-1] for line in text.splitlines() if "`" in line and "|" in line]
    named = {re.findall(r"`([^`]+)`", " ".join(cells[:2]))[0]: cells for cells in rows}
    return {name: [cell.strip() for cell in cells] for name, cells in named.items()}


@pytest.fixture(scope="module")
def m() -> pyo.ConcreteModel:
    """A program in which every family has a row."""
    return horizon(
        tiny(
            {"site_it_limit_kw": [[9.0, 9.0], [9.0, 9.0]]},
            stock=(("now", "box", "clean", 3), ("now", "box", None, 5)),
            site_power_kw={"clean": 9.0},
            site_servers={"dirty": 4},
            bounds=(("cost", 1e3),),
        )
    )


def test_every_constraint_is_on_the_sheet_and_has_rows(m: pyo.ConcreteModel):
    built = {c.local_name: len(c) for c in m.component_objects(pyo.Constraint)}
    assert set(built) == set(listed("Constraints"))
    assert min(built.values()) > 0


def test_every_decision_is_on_the_sheet_with_its_unit(m: pyo.ConcreteModel):
    sheet = listed("Decisions")
    decisions = {v.local_name: v for v in m.component_objects(pyo.Var)}
    assert set(decisions) == set(sheet)
    for name, decision in decisions.items():
        assert decision.doc.endswith(f"[{sheet[name][2]}]"), name


def test_every_meter_and_impact_is_on_the_sheet(m: pyo.ConcreteModel):
    meters = {e.local_name for e in m.component_objects(pyo.Expression)}
    assert meters == set(listed("Meters"))
    assert set(impacts.IMPACTS) == set(listed("Impacts"))


def test_parameters_are_on_the_sheet_with_a_unit(m: pyo.ConcreteModel):
    sheet = listed("Data")
    for parameter in m.component_objects(pyo.Param):
        assert parameter.local_name in sheet
        assert parameter.doc
        unit = sheet[parameter.local_name][2]
        assert unit == "1" or unit in parameter.doc, parameter.local_name


def test_the_number_of_an_equation_is_that_of_its_code():
    code = "\n".join(
        p.read_text("utf-8") for p in (ROOT / "carbonplan/formulation").rglob("*.py")
    )
    for section in ("Constraints", "Meters", "Impacts"):
        for name, cells in listed(section).items():
            assert re.search(rf"\({cells[0]}\) {name}\b", code), name


def test_every_equation_has_a_test_that_names_it():
    tests = "\n".join(
        path.read_text("utf-8")
        for path in (ROOT / "tests").rglob("test_*.py")
        if path != Path(__file__)
    )
    for section in ("Constraints", "Meters", "Impacts"):
        for name in listed(section):
            assert name in tests, name
