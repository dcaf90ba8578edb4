"""Scaling is exact, brings numbers into range, and what it cannot bring is refused."""

import numpy as np
import pytest

from carbonplan.errors import InvalidInput
from carbonplan.solve import Limits, Status, solve
from carbonplan.solve.arrays import arrays_of
from carbonplan.solve.scaling import scaling_of
from tests.solve.programs import EXACT, INFINITY, mixed, program


def wide():
    """Load in single requests against servers that take 2e6: far apart, but scalable."""
    return program(
        [[2e6, -1.0], [0, 1.0]],
        [0, 3e6],
        [INFINITY, INFINITY],
        cost=[5.0, 1e-6],
        upper=[50, 9e7],
        integer=[True, False],
    )


def test_factors_are_powers_of_two_and_whole_columns_keep_their_unit():
    scaling = scaling_of(arrays_of(wide()))
    for factors in (scaling.rows, scaling.columns, scaling.objective):
        assert (np.frexp(factors)[0] == 0.5).all()
    assert scaling.columns[0] == 1.0


def test_scaling_back_and_forth_changes_no_bit():
    arrays = arrays_of(wide())
    scaling = scaling_of(arrays)
    scaled = scaling.apply(arrays)
    factors = scaling.rows[arrays.rows] * scaling.columns[arrays.entry_columns]
    assert (scaled.coefficients / factors == arrays.coefficients).all()
    assert (scaled.upper * scaling.columns == arrays.upper).all()


def test_scaled_numbers_are_in_range():
    arrays = arrays_of(wide())
    scaled = scaling_of(arrays).apply(arrays)
    sizes = np.abs(scaled.coefficients)
    assert sizes.max() <= 1e5
    assert sizes.min() >= 1e-6
    assert scaled.upper.max() <= 1e5
    assert np.abs(scaled.cost).max() <= 1e5


def test_a_wide_program_is_solved_in_its_own_units():
    """3e6 requests need 2 servers: 2 x 5 + 3e6 x 1e-6."""
    solution = solve(wide(), EXACT, isolated=False)
    assert solution.status is Status.OPTIMAL
    assert solution.objective == pytest.approx(13.0, rel=1e-9)
    assert solution.values == pytest.approx([2, 3e6])


def test_comfortable_numbers_are_left_alone():
    scaling = scaling_of(arrays_of(mixed()))
    assert (scaling.rows == 1).all()
    assert (scaling.columns == 1).all()


@pytest.mark.parametrize(
    ("rows", "upper", "message"),
    [
        ([[1e9, 1.0]], 10, r"limit\[0\]: 1e\+09 of Decision\[0\] beside 1 of Decision\[1\]"),
        ([[1.0, 1.0]], 1e6, r"Decision\[0\]: bound 1e\+06, expected at most 100000"),
        ([[1.0, 1.0]], INFINITY, r"Decision\[0\]: bounds \[0, inf\], expected two finite ones"),
    ],
)
def test_what_cannot_be_scaled_is_refused_by_name(rows, upper, message):
    refused = program(rows, [4.5], [INFINITY], cost=[3, 2], upper=upper)
    with pytest.raises(InvalidInput, match=message):
        solve(refused, EXACT, isolated=False)


def test_a_right_hand_side_that_cannot_be_scaled_is_refused():
    refused = program([[1.0, 1e-5]], [-1e9], [1e9], cost=[3, 2])
    with pytest.raises(InvalidInput, match=r"limit\[0\]: right-hand side 1e\+09"):
        solve(refused, EXACT, isolated=False)


def test_many_problems_are_counted():
    refused = program(np.eye(30) * 1.0, [1] * 30, [2] * 30, cost=[1.0] * 30, upper=1e6)
    with pytest.raises(InvalidInput, match="and 20 more"):
        solve(refused, EXACT, isolated=False)


def test_allowing_the_range_warns_and_solves_twice():
    allowed = program([[1.0, 1.0]], [4.5], [INFINITY], cost=[3, 2], upper=1e6)
    limits = Limits(gap=0.0, time_limit_s=10.0, allow_range=True)
    solution = solve(allowed, limits, isolated=False)
    assert solution.objective == pytest.approx(10.0)
    assert any(step.startswith("warning: Decision[0]: bound 1e+06") for step in solution.steps)
    assert sum(step.startswith("relaxation") for step in solution.steps) == 2


def test_nothing_to_decide_is_invalid_input():
    with pytest.raises(InvalidInput, match="nothing to decide"):
        solve(program([], [], [], cost=[]), EXACT, isolated=False)
