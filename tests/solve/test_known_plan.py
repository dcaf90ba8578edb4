"""A plan that is known before the search: never lost, never believed unchecked."""

import numpy as np
import pytest

from carbonplan.solve import Limits, Status, solve
from tests.solve.programs import hard_knapsack, mixed, three_sizes

EXACT = Limits(gap=0.0, time_limit_s=20.0)


def test_the_answer_is_not_worse_than_the_known_plan():
    """With no time to search the known plan comes back."""
    program = hard_knapsack()
    known = solve(program, Limits(gap=0.0, time_limit_s=1.0), isolated=False)
    brief = Limits(gap=0.0, time_limit_s=0.2)
    again = solve(program, brief, isolated=False, start=known.values)
    assert again.objective <= known.objective
    assert any("known plan: a plan" in step for step in again.steps)


@pytest.mark.parametrize("isolated", [False, True])
def test_a_known_plan_reaches_the_optimum_too(isolated):
    """The start x = 4, y = 0.5 costs 13; the optimum is 9."""
    found = solve(mixed(), EXACT, isolated=isolated, start=np.array([4.0, 0.5]))
    assert (found.status, found.objective) == (Status.OPTIMAL, pytest.approx(9.0))


@pytest.mark.parametrize(
    "start", [[9.0, 9.0, 9.0, 0.0], [0.5, 2.0, 0.0, 0.0], [np.nan, 0, 0, 0], [1.0, 2.0]]
)
def test_what_is_no_plan_is_ignored(start):
    """Too many servers, half a server short, not a number, of another program."""
    without = solve(three_sizes(), EXACT, isolated=False)
    found = solve(three_sizes(), EXACT, isolated=False, start=np.array(start))
    assert found.objective == pytest.approx(without.objective)
