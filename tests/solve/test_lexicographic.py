"""Impacts in an order, with answers worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.solve import Limits, Status
from carbonplan.solve.lexicographic import ROWS, solve_in_order
from tests.solve.programs import impossible
from tests.solve.trades import clean_or_cheap, with_impacts

EXACT = Limits(gap=0.0, time_limit_s=20.0)


def ordered(program, *order, limits=EXACT):
    return solve_in_order(program, order, limits, isolated=False)


def test_the_second_level_is_least_within_the_slack_of_the_first():
    """Carbon is 10 at least; with a slack of a half it may be 15, and cost falls to 25."""
    found = ordered(clean_or_cheap(), ("carbon", 0.5), ("cost", 0.0))
    carbon, cost = found.levels
    assert (carbon.value, carbon.bound, carbon.at_most) == pytest.approx((10, 10, 15))
    assert (cost.value, cost.bound) == pytest.approx((25, 25))
    assert cost.at_most is None
    assert found.solution.objective == pytest.approx(25)
    assert {level.status for level in found.levels} == {Status.OPTIMAL}


def test_without_slack_the_order_decides():
    carbon_first = ordered(clean_or_cheap(), ("carbon", 0.0), ("cost", 0.0))
    cost_first = ordered(clean_or_cheap(), ("cost", 0.0), ("carbon", 0.0))
    assert carbon_first.solution.values == pytest.approx([10, 0], abs=1e-6)
    assert cost_first.solution.values == pytest.approx([0, 10], abs=1e-6)


def test_a_level_breaks_the_ties_of_the_one_before():
    """Energy is 10 for any split of the work: cost decides."""
    found = ordered(clean_or_cheap(), ("energy", 0.0), ("cost", 0.0))
    assert [level.value for level in found.levels] == pytest.approx([10, 10])


def test_three_levels_hold_together():
    """Carbon may be 20, cost 20 then; energy is 10 whatever they are."""
    found = ordered(clean_or_cheap(), ("carbon", 1.0), ("cost", 0.1), ("energy", 0.0))
    assert [level.value for level in found.levels] == pytest.approx([10, 20, 10])
    layout = found.program.rows[ROWS]
    assert layout.labels == (("carbon",), ("cost",))
    activity = found.program.matrix @ found.solution.values
    assert found.program.row_upper[layout.positions] == pytest.approx([20, 22])
    assert (activity <= found.program.row_upper + 1e-6).all()


def test_the_gap_is_room_for_the_levels_after():
    found = ordered(clean_or_cheap(), ("carbon", 0.0), ("cost", 0.0), limits=Limits(gap=0.1))
    assert found.levels[0].at_most == pytest.approx(11)
    assert found.levels[1].value == pytest.approx(29)


def test_constants_of_impacts_count():
    program = clean_or_cheap()
    shifted = {name: (vector, 5.0) for name, (vector, _) in program.impacts.items()}
    found = ordered(replace(program, impacts=shifted), ("carbon", 0.2), ("cost", 0.0))
    assert [level.value for level in found.levels] == pytest.approx([15, 32])


def test_more_slack_never_makes_the_next_level_worse():
    values = [
        ordered(clean_or_cheap(), ("carbon", slack), ("cost", 0.0)).levels[1].value
        for slack in (0.0, 0.1, 0.5, 1.0, 3.0)
    ]
    assert (np.diff(values) <= 1e-6).all()


def test_an_order_without_a_plan_ends_at_its_first_level():
    program = with_impacts(impossible(), carbon=[1, 2], cost=[2, 1])
    found = ordered(program, ("carbon", 0.0), ("cost", 0.0))
    assert found.solution.status is Status.INFEASIBLE
    assert found.levels == ()
