r"""A lower bound that holds whatever the solver did.

Weak duality with exact signs (Neumaier and Shcherbina, 2004): for *any* row duals y,

.. math:: c x \ge \sum_i y_i b_i + \sum_j \min_{l_j \le x_j \le u_j} (c - A^T y)_j x_j

with b the row bound that the sign of y calls for. Duals from HiGHS make it tight; duals that
are wrong make it weak, never false.
"""

from __future__ import annotations

import numpy as np

from carbonplan.solve.arrays import Arrays, Floats

ROUNDING = 4 * np.finfo(float).eps


def safe_bound(arrays: Arrays, duals: Floats) -> float:
    """Lower bound on the objective from any row duals, rounding errors included."""
    duals = np.where(_has_bound(arrays, duals), duals, 0.0)
    bounds = np.where(duals > 0, arrays.row_lower, arrays.row_upper)
    from_rows = np.where(duals != 0, duals * np.where(duals != 0, bounds, 0.0), 0.0)
    reduced = arrays.reduced_costs(duals)
    error = _rounding_error(arrays, duals)
    from_columns = np.minimum(
        _least(reduced - error, arrays.lower, arrays.upper),
        _least(reduced + error, arrays.lower, arrays.upper),
    )
    terms = np.concatenate([from_rows, from_columns, [arrays.offset]])
    if not np.isfinite(terms).all():
        return -np.inf
    return float(terms.sum() - ROUNDING * len(terms) ** 0.5 * np.abs(terms).sum())


def _has_bound(arrays: Arrays, duals: Floats) -> Floats:
    low, high = np.isfinite(arrays.row_lower), np.isfinite(arrays.row_upper)
    return np.isfinite(duals) & np.where(duals > 0, low, high)


def _least(slopes: Floats, lower: Floats, upper: Floats) -> Floats:
    """Smallest value of slope * x between the bounds; -inf where a bound is missing."""
    ends = np.where(slopes > 0, lower, upper)
    return np.where(slopes == 0, 0.0, slopes * np.where(slopes == 0, 0.0, ends))


def _rounding_error(arrays: Arrays, duals: Floats) -> Floats:
    """Bound on the rounding error of each reduced cost."""
    weights = np.abs(arrays.coefficients * duals[arrays.rows])
    sizes = np.bincount(arrays.entry_columns, weights=weights, minlength=arrays.columns_count)
    entries = np.diff(arrays.starts)
    return ROUNDING * (entries + 1) * (sizes + np.abs(arrays.cost)) / 4
