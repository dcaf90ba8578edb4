"""Parts of a program: some columns free, the others held at the values of a point."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from carbonplan.solve.arrays import FLEET, Arrays, Floats

Columns = NDArray[np.bool_]


def restricted(arrays: Arrays, free: Columns, values: Floats) -> Arrays:
    """Return the program in the free columns alone; rows without any of them are left out.

    Parameters
    ----------
    free
        Columns that stay, (column,).
    values
        Point at which the others are held; their activity moves to the rows' bounds, (column,).
    """
    of_column = arrays.entry_columns
    kept = free[of_column]
    held = np.where(free, 0.0, values)
    activity = arrays.activities(held)
    touched = np.zeros(arrays.rows_count, dtype=bool)
    touched[arrays.rows[kept]] = True
    counts = np.bincount(of_column[kept], minlength=arrays.columns_count)[free]
    return Arrays(
        starts=np.concatenate([[0], np.cumsum(counts)]),
        rows=(np.cumsum(touched) - 1)[arrays.rows[kept]],
        coefficients=arrays.coefficients[kept],
        row_lower=(arrays.row_lower - activity)[touched],
        row_upper=(arrays.row_upper - activity)[touched],
        lower=arrays.lower[free],
        upper=arrays.upper[free],
        integer=arrays.integer[free],
        cost=arrays.cost[free],
        offset=arrays.objective(held),
        rank=arrays.rank[free],
        slot=arrays.slot[free],
    )


def with_neighbours(arrays: Arrays, block: Columns) -> Columns:
    """Add the continuous and the fleet's columns that share a row with a block of columns."""
    of_column = arrays.entry_columns
    rows = np.zeros(arrays.rows_count, dtype=bool)
    rows[arrays.rows[block[of_column]]] = True
    near = np.zeros(arrays.columns_count, dtype=bool)
    near[of_column[rows[arrays.rows]]] = True
    return block | (near & (~arrays.integer | (arrays.slot == FLEET)))


def fleet_only(arrays: Arrays) -> Arrays:
    """Return the program in which only the fleet's columns must be whole: a relaxation."""
    return replace(arrays, integer=arrays.integer & (arrays.slot == FLEET))
