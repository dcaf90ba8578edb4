r"""Limits on impacts that may be exceeded for a price, so that every run has a plan.

.. math:: F_i(x) - e_i \le \varepsilon_i, \quad e_i \ge 0, \qquad \min \dots + \sum_i \rho_i e_i

What is least with every impact at a price above zero is bettered by no plan, wherever the
limits lie: limits that cannot be met lead to the nearest plans instead of to none.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from carbonplan.solve.arrays import FLEET, Arrays, Floats
from carbonplan.solve.criteria import Criteria


def stretched(criteria: Criteria) -> Arrays:
    """Return the program with a further column for each impact: its excess, held at zero."""
    arrays, count = criteria.arrays, len(criteria.names)
    zeros = np.zeros(count)
    limits = np.arange(arrays.rows_count - count, arrays.rows_count)
    return replace(
        arrays,
        starts=np.concatenate([arrays.starts, arrays.starts[-1] + np.arange(1, count + 1)]),
        rows=np.concatenate([arrays.rows, limits]),
        coefficients=np.concatenate([arrays.coefficients, zeros - 1.0]),
        lower=np.concatenate([arrays.lower, zeros]),
        upper=np.concatenate([arrays.upper, zeros]),
        integer=np.concatenate([arrays.integer, zeros > 0]),
        cost=np.concatenate([arrays.cost, zeros]),
        rank=np.concatenate([arrays.rank, np.zeros(count, dtype=arrays.rank.dtype)]),
        slot=np.concatenate([arrays.slot, np.full(count, FLEET, dtype=arrays.slot.dtype)]),
    )


def elastic(
    program: Arrays, criteria: Criteria, weights: Floats, at_most: Floats, prices: Floats
) -> Arrays:
    """Return the stretched program with weights of scaled impacts, within limits at prices.

    A limit whose price is zero may not be exceeded.
    """
    count = len(prices)
    upper = program.upper.copy()
    upper[-count:] = np.where(np.isfinite(at_most) & (prices > 0), np.inf, 0.0)
    return replace(
        program,
        cost=np.concatenate([weights @ criteria.vectors, prices]),
        row_upper=criteria.row_upper(at_most),
        upper=upper,
    )
