"""The stamped program is the plain Pyomo model, row by row, and linopy's optimum."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest

from carbonplan.formulation.build import horizon
from carbonplan.program.stamping import stamp
from tests.answers import name_of, optimum, row
from tests.brute_force import as_problem, least_carbon, random_case
from tests.restated import least
from tests.tiny import standing, tiny

CASES = {
    "cyclic": tiny(),
    "closed": tiny({"previous": [-1, 0]}),
    "two runs": tiny({"previous": [0, 1], "hours": [3.0, 4.0]}),
    "continuous": tiny(whole_replicas=False),
    "always on, no starts": tiny(switch_off=False, start_costs=False),
    "every limit": tiny(
        {"site_it_limit_kw": [[3.0, 2.0], [9.0, 9.0]]},
        stock=(("now", "box", "clean", 3), ("now", "box", None, 5)),
        site_power_kw={"clean": 3.3, "dirty": 13.5},
        site_servers={"dirty": 4},
        bounds=(("cost", 50.0), ("latency", 0.3)),
    ),
    "existing": tiny(
        {"existing_servers": standing(1.0, 2.0), "server_kgco2e": [[[0.25], [0.25]]]}
    ),
    "random": as_problem(random_case(3)),
}


def plain_rows(problem) -> dict[str, dict[str, float]]:
    """Every row of the plain model by name."""
    m = horizon(problem)
    return {
        name_of(constraint): row(constraint)
        for constraint in m.component_data_objects(pyo.Constraint)
    }


def stamped_rows(problem) -> dict[str, dict[str, float]]:
    """Every row of the stamped program by name."""
    program = stamp(problem)
    matrix = program.matrix.tocsr()
    names = column_names(program)
    rows = {}
    for i in range(matrix.shape[0]):
        span = slice(matrix.indptr[i], matrix.indptr[i + 1])
        terms = {
            names[j]: value
            for j, value in zip(matrix.indices[span], matrix.data[span], strict=True)
            if value
        }
        sides = {"lower": program.row_lower[i], "upper": program.row_upper[i]}
        finite = {side: value for side, value in sides.items() if np.isfinite(value)}
        rows[program.row_name(i)] = terms | finite
    return rows


def column_names(program) -> list[str]:
    """Names of all columns; those before a closed run have the plain model's."""
    named = {
        int(position): f"{family}[{','.join((*label, *slot))}]"
        for family, layout in program.columns.items()
        for label, positions in zip(layout.labels, layout.positions, strict=True)
        for position, slot in (
            ((p, (str(t),)) for t, p in enumerate(positions))
            if np.ndim(positions)
            else ((positions, ()),)
        )
    }
    return [named.get(j, f"opening {j}") for j in range(program.matrix.shape[1])]


@pytest.mark.parametrize("case", [name for name in CASES if name != "closed"])
def test_rows_are_those_of_the_plain_model(case: str):
    plain, stamped = plain_rows(CASES[case]), stamped_rows(CASES[case])
    assert set(plain) == set(stamped)
    for name, expected in plain.items():
        assert stamped[name] == pytest.approx(expected), name


@pytest.mark.parametrize("case", CASES)
def test_optimum_is_that_of_the_plain_model(case: str):
    m = horizon(CASES[case])
    solver = pyo.SolverFactory("appsi_highs")
    solver.highs_options["mip_rel_gap"] = 0.0
    solver.solve(m)
    assert optimum(CASES[case]).total == pytest.approx(pyo.value(m.objective), rel=1e-7)


def test_every_column_has_finite_bounds():
    for problem in CASES.values():
        program = stamp(problem)
        assert np.isfinite(program.column_lower).all()
        assert np.isfinite(program.column_upper).all()


def test_names_find_their_rows_and_columns():
    program = stamp(tiny())
    layout = program.rows["load_within_throughput"]
    label = ",".join(layout.labels[0])
    assert program.row_name(layout.positions[0, 1]) == f"load_within_throughput[{label},1]"
    servers = program.columns["Servers"]
    assert program.column_name(servers.positions[1]) == "Servers[now,box,dirty]"


def test_equal_problems_give_equal_arrays():
    first, second = stamp(tiny()), stamp(tiny())
    assert (first.matrix != second.matrix).nnz == 0
    assert first.cost.tobytes() == second.cost.tobytes()
    assert first.row_upper.tobytes() == second.row_upper.tobytes()


@pytest.mark.parametrize("case", [name for name in CASES if name != "every limit"])
def test_optimum_is_that_of_an_independent_statement(case: str):
    assert optimum(CASES[case]).total == pytest.approx(least(CASES[case]), rel=1e-6)


@pytest.mark.parametrize("seed", range(10))
def test_random_optimum_is_that_of_an_independent_statement(seed: int):
    case = random_case(seed)
    if np.isfinite(least_carbon(case)):
        problem = as_problem(case)
        assert optimum(problem).total == pytest.approx(least(problem), rel=1e-6)
