"""Where the next point of a front is looked for."""

from __future__ import annotations

import numpy as np
import pytest

from carbonplan.solve.front import Point
from carbonplan.solve.solution import Status
from carbonplan.solve.targets import limit_grid, next_limit


def point(*impacts: float) -> Point:
    return Point(np.array(impacts), np.zeros(1), "a", Status.OPTIMAL, None, None, 0.0)


def test_the_worst_covered_place_comes_next_and_not_the_farthest():
    """(0.5, 0.1, 0.9) is 0.5 too much for the first, (0, 1, 1) 0.4 for the second."""
    found = [point(0.0, 1.0, 1.0), point(1.0, 0.0, 0.0), point(0.5, 0.1, 0.9)]
    grid = np.array([[np.inf, 0.2, 0.95], [np.inf, 0.6, 0.6]])
    assert next_limit(grid, found, [], np.zeros(3), np.ones(3), 1e-3) == 0


def test_where_a_known_plan_is_the_best_nothing_is_looked_for():
    found = [point(0.0, 0.5, 0.5)]
    grid = np.array([[np.inf, 0.6, 0.6]])
    assert next_limit(grid, found, [], np.zeros(3), np.ones(3), 1e-3) is None


@pytest.mark.parametrize(("impacts", "limits"), [(2, 28), (3, 18**2), (4, 9**3)])
def test_the_grid_is_coarser_the_more_impacts_have_limits(impacts, limits):
    assert len(limit_grid(np.zeros(impacts), np.ones(impacts), 30)) == limits
