"""Published models on which some HiGHS gave a wrong answer: right here, or not believed.

Each is written down from a report in github.com/ERGO-Code/HiGHS or jump-dev/HiGHS.jl; those
whose numbers the range audit refuses are solved with ``allow_range``.
"""

from __future__ import annotations

import numpy as np
import pytest

from carbonplan.errors import InvalidInput
from carbonplan.program import Program
from carbonplan.solve import Limits, Status, solve
from tests.solve.programs import EXACT, INFINITY, program

RANGE = Limits(gap=0.0, time_limit_s=10.0, allow_range=True)
HONEST = (Status.UNRELIABLE, Status.FEASIBLE, Status.NO_PLAN)


def singleton_stuffing() -> Program:
    """HiGHS 3043: 15 instead of 9."""
    return program([[1, 1]], [4.5], [INFINITY], cost=[2, 3], integer=[False, True])


def absolute_value() -> Program:
    """HiGHS 3073: 200.01 instead of 0.03; the unbounded columns bounded by 100."""
    rows = [[1, 0, 1], [0, -1, 1], [0, -1, -1], [0, 0, 1], [0, 0, -1]]
    return program(
        rows,
        [3, -INFINITY, -INFINITY, -INFINITY, -INFINITY],
        [3, 0, 0, 3, -0.45],
        cost=[100, 0.01, 0],
        lower=[0, -100, 0],
        upper=100,
        integer=[False, False, True],
    )


def exclusive_slots() -> Program:
    """HiGHS 3094: 10,000 instead of 8,000; columns x0 x1 z0 z1 d0 d1."""
    rows = [
        [-1000, 0, 1, 0, 0, 0],
        [0, -1000, 0, 1, 0, 0],
        [0, 0, 1, 0, 1, 0],
        [0, 0, 0, 1, 0, 1],
        [1, 1, 0, 0, 0, 0],
    ]
    return program(
        rows,
        [-INFINITY, -INFINITY, 1000, 1000, -INFINITY],
        [0, 0, 1000, 1000, 1],
        cost=[0, 0, 0, 0, 10, 8],
        upper=[1, 1, 1000, 1000, 1000, 1000],
        integer=[True, True, False, False, False, False],
    )


def shared_load() -> Program:
    """HiGHS 2957: 29 instead of 28.2."""
    return program(
        [[1, 1]],
        [20.1],
        [INFINITY],
        cost=[1, 2],
        lower=[0, 8],
        upper=20,
        integer=[True, False],
    )


@pytest.mark.parametrize(
    ("model", "optimum"),
    [
        (singleton_stuffing, 9.0),
        (absolute_value, 0.03),
        (exclusive_slots, 8000.0),
        (shared_load, 28.2),
    ],
)
def test_models_in_range_are_solved(model, optimum):
    solution = solve(model(), EXACT, isolated=False)
    assert solution.status is Status.OPTIMAL
    assert solution.objective == pytest.approx(optimum, rel=1e-9)


def huge_coefficients() -> Program:
    """HiGHS 1704: called infeasible, though nothing at all is feasible."""
    return program(
        [[100.4534, 1e12], [100.4534, -1e12]],
        [-INFINITY, -INFINITY],
        [1e12, 0],
        cost=[0, 0],
        upper=1,
    )


def large_switch() -> Program:
    """HiGHS.jl 104: y = 1 needs x = 1, which was called optimal at x = 0."""
    return program(
        [[0, 1], [-1e6, 1]],
        [1, -INFINITY],
        [1, 0],
        cost=[0, 0],
        upper=[1, 1e7],
        integer=[True, False],
    )


def half_reified() -> Program:
    """HiGHS 3034: a - b = 193,200 and a - b <= 193,000 with c fixed at one: infeasible."""
    return program(
        [[1, -1, 0], [1, -1, 99_807_000]],
        [193_200, -INFINITY],
        [193_200, 100_000_000],
        cost=[0, 0, 0],
        lower=[0, 0, 1],
        upper=[1e8, 1e8, 1],
        integer=[False, False, True],
    )


def far_apart() -> Program:
    """HiGHS 1721 in small: 1e9 (a1 + a2) + 100 a3 = 999,999,998 with a's tied to binaries.

    Each a is at most twice its binary b and at least 2 b - 1.9, so a1 = 0.999999998 is a plan.
    """
    return program(
        [[1e9, 1e9, 100, 0, 0], [1, 0, 0, -2, 0], [0, 1, 0, 0, -2]],
        [999_999_998, -1.9, -1.9],
        [999_999_998, 0, 0],
        cost=[0, 0, 0, 1, 1],
        upper=[2, 2, 2, 1, 1],
        integer=[False, False, False, True, True],
    )


@pytest.mark.parametrize("model", [huge_coefficients])
def test_models_that_cannot_be_scaled_are_refused(model):
    with pytest.raises(InvalidInput, match="expected"):
        solve(model(), EXACT, isolated=False)


@pytest.mark.parametrize(
    ("model", "optimum"),
    [(huge_coefficients, 0.0), (large_switch, 0.0), (half_reified, None), (far_apart, 1.0)],
)
def test_models_out_of_range_are_right_or_not_believed(model, optimum):
    solution = solve(model(), RANGE, isolated=False)
    if optimum is None:
        assert solution.status is Status.INFEASIBLE or solution.status in HONEST
    elif solution.status is Status.OPTIMAL:
        assert solution.objective == pytest.approx(optimum, abs=1e-6)
    else:
        assert solution.status in HONEST


def test_no_flow_passes_a_switch_that_is_off():
    """With M at the edge of the range a whole number at 1e-6 would open 0.1 units of flow."""
    generator = np.random.default_rng(7)
    for demand in generator.uniform(0.01, 0.2, 10):
        switched = program(
            [[-1e5, 1], [0, 1]],
            [-INFINITY, demand],
            [0, INFINITY],
            cost=[7, 1],
            upper=[1, 1e5],
            integer=[True, False],
        )
        solution = solve(switched, EXACT, isolated=False)
        assert solution.values == pytest.approx([1, demand])
