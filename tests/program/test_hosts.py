"""Replicas on hosts and sizes of memory: three statements of the program agree."""

from __future__ import annotations

import numpy as np
import pytest

from carbonplan.problem.memory import AS_SOLD
from tests.answers import optimum, plain_optimum
from tests.hosted import SMALL, fitted, hosted
from tests.restated import least
from tests.staged import FORK, THREE, staged
from tests.tiny import standing, tiny

BOTH = (AS_SOLD, SMALL)
PROBLEMS = {
    "reuse": hosted(tiny()),
    "reuse with servers that stand": hosted(tiny({"existing_servers": standing(1.0, 1.0)})),
    "memory": fitted(tiny(), BOTH),
    "memory by use": fitted(tiny(charge="use"), BOTH),
    "cost of memory": fitted(tiny(objective={"cost": 1.0}), BOTH),
    "both": fitted(hosted(tiny()), BOTH),
    "memory over stages": fitted(staged(nodes=THREE, upgrades=True), BOTH),
    "memory of futures": fitted(staged(nodes=FORK), BOTH),
}


STATED = {name: one for name, one in PROBLEMS.items() if name != "cost of memory"}


@pytest.mark.parametrize("problem", STATED.values(), ids=STATED)
def test_the_program_is_what_another_statement_of_it_says(problem):
    assert optimum(problem).total == pytest.approx(least(problem), rel=1e-6)


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_the_stamped_program_is_the_model(problem):
    assert optimum(problem).total == pytest.approx(plain_optimum(problem), rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_random_mixes_of_both_levers(seed):
    """Random demand, work, servers that stand, sockets, DRAM and grids."""
    rng = np.random.default_rng(seed)
    work = rng.uniform(0, 9)
    changes = {
        "demand_rps": [[rng.uniform(0, 90, 2)], [[0.0, 0.0]]],
        "arrivals_rps": [[0.0, 0.0], [work, 0.0]],
        "backlog_limit_krequests": [[0.0, 0.0], [3.6 * work, 0.0]],
        "intensity_kgco2e_per_kwh": rng.uniform(0.01, 0.6, (2, 2)),
        "existing_servers": standing(*rng.integers(0, 2, 2).astype(float)),
    }
    problem = hosted(
        tiny(changes),
        host_share=rng.choice([0.25, 0.5, 1.0]),
        host_dram_gb=rng.uniform(30, 190),
    )
    mixed = fitted(problem, BOTH)
    assert optimum(mixed).total == pytest.approx(least(mixed), rel=1e-6)
    assert optimum(mixed).total <= optimum(problem).total + 1e-9
    assert optimum(problem).total <= optimum(tiny(changes)).total + 1e-9
