"""The optimum is that of trying everything, on random small cases."""

import numpy as np
import pytest

from tests.answers import optimum
from tests.brute_force import as_problem, least_carbon, random_case

CASES = 200


@pytest.mark.parametrize("start", range(0, CASES, 25))
def test_enumeration_agrees(start: int):
    for seed in range(start, start + 25):
        case = random_case(seed)
        expected = least_carbon(case)
        answer = optimum(as_problem(case)).solution
        if np.isinf(expected):
            assert answer.status == "infeasible", seed
        else:
            assert answer.objective == pytest.approx(expected, rel=1e-7, abs=1e-9), seed


def test_cases_are_neither_all_possible_nor_all_impossible():
    possible = [np.isfinite(least_carbon(random_case(seed))) for seed in range(CASES)]
    assert 100 < sum(possible) < CASES
