"""Small programs with answers known by hand or by enumeration."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from carbonplan.program import Layout, Program
from carbonplan.solve import Limits

INFINITY = np.inf
EXACT = Limits(gap=0.0, time_limit_s=10.0)


def program(
    rows: Sequence[Sequence[float]],
    row_lower: Sequence[float],
    row_upper: Sequence[float],
    *,
    cost: Sequence[float],
    lower: Sequence[float] | float = 0.0,
    upper: Sequence[float] | float = 10.0,
    integer: Sequence[bool] | bool = True,
    offset: float = 0.0,
) -> Program:
    """A program from dense rows; columns are called ``Decision[i]``, rows ``limit[i]``."""
    count = len(cost)
    matrix = np.array(rows, dtype=float).reshape(len(row_lower), count)
    return Program(
        matrix=sp.csc_array(matrix),
        row_lower=np.array(row_lower, dtype=float),
        row_upper=np.array(row_upper, dtype=float),
        column_lower=np.full(count, lower, dtype=float),
        column_upper=np.full(count, upper, dtype=float),
        integer=np.full(count, integer, dtype=bool),
        cost=np.array(cost, dtype=float),
        offset=offset,
        impacts={},
        columns={"Decision": _layout(count)},
        rows={"limit": _layout(len(row_lower))},
    )


def _layout(count: int) -> Layout:
    return Layout(("number",), tuple((str(i),) for i in range(count)), np.arange(count))


def mixed() -> Program:
    """min 3x + 2y, x + y >= 4.5, x whole: x = 0, y = 4.5, cost 9."""
    return program([[1, 1]], [4.5], [INFINITY], cost=[3, 2], integer=[True, False])


def three_sizes() -> Program:
    """Whole servers of three sizes, at most three, for 7.5 units of load less what is shed."""
    return program(
        [[4, 3, 2, -1], [1, 1, 1, 0]],
        [7.5, -INFINITY],
        [INFINITY, 3],
        cost=[8.1, 6.3, 4.5, 0.9],
        upper=[5, 5, 5, 20],
        integer=[True, True, True, False],
    )


def impossible() -> Program:
    """x + y >= 25 with x, y <= 10: five short."""
    return program([[1, 1]], [25], [INFINITY], cost=[3, 2], integer=[True, False])


def parity() -> Program:
    """2x = 3 for whole x: infeasible by whole numbers only."""
    return program([[2]], [3], [3], cost=[1])


def hard_knapsack() -> Program:
    """Twelve knapsack rows over 60 whole columns: minutes to prove, plans found at once."""
    generator = np.random.default_rng(3)
    weights = generator.integers(1, 1000, (12, 60)).astype(float)
    return program(
        weights,
        np.full(12, -INFINITY),
        weights.sum(axis=1) // 2,
        cost=-generator.integers(500, 520, 60).astype(float),
        upper=1,
    )


def market_split() -> Program:
    """Six equalities over 50 whole columns: no plan is found in seconds."""
    generator = np.random.default_rng(5)
    weights = generator.integers(0, 100, (6, 50)).astype(float)
    half = weights.sum(axis=1) // 2
    return program(weights, half, half, cost=np.ones(50), upper=1)


def brute_force(candidate: Program) -> float | None:
    """Least cost over every whole point between the bounds; None without a plan."""
    ranges = [
        range(int(low), int(high) + 1)
        for low, high in zip(candidate.column_lower, candidate.column_upper, strict=True)
    ]
    points = np.array(list(itertools.product(*ranges)), dtype=float)
    activity = points @ candidate.matrix.toarray().T
    allowed = (activity >= candidate.row_lower - 1e-9) & (
        activity <= candidate.row_upper + 1e-9
    )
    costs = points @ candidate.cost + candidate.offset
    costs = costs[allowed.all(axis=1)]
    return float(costs.min()) if len(costs) else None
