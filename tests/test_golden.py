"""Regression scenarios: sizes and relaxation as stored, optimum within the stored interval.

``make golden`` solves them again and rewrites ``tests/golden/``; the changelog says why a
figure moved.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest

from carbonplan.program.stamping import stamp
from carbonplan.solve import Limits, relaxation, solve
from tests.questions import problem

FOLDER = Path(__file__).parent / "golden"
SCENARIOS = ("one-hour", "two-generations", "existing-fleet")
LIMITS = Limits(gap=1e-3, time_limit_s=120)


def solved(scenario: str) -> dict[str, object]:
    """What is stored of a scenario."""
    program = stamp(problem(scenario))
    solution = solve(program, LIMITS, isolated=False)
    rows, columns = program.matrix.shape
    return {
        "sizes": {"rows": rows, "columns": columns, "nonzeros": int(program.matrix.nnz)},
        "relaxation": relaxation(program),
        "objective": solution.objective,
        "bound": solution.bound,
        "impacts": {
            name: float(vector @ solution.values + constant)
            for name, (vector, constant) in program.impacts.items()
        },
        "highs": version("highspy"),
    }


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario_is_as_stored(scenario: str, request: pytest.FixtureRequest):
    path = FOLDER / f"{scenario}.json"
    found = solved(scenario)
    if request.config.getoption("--rewrite-golden"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert found["sizes"] == stored["sizes"]
    assert found["relaxation"] == pytest.approx(stored["relaxation"], rel=1e-6)
    assert found["bound"] <= stored["objective"] * (1 + 1e-9)
    assert stored["bound"] <= found["objective"] * (1 + 1e-9)
