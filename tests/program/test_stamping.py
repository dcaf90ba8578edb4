"""The stamped program is the plain Pyomo model, row by row, and linopy's optimum."""

from __future__ import annotations

import numpy as np
import pyomo.environ as pyo
import pytest

from carbonplan.formulation.build import horizon
from carbonplan.program.stamping import stamp
from tests.answers import name_of, optimum, plain_optimum, row
from tests.brute_force import as_problem, least_carbon, random_case
from tests.random_stages import random_stages
from tests.restated import least
from tests.staged import FORK, NEW, OLD, THREE, staged
from tests.tiny import CHAT, standing, tiny

HELD, TIES = ("Replicas", "Powered"), ("replicas_are_held", "powered_servers_are_held")
SIDES = ("lower", "upper")

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
    "held": tiny({"held": [0, 0]}),
    "lost region": tiny({"region_open": [[1.0, 0.0], [1.0, 1.0]]}),
    "lost region, always on": tiny({"region_open": [[1.0, 0.0], [1.0, 1.0]]}, switch_off=False),
    "stages": staged(upgrades=True, nodes=THREE, life=2, budget_usd={"second": 90.0}),
    "futures": staged(
        nodes=FORK,
        existing={OLD: (0, 2)},
        upgrades=True,
        moves=True,
        orders=(("low", "high", NEW),),
        stock=(("first", NEW, "clean", 2), ("low", OLD, None, 1)),
    ),
}
# a demand that is multiplied by the servers of a stage, and by the powered ones of a slot
CARRIED = {
    name: tiny(
        {"existing_servers": standing(1.0, 0.0), "demand_rps": [[[15.0, 9.0]], [[0.0, 0.0]]]},
        carriers={("demand_rps", (CHAT, "users")): carrier},
    )
    for name, carrier in {
        "carried by servers": ("Servers", ("now", "box", "clean")),
        "carried by powered servers": ("Powered", ("box", "clean")),
    }.items()
}
ALL = CASES | CARRIED
STARTED = [name for name in ALL if name != "closed"]


def plain_rows(problem) -> dict[str, dict[str, float]]:
    """Every row of the plain model by name; ties of what is held are carried out."""
    m = horizon(problem)
    held = held_columns(problem, m)
    rows = {}
    for constraint in m.component_data_objects(pyo.Constraint):
        if constraint.parent_component().local_name not in TIES:
            terms: dict[str, float] = {}
            for name, value in row(constraint).items():
                terms[held.get(name, name)] = terms.get(held.get(name, name), 0.0) + value
            rows[name_of(constraint)] = nonzero(terms)
    return rows


def held_columns(problem, m: pyo.ConcreteModel) -> dict[str, str]:
    """The column that each held column of the plain model is, by name."""
    first = problem.data["held"].values.tolist()
    index = [(family, label, t) for family in HELD for *label, t in getattr(m, family)]
    return {
        f"{family}[{','.join(label)},{t}]": f"{family}[{','.join(label)},{first[t]}]"
        for family, label, t in index
        if t in m.SLOTS
    }


def nonzero(terms: dict[str, float]) -> dict[str, float]:
    """Entries that are not zero, and the sides, which may be."""
    return {name: value for name, value in terms.items() if value or name in SIDES}


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
    named: dict[int, str] = {}
    for family, layout in program.columns.items():
        for label, positions in zip(layout.labels, layout.positions, strict=True):
            for slot, position in np.ndenumerate(positions):
                named.setdefault(
                    int(position), f"{family}[{','.join((*label, *map(str, slot)))}]"
                )
    return [named.get(j, f"opening {j}") for j in range(program.matrix.shape[1])]


@pytest.mark.parametrize("case", STARTED)
def test_rows_are_those_of_the_plain_model(case: str):
    plain, stamped = plain_rows(ALL[case]), stamped_rows(ALL[case])
    assert set(plain) == set(stamped)
    for name, expected in plain.items():
        assert stamped[name] == pytest.approx(expected), name


@pytest.mark.parametrize("case", STARTED)
def test_bounds_are_those_of_the_plain_model(case: str):
    program, m = stamp(ALL[case]), horizon(ALL[case])
    held, names = held_columns(ALL[case], m), column_names(program)
    bounds = {
        name: (low, high, whole)
        for name, low, high, whole in zip(
            names, program.column_lower, program.column_upper, program.integer, strict=True
        )
    }
    for decision in m.component_data_objects(pyo.Var):
        found = bounds[held.get(name_of(decision), name_of(decision))]
        assert found == (decision.lb, decision.ub, decision.is_integer()), name_of(decision)


@pytest.mark.parametrize("case", ALL)
def test_optimum_is_that_of_the_plain_model(case: str):
    assert optimum(ALL[case]).total == pytest.approx(plain_optimum(ALL[case]), rel=1e-7)


def test_every_column_has_finite_bounds():
    for problem in ALL.values():
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


@pytest.mark.parametrize("start", range(0, 40, 10))
def test_random_stages_are_those_of_the_plain_model(start: int):
    for seed in range(start, start + 10):
        problem = random_stages(seed)
        expected, answer = plain_optimum(problem), optimum(problem)
        if np.isinf(expected):
            assert answer.solution.status == "infeasible", seed
        else:
            assert answer.total == pytest.approx(expected, rel=1e-7, abs=1e-9), seed


@pytest.mark.parametrize("seed", [0, 4, 6, 7, 8, 9])
def test_random_stages_are_those_of_an_independent_statement(seed: int):
    problem = random_stages(seed)
    expected = plain_optimum(problem)
    if np.isinf(expected):
        with pytest.raises(RuntimeError, match="infeasible"):
            least(problem)
    else:
        assert least(problem) == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_random_stages_are_neither_all_possible_nor_all_impossible():
    possible = [np.isfinite(plain_optimum(random_stages(seed))) for seed in range(40)]
    assert 25 < sum(possible) < 40
