r"""Row duals that price columns which the program they come from did not have.

In a program restricted to some columns, the dual of a row that none of them needs is zero:
what such a row holds back would look free, and columns that are far too dear would look cheap.
A dual of a row whose bound is zero can be moved without changing the bound that the duals
prove, as long as no reduced cost falls below zero:

.. math:: d_j = c_j - \sum_i a_{ij} y_i, \qquad y_i \to y_i + \delta_i, \quad
   \delta_i = \min_{j: a_{ij} \delta_i > 0} \frac{\max(d_j, 0)}{n_j |a_{ij}|}

with n_j the rows that share the reduced cost of column j. Capacity then costs what the cheapest
way to get it costs.
"""

from __future__ import annotations

import numpy as np

from carbonplan.solve.arrays import Arrays, Floats

PASSES = 6


def completed(arrays: Arrays, duals: Floats) -> Floats:
    """Move the duals of rows bounded by zero until fewer columns look cheap, (row,)."""
    is_upper, is_lower = arrays.row_upper == 0, arrays.row_lower == 0
    for _ in range(PASSES):
        reduced = arrays.reduced_costs(duals)
        raised, lowered = _needs(arrays, reduced)
        duals = duals + _step(arrays, reduced, is_lower & (~is_upper | (raised & ~lowered)), 1)
        reduced = arrays.reduced_costs(duals)
        duals = duals + _step(arrays, reduced, is_upper & (~is_lower | (lowered & ~raised)), -1)
    return duals


def _needs(arrays: Arrays, reduced: Floats) -> tuple[Floats, Floats]:
    """Rows whose dual should rise, and those whose dual should fall, for columns below zero."""
    cheap = reduced[arrays.entry_columns] < 0
    raised, lowered = np.zeros((2, arrays.rows_count), dtype=bool)
    raised[arrays.rows[cheap & (arrays.coefficients < 0)]] = True
    lowered[arrays.rows[cheap & (arrays.coefficients > 0)]] = True
    return raised, lowered


def _step(arrays: Arrays, reduced: Floats, movable: Floats, sign: int) -> Floats:
    """How far the movable rows' duals go in one direction, (row,)."""
    paying = movable[arrays.rows] & (arrays.coefficients * sign > 0)
    rows, columns = arrays.rows[paying], arrays.entry_columns[paying]
    shares = np.bincount(columns, minlength=arrays.columns_count)[columns]
    room = np.maximum(reduced[columns], 0.0) / (shares * np.abs(arrays.coefficients[paying]))
    step = np.full(arrays.rows_count, np.inf)
    np.minimum.at(step, rows, room)
    return sign * np.where(np.isfinite(step), step, 0.0)
