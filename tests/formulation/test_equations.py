"""EQUATIONS.md and the program agree."""

from __future__ import annotations

import re
from pathlib import Path

import pyomo.environ as pyo
import pytest

from carbonplan.formulation import impacts
from carbonplan.formulation.build import horizon
from carbonplan.problem.memory import AS_SOLD
from carbonplan.problem.records import Promises, Risk, Shares
from tests.divided import divided
from tests.hosted import SMALL, fitted, hosted
from tests.staged import FORK, NEW, staged
from tests.supplied import Offer, supplied
from tests.tiny import CHAT, NIGHT, ONE, TWO, tiny

ROOT = Path(__file__).parents[2]
SHEET = (ROOT / "carbonplan/formulation/EQUATIONS.md").read_text(encoding="utf-8")


def listed(section: str) -> dict[str, list[str]]:
    """Rows of a table of the sheet by the name in backquotes."""
    text = SHEET.split(f"## {section}\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1:-1] for line in text.splitlines() if "`" in line and "|" in line]
    named = {re.findall(r"`([^`]+)`", " ".join(cells[:2]))[0]: cells for cells in rows}
    return {name: [cell.strip() for cell in cells] for name, cells in named.items()}


LIMITED = tiny(
    {"site_it_limit_kw": [[9.0, 9.0], [9.0, 9.0]], "held": [0, 0]},
    stock=(("now", "box", "clean", 3), ("now", "box", None, 5)),
    site_power_kw={"clean": 9.0},
    site_servers={"dirty": 4},
    bounds=(("cost", 1e3),),
    risk=Risk({"mild": 0.5, "dear": 0.5}, tail=0.5, weight=0.5),
)
RENEWED = staged(
    nodes=FORK,
    upgrades=True,
    moves=True,
    orders=(("low", "high", NEW),),
    budget_usd={"high": 1e3},
)
PROMISED = supplied(
    tiny(
        role_of={ONE: "prefill", TWO: "decode"},
        weights_of={ONE: "llm:bf16", TWO: "llm:bf16"},
        promises=Promises({CHAT: "chat", NIGHT: "night"}, {(CHAT, TWO): 1.0}, {"chat": 1}),
        shares=Shares(of_region=0.8, of_vendor=0.8, vendor_of={"box": "x"}),
    ),
    {"wind": Offer("clean", [1.0, 0.25])},
    share=0.5,
)
REUSED = fitted(hosted(tiny()))
FITTED = fitted(staged(upgrades=True), (AS_SOLD, SMALL))
DIVIDED = divided({"held": [0, 0]}, negative="no-idle-earning")
NEGATIVE = {"intensity_kgco2e_per_kwh": [[-0.1, 0.1], [0.5, 0.6]]}
EARNING = tiny(NEGATIVE, negative="allow")
PROBLEMS = (  # each family has a row in one
    *(LIMITED, RENEWED, PROMISED, REUSED, FITTED, DIVIDED, EARNING),
    staged(stage_bounds=(("carbon", "second", 99.0),)),
)


@pytest.fixture(scope="module")
def programs() -> list[pyo.ConcreteModel]:
    return [horizon(problem) for problem in PROBLEMS]


def components(programs: list[pyo.ConcreteModel], kind: type) -> dict[str, pyo.Component]:
    """Components of a kind by name, each as it is in the program that has most of it."""
    found = [component for m in programs for component in m.component_objects(kind)]
    return {component.local_name: component for component in sorted(found, key=len)}


def test_every_constraint_is_on_the_sheet_and_has_rows(programs: list):
    built = components(programs, pyo.Constraint)
    assert set(built) == set(listed("Constraints"))
    assert [name for name, rows in built.items() if not len(rows)] == []


def test_every_decision_is_on_the_sheet_with_its_unit(programs: list):
    sheet, decisions = listed("Decisions"), components(programs, pyo.Var)
    assert set(decisions) == set(sheet)
    for name, decision in decisions.items():
        assert len(decision), name
        assert decision.doc.endswith(f"[{sheet[name][2]}]"), name


def test_every_meter_and_impact_is_on_the_sheet(programs: list):
    assert set(components(programs, pyo.Expression)) == set(listed("Meters"))
    assert set(impacts.IMPACTS) == set(listed("Impacts"))


def test_parameters_are_on_the_sheet_with_a_unit(programs: list):
    sheet = listed("Data")
    for name, parameter in components(programs, pyo.Param).items():
        assert name in sheet
        assert parameter.doc
        unit = sheet[name][2]
        assert unit == "1" or unit in parameter.doc, name


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
