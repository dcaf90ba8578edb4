"""Prices beside a plan, against programs small enough to price by hand."""

import numpy as np
import pytest

from carbonplan.solve import Limits, solve
from carbonplan.solve.prices import prices
from tests.solve.programs import INFINITY, program

EXACT = Limits(gap=0.0, time_limit_s=20.0)


def servers_and_power():
    """min 10 s + 3 a + 5 b: load a + b = 12, a <= 4 s, a limited to 7 by power; s whole.

    Two servers carry 7 of a, power binds, the rest is b: 20 + 21 + 25 = 66.
    """
    return program(
        [[0, 1, 1], [-4, 1, 0], [0, 1, 0]],
        [12, -INFINITY, -INFINITY],
        [12, 0, 7],
        cost=[1, 3, 5],
        upper=20,
        integer=[True, False, False],
    )


def test_a_binding_limit_has_the_price_of_what_it_spares():
    """A further unit of power moves a unit of load from b to a: 2 less; of load: 5 more."""
    limited = servers_and_power()
    found = solve(limited, EXACT, isolated=False)
    assert found.values == pytest.approx([2, 7, 5])
    priced = prices(limited, found.values, EXACT)
    assert priced.objective == pytest.approx(found.objective)
    assert priced.rows == pytest.approx([5, 0, -2])
    assert priced.columns == pytest.approx([1, 0, 0])


def test_the_price_predicts_what_the_program_does_with_whole_numbers_held():
    limited = servers_and_power()
    found = solve(limited, EXACT, isolated=False)
    priced = prices(limited, found.values, EXACT)
    wider = program(
        [[0, 1, 1], [-4, 1, 0], [0, 1, 0]],
        [12, -INFINITY, -INFINITY],
        [12, 0, 7.5],
        cost=[1, 3, 5],
        upper=20,
        integer=[True, False, False],
    )
    after = prices(wider, found.values, EXACT)
    assert after.objective - priced.objective == pytest.approx(0.5 * priced.rows[2])


def test_numbers_that_are_no_plan_have_no_prices():
    """No server: a is 0, and b alone cannot exceed its bound of 10."""
    narrow = program([[1, 1], [-4, 1]], [12, -INFINITY], [12, 0], cost=[1, 3], integer=True)
    assert prices(narrow, np.array([0.0, 0.0]), EXACT) is None
