"""Rounding up: as many of the fleet's numbers as its own limits allow."""

from dataclasses import replace

import numpy as np
import pytest

from carbonplan.program import Layout
from carbonplan.solve import Limits, solve, strategy
from tests.solve.programs import INFINITY, program

SERVERS = np.array([0, 1])
LOADS = np.array([[2], [3]])


def two_regions(stock: float):
    """Servers at 0.1 in two regions for loads of up to 1.4 and 1.6, worth 1 a unit."""
    labels = (("north",), ("south",))
    return replace(
        program(
            [[1, 1, 0, 0], [-1, 0, 1, 0], [0, -1, 0, 1]],
            [-INFINITY] * 3,
            [stock, 0, 0],
            cost=[0.1, 0.1, -1.0, -1.0],
            upper=np.array([10, 10, 1.4, 1.6]),
            integer=np.array([True, True, False, False]),
        ),
        columns={
            "Servers": Layout(("region",), labels, SERVERS),
            "Load_rps": Layout(("region",), labels, LOADS),
        },
    )


@pytest.mark.parametrize(("stock", "servers"), [(10.0, [2, 2]), (3.0, [1, 2])])
def test_the_nearest_go_up_where_the_stock_does_not_hold_all(stock, servers, monkeypatch):
    """Rounding 1.4 and 1.6 up takes four servers; with three, 1.4 goes down."""
    monkeypatch.setattr(strategy, "STRATEGIES", (strategy.relax, strategy.round_up))
    solution = solve(two_regions(stock), Limits(gap=0.0), isolated=False)
    assert solution.values[SERVERS].tolist() == servers
