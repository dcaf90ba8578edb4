"""Least values of linear functions over the relaxation, in programs solved by hand."""

import numpy as np
import pytest

from carbonplan.program.restricting import objective_within
from carbonplan.program.stamping import stamp
from carbonplan.solve import Limits
from carbonplan.solve.extents import least_of
from tests.solve.trades import clean_or_cheap
from tests.tiny import tiny

LIMITS = Limits(gap=0.0, time_limit_s=20.0)


def test_least_and_most_within_an_objective():
    """Ten units of work, clean or cheap in any split; where cost holds, no more is proved."""
    program = clean_or_cheap()
    clean = np.array([1.0, 0.0])
    found = list(least_of(program, [clean, -clean], LIMITS))
    assert found == pytest.approx([0, -10], abs=1e-6)
    vector, constant = program.impacts["carbon"]
    best = objective_within(program, float(program.cost @ [10.0, 0.0]) + program.offset)
    assert vector.shape == clean.shape
    assert constant == 0
    assert next(least_of(best, [np.zeros(2)], LIMITS)) == pytest.approx(0, abs=1e-9)


def test_bounds_hold_for_every_plan_and_are_not_above_the_least():
    program = stamp(tiny())
    servers = np.zeros(len(program.cost))
    servers[program.columns["Servers"].positions] = 1.0
    least, negative_most = least_of(program, [servers, -servers], LIMITS)
    assert 0 < least <= 1 + 1e-9
    assert -negative_most <= program.column_upper[servers > 0].sum() + 1e-6


def test_without_time_nothing_is_known():
    found = list(least_of(clean_or_cheap(), [np.ones(2)], Limits(time_limit_s=1e-9)))
    assert found == [-np.inf]
