"""Levers mixed at random: the optimum is that of trying everything, and no lever harms."""

from functools import cache

import numpy as np
import pytest

from tests.answers import optimum
from tests.mixed_cases import Case
from tests.mixed_levers import candidates, least, small_case
from tests.mixed_problem import as_problem
from tests.mixed_switches import FREEDOMS, RESTRICTIONS, without

CASES, TOGETHER, COMPARED = 200, 25, 3
LEVERS = (*FREEDOMS, *RESTRICTIONS)


def planned(case: Case) -> float:
    """Objective of the best plan, infinite where there is none."""
    solution = optimum(as_problem(case)).solution
    return np.inf if solution.status == "infeasible" else solution.objective


@cache
def planned_of(seed: int) -> float:
    return planned(small_case(seed))


def near(expected: float):
    return pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("start", range(0, CASES, TOGETHER))
def test_trying_everything_agrees(start: int):
    for seed in range(start, start + TOGETHER):
        assert planned_of(seed) == near(least(small_case(seed))), seed


def test_what_prices_rule_out_is_never_best():
    small = [case for case in map(small_case, range(CASES)) if len(candidates(case)[1]) < 50]
    assert len(small) > 5
    for case in small[:5]:
        assert least(case, every=True) == near(least(case))


def test_cases_mix_levers_and_most_are_possible():
    on = [[without(small_case(seed), lever) is not None for lever in LEVERS]
          for seed in range(CASES)]  # fmt: skip
    assert np.sum(on, 0).min() >= COMPARED
    assert np.percentile(np.sum(on, 1), 10) >= 3
    possible = sum(np.isfinite(planned_of(seed)) for seed in range(CASES))
    assert 120 < possible < CASES


@pytest.mark.parametrize("lever", LEVERS)
def test_no_freedom_harms_and_no_restriction_helps(lever: str):
    compared = 0
    for seed in range(CASES):
        off = without(small_case(seed), lever)
        if off is None or not np.isfinite(on := planned_of(seed)):
            continue
        freer, narrower = (on, planned(off)) if lever in FREEDOMS else (planned(off), on)
        assert freer <= narrower + 1e-6 * abs(on) + 1e-9, seed
        compared += 1
        if compared == COMPARED:
            return
    assert compared, "no case has the lever"
